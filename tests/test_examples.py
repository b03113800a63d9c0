"""The shipped examples load, their answers fit, every answer is used, and Python says the same."""

import json
import re
import shlex
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from record_replays import REPLAYS, script
from ui.conftest import Troupe, call

from troupe_es import Scripted, Store, canonical, examples
from troupe_es.agent.answers import read_turn, turn
from troupe_es.agent.faculty import faculty
from troupe_es.controller import bundle, reading
from troupe_es.errors import UsageError
from troupe_es.events import types
from troupe_es.llm import Response
from troupe_es.world import schedule

ORDERS = {
    "elevenses": ["dcrm", "cmdr", "cdmr", "dcrm", "mdrc", "rdcm"],
    "lift": ["sg", "gs", "sg"],
    "market-hall": ["bcd", "cdb", "cbd"],
    "night-shift": ["is", "is", "is", "is", "is"],
    "tandem": ["bn", "nb", "bn"],
    "tide-mill": ["ilh", "lih"],
    "top-octave": ["a", "a", "a", "a"],
    "umbrellas": ["jkw", "wkj", "kwj"],
    "wedding-cake": ["try", "yrt", "tyr"],
}
"""Who acts after whom in each step, by first letter: the order in which the conversations are written."""

STUDIES = ["attic-flat", "cold-soup", "crooked-carrots", "late-books", "night-bus", "repair-cafe"]
"""The examples that find something out, which are told of elsewhere."""

MORE = [
    offer.kind
    for name, options in (("recall", {}), ("word-processor", {}), ("documents", {}))
    for offer in faculty(name).offers(options)
]
"""What the people of these examples can do beside what everybody can."""


@pytest.fixture
def troupe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Troupe:
    """``troupe`` in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TROUPE_STORE", raising=False)
    return call


every = pytest.mark.parametrize("name", sorted(ORDERS))


def loaded(name: str) -> reading.Loaded:
    return reading.load(examples.path(name) / "scenario.yaml")


def people(name: str) -> list[str]:
    return [canonical.slug(str((entry.persona or {})["name"])) for entry in loaded(name).scenario.people]


def answers(name: str) -> dict[str, Any]:
    content = yaml.safe_load((examples.path(name) / "answers.yaml").read_text(encoding="utf-8"))
    found: dict[str, Any] = content["answers"]
    return found


def head(name: str) -> str:
    """Where the recording's main branch ends."""
    found: str = json.loads((REPLAYS / name / "expected.json").read_text(encoding="utf-8"))["branches"]["main"][
        "head"
    ]
    return found


def turns(name: str) -> dict[str, Any]:
    return {address: answer for address, answer in answers(name).items() if address.split("/")[2] == "turn"}


def test_there_are_no_other_examples() -> None:
    assert examples.names() == sorted([*ORDERS, *STUDIES])
    with pytest.raises(UsageError, match="no example is named 'x'; there is: attic-flat, cold-soup, crooked"):
        examples.path("x")


@every
def test_an_example_loads_in_sequential_order_under_its_own_name(name: str) -> None:
    scenario = loaded(name).scenario
    assert scenario.name == name
    assert scenario.settings.order == "sequential"
    settled = {conflict.path for found in loaded(name).conflicts.values() for conflict in found}
    assert settled == ({"name"} if name == "market-hall" else set())


@every
def test_the_conversation_is_written_in_the_order_that_the_seed_draws(name: str) -> None:
    seed = loaded(name).scenario.seed
    drawn = [schedule.order(people(name), seed, 0, step + 1) for step in range(len(ORDERS[name]))]
    assert ["".join(person[0] for person in step) for step in drawn] == ORDERS[name]
    written = [address.split("/")[:2] for address in turns(name) if address.endswith("/turn/0/0")]
    assert written == [[str(step), person] for step, order in enumerate(drawn, 1) for person in order]


@every
def test_every_answer_is_asked_for_and_no_answer_is_missing(name: str) -> None:
    model = Scripted.from_file(examples.path(name) / "answers.yaml")
    with Store(":memory:") as store:
        sim = store.play(loaded(name).scenario, model=model)
        if hasattr(script(name), "ask_on"):
            script(name).ask_on(store)
        events = list(sim.events())
    assert [call.address for call in model.calls] == list(answers(name))
    assert model.name == f"scripted:{name}" and model.note.startswith("Written in advance")
    assert not any(isinstance(event.body, types.TurnFailed) for event in events)
    assert not any(isinstance(event.body, types.ModelAnswered) and event.body.misfit for event in events)


@every
def test_the_python_file_lives_the_life_of_the_scenario_file(name: str) -> None:
    model = Scripted.from_file(examples.path(name) / "answers.yaml")
    with Store(":memory:") as one, Store(":memory:") as other:
        head = one.play(loaded(name).scenario, model=model).head
        assert script(name).live(other).head == head
        assert all(report.holds for report in (one.verify(name), other.verify(name)))


@every
def test_the_python_file_goes_over_the_recording_and_asks_nobody(name: str, tmp_path: Path) -> None:
    with Store(tmp_path / "a.db", record="none") as store:
        bundle.import_(store.log, REPLAYS / name)
        assert script(name).live(store).paid == 0


@every
def test_every_answer_is_a_turn_with_a_state_of_mind(name: str) -> None:
    kinds: dict[str, set[str]] = {}
    for address, answer in turns(name).items():
        jsonschema.validate(answer, turn(MORE).body)
        text = Response(canonical.dumps(answer))
        intents, mind = read_turn(text, loaded(name).scenario.settings.max_actions, MORE)
        assert [intent.kind for intent in intents] == [one["type"] for one in answer["actions"][:-1]], address
        kinds.setdefault(address.partition("/turn/")[0], set()).update(intent.kind for intent in intents)
        assert mind.goals and mind.context and mind.attention and mind.emotions, address
    assert all({"THINK", "TALK"} <= done for done in kinds.values())


@every
def test_what_is_said_to_one_person_is_said_to_somebody_else_who_is_there(name: str) -> None:
    for address, answer in turns(name).items():
        targets = {canonical.slug(action["target"]) for action in answer["actions"] if action["target"]}
        assert targets <= set(people(name)) - {address.split("/")[1]}


@every
def test_every_persona_is_more_than_a_name(name: str) -> None:
    for entry in loaded(name).scenario.people:
        traits: Any = entry.persona
        assert len(traits["personality"]["big_five"]) == 5
        assert {"beliefs", "behaviors", "relationships", "other_facts", "style"} <= set(traits)


@every
def test_the_hints_in_a_scenario_name_people_and_steps_that_exist(name: str) -> None:
    text = (examples.path(name) / "scenario.yaml").read_text(encoding="utf-8")
    hints = re.findall(r"#   troupe [a-z-]+ ([a-z-]+)(?:@step:(\d+))?", text)
    assert hints
    assert all(ref == name and int(step or 0) <= len(ORDERS[name]) for ref, step in hints)
    for who in re.findall(r"(?:--drop|ask \S+@step:\d+) ([a-z]+-[a-z]+)\b", text):
        assert who in people(name)


@pytest.mark.parametrize("name", sorted(set(ORDERS) - {"elevenses", "night-shift", "tandem"}))
def test_the_hints_in_a_scenario_work_on_its_recording(name: str, troupe: Troupe) -> None:
    """Those of the others go on with whichever model the reader ran the scenario with."""
    text = (examples.path(name) / "scenario.yaml").read_text(encoding="utf-8")
    assert troupe("import", str(REPLAYS / name)).exit_code == 0
    for line in re.findall(r"#   troupe (.+)$", text, re.MULTILINE):
        done = troupe(*shlex.split(line))
        assert done.exit_code == 0, (line, done.output)


@every
def test_the_demo_plays_an_example_and_says_what_to_try_next(name: str, troupe: Troupe) -> None:
    played = json.loads(troupe("demo", name, "--json").stdout)
    assert played["verified"] and played["head"] == head(name)
    for line in played["next"]:
        done = troupe(*shlex.split(line)[1:])
        assert done.exit_code == 0, (line, done.output)


def test_the_demo_lists_what_it_can_play(troupe: Troupe) -> None:
    assert json.loads(troupe("demo", "--list", "--json").stdout) == {
        name: loaded(name).scenario.about for name in sorted([*ORDERS, *STUDIES])
    }
    assert "market-hall" in troupe("demo", "--list").stdout
    refused = troupe("demo", "nothing-like-it")
    assert refused.exit_code == 2 and "there is: attic-flat, cold-soup" in refused.stderr
