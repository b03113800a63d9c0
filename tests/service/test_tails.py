"""What is kept at hand for listeners, and what is fetched: nothing is left out or said twice, however it falls."""

import asyncio
import re
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from troupe_es import Store, commands
from troupe_es.errors import StoreUnwritable
from troupe_es.log import Branch
from troupe_es.service import follow
from troupe_es.service.follow import Follower, Tail, Told, line
from troupe_es.service.stores import Stores
from troupe_es.views import rows
from troupe_es.views.rows import Filter, Row, holds

FEWER = settings(max_examples=settings().max_examples // 4)

FILTERS = [Filter(), Filter(("person-added", "turn-ended")), Filter((), "per-lund"), Filter((), None, "red")]
BEAT = b": still here\n\n"


@pytest.fixture(scope="module")
def stores(kept: Path) -> Iterator[Stores]:
    """A store to be listened to in which nothing happens."""
    made = Stores(kept)
    yield made
    made.close()


@pytest.fixture
def busy(path: Path) -> Iterator[Stores]:
    """A store of the test's own, for something to happen in."""
    made = Stores(path)
    yield made
    made.close()


def lived(stores: Stores, ref: str = "gallery/main") -> tuple[Branch, list[Row]]:
    branch = stores.writer.log.branch(*ref.split("/"))
    return branch, rows.forward(stores.writer.log, branch, 0, 10**6, Filter(), 10**6)


@pytest.fixture(scope="module")
def past(stores: Stores) -> tuple[Branch, list[Told]]:
    """The first events of a life, as they are sent."""
    branch, everything = lived(stores)
    return branch, [Told(row.event.seq, row, line(row, {})) for row in everything[:60]]


def ids(chunk: bytes) -> list[int]:
    return [int(found) for found in re.findall(rb"^id: (\d+)$", chunk, re.MULTILINE)]


async def heard(events: AsyncGenerator[bytes, None], upto: int) -> list[int]:
    """Listen until an event at ``upto`` or after it."""
    found: list[int] = []
    while not found or found[-1] < upto:
        found += ids(await asyncio.wait_for(anext(events), 30))
    return found


@FEWER
@given(
    st.lists(st.integers(1, 9), min_size=1, max_size=5),
    st.integers(1, 12),
    st.integers(0, 9),
    st.sampled_from(FILTERS),
)
def test_a_helping_is_all_that_is_wanted_since_then_or_there_is_none(
    past: tuple[Branch, list[Told]], sizes: list[int], recent: int, begun: int, wanted: Filter
) -> None:
    branch, everything = past
    tail = Tail(branch, begun)
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(follow, "RECENT", recent)
        for size in sizes:
            tail.grow(everything[tail.seq : tail.seq + size])
            for at in range(tail.seq):
                tail.helping(at, Filter(("world-added",)))  # somebody else stands there, too
                found = tail.helping(at, wanted)
                assert (found is None) == (tail.seq - at > min(recent, tail.seq - begun)), (at, tail.seq)
                expected = [each.line for each in everything[at : tail.seq] if holds(each.row.event, wanted)]
                assert found is None or found == (tail.seq, b"".join(expected))


@pytest.mark.parametrize("ref", ["gallery/main", "gallery/cut-5"])
def test_who_catches_up_by_pages_misses_nothing(stores: Stores, monkeypatch: pytest.MonkeyPatch, ref: str) -> None:
    monkeypatch.setattr(follow, "PAGE", 7)
    branch, everything = lived(stores, ref)

    async def listening() -> None:
        for wanted in FILTERS:
            expected = [row.event.seq for row in everything if holds(row.event, wanted)]
            for after in (0, 6, 7, expected[-1] - 1):
                events = Follower(stores).listen(branch, after, wanted)
                assert await heard(events, expected[-1]) == [seq for seq in expected if seq > after]
                await events.aclose()

    asyncio.run(listening())


def test_who_hears_nothing_new_is_told_that_the_line_is_alive(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow, "HEARTBEAT", 0.0)
    monkeypatch.setattr(follow, "EVERY", 0.0)
    branch, _ = lived(stores)

    async def listening() -> None:
        events = Follower(stores).listen(branch, None, Filter())
        assert [await asyncio.wait_for(anext(events), 30) for _ in range(3)] == [BEAT] * 3
        await events.aclose()

    asyncio.run(listening())


def say(stores: Stores, ref: str, words: str) -> int:
    """Let something happen in a life; return its event."""
    seq = stores.writer.steer(ref, commands.Stimulate(words, world="hall"))
    assert seq is not None
    return seq


def test_a_store_that_cannot_be_read_for_a_moment_ends_no_stream(
    busy: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow, "EVERY", 0.0)
    follower, looks = Follower(busy), [0]
    look = follower._new

    def busy_disk() -> list[tuple[Tail, list[Told]]]:
        looks[0] += 1
        if looks[0] < 4:
            raise StoreUnwritable("the disk is full")
        return look()

    monkeypatch.setattr(follower, "_new", busy_disk)

    async def listening() -> None:
        events = follower.listen(lived(busy)[0], 272, Filter())
        waiting = asyncio.create_task(heard(events, 273))
        while not any(tail.listeners for tail in follower.tails.values()):
            await asyncio.sleep(0)
        assert say(busy, "gallery/main", "Is anybody there?") == 273
        assert await waiting == [273]
        await events.aclose()

    asyncio.run(listening())
    assert looks[0] >= 4


def test_who_comes_back_to_a_branch_that_nobody_followed_meanwhile_hears_what_is_new_alone(
    busy: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow, "EVERY", 0.0)
    follower = Follower(busy)
    main, quiet = (busy.writer.log.branch("gallery", name) for name in ("main", "quiet"))

    async def listening() -> None:
        stays = follower.listen(quiet, 0, Filter())
        leaves = follower.listen(main, 271, Filter())
        await heard(stays, 1)
        assert await heard(leaves, 272) == [272]
        await leaves.aclose()
        missed = say(busy, "gallery/main", "Nobody hears this.")
        back = follower.listen(main, None, Filter())
        hearing = asyncio.create_task(heard(back, missed + 1))
        while not follower.tails[main.id].listeners:
            await asyncio.sleep(0)
        assert say(busy, "gallery/main", "And this?") == missed + 1
        assert await hearing == [missed + 1]
        await stays.aclose()
        await back.aclose()

    asyncio.run(listening())


def test_who_listens_is_let_go_when_the_service_ends(stores: Stores) -> None:
    branch, _ = lived(stores)

    async def listening() -> None:
        follower = Follower(stores)
        events = follower.listen(branch, None, Filter())
        waiting = asyncio.create_task(anext(events, None))
        while not any(tail.listeners for tail in follower.tails.values()):
            await asyncio.sleep(0)
        follower.end()
        assert await asyncio.wait_for(waiting, 30) is None
        assert not follower.tails[branch.id].listeners
        await follower.close()

    asyncio.run(listening())


def test_handles_that_are_lent_to_readers_write_nothing_and_are_used_again(stores: Stores) -> None:
    with stores.reading() as first, stores.reading() as second:
        lent: list[Store] = [first, second]
        for store in lent:
            with pytest.raises(StoreUnwritable):
                store.begin("new", model="improviser")
    with stores.reading() as again:
        assert any(again is store for store in lent)
