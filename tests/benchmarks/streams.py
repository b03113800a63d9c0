"""What it costs a life to be listened to: one that is lived by the service, alone and with many who follow it.

    python tests/benchmarks/streams.py [--clients 100] [--steps 100] [--rounds 3] [--pace 0.1]

The listeners are one process of their own, and each checks that it misses nothing and hears nothing twice. Wall and
CPU time of the life are printed for both, in turns; the machine's other load is in both. The model takes ``--pace``
seconds for an answer, which is fast for a model; with 0 the life only writes, thousands of events a second.
"""

import argparse
import asyncio
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

import uvicorn

from troupe_es import Improviser
from troupe_es.llm import Request, Response
from troupe_es.service import create_app

PEOPLE = 8


class Paced:
    """The improviser, who takes their time."""

    name = "paced"

    def __init__(self, seconds: float) -> None:
        self.inner, self.seconds = Improviser(), seconds

    async def complete(self, request: Request, draw: int) -> Response:
        """Answer, after a while."""
        await asyncio.sleep(self.seconds)
        return await self.inner.complete(request, draw)


def served(path: Path, pace: float) -> None:
    """Serve a store, and say on which port."""
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        line.listen(256)
        print(line.getsockname()[1], flush=True)
        app = create_app(path, models=[Paced(pace)])
        uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[line])


def scenario(name: str, steps: int) -> dict[str, Any]:
    """Return a life of some people who talk."""
    people = [{"persona": {"name": f"Person {number}"}} for number in range(PEOPLE)]
    program = [{"broadcast": f"Good morning, {name}."}, {"run": steps}]  # told otherwise, each asks anew
    return {
        **{"troupe": 1, "name": name, "model": "paced", "worlds": [{"name": "Hall"}]},
        **{"people": people, "program": program},
    }


def asked(port: int, method: str, where: str, body: Any = None) -> Any:
    """Return what the service answers."""
    content = None if body is None else json.dumps(body).encode()
    headers = {"content-type": "application/json"} if content else {}
    request = urllib.request.Request(f"http://127.0.0.1:{port}/api{where}", content, headers, method=method)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


async def listened(port: int, name: str, clients: int) -> None:
    """Follow a life with so many listeners until it is over; each is told every event once."""
    opened = 0

    async def one() -> int:
        nonlocal opened
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**20)
        where = f"/api/branches/{name}/main/stream?after=0"
        writer.write(f"GET {where} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        last = 0
        while True:
            line = await reader.readline()
            if line.startswith(b"retry"):
                opened += 1
                print("open", opened, flush=True)
            if line.startswith(b"id: "):
                assert int(line[4:]) == last + 1, (last, line)
                last += 1
            elif b'"type":"run-ended"' in line:
                writer.close()
                return last

    ends = await asyncio.gather(*(one() for _ in range(clients)))
    print("heard", len(ends), min(ends), max(ends), flush=True)


def worked(pid: int) -> float:
    """Return the CPU seconds that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def lived(pid: int, port: int, name: str, clients: int, steps: int) -> tuple[float, float]:
    """Live one life with so many listeners; return its seconds, and the CPU seconds of the service for it."""
    begun = scenario(name, steps)
    begun["program"] = begun["program"][:1]
    asked(port, "POST", "/simulations?wait=60", {"scenario": begun})
    listeners = None
    if clients:
        words = [sys.executable, __file__, "--listen", str(port), "--name", name, "--clients", str(clients)]
        listeners = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        assert listeners.stdout is not None
        while f"open {clients}\n" != listeners.stdout.readline():
            assert listeners.poll() is None
    before, cpu = time.perf_counter(), worked(pid)
    job = asked(port, "POST", f"/branches/{name}/main/step?wait=60", {"steps": steps})
    while job["status"] == "running":
        job = asked(port, "GET", f"/jobs/{job['id']}?wait=60")
    took = time.perf_counter() - before, worked(pid) - cpu
    if listeners is not None:
        said, _ = listeners.communicate(timeout=60)
        assert listeners.returncode == 0 and f"heard {clients}" in said, said
    return took


def main() -> None:
    """Print the seconds of lives with and without listeners, in turns."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=100)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--pace", type=float, default=0.1)
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--listen", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--name", default="", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.listen:
        asyncio.run(listened(given.listen, given.name, given.clients))
        return
    if given.serve:
        served(given.serve, given.pace)
        return
    with tempfile.TemporaryDirectory() as folder:
        words = [sys.executable, __file__, "--serve", str(Path(folder) / "troupe.db"), "--pace", str(given.pace)]
        service = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        assert service.stdout is not None
        port = int(service.stdout.readline())
        alone: list[tuple[float, float]] = []
        followed: list[tuple[float, float]] = []
        try:
            lived(service.pid, port, "warm", 0, 20)
            for number in range(given.rounds):
                alone.append(lived(service.pid, port, f"alone-{number}", 0, given.steps))
                followed.append(lived(service.pid, port, f"followed-{number}", given.clients, given.steps))
                (one, cpu), (many, more) = alone[-1], followed[-1]
                told = f"with {given.clients} listeners {many:6.2f} s ({more:5.2f} s CPU)"
                print(f"alone {one:6.2f} s ({cpu:5.2f} s CPU)   {told}", flush=True)
        finally:
            service.kill()
            service.wait()
        for what, place in (("seconds", 0), ("CPU seconds of the service", 1)):
            many, one = (statistics.median(each[place] for each in lives) for lives in (followed, alone))
            print(
                f"{what} with {given.clients} listeners: {many / one:.3f} times as many (medians of {given.rounds})"
            )


if __name__ == "__main__":
    main()
