"""What a power cut leaves: all that a commit waited for the disk with, and of the rest, here, nothing.

A real cut may leave more. What is kept for it is the file as it was when the life began, with its WAL as long as it
was at the last commit that waited.
"""

import asyncio
import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from troupe_es import Request, Response, Settings, Store
from troupe_es.controller.states import Keeper
from troupe_es.events.types import Order
from troupe_es.llm.improviser import Improviser
from troupe_es.log import Log, checkpoints
from troupe_es.scenario import Budget

STEPS = 2
PEOPLE = 12
ORDERS: tuple[Order, ...] = ("parallel", "sequential")
FULL = 2
WRITES = re.compile(r"(?:INSERT(?: OR \w+)? INTO|UPDATE|DELETE FROM) (\w+)")
OF_PROCESSES = {"leases"}
CACHED = {"chunks", "snapshots"}
"""Tables whose rows it may always take, because they are worked out again."""

"""Tables with rows that a power cut may always take: the processes that they are about end with it."""

MADE_AGAIN = {"messages", "requests", "calls", "events"}
"""Tables with rows that it may take where answers are to follow: never answers."""


class Disk:
    """Follows a store's commits: how many waited for the disk, what others wrote, how long the WAL then was."""

    def __init__(self, log: Log, path: Path) -> None:
        self.wal = path.with_name(path.name + "-wal")
        self.level: int = log.select("PRAGMA synchronous")[0][0]
        self.waited, self.safe, self.done = 0, self.wal.stat().st_size, False
        self.passed: set[str] = set()
        self._tables: set[str] = set()
        log.db.conn.set_trace_callback(self.see)

    def see(self, statement: str) -> None:
        """Take note of a statement that is about to run; a commit has run when the next one is."""
        self.look()
        if statement.startswith("PRAGMA synchronous = "):
            self.level = int(statement[-1])
        elif written := WRITES.match(statement):
            self._tables.add(written[1])
        elif statement == "COMMIT":
            if self.level < FULL:
                self.passed |= self._tables
            else:
                self.waited, self.done = self.waited + 1, True
            self._tables = set()

    def look(self) -> None:
        """Take note of what is safe by now."""
        if self.done:
            self.safe, self.done = self.wal.stat().st_size, False

    def cut(self, path: Path, to: Path) -> None:
        """Leave at ``to`` what a power cut would leave now."""
        self.look()
        shutil.copy(path, to)
        to.with_name(to.name + "-wal").write_bytes(self.wal.read_bytes()[: self.safe])


class Cutting(Improviser):
    """An improviser whose answers take different times; with a ``folder`` the power is cut before each of them.

    ``cuts`` are the stores that this left, each with what a reader saw in the one that lived on.
    """

    def __init__(self, folder: Path | None = None) -> None:
        super().__init__()
        self.folder = folder
        self.disk: Disk | None = None
        self.asked: list[str] = []
        self.cuts: list[tuple[Path, dict[str, set[tuple[object, ...]]]]] = []

    async def complete(self, request: Request, draw: int) -> Response:
        """Answer as the improviser does."""
        self.asked.append(request.address)
        answer = await super().complete(request, draw)
        await asyncio.sleep(int(request.hash[:2], 16) / 20000)
        if self.folder is not None and self.disk is not None:
            path = self.folder / "store.db"
            cut = self.folder / f"cut-{len(self.cuts)}.db"
            self.disk.cut(path, cut)
            self.cuts.append((cut, {sql: rows(path, sql) for sql in (ANSWERED, INTENDED, HAPPENED)}))
        return answer


def live(store: Store, model: Cutting, order: Order, budget: Budget | None) -> str:
    """Live two steps of twelve people, over whatever is recorded of it; return where that leads."""
    sim = store.begin("power", model=model, settings=Settings(order=order), budget=budget)
    sim.add_world("Hall")
    for n in range(PEOPLE):
        sim.add_person({"name": f"Person {n}"})
    sim.broadcast("The lights flicker.")
    if model.folder is not None:
        model.disk = Disk(store.log, model.folder / "store.db")
    sim.run(STEPS)
    return str(sim.head)


def rows(path: Path, sql: str) -> set[tuple[object, ...]]:
    """Return what a new reader finds in the store at ``path``."""
    with closing(sqlite3.connect(path)) as conn:
        return set(conn.execute(sql))


ANSWERED = "SELECT address FROM answers"
INTENDED = "SELECT address FROM calls"
HAPPENED = "SELECT seq FROM events"


@pytest.mark.parametrize("budget", [None, Budget(calls=1000)], ids=["unlimited", "in a budget"])
@pytest.mark.parametrize("order", ORDERS)
def test_what_a_power_cut_takes_is_decided_again_and_no_answer_is_paid_twice(
    tmp_path: Path, order: Order, budget: Budget | None
) -> None:
    model = Cutting(tmp_path)
    with Store(tmp_path / "store.db", model) as store:
        head = live(store, model, order, budget)
    assert len(model.cuts) == PEOPLE * STEPS
    for path, had in model.cuts:
        assert rows(path, ANSWERED) == had[ANSWERED]
        if order == "sequential":
            assert rows(path, HAPPENED) == had[HAPPENED]
        if order == "sequential" or budget is not None:
            assert rows(path, INTENDED) == had[INTENDED]
        with closing(sqlite3.connect(path)) as conn, conn:
            conn.execute("UPDATE leases SET heartbeat = 0, owner = 'elsewhere:1:0'")  # whoever held it is gone
        after = Cutting()
        with Store(path, after) as store:
            assert live(store, after, order, budget) == head
            assert store.verify("power").holds
        assert sorted(after.asked) == sorted(set(model.asked) - {address for (address,) in had[ANSWERED]})


def test_turns_of_a_step_that_are_taken_together_wait_for_the_disk_together(tmp_path: Path) -> None:
    waited = {}
    for order in ORDERS:
        folder = tmp_path / order
        folder.mkdir()
        model = Cutting(folder)
        with Store(folder / "store.db", model) as store:
            live(store, model, order, None)
        assert model.disk is not None
        waited[order] = model.disk.waited
        assert model.disk.passed == OF_PROCESSES | (MADE_AGAIN if order == "parallel" else set())
    assert waited["parallel"] < waited["sequential"]


def test_a_command_of_a_script_waits_for_the_disk_once(tmp_path: Path) -> None:
    with Store(tmp_path / "store.db") as store:
        sim = store.begin("commands", model=Cutting())
        sim.add_world("Hall")
        disk = Disk(store.log, tmp_path / "store.db")
        for n in range(PEOPLE):
            sim.add_person({"name": f"Person {n}"})
    assert (disk.waited, disk.passed) == (PEOPLE, OF_PROCESSES)


def test_what_is_of_processes_or_can_be_worked_out_again_never_waits_for_the_disk(tmp_path: Path) -> None:
    with Store(tmp_path / "store.db") as store:
        sim = store.begin("upkeep", model=Cutting())
        disk = Disk(store.log, tmp_path / "store.db")
        Keeper(store.log, sim.branch).save(sim.state)
        for _ in range(checkpoints.EVERY):
            lease = store.log.acquire(sim.branch)
            store.log.renew(lease)
            store.log.release(lease)
        assert store.log.select("SELECT owner FROM leases WHERE branch = ?", (checkpoints.NOBODY,)) == [("",)]
    assert (disk.waited, disk.passed) == (0, OF_PROCESSES | CACHED)
