"""A store in a temporary folder, with one simulation."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from troupe_es.log import Branch, Log


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


@pytest.fixture
def log(path: Path) -> Iterator[Log]:
    with Log.open(path, synchronous="OFF") as log:
        yield log


@pytest.fixture
def main(log: Log) -> Branch:
    return log.create_simulation("sim")
