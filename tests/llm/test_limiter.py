"""The limiter in virtual time: it grows while latency holds, gives way to overload, and keeps to what it is told."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest
from llm.virtual import live, now

from troupe_es.llm.headers import Quota
from troupe_es.llm.limiter import Limiter, limiter_of


def limiter(most: int = 512, first: int = 8) -> Limiter:
    return Limiter(most, first=first, clock=now, chance=lambda: 0.0)


async def call(gate: Limiter, seconds: float = 1.0, tokens: int = 100) -> None:
    async with gate.slot(tokens) as slot:
        await asyncio.sleep(seconds)
        slot.answered(tokens)


async def many(gate: Limiter, number: int, one: Callable[..., Any] = call, *details: Any) -> float:
    begun = now()
    await asyncio.gather(*(one(gate, *details) for _ in range(number)))
    return now() - begun


def test_the_window_doubles_in_the_time_of_a_call_while_latency_holds() -> None:
    async def run() -> None:
        gate = limiter(first=8)
        assert await many(gate, 8 + 16 + 32 + 64) == pytest.approx(4.0)
        assert 64 < gate.window < 128, "the last calls, when half of the window is empty, prove nothing"
        assert gate.in_flight == 0

    live(run())


def test_the_window_has_a_bound() -> None:
    async def run() -> None:
        gate = limiter(most=16, first=64)
        assert gate.window == 16
        assert await many(gate, 64) == pytest.approx(4.0)
        assert gate.window == 16

    live(run())


def test_few_calls_prove_nothing_about_many() -> None:
    async def run() -> None:
        gate = limiter(first=8)
        for _ in range(50):
            await call(gate)
        assert gate.window == 8

    live(run())


def test_one_overload_halves_once_whatever_number_of_calls_it_meets() -> None:
    async def refused(gate: Limiter) -> None:
        async with gate.slot(1) as slot:
            await asyncio.sleep(0.1)
            slot.overloaded()

    async def run() -> None:
        gate = limiter(first=64)
        await many(gate, 64, refused)
        assert gate.window == 32
        await many(gate, 32, refused)
        assert gate.window == 16
        for _ in range(9):
            await many(gate, 1, refused)
        assert gate.window == 1, "and never less than one"

    live(run())


def test_after_an_overload_it_grows_slowly() -> None:
    async def run() -> None:
        gate = limiter(first=8)
        async with gate.slot(1) as slot:
            slot.overloaded()
        assert gate.window == 4
        assert await many(gate, 40) > 6.0, "by about one in the time of a call"
        assert 7 < gate.window < 11

    live(run())


def test_latency_that_grows_stops_the_growth_and_then_shrinks_the_window() -> None:
    """A server with four workers: more in flight than it can serve only waits there."""

    async def run() -> None:
        gate = limiter(first=4)
        workers = asyncio.Semaphore(4)

        async def served(gate: Limiter) -> None:
            async with gate.slot(1) as slot:
                async with workers:
                    await asyncio.sleep(1)
                slot.answered(100)

        took = await many(gate, 800, served)
        assert took < 210, "200 at best: nobody is idle"
        assert gate.window < 32, "the window would be 404 if latency did not matter"

    live(run())


def test_a_long_answer_is_no_sign_of_a_queue() -> None:
    async def run() -> None:
        gate = limiter(first=8)
        await many(gate, 64, call, 0.5, 10)
        before = gate.window
        await many(gate, 64, call, 20.0, 1000)
        assert gate.window > before

    live(run())


def test_quiet_is_kept_by_all() -> None:
    async def run() -> None:
        gate = limiter()
        gate.hush(7.0)
        assert await many(gate, 3) == pytest.approx(8.0)

    live(run())


def test_those_who_come_back_from_quiet_do_not_come_as_one() -> None:
    async def run() -> None:
        early = Limiter(clock=now, chance=lambda: 0.0)
        late = Limiter(clock=now, chance=lambda: 1.0)
        early.hush(0.5)
        late.hush(0.5)
        assert await many(early, 1, call, 0.0) == pytest.approx(0.5)
        assert await many(late, 1, call, 0.0) == pytest.approx(0.5)

    live(run())


def test_calls_leave_in_the_order_they_came() -> None:
    async def run() -> None:
        gate = limiter(first=2)
        left: list[int] = []

        async def one(number: int) -> None:
            async with gate.slot(1):
                left.append(number)
                await asyncio.sleep(1 + number % 3)

        await asyncio.gather(*(one(number) for number in range(20)))
        assert left == sorted(left)

    live(run())


def test_a_scarce_quota_paces_and_a_plentiful_one_does_not() -> None:
    async def run() -> None:
        gate = limiter(first=8)
        gate.heed(Quota("requests", remaining=1000, reset=60, limit=2000))
        assert await many(gate, 8) == pytest.approx(1.0)
        gate.heed(Quota("requests", remaining=0, reset=10, limit=20))
        assert await many(gate, 8) == pytest.approx(7 * 0.5 + 1.0), "the first leaves at once, as it is long ago"
        gate.heed(Quota("requests", remaining=0, reset=10))
        assert await many(gate, 1) == pytest.approx(11.0)

    live(run())


def test_a_quota_of_tokens_paces_by_what_calls_take() -> None:
    async def run() -> None:
        gate = limiter(first=8)
        await many(gate, 1, call, 0.0, 500)
        gate.heed(Quota("tokens", remaining=0, reset=10, limit=1000))
        assert await many(gate, 3, call, 0.0, 500) == pytest.approx(3 * 5.0)

    live(run())


def test_a_provider_that_tells_its_rate_refuses_little_and_is_used_fully() -> None:
    """3 000 calls of a second at 20 a second: 150 s at best; unlimited retries are refused 15 000 times."""

    async def run() -> tuple[float, int]:
        gate = limiter(first=64)
        refused = 0
        level, at = 60.0, 0.0

        async def one(gate: Limiter) -> None:
            nonlocal level, at, refused
            while True:
                async with gate.slot(1) as slot:
                    level, at = min(60.0, level + (now() - at) * 20), now()
                    passed = level >= 1
                    level -= passed
                    quota = Quota("requests", int(level), (60 - level) / 20, 60)
                    await asyncio.sleep(1.0 if passed else 0.05)
                    gate.heed(quota)
                    if passed:
                        slot.answered(100)
                        return
                    slot.overloaded()
                    refused += 1

        return await many(gate, 3000, one), refused

    took, refused = live(run())
    assert took < 1.1 * 150
    assert refused < 30


def test_who_gives_up_waiting_leaves_its_place() -> None:
    async def run() -> None:
        gate = limiter(first=1)
        async with gate.slot(1):
            waiting = [asyncio.ensure_future(call(gate)) for _ in range(3)]
            await asyncio.sleep(1)
            waiting[0].cancel()
        await asyncio.gather(*waiting[1:])
        assert gate.in_flight == 0
        gate.hush(100)
        paced = asyncio.ensure_future(call(gate))
        behind = asyncio.ensure_future(call(gate))
        await asyncio.sleep(1)
        paced.cancel()
        await behind
        assert gate.in_flight == 0

    live(run())


def test_who_is_called_and_cancelled_at_once_leaves_its_place() -> None:
    async def run() -> None:
        gate = limiter(first=1)
        async with gate.slot(1):
            called = asyncio.ensure_future(call(gate))
            behind = asyncio.ensure_future(call(gate))
            await asyncio.sleep(1)
        called.cancel()  # its place is on the way to it
        await behind
        assert gate.in_flight == 0

    live(run())


def test_it_is_shared_by_loops_in_many_threads() -> None:
    gate = Limiter(most=2)
    most = 0
    lock = threading.Lock()
    inside = 0

    async def one() -> None:
        nonlocal inside, most
        async with gate.slot(1) as slot:
            with lock:
                inside += 1
                most = max(most, inside)
            await asyncio.sleep(0.001)
            with lock:
                inside -= 1
            slot.answered(1)

    async def several() -> None:
        await asyncio.gather(*(one() for _ in range(25)))

    threads = [threading.Thread(target=lambda: asyncio.run(several()), daemon=True) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert not any(thread.is_alive() for thread in threads)
    assert (most, gate.in_flight) == (2, 0)


def test_an_account_has_one_limiter() -> None:
    assert limiter_of("one.example 1") is limiter_of("one.example 1")
    assert limiter_of("one.example 1") is not limiter_of("one.example 2")
    assert limiter_of("one.example 3", 5).window == 5
    assert limiter_of("one.example 3").most == 5
