"""The service as a process: killed in the middle of a life, stopped by hand, and beside others on the same store."""

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner
from service.held import scenario

from troupe_es import Store
from troupe_es.scenario import model_of
from troupe_es.ui.cli import main

STEPS = 150
"""So many that a life is still under way when it is killed, however fast the machine."""

TROUPE = [sys.executable, "-c", "from troupe_es.ui.cli import main; main()"]
MAIN = "/api/branches/tiny/main"


@dataclass
class Served:
    """A service that runs as a process of its own."""

    process: "subprocess.Popen[str]"
    port: int

    def ask(self, method: str, where: str, body: Any = None) -> tuple[int, Any]:
        """Return status and content of an answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        sent = json.dumps(body) if body is not None else None
        connection.request(method, where, sent, {"Content-Type": "application/json"} if sent else {})
        answer = connection.getresponse()
        content = json.loads(answer.read())
        connection.close()
        return answer.status, content

    def events(self) -> int:
        """Return how far the life is."""
        status, row = self.ask("GET", MAIN)
        return int(row["events"]) if status == 200 else 0


@contextmanager
def served(path: Path) -> Iterator[Served]:
    words = [*TROUPE, "serve", "--store", str(path), "--port", "0"]
    process = subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env={**os.environ, "COLUMNS": "200"}
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert "http://127.0.0.1:" in line, line + process.stdout.read()
        yield Served(process, int(line.partition("http://127.0.0.1:")[2].partition("/")[0]))
    finally:
        process.kill()
        process.wait()


def lived(folder: Path) -> str:
    """Return the head of the same life, lived without a service and without a stop."""
    with Store(folder / "whole.db") as store:
        return store.play(model_of(scenario(steps=STEPS), "scenario")).head


def under_way(service: Served) -> None:
    """Begin the life, and wait until it is well under way."""
    status, _ = service.ask("POST", "/api/simulations", {"scenario": scenario(steps=STEPS)})
    assert status == 202
    while service.events() < 60:
        assert service.process.poll() is None


def test_a_life_that_was_killed_with_the_service_goes_on_to_the_same_head(tmp_path: Path) -> None:
    path = tmp_path / "troupe.db"
    with served(path) as first:
        under_way(first)
        first.process.send_signal(signal.SIGKILL)
        first.process.wait()
    with served(path) as second:
        _, row = second.ask("GET", MAIN)
        assert row["status"] == "unfinished" and second.ask("GET", "/api/jobs")[1] == []
        status, job = second.ask("POST", f"{MAIN}/resume?wait=60")
        while status == 202:
            status, job = second.ask("GET", f"/api/jobs/{job['id']}?wait=60")
            status = 202 if job["status"] == "running" else status
        assert job["result"]["head"] == lived(tmp_path), job


def test_a_service_that_is_stopped_keeps_everything_and_says_nothing_more(tmp_path: Path) -> None:
    path = tmp_path / "troupe.db"
    with served(path) as service:
        under_way(service)
        service.process.send_signal(signal.SIGINT)
        said, _ = service.process.communicate(timeout=60)
        assert "Traceback" not in said and "Error" not in said, said
    with Store(path) as store:
        assert [note.payload["error"] for note in store.log.journal(kind="stopped")] == ["Interrupted"]
        assert store.resume("tiny").head == lived(tmp_path)


def test_two_clients_and_the_command_line_share_a_store_that_is_written(tmp_path: Path) -> None:
    path = tmp_path / "troupe.db"
    faults: list[Any] = []
    with served(path) as service:
        under_way(service)

        def client(number: int) -> None:
            for turn in range(8):
                seen = service.events()
                for where in (f"{MAIN}/events?limit=50", f"{MAIN}/state", f"{MAIN}/density", "/api/simulations"):
                    status, content = service.ask("GET", where)
                    faults.extend([content] if status != 200 else [])
                status, page = service.ask("GET", f"{MAIN}/events?after={seen - 1}&limit=1")
                faults.extend([page] if [row["seq"] for row in page["events"]] != [seen] else [])
                status, said = service.ask("POST", f"{MAIN}/say", {"text": f"{number}-{turn}"})
                faults.extend([said] if status != 200 else [])

        threads = [threading.Thread(target=client, args=(number,)) for number in range(2)]
        for thread in threads:
            thread.start()
        for words in (["runs"], ["log", "tiny"], ["say", "tiny", "Hello from the command line"], ["show", "tiny"]):
            done = subprocess.run(
                [*TROUPE, *words, "--store", str(path)], capture_output=True, text=True, check=False, timeout=120
            )
            faults.extend([done.stderr] if done.returncode else [])
        for thread in threads:
            thread.join()
        while service.ask("GET", MAIN)[1]["status"] == "running":
            assert service.process.poll() is None
        service.ask("POST", f"{MAIN}/step?wait=60")  # letters that came as it ended are taken up now
        _, found = service.ask("GET", f"{MAIN}/events?type=stimulus-given&limit=100")
    assert not faults
    words_said = {row["gist"]["said"] for row in found["events"]}
    assert words_said >= {f"{number}-{turn}" for number in range(2) for turn in range(8)}
    assert "Hello from the command line" in words_said


def test_others_are_let_in_with_a_token_alone(tmp_path: Path) -> None:
    for words in (["--host", "0.0.0.0"], ["--host", "192.168.1.5"], ["--token", "short"]):
        done = CliRunner().invoke(main, ["serve", "--store", str(tmp_path / "troupe.db"), *words])
        assert done.exit_code == 2 and "token" in done.output
    assert not list(tmp_path.iterdir())
