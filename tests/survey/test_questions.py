"""Questions: which can be asked, how each kind is read, in which order options are shown, and skip rules."""

import json
from collections import Counter
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies.asking import COLOURS

from troupe_es.acting import Misfit
from troupe_es.errors import BadCommand
from troupe_es.events.types import SurveyQuestion
from troupe_es.llm import Response
from troupe_es.survey import forms, questions, rules


def question(kind: str, **more: Any) -> SurveyQuestion:
    [made] = questions.checked([SurveyQuestion(id="q", kind=kind, text="?", **more)])
    return made


def read(asked: SurveyQuestion, answer: Any) -> Any:
    return forms.read(Response(json.dumps({"reason": "so", "answer": answer})), asked)[0]


OPTIONS = {"options": COLOURS}
MATRIX = {"rows": ["price", "taste"], "options": ["bad", "good"]}


@pytest.mark.parametrize(
    ("kind", "more", "written", "meant"),
    [
        ("text", {}, " well ", "well"),
        ("yes-no", {}, "Yes", "yes"),
        ("yes-no", {}, False, "no"),
        ("choice", OPTIONS, "RED ", "red"),
        ("choice", OPTIONS, ["red"], "red"),
        ("multiple", OPTIONS, [], []),
        ("multiple", OPTIONS, ["blue", "red"], ["red", "blue"]),
        ("multiple", OPTIONS, "blue", ["blue"]),
        ("likert", {}, 5, 5),
        ("likert", {}, "strongly agree", 5),
        ("number", {"low": 0, "high": 9}, "4.5", 4.5),
        ("number", {}, 4.0, 4),
        ("rank", OPTIONS, ["blue", "red", "green"], ["blue", "red", "green"]),
        ("matrix", MATRIX, {"taste": "Good", "price": "bad"}, {"price": "bad", "taste": "good"}),
        ("budget", OPTIONS, {"red": 50, "green": "50", "blue": 0}, {"red": 50, "green": 50, "blue": 0}),
        (
            "budget",
            {**OPTIONS, "total": 1},
            {"red": 0.1, "green": 0.2, "blue": 0.7},
            {"red": 0.1, "green": 0.2, "blue": 0.7},
        ),
    ],
)
def test_an_answer_that_is_clear_is_taken(kind: str, more: dict[str, Any], written: Any, meant: Any) -> None:
    assert read(question(kind, **more), written) == meant


@pytest.mark.parametrize(
    ("kind", "more", "written", "reason"),
    [
        ("text", {}, "  ", "text of 1 to"),
        ("yes-no", {}, "perhaps", "no option 'perhaps'"),
        ("choice", OPTIONS, ["red", "blue"], "several answers"),
        ("choice", OPTIONS, "pink", "no option 'pink'"),
        ("multiple", {**OPTIONS, "most": 1}, ["red", "blue"], "you ticked 2"),
        ("multiple", {**OPTIONS, "least": 1}, [], "you ticked 0"),
        ("multiple", OPTIONS, ["red", "Red"], "at most once"),
        ("likert", {}, 6, "not on the scale"),
        ("likert", {}, 2.5, "not on the scale"),
        ("number", {"low": 0, "high": 9}, 10, "out of range"),
        ("number", {"whole": True}, 1.5, "no whole number"),
        ("number", {}, "about ten", "one number"),
        ("number", {}, True, "one number"),
        ("rank", OPTIONS, ["red", "blue"], "'green' is not in your order"),
        ("matrix", MATRIX, {"price": "bad"}, "'taste' is missing"),
        ("matrix", MATRIX, "bad", "must be an object"),
        ("budget", OPTIONS, {"red": 50, "green": 40, "blue": 0}, "add up to 90, not to 100"),
        ("budget", OPTIONS, {"red": 150, "green": -50, "blue": 0}, "less than 0"),
        ("text", {}, None, "missing"),
    ],
)
def test_an_answer_that_does_not_fit_is_a_misfit_with_its_reason(
    kind: str, more: dict[str, Any], written: Any, reason: str
) -> None:
    with pytest.raises(Misfit, match=reason):
        read(question(kind, **more), written)


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ([{"id": "a", "text": "?"}, {"id": "a", "text": "?"}], "two of this id"),
        ([{"id": "a", "kind": "choice", "text": "?", "options": ["x"]}], "at least two options"),
        ([{"id": "a", "kind": "choice", "text": "?", "options": ["x", " X"]}], "must differ"),
        ([{"id": "a", "text": "?", "options": ["x", "y"]}], "has no options"),
        ([{"id": "a", "kind": "matrix", "text": "?", "options": ["x", "y"]}], "has rows"),
        ([{"id": "a", "kind": "number", "text": "?", "low": 2, "high": 1}], "above its high end"),
        ([{"id": "a", "kind": "multiple", "text": "?", "options": ["x", "y"], "least": 3}], "possible to tick"),
        ([{"id": "a", "text": "?", "total": 3}], "only a budget"),
        ([{"id": "a", "text": "?", "when": "b == 1"}], "no earlier question is called 'b'"),
        ([{"id": "a", "text": "?"}, {"id": "b", "text": "?", "when": "open('x')"}], "compares nothing"),
        ([{"id": "a", "text": "?"}, {"id": "b", "text": "?", "when": "a.b == 1"}], "only ids of questions"),
        ([{"id": "a", "text": "?"}, {"id": "b", "text": "?", "when": "a is 'x'"}], "'is' does not compare"),
        ([{"id": "a", "text": "?"}, {"id": "b", "text": "?", "when": "(" * 400}], "cannot be read"),
    ],
)
def test_a_question_that_cannot_be_asked_is_refused_with_the_reason(written: list[Any], reason: str) -> None:
    with pytest.raises(BadCommand, match=reason):
        questions.checked([SurveyQuestion.model_validate(each) for each in written])


@pytest.mark.parametrize(
    ("rule", "answers", "held"),
    [
        ("", {}, True),
        ("a == 'yes'", {"a": "yes"}, True),
        ("a == 'yes'", {}, False),
        ("a != 'yes'", {}, False),
        ("not (a == 'yes')", {}, True),
        ("1 < a <= 3", {"a": 3}, True),
        ("1 < a <= 3", {"a": 1}, False),
        ("a > 2", {"a": "many"}, False),
        ("'red' in a or b == 1", {"a": ["red"]}, True),
        ("a in ['x', 'y'] and b >= 2", {"a": "x", "b": 1.5}, False),
        ("a not in ['x']", {"a": "z"}, True),
    ],
)
def test_a_rule_compares_earlier_answers_and_nothing_else(rule: str, answers: dict[str, Any], held: bool) -> None:
    assert rules.holds(rule, answers) is held


@given(st.text(max_size=30), st.integers(), st.lists(st.text(min_size=1), min_size=2, max_size=9, unique=True))
def test_every_person_sees_all_options_in_an_order_of_their_own_that_is_always_the_same(
    person, seed, options
) -> None:
    asked = SurveyQuestion(id="q", kind="choice", text="?", options=options)
    shown = questions.order(asked, person, seed)
    assert sorted(shown) == sorted(options)
    assert questions.order(asked, person, seed) == shown
    for kept in ({"shuffle": False}, {"kind": "likert"}):
        assert questions.order(asked.model_copy(update=kept), person, seed) == options


def test_every_order_of_three_options_is_about_as_frequent_among_many_people() -> None:
    asked = question("choice", options=COLOURS)
    seen = Counter(tuple(questions.order(asked, f"person-{n}", 7)) for n in range(3000))
    assert seen.keys() == set(permutations(COLOURS))
    assert max(seen.values()) < 600 and min(seen.values()) > 400
    moved = sum(questions.order(asked, f"p{n}", 1) != questions.order(asked, f"p{n}", 2) for n in range(300))
    assert moved > 200


def test_the_schema_of_a_question_takes_what_is_read_and_nothing_else() -> None:
    import jsonschema

    fitting = {
        "text": ({}, "x"),
        "choice": (OPTIONS, "red"),
        "likert": ({}, 3),
        "number": ({"low": 0, "high": 9}, 3.5),
        "rank": (OPTIONS, COLOURS),
        "matrix": (MATRIX, {"price": "bad", "taste": "good"}),
        "budget": (OPTIONS, {"red": 100, "green": 0, "blue": 0}),
    }
    for kind, (more, answer) in fitting.items():
        asked = question(kind, **more)
        schema = forms.schema(asked, questions.order(asked, "ana", 1)).body
        jsonschema.validate({"reason": "", "answer": answer}, schema)
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({"reason": "", "answer": None}, schema)
