"""What a user sees when the provider refuses or is gone: one line, soon, and a resume that goes on."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from troupe_es.errors import UsageError
from troupe_es.llm.choose import model_of
from troupe_es.testing.server import Loopback

SCENARIO = """
troupe: 1
name: tea
seed: 7
worlds: [{name: Kitchen table}]
people:
  - persona: {name: Ana Reyes, age: 34}
  - persona: {name: Bo Lind, age: 61}
  - persona: {name: Cy Young, age: 18}
program:
  - broadcast: Would you buy cold tea?
    speaker: Moderator
  - run: 3
"""
KEY = "sk-very-secret-0123456789"


def troupe(folder: Path, *words: str, url: str) -> subprocess.CompletedProcess[str]:
    """Run ``troupe WORDS`` in a process of its own."""
    environ = {**os.environ, "TROUPE_BASE_URL": url, "OPENAI_API_KEY": KEY, "TROUPE_PATIENCE": "0.5"}
    command = [sys.executable, "-c", "from troupe_es.ui.cli import main; main()", *words]
    return subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, timeout=60)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder with a scenario."""
    (tmp_path / "tea.yaml").write_text(SCENARIO)
    return tmp_path


def test_a_wrong_key_ends_at_once_with_one_line(folder: Path) -> None:
    with Loopback(key="another") as server:
        ended = troupe(folder, "run", "tea.yaml", "--model", "openai:m", url=server.url)
    assert ended.returncode == 4
    assert "does not accept the key" in ended.stderr
    assert len(ended.stderr.strip().splitlines()) == 1, ended.stderr
    assert KEY not in ended.stderr + ended.stdout
    assert server.outcomes["401"] <= 3, "nobody asks again"


@pytest.mark.parametrize("fault", ["503", "reset"])
def test_a_dead_provider_ends_with_4_and_resume_goes_on(fault: str, folder: Path) -> None:
    with Loopback(faults=[f"{fault}~You are Bo Lind"], retry_after="0.1") as server:
        begun = time.monotonic()
        stopped = troupe(folder, "run", "tea.yaml", "--model", "openai:m", url=server.url)
        assert time.monotonic() - begun < 15
        assert stopped.returncode == 4, stopped.stderr
        assert "troupe resume tea" in stopped.stderr
        kept = server.outcomes["answered"]
        server._steer({"faults": []})
        gone_on = troupe(folder, "resume", "tea", url=server.url)
        assert gone_on.returncode == 0, gone_on.stderr
        assert kept >= 2
        assert server.outcomes["answered"] == 9
        assert troupe(folder, "verify", "tea", url="http://127.0.0.1:9/v1").returncode == 0


@pytest.mark.parametrize("told", ["soon", "-1", "nan", "inf"])
def test_patience_is_a_number_of_seconds(told: str) -> None:
    with pytest.raises(UsageError, match="TROUPE_PATIENCE"):
        model_of("m", {"OPENAI_API_KEY": KEY, "TROUPE_PATIENCE": told})


def test_the_server_explains_itself_and_serves_from_the_command_line() -> None:
    told = subprocess.run(
        [sys.executable, "-m", "troupe_es.testing.server", "--help"], capture_output=True, text=True, timeout=60
    )
    assert told.returncode == 0
    assert all(kind in told.stdout for kind in ("429-bare", "megabyte", "transport", "%PERCENT"))
    assert not told.stderr
