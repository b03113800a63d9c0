"""Populations are read from what people write; what is no number is refused with its path."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troupe_es.controller.populations import load_spec
from troupe_es.errors import BadPopulation, UsageError
from troupe_es.factory import demography, numbers, plan
from troupe_es.factory.spec import Spec, chosen, read

PROSE = {
    "title": "Ems",
    "description": "A town on a river.",
    "content": {
        "Demographics": {
            "Population Size": "12 thousand",
            "Median Age": "41 years",
            "Age Distribution": {"0-17": "18%", "18-64": "~60 %", "65+": "22 percent", "Source": "the town hall"},
            "Households": {"Income": {"Median": "€31,000", "Distribution": {"Under €20,000": "40%", "More": "60%"}}},
            "Districts": ["Old town: 25%", "Harbour: 35%", "Hill: 40%"],
            "Schooling": {"At least some": "90%", "Degree": "30%"},
        },
        "Opinions": {"The bridge": {"For": "48%", "Against": "52%"}, "Mood": ["sunny", "rainy"]},
    },
}


def test_distributions_are_found_in_prose_and_what_is_none_is_left_out_with_the_reason() -> None:
    found = demography.read(PROSE, "ems.json")
    assert list(found.dimensions) == ["age", "income", "districts"]
    assert found.dimensions["age"].ranges == {"0-17": 18, "18-64": 60, "65+": 22}
    assert found.dimensions["districts"].shares == {"Old town": 25, "Harbour": 35, "Hill": 40}
    assert "sum to 120" in found.left_out["schooling"]
    assert "not in the chapter" in found.left_out["the_bridge"]


def test_a_dimension_of_another_chapter_is_taken_when_it_is_named() -> None:
    found = chosen(demography.read(PROSE, "ems.json", ["the_bridge"]), only=["the_bridge"])
    assert found.dimensions["the_bridge"].shares == {"For": 48, "Against": 52}


def test_prose_without_any_distribution_is_refused() -> None:
    with pytest.raises(BadPopulation, match=r"ems.json: nothing in it is a distribution"):
        demography.read({"content": {"A": {"B": "many"}}}, "ems.json")


@pytest.mark.parametrize("written", [12, 12.5, "12%", "12.5 %", "12,5%", "~12%", "about 12 percent", " 12 "])
def test_a_share_is_read_however_it_is_written(written: object) -> None:
    assert numbers.share(written, "x") in (12, 12.5)


@pytest.mark.parametrize("written", ["many", "", "12 of 20", None, True, -3, "-3%", float("nan"), [], "1e5%"])
def test_what_is_no_number_is_refused_with_its_path(written: object) -> None:
    with pytest.raises(BadPopulation, match=r"^f: dimensions.mood.shares.good: .* is no number"):
        read({"dimensions": {"mood": {"shares": {"good": written, "bad": 50}}}}, "f")


@given(st.text(max_size=30))
def test_any_text_is_a_share_or_is_refused(text: str) -> None:
    try:
        assert numbers.share(text, "x") >= 0
    except BadPopulation as refused:
        assert str(refused).startswith("x: ")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ({"dimensions": {"a": {"shares": {"x": 40, "y": 40}}}}, "dimensions.a.shares: its shares sum to 80"),
        ({"dimensions": {"a": {}}}, "dimensions.a: .*exactly one of"),
        ({"dimensions": {"a": {"ranges": {"young": 100}}}}, "dimensions.a.ranges.young: is no range"),
        ({"dimensions": {"a": {"ranges": {"65+": 100}}}}, "is no range"),
        ({"dimensions": {"age": {"ranges": {"18-30": 50, "25-40": 50}}}}, "'18-30' and '25-40' overlap"),
        ({"dimensions": {"age": {"ranges": {"30-18": 100}}}}, "ends at 18, before it begins"),
        ({"dimensions": {"a": {"several": {"x": 130}}}}, "a.several.x: 130 is more than 100"),
        ({"dimensions": {"a": {"shares": ["x 50", "y: 50"]}}}, r"a.shares\[0\]: 'x 50' is no label with a share"),
        ({"dimensions": {"a": {"shares": ["x: 50", "x: 50"]}}}, "'x' is there twice"),
        ({"dimensions": {"A b": {"shares": {"x": 1}}}}, "dimensions.A b"),
        ({"dimensions": {}, "dimension": {}}, "dimension: Extra inputs"),
    ],
)
def test_a_population_that_is_wrong_is_refused_with_the_place(content: dict, why: str) -> None:
    with pytest.raises(BadPopulation, match=why):
        read(content, "f")


def test_ranges_that_touch_share_no_number() -> None:
    found = read({"dimensions": {"age": {"ranges": {"under 18": 20, "18-30": 30, "30-50": 50}}}}, "f")
    people = plan.plan(found, 100, 1).people
    ages = sorted(person["age"] for person in people)
    assert sum(age < 18 for age in ages) == 20
    assert sum(18 <= age < 30 for age in ages) == 30


@pytest.mark.parametrize(
    ("at", "why"),
    [("name", "names are not sampled"), ("home", "'home' is a trait that 'town' settles already")],
)
def test_two_dimensions_cannot_be_the_same_trait(at: str, why: str) -> None:
    table = {"town": {"shares": {"x": 1}, "at": "home.town"}, "b": {"shares": {"y": 1}, "at": at}}
    with pytest.raises(BadPopulation, match=why):
        plan.plan(read({"dimensions": table}, "f"), 2, 1)


def test_naming_a_dimension_that_is_not_there_says_which_are() -> None:
    with pytest.raises(BadPopulation, match=r"'schooling' \(.*sum to 120.*; there are: age, income, districts"):
        chosen(demography.read(PROSE, "ems.json"), without=["schooling"])


def test_files_of_both_forms_are_read_and_others_refused(tmp_path: Path) -> None:
    (tmp_path / "ems.json").write_text(json.dumps(PROSE))
    (tmp_path / "own.yaml").write_text("title: Own\ndimensions:\n  mood: {shares: {good: 60%, bad: 40%}}\n")
    (tmp_path / "none.yaml").write_text("title: Own\n")
    assert "districts" in load_spec(tmp_path / "ems.json").dimensions
    assert load_spec(tmp_path / "own.yaml", where=["mood = good"]).constraints == ["mood = good"]
    for name, why in (("none.yaml", "is no population"), ("gone.yaml", "cannot be read")):
        with pytest.raises(UsageError, match=why):
            load_spec(tmp_path / name)


def test_a_specification_is_read_again_as_it_was_written() -> None:
    found = demography.read(PROSE, "ems.json")
    assert read(json.loads(found.model_dump_json(exclude_defaults=True)), "f") == found
    assert Spec.model_json_schema()["properties"]["dimensions"]
