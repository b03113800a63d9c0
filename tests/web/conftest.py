"""A store with a long run that is served, and a browser to look at it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser
from web.big import build
from web.driving import browsing, found
from web.serving import served


@pytest.fixture(scope="session")
def program(request: pytest.FixtureRequest) -> str:
    """The browser to drive; where there is none, what needs it is skipped, or fails if it is required."""
    path = found()
    if path is None:
        words = "no Chromium is installed (apt-get install chromium)"
        if request.config.getoption("--require-browser"):
            pytest.fail(f"{words}, and --require-browser was given")
        pytest.skip(words)
    return path


@pytest.fixture(scope="module")
def browser(program: str) -> Iterator[Browser]:
    """Chromium, for one module: while it is there, a loop runs in this thread, which other tests could not bear."""
    with browsing(program) as browser:
        yield browser


@pytest.fixture(scope="session")
def site(program: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where a store with a run of 100 000 events is served."""
    with served(build(tmp_path_factory.mktemp("big") / "big.db")) as address:
        yield address
