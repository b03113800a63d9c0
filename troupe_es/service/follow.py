"""Events as they happen, for any number of listeners: one follower reads each branch, and all are told.

The follower looks at the heads of the branches that somebody listens to (one step into an index) and fetches what is
new: once, however many listen, and not at all where nobody does. A listener that was away catches up from the store
by pages and then goes on with the others. The id of each event is its seq, so that a browser that reconnects says
where it was.

Pages are made one at a time, one for all who stand at the same place, and after each the follower rests as long as it
took: so many catch up slowly and everybody else is answered as ever, who lives and writes included.

A place beyond the head is one of another life (the store was replaced, or the place made up). A browser's EventSource
gives up for good at any status but 200, so that it is told in the stream: an event ``reset`` whose id is the head,
from which it goes on.
"""

import asyncio
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from troupe_es import canonical
from troupe_es.errors import StoreError
from troupe_es.log import Branch
from troupe_es.service.stores import Stores
from troupe_es.views import rows
from troupe_es.views.events import row
from troupe_es.views.kept import Kept
from troupe_es.views.names import names, who
from troupe_es.views.rows import Filter, Row, holds

EVERY = 0.1
"""Seconds between two looks, for a few listeners."""

EACH = 0.002
"""Seconds more for each of them: many take larger helpings, so that whoever writes is left in peace."""

RECENT = 2000
"""Events of each branch that are kept at hand for listeners."""

PAGE = 200
"""Events that are read at once for whoever catches up."""

PAGES = 64
"""Pages of each branch that are kept for others who catch up, and as many helpings of what is new."""

HEARTBEAT = 15.0
"""Seconds between two comments, which show that the line is alive."""

SEND = 30.0
"""Seconds that a listener has to take what is sent; one who does not read is let go."""


@dataclass
class Told:
    """An event as it is sent, and what filters ask of it."""

    seq: int
    row: Row
    line: bytes


@dataclass
class Tail:
    """The end of one branch, and those who listen to it."""

    branch: Branch
    seq: int
    recent: list[Told] = field(default_factory=list)
    listeners: int = 0
    beats: int = 0
    news: asyncio.Event = field(default_factory=asyncio.Event)
    helpings: Kept[tuple[int, bytes]] = field(default_factory=lambda: Kept(PAGES))
    pages: Kept[tuple[int, bytes] | None] = field(default_factory=lambda: Kept(PAGES))

    def grow(self, told: list[Told]) -> None:
        """Add new events, and wake everybody."""
        self.recent = [*self.recent, *told][-RECENT:]
        self.seq = told[-1].seq
        self.helpings, self.pages = Kept(PAGES), Kept(PAGES)  # people may have other names now
        self.wake()

    def beat(self) -> None:
        """Let everybody say that they are still here."""
        self.beats += 1
        self.wake()

    def wake(self) -> None:
        """Let whoever waits look again."""
        news, self.news = self.news, asyncio.Event()
        news.set()

    def helping(self, at: int, wanted: Filter) -> tuple[int, bytes] | None:
        """Return what is wanted after ``at`` and up to which event that is, made once for all who stand there.

        None where it is no longer at hand.
        """
        if not self.recent or self.recent[0].seq > at + 1:
            return None

        def made() -> tuple[int, bytes]:
            new = self.recent[at + 1 - self.recent[0].seq :]
            return self.seq, b"".join(told.line for told in new if holds(told.row.event, wanted))

        return self.helpings.get((at, wanted), made)


class Follower:
    """Reads what is new of the branches that are listened to."""

    def __init__(self, stores: Stores) -> None:
        self.stores = stores
        self.tails: dict[int, Tail] = {}
        self._task: asyncio.Task[None] | None = None
        self._turn = asyncio.Lock()
        self._ending = False

    def end(self) -> None:
        """Let every listener's stream come to its end, because the service does; called in the loop."""
        self._ending = True
        for tail in self.tails.values():
            tail.wake()

    async def close(self) -> None:
        """Stop looking."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def found(self, simulation: str, name: str, person: str | None = None) -> tuple[Branch, str | None]:
        """Return a branch, and the id of a person in it. Raises BadReference."""

        def found() -> tuple[Branch, str | None]:
            with self.stores.reading() as store:
                branch = store.log.branch(simulation, name)
                return branch, who(store.log, branch, person)

        return await run_in_threadpool(found)

    async def listen(self, branch: Branch, after: int | None, wanted: Filter) -> AsyncGenerator[bytes, None]:
        """Yield every wanted event after ``after`` (None: from now on), in order, each once, and heartbeats.

        What begins beyond the head begins with a ``reset`` to the head.
        """
        tail = await self._tail(branch)
        tail.listeners += 1
        try:
            at = tail.seq if after is None else after
            if at > tail.seq and at > (head := await run_in_threadpool(self._head, branch)):
                yield reset(at, head)
                at = head
            while not self._ending:
                news, beats = tail.news, tail.beats
                if at < tail.seq:
                    at, chunk = tail.helping(at, wanted) or await self._page(tail, at, wanted)
                    if chunk:
                        yield chunk
                    continue
                await news.wait()
                if tail.beats > beats:
                    yield b": still here\n\n"
        finally:
            tail.listeners -= 1

    async def _tail(self, branch: Branch) -> Tail:
        known = self.tails.get(branch.id)
        if known is None or not known.listeners:  # nobody kept it up to date
            head = await run_in_threadpool(self._head, branch)
            known = self.tails.get(branch.id)
            if known is None or not known.listeners:
                self.tails[branch.id] = Tail(branch, head)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._look())
        return self.tails[branch.id]

    def _head(self, branch: Branch) -> int:
        with self.stores.reading() as store:
            return store.log.head(branch).seq

    async def _page(self, tail: Tail, at: int, wanted: Filter) -> tuple[int, bytes]:
        """What is wanted after ``at``, from the store, once it is this listener's turn."""
        async with self._turn:
            pages, last = tail.pages, tail.seq
            if (known := pages.find((at, wanted), None)) is not None:
                await asyncio.sleep(0)  # others come between
                return known
            began = time.monotonic()
            upto, chunk, whole = await run_in_threadpool(self._read, tail.branch, at, last, wanted)
            if whole:
                pages.put((at, wanted), (upto, chunk))
            await asyncio.sleep(time.monotonic() - began)
            return upto, chunk

    def _read(self, branch: Branch, at: int, last: int, wanted: Filter) -> tuple[int, bytes, bool]:
        """Return a page, the event it goes up to, and whether it is a whole one, which stays as it is."""
        with self.stores.reading() as store:
            found = rows.forward(store.log, branch, at, last, wanted, PAGE)
            called = names(store.log, branch)
        whole = len(found) == PAGE
        return found[-1].event.seq if whole else last, b"".join(line(each, called) for each in found), whole

    async def _look(self) -> None:
        beaten = time.monotonic()
        while listeners := sum(tail.listeners for tail in self.tails.values()):
            try:
                found = await run_in_threadpool(self._new)
            except StoreError:
                found = []  # the disk is busy or full; what is new is still there at the next look
            for tail, told in found:
                tail.grow(told)
            if time.monotonic() - beaten > HEARTBEAT:
                beaten = time.monotonic()
                for tail in self.tails.values():
                    tail.beat()
            await asyncio.sleep(EVERY + EACH * listeners)
        self.tails.clear()

    def _new(self) -> list[tuple[Tail, list[Told]]]:
        """What is new of every branch that is listened to."""
        with self.stores.reading() as store:
            found = []
            for tail in list(self.tails.values()):
                head = store.log.head(tail.branch).seq
                if head > tail.seq and tail.listeners:
                    new = rows.forward(store.log, tail.branch, tail.seq, head, Filter(), RECENT)
                    called = names(store.log, tail.branch)
                    told = [Told(each.event.seq, each, line(each, called)) for each in new]
                    found.append((tail, told))
            return found


def line(found: Row, called: dict[str, str]) -> bytes:
    """Return an event as it is sent: its seq as id, its row as data."""
    content: dict[str, Any] = row(found, called)
    return f"id: {found.event.seq}\ndata: {canonical.dumps(canonical.clean(content)[0])}\n\n".encode()


def reset(asked: int, head: int) -> bytes:
    """Return what tells a listener that there is no event ``asked`` here, and that it goes on after ``head``."""
    told = canonical.dumps({"asked": asked, "head": head})
    return f"event: reset\nid: {head}\ndata: {told}\n\n".encode()


class Stream(Response):
    """An answer that goes on: what ``listen`` yields, to whoever reads it."""

    def __init__(self, events: AsyncGenerator[bytes, None]) -> None:
        super().__init__(media_type="text/event-stream")
        self.events = events

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send until the client goes or stops reading."""
        headers = [
            (b"content-type", b"text/event-stream; charset=utf-8"),
            (b"cache-control", b"no-store"),
            (b"x-accel-buffering", b"no"),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        gone = asyncio.create_task(_gone(receive))
        sending = asyncio.create_task(self._send(send))
        try:
            await asyncio.wait({gone, sending}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (gone, sending):
                task.cancel()
            await asyncio.gather(gone, sending, return_exceptions=True)
            await self.events.aclose()

    async def _send(self, send: Send) -> None:
        await send({"type": "http.response.body", "body": b"retry: 1000\n\n", "more_body": True})
        async for chunk in self.events:
            async with asyncio.timeout(SEND):
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
