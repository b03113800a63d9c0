"""A long life stays as cheap as it began: bytes, function calls and CPU of each step, and the process's memory.

    python tests/benchmarks/long.py [STEPS] [off|on|embedder]

Five people, the improviser, no network. ``on``: episodes are consolidated, people reflect and recall; ``embedder``:
by vectors too. It prints what a step costs in the first hundred after the warm-up and in the last, and the ratio.
CPU seconds depend on who else uses the machine; the functions called do not. They are counted by a profile hook,
which is slow: so one half of each hundred steps is counted and the other timed.
"""

import resource
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from troupe_es import Improviser, Settings, Store, commands
from troupe_es.controller.portal import portal

WARM = 100
SPAN = 100
TIMED = SPAN // 2
"""Steps of each span that are timed; in the others calls are counted."""

MODES = ("off", "on", "embedder")
NAMES = ("Ana Reyes", "Bo Lind", "Cy Young", "Dee Park", "Eli Stone")


class Spent(NamedTuple):
    """What one step took: CPU seconds, or, where they were counted, function calls; the store's bytes after it."""

    seconds: float
    calls: int
    size: int


def main(steps: int, mode: str) -> None:
    on = mode != "off"
    settings = Settings(
        model="improviser",
        episode=30 if on else None,
        reflect=3 if on else None,
        embedder="improviser" if mode == "embedder" else "",
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "long.db"
        with Store(path, Improviser()) as store:
            sim = store.begin("long", seed=1, settings=settings)
            if on:
                sim.command(commands.Equip("recall"))
            sim.add_world("Kitchen")
            for name in NAMES:
                sim.add_person({"name": name, "occupation": "Cook", "preferences": {"likes": ["tea", "long walks"]}})
            sim.broadcast("Would you drink cold tea from a can?", speaker="Moderator")
            sim.run(1)
            spent = [step(lambda: sim.run(1), path, number) for number in range(steps)]
            events = sim.seq
        report(mode, steps, events, spent)


def step(live: Callable[[], object], path: Path, number: int) -> Spent:
    """Live one step and return what it took."""
    if number % SPAN >= TIMED:
        with counting() as calls:
            live()
        return Spent(0.0, len(calls), size(path))
    begun = time.process_time()
    live()
    return Spent(time.process_time() - begun, 0, size(path))


@contextmanager
def counting() -> Iterator[list[None]]:
    """Give a list that gets one entry for each function called meanwhile, here and in the loop's thread."""
    calls: list[None] = []

    def hook(frame: object, event: str, argument: object) -> None:
        if event in ("call", "c_call"):
            calls.append(None)

    async def hooked(function: Any) -> None:
        sys.setprofile(function)

    portal().run(hooked(hook))
    sys.setprofile(hook)
    try:
        yield calls
    finally:
        sys.setprofile(None)
        portal().run(hooked(None))


def size(path: Path) -> int:
    """Bytes in use in the store, whatever the log beside it holds."""
    with closing(sqlite3.connect(path)) as conn:
        pages, free, each = (
            conn.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
        )
    return (pages - free) * each


def report(mode: str, steps: int, events: int, spent: list[Spent]) -> None:
    def cpu(start: int) -> float:
        timed = [each.seconds for each in spent[start : start + SPAN] if not each.calls]
        return sum(timed) / len(timed) * 1000

    def calls(start: int) -> float:
        counted = [each.calls for each in spent[start : start + SPAN] if each.calls]
        return sum(counted) / len(counted)

    def grown(start: int) -> float:
        return (spent[start + SPAN - 1].size - spent[start - 1].size) / SPAN / 1024

    last = steps - SPAN
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{mode}: {steps} steps, {events} events, {spent[-1].size / 2**20:.1f} MiB, process {peak:.0f} MiB")
    for name, unit, of in (("calls", "", calls), ("CPU", " ms", cpu), ("size", " KiB", grown)):
        first, late = of(WARM), of(last)
        print(f"  {name} a step: first {first:,.1f}{unit}, last {late:,.1f}{unit}, ratio {late / first:.2f}")
    for start in range(0, steps - SPAN + 1, SPAN):
        kept = f"{grown(start):7.1f} KiB" if start else ""
        print(f"    {start:5}: {calls(start):9,.0f} calls {cpu(start):7.2f} ms {kept}")


def arguments(words: list[str]) -> tuple[int, str]:
    """Return the steps and the mode; exits with one line where they are none."""
    steps, mode, *more = [*words, *("1000", "on")[len(words) :]]
    if more or mode not in MODES:
        sys.exit(f"long.py [STEPS] [{'|'.join(MODES)}]: {' '.join(more) or mode!r} is none of these modes")
    if not steps.isdecimal() or int(steps) < WARM + SPAN:
        sys.exit(f"long.py [STEPS] [MODE]: {steps!r} is no number of steps; at least {WARM + SPAN}")
    return int(steps), mode


if __name__ == "__main__":
    main(*arguments(sys.argv[1:]))
