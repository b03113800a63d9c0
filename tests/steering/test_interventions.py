"""Interventions: what they can watch for, what they make happen, and how they are added, called off and sent."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from strategies.scripts import Cast

from troupe_es import Response, Scripted, Settings, Simulation, Store, commands, registry
from troupe_es.controller import mail
from troupe_es.errors import BadCommand, BadReference, MissingCode
from troupe_es.events import Event, types
from troupe_es.llm import Request

NAMES = ("Ana Reyes", "Bo Lind", "Cy Young")


@pytest.fixture
def sim() -> Iterator[Simulation]:
    with Store(":memory:", Cast(misfits=0).model()) as store:
        yield begun(store)


def begun(store: Store, name: str = "life", model: str = "cast") -> Simulation:
    sim = store.begin(name, settings=Settings(model=model), seed=4)
    sim.add_world("Kitchen")
    sim.add_world("Garden")
    for person in NAMES:
        sim.add_person({"name": person, "age": 30}, "Kitchen")
    return sim


def of(sim: Simulation, *kinds: str) -> list[Event]:
    return [event for event in sim.events() if event.body.type in kinds]


def steps_fired(sim: Simulation) -> list[int]:
    return [event.step for event in of(sim, "intervention-fired")]


SHOUT = commands.Stimulate("Listen!", world="Kitchen", speaker="Bell")


@pytest.mark.parametrize(
    ("when", "how", "steps"),
    [
        ({"step": {"at": 2}}, {}, [2]),
        ({"step": {"since": 2}}, {}, [2]),
        ({"step": {"since": 1}}, {"once": False}, [1, 2, 3, 4]),
        ({"step": {"since": 1}}, {"once": False, "every": 2}, [1, 3]),
        ({"step": {"every": 2}}, {"once": False}, [0, 2, 4]),
        ({"time": {"after": "2026-01-05T09:03"}}, {}, [3]),
        ({"time": {"after": "2026-01-05T09:01", "until": "2026-01-05T09:03:00"}}, {"once": False}, [1, 2]),
        ({"happened": {"event": "step-ended", "least": 3}}, {}, [3]),
        ({"any": [{"step": {"at": 1}}, {"step": {"at": 4}}]}, {"once": False}, [1, 4]),
        ({"all": [{"step": {"since": 2}}, {"step": {"every": 2}}], "step": {"since": 3}}, {"once": False}, [4]),
    ],
)
def test_it_fires_when_its_condition_holds(sim: Simulation, when: Any, how: Any, steps: list[int]) -> None:
    sim.intervene("bell", when, SHOUT, **how)
    sim.run(4)
    assert steps_fired(sim) == steps


def test_it_fires_again_in_another_run_but_never_twice_at_the_same_step(sim: Simulation) -> None:
    sim.intervene("bell", {"step": {"every": 1}}, SHOUT, once=False)
    sim.run(1)
    sim.run(1)
    assert steps_fired(sim) == [0, 1, 2]


def test_what_was_said_fires_it_and_is_its_evidence(sim: Simulation) -> None:
    sim.intervene("echo", {"said": {"pattern": r"/turn/\d"}}, SHOUT)
    sim.run(3)
    [fired] = of(sim, "intervention-fired")
    said = {e.seq for e in of(sim, "action-taken") if e.step == fired.step and e.body.kind != "THINK"}
    assert said == set(fired.body.evidence)


def test_effects_follow_it_in_order_and_name_it_as_their_cause(sim: Simulation) -> None:
    sim.intervene(
        "all-at-once",
        {"step": {"at": 1}},
        SHOUT,
        commands.Change("settings.max_actions", 2),
        commands.Change("people.ana-reyes.age", 31),
        commands.Equip("recall", ("Bo",)),
        commands.Unequip("recall", ("Bo",)),
        commands.StopRun(),
        commands.AddPerson({"name": "Dee Park"}, "Garden"),
        commands.Move("Bo", "Garden"),
        commands.RemovePerson("Cy"),
        commands.RemovePerson("Nobody"),
    )
    sim.run(5)
    [fired] = of(sim, "intervention-fired")
    effects = list(sim.events(fired.seq + 1))
    assert [event.body.type for event in effects] == [
        "stimulus-caused",
        "settings-change-caused",
        "person-change-caused",
        "faculty-gift-caused",
        "faculty-loss-caused",
        "person-coming-caused",
        "person-move-caused",
        "person-leaving-caused",
        "effect-failed",
        "run-ended",
    ]
    assert {event.cause for event in effects} == {fired.seq}
    assert "Nobody" in effects[-2].body.reason
    assert sim.state.settings.max_actions == 2
    assert sim.state.people["bo-lind"].world == "garden"
    assert list(sim.state.people) == ["ana-reyes", "bo-lind", "dee-park"]
    assert sim.state.running is None
    assert fired.seq + 1 in list(sim.state.people["ana-reyes"].memory)


def test_for_each_has_conditions_effects_and_a_count_of_its_own(sim: Simulation) -> None:
    sim.intervene(
        "thank",
        {"talked": {"least": 1}},
        commands.Stimulate("Thank you, {{name}}.", to=("{{target}}",)),
        each=["Bo", "ana-reyes"],
    )
    sim.run(6)
    thanked = [(event.body.target, event.body.effects[0].what) for event in of(sim, "intervention-fired")]
    assert sorted(thanked, key=str) == [
        ("ana-reyes", {"content": "Thank you, Ana Reyes.", "to": ["ana-reyes"]}),
        ("bo-lind", {"content": "Thank you, Bo Lind.", "to": ["bo-lind"]}),
    ]


def test_a_model_is_asked_only_where_the_cheap_conditions_leave_it_open() -> None:
    asked: list[str] = []

    def answer(request: Request, draw: int) -> Response:
        if request.schema is not None and request.schema.name == "judging":
            asked.append(request.address)
            verdict = {"claim": 1, "reason": "so", "evidence": [], "score": 9, "holds": True}
            return Response(json.dumps({"verdicts": [verdict]}))
        return Response(Cast(misfits=0)(request, draw))

    with Store(":memory:", Scripted(answer, "cast")) as store:
        sim = begun(store)
        claim = {"claim": "It is late."}
        sim.intervene("late", {"step": {"at": 2}, "claim": claim}, SHOUT)
        sim.intervene(
            "either", {"any": [{"step": {"at": 1}}, {"step": {"at": 3}, "claim": claim}]}, SHOUT, once=False
        )
        sim.run(3)
        assert asked == ["2/-/judging/0/0", "3/-/judging/0/0"]
        fired = [(event.body.name, event.step) for event in of(sim, "intervention-fired")]
        assert fired == [("either", 1), ("late", 2), ("either", 3)]
        assert not of(sim, "intervention-checked")
        assert store.verify("life").holds


def test_it_can_be_called_off(sim: Simulation) -> None:
    sim.intervene("bell", {"step": {"since": 0}}, SHOUT, once=False)
    sim.run(1)
    sim.call_off("bell")
    sim.run(1)
    assert steps_fired(sim) == [0, 1]
    with pytest.raises(BadCommand, match="no intervention 'bell'"):
        sim.call_off("bell")


def test_code_of_ones_own_says_when_and_what() -> None:
    @registry.register("condition", "test-crowded")
    def crowded(state: Any, person: Any, least: int) -> bool:
        return len(state.people) >= least

    @registry.register("effect", "test-farewell")
    def farewell(state: Any, person: Any) -> list[Any]:
        return [commands.RemovePerson(person.id), commands.Stimulate(f"{person.name} has left.", world="Kitchen")]

    try:
        with Store(":memory:", Cast(misfits=0).model()) as store:
            sim = begun(store)
            sim.intervene(
                "crowd",
                {"function": {"name": "test-crowded", "options": {"least": 2}}},
                commands.CallEffect("test-farewell"),
                each="everyone",
            )
            [added] = of(sim, "intervention-added")
            assert set(added.body.fingerprints) == {"condition test-crowded", "effect test-farewell"}
            sim.run(1)
            assert list(sim.state.people) == ["cy-young"]
            assert [e.body.content for e in of(sim, "stimulus-caused")] == [
                "Ana Reyes has left.",
                "Bo Lind has left.",
            ]
            assert store.verify("life").holds
    finally:
        registry.forget("condition", "test-crowded")
        registry.forget("effect", "test-farewell")


@pytest.mark.parametrize(
    ("when", "effect", "what"),
    [
        ({}, SHOUT, "at least one of"),
        ({"step": {"at": -1}}, SHOUT, "when.step.at"),
        ({"stop": True}, SHOUT, "when.stop"),
        ({"said": {"pattern": "(a+)+"}}, SHOUT, "cannot be used"),
        ({"time": {"after": "noon"}}, SHOUT, "'noon' is no time"),
        ({"happened": {"event": "cat-fed"}}, SHOUT, "'cat-fed'"),
        ({"step": {}}, commands.Run(1), "is no effect"),
        ({"claim": {"claim": "{{name}} left."}}, SHOUT, "{{name}}"),
    ],
)
def test_what_is_no_intervention_is_refused_and_nothing_has_happened(
    sim: Simulation, when: Any, effect: Any, what: str
) -> None:
    before = sim.seq
    with pytest.raises(BadCommand) as error:
        sim.intervene("x", when, effect)
    assert what in str(error.value)
    assert sim.seq == before


def test_names_in_it_must_be_somebodys_and_code_must_be_there(sim: Simulation) -> None:
    with pytest.raises(BadReference, match="'Zed'"):
        sim.intervene("x", {"talked": {"least": 1, "by": ["Zed"]}}, SHOUT)
    with pytest.raises(BadReference, match="'Zed'"):
        sim.intervene("x", {"step": {}}, SHOUT, each=["Zed"])
    with pytest.raises(MissingCode, match="'nowhere'"):
        sim.intervene("x", {"function": {"name": "nowhere"}}, SHOUT)
    sim.intervene("x", {"step": {}}, SHOUT)
    with pytest.raises(BadCommand, match="already"):
        sim.intervene("x", {"step": {}}, SHOUT)


def test_it_comes_by_mail_as_well(sim: Simulation) -> None:
    when = types.Condition.model_validate({"any": [{"step": {"at": 1}}, {"said": {"pattern": "tea"}}]})
    effect = types.Effect(do="say", what={"content": "By mail.", "world": "kitchen"})
    mail.post(sim.log, sim.branch, commands.Intervene("mailed", when, (effect,)))
    sim.run(2)
    [added] = of(sim, "intervention-added")
    assert (added.body.source, added.body.when) == ("steering", when)
    assert steps_fired(sim) == [1]
    mail.post(sim.log, sim.branch, commands.CallOff("mailed"))
    sim.run(1)
    assert len(of(sim, "intervention-removed")) == 1


def test_a_twin_of_an_effect_is_no_given_event() -> None:
    for original, twin in types.CAUSED.items():
        assert issubclass(twin, original)
        assert original.given and not twin.given
