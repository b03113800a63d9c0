"""One event loop in a background thread: what is asynchronous inside is a plain call outside.

The caller may itself run in an event loop (a notebook does): it never sees ours. Ctrl-C asks what is running to
stop, waits for it to keep what it has, and only then goes on as an interruption.
"""

import asyncio
import os
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")


class Portal:
    """Runs coroutines in a loop of its own."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.pid = os.getpid()
        threading.Thread(target=self._serve, name="troupe-loop", daemon=True).start()

    def _serve(self) -> None:
        """Run the loop. What ends a program (a closed pipe, say) ends one piece of work here, and its caller."""
        while True:
            try:
                self.loop.run_forever()
            except (SystemExit, KeyboardInterrupt):
                continue  # it has been handed to whoever waits for that work

    def run(self, work: Coroutine[Any, Any, T], stop: Callable[[], None] = lambda: None) -> T:
        """Return what ``work`` returns. On Ctrl-C call ``stop`` (in the loop's thread) and wait for the end."""
        future: Future[T] = asyncio.run_coroutine_threadsafe(work, self.loop)
        try:
            return future.result()
        except KeyboardInterrupt:
            self.loop.call_soon_threadsafe(stop)
            return future.result()


_portal: Portal | None = None
_lock = threading.Lock()


def portal() -> Portal:
    """Return this process's portal, made when first needed (and again in a forked child)."""
    global _portal
    with _lock:
        if _portal is None or _portal.pid != os.getpid():
            _portal = Portal()
        return _portal
