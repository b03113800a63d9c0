"""The shipped examples load, their answers fit, and every turn of theirs is written."""

import re
from typing import Any

import jsonschema
import pytest
import yaml

from troupe_es import canonical, examples
from troupe_es.agent.answers import TURN, read_turn
from troupe_es.commands import AddPerson, Run
from troupe_es.controller import reading
from troupe_es.errors import UsageError
from troupe_es.llm import Response
from troupe_es.llm.scripted import Scripted
from troupe_es.world import schedule

ORDERS = {
    "elevenses": ["dcrm", "cmdr", "cdmr", "dcrm", "mdrc", "rdcm"],
    "night-shift": ["is", "is", "is", "is", "is"],
}
"""Who acts after whom in each step, by first letter: the order in which the conversations are written."""

every = pytest.mark.parametrize("name", sorted(ORDERS))


def loaded(name: str) -> reading.Loaded:
    return reading.load(examples.path(name) / "scenario.yaml")


def people(name: str) -> list[str]:
    added = [command for command in loaded(name).commands if isinstance(command, AddPerson)]
    return [canonical.slug(person.persona["name"]) for person in added]


def answers(name: str) -> dict[str, Any]:
    content = yaml.safe_load((examples.path(name) / "answers.yaml").read_text(encoding="utf-8"))
    found: dict[str, Any] = content["answers"]
    return found


def test_there_are_no_other_examples() -> None:
    assert examples.names() == sorted(ORDERS)
    with pytest.raises(UsageError, match="no example is named 'x'; there is: elevenses, night-shift"):
        examples.path("x")


@every
def test_an_example_loads_in_sequential_order_under_its_own_name(name: str) -> None:
    script = loaded(name).scenario
    assert script.name == name
    assert script.settings.order == "sequential"
    assert loaded(name).conflicts == {}


@every
def test_the_conversation_is_written_in_the_order_that_the_seed_draws(name: str) -> None:
    script = loaded(name).scenario
    drawn = [schedule.order(people(name), script.seed, 0, step + 1) for step in range(len(ORDERS[name]))]
    assert ["".join(person[0] for person in step) for step in drawn] == ORDERS[name]
    written = [address.split("/")[:2] for address in answers(name)]
    assert written == [[str(step), person] for step, order in enumerate(drawn, 1) for person in order]


@every
def test_every_turn_has_an_answer_and_no_answer_is_left_over(name: str) -> None:
    steps = sum(command.steps for command in loaded(name).commands if isinstance(command, Run))
    turns = {f"{step}/{person}/turn/0/0" for step in range(1, steps + 1) for person in people(name)}
    assert set(answers(name)) == turns


@every
def test_every_answer_is_a_turn_with_a_state_of_mind(name: str) -> None:
    for address, answer in answers(name).items():
        jsonschema.validate(answer, TURN.body)
        intents, mind = read_turn(Response(canonical.dumps(answer)), loaded(name).scenario.settings.max_actions)
        assert [intent.kind for intent in intents] == [one["type"] for one in answer["actions"][:-1]], address
        assert {"THINK", "TALK"} <= {intent.kind for intent in intents}, address
        assert mind.goals and mind.context and mind.attention and mind.emotions, address


@every
def test_what_is_said_to_one_person_is_said_to_somebody_else_who_is_there(name: str) -> None:
    for address, answer in answers(name).items():
        targets = {canonical.slug(action["target"]) for action in answer["actions"] if action["target"]}
        assert targets <= set(people(name)) - {address.split("/")[1]}


@every
def test_the_scripted_model_reads_the_answers(name: str) -> None:
    assert Scripted.from_file(examples.path(name) / "answers.yaml").name == f"scripted:{name}"


@every
def test_every_persona_is_more_than_a_name(name: str) -> None:
    for entry in loaded(name).scenario.people:
        traits: Any = entry.persona
        assert len(traits["personality"]["big_five"]) == 5
        assert {"beliefs", "behaviors", "relationships", "other_facts", "style"} <= set(traits)


@every
def test_the_hints_in_a_scenario_name_people_and_steps_that_exist(name: str) -> None:
    text = (examples.path(name) / "scenario.yaml").read_text(encoding="utf-8")
    hints = re.findall(r"#   troupe \w+ (\S+)@step:(\d+)", text)
    assert hints
    assert all(ref == name and int(step) <= len(ORDERS[name]) for ref, step in hints)
    for who in re.findall(r"(?:--drop|@step:\d+) ([a-z]+-[a-z]+)\b", text):
        assert who in people(name)
