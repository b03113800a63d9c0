"""Whoever stops asking leaves nobody waiting for the answer."""

import asyncio

import pytest

from troupe_es import Scripted
from troupe_es.controller.driver import Driver, Place
from troupe_es.controller.portal import portal
from troupe_es.errors import ModelRefused, ModelUnreachable
from troupe_es.llm import Message, Request
from troupe_es.log import Log


@pytest.mark.parametrize("turns", range(4))
def test_a_call_that_is_cancelled_before_it_is_sent_can_be_made_by_the_next(turns: int) -> None:
    model = Scripted(lambda request, draw: "answered", name="m")
    request = Request(Message("user", "Hello?"), "m", "1/ana/turn/0/0")

    async def cancelled_and_asked_again() -> str:
        with Log.open(":memory:") as log:
            place = Place(log.create_simulation("a").id, 0, {})
            driver = Driver(log, lambda name: model)
            first = asyncio.create_task(driver.answer(request, place))
            for _ in range(turns):
                await asyncio.sleep(0)
            first.cancel()
            await asyncio.wait([first])
            response = await asyncio.wait_for(driver.answer(request, place), 20)
            return response.text

    assert portal().run(cancelled_and_asked_again()) == "answered"


@pytest.mark.parametrize(
    ("error", "tokens"), [(ModelRefused("a wrong key"), 0), (ModelUnreachable("no answer came"), 1000)]
)
def test_only_a_call_that_may_have_been_answered_counts_as_spent(error: Exception, tokens: int) -> None:
    def failing(request: Request, draw: int) -> str:
        raise error

    async def asked() -> int:
        with Log.open(":memory:") as log:
            budget = log.create_budget("run", tokens=100_000)
            place = Place(log.create_simulation("a").id, 0, {})
            driver = Driver(log, lambda name: Scripted(failing, name="m"), budget=budget)
            request = Request(Message("user", "Hello?"), "m", "1/ana/turn/0/0", max_tokens=1000)
            with pytest.raises(type(error)):
                await driver.answer(request, place)
            return log.spent(budget).tokens // 1000 * 1000

    assert portal().run(asked()) == tokens
