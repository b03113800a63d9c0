"""A service over a store with recordings, asked in process; and lives that stop where a test wants them to."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from service.held import HOME, Gated
from starlette.testclient import TestClient

from troupe_es import Store
from troupe_es.controller import bundle
from troupe_es.service import create_app

REPLAYS = Path(__file__).parents[2] / "replays"


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with two recordings, to be copied."""
    file = tmp_path_factory.mktemp("kept") / "kept.db"
    with Store(file) as store:
        for name in ("gallery", "forks"):
            bundle.import_(store.log, REPLAYS / name)
    return file


@pytest.fixture
def path(kept: Path, tmp_path: Path) -> Path:
    """A store with two recordings of a test's own."""
    return Path(shutil.copy(kept, tmp_path))


@pytest.fixture
def gated() -> Gated:
    """A model that can be held back."""
    return Gated()


@pytest.fixture
def client(path: Path, gated: Gated) -> Iterator[TestClient]:
    """Somebody who asks the service over that store, from this machine."""
    with TestClient(create_app(path, models=[gated]), base_url=HOME, raise_server_exceptions=False) as made:
        yield made
        gated.gate.set()  # what is held back ends before the service does
