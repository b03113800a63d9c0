"""Distances agree to 1e-9 with scipy, or with the definition written out, and keep their laws."""

import itertools
import math
import random
import statistics
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some
from scipy import stats
from scipy.spatial import distance

from troupe_es.validation import Answers, Question, answers, compare

NEAR = {"rel": 1e-9, "abs": 1e-9}
votes = some.lists(some.integers(1, 5), min_size=2, max_size=20)
ITEMS = ("a", "b", "c", "d")
ranked = some.lists(some.permutations(ITEMS), min_size=2, max_size=10)


def of(kind: Any, values: list[Any], options: tuple[Any, ...] = ()) -> Answers:
    return answers(Question("q", kind, options), values)


def value(kind: Any, a: list[Any], b: list[Any], name: str, options: tuple[Any, ...] = ()) -> float | None:
    return compare(of(kind, a, options), of(kind, b, options)).measure(name).value


@given(votes, votes)
def test_distances_of_numbers_are_those_of_scipy(a: list[int], b: list[int]) -> None:
    found = compare(of("ordinal", a), of("ordinal", b))
    p, q = ([Counter(side)[option] / len(side) for option in range(1, 6)] for side in (a, b))
    expected = {
        "mean difference": sum(a) / len(a) - sum(b) / len(b),
        "Kolmogorov–Smirnov distance": stats.ks_2samp(a, b, method="asymp").statistic,
        "Wasserstein distance": stats.wasserstein_distance(a, b),
        "total variation": sum(abs(x - y) for x, y in zip(p, q, strict=True)) / 2,
        "Jensen–Shannon divergence (bits)": distance.jensenshannon(p, q, base=2) ** 2,
    }
    for name, theirs in expected.items():
        assert found.measure(name).value == pytest.approx(theirs, **NEAR), name
    spread = found.measure("variance ratio").value
    if len(set(b)) == 1:
        assert spread is None
    else:
        assert spread == pytest.approx(statistics.variance(a) / statistics.variance(b), **NEAR)


@given(ranked, ranked)
def test_borda_scores_and_kendalls_tau_are_their_definitions(a: list[list[str]], b: list[list[str]]) -> None:
    found = compare(of("ranking", a, ITEMS), of("ranking", b, ITEMS))
    points = [{item: sum(3 - ranking.index(item) for ranking in side) for item in ITEMS} for side in (a, b)]
    for side, given_points, people in ((found.simulated, points[0], a), (found.real, points[1], b)):
        assert side.scores == pytest.approx({item: n / (3 * len(people)) for item, n in given_points.items()})
    theirs = stats.kendalltau([points[0][i] for i in ITEMS], [points[1][i] for i in ITEMS]).statistic
    ours = found.measure("Kendall's tau of the Borda orders").value
    assert ours is None if math.isnan(theirs) else ours == pytest.approx(theirs, **NEAR)
    first = [Counter(ranking[0] for ranking in side) for side in (a, b)]
    gap = sum(abs(first[0][i] / len(a) - first[1][i] / len(b)) for i in ITEMS) / 2
    assert found.measure("first-choice total variation").value == pytest.approx(gap, **NEAR)


@given(votes, votes)
def test_distances_are_symmetric_and_the_variance_ratio_turns_round(a: list[int], b: list[int]) -> None:
    one, other = compare(of("ordinal", a), of("ordinal", b)), compare(of("ordinal", b), of("ordinal", a))
    for measure in one.measures:
        if measure.name in ("calibration gap",):
            continue  # its bands are those of the real answers
        turned = other.measure(measure.name).value
        if measure.name == "variance ratio":
            if measure.value and turned:
                assert measure.value * turned == pytest.approx(1, **NEAR)
        else:
            sign = -1 if measure.name == "mean difference" else 1
            assert measure.value == pytest.approx(sign * (turned or 0.0), **NEAR)


@given(ranked, ranked)
def test_kendalls_tau_is_symmetric_and_turns_round_with_one_order(a: list[list[str]], b: list[list[str]]) -> None:
    name = "Kendall's tau of the Borda orders"
    one = value("ranking", a, b, name, ITEMS)
    assert value("ranking", b, a, name, ITEMS) == (None if one is None else pytest.approx(one, **NEAR))
    turned = value("ranking", [ranking[::-1] for ranking in a], b, name, ITEMS)
    assert turned == (None if one is None else pytest.approx(-one, **NEAR))


@given(votes, some.randoms(use_true_random=False))
def test_the_same_answers_in_another_order_are_no_distance_and_the_same_report(
    a: list[int], chance: random.Random
) -> None:
    mixed = chance.sample(a, len(a))
    found = compare(of("ordinal", mixed), of("ordinal", a))
    assert all(abs(m.value - m.ideal) < 1e-12 for m in found.measures if m.value is not None)
    assert found == compare(of("ordinal", a), of("ordinal", mixed))


@given(votes, votes, some.sampled_from([0.01, 3.0, 1000.0]), some.integers(-50, 50))
def test_other_units_scale_distances_and_leave_ratios(a: list[int], b: list[int], factor: float, shift: int) -> None:
    one = compare(of("numeric", a), of("numeric", b))
    other = compare(*(of("numeric", [v * factor + shift * factor for v in side]) for side in (a, b)))
    for measure, scaled in zip(one.measures, other.measures, strict=True):
        times = factor if measure.name in ("mean difference", "Wasserstein distance") else 1
        if measure.name == "calibration gap" or measure.value is None:
            continue  # a number on the edge of a band is told by rounding
        assert scaled.value == pytest.approx(measure.value * times, rel=1e-6, abs=1e-9 * times)


@given(
    some.lists(some.sampled_from("abc"), min_size=2, max_size=20), some.lists(some.sampled_from("abc"), min_size=2)
)
def test_other_names_for_categories_leave_every_measure(a: list[str], b: list[str]) -> None:
    def renamed(side: list[str]) -> list[str]:
        return [{"a": "zebra", "b": "yak", "c": "xerus"}[option] for option in side]

    one = compare(of("categorical", a), of("categorical", b))
    other = compare(of("categorical", renamed(a)), of("categorical", renamed(b)))
    for measure, again in zip(one.measures, other.measures, strict=True):
        assert again.value == (None if measure.value is None else pytest.approx(measure.value, **NEAR))


@given(some.lists(some.sets(some.sampled_from("abc")), min_size=2, max_size=12))
def test_ticks_count_by_each_option(ticks: list[set[str]]) -> None:
    everything = [{"a", "b", "c"}] * 5
    gap = value("multiple", ticks, everything, "mean gap of shares", ("a", "b", "c"))
    shares = [sum(option in row for row in ticks) / len(ticks) for option in "abc"]
    assert gap == pytest.approx(sum(1 - share for share in shares) / 3, **NEAR)


def test_a_ranking_that_stops_early_shares_the_ranks_that_are_left() -> None:
    side = compare(of("ranking", [["a"], ["a"]], ITEMS), of("ranking", [list(ITEMS)] * 2, ITEMS)).simulated
    assert side.scores == pytest.approx({"a": 1.0, "b": 1 / 3, "c": 1 / 3, "d": 1 / 3})


def test_chance_is_what_dealing_all_people_into_two_groups_gives() -> None:
    a, b = [1, 2, 5, 5], [1, 1, 2]
    found = compare(of("numeric", a), of("numeric", b)).chance
    pool = a + b
    deals = [
        stats.wasserstein_distance([pool[i] for i in dealt], [pool[i] for i in range(7) if i not in dealt])
        for dealt in itertools.combinations(range(7), 4)
    ]
    share = sum(gap >= stats.wasserstein_distance(a, b) - 1e-9 for gap in deals) / len(deals)
    assert found is not None
    assert found.p == pytest.approx(share, abs=0.03)
    assert found.typical == pytest.approx(sorted(deals)[len(deals) // 2], abs=0.2)


def test_calibration_bands_are_quantiles_of_the_real_answers() -> None:
    real = list(range(1, 101))
    found = compare(of("numeric", [50.0] * 60 + [1.0] * 40), of("numeric", real))
    assert [(band.share, band.real, band.simulated) for band in found.bands] == [
        (0.5, 0.5, 0.6),
        (0.8, 0.8, 0.6),
        (0.95, pytest.approx(0.94, abs=0.011), 0.6),
    ]


def test_intervals_hold_the_measure_of_the_population() -> None:
    # Both sides come from the same people: the mean difference is 0, the variance ratio 1.
    draw, held = random.Random(3), Counter[str]()
    for _ in range(40):
        sides = [of("numeric", [draw.gauss(0, 1) for _ in range(60)]) for _ in range(2)]
        found = compare(*sides)
        for name, truth in (("mean difference", 0.0), ("variance ratio", 1.0)):
            low, high = found.measure(name).interval or (9.0, 9.0)
            held[name] += low <= truth <= high
    assert all(count >= 34 for count in held.values())
