"""Statistics agree to 1e-9 with scipy, or with the formula written out, on data of every kind and size."""

import itertools
import math
import statistics
import warnings
from fractions import Fraction

import numpy
import pytest
from hypothesis import assume, given
from hypothesis import strategies as some
from scipy import stats

from troupe_es.experimentation import statistics as st
from troupe_es.experimentation.statistics.counts import wilson

NEAR = {"rel": 1e-9, "abs": 1e-12}
numbers = some.integers(-100, 100).map(lambda whole: whole / 4)
sample = some.lists(numbers, min_size=3, max_size=25)
varied = sample.filter(lambda values: len(set(values)) > 1)


@given(varied, varied)
def test_t_tests_are_those_of_scipy(a: list[float], b: list[float]) -> None:
    for ours, equal in ((st.welch_t, False), (st.student_t, True)):
        result, theirs = ours(a, b), stats.ttest_ind(a, b, equal_var=equal)
        assert result.statistic == pytest.approx(theirs.statistic, **NEAR)
        assert result.df == (pytest.approx(theirs.df, **NEAR),)
        assert result.p == pytest.approx(theirs.pvalue, **NEAR)
        reach = theirs.confidence_interval(0.95)
        assert result.interval == pytest.approx((reach.low, reach.high), **NEAR)


@given(some.lists(some.tuples(numbers, numbers), min_size=3, max_size=25))
def test_the_paired_t_test_is_that_of_scipy(pairs: list[tuple[float, float]]) -> None:
    assume(len({a - b for a, b in pairs}) > 1)
    a, b = zip(*pairs, strict=True)
    result, theirs = st.paired_t(a, b), stats.ttest_rel(a, b)
    assert (result.statistic, result.p) == pytest.approx((theirs.statistic, theirs.pvalue), **NEAR)


@given(some.lists(varied, min_size=2, max_size=5))
def test_analyses_of_variance_are_those_of_scipy(groups: list[list[float]]) -> None:
    named = {str(place): group for place, group in enumerate(groups)}
    for ours, equal in ((st.anova, True), (st.welch_anova, False)):
        result, theirs = ours(named), stats.f_oneway(*groups, equal_var=equal)
        assert (result.statistic, result.p) == pytest.approx((theirs.statistic, theirs.pvalue), **NEAR)


@given(some.lists(sample, min_size=2, max_size=5))
def test_kruskal_wallis_is_that_of_scipy(groups: list[list[float]]) -> None:
    assume(len({value for group in groups for value in group}) > 1)
    result = st.kruskal_wallis({str(place): group for place, group in enumerate(groups)})
    theirs = stats.kruskal(*groups)
    assert (result.statistic, result.p) == pytest.approx((theirs.statistic, theirs.pvalue), **NEAR)


@given(some.lists(varied, min_size=2, max_size=4))
def test_brown_forsythe_is_that_of_scipy(groups: list[list[float]]) -> None:
    assume(any(len({abs(v - statistics.median(group)) for v in group}) > 1 for group in groups))
    result = st.brown_forsythe({str(place): group for place, group in enumerate(groups)})
    theirs = stats.levene(*groups, center="median")
    assert (result.statistic, result.p) == pytest.approx((theirs.statistic, theirs.pvalue), **NEAR)


@given(varied)
def test_shapiro_wilk_is_that_of_scipy(values: list[float]) -> None:
    result, theirs = st.shapiro_wilk(values), stats.shapiro(sorted(values))
    assert (result.statistic, result.p) == pytest.approx((theirs.statistic, theirs.pvalue), rel=1e-6)


@given(some.lists(numbers, min_size=2, max_size=6, unique=True), some.data())
def test_the_exact_rank_sum_test_counts_all_ways_to_deal_the_ranks(
    values: list[float], data: some.DataObject
) -> None:
    first = data.draw(some.integers(1, len(values) - 1))
    result = st.mann_whitney(values[:first], values[first:])
    ranks = {value: rank for rank, value in enumerate(sorted(values), 1)}
    sums = [sum(dealt) for dealt in itertools.combinations(ranks.values(), first)]
    middle = Fraction(first * (len(values) + 1), 2)
    away = abs(sum(ranks[value] for value in values[:first]) - middle)
    share = Fraction(sum(abs(total - middle) >= away for total in sums), len(sums))
    assert result.p == pytest.approx(float(share), **NEAR)


@given(some.lists(numbers.filter(bool), min_size=1, max_size=8, unique_by=abs))
def test_the_exact_signed_rank_test_counts_all_signs(changes: list[float]) -> None:
    result = st.wilcoxon(changes, [0.0] * len(changes))
    ranks = range(1, len(changes) + 1)
    by_size = sorted(changes, key=abs)
    observed = sum(rank for rank, change in zip(ranks, by_size, strict=True) if change > 0)
    sums = [sum(itertools.compress(ranks, signs)) for signs in itertools.product((0, 1), repeat=len(changes))]
    middle = Fraction(sum(ranks), 2)
    share = Fraction(sum(abs(total - middle) >= abs(observed - middle) for total in sums), len(sums))
    assert result.statistic == observed
    assert result.p == pytest.approx(float(share), **NEAR)


@given(some.lists(some.tuples(numbers, numbers), min_size=10, max_size=40))
def test_the_signed_rank_test_with_ties_is_that_of_scipy(pairs: list[tuple[float, float]]) -> None:
    changes = [a - b for a, b in pairs if a != b]
    assume(len({abs(change) for change in changes}) < len(changes))
    result = st.wilcoxon(*zip(*pairs, strict=True))
    theirs = stats.wilcoxon(changes, correction=True, method="asymptotic")
    assert result.p == pytest.approx(min(1.0, theirs.pvalue), **NEAR)


@given(sample, sample)
def test_kolmogorov_smirnov_is_the_largest_gap_and_scipys_p(a: list[float], b: list[float]) -> None:
    result = st.kolmogorov_smirnov(a, b)
    gaps = [abs(sum(v <= x for v in a) / len(a) - sum(v <= x for v in b) / len(b)) for x in a + b]
    assert result.statistic == pytest.approx(max(gaps), **NEAR)
    with warnings.catch_warnings(record=True) as said:  # scipy gives up the exact p of some samples, aloud
        warnings.simplefilter("always")
        theirs = stats.ks_2samp(a, b, method="exact")
    assert said or result.p == pytest.approx(min(1.0, theirs.pvalue), **NEAR)


@given(some.lists(numbers, min_size=2, max_size=7, unique=True), some.data())
def test_the_exact_p_of_kolmogorov_smirnov_counts_all_ways_to_deal(
    values: list[float], data: some.DataObject
) -> None:
    first = data.draw(some.integers(1, len(values) - 1))

    def gap(a: set[float]) -> Fraction:
        b = set(values) - a
        return max(
            abs(Fraction(sum(v <= x for v in a), len(a)) - Fraction(sum(v <= x for v in b), len(b))) for x in values
        )

    gaps = [gap(set(dealt)) for dealt in itertools.combinations(values, first)]
    share = Fraction(sum(found >= gap(set(values[:first])) for found in gaps), len(gaps))
    assert st.kolmogorov_smirnov(values[:first], values[first:]).p == pytest.approx(float(share), **NEAR)


def test_kolmogorov_smirnov_of_many_values_is_that_of_scipy() -> None:
    a, b = [place / 7 for place in range(150)], [place / 6 for place in range(200)]
    result, theirs = st.kolmogorov_smirnov(a, b), stats.ks_2samp(a, b, method="asymp")
    assert (result.statistic, result.p) == pytest.approx((theirs.statistic, theirs.pvalue), **NEAR)


@given(some.integers(2, 4), some.integers(2, 4), some.data())
def test_chi_squared_and_cramers_v_are_those_of_scipy(rows: int, columns: int, data: some.DataObject) -> None:
    cells = some.lists(some.integers(1, 30), min_size=columns, max_size=columns)
    counts = data.draw(some.lists(cells, min_size=rows, max_size=rows))
    table = {f"group {i}": {f"answer {j}": n for j, n in enumerate(row)} for i, row in enumerate(counts)}
    result, theirs = st.chi_squared(table), stats.chi2_contingency(counts, correction=False)
    assert (result.statistic, result.p) == pytest.approx((theirs.statistic, theirs.pvalue), **NEAR)
    assert result.estimate == pytest.approx(stats.contingency.association(numpy.array(counts), "cramer"), **NEAR)


@given(some.lists(some.integers(0, 12), min_size=4, max_size=4))
def test_fishers_test_counts_the_tables_with_the_same_margins(cells: list[int]) -> None:
    a, b, c, d = cells
    assume(all((a + b, c + d, a + c, b + d)))
    result = st.fisher_exact({"A": {"yes": a, "no": b}, "B": {"yes": c, "no": d}})
    total, first, yes = sum(cells), a + b, a + c
    chances = {
        k: Fraction(math.comb(yes, k) * math.comb(total - yes, first - k), math.comb(total, first))
        for k in range(max(0, first + yes - total), min(first, yes) + 1)
    }
    share = sum(chance for chance in chances.values() if chance <= chances[a])
    assert result.p == pytest.approx(float(share), **NEAR)
    if result.estimate is not None:  # the odds ratio under which the observed cell is the one to be expected
        weights = {k: float(chance) * result.estimate**k for k, chance in chances.items()}
        mean = sum(k * weight for k, weight in weights.items()) / sum(weights.values())
        assert mean == pytest.approx(a, rel=1e-6, abs=1e-6)


@given(varied, varied, some.floats(0.1, 50))
def test_equivalence_is_the_worse_of_two_one_sided_tests(a: list[float], b: list[float], margin: float) -> None:
    lower = stats.ttest_ind([value + margin for value in a], b, equal_var=False, alternative="greater").pvalue
    upper = stats.ttest_ind([value - margin for value in a], b, equal_var=False, alternative="less").pvalue
    result = st.equivalent(a, b, margin)
    assert result.p == pytest.approx(max(lower, upper), rel=1e-7, abs=1e-12)
    inside = result.interval is not None and -margin < result.interval[0] and result.interval[1] < margin
    assert inside == (result.p < 0.05)


@given(varied, varied)
def test_effect_sizes_are_their_definitions(a: list[float], b: list[float]) -> None:
    n, m = len(a), len(b)
    pooled = math.sqrt(((n - 1) * statistics.variance(a) + (m - 1) * statistics.variance(b)) / (n + m - 2))
    d = (statistics.mean(a) - statistics.mean(b)) / pooled
    freedom = n + m - 2
    correction = math.gamma(freedom / 2) / (math.sqrt(freedom / 2) * math.gamma((freedom - 1) / 2))
    above, below = (sum(sign * (x - y) > 0 for x in a for y in b) for sign in (1, -1))
    assert st.cohen_d(a, b).estimate == pytest.approx(d, **NEAR)
    assert st.hedges_g(a, b).estimate == pytest.approx(d * correction, **NEAR)
    assert st.cliffs_delta(a, b).estimate == pytest.approx((above - below) / (n * m), **NEAR)
    eta = st.eta_squared({"a": a, "b": b}).estimate
    t = st.student_t(a, b).statistic or 0.0
    assert eta == pytest.approx(t**2 / (t**2 + freedom), **NEAR)


@given(some.lists(some.tuples(numbers, numbers), min_size=2, max_size=25))
def test_the_rank_biserial_correlation_comes_from_the_signed_ranks(pairs: list[tuple[float, float]]) -> None:
    moved = sum(a != b for a, b in pairs)
    assume(moved)
    a, b = zip(*pairs, strict=True)
    most = moved * (moved + 1) / 2
    assert st.rank_biserial(a, b).estimate == pytest.approx(2 * st.wilcoxon(a, b).statistic / most - 1, **NEAR)


@given(some.lists(some.floats(0, 1), min_size=1, max_size=12))
def test_corrections_are_those_written_out(p: list[float]) -> None:
    count = len(p)
    assert st.benjamini_hochberg(p) == pytest.approx(list(stats.false_discovery_control(p)), **NEAR)
    holm = [min(1.0, max((sum(x >= q for x in p)) * q for q in p if q <= value)) for value in p]
    assert st.holm(p) == pytest.approx(holm, **NEAR)
    assert len(holm) == count


def test_the_bootstrap_interval_covers_as_often_as_it_says() -> None:
    # The true d is .8; a 95 % percentile interval of two groups of 40 covers it in 95 % of samples, give or take.
    draw = numpy.random.default_rng(7)
    covered = 0
    for _ in range(150):
        low, high = st.cohen_d(draw.normal(0.8, 1, 40), draw.normal(0, 1, 40)).interval or (0.0, 0.0)
        covered += low <= 0.8 <= high
    assert 0.89 <= covered / 150 <= 0.99


def test_power_is_the_share_of_experiments_that_find_the_effect() -> None:
    draw = numpy.random.default_rng(11)
    found = [stats.ttest_ind(draw.normal(0.7, 1, 15), draw.normal(0, 1, 30)).pvalue < 0.05 for _ in range(4000)]
    assert st.power_t(0.7, 15, 30).power == pytest.approx(sum(found) / 4000, abs=0.025)
    paired = [stats.ttest_1samp(draw.normal(0.5, 1, 20), 0).pvalue < 0.05 for _ in range(4000)]
    assert st.power_paired_t(0.5, 20).power == pytest.approx(sum(paired) / 4000, abs=0.025)


@given(some.integers(1, 200), some.data(), some.sampled_from([0.8, 0.95, 0.99]))
def test_wilsons_interval_of_a_share_is_that_of_scipy(n: int, data: some.DataObject, level: float) -> None:
    count = data.draw(some.integers(0, n))
    theirs = stats.binomtest(count, n).proportion_ci(level, method="wilson")
    assert wilson(count, n, level) == pytest.approx((theirs.low, theirs.high), **NEAR)


def test_a_bootstrap_interval_is_the_same_on_every_machine() -> None:
    low, high = st.cohen_d([1, 2, 3, 4, 5, 6], [3, 4, 4, 6, 8]).interval or (0.0, 0.0)
    assert (low, high) == pytest.approx((-2.343675440500628, 0.34855071841237856), **NEAR)
