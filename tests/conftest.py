"""Hypothesis profiles, chosen by HYPOTHESIS_PROFILE: few examples while writing, more in CI, many on demand.

``--require-browser`` makes a missing browser a failure; without it the tests that drive one are skipped.
"""

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("dev", max_examples=30, deadline=None)
settings.register_profile("ci", max_examples=100, deadline=None, derandomize=True, print_blob=True)
settings.register_profile("deep", max_examples=2000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let CI insist on what a laptop may lack."""
    told = "fail, instead of skipping, where no Chromium is installed to drive the pages"
    parser.addoption("--require-browser", action="store_true", help=told)


HOMES = {"HOME": "", "USERPROFILE": "", "XDG_DATA_HOME": ".local/share", "XDG_CONFIG_HOME": ".config"}
"""The variables that say where a user's own files lie, and where each is in a home of the tests' own."""


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Give all tests, and all processes they start, a home of their own: the user's folders are none of theirs.

    Caches (of fonts, of browsers) stay where they are; whoever tests in parallel was given the home already.
    """
    if not hasattr(config, "workerinput"):
        os.environ.setdefault("XDG_CACHE_HOME", str(Path.home() / ".cache"))
        home = tempfile.TemporaryDirectory(prefix="troupe-es-home-", ignore_cleanup_errors=True)
        config.add_cleanup(home.cleanup)
        os.environ.update({name: str(Path(home.name) / place) for name, place in HOMES.items()})


CONFIGURING = (
    "AZURE_OPENAI_API_KEY",
    "AZURE_OPENAI_ENDPOINT",
    "COLUMNS",
    "OPENAI_API_KEY",
    "OPENAI_BASE_URL",
    "OPENAI_API_VERSION",
    "TROUPE_BASE_URL",
    "TROUPE_MODELS",
    "TROUPE_PATIENCE",
    "TROUPE_PLUGINS",
    "TROUPE_PRICES",
    "TROUPE_STORE",
)
"""What the environment may say of models, stores and the width of the screen."""


@pytest.fixture(autouse=True)
def nothing_configured_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test depends on the environment it is run in, or on what runs the tests (workers are given COLUMNS)."""
    for name in CONFIGURING:
        monkeypatch.delenv(name, raising=False)
