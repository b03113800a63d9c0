"""``troupe`` as a process of its own: what it imports, Ctrl-C, and the demo from beginning to end."""

import gc
import json
import os
import shlex
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import click
import pytest
from servers.loopback import Call, Loopback
from ui.conftest import SCENARIO

from troupe_es.ui import cli

HEAVY = {"openai", "fastapi", "numpy", "pydantic", "rich", "sqlite_utils", "yaml", "sqlite3", "asyncio"}
TROUPE = [sys.executable, "-c", "from troupe_es.ui.cli import main; main(prog_name='troupe')"]


def troupe(*words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*TROUPE, *words], capture_output=True, text=True, timeout=60, env={**os.environ, **environ}, check=False
    )


@pytest.mark.parametrize(
    "code", ["import troupe_es", "from troupe_es.ui.cli import main; main(['--help'], standalone_mode=False)"]
)
def test_nothing_heavy_is_imported_before_it_is_needed(code: str) -> None:
    program = f"{code}\nimport sys\nprint('\\n' + ' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert HEAVY.isdisjoint(done.stdout.splitlines()[-1].split())


def test_a_command_looks_for_cycles_seldom_and_leaves_the_collector_as_it_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before, during = gc.get_threshold(), []
    monkeypatch.setattr(click.Group, "main", lambda *_: during.append(gc.get_threshold()[0]))
    cli.main()
    assert during == [cli.YOUNG]
    assert gc.get_threshold() == before


def test_a_reader_that_goes_away_is_no_error(recorded: Path) -> None:
    words = shlex.join([*TROUPE, "log", "tea", "--store", str(recorded / "troupe.db")])
    done = subprocess.run(f"{words} | head -1", shell=True, capture_output=True, text=True, timeout=60, check=False)
    assert "simulation-created" in done.stdout
    assert done.stderr == ""


class Stalling(Loopback):
    """Lets two calls pass, then keeps everybody waiting and says so."""

    def __init__(self) -> None:
        super().__init__()
        self.stalled = threading.Event()

    async def _answer(self, writer: Any, call: Call) -> bool:
        if len(self.calls) >= 2 and not self.stalled.is_set():
            self.latency = 3600
            self.stalled.set()
        return await super()._answer(writer, call)


def test_ctrl_c_ends_with_130_and_resuming_ends_as_if_nothing_had_been(tmp_path: Path) -> None:
    (tmp_path / "tea.yaml").write_text(SCENARIO)
    with Stalling() as server:
        environ = {**os.environ, "OPENAI_BASE_URL": server.url}
        words = ["run", "tea.yaml", "--model", "openai:m", "--store", "a.db"]
        running = subprocess.Popen([*TROUPE, *words], cwd=tmp_path, env=environ, stderr=subprocess.PIPE, text=True)
        assert server.stalled.wait(30)
        running.send_signal(signal.SIGINT)
        said = running.communicate(timeout=30)[1]
        assert running.returncode == 130
        assert "troupe resume tea --store a.db" in said and "Traceback" not in said
        server.latency = 0.0
        store = str(tmp_path / "a.db")
        resumed = troupe("resume", "tea", "--json", "--store", store, OPENAI_BASE_URL=server.url)
        assert resumed.returncode == 0, resumed.stderr
        scenario, other = str(tmp_path / "tea.yaml"), str(tmp_path / "b.db")
        words = ["run", scenario, "--model", "openai:m", "--json", "--store", other]
        whole = troupe(*words, OPENAI_BASE_URL=server.url)
    assert json.loads(resumed.stdout)["head"] == json.loads(whole.stdout)["head"]


def test_the_demo_from_beginning_to_end(tmp_path: Path) -> None:
    store = str(tmp_path / "my demo.db")
    environ = {**os.environ, "OPENAI_API_KEY": "", "OPENAI_BASE_URL": ""}
    first = troupe("demo", "--store", store)
    assert first.returncode == 0, first.stderr
    assert "no model was asked" in " ".join(first.stdout.split()) and "0 calls" in first.stdout
    for number in range(2):
        done = troupe("demo", "--store", store)
        assert done.returncode == 0, done.stderr
        nexts = [line.strip() for line in done.stdout.splitlines() if line.startswith("  troupe ")]
        assert len(nexts) == 3
        for line in nexts:
            words = [*TROUPE, *shlex.split(line)[1:]]
            tried = subprocess.run(words, capture_output=True, text=True, timeout=60, env=environ, check=False)
            assert (tried.returncode, tried.stderr) == (0, ""), line
            assert tried.stdout
        assert "maureen-tull was taken out" in tried.stdout, number
        assert "asked nobody" in done.stdout
    checked = troupe("verify", "--json", "--store", store)
    assert json.loads(checked.stdout)["holds"]
    assert len(json.loads(checked.stdout)["reports"]) == 3
    head = json.loads(checked.stdout)["reports"][0]["head"]
    assert head in first.stdout


def test_the_commands_to_try_next_name_the_program_as_it_was_called(tmp_path: Path) -> None:
    """Straight after 'pip install' in an environment that nobody activated, the shell knows no ``troupe``."""
    script = Path(sys.executable).with_name("troupe")
    if not script.exists():
        pytest.skip("the package is not installed beside this interpreter")
    plain = {**os.environ, "PATH": "/usr/bin:/bin"}
    done = subprocess.run([script, "demo"], cwd=tmp_path, env=plain, capture_output=True, text=True, timeout=120)
    assert f"{script} log elevenses" in done.stdout
