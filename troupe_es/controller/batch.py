"""Does together what comes in at about the same time."""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

U = TypeVar("U")
V = TypeVar("V")

LONGEST_REST = 0.05
"""Most seconds that what came in waits for more."""


class Batch(Generic[U, V]):
    """Collects what is handed in and does it in one go: at once, or after a rest as long as the last go.

    Doing it holds the loop up (it waits for the disk), so without a rest many calls in flight would wait for it.
    There is none when all that can come is there, so many as ``most`` says. What nobody waits for any more is done
    all the same, unless it ``lapses``.
    """

    def __init__(
        self,
        work: Callable[[list[U]], Sequence[V | BaseException]],
        *,
        most: Callable[[], int] | None = None,
        lapses: bool = False,
    ) -> None:
        self.work = work
        self.most = most
        self.lapses = lapses
        self.waiting: list[tuple[U, asyncio.Future[V]]] = []
        self.rested = 0.0
        self.timer: asyncio.TimerHandle | None = None

    async def add(self, item: U) -> V:
        """Return what ``work`` made of ``item``; raises what it returned instead of a result."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[V] = loop.create_future()
        if self.timer is None:
            self.timer = loop.call_at(self.rested, self.flush)
        self.waiting.append((item, done))
        if self._all_there():
            loop.call_soon(self._perhaps)  # others may be about to come
        return await done

    def _all_there(self) -> bool:
        return self.most is not None and 0 < len(self.waiting) == self.most()

    def _perhaps(self) -> None:
        if self._all_there():
            self.flush()

    def flush(self) -> None:
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None
        waiting = [(item, done) for item, done in self.waiting if not (self.lapses and done.cancelled())]
        self.waiting = []
        begun = time.monotonic()
        try:
            results = self.work([item for item, _ in waiting])
        except BaseException as error:
            results = [error] * len(waiting)
        ended = time.monotonic()
        self.rested = ended + min(ended - begun, LONGEST_REST)
        for (_, done), result in zip(waiting, results, strict=True):
            if done.cancelled():
                continue
            if isinstance(result, BaseException):
                done.set_exception(result)
            else:
                done.set_result(result)
