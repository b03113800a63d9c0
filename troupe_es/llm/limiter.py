"""How many calls may be in flight to one provider account: as many as it answers as quickly as before.

A limiter belongs to an account (host and key), and everything in the process that talks to it shares it, whatever
store, client, thread or event loop it is in. Its window begins at FIRST, grows by one with each answer (so it
doubles in the time of one call) until something gives way, then by one in the time of one call. An overload (429,
503, silence) halves it, once for all the calls that were under way together; answers that take much longer than
the best did stop its growth, and then shrink it a little at a time. Time is measured against the length of the
answer, as a long answer is no sign of a queue.

What the provider says itself comes first. A wait it asks for is kept by all calls; where it tells how much is left
of a quota and that is little, calls leave at the rate at which the quota fills again. Calls leave in the order in
which they came: only the one at the head waits for its time.
"""

import asyncio
import random
import threading
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Self, TypeAlias

from troupe_es.llm.headers import Quota

FIRST = 64
"""Calls in flight to begin with."""

MOST = 512
"""Calls in flight at most, if nobody says otherwise."""

CALM = 2.0
STRAINED = 4.0
"""How many times its best an answer's time may be for the window to grow, and to be kept."""

WEIGHT = 1 / 16
"""What one answer counts in the average of the recent ones."""

FORGET = 1.001
"""By how much the best time fades with each answer: a provider may become slower for good."""

FRAME = 20
"""Tokens that an answer of none would take the time of."""

LOOK = 0.5
"""Seconds after which a call that waits for its time looks at the clock again, as others may have news by then."""

Waiter: TypeAlias = "tuple[asyncio.AbstractEventLoop, asyncio.Future[None]]"


class Slot:
    """The place of one call in flight; say how it went, or nothing if that tells nothing about the provider."""

    def __init__(self, limiter: "Limiter", tokens: int) -> None:
        self.limiter = limiter
        self.tokens = tokens
        self.sent = float("-inf")

    async def __aenter__(self) -> Self:
        self.sent = await self.limiter.depart(self.tokens)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.limiter.release()

    def answered(self, tokens: int) -> None:
        """Note that an answer of about so many tokens came."""
        self.limiter.grow((self.limiter.clock() - self.sent) / (tokens + FRAME))

    def overloaded(self) -> None:
        """Note that the provider had too much to do."""
        self.limiter.halve(self.sent)


class Limiter:
    """The window of one account. ``clock``, ``sleep`` and ``chance`` are those of tests, if given."""

    def __init__(
        self,
        most: int = MOST,
        *,
        first: int = FIRST,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.most = most
        self.window = float(min(first, most))
        self.in_flight = 0
        self.clock = clock
        self._sleep = sleep
        self._chance = chance
        self._lock = threading.RLock()
        self._waiting: deque[Waiter] = deque()
        self._gate_taken = False
        self._slow_start = True
        self._recent = self._best = 0.0
        self._changed = self._departed = self._quiet_until = float("-inf")
        self._last_tokens = 0
        self._pace = {"requests": 0.0, "tokens": 0.0}

    def slot(self, tokens: int) -> Slot:
        """Return the place of a call that may take ``tokens``: to enter it is to wait until the call can leave."""
        return Slot(self, tokens)

    async def depart(self, tokens: int) -> float:
        """Wait until a call that may take ``tokens`` can leave, and return when; ``release`` gives its place back."""
        await self._pass_gate()
        try:
            while (wait := self._departure() - self.clock()) > 0:
                await self._sleep(min(wait, LOOK))
            self._departed, self._last_tokens = self.clock(), tokens
        except BaseException:
            self._give_back()
            raise
        self._leave_gate()
        return self._departed

    def release(self) -> None:
        """Give back the place of a call that is in flight no more."""
        with self._lock:
            self.in_flight -= 1
            self._call_next()

    # what calls and headers teach

    def grow(self, strain: float) -> None:
        """Learn from an answer; ``strain`` is its time in relation to its length."""
        with self._lock:
            self._recent += WEIGHT * (strain - self._recent) if self._recent else strain
            self._best = min(self._best * FORGET, self._recent) if self._best else strain
            if self._recent > CALM * self._best:
                self._slow_start = False
                if self._recent > STRAINED * self._best:
                    self._shrink()
            elif self.in_flight + len(self._waiting) > self.window / 2:  # one that is not used proves nothing
                self.window = min(self.window + (1 if self._slow_start else 1 / self.window), float(self.most))

    def halve(self, sent: float) -> None:
        """Learn from an overload that met a call sent at ``sent``; one sent before the last cut is no news."""
        with self._lock:
            self._slow_start = False
            if sent >= self._changed:
                self._changed = self.clock()
                self.window = max(1.0, self.window / 2)

    def hush(self, wait: float) -> None:
        """Let no call leave for ``wait`` seconds, and a little, so that processes do not come back as one."""
        with self._lock:
            until = self.clock() + wait + self._chance() * min(wait, 1.0)
            self._quiet_until = max(self._quiet_until, until)

    def heed(self, quota: Quota) -> None:
        """Learn from what is left of a quota."""
        with self._lock:
            share = 1 if quota.unit == "requests" else self._last_tokens
            scarce = quota.remaining <= 2 * self.window * share
            self._pace[quota.unit] = quota.interval if scarce else 0.0
            if scarce and quota.limit is None and not quota.remaining:
                self.hush(quota.reset)

    def _shrink(self) -> None:
        """Take a fifth off, at most once in the time of a window of answers."""
        now = self.clock()
        if now - self._changed > self._recent * FRAME:
            self._changed = now
            self.window = max(1.0, self.window * 0.8)

    # the gate: one at a time, in the order of arrival

    def _departure(self) -> float:
        gap = max(self._pace["requests"], self._pace["tokens"] * self._last_tokens)
        return max(self._quiet_until, self._departed + gap)

    async def _pass_gate(self) -> None:
        with self._lock:
            if not self._gate_taken and not self._waiting and self.in_flight < int(self.window):
                self._gate_taken = True
                self.in_flight += 1
                return
            loop = asyncio.get_running_loop()
            place: asyncio.Future[None] = loop.create_future()
            self._waiting.append((loop, place))
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():
                self._give_back()
            raise

    def _leave_gate(self) -> None:
        with self._lock:
            self._gate_taken = False
            self._call_next()

    def _give_back(self) -> None:
        with self._lock:
            self.in_flight -= 1
            self._leave_gate()

    def _call_next(self) -> None:
        while self._waiting and not self._gate_taken and self.in_flight < int(self.window):
            loop, place = self._waiting.popleft()
            self._gate_taken = True
            self.in_flight += 1
            try:
                loop.call_soon_threadsafe(self._admit, place)
            except RuntimeError:  # that loop was closed, and whoever waited in it is gone
                self._gate_taken = False
                self.in_flight -= 1

    def _admit(self, place: "asyncio.Future[None]") -> None:
        if place.cancelled():
            self._give_back()
        else:
            place.set_result(None)


_limiters: dict[str, Limiter] = {}
_lock = threading.Lock()


def limiter_of(account: str, most: int | None = None) -> Limiter:
    """Return the limiter of ``account``, the same for the whole process; ``most`` resets its bound, if given."""
    with _lock:
        limiter = _limiters.setdefault(account, Limiter())
        if most is not None:
            limiter.most = most
            limiter.window = min(limiter.window, float(most))
        return limiter
