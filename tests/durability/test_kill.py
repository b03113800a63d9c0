"""``kill -9`` at random instants: no answer is paid for twice, and every life ends in the same head hash.

20 kills by default. The 200 take some minutes:  pytest tests/durability -m deep
"""

import random
from dataclasses import dataclass
from itertools import count, pairwise
from pathlib import Path
from typing import Any

import pytest
from durability.gate import Gate
from durability.killing import Life, Tally, asked, examine, kill_at_random, let_end, resends
from durability.lives import NAME, PEOPLE, STEPS
from servers.loopback import Loopback

from troupe_es import Store
from troupe_es.canonical import slug
from troupe_es.events.types import StepStarted

LATENCY, SPREAD = 0.01, 0.02
"""Seconds an answer takes: long enough beside the client's own work for a kill to fall into the waiting."""

CALLS = len(PEOPLE) * STEPS


@dataclass
class Whole:
    """The run nobody interrupted: how it ends, how long it takes once it is ready, who acts when in step 1."""

    head: str
    seconds: float
    schedule: list[str]


@pytest.fixture(scope="module", params=["parallel", "sequential"])
def order(request: pytest.FixtureRequest) -> str:
    """Both ways to order a step."""
    return str(request.param)


@pytest.fixture(scope="module")
def whole(order: str, tmp_path_factory: pytest.TempPathFactory) -> Whole:
    """What an uninterrupted run comes to."""
    folder = tmp_path_factory.mktemp("whole")
    with serving(folder) as server, Life(folder / "store.db", server.url, order) as life:
        life.wait_for("head")
        seconds = life.seconds
        assert life.end() == (0, "")
    assert sorted(asked(folder / "count").values()) == [1] * CALLS
    with Store(folder / "store.db", write=False) as store:
        started = next(e.body for e in store.open(NAME).events() if isinstance(e.body, StepStarted))
    return Whole(life.said.split()[-1], seconds, started.schedule)


def serving(folder: Path, **more: Any) -> Loopback:
    """Return a server that writes down each call it gets."""
    return Loopback(count_file=folder / "count", **{"latency": LATENCY, "spread": SPREAD, **more})


def check(tally: Tally, folder: Path, whole: Whole) -> None:
    """The promise, for one store whose lives were killed, and the last of which ended."""
    assert tally.head == whole.head
    asks, again = asked(folder / "count"), resends(folder / "store.db")
    assert len(asks) == CALLS
    for prompt, times in asks.items():
        in_flight = sum(prompt in found.in_flight for found in tally.kills)
        assert again[prompt] <= in_flight, "sent again although no kill found it without an answer"
        assert times <= 1 + again[prompt], "asked for more often than the journal tells"
    for found, later in pairwise(tally.kills):
        assert found.answered <= later.answered, "a kept answer was lost"
        assert found.events <= later.events, "a committed event was lost"
    with Store(folder / "store.db") as store:
        report = store.verify(NAME)
    assert (report.holds, report.head, report.answers) == (True, whole.head, CALLS)


def kill_often(kills: int, seed: str, order: str, whole: Whole, folder: Path) -> None:
    """Kill ``kills`` times in all, over as many stores as that takes; check each, and where the kills landed."""
    dice = random.Random(seed)
    total = Tally()
    for number in count():  # a life may end before its first kill
        if len(total.kills) >= kills:
            break
        place = folder / f"store-{number}"
        place.mkdir()
        with serving(place) as server:
            left = kills - len(total.kills)
            tally = kill_at_random(place / "store.db", server.url, order, whole.seconds, dice, left)
        check(tally, place, whole)
        total.kills += tally.kills
    print(
        f"{order}: {kills} kills, {total.count('in_step')} in the middle of a step, "
        f"{total.count('in_flight')} between intent and answer, {total.count('unused')} between answer and event"
    )
    assert total.count("in_step")
    assert total.count("in_flight")


def test_kills_at_random_instants_cost_nothing_that_was_answered(order: str, whole: Whole, tmp_path: Path) -> None:
    kill_often(8, f"few/{order}", order, whole, tmp_path)


@pytest.mark.deep
@pytest.mark.parametrize("batch", range(10))
def test_two_hundred_kills_cost_nothing_that_was_answered(
    batch: int, order: str, whole: Whole, tmp_path: Path
) -> None:
    kill_often(10, f"many/{order}/{batch}", order, whole, tmp_path)


def test_a_kill_between_intent_and_answer_sends_that_call_again_and_says_so(
    order: str, whole: Whole, tmp_path: Path
) -> None:
    store = tmp_path / "store.db"
    with Gate(tmp_path / "count") as server:
        with Life(store, server.url, order) as life:
            server.wait_for_calls(1)
            assert life.kill()
        killed = examine(store)
        assert killed.in_flight
        assert not killed.answered
        server.opened.set()
        check(Tally([killed], let_end(store, server.url, order)), tmp_path, whole)
    assert set(resends(store)) == killed.in_flight


def test_a_kill_in_the_middle_of_a_step_keeps_the_turns_that_were_taken(
    order: str, whole: Whole, tmp_path: Path
) -> None:
    store = tmp_path / "store.db"
    last = next(person["name"] for person in PEOPLE if slug(person["name"]) == whole.schedule[-1])
    with serving(tmp_path, faults=[f"hang*1~You are {last}."]) as server:
        with Life(store, server.url, order) as life:
            life.wait_for("turn-ended", times=len(PEOPLE) - 1)
            assert life.kill()
        killed = examine(store)
        assert killed.in_step
        assert len(killed.answered) == len(PEOPLE) - 1
        assert not killed.unused
        server.faults.clear()
        check(Tally([killed], let_end(store, server.url, order)), tmp_path, whole)
