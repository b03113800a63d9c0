"""A fork in the middle of a check goes on with that check, as it was, and ends it, whatever the edit has changed."""

import json
from collections.abc import Iterator

import pytest
from strategies.scripts import Cast, live_on

from troupe_es import Response, Scripted, Settings, Simulation, Store, commands
from troupe_es.llm import Request


@pytest.fixture
def cut() -> Iterator[tuple[Store, Simulation, int]]:
    """A life in which the first answer of each check is of no use, and the event of that answer in the first one."""

    def answer(request: Request, draw: int) -> Response:
        if request.schema is None or request.schema.name != "judging":
            return Response(Cast(misfits=0)(request, draw))
        verdict = {"claim": 1, "reason": "so", "evidence": [], "score": 9, "holds": True}
        return Response("rubbish" if "/judging/0/" in request.address else json.dumps({"verdicts": [verdict]}))

    with Store(":memory:", Scripted(answer, "cast")) as store:
        sim = store.begin("life", settings=Settings(model="cast"), seed=3)
        sim.add_world("Kitchen")
        for name in ("Ana Reyes", "Bo Lind"):
            sim.add_person({"name": name})
        when = {"talked": {"least": 1, "by": ["Bo"]}, "claim": {"claim": "{{name}} likes tea."}}
        sim.intervene("tea", when, commands.Change("people.{{target}}.mood", "warm"), each="everyone")
        sim.run(4)
        at = next(e.seq for e in sim.events() if e.body.type == "model-answered" and "/judging/0/" in e.body.address)
        yield store, sim, at


def after(sim: Simulation, at: int) -> list[str]:
    return [event.body.type for event in sim.events(at + 1)]


def test_it_is_asked_again_as_it_was_even_where_something_new_has_reached_the_target(cut) -> None:
    store, sim, at = cut
    fork = live_on(store.branch(f"life@{at}", "fork", commands.Stimulate("Fire!", to=("ana-reyes",))))
    asked = [next(e for e in life.events(at + 1) if e.body.type == "model-answered") for life in (sim, fork)]
    assert asked[0].body == asked[1].body
    assert store.verify(fork.ref).holds


def test_it_ends_without_firing_where_the_cheap_conditions_hold_no_more(cut) -> None:
    store, _, at = cut
    fork = live_on(store.branch(f"life@{at}", "fork", commands.RemovePerson("bo-lind")))
    assert after(fork, at)[:3] == ["person-removed", "intervention-checked", "step-started"]
    assert store.verify(fork.ref).holds


@pytest.mark.parametrize("edit", [commands.CallOff("tea"), commands.RemovePerson("ana-reyes")])
def test_what_it_was_about_may_be_gone(cut, edit: commands.Command) -> None:
    store, _, at = cut
    fork = live_on(store.branch(f"life@{at}", "fork", edit))
    turns = [event for event in fork.events(at + 1) if event.body.type == "turn-ended"]
    assert turns
    [added] = [event.seq for event in fork.events() if event.body.type == "intervention-added"]
    for ended in turns:  # a turn that began after the cut is no part of what was cut
        assert ended.cause != added
        mine = [
            e for e in fork.events(at + 1) if (e.actor, e.step) == (ended.actor, ended.step) and e.seq <= ended.seq
        ]
        assert "model-answered" in [e.body.type for e in mine]
    assert fork.state.open_turn is None
    assert store.verify(fork.ref).holds


def test_between_two_effects_a_fork_goes_on_with_the_next(cut) -> None:
    store, sim, _ = cut
    fired = next(event.seq for event in sim.events() if event.body.type == "intervention-fired")
    fork = live_on(store.branch(f"life@{fired}", "fork", commands.RemovePerson("ana-reyes")))
    assert after(fork, fired)[:2] == ["person-removed", "effect-failed"]
    assert store.verify(fork.ref).holds
