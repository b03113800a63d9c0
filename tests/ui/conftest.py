"""A small recorded life, and ``troupe`` called in this process."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from troupe_es.ui.cli import main

SCENARIO = """
troupe: 1
name: tea
seed: 7
start: 2026-03-02T18:00:00
settings: {order: sequential}
worlds: [{name: Kitchen table}]
people:
  - persona: {name: Ana Reyes, age: 34, beliefs: ["A drink should not need an instruction sheet."]}
  - persona: {name: Bo Lind, age: 61, preferences: {likes: [Tea from a pot]}}
program:
  - broadcast: Would you buy cold tea?
    speaker: Moderator
  - run: 2
  - say: It is made two streets from here.
    to: [Bo Lind]
  - run: 1
"""

Troupe = Callable[..., Result]


@pytest.fixture(autouse=True)
def nothing_configured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Run in an empty folder."""
    monkeypatch.chdir(tmp_path)


def call(*words: str, typed: str | None = None) -> Result:
    """Call ``troupe WORDS``, with what is ``typed`` at its questions."""
    return CliRunner().invoke(main, list(words), input=typed, prog_name="troupe")


@pytest.fixture
def troupe() -> Troupe:
    """``troupe`` as a function of its arguments."""
    return call


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store in which the scenario was played once, with the improviser."""
    folder = tmp_path_factory.mktemp("recorded")
    (folder / "tea.yaml").write_text(SCENARIO)
    result = call("run", str(folder / "tea.yaml"), "--model", "improviser", "--store", str(folder / "troupe.db"))
    assert result.exit_code == 0, result.stderr
    return folder


@pytest.fixture
def life(recorded: Path, tmp_path: Path) -> Path:
    """That store and scenario in the test's own folder, which is the current one."""
    for name in ("troupe.db", "tea.yaml"):
        shutil.copy(recorded / name, tmp_path / name)
    return tmp_path / "troupe.db"
