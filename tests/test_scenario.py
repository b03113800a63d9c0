"""Scenario files: what they say, what they refuse, and that reading their files in loses nothing."""

import json
import os
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from troupe_es import canonical, scenario
from troupe_es.commands import AddPerson, AddWorld, Change, Run, Stimulate
from troupe_es.controller import reading
from troupe_es.errors import BadPersona, BadScenario
from troupe_es.events.types import Settings
from troupe_es.scenario.model import VERBS
from troupe_es.scenario.text import parse as parse_text

MINIMAL: dict[str, Any] = {"troupe": 1, "name": "tea", "worlds": [{"name": "Kitchen"}]}

FULL = """
troupe: 1
name: herb-soda
about: Three people taste.
seed: 7
start: 2026-03-02T18:00:00
model: improviser
settings: {order: sequential, attempts: 2}
budget: {calls: 200, tokens: 400000}
worlds:
  - {name: Kitchen table, description: A table.}
people:
  - file: people/ana.agent.json
    fragments: [fragments/sceptic.fragment.json]
    prefer: persona
  - persona: {name: Bo Lind, age: 31}
    world: kitchen-table
program:
  - broadcast: Welcome.
    speaker: Moderator
  - say: It rains.
    to: [Bo Lind]
    kind: THOUGHT
  - run: 3
    hours: 1
    minutes: 30
  - set: {path: settings.temperature, value: 0.2}
  - run: 1
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A scenario with the files it names."""
    (tmp_path / "people").mkdir()
    (tmp_path / "fragments").mkdir()
    ana = {
        "type": "TinyPerson",
        "persona": {"name": "Ana Reyes", "age": 40, "beliefs": ["a"], "health": None},
    }
    sceptic = {"type": "Fragment", "persona": {"age": 41, "beliefs": ["b"], "health": "good"}}
    (tmp_path / "people/ana.agent.json").write_text(json.dumps(ana))
    (tmp_path / "fragments/sceptic.fragment.json").write_text(json.dumps(sceptic))
    (tmp_path / "scenario.yaml").write_text(FULL)
    return tmp_path


def refusal(content: dict[str, Any]) -> str:
    with pytest.raises(BadScenario) as error:
        scenario.parse(json.dumps({**MINIMAL, **content}), "s.yaml")
    return str(error.value)


def test_a_scenario_becomes_commands(folder: Path) -> None:
    loaded = reading.load(folder / "scenario.yaml")
    ana = {"name": "Ana Reyes", "age": 40, "beliefs": ["a", "b"], "health": "good"}
    assert loaded.commands == [
        AddWorld("Kitchen table", "A table."),
        AddPerson(ana, None, {"beliefs.1": "sceptic", "health": "sceptic"}),
        AddPerson({"name": "Bo Lind", "age": 31}, "kitchen-table"),
        Stimulate("Welcome.", speaker="Moderator"),
        Stimulate("It rains.", "THOUGHT", to=("bo-lind",)),
        Run(3, 5400),
        Change("settings.temperature", 0.2),
        Run(1, 60),
    ]
    assert [conflict.path for conflict in loaded.conflicts["people[0]"]] == ["age"]


def test_the_command_that_begins_has_the_chosen_model(folder: Path) -> None:
    script = reading.load(folder / "scenario.yaml").scenario
    create = script.create()
    assert (create.seed, create.start) == (7, "2026-03-02T18:00:00")
    assert create.settings == Settings(order="sequential", attempts=2, model="improviser")
    assert script.create("gpt-x").settings.model == "gpt-x"
    with pytest.raises(BadScenario, match="no model is chosen"):
        scenario.parse(json.dumps(MINIMAL), "s").create()


def test_a_self_contained_scenario_dumps_and_loads_again_equal(folder: Path) -> None:
    loaded = reading.load(folder / "scenario.yaml")
    text = scenario.dumps(loaded.scenario)
    assert text == canonical.dumps(json.loads(text))
    again = scenario.parse(text, "stored")
    assert again == loaded.scenario
    assert again.self_contained
    assert scenario.commands(again) == loaded.commands
    (folder / "again.json").write_text(text)
    assert reading.load(folder / "again.json") == reading.Loaded(again, loaded.commands)


def test_a_scenario_with_unread_files_gives_no_commands() -> None:
    script = scenario.parse(FULL, "s")
    assert not script.self_contained
    with pytest.raises(BadScenario, match="have not been read"):
        scenario.commands(script)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {1, 2}, b"x"])
def test_content_that_is_no_json_is_refused(value: Any) -> None:
    for content in (
        {"people": [{"persona": {"name": "A", "x": value}}]},
        {"program": [{"set": {"path": "settings.temperature", "value": value}}]},
    ):
        with pytest.raises(BadScenario, match="s: is not JSON"):
            scenario.model_of({**MINIMAL, **content}, "s")


@pytest.mark.parametrize("depth", [70, 5000])
def test_content_nested_too_deep_is_refused(depth: int) -> None:
    value: Any = []
    for _ in range(depth):
        value = [value]
    people = [{"persona": {"name": "A"}}]
    for content in (
        {"people": [{"persona": {"name": "A", "x": value}}]},
        {"people": people, "program": [{"set": {"path": "people.a.x", "value": value}}]},
    ):
        with pytest.raises(BadScenario, match="is nested deeper than"):
            scenario.model_of({**MINIMAL, **content}, "s")


def test_with_several_worlds_a_broadcast_is_heard_in_each_or_in_the_one_named() -> None:
    worlds = [{"name": "Kitchen"}, {"name": "Garden"}]
    program = [{"broadcast": "Hello"}, {"broadcast": "Rain", "world": "Garden"}]
    script = scenario.model_of({**MINIMAL, "worlds": worlds, "program": program}, "s")
    said = [command for command in scenario.commands(script) if isinstance(command, Stimulate)]
    assert [(one.content, one.world) for one in said] == [
        ("Hello", "kitchen"),
        ("Hello", "garden"),
        ("Rain", "garden"),
    ]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ({"sead": 1}, "s.yaml: sead: no such field; did you mean 'seed'?"),
        (
            {"people": [{"persona": {"name": "A"}, "wrold": "K"}]},
            "people[0].wrold: no such field; did you mean",
        ),
        ({"settings": {"atempts": 1}}, "settings.atempts: no such field; did you mean 'attempts'?"),
        ({"settings": {"model": "x"}}, "settings: the model is chosen with 'model' beside"),
        ({"settings": {"attempts": 0}}, "settings.attempts: must be greater than or equal to 1, not 0"),
        ({"worlds": []}, "worlds: "),
        ({"worlds": [{}]}, "worlds[0].name: is required"),
        (
            {"worlds": [{"name": "A b"}, {"name": "A-b"}]},
            "worlds[1].name: a world named 'A-b' would have the same",
        ),
        ({"seed": "7"}, "seed: must be a whole number, not '7'"),
        ({"name": "No Good"}, "name: must be made of a-z"),
        ({"start": "noon"}, "start: must be a time like"),
        ({"start": "2026-03-02T18:00:00Z"}, "start: must have no time zone"),
        ({"troupe": 2}, "troupe: "),
        ({"people": [{}]}, "people[0]: needs either 'file' or 'persona'"),
        ({"people": [{"persona": {"age": 3}}]}, "people[0].persona: name: is missing"),
        ({"people": [{"persona": {"name": "A", "age": "3"}}]}, "people[0].persona: age: must be a number"),
        ({"people": [{"persona": {"name": "A"}}] * 2}, "people[1]: a person named 'A' is there already"),
        ({"people": [{"persona": {"name": "A"}, "world": "Kitchn"}]}, "did you mean 'Kitchen'?"),
        (
            {"program": [{"brodcast": "x"}]},
            f"program[0]: needs one of {', '.join(VERBS)}; did you mean 'broadcast'?",
        ),
        ({"program": ["run"]}, "program[0]: needs one of broadcast"),
        ({"program": [{"run": 0}]}, "program[0].run: must be greater than or equal to 1, not 0"),
        ({"program": [{"run": 1, "minute": 2}]}, "program[0].minute: no such field; did you mean 'minutes'?"),
        ({"program": [{"run": 1, "say": "x", "to": ["A"]}]}, "program[0].run: no such field"),
        ({"program": [{"broadcast": "x", "kind": "SHOUT"}]}, "program[0].kind: must be 'CONVERSATION'"),
        ({"program": [{"say": "x", "to": []}]}, "program[0].to: "),
        (
            {"program": [{"set": {"path": "setings.a", "value": 1}}]},
            "program[0].set.path: must be settings.NAME",
        ),
        ({"program": [{"set": {"path": "settings.atempts", "value": 1}}]}, "did you mean 'attempts'?"),
        ({"program": [{"set": {"path": "settings.attempts", "value": 0}}]}, "program[0].set.value: must be"),
        ({"program": [{"set": {"path": "people.x.age", "value": 0}}]}, "nobody has the id 'x'"),
    ],
)
def test_a_mistake_is_named_by_its_path(content: dict[str, Any], says: str) -> None:
    assert says in refusal(content)


def test_a_name_in_to_must_be_somebodys() -> None:
    people = [{"persona": {"name": "Ana Reyes"}}]
    said = refusal({"people": people, "program": [{"say": "x", "to": ["Anna Reyes"]}]})
    assert said == "s.yaml: program[0].to[0]: no person is named 'Anna Reyes'; did you mean 'Ana Reyes'?"


def test_several_mistakes_are_told_at_once() -> None:
    said = refusal({"sead": 1, "worlds": [{}], "start": "noon"}).splitlines()
    assert len(said) == 3
    assert all(line.startswith("s.yaml: ") for line in said)


def test_traits_set_earlier_in_the_program_can_be_gone_into() -> None:
    sets = [
        {"set": {"path": "people.a.mood", "value": {"now": "good"}}},
        {"set": {"path": "people.a.mood.now", "value": "bad"}},
    ]
    people = [{"persona": {"name": "A"}}]
    assert scenario.model_of({**MINIMAL, "people": people, "program": sets}, "s")
    assert "set: no 'mood' in the persona" in refusal({"people": people, "program": sets[1:]})


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: 1\nb: [1,\nc: 2]: 3", "s: line 3, column"),
        ("a: 1\nb: 2\na: 3", "s: line 3, column 1: 'a' is given twice"),
        ('{"a": 1, "a": 2}', "s: 'a' is given twice"),
        ("a: &x [1]\nb: *x", "s: line 2, column 4: aliases (*name) are not read"),
        ("a: !!python/object:os.system x", "s: line 1, column 4: tags (!name) are not read"),
        ("? [a]\n: b", "a list or object cannot be a key"),
        ("[" * 5000, "nested deeper than 100 levels"),
        ('{"a": ' + "[" * 500 + "]" * 500 + "}", "nested deeper than 100 levels"),
        ("a: 1\n---\nb: 2", "must hold one document, not 2"),
        ("", "must hold one document, not 0"),
        ("a: \x07", "s: not YAML"),
        ("a: " + "x" * 10_000_001, "s: is larger than 10 MB"),
    ],
)
def test_bad_yaml_is_refused_with_its_place(text: str, says: str) -> None:
    with pytest.raises(BadScenario, match=re.escape(says)):
        parse_text(text, "s")


def test_yaml_is_not_guessed_at() -> None:
    text = (
        "a: no\nb: 12:30\nc: 2026-03-02\nd: 007\ne: 1.5\nf: -3\ng: true\nh: ~\n"
        "i: 'true'\nj: 1e999\n2020: k\nl:\nm: .nan"
    )
    assert parse_text(text, "s") == {
        **{"a": "no", "b": "12:30", "c": "2026-03-02", "d": "007", "e": 1.5, "f": -3, "g": True, "h": None},
        **{"i": "true", "j": "1e999", "2020": "k", "l": None, "m": ".nan"},
    }


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=15,
)


@given(JSON)
def test_json_is_read_as_it_stands(value: Any) -> None:
    value = canonical.clean({"value": value})[0]
    assert parse_text(canonical.dumps(value), "s") == value


@given(st.text() | JSON.map(json.dumps))
def test_any_text_is_a_scenario_or_a_clear_refusal(text: str) -> None:
    with pytest.raises(BadScenario, match=r"^s: "):
        scenario.parse(text, "s")


@given(st.dictionaries(st.sampled_from(sorted(scenario.Scenario.model_fields)), JSON, max_size=6))
def test_any_value_in_any_field_is_taken_or_clearly_refused(content: dict[str, Any]) -> None:
    try:
        script = scenario.model_of({**MINIMAL, **canonical.clean(content)[0]}, "s")
    except BadScenario as error:
        assert str(error).startswith("s: ")
    else:
        assert scenario.parse(scenario.dumps(script), "s") == script


def test_the_published_schema_accepts_what_the_code_does(folder: Path) -> None:
    schema = scenario.json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    check = jsonschema.Draft202012Validator(schema)
    check.validate(parse_text(FULL, "s"))
    check.validate(json.loads(scenario.dumps(reading.load(folder / "scenario.yaml").scenario)))
    assert not check.is_valid({**MINIMAL, "sead": 1})
    assert not check.is_valid({**MINIMAL, "settings": {"model": "x"}})


@pytest.mark.parametrize(
    ("file", "content", "says"),
    [
        ("people/ana.agent.json", None, "people[0].file: people/ana.agent.json: no such file"),
        (
            "people/ana.agent.json",
            b"\xff",
            "people[0].file: people/ana.agent.json: is not UTF-8 text (byte 0)",
        ),
        ("people/ana.agent.json", b'{"type": "Fragment", "persona": {}}', "is a fragment; name it under"),
        (
            "people/ana.agent.json",
            b'{"name": "Bo Lind"}',
            "people[1]: a person named 'Bo Lind' is there already",
        ),
        (
            "fragments/sceptic.fragment.json",
            None,
            "people[0].fragments[0]: fragments/sceptic.fragment.json: no",
        ),
    ],
)
def test_a_wrong_file_is_named_with_its_place(folder: Path, file: str, content: bytes | None, says: str) -> None:
    (folder / file).unlink()
    if content is not None:
        (folder / file).write_bytes(content)
    with pytest.raises(BadScenario, match=re.escape(says)):
        reading.load(folder / "scenario.yaml")


def test_a_wrong_persona_file_is_named_with_the_path_in_it(folder: Path) -> None:
    (folder / "people/ana.agent.json").write_text('{"persona": {"name": "A", "age": "x"}}')
    with pytest.raises(BadPersona, match=r"ana\.agent\.json: persona\.age: must be a number"):
        reading.load(folder / "scenario.yaml")


def test_a_conflict_must_be_decided(folder: Path) -> None:
    (folder / "scenario.yaml").write_text(FULL.replace("    prefer: persona\n", ""))
    with pytest.raises(BadScenario, match="age: fragment 'sceptic' says otherwise: kept 40, set aside 41; decide"):
        reading.load(folder / "scenario.yaml")
    (folder / "scenario.yaml").write_text(FULL.replace("prefer: persona", "prefer: fragment"))
    people = reading.load(folder / "scenario.yaml").scenario.people
    assert people[0].persona and people[0].persona["age"] == 41


def test_a_file_that_is_too_large_is_refused_before_it_is_read(folder: Path) -> None:
    for name, error in (("people/ana.agent.json", BadScenario), ("scenario.yaml", BadScenario)):
        os.truncate(folder / name, 50_000_000)
        with pytest.raises(error, match="is 50 MB; the most is 10 MB"):
            reading.load(folder / "scenario.yaml")
    with pytest.raises(BadPersona, match="is 50 MB"):
        reading.load_persona(folder / "people/ana.agent.json")


@pytest.mark.parametrize("name", ["nothing.yaml", ".", "a\0b"])
def test_a_path_that_is_no_file_is_refused(folder: Path, name: str) -> None:
    with pytest.raises(BadScenario, match=r"no such file|is no file|cannot be read"):
        reading.load(folder / name)
