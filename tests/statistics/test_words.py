"""Results say in words what they mean, what they do not, and why there is none."""

import sys

import pytest

from troupe_es import extras
from troupe_es.errors import UsageError
from troupe_es.experimentation import statistics as st


@pytest.mark.parametrize(
    ("a", "b", "note"),
    [
        ([], [1, 2], "no test: control is empty"),
        ([3], [1, 2], "no test: control has only one value, and at least 2 are needed"),
        ([2, 2], [2, 2], "no test: neither control nor price varies; the means are equal"),
        ([2, 2], [3, 3], "no test: neither control nor price varies; the means differ by -1"),
    ],
)
def test_what_cannot_be_tested_says_why(a: list[float], b: list[float], note: str) -> None:
    result = st.welch_t(a, b, names=("control", "price"))
    assert result.note == note
    assert (result.statistic, result.p, result.interval, result.df) == (None, None, None, ())
    assert "o test" in result.sentence()


def test_two_groups_of_one_value_each_still_have_a_difference_of_means() -> None:
    assert st.welch_t([3], [1]).estimate == 2


def test_equal_values_have_no_rank_test() -> None:
    assert st.mann_whitney([1, 1], [1, 1]).note.startswith("no test: all values are equal; no interval")
    assert st.kruskal_wallis({"a": [1, 1], "b": [1]}).note == "no test: all values are equal"
    assert st.wilcoxon([1, 2], [1, 2]).note == "no test: no pair differs"


def test_pairs_that_differ_by_the_same_up_to_rounding_have_no_t() -> None:
    a = [0.1, 0.2, 0.3, 0.7]
    result = st.paired_t([value + 0.1 for value in a], a)
    assert result.p is None
    assert result.note == "no test: every pair differs by the same, 0.100"


def test_too_few_values_for_any_rank_test_to_find_something_is_said() -> None:
    result = st.mann_whitney([1, 2, 3], [4, 5, 6])
    assert result.p == pytest.approx(0.1)
    assert "so few values cannot give a p below 0.100, so not below 5 % either" in result.note


def test_a_p_below_what_so_few_values_can_give_is_said_to_be_too_small() -> None:
    result = st.wilcoxon([0.0, 0.5, 0.0], [1.0, 1.0, 1.0])
    assert result.p is not None and result.p < 0.25
    assert "with equal values p is approximate, and too small: so few cannot give one below 0.250" in result.note
    assert "cannot give a p below" not in result.note


def test_an_interval_that_cannot_vary_is_left_out_and_says_so() -> None:
    result = st.cliffs_delta([1, 2, 3], [4, 5, 6])
    assert (result.estimate, result.interval) == (-1, None)
    assert "it is the same in every resample" in result.note


def test_small_expected_counts_are_said_and_fishers_test_recommended() -> None:
    table = {"A": {"yes": 3, "no": 1}, "B": {"yes": 1, "no": 3}}
    assert "4 of 4 expected counts are below 5" in st.chi_squared(table).note
    assert st.recommend_counts(table).test == "fisher_exact"
    three = {"A": {"yes": 3, "no": 1, "perhaps": 1}, "B": {"yes": 1, "no": 3, "perhaps": 1}}
    assert st.recommend_counts(three).reason == "Fisher's exact test is for two groups and two answers"
    assert "not to be trusted" in st.chi_squared(three).note
    large = {"A": {"yes": 30, "no": 10}, "B": {"yes": 10, "no": 30}}
    assert st.recommend_counts(large).test == "chi_squared"


def test_a_sentence_says_who_what_and_what_it_does_not_show() -> None:
    result = st.welch_t([1, 2, 3, 4], [2, 3, 4, 5], names=("control", "price"))
    assert result.sentence() == (
        "Welch's t test of control (n = 4) and price (n = 4), where n counts replicates: t(6) = -1.10, p = 0.315."
        " At the 5 % level the data do not speak against equal means, which is no proof of it."
        " Mean difference: -1 (95 % interval -3.23 to 1.23)."
    )


def test_equivalence_speaks_against_a_difference_as_large_as_the_margin() -> None:
    a = [value / 10 for value in range(40)]
    result = st.equivalent(a, [value + 0.01 for value in a], 1.0)
    assert result.significant
    assert "speak against a difference of 1 or more" in result.sentence()
    assert result.level == 0.9


def test_corrected_results_are_judged_by_the_corrected_p() -> None:
    results = [st.welch_t([1, 2, 3, 4], [3.5, 4.5, 5.5, 6.5]) for _ in range(3)] + [st.welch_t([], [1, 2])]
    family = st.corrected(results, "Holm")
    assert results[0].significant and not family[0].significant
    assert family[0].adjusted == pytest.approx(3 * (results[0].p or 0))
    assert family[3].adjusted is None
    assert "corrected after Holm" in family[0].sentence()


def test_the_unit_is_said_and_utterances_are_summed_up_first() -> None:
    rows = [("r1", 1), ("r1", 3), ("r2", 4), ("r2", 6), ("r3", 5)]
    units = st.per_unit(rows)
    assert units.values == (2, 5, 5)
    assert units.note == "5 utterances in 3 replicates: each replicate counts once, as the mean of its utterances"
    assert "where n counts replicates" in st.welch_t(units.values, [1, 2], unit=units.unit).sentence()
    yes = st.per_unit([("r1", True), ("r1", False)], how="share", of="answer")
    assert yes.values == (0.5,)


def test_the_recommendation_follows_from_its_checks() -> None:
    normal = [-1.5, -1.0, -0.7, -0.4, -0.1, 0.1, 0.4, 0.7, 1.0, 1.5]
    skewed = [0.0, 0.1, 0.1, 0.2, 0.2, 0.3, 0.3, 0.4, 5.0, 30.0]
    assert st.recommend({"a": normal, "b": [value + 1 for value in normal]}).test == "welch_t"
    found = st.recommend({"a": normal, "b": skewed})
    assert found.test == "mann_whitney"
    assert found.reason.startswith("few values, and not normal ones in b (Shapiro–Wilk p < 0.001)")
    assert st.recommend({"a": skewed * 3, "b": skewed * 3}).test == "welch_t"
    assert st.recommend({"a": normal, "b": normal, "c": skewed}).test == "kruskal_wallis"
    assert st.recommend({"a": normal, "b": skewed}, paired=True).test == "wilcoxon"
    assert st.recommend({"a": normal, "b": normal}, ordinal=True).test == "mann_whitney"
    spread = st.recommend({"a": normal, "b": [value * 20 for value in normal]})
    assert "variances differ" in spread.reason
    assert "rests on trust" in st.recommend({"a": [1, 1, 1], "b": [1, 2, 3]}).reason
    for kind in ("welch_t", "mann_whitney", "kruskal_wallis", "wilcoxon"):
        assert callable(getattr(st, kind))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: st.welch_t([1, float("nan")], [1, 2]), "A: value 2 is nan"),
        (lambda: st.welch_t([1, "2"], [1, 2]), "A: value 2 is '2'"),
        (lambda: st.welch_t([True, 2], [1, 2]), "A: value 1 is True"),
        (lambda: st.welch_t([1, 10**400], [1, 2]), "A: value 2 is"),
        (lambda: st.welch_t("12", [1, 2]), "expected numbers, not the text '12'"),
        (lambda: st.paired_t([1, 2], [1]), "A has 2, B has 1"),
        (lambda: st.equivalent([1, 2], [1, 3], 0), "must be a number above 0, not 0"),
        (lambda: st.welch_t([1, 2], [1, 3], level=95), "must be at least 0.5 and below 1, such as 0.95, not 95"),
        (lambda: st.holm([0.5, 1.5]), "p value 2 is 1.5"),
        (lambda: st.chi_squared({"A": {"yes": 1.5}, "B": {"yes": 1}}), "A, yes: 1.5 is no count"),
        (lambda: st.fisher_exact({"A": {"x": 1, "y": 2, "z": 3}, "B": {}}), "takes two groups and two answers"),
        (lambda: st.power_t(0, 10), "a number other than 0, not 0"),
        (lambda: st.size_t(1e-6), "the effect is too small to find"),
        (lambda: st.per_unit([("r1", 3)], how="share"), "a share is of yes and no, 1 and 0, not of 3"),
        (lambda: st.recommend({"a": [1, 2]}), "needs at least two groups, not 1"),
    ],
)
def test_bad_input_gets_one_clear_error(call: object, message: str) -> None:
    with pytest.raises(UsageError) as error:
        call()  # type: ignore[operator]
    assert message in str(error.value)


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "scipy", None)
    monkeypatch.setitem(sys.modules, "scipy.stats", None)
    with pytest.raises(UsageError, match=r"need scipy, which is not installed: pip install 'troupe-es\[stats\]'"):
        extras.need("scipy.stats", "stats", "statistics")
    with pytest.raises(UsageError, match="statistics need scipy"):
        st.welch_t([1, 2], [1, 4])


def test_plans_say_what_they_find() -> None:
    assert st.size_t(1, power=0.9).sentence() == (
        "two-sample t test: with 23 replicates in each group, d = 1 is found at the 5 % level"
        " in 91.2 % of experiments."
    )
