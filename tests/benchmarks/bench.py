"""What this design costs, measured in one run beside what it stands on.

    python tests/benchmarks/bench.py [--quick]

CPU time per item and rate; nothing is asserted, because seconds depend on the machine. Read the ratios. Everything
that commits does so under the same ``synchronous``, on files in one temporary folder.
"""

import argparse
import gc
import random
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from troupe_es import Improviser, Scripted, Settings, Simulation, Store
from troupe_es.controller import replay
from troupe_es.controller.references import resolve
from troupe_es.events import Draft, types
from troupe_es.llm import Model
from troupe_es.log import Log
from troupe_es.projections import State, apply

SYNCHRONOUS = "FULL"
BYTES = 600
"""Size of a payload in the append benchmarks."""

TINYTROUPE_TURN = 90.0
"""CPU ms per turn of TinyTroupe 0.6.0 with a free model, as measured in FINDINGS.md."""


class Cost:
    """CPU and wall time of a block."""

    cpu = 0.0
    wall = 0.0

    def per(self, items: int) -> str:
        """Return CPU per item and rate, for a table."""
        return f"{self.cpu / items * 1e6:10.1f} µs CPU {items / max(self.wall, 1e-9):12,.0f}/s"


@contextmanager
def measured() -> Iterator[Cost]:
    """Measure a block, with the garbage collector as it comes."""
    gc.collect()
    cost = Cost()
    cpu, wall = time.process_time(), time.perf_counter()
    yield cost
    cost.cpu, cost.wall = time.process_time() - cpu, time.perf_counter() - wall


def line(what: str, told: str, aim: str = "") -> None:
    """Print one line of the table."""
    print(f"{what:44} {told:44} {aim}", flush=True)


# append


def drafts(number: int) -> list[Draft]:
    """Return events with payloads of BYTES bytes each, all different."""
    frame = len('{"content":"","kind":"TALK","target":null}')
    made = []
    for n in range(number):
        text = f"{n:08} " + "we could go on talking about tea " * 30
        body = types.ActionTaken(kind="TALK", content=text[: BYTES - frame])
        made.append(Draft(body, "ana-reyes", n // 100, "2026-01-05T09:00:00", n or None))
    return made


def append_raw(path: Path, rows: Sequence[tuple[Any, ...]], batch: int) -> Cost:
    """Append rows of the same columns to a bare table with the same unique index: no seal, no check, no trigger."""
    conn = sqlite3.connect(path, isolation_level=None)
    conn.execute("PRAGMA journal_mode = WAL")
    conn.execute(f"PRAGMA synchronous = {SYNCHRONOUS}")
    conn.execute(
        "CREATE TABLE e (position INTEGER PRIMARY KEY, branch INTEGER, seq INTEGER, type TEXT, version INTEGER, "
        "actor TEXT, step INTEGER, time TEXT, cause INTEGER, payload TEXT, hash BLOB, recorded_at INTEGER, "
        "checksum INTEGER, UNIQUE (branch, seq))"
    )
    insert = f"INSERT INTO e VALUES ({', '.join('?' * len(rows[0]))})"
    with measured() as cost:
        for start in range(0, len(rows), batch):
            conn.execute("BEGIN IMMEDIATE")
            conn.executemany(insert, rows[start : start + batch])
            conn.execute("COMMIT")
    conn.close()
    return cost


def append_ours(path: Path, events: Sequence[Draft], batch: int) -> Cost:
    """Append the same payloads to a log: sealed, chained, checked, refusing triggers and all."""
    with Log.open(path, synchronous=SYNCHRONOUS) as log:
        branch = log.create_simulation("long")
        with measured() as cost:
            for start in range(0, len(events), batch):
                log.append(branch, events[start : start + batch], start)
    return cost


def stored(path: Path) -> list[tuple[Any, ...]]:
    """Return the rows of a log's events, to be inserted elsewhere."""
    with sqlite3.connect(path) as conn:
        return conn.execute("SELECT * FROM events ORDER BY position").fetchall()


def bench_append(folder: Path, number: int) -> None:
    """Append in batches of 10 and 100, beside raw sqlite3; the best of three, taken in turns."""
    events = drafts(number)
    for batch in (10, 100):
        ours, raw = [], []
        for n in range(3):
            ours.append(append_ours(folder / f"ours-{batch}-{n}.db", events, batch))
            rows = stored(folder / f"ours-{batch}-{n}.db")
            raw.append(append_raw(folder / f"raw-{batch}-{n}.db", rows, batch))
        best, bare = (min(costs, key=lambda cost: cost.cpu) for costs in (ours, raw))
        line(f"append, raw sqlite3, batches of {batch}", bare.per(number))
        line(f"append, troupe_es, batches of {batch}", best.per(number))
        line("  ratio of CPU", f"{best.cpu / bare.cpu:10.2f}", "aim: at most 4")
    size = (folder / "ours-100-0.db").stat().st_size
    line(f"bytes per event of {BYTES} bytes", f"{size / number:10.0f}", "aim: at most 900")
    with Log.open(folder / "ours-100-0.db") as log:
        branch = log.branch("long")
        with measured() as cost:
            damages = log.check(branch)
        assert damages == []
        line("check of chain and checksums", cost.per(number), "aim: 100 000/s")


# folding, living again


def people(number: int) -> list[dict[str, Any]]:
    """Return so many personas."""
    first = ["Ana", "Bo", "Cy", "Dee", "Eli", "Fay", "Gus", "Hal", "Ida", "Jo"]
    return [
        {
            "name": f"{first[n % 10]} Number{n}",
            "age": 20 + n,
            "occupation": {"title": "librarian", "description": "Keeps the books of a small town in order."},
            "personality": {"traits": ["Curious about how things are made.", "Slow to trust a bargain."]},
            "beliefs": ["Good things take time.", "A price says little about a thing."],
            "preferences": {"interests": ["tea", "bicycles", "weather"]},
        }
        for n in range(number)
    ]


TURN = {
    "actions": [
        {
            "type": "THINK",
            "content": "I have heard this before, and I still do not know what to make of it.",
            "target": "",
        },
        {"type": "TALK", "content": "I would try it once, if it cost less than a cup of tea does.", "target": ""},
        {"type": "DONE", "content": "", "target": ""},
    ],
    "cognitive_state": {
        "goals": "Find out whether it is worth its price.",
        "context": ["a tasting"],
        "attention": "what the others say",
        "emotions": "curious",
    },
}


def scripted() -> Scripted:
    """Return a model that always says the same."""
    return Scripted({}, "scripted", default=TURN)


def begin(store: Store, name: str, model: Model, number: int, order: types.Order = "parallel") -> Simulation:
    """Begin a simulation of so many people who have been told something."""
    sim = store.begin(name, model=model, seed=1, settings=Settings(order=order))
    sim.add_world("Room")
    for persona in people(number):
        sim.add_person(persona)
    sim.broadcast("Would you buy cold tea in a can?", speaker="Moderator")
    return sim


def bench_turns(folder: Path, steps: int) -> None:
    """One turn, all included, with models in process."""
    for model in (scripted(), Improviser()):
        with Store(folder / f"turns-{model.name}.db") as store:
            sim = begin(store, "turns", model, 10)
            sim.run(2)  # what is imported or compiled once
            with measured() as cost:
                sim.run(steps)
        ms = cost.cpu / (10 * steps) * 1e3
        told = f"{ms:10.2f} ms CPU   1/{TINYTROUPE_TURN / ms:.0f} of TinyTroupe"
        line(f"a turn, all included ({model.name})", told, "aim: under 2 ms")


def bench_growth(folder: Path, steps: int) -> None:
    """10 people, many steps: what a step costs early and late, and how large the store gets."""
    path = folder / "growth.db"
    costs: list[float] = []
    with Store(path) as store:
        sim = begin(store, "growth", scripted(), 10)
        for _ in range(steps):
            with measured() as cost:
                sim.run(1)
            costs.append(cost.cpu)
    early, late = median(costs[2:7]), median(costs[-5:])
    line(f"step 5 of 10 people × {steps} steps", f"{early * 1e3:10.1f} ms CPU")
    line(f"step {steps}", f"{late * 1e3:10.1f} ms CPU")
    line("  ratio", f"{late / early:10.2f}", "aim: at most 1.3")
    line("store", f"{path.stat().st_size / 1e6:10.2f} MB", "aim: under 15 MB")
    bench_replay(path, "growth")


def bench_replay(path: Path, name: str) -> None:
    """Fold a life and decide it again."""
    with Store(path) as store:
        point = resolve(store.log, name)
        events = list(store.log.events(point.branch))
        state = State()
        with measured() as cost:
            for event in events:
                apply(state, event)
        line("fold, events at hand", cost.per(len(events)), "aim: 60 000/s")
        with measured() as cost:
            state = State()
            for event in store.log.events(point.branch):
                apply(state, event)
        line("fold, read and decoded from the store", cost.per(len(events)))
        with measured() as cost:
            report = replay.Replay(store.log, point.branch).run()
        assert report.holds
        assert report.events == len(events)
        line("re-execution", cost.per(len(events)), "aim: 5 000/s")


# long logs


def long_life(path: Path, events: int) -> None:
    """Write a life of so many events, by hand: living it would measure the wrong thing."""
    model = scripted()
    with Store(path) as store:
        sim = begin(store, "long", model, 20)
        sim.run(1)
        state, branch = sim.state, sim.branch
        ids = list(state.people)
        batch: list[Draft] = [Draft(types.RunRequested(steps=10**6, edition=1), None, state.step, state.clock)]
        seq, step = state.seq, state.step
        while seq < events:
            step += 1
            batch.append(Draft(types.StepStarted(schedule=ids), None, step, state.clock))
            for id in ids:
                said = types.ActionTaken(kind="TALK", content=f"Word {step} of {id}. " * 5)
                ended = types.TurnEnded(actions=1, mind=types.Mind(goals="to talk"))
                batch += [Draft(body, id, step, state.clock) for body in (said, ended)]
            batch.append(Draft(types.StepEnded(), None, step, state.clock))
            if len(batch) > 1000:
                seq += len(store.log.append(branch, batch, seq))
                batch = []


def rows(store: Store) -> int:
    """Count the rows of all tables."""
    tables = [row[0] for row in store.log.db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return sum(store.log.db.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0] for table in tables)


def bench_long(folder: Path, events: int, looks: int) -> None:
    """Fork a long log near its end; look at its state at random events."""
    path = folder / "long.db"
    long_life(path, events + 500)
    with Store(path) as store:
        with measured() as cost:
            store.at("long")
        line(f"state after {events:,} events, nothing saved", f"{cost.wall * 1e3:10.0f} ms")
        before = rows(store)
        with measured() as cost:
            point = resolve(store.log, f"long@{events}")
            store.log.fork(point.branch, point.seq, "bare")
        told = f"{cost.wall * 1e3:10.2f} ms   {rows(store) - before} row added"
        line(f"fork at event {events:,}", told, "aim: under 10 ms, 1 row")
        with measured() as cost:
            ready = store.branch(f"long@{events}", "ready")
            assert ready.state.seq == events  # worked out when first needed
        line("  with its state, ready to go on", f"{cost.wall * 1e3:10.2f} ms")
        times = sorted(look(store, random.Random(n).randrange(1, events)) for n in range(looks))
    told = f"{times[len(times) // 2] * 1e3:10.1f} ms p50 {times[int(len(times) * 0.95)] * 1e3:8.1f} ms p95"
    line("state at a random event of it", told, "aim: 100 ms p95")


def look(store: Store, seq: int) -> float:
    """Return the seconds it takes to see the state at an event."""
    with measured() as cost:
        assert store.at(f"long@{seq}").seq == seq
    return cost.wall


# starting


def bench_start() -> None:
    """CPU of a process that imports, or shows help; the interpreter itself is in it."""
    commands: dict[str, list[str]] = {
        "python, nothing imported": ["-c", "pass"],
        "import troupe_es": ["-c", "import troupe_es"],
        "from troupe_es import Store": ["-c", "from troupe_es import Store"],
        "troupe --help": ["-c", "from troupe_es.ui.cli import main; main()", "--help"],
    }
    for what, arguments in commands.items():
        cpu = min(cpu_of([sys.executable, *arguments]) for _ in range(3))
        line(what, f"{cpu * 1e3:10.0f} ms CPU", "" if "python" in what else "aim: 300 ms")


def cpu_of(command: list[str]) -> float:
    """Return the CPU seconds of a process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Measure everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the work, rougher numbers")
    parser.add_argument("--only", default="", help="append, turns, growth, long or start")
    given = parser.parse_args()
    share = 10 if given.quick else 1
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        parts: dict[str, Callable[[], None]] = {
            "append": lambda: bench_append(folder, 50_000 // share),
            "turns": lambda: bench_turns(folder, 50 // share),
            "growth": lambda: bench_growth(folder, 50),
            "long": lambda: bench_long(folder, 100_000 // share, 200 // share),
            "start": bench_start,
        }
        for part, run in parts.items():
            if given.only in ("", part):
                run()


if __name__ == "__main__":
    main()
