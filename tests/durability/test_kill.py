"""``kill -9`` at random instants: no answer is paid for twice, and every life ends in the same head hash.

20 kills by default. The 200 take some minutes:  pytest tests/durability -m deep
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from durability.killing import Life, Tally, asked, live_and_kill, resends
from durability.lives import NAME, PEOPLE, STEPS
from servers.loopback import Loopback

from troupe_es import Store

LATENCY, SPREAD = 0.01, 0.02
"""Seconds an answer takes: long enough beside the client's own work for a kill to fall into the waiting."""

CALLS = len(PEOPLE) * STEPS


@dataclass
class Uninterrupted:
    """The run nobody interrupted: how it ends, and how long it takes once it is ready."""

    head: str
    seconds: float


@pytest.fixture(scope="module", params=["parallel", "sequential"])
def order(request: pytest.FixtureRequest) -> str:
    """Both ways to order a step."""
    return str(request.param)


@pytest.fixture(scope="module")
def whole(order: str, tmp_path_factory: pytest.TempPathFactory) -> Uninterrupted:
    """What an uninterrupted run comes to."""
    folder = tmp_path_factory.mktemp("whole")
    with Loopback(count_file=folder / "count", latency=LATENCY, spread=SPREAD) as server:
        with Life(folder / "store.db", server.url, order) as life:
            life.wait_for("head")
            seconds = life.seconds
            assert life.end()[0] == 0
    assert sorted(asked(folder / "count").values()) == [1] * CALLS
    return Uninterrupted(life.said.split()[-1], seconds)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Loopback]:
    """A server that writes down each call it gets."""
    with Loopback(count_file=tmp_path / "count", latency=LATENCY, spread=SPREAD) as server:
        yield server


def check(tally: Tally, store: Path, count_file: Path, whole: Uninterrupted) -> None:
    """The promise, for one store that was killed and brought to its end."""
    assert tally.head == whole.head
    asks, again = asked(count_file), resends(store)
    assert len(asks) == CALLS
    for prompt, times in asks.items():
        in_flight = sum(prompt in found.in_flight for found in tally.kills)
        assert again[prompt] <= in_flight, "sent again although no kill found it without an answer"
        assert times <= 1 + again[prompt], "asked for more often than the journal tells"
        if in_flight == 0:
            assert times == 1, "an answer that the store had, or nobody had asked for yet, was paid for twice"
    for earlier, later in zip(tally.kills, tally.kills[1:], strict=False):
        assert earlier.answered <= later.answered, "a kept answer was lost"
        assert earlier.events <= later.events, "a committed event was lost"
    with Store(store) as opened:
        report = opened.verify(NAME)
    assert (report.holds, report.head, report.answers) == (True, whole.head, CALLS)


def kill_often(kills: int, seed: str, order: str, whole: Uninterrupted, folder: Path) -> Tally:
    """Kill ``kills`` times in all, over as many stores as that takes, and check each."""
    dice = random.Random(seed)
    total = Tally()
    while len(total.kills) < kills:
        place = folder / str(len(total.kills))
        place.mkdir(exist_ok=True)
        store, count = place / "store.db", place / "count"
        with Loopback(count_file=count, latency=LATENCY, spread=SPREAD) as server:
            left = kills - len(total.kills)
            tally = live_and_kill(store, server.url, order, whole.seconds, dice, left)
        check(tally, store, count, whole)
        total.kills += tally.kills
    return total
