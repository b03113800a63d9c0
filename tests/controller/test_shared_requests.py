"""Embeddings and calls of tools through the driver: shared or run once, paid as they cost, kept in the record."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any, TypeVar

import pytest

from troupe_es import Improviser, Scripted
from troupe_es.controller.driver import Driver, Place, most_answer, most_tokens
from troupe_es.controller.portal import portal
from troupe_es.controller.rehearsal import Rehearsal
from troupe_es.errors import BudgetExceeded, MissingAnswer, UsageError
from troupe_es.events import Draft, types
from troupe_es.llm import All, Message, Model, Request, Response, images, tokens, toolcalls, vectors
from troupe_es.log import Budget, Log

T = TypeVar("T")
EMBED = vectors.embedding("I bake bread.", "improviser")
CALL = toolcalls.call("bell", {"times": 2}, "1/ana/tool.bell/0/0")


class Bell:
    """A tool that counts how often it acted, and with which keys."""

    name = "tool:bell"

    def __init__(self, idempotent: bool = False) -> None:
        self.idempotent = idempotent
        self.keys: list[str] = []

    async def complete(self, request: Request, draw: int) -> Response:
        self.keys.append(toolcalls.key(request, draw))
        return toolcalls.answer("ok", f"rang {toolcalls.arguments(request)['times']} times")


def run(work: Callable[[Log], Coroutine[Any, Any, T]]) -> T:
    with Log.open(":memory:") as log:
        return portal().run(work(log))


def models(*every: Model) -> Callable[[str], Model]:
    def model(name: str) -> Model:
        for each in every:
            if each.name == name:
                return each
        raise UsageError(f"no model {name!r}")

    return model


def place(log: Log, draw: int = 0) -> Place:
    known = log.simulations()
    branch = log.branches("a")[0] if known else log.create_simulation("a")
    return Place(branch.id, draw, {})


def test_a_text_is_embedded_once_for_all_branches_draws_and_people() -> None:
    model = Scripted(lambda request, draw: [1.0, 2.0], name="improviser")

    async def work(log: Log) -> list[Response]:
        here = place(log)
        fork = log.fork(log.branches("a")[0], 0, "b")
        driver = Driver(log, models(model))
        places = [here, replace(here, draw=3), Place(fork.id, 7, {})]
        together = await asyncio.gather(*(driver.answer(EMBED, each) for each in places))
        later = await Driver(log, models()).answer(EMBED, replace(here, draw=9))
        return [*together, later]

    told = run(work)
    assert (len(model.calls), set(model.draws)) == (1, {0})
    assert {response.hash for response in told} == {told[0].hash}


def test_a_recorded_embedding_needs_no_model() -> None:
    async def work(log: Log) -> tuple[str, str]:
        here = place(log)
        live = await Driver(log, models(Improviser())).answer(EMBED, here)
        again = await Driver(log, models(), record="none").answer(EMBED, replace(here, draw=1))
        other = vectors.embedding("another text", "improviser")
        with pytest.raises(MissingAnswer, match="nothing is recorded for an embedding"):
            await Driver(log, models(), record="none").answer(other, here)
        return live.text, again.text

    live, again = run(work)
    assert live == again


def test_an_act_that_embeds_several_texts_finds_each_vector_again() -> None:
    texts = [vectors.embedding(text, "improviser") for text in ("one", "two", "one")]

    def act():
        return (yield All(texts))

    async def work(log: Log) -> None:
        here = place(log)
        first = await Driver(log, models(Improviser())).drive(act(), here)
        taken = {request.key: (request.hash, told.hash) for request, told in zip(texts, first, strict=True)}
        assert len(taken) == 2
        again = await Driver(log, models()).drive(act(), replace(here, answers=taken))
        assert [told.text for told in again] == [told.text for told in first]
        assert first[0].text == first[2].text != first[1].text

    run(work)


def budget(log: Log, **limits: int) -> Budget:
    return log.create_budget("b", **limits)


def test_a_budget_of_tokens_counts_an_embeddings_prompt_alone() -> None:
    async def work(log: Log) -> None:
        here = place(log)
        limit = budget(log, tokens=most_tokens(EMBED))
        driver = Driver(log, models(Improviser()), budget=limit)
        await driver.answer(EMBED, here)
        assert log.spent(limit).tokens == tokens.of_text("I bake bread.")
        with pytest.raises(BudgetExceeded):
            await driver.answer(vectors.embedding("I bake bread. " * 5, "improviser"), here)

    run(work)
    assert most_answer(EMBED) == 0


def test_money_for_an_embedding_is_what_its_prompt_costs() -> None:
    name = "text-embedding-3-large"
    request = vectors.embedding("x" * 4000, name)
    model = Scripted(lambda request, draw: [1.0], name=name)

    async def work(log: Log) -> int:
        limit = budget(log, money=10_000)
        await Driver(log, models(model), budget=limit).answer(request, place(log))
        return log.spent(limit).money

    assert run(work) == 130, "a thousand tokens at 0.13 a million"


def test_an_image_counts_at_its_maximum() -> None:
    words = Message("user", "Look.")
    seen = images.message("0" * 64, "image/png", words)
    few, many = (Request(prompt, "gpt-4o", "1/ana/turn/0/0", 100) for prompt in (words, seen))
    assert most_tokens(many) - most_tokens(few) > 1445, "what the largest image costs in tiles"
    assert most_tokens(replace(many, model="gpt-4o-mini")) > 48_000, "what it costs there"


def test_the_costs_of_a_life_count_a_shared_answer_as_paid_where_it_was_asked_first() -> None:
    def answered(request: Request, response: Response) -> Draft:
        told = types.ModelAnswered(
            address=request.address, model=request.model, request=request.hash, answer=response.hash
        )
        return Draft(told, "ana", 1, "2026-01-05T09:00:00")

    async def work(log: Log) -> None:
        here = place(log)
        driver, main = Driver(log, models(Improviser())), log.branches("a")[0]
        fork = log.fork(main, 0, "b", draw=4)
        told = await driver.answer(EMBED, Place(fork.id, 4, {}))
        await driver.answer(EMBED, here)
        new = types.Embedded(seq=1, request=EMBED.hash, answer=told.hash)
        embedded = Draft(types.MemoriesEmbedded(model=EMBED.model, of=[new, new]), "ana", 1, "2026-01-05T09:00:00")
        log.append(fork, [answered(EMBED, told), embedded], 0, log.acquire(fork))
        log.append(main, [answered(EMBED, told)], 0, log.acquire(main))
        columns = "branch, person, purpose, model, calls, paid, prompt_tokens, paid_tokens"
        rows = log.db.execute(f"SELECT {columns} FROM costs ORDER BY branch").fetchall()
        one = tokens.of_text("I bake bread.")
        assert rows == [
            ("b", "-", "embedding", "improviser", 3, 1, 3 * one, one),
            ("main", "-", "embedding", "improviser", 1, 0, one, None),
        ]

    run(work)


# tools


def test_a_tool_is_called_once_whoever_asks_again() -> None:
    bell = Bell()

    async def work(log: Log) -> list[toolcalls.Outcome]:
        here = place(log)
        first = await Driver(log, models(bell)).answer(CALL, here)
        again = await Driver(log, models(bell)).answer(CALL, here)
        without = await Driver(log, models()).answer(CALL, here)
        replayed = await Driver(log, models(), record="none").answer(CALL, here)
        return [toolcalls.outcome(told) for told in (first, again, without, replayed)]

    assert run(work) == [("ok", "rang 2 times")] * 4
    assert len(bell.keys) == 1


def test_another_draw_calls_it_again() -> None:
    bell = Bell()

    async def work(log: Log) -> None:
        driver, here = Driver(log, models(bell)), place(log)
        await driver.answer(CALL, here)
        await driver.answer(CALL, replace(here, draw=1))

    run(work)
    assert len(set(bell.keys)) == 2


def test_a_tool_costs_nothing_and_counts_in_no_budget() -> None:
    async def work(log: Log) -> None:
        here = place(log)
        limit = budget(log, calls=1, tokens=10_000, money=1)
        driver = Driver(log, models(Bell(), Improviser()), budget=limit)
        await driver.answer(CALL, here)
        assert log.spent(limit) == (0, 0, 0)
        assert driver.paid == 0
        await driver.answer(Request(Message("user", "Hello?"), "improviser", "1/ana/turn/0/0", 100), here)
        assert log.spent(limit).calls == 1

    run(work)


@pytest.mark.parametrize("idempotent", [False, True])
def test_a_call_that_was_cut_off_after_it_was_sent_is_not_made_again_unless_that_is_safe(idempotent: bool) -> None:
    class Hangs(Bell):
        async def complete(self, request: Request, draw: int) -> Response:
            await super().complete(request, draw)
            reached.set()
            await asyncio.Event().wait()
            raise AssertionError

    reached = asyncio.Event()
    hangs, bell = Hangs(idempotent), Bell(idempotent)

    async def work(log: Log) -> toolcalls.Outcome:
        here = place(log)
        first = asyncio.create_task(Driver(log, models(hangs)).answer(CALL, here))
        await reached.wait()
        first.cancel()
        await asyncio.wait([first])
        told = await Driver(log, models(bell)).answer(CALL, here)
        assert [note.kind for note in log.journal()] == ["resend" if idempotent else "lost"]
        assert (await Driver(log, models()).answer(CALL, here)).hash == told.hash, "recorded like any answer"
        return toolcalls.outcome(told)

    kind, value = run(work)
    if idempotent:
        assert kind == "ok" and bell.keys == hangs.keys, "with the same key"
    else:
        assert kind == "unknown" and "not made again" in value and not bell.keys


def test_a_tool_that_is_not_at_hand_is_an_error_and_the_call_is_made_when_it_is() -> None:
    bell = Bell()

    async def work(log: Log) -> Response:
        here = place(log)
        with pytest.raises(UsageError, match="tool:bell"):
            await Driver(log, models()).answer(CALL, here)
        return await Driver(log, models(bell)).answer(CALL, here)

    assert toolcalls.outcome(run(work)).kind == "ok"


def test_a_call_that_waits_for_its_turn_was_not_sent() -> None:
    """Cancelled before a slot was free, it may be made by the next."""
    bell = Bell()

    async def work(log: Log) -> Response:
        here = place(log)
        driver = Driver(log, models(bell), concurrency=1)
        async with driver.slots:
            waiting = asyncio.create_task(driver.answer(CALL, here))
            while not driver.flying:
                await asyncio.sleep(0)
            waiting.cancel()
            await asyncio.wait([waiting])
        return await driver.answer(CALL, here)

    assert toolcalls.outcome(run(work)).kind == "ok"


@pytest.mark.parametrize("text", ["", "words", "[]", '{"ok":1,"error":2}', '{"fine":1}', "null", "[" * 10_000])
def test_an_answer_that_is_no_tools_is_an_error(text: str) -> None:
    assert toolcalls.outcome(Response(text)).kind == "error"


def test_a_tools_call_has_an_address() -> None:
    with pytest.raises(ValueError, match="needs an address"):
        toolcalls.call("bell", {}, "")


# estimates


def test_a_rehearsal_counts_a_shared_request_once_and_calls_no_tool() -> None:
    asked: list[Request] = []

    def answer(request: Request) -> Response:
        asked.append(request)
        return Response("{}", completion_tokens=1)

    rehearsal = Rehearsal(answer)
    chat = Request(Message("user", "Hello?"), "m", "0/ana/turn/0/0")
    vector, again, told, _ = rehearsal._answered(All([EMBED, EMBED, CALL, chat]))
    assert list(vectors.vector(vector)) == list(vectors.vector(again))
    assert toolcalls.outcome(told).kind == "unknown"
    assert [(call.person, call.purpose, call.completion) for call in rehearsal.calls] == [
        ("-", "embedding", 0),
        ("ana", "turn", 1),
    ]
    assert asked == [chat]
