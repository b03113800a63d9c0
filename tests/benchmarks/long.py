"""A long life stays as cheap as it began: bytes and CPU of each step, and the memory of the process.

    python tests/benchmarks/long.py [STEPS] [off|on|embedder]

Five people, the improviser, no network. ``on``: episodes are consolidated, people reflect and recall; ``embedder``:
by vectors too. It prints what a step costs in the first hundred after the warm-up and in the last, and the ratio.
"""

import resource
import sqlite3
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

from troupe_es import Improviser, Settings, Store, commands

WARM = 100
SPAN = 100
NAMES = ("Ana Reyes", "Bo Lind", "Cy Young", "Dee Park", "Eli Stone")


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
            spent: list[tuple[float, int]] = []
            sim.run(1)
            for _ in range(steps):
                begun = time.process_time()
                sim.run(1)
                spent.append((time.process_time() - begun, size(path)))
            events = sim.seq
        report(mode, steps, events, spent)


def size(path: Path) -> int:
    """Bytes in use in the store, whatever the log beside it holds."""
    with closing(sqlite3.connect(path)) as conn:
        pages, free, each = (
            conn.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
        )
    return (pages - free) * each


def report(mode: str, steps: int, events: int, spent: list[tuple[float, int]]) -> None:
    def cpu(start: int) -> float:
        return sum(seconds for seconds, _ in spent[start : start + SPAN]) / SPAN * 1000

    def grown(start: int) -> float:
        return (spent[start + SPAN - 1][1] - spent[start - 1][1]) / SPAN / 1024

    last = steps - SPAN
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{mode}: {steps} steps, {events} events, {spent[-1][1] / 2**20:.1f} MiB, process {peak:.0f} MiB")
    print(f"  CPU ms a step: first {cpu(WARM):.2f}, last {cpu(last):.2f}, ratio {cpu(last) / cpu(WARM):.2f}")
    print(f"  KiB a step: first {grown(WARM):.1f}, last {grown(last):.1f}, ratio {grown(last) / grown(WARM):.2f}")
    for start in range(0, steps, SPAN):
        print(f"    {start:5}: {cpu(start):7.2f} ms", f"{grown(start):7.1f} KiB" if start else "")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000, sys.argv[2] if len(sys.argv) > 2 else "on")
