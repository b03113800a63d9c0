"""Each rule of the verdict by itself, at its bounds; and what measures and chance are, by their definitions."""

import itertools
import random
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from scipy import stats

from troupe_es.errors import UsageError
from troupe_es.experimentation.statistics import bootstrap
from troupe_es.validation import Answers, Margins, Question, answers, compare, compare_all
from troupe_es.validation.loading import load, table_of
from troupe_es.validation.measures import Measure
from troupe_es.validation.shapes import coded, shape
from troupe_es.validation.verdict import (
    COLLAPSE,
    INFLATED,
    _columns,
    _equal,
    _shift,
    _small,
    _spread,
    _unequal_spread,
)

FEWER = settings(max_examples=settings().max_examples // 4)

AGE = Question("age", "numeric")
DRINK = Question("drink", "categorical", ("tea", "coffee", "water"))
RANKS = Question("ranks", "ranking", ("a", "b", "c"))


def spread(interval: tuple[float, float] | None, inner: tuple[float, float] | None = None) -> Measure:
    return Measure("variance ratio", 1.0, interval, inner, 0.95, 1.0)


@pytest.mark.parametrize(
    ("interval", "said"),
    [
        ((0.1, 0.49), [COLLAPSE]),
        ((0.1, 0.51), []),
        ((0.6, 1.9), []),
        ((1.9, 4.0), []),
        ((2.01, 4.0), [INFLATED]),
        (None, []),
    ],
)
def test_spreads_differ_where_the_whole_interval_lies_beyond_and_chance_does_not_make_it(
    interval: tuple[float, float] | None, said: list[str]
) -> None:
    assert [name for name, _ in _spread(spread(interval), True, Margins())] == said
    assert _spread(spread(interval), False, Margins()) == []


@pytest.mark.parametrize(
    ("inner", "alike"), [((0.51, 1.99), True), ((0.49, 1.5), False), ((0.8, 2.01), False), (None, False)]
)
def test_spreads_are_alike_where_the_inner_interval_lies_within_the_factor(
    inner: tuple[float, float] | None, alike: bool
) -> None:
    assert (not _unequal_spread(spread((0.1, 9.0), inner), Margins())) is alike


def test_a_mean_is_shifted_where_it_differs_and_is_not_shown_to_be_near_enough() -> None:
    draw = random.Random(4)
    real = [draw.gauss(45, 14) for _ in range(2000)]

    def shifted(by: float, wide: float = 14) -> bool:
        there = [45 + by + draw.gauss(0, wide) for _ in range(2000)]
        return bool(_shift(shape(AGE, real, [*there, *real]), there, real, Margins()))

    assert [shifted(0), shifted(3), shifted(12)] == [False, False, True]
    assert not shifted(3, wide=1), "half a standard deviation is one of the real answers, not of the simulated"


def test_shares_must_all_be_near_enough_those_of_options_that_one_side_never_gave_too() -> None:
    first, second = [0.0] * 50 + [1.0] * 50, [0.0] * 50 + [2.0] * 50
    of = shape(DRINK, second, [*first, *second])
    assert _columns(of, first, second) == [[1.0] * 50 + [0.0] * 50, [0.0] * 50 + [1.0] * 50, [0.0] * 100]
    assert _columns(of, second, first)[1] == [0.0] * 100


@pytest.mark.parametrize(("shares", "good"), [((34, 33, 33), True), ((34, 3, 63), False), ((64, 33, 3), False)])
def test_one_share_that_is_far_off_is_no_match(shares: tuple[int, ...], good: bool) -> None:
    def drinks(counts: tuple[int, ...]) -> Answers:
        return answers(DRINK, [o for o, n in zip(DRINK.options, counts, strict=True) for _ in range(4 * n)])

    assert compare(drinks(shares), drinks((34, 33, 33))).verdict.good is good


def test_a_distance_is_harmless_where_chance_makes_it_or_it_is_shown_to_be_small() -> None:
    of = shape(DRINK, [0.0, 1.0], [0.0, 1.0, 2.0])

    def small(upto: float, apart: bool) -> bool:
        name = "total variation"
        return _small(of, {name: Measure(name, 0.1, (0.0, 1.0), (0.0, upto), 0.95, 0.0)}, apart, Margins())[0]

    assert [small(0.5, False), small(0.19, True), small(0.21, True)] == [True, True, False]


def test_so_few_answers_that_nothing_is_said_are_fewer_than_the_least() -> None:
    def reason(simulated: int, real: int) -> str:
        return compare(of_numbers(range(simulated)), of_numbers(range(real))).verdict.reasons[0]

    def of_numbers(values: Any) -> Answers:
        return answers(AGE, [float(value) for value in values])

    assert "below 20 on a side" in reason(19, 40) and "below 20 on a side" in reason(40, 19)
    assert "below 20 on a side" not in reason(20, 20)


def test_what_never_varies_is_equal_where_it_is_near() -> None:
    assert _equal([0.0] * 30, [0.1] * 30, 0.2, 0.95) and not _equal([0.0] * 30, [0.3] * 30, 0.2, 0.95)


# measures


@FEWER
@given(
    some.lists(some.sampled_from(DRINK.options), min_size=2, max_size=12),
    some.lists(some.sampled_from(DRINK.options), min_size=2, max_size=30),
)
def test_diversity_is_the_chance_that_two_of_those_people_answer_differently(a: list[Any], b: list[Any]) -> None:
    def differ(side: list[Any]) -> float:
        pairs = [one != other for one, other in itertools.combinations(side, 2)]
        return sum(pairs) / len(pairs)

    found = compare(answers(DRINK, a), answers(DRINK, b)).measure("diversity ratio").value
    assert found is None if differ(b) == 0 else found == pytest.approx(differ(a) / differ(b))


def test_the_gap_of_borda_scores_is_that_of_the_scores() -> None:
    simulated, real = [["a", "b", "c"]] * 3 + [["b", "a", "c"]], [["c", "b", "a"], ["b", "c", "a"]]
    found = compare(answers(RANKS, simulated), answers(RANKS, real))
    ours, theirs = found.simulated.scores, found.real.scores
    assert ours is not None and theirs is not None
    gap = sum(abs(ours[option] - theirs[option]) for option in RANKS.options) / 3
    assert found.measure("mean gap of Borda scores").value == pytest.approx(gap)


def test_many_different_numbers_are_compared_in_tenths_of_the_real_answers() -> None:
    draw = random.Random(1)
    real, simulated = ([draw.expovariate(rate) for _ in range(100)] for rate in (1, 2))
    edges = np.quantile(real, np.arange(1, 10) / 10)
    p, q = (Counter(np.searchsorted(edges, side).tolist()) for side in (simulated, real))
    far = sum(abs(p[place] - q[place]) / 100 for place in range(10)) / 2
    found = compare(answers(AGE, simulated), answers(AGE, real))
    assert found.measure("total variation").value == pytest.approx(far)


def test_the_inner_interval_is_that_of_equivalence_and_lies_within_the_other() -> None:
    draw = random.Random(2)
    sides = [[draw.gauss(0, 1) for _ in range(40)] for _ in range(2)]
    found = compare(*(answers(AGE, side) for side in sides)).measure("mean difference")
    drawn = np.concatenate(
        list(bootstrap.resampled(lambda a, b: a.mean(axis=1) - b.mean(axis=1), [coded(AGE, side) for side in sides]))
    )
    assert found.inner == pytest.approx(tuple(np.quantile(drawn, [0.05, 0.95])))
    assert found.interval == pytest.approx(tuple(np.quantile(drawn, [0.025, 0.975])))


def test_chance_is_never_told_to_be_impossible_and_its_most_is_rare() -> None:
    apart = compare(answers(AGE, [0.0, 1.0] * 20), answers(AGE, [90.0, 91.0] * 20)).chance
    assert apart is not None and apart.p == 1 / 2001
    a, b = [1.0, 2, 5, 5], [1.0, 1, 2]
    found = compare(answers(AGE, a), answers(AGE, b)).chance
    deals = [
        stats.wasserstein_distance([(a + b)[i] for i in dealt], [(a + b)[i] for i in range(7) if i not in dealt])
        for dealt in itertools.combinations(range(7), 4)
    ]
    assert found is not None and found.p * 2001 == pytest.approx(round(found.p * 2001))
    assert sum(deal > found.most + 1e-9 for deal in deals) <= 0.06 * len(deals)
    assert sum(deal >= found.most - 1e-9 for deal in deals) >= 0.04 * len(deals)
    assert found.typical < found.most


# sides and subgroups


def test_shares_and_spread_are_of_those_who_answered() -> None:
    side = compare(answers(AGE, [1, 2, None, 6]), answers(AGE, [1, 2, 3])).simulated
    assert (side.n, side.missing, side.mean, side.sd) == (3, 1, 3.0, pytest.approx(7**0.5))
    assert side.shares == {1.0: pytest.approx(1 / 3), 2.0: pytest.approx(1 / 3), 6.0: pytest.approx(1 / 3)}
    first = answers(RANKS, [["a", "b"], ["b", "a"], None])
    assert (first.counts(), first.missing) == ({"a": 1, "b": 1, "c": 0}, 1)


def test_a_subgroup_that_one_side_alone_has_is_told_and_groups_keep_to_their_people() -> None:
    simulated = answers(AGE, [1, None, 3], groups={"sex": ["f", "f", "m"]})
    real = answers(AGE, [1, 2, 3], groups={"sex": ["f", "x", "x"]})
    assert simulated.groups == {"sex": ("f", "m")} and simulated.within("sex", "m").values == (3.0,)
    report = compare_all({"age": simulated}, {"age": real}, model="m", by=["sex"])
    sizes = {each.subgroup: (each.simulated.n, each.real.n) for each in report.comparisons}
    assert sizes == {"": (2, 3), "sex: f": (1, 1), "sex: m": (1, 0), "sex: x": (0, 2)}


def test_a_tick_here_and_nothing_there_is_an_answer_and_ranks_that_are_shared_are_none(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("price,taste,car,bike\n2,1,yes,\n,1,,x\n,,,\n", encoding="utf-8")
    questions = {
        "order": {"columns": {"Price": "price", "Taste": "taste"}, "kind": "ranking"},
        "owns": {"columns": {"car": "car", "bike": "bike"}, "kind": "multiple"},
    }
    found = load(table_of({"file": "a.csv", "questions": questions}, "the mapping"), tmp_path)
    assert (found["owns"].values, found["owns"].missing) == ((("car",), ("bike",)), 1)
    assert (found["order"].values, found["order"].missing) == ((("Taste", "Price"), ("Taste",)), 1)
    (tmp_path / "a.csv").write_text("price,taste\n1,1\n", encoding="utf-8")
    with pytest.raises(UsageError, match="two options share a rank: Price 1, Taste 1"):
        load(table_of({"file": "a.csv", "questions": {"order": questions["order"]}}, "the mapping"), tmp_path)
