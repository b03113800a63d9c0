"""Nothing written of an aside, a person or a column is lost on its way to the command, or let through wrong."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from troupe_es import commands, scenario
from troupe_es.errors import BadScenario
from troupe_es.scenario import Scenario
from troupe_es.scenario.tables import MISSING, Column, Table

QUESTION = {"id": "buy", "kind": "yes-no", "text": "Would you buy it?"}
IMAGE = "data:image/png;base64,iVBORw0KGgo="


def script(program: list[dict[str, Any]], **more: Any) -> Scenario:
    whole = {
        "troupe": 1,
        "name": "tea",
        "worlds": [{"name": "Tea Room"}, {"name": "Yard"}],
        "people": [{"persona": {"name": name}, "world": "Yard"} for name in ("Ana Reyes", "Bo Lind")],
        "program": program,
    }
    return scenario.parse(json.dumps({**whole, **more}), "s.yaml")


def asked(item: dict[str, Any]) -> commands.Command:
    """The command that an item of a program becomes."""
    return scenario.commands(script([item]))[-1]


def test_everything_written_of_an_aside_is_in_the_command() -> None:
    survey = {"title": "Tea", "introduction": "Be frank.", "seed": 7, "questions": [QUESTION]}
    given = asked({"survey": survey, "of": ["Bo Lind"]})
    assert isinstance(given, commands.GiveSurvey)
    assert (given.title, given.introduction, given.seed) == ("Tea", "Be frank.", 7)
    assert (given.people, [question.id for question in given.questions]) == (("bo-lind",), ["buy"])

    sought = asked(
        {"extract": ["mood:choice(good|bad):how it went"], "world": "Tea Room", "objective": "why", "limit": 500}
    )
    assert isinstance(sought, commands.Extract)
    assert (sought.objective, sought.world, sought.limit, sought.about) == ("why", "tea-room", 500, ())
    assert [(each.name, each.type, each.options) for each in sought.fields] == [("mood", "choice", ["good", "bad"])]

    claims = asked({"check": ["{{name}} is cross.", "{{name}} is here."], "of": ["Ana Reyes"], "last": 9})
    assert isinstance(claims, commands.PutClaims)
    assert (claims.claims, claims.about) == (("{{name}} is cross.", "{{name}} is here."), ("ana-reyes",))
    assert (claims.last, claims.world) == (9, None)
    assert asked({"check": "It rains.", "world": "Yard"}) == commands.PutClaims(("It rains.",), (), "yard")


def test_a_step_takes_a_minute_unless_it_is_said_and_may_take_no_time() -> None:
    for span, seconds in (({}, 60), ({"seconds": 0}, 0), ({"minutes": 2, "seconds": 5}, 125), ({"hours": 1}, 3600)):
        assert asked({"run": 1, **span}) == commands.Run(1, seconds)


@pytest.mark.parametrize(
    ("item", "what"),
    [
        ({"check": "x", "world": "Tea Rom"}, "no world is named 'Tea Rom'; did you mean 'Tea Room'"),
        ({"add": {}}, "needs either 'file' or 'persona'"),
        ({"add": {"file": "a.yaml", "persona": {"name": "Cy"}}}, "needs either 'file' or 'persona'"),
        ({"add": {"file": "a.yaml", "origins": {"age": "old"}}}, "'origins' belongs to a 'persona'"),
        ({"fragment": {"to": "Bo Lind"}}, "needs either 'file' or 'traits'"),
        ({"fragment": {"to": "Bo Lind", "file": "a", "traits": {"a": 1}}}, "needs either 'file' or 'traits'"),
        ({"say": "Look", "to": ["Bo Lind"], "image": "a.png", "kind": "SOCIAL"}, "its kind is VISUAL, not SOCIAL"),
        ({"say": "Look", "to": ["Bo Lind"], "image": "data:text/html,<b>"}, "image"),
    ],
)
def test_what_an_item_cannot_be_is_refused(item: dict[str, Any], what: str) -> None:
    with pytest.raises(BadScenario) as error:
        script([item])
    assert "program[0]" in str(error.value) and what in str(error.value)


def test_what_is_shown_is_seen_whether_that_is_said_or_not() -> None:
    for more in ({}, {"kind": "VISUAL"}):
        found = script([{"say": "Look", "to": ["Bo Lind"], "image": "can.png", **more}]).program[0]
        assert found.kind == "VISUAL"  # type: ignore[union-attr]
    assert script([{"say": "Look", "to": ["Bo Lind"]}]).program[0].kind == "CONVERSATION"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("column", "what"),
    [
        ({}, "give either 'column' or 'columns'"),
        ({"column": "a", "columns": {"x": "b"}, "kind": "ranking"}, "give either 'column' or 'columns'"),
        ({"column": "a", "kind": "ordinal", "options": ["low", "high"]}, "an ordinal answer is a number"),
        ({"column": "a", "kind": "ordinal", "codes": {"never": "low"}}, "an ordinal answer is a number"),
        *(
            ({"columns": {"x": "a"}, "kind": kind}, f"a {kind} answer stands in one column")
            for kind in ("numeric", "ordinal", "categorical")
        ),
    ],
)
def test_a_column_that_means_nothing_is_refused_with_the_reason(column: dict[str, Any], what: str) -> None:
    with pytest.raises(ValidationError, match=what):
        Column.model_validate(column)


def test_entries_that_stand_for_no_answer_are_those_that_are_written_so() -> None:
    assert {"", "NA", "N/A", "NaN", "null", "None"} <= set(MISSING)
    assert Table.model_validate({"file": "a.csv", "questions": {"q": {"column": "a"}}}).missing == MISSING
