"""What must not change a result does not: order, units, names; and no input gives NaN, infinity or a warning."""

import dataclasses
import math
import warnings
from collections.abc import Callable, Iterator, Sequence

import pytest
from hypothesis import assume, given
from hypothesis import strategies as some

from troupe_es.experimentation import statistics as st
from troupe_es.experimentation.statistics import Result

NEAR = {"rel": 1e-9, "abs": 1e-9}
TWO = [st.welch_t, st.student_t, st.mann_whitney, st.kolmogorov_smirnov, st.cohen_d, st.hedges_g, st.cliffs_delta]
PAIRED = [st.paired_t, st.wilcoxon, st.rank_biserial]
SEVERAL = [st.anova, st.welch_anova, st.kruskal_wallis, st.eta_squared, st.brown_forsythe]

numbers = some.integers(-40, 40).map(lambda whole: whole / 4)
sample = some.lists(numbers, min_size=3, max_size=12)
awkward = some.lists(
    some.one_of(
        some.sampled_from([0.0, 1.0, -1.0, 0.1, 0.1 + 1e-16, 1e-300, 1e60, -1e60, 1e15, 1e15 + 0.125]),
        some.floats(-1e60, 1e60),
        some.integers(1, 5),
    ),
    max_size=7,
)


@pytest.fixture(autouse=True)
def _every_warning_is_an_error() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def said(result: Result) -> list[float]:
    """All numbers of a result."""
    ends = [result.statistic, result.p, result.estimate, *result.df, *(result.interval or ())]
    return [number for number in ends if number is not None]


def sound(result: Result) -> None:
    assert all(math.isfinite(number) for number in said(result)), result
    assert result.p is None or 0 <= result.p <= 1
    assert (result.p is not None or result.estimate is not None) or result.note, result
    assert result.interval is None or result.interval[0] <= result.interval[1]
    text = result.sentence() + str(result.row())
    assert "nan" not in text.replace("finance", "") and "inf" not in text.lower().replace("information", "")


def alike(first: Result, second: Result, factor: float = 1.0) -> None:
    """The same p; the same estimate and interval, times ``factor``."""
    assert (first.p is None) == (second.p is None)
    assert first.p is None or first.p == pytest.approx(second.p, **NEAR)
    assert first.estimate is None or first.estimate * factor == pytest.approx(second.estimate, **NEAR)
    if first.interval and second.interval:
        ends = sorted(end * factor for end in first.interval)
        assert ends == pytest.approx(list(second.interval), **NEAR)


@given(awkward, awkward)
def test_no_two_samples_give_nan_or_a_warning(a: list[float], b: list[float]) -> None:
    for test in TWO:
        sound(test(a, b))
    sound(st.equivalent(a, b, 0.5))
    sound(st.shapiro_wilk(a))


@given(some.lists(some.tuples(numbers, numbers), max_size=8), awkward)
def test_no_pairs_give_nan_or_a_warning(pairs: list[tuple[float, float]], more: list[float]) -> None:
    for a, b in ([list(side) for side in zip(*pairs, strict=True)] or [[], []], (more, list(reversed(more)))):
        for test in PAIRED:
            sound(test(a, b))
        sound(st.equivalent_pairs(a, b, 0.5))


@given(some.dictionaries(some.sampled_from("abcd"), awkward))
def test_no_groups_give_nan_or_a_warning(groups: dict[str, list[float]]) -> None:
    for test in SEVERAL:
        sound(test(groups))


@given(some.lists(some.lists(some.integers(0, 6), min_size=3, max_size=3), min_size=2, max_size=4))
def test_no_table_gives_nan_or_a_warning(counts: list[list[int]]) -> None:
    table = {f"group {i}": {f"answer {j}": n for j, n in enumerate(row)} for i, row in enumerate(counts)}
    sound(st.chi_squared(table))
    sound(st.cramers_v(table))
    assert st.recommend_counts(table).reason
    sound(
        st.fisher_exact({name: {"yes": row["answer 0"], "no": row["answer 1"]} for name, row in [*table.items()][:2]})
    )


@given(sample, sample, some.randoms(use_true_random=False))
def test_the_order_of_values_changes_nothing(a: list[float], b: list[float], chance: "some.Random") -> None:
    mixed = [chance.sample(values, len(values)) for values in (a, b)]
    for test in TWO:
        assert test(a, b) == test(*mixed)
    for several in SEVERAL:
        assert several({"a": a, "b": b}) == several({"a": mixed[0], "b": mixed[1]})


@given(some.lists(some.tuples(numbers, numbers), min_size=3, max_size=12), some.randoms(use_true_random=False))
def test_the_order_of_pairs_changes_nothing(pairs: list[tuple[float, float]], chance: "some.Random") -> None:
    mixed = chance.sample(pairs, len(pairs))
    for test in PAIRED:
        assert test(*zip(*pairs, strict=True)) == test(*zip(*mixed, strict=True))


@given(sample, sample)
def test_another_name_for_the_groups_turns_the_effect_round_and_leaves_p(a: list[float], b: list[float]) -> None:
    assume(sorted(a) != sorted(b))
    for test in TWO:
        one, other = test(a, b), test(b, a)
        alike(one, other, 1.0 if test is st.kolmogorov_smirnov else -1.0)
    alike(st.equivalent(a, b, 2.0), st.equivalent(b, a, 2.0), -1.0)
    for several in SEVERAL:
        alike(several({"a": a, "b": b}), several({"b": b, "a": a}))


@given(sample, sample, some.sampled_from([0.001, 0.5, 4.0, 1000.0]), numbers)
def test_other_units_scale_differences_and_leave_the_rest(
    a: list[float], b: list[float], factor: float, shift: float
) -> None:
    scaled = [[value * factor + shift * factor for value in values] for values in (a, b)]
    for test in TWO:
        raw = test in (st.welch_t, st.student_t)
        one, other = test(a, b), test(*scaled)
        if math.isclose(abs(one.estimate or 0.0), 1.0) and one.interval is None:
            continue  # a degenerate sample is told by rounding
        alike(one, other, factor if raw else 1.0)
    for several in SEVERAL:
        alike(several({"a": a, "b": b}), several({"a": scaled[0], "b": scaled[1]}))
    alike(st.equivalent(a, b, 1.0), st.equivalent(*scaled, factor), factor)


@given(
    some.permutations(range(3)), some.permutations(range(3)), some.lists(some.integers(0, 20), min_size=9, max_size=9)
)
def test_the_order_of_rows_and_columns_leaves_chi_squared(
    rows: Sequence[int], columns: Sequence[int], cells: list[int]
) -> None:
    def table(order: Sequence[int], inner: Sequence[int]) -> dict[str, dict[str, int]]:
        return {f"g{i}": {f"a{j}": cells[3 * i + j] for j in inner} for i in order}

    one, other = st.chi_squared(table(range(3), range(3))), st.chi_squared(table(rows, columns))
    assert (one.p is None, one.estimate is None) == (other.p is None, other.estimate is None)
    assert [one.p or 0, one.estimate or 0] == pytest.approx([other.p or 0, other.estimate or 0], **NEAR)


@given(some.lists(some.one_of(some.none(), some.floats(0, 1)), max_size=12))
@pytest.mark.parametrize("correct", [st.holm, st.benjamini_hochberg])
def test_corrected_p_values_are_larger_and_in_the_same_order(
    correct: Callable[[Sequence[float | None]], list[float | None]], p: list[float | None]
) -> None:
    corrected = correct(p)
    pairs = [(old, new) for old, new in zip(p, corrected, strict=True) if old is not None and new is not None]
    assert [value is None for value in p] == [value is None for value in corrected]
    assert all(old <= new <= 1 for old, new in pairs)
    by_old = sorted(pairs)
    assert [new for _, new in by_old] == sorted(new for _, new in pairs)
    backwards = correct(p[::-1])
    assert backwards[::-1] == corrected


@given(some.lists(some.floats(0, 1), min_size=1, max_size=10))
def test_holm_is_never_milder_than_benjamini_and_hochberg(p: list[float]) -> None:
    for strict, mild in zip(st.holm(p), st.benjamini_hochberg(p), strict=True):
        assert strict is not None and mild is not None and strict >= mild - 1e-12


@given(some.floats(0.05, 3), some.integers(2, 200))
def test_more_units_and_larger_effects_have_more_power(d: float, n: int) -> None:
    power = st.power_t(d, n).power
    assert st.power_t(d, n + 5).power >= power - 1e-9
    assert st.power_t(d * 1.2, n).power >= power - 1e-9
    assert st.power_t(-d, n).power == power
    assert 0.05 - 1e-9 <= power <= 1


@given(some.floats(0.2, 3), some.floats(0.5, 0.99))
def test_the_sample_size_is_the_smallest_that_suffices(d: float, power: float) -> None:
    plan = st.size_t(d, power=power)
    assert plan.power >= power
    assert plan.n[0] == 2 or st.power_t(d, plan.n[0] - 1).power < power


@given(some.lists(some.tuples(some.sampled_from(["r1", "r2", "r3"]), numbers), max_size=20))
def test_utterances_count_once_per_replicate_in_any_order(rows: list[tuple[str, float]]) -> None:
    units = st.per_unit(rows)
    assert units == st.per_unit(rows[::-1])
    assert len(units.values) == len({name for name, _ in rows})
    assert sum(units.sizes) == len(rows)
    means = {name: [value for other, value in rows if other == name] for name, _ in rows}
    for name, value in zip(units.names, units.values, strict=True):
        assert value == pytest.approx(sum(means[name]) / len(means[name]), **NEAR)


def test_results_cannot_be_changed() -> None:
    result = st.welch_t([1, 2, 3], [2, 3, 5])
    with pytest.raises(dataclasses.FrozenInstanceError):
        result.p = 0.01  # type: ignore[misc]
