"""Budgets in money: never more is spent, whatever runs together; what was stopped goes on with a bigger one."""

import asyncio
import json
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troupe_es import Response, Scripted, Settings, Store, commands
from troupe_es.controller.driver import Driver, Place, most_tokens
from troupe_es.errors import BudgetExceeded, UsageError
from troupe_es.llm import Message, Request
from troupe_es.llm.prices import MICRO, Prices
from troupe_es.scenario import Budget

PRICES = {"currency": "EUR", "models": {"dear": {"input": 2, "cached": "0.3", "output": 9.5, "date": "2026-01-01"}}}
SETTINGS = Settings(max_tokens=64)


def begun(store: Store, model: str = "dear", people: int = 4, **how: object):
    sim = store.begin("life", model=model, settings=SETTINGS, **how)
    sim.add_world("Kitchen")
    for number in range(people):
        sim.add_person({"name": f"Ana {number}"})
    sim.broadcast("Tea?")
    return sim


def answers(seed: int, counted: float = 1.0) -> Scripted:
    """A model that takes anything up to the most it may; some answers are no use, some do not say what they took."""

    def answer(request: Request, draw: int) -> Response:
        dice = Random(f"{seed} {request.address}")
        prompt = dice.randrange(most_tokens(request) - request.max_tokens + 1)
        text = json.dumps({"actions": [{"type": "TALK", "content": "Tea."}]}) if dice.random() < 0.8 else "rubbish"
        told = dice.random() < counted
        used = (prompt, dice.randrange(request.max_tokens + 1), dice.randrange(prompt + 1)) if told else (None,) * 3
        return Response(text, "stop", None, "dear", *used)

    async def later(dice: Random) -> None:
        for _ in range(dice.randrange(4)):
            await asyncio.sleep(0)

    return Scripted(answer, "dear", delay=lambda request, draw: later(Random(f"{seed} when {request.address}")))


def cost(store: Store) -> int:
    """What all answers took, and the most for those that do not say, by the price list."""
    price = Prices(PRICES).required("dear")
    rows = store.log.db.execute("SELECT usage, reserved_money FROM answers JOIN calls ON calls.answer = answers.id")
    total = 0
    for usage, reserved in rows.fetchall():
        used = json.loads(usage) if usage else {}
        told = used.get("prompt_tokens") is not None
        total += (
            price.of(*(used[n] for n in ("prompt_tokens", "completion_tokens", "cached_tokens")))
            if told
            else reserved
        )
    return total


@given(
    st.integers(0, 10**6),
    st.integers(2_000, 200_000),
    st.sampled_from(["parallel", "sequential"]),
    st.sampled_from([0.0, 0.7, 1.0]),
)
def test_never_more_is_spent_than_the_budget_and_what_is_stopped_goes_on(seed, micros, order, counted) -> None:
    limit = Decimal(micros) / MICRO
    with Store(":memory:", answers(seed, counted), prices=PRICES) as store:
        sim = begun(store, budget=Budget(money=limit))
        sim.set("settings.order", order)
        try:
            sim.run(3)
            stopped = False
        except BudgetExceeded as error:
            assert error.exit_code == 3
            stopped = True
        assert cost(store) <= micros
        open_ = store.log.db.execute("SELECT count(*) FROM calls WHERE answer IS NULL").fetchone()[0]
        assert open_ == 0
        if stopped:
            before = sim.head
            calls = len(store.models["dear"].calls)
            again = store.open("life", budget=Budget(money=Decimal(100)))
            assert again.head == before
            again.resume()
            assert again.state.running is None
            assert len(store.models["dear"].calls) == store.log.db.table("answers").count > calls


def test_a_budget_that_reaches_for_one_after_another_is_enough_for_all_together() -> None:
    """What calls in flight have set aside comes back; nobody stops for want of it."""

    def cheap(request: Request, draw: int) -> Response:
        return Response('{"actions":[{"type":"DONE"}]}', "stop", None, "dear", 10, 2)

    with Store(":memory:", Scripted(cheap, "dear"), prices=PRICES) as store:
        begun(store, people=30, budget=Budget(money=Decimal("0.02"))).run(
            1
        )  # the most a call may take is about 0.009
        assert cost(store) == 30 * (20 + 19)


@pytest.mark.parametrize("way", ["begin", "open", "change"])
def test_money_without_a_price_is_refused_before_anything_is_asked(way: str) -> None:
    def nobody(request: Request, draw: int) -> Response:
        raise AssertionError("asked")

    money = Budget(money=Decimal(5))
    with Store(":memory:", Scripted(nobody, "dear"), Scripted(nobody, "unheard-of"), prices=PRICES) as store:
        with pytest.raises(UsageError, match="price"):
            if way == "begin":
                begun(store, "unheard-of", budget=money)
            elif way == "open":
                begun(store, "unheard-of")
                store.open("life", budget=money)
            else:
                sim = begun(store, budget=money)
                sim.set("settings.model", "unheard-of")
                sim.run(1)
        assert store.log.db.table("calls").count == 0
        assert len(store.log.simulations()) == (way != "begin")


def test_what_is_recorded_needs_no_price_and_no_money() -> None:
    done = Scripted(lambda request, draw: '{"actions":[{"type":"DONE"}]}', "unheard-of")
    with Store(":memory:", done, prices=PRICES) as store:
        for budget in (None, Budget(money=Decimal("0.000001"))):
            begun(store, "unheard-of", budget=budget).run(1)
        assert len(done.calls) == 4


def test_what_costs_nothing_is_never_stopped_by_money() -> None:
    done = Scripted(lambda request, draw: '{"actions":[{"type":"DONE"}]}', "scripted:free")
    with Store(":memory:", done) as store:
        begun(store, "scripted:free", budget=Budget(money=Decimal("0.000001"))).run(2)


def test_an_answer_without_a_limit_is_refused_before_it_is_asked_for() -> None:
    with Store(":memory:", answers(1), prices=PRICES) as store:
        branch = begun(store).branch
        limit = store.budget("test", Budget(money=Decimal(100)))
        driver = Driver(store.log, store.model, budget=limit, prices=store.prices)
        request = Request(Message("user", "Tea?"), "dear", "1/ana/turn/0/0", max_tokens=0)
        with pytest.raises(UsageError, match="no limit to its answer"):
            asyncio.run(driver.answer(request, Place(branch.id, branch.draw, {})))
        assert store.log.db.table("calls").count == 0


def test_lives_that_share_a_budget_stay_within_it_together() -> None:
    with Store(":memory:", answers(5), prices=PRICES) as store:
        begun(store).run(1)
        shared = store.budget("both", Budget(money=Decimal("0.1")))
        assert shared is not None
        lived = 0
        with pytest.raises(BudgetExceeded):
            for name in (f"branch-{number}" for number in range(99)):
                sim = store.branch("life@step:1", name, commands.Stimulate(name), budget=shared)
                sim.resume()
                sim.run(1)
                lived += 1
        assert lived > 1
        assert 50_000 < store.log.spent(shared).money <= 100_000
