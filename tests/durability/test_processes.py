"""Several processes on one store, a process that is interrupted, and a disk that is full."""

import signal
import sqlite3
from pathlib import Path

import pytest
from durability.gate import Gate
from durability.killing import Life, asked, examine, let_end, resends
from durability.lives import MODEL, NAME, PEOPLE, STEPS, prepare
from servers.loopback import Loopback

from troupe_es import Improviser, Scripted, Simulation, Store
from troupe_es.errors import StoreUnwritable

CALLS = len(PEOPLE) * STEPS


def test_a_second_process_on_the_same_branch_is_told_who_has_it(tmp_path: Path) -> None:
    store = tmp_path / "store.db"
    with Gate(tmp_path / "count") as server, Life(store, server.url, "parallel") as first:
        server.wait_for_calls(len(PEOPLE))
        before = examine(store)
        with Life(store, server.url, "parallel") as second:
            code, complaint = second.end()
        assert code == 2
        assert complaint.startswith("LeaseHeld: allotments/main is run by process ")
        assert str(first.process.pid) in complaint
        assert examine(store) == before
        server.opened.set()
        assert first.end() == (0, "")
    assert sorted(asked(tmp_path / "count").values()) == [1] * CALLS


@pytest.mark.parametrize("order", ["parallel", "sequential"])
def test_two_processes_that_ask_the_same_on_two_forks_pay_once(order: str, tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    with Store(path) as store:
        sim = prepare(store, Scripted([], MODEL), "parallel" if order == "parallel" else "sequential")
        store.branch(sim.ref, "left")
        store.branch(sim.ref, "right")
    with Gate(tmp_path / "count") as server, Life(path, server.url, order, "left") as left:
        server.wait_for_calls(1)
        with Life(path, server.url, order, "right") as right:
            right.wait_for("step-started")
            server.opened.set()
            assert left.end() == right.end() == (0, "")
    assert left.said.split()[-1] == right.said.split()[-1]
    assert sorted(asked(tmp_path / "count").values()) == [1] * CALLS
    assert not resends(path)


def test_a_reader_reads_whole_events_while_a_run_writes_and_holds_nobody_up(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    seen: dict[int, str] = {}
    with Loopback(count_file=tmp_path / "count") as server, Life(path, server.url, "sequential") as life:
        life.wait_for("step-started")
        with Store(path, write=False) as still, Store(path, write=False) as reader:
            still.log.db.execute("BEGIN")  # a snapshot that is held open all the time
            begun = still.at(NAME).seq
            for step in range(1, STEPS):
                life.wait_for("step-ended", times=step)
                state = reader.at(NAME)
                assert state.step >= step
                assert len(list(reader.log.events(reader.log.branch(NAME)))) >= state.seq
                seen[state.seq] = state.head.hex()
            assert life.end() == (0, "")
            assert still.at(NAME).seq == begun
    with Store(path) as store:
        assert {event.seq: event.hash.hex() for event in store.open(NAME).events() if event.seq in seen} == seen
        assert store.verify(NAME).holds


@pytest.mark.parametrize("order", ["parallel", "sequential"])
def test_ctrl_c_keeps_the_answers_in_flight_and_resume_asks_for_none_of_them(order: str, tmp_path: Path) -> None:
    store = tmp_path / "store.db"
    with Gate(tmp_path / "count") as server:
        with Life(store, server.url, order) as life:
            server.wait_for_calls(len(PEOPLE) if order == "parallel" else 1)
            life.process.send_signal(signal.SIGINT)
            server.opened.set()
            code, complaint = life.end()
        assert (code, complaint[:12]) == (130, "Interrupted:")
        stopped = examine(store)
        assert stopped.answered
        assert not stopped.in_flight
        head = let_end(store, server.url, order)
    assert sorted(asked(tmp_path / "count").values()) == [1] * CALLS
    assert not resends(store)
    with Store(store) as opened:
        report = opened.verify(NAME)
    assert (report.holds, report.head) == (True, head)


def whole_run(store: Store) -> Simulation:
    """A run whose store has to grow all the time."""
    sim = prepare(store, Improviser(), "parallel")
    sim.run(8)
    return sim


@pytest.mark.parametrize("pages", [0, 1, 2, 3, 5, 8, 13, 21])
def test_a_full_disk_stops_the_run_and_loses_nothing(pages: int, tmp_path: Path) -> None:
    with Store(":memory:") as elsewhere:
        head = whole_run(elsewhere).head
    path = tmp_path / "store.db"
    with Store(path) as store:
        prepare(store, Improviser(), "parallel")
        [used] = store.log.db.execute("PRAGMA page_count").fetchone()
        store.log.db.execute(f"PRAGMA max_page_count = {used + pages}")
        with pytest.raises(StoreUnwritable, match="no space left"):
            whole_run(store)
        kept = store.open(NAME)
        before = [event.hash for event in kept.events()]
        assert store.log.check() == []
        with sqlite3.connect(path) as other:
            assert other.execute("SELECT count(*) FROM events").fetchone() == (len(before),)
        store.log.db.execute("PRAGMA max_page_count = 1000000")
        sim = whole_run(store)
        assert sim.head == head
        assert [event.hash for event in sim.events()][: len(before)] == before
        assert store.verify(NAME).holds
