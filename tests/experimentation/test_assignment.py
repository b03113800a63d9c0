"""Balance over a thousand seeds: a test that a randomiser which never swaps, or always, does not pass."""

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troupe_es.errors import UsageError
from troupe_es.experimentation import allotted, blinded, latin_square, orders, williams_square
from troupe_es.experimentation.assignment import shuffled

SEEDS = 1000
FAR = 5 * (SEEDS * 0.25) ** 0.5
"""Five standard deviations of a fair coin thrown so often: chance alone gets there once in a million."""

Randomiser = Callable[[Sequence[str], int, int], list[list[str]]]
some = st.lists(st.text("abcdefgh", min_size=1, max_size=3), min_size=1, max_size=7, unique=True)


def balanced(randomiser: Randomiser, units: int = 6) -> bool:
    """Whether two options come first equally often: in every place over all seeds, and within every seed."""
    firsts = [[order[0] for order in randomiser(["a", "b"], units, seed)] for seed in range(SEEDS)]
    fair = all(abs(column.count("a") - SEEDS / 2) < FAR for column in zip(*firsts, strict=True))
    return fair and all(abs(row.count("a") - row.count("b")) <= units % 2 for row in firsts)


def test_two_options_are_balanced_over_a_thousand_seeds() -> None:
    assert balanced(orders)
    assert balanced(orders, 5)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda options, units, seed: [list(options)] * units,
        lambda options, units, seed: [list(options)[::-1]] * units,
        lambda options, units, seed: [list(options)[:: 1 if seed % 2 else -1]] * units,
        lambda options, units, seed: [shuffled(options, seed, unit) for unit in range(units)],
    ],
    ids=["never swaps", "always swaps", "swaps by seed only", "throws a coin for each"],
)
def test_the_test_of_balance_fails_for_a_randomiser_that_does_not_balance(wrong: Randomiser) -> None:
    assert not balanced(wrong)


def test_pairs_of_two_units_are_not_told_by_the_pair_before() -> None:
    same = sum(dealt[0] == dealt[2] for dealt in (orders(["a", "b"], 4, seed) for seed in range(SEEDS)))
    assert abs(same - SEEDS / 2) < FAR


def test_every_unit_gets_every_group_alike_over_a_thousand_seeds() -> None:
    for units in (3, 7):
        lots = [allotted([f"p{n}" for n in range(units)], ["x", "y", "z"], seed) for seed in range(SEEDS)]
        for unit in range(units):
            counts = Counter(lot[f"p{unit}"] for lot in lots)
            assert all(abs(counts[group] - SEEDS / 3) < FAR for group in "xyz")


def test_every_order_of_three_comes_up_alike() -> None:
    counts = Counter(tuple(shuffled("abc", seed)) for seed in range(6 * SEEDS))
    assert set(counts) == set(permutations("abc"))
    assert all(abs(count - SEEDS) < FAR * 2 for count in counts.values())


@given(some, st.integers(0, 40), st.integers())
def test_groups_differ_by_at_most_one_at_every_point(groups: list[str], count: int, seed: int) -> None:
    units = [f"unit {number}" for number in range(count)]
    lots = allotted(units, groups, seed)
    assert list(lots) == units
    for until in range(count + 1):
        sizes: Counter[str] = Counter()
        sizes.update(dict.fromkeys(groups, 0))
        sizes.update(lots[unit] for unit in units[:until])
        assert max(sizes.values()) - min(sizes.values()) <= 1


@given(some, st.integers(0, 40), st.integers(0, 40), st.integers())
def test_who_comes_later_changes_nothing_for_those_before(groups: list[str], few: int, more: int, seed: int) -> None:
    units = [f"unit {number}" for number in range(few + more)]
    assert allotted(units[:few], groups, seed).items() <= allotted(units, groups, seed).items()
    assert orders(groups, few, seed) == orders(groups, few + more, seed)[:few]


@given(some)
def test_a_square_has_everything_in_every_place_equally_often(conditions: list[str]) -> None:
    for square in (latin_square(conditions), williams_square(conditions)):
        assert all(sorted(row) == sorted(conditions) for row in square)
        for place in zip(*square, strict=True):
            assert len(set(Counter(place).values())) == 1
            assert set(place) == set(conditions)


@given(st.lists(st.text("abcdefgh", min_size=1, max_size=3), min_size=2, max_size=7, unique=True))
def test_in_a_williams_square_everything_follows_everything_else_equally_often(conditions: list[str]) -> None:
    follows = Counter(pair for row in williams_square(conditions) for pair in pairwise(row))
    assert set(follows) == set(permutations(conditions, 2))
    assert len(set(follows.values())) == 1


@given(some, st.integers(), st.booleans())
def test_units_are_spread_over_the_orders_of_one_square(conditions: list[str], seed: int, carry: bool) -> None:
    dealt = [tuple(order) for order in orders(conditions, 30, seed, carry_over=carry)]
    counts = Counter(dealt)
    assert (
        len(counts) == min(30, len(conditions) * (2 if carry and len(conditions) % 2 else 1)) or len(conditions) < 4
    )
    if len(conditions) >= 4:
        assert max(counts.values()) - min(counts.values()) <= 1


@given(some)
def test_what_is_blinded_is_unblinded_again(order: list[str]) -> None:
    blinding = blinded(order)
    shown = blinding.shown({name: f"text of <{name}>" for name in order})
    for label, name in blinding.labels.items():
        assert f"Option {label}: text of <{name}>" in shown
        assert {blinding.unblinded(form) for form in (label, label.lower(), f"option {label}.")} == {name}
    assert blinding.unblinded("none of them") is None


def test_names_that_stand_there_twice_are_refused() -> None:
    for refused in (
        lambda: allotted(["a", "a"], ["x"], 0),
        lambda: allotted(["a"], ["x", "x"], 0),
        lambda: orders(["x", "x"], 1, 0),
        lambda: blinded(["x", "x"]),
    ):
        with pytest.raises(UsageError, match="twice"):
            refused()
    with pytest.raises(UsageError, match="must be a group"):
        allotted(["a"], [], 0)
