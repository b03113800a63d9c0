"""What the arms differ in: the test that is read, its correction over outcomes, and words where there is none."""

import re
from math import comb
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troupe_es.experimentation import Findings, Row, compare, statistics
from troupe_es.experimentation.outcomes import Value
from troupe_es.scenario import Experiment

Values = dict[str, dict[str, list[Value]]]
KINDS = {float: "numeric", bool: "boolean", str: "categorical"}


def findings(values: Values) -> Findings:
    """Return what an experiment with these values, by outcome and arm, found."""
    arms = list(next(iter(values.values())))
    rows = []
    outcomes: list[dict[str, Any]] = []
    for outcome, by_arm in values.items():
        first = next((value for each in by_arm.values() for value in each if value is not None), 0.0)
        kind = KINDS[type(first)]
        outcomes.append({"name": outcome, "function": "x", "values": kind})
        for arm, column in by_arm.items():
            for number, value in enumerate(column, 1):
                rows.append(Row(arm, number, outcome, kind, value, f"s/exp-{arm}-{number}@9", 9, number, (), "m", ""))
    design = Experiment.model_validate({"arms": [{"name": arm} for arm in arms], "outcomes": outcomes})
    return Findings(design, "s/main@5", "00", tuple(rows), 0)


A = [3.0, 4.5, 2.0, 5.5, 4.0, 3.5, 6.0, 2.5, 4.0, 5.0]
B = [4.0, 5.0, 3.5, 6.0, 5.5, 3.0, 7.5, 3.5, 5.0, 5.5]
C = [1.0, 2.0, 1.5, 3.0, 2.5, 1.0, 2.0, 2.5, 1.5, 2.0]


def test_two_arms_of_numbers_are_compared_in_pairs_that_share_a_draw() -> None:
    [found] = compare(findings({"score": {"a": A, "b": B}}))
    assert found.test.p == pytest.approx(statistics.paired_t(A, B).p)
    assert found.effect.estimate == pytest.approx(statistics.hedges_g(A, B).estimate)
    assert found.effect.interval is not None
    assert (found.test.n, found.test.unit) == ((10, 10), "replicate")
    assert "share a draw" in found.reason


def test_a_pair_that_lacks_a_value_is_left_out_and_counted() -> None:
    [found] = compare(findings({"score": {"a": [None, *A[1:]], "b": B}}))
    assert found.test.p == pytest.approx(statistics.paired_t(A[1:], B[1:]).p)
    assert found.missing == 1
    assert "1 of all replicates have no value" in found.sentences()[0]


@pytest.mark.parametrize(
    "values",
    [
        {"x": {"a": A, "b": B}},
        {"x": {"a": A}},
        {"x": {"a": [None], "b": [None]}},
        {"x": {"a": ["red", "blue"] * 20, "b": ["red"] * 40}},
        {"x": {"a": ["red"] * 20, "b": ["red"] * 20}},
        {"x": {"a": [True, False, True], "b": [False, False, True]}},
    ],
)
def test_nothing_is_told_twice_of_one_outcome(values: Values) -> None:
    [found] = compare(findings(values))
    _, *rest = found.sentences()
    told = [part for sentence in rest for part in re.split(r"\. |; |: ", sentence.rstrip("."))]
    assert len(told) == len(set(told))
    note = found.effect.note.partition(": ")[2] or found.effect.note
    assert note.casefold() in " ".join(rest).casefold()


def test_three_arms_of_numbers_get_one_test_over_all_of_them() -> None:
    [found] = compare(findings({"score": {"a": A, "b": B, "c": C}}))
    assert found.test.p == pytest.approx(statistics.welch_anova({"a": A, "b": B, "c": C}).p)
    assert found.effect.name == "eta squared"


def test_answers_are_counted_and_few_of_them_tested_exactly() -> None:
    yes: Values = {"bought": {"a": [True] * 7 + [False] * 3, "b": [True] + [False] * 9}}
    [found] = compare(findings(yes))
    assert found.test.p == pytest.approx(2 * (comb(10, 7) * comb(10, 1) + comb(10, 8)) / comb(20, 8))
    assert found.means == {"a": "no 3 of 10, yes 7 of 10", "b": "no 9 of 10, yes 1 of 10"}
    [found] = compare(findings({"pick": {"a": ["x"] * 9 + ["y"], "b": ["z"] * 10, "c": ["x"] * 10}}))
    assert found.test.name == "chi-squared test"
    assert found.effect.name == "Cramér's V"


def test_all_outcomes_are_one_family_corrected_after_holm() -> None:
    yes: list[Value] = [True] * 5 + [False] * 5
    values: Values = {"one": {"a": A, "b": B}, "two": {"a": A, "b": [*B[1:], B[0]]}, "still": {"a": yes, "b": yes}}
    found = compare(findings(values))
    assert [each.test.adjusted for each in found] == statistics.holm([each.test.p for each in found])
    assert {each.test.adjustment for each in found} == {"Holm"}


numbers = st.lists(st.one_of(st.none(), st.floats(-1e6, 1e6)), min_size=0, max_size=6)


@given(st.integers(1, 4).flatmap(lambda arms: st.lists(numbers, min_size=arms, max_size=arms)))
def test_whatever_there_is_to_compare_is_put_in_words_and_never_in_nan(columns: list[list[float | None]]) -> None:
    longest = max(map(len, columns))
    arms: dict[str, list[Value]] = {
        f"arm{n}": [*each, *[None] * (longest - len(each))] for n, each in enumerate(columns)
    }
    for found in compare(findings({"x": arms})):
        for result in (found.test, found.effect):
            said = result.sentence()
            assert "nan" not in said.lower().split()
            assert (result.p is not None) or result.note or result.estimate is not None
        assert found.missing == sum(value is None for each in arms.values() for value in each)


@given(st.lists(st.lists(st.sampled_from([None, "x", "y", "z"]), max_size=5), min_size=1, max_size=4))
def test_so_are_answers(columns: list[list[str | None]]) -> None:
    longest = max(map(len, columns))
    arms: dict[str, list[Value]] = {
        f"arm{n}": [*each, *[None] * (longest - len(each))] for n, each in enumerate(columns)
    }
    made = findings({"x": arms})
    for found in compare(made):
        assert found.test.p is not None or found.test.note
        assert found.sentences()


def test_one_arm_is_summed_up_and_not_compared() -> None:
    [found] = compare(findings({"score": {"a": A}}))
    assert found.test.note == "no test: there is one arm only"
    assert found.means == {"a": "mean 4 (n = 10)"}
