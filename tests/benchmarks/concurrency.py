"""How near a run over a slow provider comes to the ideal, in which each step takes the time of one call.

    python tests/benchmarks/concurrency.py [--latency 0.2] [--people 50]

Rooms of 50 people each, three parallel steps, and a server in a process of its own that answers after ``latency``.
``cold`` is the first run of a process, with a limiter that has to learn and connections that have to be made;
``warm`` the best of the next three. Seconds depend on the machine, and on who else uses it: the last line says how
much slower than alone a busy process is at the moment. Read the ratios, and the CPU of this process for each call.
Garbage is collected as seldom as in a command of ``troupe``; ``--library`` leaves Python's collector as it comes.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from bench import TURN, people, scripted
from bench import begin as bench_begin

from troupe_es import Simulation, Store
from troupe_es.llm.endpoint import OpenAI
from troupe_es.ui.cli import seldom_collected

STEPS = 3
ROOM = 50
AIMS = {50: 1.25, 500: 2.0}


@contextmanager
def server(latency: float) -> Iterator[str]:
    """Run the server of ``troupe_es.testing`` and return its URL."""
    command = [sys.executable, "-m", "troupe_es.testing.server"]
    command += ["--latency", str(latency), "--answer", json.dumps(TURN)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}/v1"
    finally:
        process.kill()
        process.wait()


def begin(store: Store, name: str, url: str, number: int) -> Simulation:
    """Begin a simulation of so many people, in rooms of ROOM each, who have been told something."""
    sim = store.begin(name, model=OpenAI("m", base_url=url, api_key="bench"), seed=1)
    rooms = [f"Room {n + 1}" for n in range(-(-number // ROOM))]
    for room in rooms:
        sim.add_world(room)
    for n, persona in enumerate(people(number)):
        sim.add_person(persona, rooms[n // ROOM])
    for room in rooms:
        sim.broadcast("Would you buy cold tea in a can?", world=room, speaker="Moderator")
    return sim


def measure(folder: Path, name: str, number: int, url: str) -> tuple[float, float]:
    """Live three steps of so many people; return seconds of wall and of CPU."""
    with Store(folder / f"{name}.db") as store:
        sim = begin(store, name, url, number)
        cpu, wall = time.process_time(), time.perf_counter()
        sim.run(STEPS)
        return time.perf_counter() - wall, time.process_time() - cpu


def tell(name: str, number: int, wall: float, cpu: float, latency: float) -> None:
    """Print one line."""
    ratio = wall / (STEPS * latency)
    aim = f"aim: {AIMS[number]} ×" if number in AIMS else ""
    print(
        f"{number:5} people × {STEPS} steps, {name:5} {wall:6.2f} s {ratio:6.2f} × the ideal  {aim:12}"
        f"{cpu / number / STEPS * 1e3:6.2f} ms CPU per call",
        flush=True,
    )


def slowdown() -> float:
    """Return how much longer than alone a process takes now that needs its core all the time."""
    wall, cpu = time.perf_counter(), time.process_time()
    while time.process_time() - cpu < 0.5:
        pass
    return (time.perf_counter() - wall) / 0.5


def main() -> None:
    """Measure 50 and 500 people, cold and warm."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--latency", type=float, default=0.2, help="seconds a call takes")
    parser.add_argument("--people", type=int, action="append", default=[])
    parser.add_argument("--library", action="store_true", help="as in a program that leaves the collector alone")
    given = parser.parse_args()
    with Store(":memory:") as store:
        bench_begin(store, "ready", scripted(), 2).run(1)  # what is imported or compiled once
    for number in given.people or [50, 500]:
        collecting = nullcontext() if given.library else seldom_collected()
        with collecting, tempfile.TemporaryDirectory() as folder, server(given.latency) as url:
            tell("cold", number, *measure(Path(folder), "cold", number, url), given.latency)
            warm = min(measure(Path(folder), f"warm-{n}", number, url) for n in range(3))
            tell("warm", number, *warm, given.latency)
    print(f"slowdown of a busy process by others at the moment: {slowdown():.2f}")


if __name__ == "__main__":
    main()
