"""What is corrected before it happens: judged in one call, asked again with the reason, the best attempt taken."""

import json
from typing import Any, TypeAlias

import oracles
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from strategies import answers
from strategies.scripts import Cast, casts, dead, live_on, scripts, share

from troupe_es import Response, Scripted, Settings, Simulation, Store, commands
from troupe_es.agent.likeness import likeness
from troupe_es.errors import EveryTurnFailed
from troupe_es.events import Event
from troupe_es.llm import Request

Played: TypeAlias = tuple[Store, Simulation, list[Request]]


def said(words: str, target: str = "") -> str:
    return json.dumps({"actions": [{"type": "TALK", "content": words, "target": target}, {"type": "DONE"}]})


def judged(scores: dict[str, int], **more: Any) -> str:
    return json.dumps(
        {"scores": {check: {"score": n, "reason": f"«why {n}»"} for check, n in scores.items()}, **more}
    )


def play(*turns: str, verdicts: list[str], steps: int = 1, **settings: Any) -> Played:
    """One person says ``turns`` one after the other, and is judged by ``verdicts``."""
    lines, scores, asked = iter(turns), iter(verdicts), []

    def answer(request: Request, draw: int) -> str:
        asked.append(request)
        return next(scores if request.purpose == "judging" else lines)

    settings = {"checks": ["persona", "fluency"], "check_attempts": 3, **settings}
    store = Store(":memory:", Scripted(answer, "cast"))
    sim = store.begin("life", settings=Settings(model="cast", **settings))
    sim.add_world("Kitchen")
    sim.add_person({"name": "Ana Reyes", "beliefs": ["Tea is enough."]})
    sim.broadcast("Would you drink cold tea?")
    sim.run(steps)
    return store, sim, asked


def spoken(sim: Simulation) -> list[str]:
    return [e.body.content for e in oracles.of(list(sim.events()), "action-taken")]


def judgements(sim: Simulation) -> list[Event]:
    return oracles.of(list(sim.events()), "actions-judged")


def test_actions_that_pass_cost_one_judging_call_for_all_checks() -> None:
    with (made := play(said("Never."), verdicts=[judged({"persona": 9, "fluency": 5})]))[0] as store:
        _, sim, asked = made
        assert [request.purpose for request in asked] == ["turn", "judging"]
        [event] = judgements(sim)
        assert [(s.check, s.score, s.reason) for s in event.body.scores] == [
            ("persona", 9, "«why 9»"),
            ("fluency", 5, "«why 5»"),
        ]
        assert (event.body.passed, event.body.best) == (True, 1)
        assert spoken(sim) == ["Never."]
        assert store.verify("life").holds


def test_what_falls_short_is_asked_again_with_the_reason_and_the_best_attempt_happens() -> None:
    verdicts = [judged({"persona": n, "fluency": 9}) for n in (2, 4, 3)]
    store, sim, asked = play(said("One."), said("Two."), said("Three."), verdicts=verdicts)
    with store:
        assert [(e.body.attempt, e.body.passed, e.body.best) for e in judgements(sim)] == [
            (1, False, 1),
            (2, False, 2),
            (3, False, 2),
        ]
        assert spoken(sim) == ["Two."]
        assert "«why 2»" in asked[2].prompt.content
        assert "One." in asked[2].prompt.parent.content
        assert sim.state.people["ana-reyes"].turns == 1
        assert store.verify("life").holds


def test_nothing_is_asked_again_once_an_attempt_passes() -> None:
    verdicts = [judged({"persona": 4, "fluency": 9}), judged({"persona": 5, "fluency": 6})]
    store, sim, asked = play(said("One."), said("Two."), verdicts=verdicts)
    with store:
        assert [request.purpose for request in asked] == ["turn", "judging", "turn", "judging"]
        assert spoken(sim) == ["Two."]


def test_a_judge_who_writes_the_actions_anew_is_taken_at_their_word() -> None:
    better = [{"type": "THINK", "content": "Cold?", "target": ""}, {"type": "TALK", "content": "No.", "target": ""}]
    verdicts = [judged({"persona": 1, "fluency": 9}, instead=better)]
    store, sim, asked = play(said("One."), verdicts=verdicts, check_rewrite=True)
    with store:
        assert len(asked) == 2
        [event] = judgements(sim)
        assert (event.body.passed, event.body.rewritten, event.body.best) == (False, True, 1)
        assert spoken(sim) == ["Cold?", "No."]
        assert store.verify("life").holds


def test_what_a_judge_writes_anew_counts_only_where_the_actions_fall_short() -> None:
    verdicts = [judged({"persona": 8, "fluency": 9}, instead=[{"type": "TALK", "content": "No."}])]
    store, sim, _ = play(said("One."), verdicts=verdicts, check_rewrite=True)
    with store:
        assert spoken(sim) == ["One."]
        assert not judgements(sim)[0].body.rewritten


def test_a_judge_without_a_usable_answer_lets_the_turn_be_and_the_event_says_why() -> None:
    store, sim, asked = play(said("One."), verdicts=["what?", judged({"persona": 3}), "{}"])
    with store:
        assert len(asked) == 1 + 3
        [event] = judgements(sim)
        assert event.body.failed and event.body.scores == [] and not event.body.passed
        assert spoken(sim) == ["One."]
        assert store.verify("life").holds


def test_similarity_is_counted_and_asks_nobody() -> None:
    store, sim, asked = play(
        said("I like tea."), said("I LIKE tea!"), said("Rain."), verdicts=[], steps=2, checks=["similarity"]
    )
    with store:
        assert {request.purpose for request in asked} == {"turn"}
        assert [e.body.scores[0].score for e in judgements(sim)] == [9, 0, 9]
        assert spoken(sim) == ["I like tea.", "Rain."]


def test_judging_has_its_own_model_and_its_own_line_in_the_costs() -> None:
    judge = Scripted(lambda request, draw: judged({"persona": 9}), "judge")
    cast = Scripted(lambda request, draw: said("Never."), "cast")
    with Store(":memory:", cast, judge) as store:
        sim = store.begin("life", settings=Settings(model="cast", models={"judging": "judge"}, checks=["persona"]))
        sim.add_world("Kitchen")
        sim.add_person({"name": "Ana"})
        sim.run(2)
        assert [request.purpose for request in judge.calls] == ["judging"] * 2
        rows = list(store.log.db.query("SELECT purpose, sum(calls) AS n FROM costs GROUP BY purpose"))
        assert {row["purpose"]: row["n"] for row in rows} == {"turn": 2, "judging": 2}


@pytest.mark.parametrize("settings", [{}, {"checks": []}])
def test_nobody_is_judged_unless_it_is_asked_for(settings: dict[str, Any]) -> None:
    cast = Cast(misfits=0).model()
    with Store(":memory:", cast) as store:
        sim = store.begin("life", settings=Settings(model="cast", **settings))
        sim.add_world("Kitchen")
        sim.add_person({"name": "Ana"})
        sim.run(1)
        assert {request.purpose for request in cast.calls} == {"turn"}


@given(st.lists(answers.responses(), min_size=1, max_size=4), st.booleans(), st.integers(1, 3))
@example([Response('{"scores":{"persona":{"score":99,"reason":"x"}}}')], True, 2)
@example([Response('{"scores":{"persona":{"score":1,"reason":"\\ud800"}},"instead":[{"type":"FLY"}]}')], True, 2)
@example([Response('{"scores":{"persona":{"score":1,"reason":"x"}},"instead":' + "[" * 3000)], True, 1)
@share(2)
def test_whatever_a_judge_answers_the_turn_is_taken_and_verified(
    hostile: list[Response], rewrite: bool, attempts: int
) -> None:
    count = iter(range(10_000))

    def answer(request: Request, draw: int) -> Response | str:
        return hostile[next(count) % len(hostile)] if request.purpose == "judging" else said("«mine»")

    settings = Settings(
        model="cast", checks=["persona", "similarity"], check_attempts=attempts, check_rewrite=rewrite, attempts=2
    )
    with Store(":memory:", Scripted(answer, "cast")) as store:
        sim = store.begin("life", settings=settings)
        sim.add_world("Kitchen")
        sim.add_person({"name": "Ana"})
        sim.run(2)
        events = list(sim.events())
        assert len(oracles.of(events, "turn-ended")) == 2
        assert 2 <= len(oracles.of(events, "actions-judged")) <= 2 * attempts
        store.models = {"cast": dead()}
        report = store.verify("life")
        assert report.holds, report.divergences


@given(scripts(), casts, st.integers(0, 9), st.integers(1, 3), st.data())
@share(4)
def test_a_judged_life_is_cut_anywhere_and_goes_on_the_same(
    script, cast: Cast, least: int, attempts: int, data
) -> None:
    """Every fork, in the middle of a judgement too, lives its parent's life; and the best attempt is the best."""

    def answer(request: Request, draw: int) -> str:
        if request.purpose == "judging":
            return judged({"persona": len(request.hash.replace("a", "")) % 10})
        return cast(request, draw)

    checks: dict[str, Any] = {"checks": ["persona"], "check_threshold": least, "check_attempts": attempts}
    script = type(script)(script.settings.model_copy(update=checks), script.seed, script.commands)
    with Store(":memory:", Scripted(answer, "cast")) as store:
        sim = script.play(store)
        assert store.verify("life").holds
        rows = list(store.log.rows(sim.branch))
        fork = store.branch(f"life@{data.draw(st.integers(1, sim.seq))}", "fork")
        live_on(fork)
        own = list(store.log.rows(fork.branch))
        assert own == rows[: len(own)]
        for turn in _by_turn(list(sim.events())):
            lowest = [min((s.score for s in e.body.scores), default=9) for e in turn]
            assert turn[-1].body.best == lowest.index(max(lowest)) + 1


def _by_turn(events: list[Event]) -> list[list[Event]]:
    """The judgements of each turn: a new one begins with every first attempt."""
    turns: list[list[Event]] = []
    for event in oracles.of(events, "actions-judged"):
        turns.append([event]) if event.body.attempt == 1 else turns[-1].append(event)
    return turns


@given(st.text(), st.text())
def test_likeness_is_a_share_whichever_way_it_is_looked_at(one: str, other: str) -> None:
    assert 0 <= likeness(one, other) <= 1
    assert likeness(one, other) == likeness(other, one)
    assert likeness(one, one) == 1
    assert likeness(one, one.upper().lower()) <= 1


def test_the_improviser_judges() -> None:
    with Store(":memory:") as store:
        sim = store.begin("life", model="improviser", settings=Settings(checks=["persona", "suitability"]))
        sim.add_world("Kitchen")
        sim.add_person({"name": "Ana"})
        sim.command(commands.Run(3))
        found = [score for e in judgements(sim) for score in e.body.scores]
        assert {score.check for score in found} == {"persona", "suitability"}
        assert not [e for e in judgements(sim) if e.body.failed]


def test_a_run_whose_turns_all_failed_is_not_judged() -> None:
    with Store(":memory:", Scripted(lambda request, draw: "no", "cast")) as store:
        sim = store.begin("life", settings=Settings(model="cast", checks=["persona"]))
        sim.add_world("Kitchen")
        sim.add_person({"name": "Ana"})
        with pytest.raises(EveryTurnFailed):
            sim.run(1)
        assert judgements(sim) == []
