"""What a survey's answers come to, group by group: nobody is lost, nobody counted twice, and means are means."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troupe_es import Improviser, Store
from troupe_es.errors import UsageError
from troupe_es.events.types import SurveyQuestion
from troupe_es.survey.tally import UNKNOWN, tally

OPTIONS = ["red", "green", "blue"]
SCALE = ["never", "sometimes", "always"]
QUESTIONS = [
    SurveyQuestion(id="one", kind="choice", text="?", options=OPTIONS),
    SurveyQuestion(id="agree", kind="yes-no", text="?"),
    SurveyQuestion(id="often", kind="likert", text="?", options=SCALE),
    SurveyQuestion(id="many", kind="multiple", text="?", options=OPTIONS),
    SurveyQuestion(id="best", kind="rank", text="?", options=OPTIONS),
    SurveyQuestion(id="each", kind="matrix", text="?", options=OPTIONS, rows=["hat", "coat"]),
    SurveyQuestion(id="spend", kind="budget", text="?", options=OPTIONS, total=10),
    SurveyQuestion(id="size", kind="number", text="?"),
    SurveyQuestion(id="why", kind="text", text="?"),
]
colour = st.sampled_from(OPTIONS)
ANSWERS: dict[str, st.SearchStrategy[Any]] = {
    "one": colour,
    "agree": st.sampled_from(["yes", "no"]),
    "often": st.integers(1, 3),
    "many": st.lists(colour, unique=True),
    "best": st.permutations(OPTIONS),
    "each": st.fixed_dictionaries({"hat": colour, "coat": colour}),
    "spend": st.fixed_dictionaries({option: st.integers(0, 10) for option in OPTIONS}),
    "size": st.integers(-9, 9),
    "why": st.text(min_size=1),
}
people = st.lists(st.sampled_from("abcdefgh"), unique=True, max_size=8)


@st.composite
def taken(draw: st.DrawFn) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
    answers = {name: {who: draw(answer) for who in draw(people)} for name, answer in ANSWERS.items()}
    return answers, {who: draw(st.sampled_from(["old", "young"])) for who in "abcdefgh"}


def names(question: SurveyQuestion, answer: Any) -> list[str]:
    """What an answer counts for, said again in the plainest way."""
    plain = {"likert": lambda: [SCALE[answer - 1]], "multiple": lambda: answer, "rank": lambda: answer[:1]}
    plain |= {"matrix": lambda: [f"hat: {answer['hat']}", f"coat: {answer['coat']}"]}
    plain |= dict.fromkeys(("choice", "yes-no"), lambda: [answer])
    return plain.get(question.kind, list)()


@given(taken())
def test_every_answer_counts_once_in_its_group_and_in_no_other(given: Any) -> None:
    answers, groups = given
    for each in tally(QUESTIONS, answers, groups, ["young", "old"]):
        [question] = [question for question in QUESTIONS if question.id == each.question]
        mine = [answer for who, answer in answers[each.question].items() if groups[who] == each.group]
        assert each.n == len(mine)
        said = [name for answer in mine for name in names(question, answer)]
        assert dict(each.counts) == {name: said.count(name) for name in said}
        if question.kind in ("number", "likert"):
            assert each.mean == (pytest.approx(sum(mine) / len(mine)) if mine else None)
        else:
            assert each.mean is None
        if question.kind == "budget" and mine:
            assert each.means == {o: pytest.approx(sum(a[o] for a in mine) / len(mine)) for o in OPTIONS}
        else:
            assert each.means == {}
        assert each.words()


@given(taken())
def test_groups_add_up_to_everybody(given: Any) -> None:
    answers, groups = given
    everybody = {each.question: each for each in tally(QUESTIONS, answers)}
    for question in QUESTIONS:
        parts = [each for each in tally(QUESTIONS, answers, groups) if each.question == question.id]
        assert sum(part.n for part in parts) == everybody[question.id].n
        for name, count in everybody[question.id].counts.items():
            assert sum(part.counts.get(name, 0) for part in parts) == count


def test_groups_come_in_the_order_that_is_given_and_a_scale_in_its_own() -> None:
    answers = {"often": {"a": 3, "b": 1, "c": 1}}
    found = tally(QUESTIONS[2:3], answers, {"a": "x", "b": "y", "c": "z"}, ["z", "x"])
    assert [each.group for each in found] == ["z", "x", "y"]
    [everybody] = tally(QUESTIONS[2:3], answers)
    assert everybody.words() == "mean 1.67, never: 2 (67%), always: 1 (33%)"


def test_people_are_grouped_by_what_they_have_at_that_moment() -> None:
    with Store(":memory:", Improviser()) as store:
        sim = store.begin("tea", model="improviser")
        sim.add_world("Kitchen")
        for persona in ({"name": "Ana", "age": 30}, {"name": "Bo", "age": 66}, {"name": "Cy"}):
            sim.add_person(persona)
        before = sim.ref
        sim.set("people.ana.age", 65)
        labels = ["18-64", "65+"]
        assert store.groups(before, "age", labels) == {"ana": "18-64", "bo": "65+", "cy": UNKNOWN}
        assert store.groups("tea", "age", labels) == {"ana": "65+", "bo": "65+", "cy": UNKNOWN}
        assert store.traits("tea", ["age"]) == {"ana": {"age": 65}, "bo": {"age": 66}, "cy": {"age": None}}
        with pytest.raises(UsageError, match="nobody has a trait 'hat': name it as it stands in a persona"):
            store.groups("tea", "hat")


def test_a_wide_table_has_a_row_a_person_and_a_column_a_question() -> None:
    with Store(":memory:", Improviser()) as store:
        sim = store.begin("tea", model="improviser")
        sim.add_world("Kitchen")
        for name in ("Ana", "Bo"):
            sim.add_person({"name": name, "age": 30})
        found = store.survey(
            "tea", {"questions": [{"id": "tea", "kind": "yes-no", "text": "Tea?"}, {"id": "why", "text": "Why?"}]}
        )
        rows = found.wide(store.traits("tea", ["age"]))
    assert [list(row) for row in rows] == [["person", "age", "tea", "why"]] * 2
    for row in rows:
        assert row["age"] == 30
        assert [found.answers(each)[row["person"]] for each in ("tea", "why")] == [row["tea"], row["why"]]
