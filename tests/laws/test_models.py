"""Laws of asking: once, in any order, within the budget, and never sunk by one person's bad answers."""

import asyncio
from random import Random

import oracles
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from strategies import answers
from strategies.scripts import NAMES, Cast, Script, casts, dead, live_on, scripts, share, trio

from troupe_es import Response, Scripted, Settings, Store
from troupe_es.errors import BudgetExceeded, EveryTurnFailed, ModelUnreachable
from troupe_es.llm import Request
from troupe_es.scenario import Budget


class Late:
    """Lets answers arrive in an order of its own: each waits for as many turns of the loop as is drawn for it."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.arrived: list[str] = []

    def __call__(self, request: Request, draw: int):
        return self.wait(request)

    async def wait(self, request: Request) -> None:
        for _ in range(Random(f"{self.seed}|{request.address}").randrange(40)):
            await asyncio.sleep(0)
        self.arrived.append(request.address)


@given(scripts(), casts, st.integers(0, 99), st.integers(0, 99), st.sampled_from([1, 2, 16]))
@share(2)
def test_the_outcome_does_not_depend_on_which_answer_comes_first(
    script: Script, cast: Cast, one: int, other: int, concurrency: int
) -> None:
    first, second = (Scripted(cast, "cast", delay=Late(seed)) for seed in (one, other))
    with Store(":memory:", first) as store, Store(":memory:", second, concurrency=concurrency) as again:
        sim = script.play(store)
        assert script.play(again).head == sim.head
        assert again.verify("life").holds


def test_answers_did_come_in_another_order() -> None:
    """What the law above rests on: the same run, the same head, and the answers arrived differently."""
    late = [Late(seed) for seed in (1, 2, 3)]
    heads = set()
    for order in late:
        with Store(":memory:", Scripted(Cast(misfits=0), "cast", delay=order)) as store:
            heads.add(trio().play(store).head)
    assert len(heads) == 1
    assert len({tuple(order.arrived) for order in late}) > 1


@given(scripts(), casts, st.data())
@share(3)
def test_the_model_is_asked_at_most_once_per_request_draw_and_address(script: Script, cast: Cast, data) -> None:
    model = cast.model()
    with Store(":memory:", model) as store:
        sim = script.play(store)
        for number in range(4):
            at = data.draw(st.integers(1, sim.seq))
            draw = data.draw(st.sampled_from([None, 0, 1]))
            live_on(store.branch(f"life@{at}", f"fork-{number}", draw=draw))
            people = list(store.at(f"life@{at}").people)
            if people:
                store.ask(f"life@{at}", data.draw(st.sampled_from(people)), "Why?", again=data.draw(st.booleans()))
        keys = [(r.hash, draw, r.address) for r, draw in zip(model.calls, model.draws, strict=True)]
        assert len(keys) == len(set(keys))


def test_the_same_request_at_another_place_is_asked_there_too() -> None:
    """When a turn failed and no time went by, the next one asks the very same; it is another call all the same."""
    given_ = iter(["rubbish", FINE])
    model = Scripted(lambda request, draw: next(given_), "cast")
    with Store(":memory:", model) as store:
        sim = store.begin("life", settings=Settings(model="cast", attempts=1))
        sim.add_world("Kitchen")
        sim.add_person({"name": "Ana"})
        sim.run(2, seconds=0)
        assert [call.address for call in model.calls] == ["1/ana/turn/0/0", "2/ana/turn/0/0"]
        assert len({call.hash for call in model.calls}) == 1
        assert sim.state.people["ana"].turns == 1
        assert store.verify("life").holds


@given(scripts(), casts, st.integers(1, 12))
@share(2)
def test_a_run_never_makes_more_calls_than_its_budget_and_resumes_to_the_same_head(
    script: Script, cast: Cast, most: int
) -> None:
    with Store(":memory:", cast.model()) as store:
        head = script.play(store).head
        needed = len(cast.asked)
    cast.asked.clear()
    model = cast.model()
    with Store(":memory:", model) as store:
        stopped = False
        try:
            script.play(store, budget=Budget(calls=most))
        except BudgetExceeded:
            stopped = True
        assert stopped == (needed > most)
        assert len(model.calls) == min(most, needed)
        assert store.verify("life").holds
        assert script.play(store).head == head
        assert len(model.calls) == needed


@given(casts, st.integers(1, 30_000), st.sampled_from(["parallel", "sequential"]))
@share(2)
def test_a_run_never_spends_more_tokens_than_its_budget(cast: Cast, most: int, order: str) -> None:
    script = trio(order, 3, max_tokens=100)
    with Store(":memory:", cast.model()) as store:
        head = script.play(store).head
    with Store(":memory:", cast.model()) as store:
        try:
            script.play(store, budget=Budget(tokens=most))
        except BudgetExceeded:
            pass
        else:
            assert store.open("life").head == head
        [(spent,)] = store.log.db.execute(
            "SELECT coalesce(sum(json_extract(usage, '$.prompt_tokens') + "
            "json_extract(usage, '$.completion_tokens')), 0) FROM answers"
        ).fetchall()
        assert spent <= most
        assert script.play(store).head == head


@given(casts, st.integers(1, 20), st.sampled_from(["parallel", "sequential"]))
@share(2)
def test_a_provider_that_fails_stops_the_run_and_what_it_answered_is_kept(cast: Cast, fails: int, order: str) -> None:
    script = trio(order, 3)
    with Store(":memory:", cast.model()) as store:
        head, needed = script.play(store).head, len(cast.asked)
    cast.asked.clear()

    def answer(request: Request, draw: int):
        if len(model.calls) == fails:
            return ModelUnreachable("gone")
        return cast(request, draw)

    model = Scripted(answer, "cast")
    with Store(":memory:", model) as store:
        if fails <= needed:
            with pytest.raises(ModelUnreachable):
                script.play(store)
        assert store.verify("life").holds if fails <= needed else True
        assert script.play(store).head == head
        assert max(cast.asked.values(), default=1) == 1


BAD = "bo-lind"
FINE = '{"actions":[{"type":"TALK","content":"All well."},{"type":"DONE"}]}'


@given(
    st.lists(answers.responses(), min_size=1, max_size=6),
    st.sampled_from(["parallel", "sequential"]),
    st.integers(1, 3),
)
@example([Response('{"actions": [')], "parallel", 1)
@example([Response('{"actions": ' + "[" * 5000)], "sequential", 2)
@example([Response('{"actions": 1}'), Response("", "refusal", "no")], "parallel", 3)
@share(1)
def test_one_persons_bad_answers_never_sink_a_step(bad: list[Response], order: str, attempts: int) -> None:
    def answer(request: Request, draw: int) -> Response | str:
        return bad[len(asked.append(request) or asked) % len(bad)] if request.person == BAD else FINE

    asked: list[Request] = []
    with Store(":memory:", Scripted(answer, "cast")) as store:
        sim = trio(order, 2, attempts=attempts).play(store)
        events = list(sim.events())
        [ended] = oracles.of(events, "run-ended")
        assert ended.body.turns == 6
        others = [e for e in oracles.of(events, "turn-ended") if e.actor != BAD]
        assert len(others) == 4
        turns = [e for e in oracles.of(events, "turn-ended", "turn-failed") if e.actor == BAD]
        assert len(turns) == 2
        assert len(asked) <= 2 * attempts
        assert ended.body.failed == len(oracles.of(events, "turn-failed"))
        store.models = {"cast": dead()}
        report = store.verify("life")
        assert report.holds, report.divergences


@given(st.lists(answers.responses(), min_size=1, max_size=6))
@share(2)
def test_an_interview_is_answered_or_says_why_not(bad: list[Response]) -> None:
    count = iter(range(100))
    with Store(":memory:", Cast(misfits=0).model()) as store:
        trio(steps=1).play(store)
        store.models = {"cast": Scripted(lambda request, draw: bad[next(count) % len(bad)], "cast")}
        reply = store.ask("life", "Bo", "Well?")
        assert bool(reply.answer) == (reply.failed is None)
        assert store.verify(reply.ref).holds


@given(st.lists(answers.unusable(), min_size=1, max_size=3), st.integers(1, 3))
@share(3)
def test_a_run_in_which_every_turn_failed_says_so(bad: list[Response], attempts: int) -> None:
    count = iter(range(10_000))
    script = Script(Settings(model="cast", attempts=attempts), 0, trio(steps=1).commands)
    with Store(":memory:", Scripted(lambda request, draw: bad[next(count) % len(bad)], "cast")) as store:
        sim = store.begin("life", settings=script.settings)
        for command in script.commands[:-1]:
            sim.command(command)
        raised = False
        try:
            sim.run(1)
        except EveryTurnFailed:
            raised = True
        failed = len(oracles.of(list(sim.events()), "turn-failed"))
        assert raised == (failed == len(NAMES[:3]))
        assert sim.state.running is None
        assert store.verify("life").holds
