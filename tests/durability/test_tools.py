"""``kill -9`` between a tool's call and its answer: what acts outside is not made to act twice."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from durability import tool_lives
from durability.killing import PATIENCE
from durability.tool_lives import Bell, call

from troupe_es.log import Log


@pytest.fixture
def killed(tmp_path: Path) -> Path:
    """A folder with a store whose process died while its tool was acting."""
    command = [sys.executable, tool_lives.__file__, str(tmp_path / "store.db"), str(tmp_path / "rung")]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"rang\n"
        process.send_signal(signal.SIGKILL)
        assert process.wait(PATIENCE) == -signal.SIGKILL
    assert len(rung(tmp_path)) == 1
    return tmp_path


def rung(folder: Path) -> list[str]:
    return (folder / "rung").read_text().split()


def told(folder: Path) -> list[str]:
    with Log.open(folder / "store.db", write=False) as log:
        return [note.kind for note in log.journal()]


def test_a_call_that_died_under_way_is_not_made_again_and_its_outcome_is_recorded_as_unknown(killed: Path) -> None:
    kind, why = call(killed / "store.db", Bell(killed / "rung"))
    assert kind == "unknown" and "not made again" in why
    assert len(rung(killed)) == 1
    assert told(killed) == ["lost"]
    assert call(killed / "store.db", Bell(killed / "rung")) == (kind, why), "what is recorded stays"
    assert told(killed) == ["lost"] and len(rung(killed)) == 1


def test_a_tool_that_acts_once_for_each_key_is_called_again_with_the_same_key(killed: Path) -> None:
    assert call(killed / "store.db", Bell(killed / "rung", idempotent=True)) == ("ok", "rang")
    first, second = rung(killed)
    assert first == second
    assert told(killed) == ["resend"]


def test_a_call_that_was_answered_is_not_made_again(tmp_path: Path) -> None:
    for _ in range(2):
        assert call(tmp_path / "store.db", Bell(tmp_path / "rung")) == ("ok", "rang")
    assert len(rung(tmp_path)) == 1
