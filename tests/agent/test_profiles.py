"""Small models are asked in their own way, behind the same actions; which way is decided by what the log holds."""

import json
from typing import Any

import jsonschema
import pytest

from troupe_es import Improviser, Response, Scripted, Settings, Store
from troupe_es.agent import profiles
from troupe_es.agent.answers import Misfit
from troupe_es.agent.small import answers
from troupe_es.errors import ModelUnreachable, UsageError
from troupe_es.llm import Request

SMALL = "local:tiny@0123456789ab"
PEOPLE = [
    {"name": "Ana Reyes", "beliefs": ["You can wait for bread.", "Money talks."]},
    {"name": "Bo Lind", "beliefs": ["Water finds you.", "Nobody asks twice."]},
    {"name": "Cy Young", "preferences": {"likes": ["Tea"]}},
]
REASONS = ["Money talks.", "Nobody asks twice."]


def said(**changed: Any) -> str:
    given = {"about": "bread", "because": REASONS[0], "stance": "is for it", "say": "I would have it."}
    return json.dumps({**given, **changed})


def fitting(request: Request, draw: int) -> str:
    """Answer like a small model that is held to the schema: always the last choice there is."""
    assert request.schema is not None
    fields = request.schema.body["properties"]
    number = len(request.prompt.chain())
    last = {name: field["enum"][-1] for name, field in fields.items() if "enum" in field}
    words = {name: f"Thing {number}." for name, field in fields.items() if "enum" not in field}
    return json.dumps({**last, **words})


def group(store: Store, **settings: Any):
    sim = store.begin("group", settings=Settings(model=SMALL, **settings))
    sim.add_world("Room")
    for persona in PEOPLE:
        sim.add_person(persona)
    sim.broadcast("Would you buy a herbal soda?", speaker="Moderator")
    return sim


@pytest.mark.parametrize(
    ("choice", "model", "used"),
    [
        ("auto", SMALL, "small"),
        ("auto", "openai:gpt-x", "full"),
        ("auto", "localhost-model", "full"),
        ("full", SMALL, "full"),
        ("small", "improviser", "small"),
    ],
)
def test_the_profile_is_a_function_of_settings_and_name(choice: str, model: str, used: str) -> None:
    assert profiles.profile(Settings.model_validate({"profile": choice}), model) == used


@pytest.mark.parametrize("order", ["parallel", "sequential"])
def test_a_life_in_the_small_profile_forks_and_verifies(order: str) -> None:
    with Store(":memory:", Scripted(fitting, SMALL)) as store:
        sim = group(store, order=order)
        sim.run(3)
        assert [event for event in sim.events() if event.body.type == "turn-failed"] == []
        kinds = [event.body.kind for event in sim.events() if event.body.type == "action-taken"]
        assert kinds == ["THINK", "TALK"] * 9
        for at in range(8, sim.seq + 1, 3):
            fork = store.branch(f"group@{at}", f"at-{at}")
            fork.resume()
            assert fork.head == store.log.event(sim.branch, fork.seq).hash.hex()
            reply = store.ask(f"group@{at}", "Bo", "Why?")
            assert reply.answer
            assert store.verify(reply.ref).holds
        store.models = {}
        assert store.verify("group").holds


def test_a_person_does_not_give_the_same_reason_again() -> None:
    with Store(":memory:", Scripted(fitting, SMALL)) as store:
        sim = group(store)
        sim.run(2)
        thoughts = [
            event.body.content
            for event in sim.events()
            if event.body.type == "action-taken" and event.actor == "ana-reyes" and event.body.kind == "THINK"
        ]
        assert len(set(thoughts)) == 2


def test_others_are_shown_by_where_they_stand_and_a_question_by_its_words() -> None:
    def answer(request: Request, draw: int) -> str:
        words = "What would it cost?" if request.person == "bo-lind" else "I keep to tea."
        return json.dumps({**json.loads(fitting(request, draw)), "say": words})

    with Store(":memory:", Scripted(answer, SMALL)) as store:
        sim = group(store)
        sim.run(1)
        state = sim.state
        shown = profiles.turn(state, state.people["cy-young"], SMALL).prompt.content
        assert 'Bo Lind: "What would it cost?"' in shown
        assert "Ana Reyes is reminded of something." in shown
        assert "tea" not in shown


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("Sure!", "no JSON object"),
        (said(stance="shrugs"), "'stance' must be one of"),
        (said(because="I read it."), "'because' must be one of"),
        (said(say=" "), "'say' must be a sentence"),
        (said(about=3), "'about' must be"),
    ],
)
def test_what_does_not_fit_has_a_reason(answer: str, reason: str) -> None:
    with pytest.raises(Misfit, match=reason):
        answers.read_turn(Response(answer), REASONS, answers.POSITIONS)
    with pytest.raises(Misfit, match="cut off"):
        answers.read_turn(Response(said(), finish="length"), REASONS, answers.POSITIONS)


def test_an_answer_is_remembered_as_it_was_given() -> None:
    intents, mind = answers.read_turn(Response(said()), REASONS, answers.POSITIONS)
    told = answers.told(mind, intents[-1].content)
    jsonschema.validate(json.loads(told), answers.turn(REASONS, answers.POSITIONS).body)
    assert json.loads(told) == json.loads(said())


def test_a_persons_model_counts_before_a_purposes_and_that_before_all() -> None:
    settings = Settings(model="a", models={"ask": "b", "person:bo-lind": "c"})
    assert [settings.model_for("ana-reyes", purpose) for purpose in ("turn", "ask")] == ["a", "b"]
    assert [settings.model_for("bo-lind", purpose) for purpose in ("turn", "ask")] == ["c", "c"]
    for wrong in ({"everybody": "a"}, {"turn": " "}):
        with pytest.raises(ValueError, match="is no choice"):
            Settings(models=wrong)


def test_different_models_answer_for_different_people_and_purposes() -> None:
    with Store(":memory:", Scripted(fitting, SMALL), Improviser()) as store:
        sim = group(store, models={"person:bo-lind": "improviser"})
        sim.run(1)
        who = {event.actor: event.body.model for event in sim.events() if event.body.type == "model-answered"}
        assert who == {"ana-reyes": SMALL, "bo-lind": "improviser", "cy-young": SMALL}
        sim.set("settings.models.person:Cy Young", "improviser")
        sim.set("settings.models.ask", "improviser")
        sim.set("settings.models.person:bo-lind", None)
        assert sim.state.settings.models == {"person:cy-young": "improviser", "ask": "improviser"}
        sim.run(1)
        asked = {event.actor: event.body.model for event in sim.events() if event.body.type == "model-answered"}
        assert asked == {"ana-reyes": SMALL, "bo-lind": SMALL, "cy-young": "improviser"}
        assert store.ask(sim.ref, "Ana", "Why?").answer
        reply = store.ask(sim.ref, "Cy", "Why?", model=SMALL)
        assert store.at(reply.ref).settings.model_for("cy-young", "ask") == SMALL
        assert store.verify("group").holds
        assert store.verify(reply.ref).holds
        for path, value in (("models.person:nobody", "a"), ("models.turns", "a"), ("order.x", 1), ("models.ask", 3)):
            with pytest.raises(UsageError, match=r"no person 'nobody'|no choice|no setting|valid string"):
                sim.set(f"settings.{path}", value)


def test_models_of_one_account_that_is_gone_stop_the_run_and_keep_what_others_answered() -> None:
    with Store(":memory:", Scripted(fitting, SMALL), Scripted([ModelUnreachable("gone")], "far")) as store:
        sim = group(store, models={"person:bo-lind": "far"})
        with pytest.raises(ModelUnreachable):
            sim.run(1)
        assert store.verify("group").holds
