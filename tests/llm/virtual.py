"""An event loop in virtual time: whoever sleeps is woken at once, and the clock says that the time has passed."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class Selector(selectors.SelectSelector):
    """Waits for nothing: advances ``now`` instead."""

    now = 0.0

    def select(self, timeout: float | None = None) -> Any:
        ready = super().select(0)
        if not ready and timeout is None:
            raise AssertionError("everybody waits, and nothing is to come")
        if not ready and timeout:
            self.now += timeout
        return ready


class Loop(asyncio.SelectorEventLoop):
    """A loop that is never late."""

    def __init__(self) -> None:
        self.selector = Selector()
        super().__init__(self.selector)

    def time(self) -> float:
        return self.selector.now


def live(work: Coroutine[Any, Any, T]) -> T:
    """Return what ``work`` returns, in no time."""
    loop = Loop()
    try:
        return loop.run_until_complete(work)
    finally:
        loop.close()


def now() -> float:
    """Return the running loop's time."""
    return asyncio.get_running_loop().time()
