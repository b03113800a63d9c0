"""Whoever listens to a life hears every event once and in order, whenever they come, however often they drop."""

import asyncio
import socket
import threading
from collections.abc import AsyncGenerator, Iterator
from itertools import islice
from pathlib import Path

import pytest
from fastapi import FastAPI
from service.held import Gated, listen, scenario, serving
from starlette.types import Message

from troupe_es import Store
from troupe_es.log import Branch
from troupe_es.scenario import model_of
from troupe_es.service import create_app
from troupe_es.service.follow import Stream
from troupe_es.views.rows import Filter, holds

STREAM = "/api/branches/tiny/main/stream"


@pytest.fixture
def app(path: Path, gated: Gated) -> FastAPI:
    return create_app(path, models=[gated])


@pytest.fixture
def port(app: FastAPI, gated: Gated) -> Iterator[int]:
    with serving(app) as number:
        yield number
        gated.gate.set()


def begin(app: FastAPI, steps: int) -> None:
    """Let a life begin that waits for its first answer."""
    app.state.desk.start(model_of(scenario(steps=steps, model="gated"), "scenario"))


def heard(port: int, where: str, upto: int, drop: int = 0) -> list[int]:
    """Listen until event ``upto``, hanging up after every ``drop`` events, and coming back."""
    seqs: list[int] = []
    last: int | None = None
    while not seqs or seqs[-1] < upto:
        stream = listen(port, where, last)
        for seq, row in islice(stream, drop or None):
            assert row["seq"] == seq
            seqs.append(seq)
            if seq >= upto:
                break
        stream.close()
        last = seqs[-1]
    return seqs


def ids(chunk: bytes) -> list[int]:
    """Return the ids of what is told at once."""
    return [int(line[4:]) for line in chunk.split(b"\n") if line.startswith(b"id: ")]


def test_twenty_who_listen_to_a_life_miss_nothing_and_hear_nothing_twice(
    app: FastAPI, port: int, gated: Gated, tmp_path: Path
) -> None:
    with Store(tmp_path / "before.db", gated) as store:
        lived = store.play(model_of(scenario(steps=25, model="gated"), "scenario"))
        everything = list(lived.events())
    gated.gate.clear()
    gated.asked.clear()
    begin(app, 25)
    assert gated.asked.wait(30)
    filters = ("", "&type=action-taken&type=run-ended", "&person=ana-reyes&type=turn-ended&type=run-ended")
    found: dict[int, list[int]] = {}

    def listening(number: int) -> None:
        where = f"{STREAM}?after=0{filters[number % 3]}"
        upto = ended if number % 3 < 2 else last_of_ana
        found[number] = heard(port, where, upto, drop=(0, 3, 7)[number // 3 % 3])

    ended = everything[-1].seq
    wanted = [
        Filter(),
        Filter(("action-taken", "run-ended")),
        Filter(("turn-ended", "run-ended"), "ana-reyes"),
    ]
    expected = [[event.seq for event in everything if holds(event, each)] for each in wanted]
    last_of_ana = expected[2][-1]
    threads = [threading.Thread(target=listening, args=(number,)) for number in range(21)]
    for thread in threads:
        thread.start()
    gated.gate.set()
    for thread in threads:
        thread.join(120)
    assert len(found) == 21
    for number, seqs in found.items():
        assert seqs == expected[number % 3], number


def test_who_comes_without_a_place_hears_what_is_new_alone(app: FastAPI, port: int, gated: Gated) -> None:
    gated.gate.clear()
    begin(app, 2)
    assert gated.asked.wait(30)
    with app.state.stores.reading() as store:
        before = store.log.head(store.log.branch("tiny")).seq
    stream = listen(port, STREAM)
    opened = threading.Event()
    first: list[int] = []

    def hear() -> None:
        opened.set()
        first.append(next(stream)[0])

    thread = threading.Thread(target=hear)
    thread.start()
    assert opened.wait(30)
    while not any(tail.listeners for tail in list(app.state.follower.tails.values())):
        thread.join(0.01)
    gated.gate.set()
    thread.join(60)
    assert first == [before + 1]


def test_one_follower_serves_all_and_rests_when_nobody_listens(app: FastAPI, port: int) -> None:
    streams = [listen(port, "/api/branches/gallery/main/stream?after=200") for _ in range(5)]
    for stream in streams:
        assert [seq for seq, _ in islice(stream, 72)] == list(range(201, 273))
    assert len(app.state.follower.tails) == 1
    for stream in streams:
        stream.close()
    for _ in range(1000):
        if not app.state.follower.tails:
            break
        threading.Event().wait(0.01)
    assert not app.state.follower.tails


def test_a_stream_of_what_is_not_there_is_refused(port: int) -> None:
    for where, status in (
        ("/api/branches/gallery/nope/stream", 404),
        ("/api/branches/gallery/main/stream?type=nope", 422),
        ("/api/branches/gallery/main/stream?after=-1", 422),
        ("/api/branches/gallery/main/stream HTTP/1.1\r\nLast-Event-ID: abc", 422),
        ("/api/branches/gallery/main/stream HTTP/1.1\r\nLast-Event-ID: -5", 422),
    ):
        asked = where if "HTTP" in where else f"{where} HTTP/1.1"
        with socket.create_connection(("127.0.0.1", port)) as line:
            line.sendall(f"GET {asked}\r\nHost: localhost\r\n\r\n".encode())
            assert f"HTTP/1.1 {status} ".encode() in line.recv(100)


@pytest.mark.parametrize(("where", "last"), [("", 9_999), ("?after=300", None), ("?after=3", 273)])
def test_a_place_beyond_the_head_is_told_and_nothing_after_the_head_is_lost(
    app: FastAPI, port: int, where: str, last: int | None
) -> None:
    stream = listen(port, f"/api/branches/gallery/main/stream{where}", last)
    assert next(stream) == (272, {"asked": last or 300, "head": 272})
    app.state.desk.say("gallery/main", "Is anybody still there?", ["per-lund"])
    assert next(stream)[0] == 273
    stream.close()


def test_many_who_catch_up_take_turns_and_share_pages(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("troupe_es.service.follow.PAGE", 30)
    follower = app.state.follower
    reading: list[int] = []
    made: list[tuple[int, Filter]] = []
    read = follower._read

    def counted(branch: Branch, at: int, last: int, wanted: Filter) -> tuple[int, bytes, bool]:
        reading.append(at)
        assert len(reading) == 1, "one page is made at a time"
        made.append((at, wanted))
        found: tuple[int, bytes, bool] = read(branch, at, last, wanted)
        reading.clear()
        return found

    monkeypatch.setattr(follower, "_read", counted)

    async def caught_up(wanted: Filter) -> list[bytes]:
        chunks, told = [], 0
        async for chunk in follower.listen((await follower.found("gallery", "main"))[0], 0, wanted):
            chunks.append(chunk)
            told += len(ids(chunk))
            if told >= expected[wanted]:
                return chunks
        raise AssertionError("the stream ended")

    async def together() -> list[list[bytes]]:
        found = await asyncio.gather(*(caught_up(each) for each in [Filter()] * 20 + [Filter(("turn-ended",))] * 5))
        await follower.close()
        return found

    with app.state.stores.reading() as store:
        branch = store.log.branch("gallery")
        events = list(store.log.events(branch))
    some = Filter(("turn-ended",))
    expected = {each: sum(holds(event, each) for event in events) for each in (Filter(), some)}
    found = asyncio.run(asyncio.wait_for(together(), 30))
    assert {b"".join(chunks) for chunks in found[:20]} == {b"".join(found[0])}
    assert [int(line[4:]) for line in b"".join(found[0]).splitlines() if line.startswith(b"id: ")] == list(
        range(1, 273)
    )
    whole = [each for each in made if each[1] == Filter() and each[0] < 270]
    assert len(whole) == len(set(whole)) == 9, "a page is made once, whoever asks for it"


def test_who_never_reads_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("troupe_es.service.follow.SEND", 0.05)
    closed = asyncio.Event()

    async def events() -> AsyncGenerator[bytes, None]:
        try:
            yield b"id: 1\n\n"
        finally:
            closed.set()

    async def send(message: Message) -> None:
        if message.get("body", b"").startswith(b"id"):
            await asyncio.Event().wait()  # its buffers are full, and nobody empties them

    async def receive() -> Message:
        await asyncio.Event().wait()
        raise AssertionError("the client says nothing")

    asyncio.run(asyncio.wait_for(Stream(events())({"type": "http"}, receive, send), 30))
    assert closed.is_set()
