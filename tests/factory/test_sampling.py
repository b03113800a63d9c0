"""Laws of sampling: shares come out within one person, constraints hold for everybody, the seed decides it all."""

import math
from collections import Counter
from fractions import Fraction
from itertools import combinations
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from troupe_es.errors import BadPopulation
from troupe_es.factory import constraints, fitting, sampling, sequences
from troupe_es.factory.spec import Spec

NAMES = ("age", "town", "mood", "work")
LABELS = ("red", "green", "blue", "grey", "black")


def spec(**parts: Any) -> Spec:
    return Spec.model_validate(parts)


@st.composite
def shares(draw: st.DrawFn, labels: tuple[str, ...]) -> dict[str, float]:
    weights = draw(st.lists(st.integers(1, 50), min_size=len(labels), max_size=len(labels)))
    return {label: 100 * weight / sum(weights) for label, weight in zip(labels, weights, strict=True)}


@st.composite
def dimensions(draw: st.DrawFn, least: int = 1) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in NAMES[: draw(st.integers(least, len(NAMES)))]:
        if name == "age":
            found[name] = {"ranges": draw(shares(("0-17", "18-29", "30-64", "65+")))}
        else:
            found[name] = {"shares": draw(shares(LABELS[: draw(st.integers(1, 5))]))}
    return found


def label_of(name: str, value: Any) -> str:
    if name != "age":
        return str(value)
    return next(
        text for text, low, high in (("0-17", 0, 17), ("18-29", 18, 29), ("30-64", 30, 64), ("65+", 65, 90))
        if low <= value <= high
    )  # fmt: skip


def gaps(drawing: sampling.Drawing) -> list[float]:
    """How many people each share is off by."""
    count = len(drawing.people)
    found = []
    for name, aims in drawing.targets.items():
        has = Counter(label_of(name, person[name]) for person in drawing.people)
        found += [abs(has[band.label] - count * share) for band, share in aims]
    return found


@given(dimensions(), st.integers(1, 300), st.integers(0, 99))
def test_every_share_comes_out_within_one_person_whatever_the_number(table: dict, count: int, seed: int) -> None:
    drawing = sampling.draw(spec(dimensions=table), count, seed)
    assert len(drawing.people) == count
    assert max(gaps(drawing)) < 1 + 1e-6
    for name, dimension in table.items():
        given = dimension.get("shares") or dimension["ranges"]
        assert {band.label: share for band, share in drawing.targets[name]} == pytest.approx(
            {label: share / 100 for label, share in given.items()}
        )


@given(dimensions(), st.integers(1, 60), st.integers(0, 99), st.randoms())
def test_the_same_seed_gives_the_same_people_in_whatever_order_it_is_all_written(
    table: dict, count: int, seed: int, dice: Any
) -> None:
    items = list(table.items())
    dice.shuffle(items)
    one = sampling.draw(spec(dimensions=table), count, seed).people
    shuffled = {name: {kind: _shuffled(shares, dice) for kind, shares in table.items()} for name, table in items}
    assert sampling.draw(spec(dimensions=shuffled), count, seed).people == one


def _shuffled(shares: dict, dice: Any) -> dict:
    items = list(shares.items())
    dice.shuffle(items)
    return dict(items)


def test_another_seed_gives_other_people() -> None:
    table = {"age": {"ranges": {"0-17": 20, "18-90": 80}}, "town": {"shares": {"red": 50, "blue": 50}}}
    drawn = [sampling.draw(spec(dimensions=table), 40, seed).people for seed in range(5)]
    assert all(one != other for one, other in combinations(drawn, 2))


@given(dimensions(least=2), st.integers(1, 200), st.integers(0, 99), st.data())
def test_constraints_that_tie_dimensions_together_hold_for_everybody_and_the_shares_still_come_out(
    table: dict, count: int, seed: int, data: st.DataObject
) -> None:
    names = list(table)
    rules = []
    for _ in range(data.draw(st.integers(1, 3))):
        one, other = data.draw(st.permutations(names))[:2]
        rules.append(f"{_comparison(one, table, data)} or {_comparison(other, table, data)}")
    try:
        drawing = sampling.draw(spec(dimensions=table, constraints=rules), count, seed)
    except BadPopulation as refused:
        assert "cannot both hold" in str(refused) or "nobody can meet" in str(refused)
        assume(False)
    for person in drawing.people:
        assert all(constraints.parse(rule).holds(person) for rule in rules), (person, rules)
    assert max(gaps(drawing)) < 2 + 1e-6


def _comparison(name: str, table: dict, data: st.DataObject) -> str:
    if name == "age":
        return f"age {data.draw(st.sampled_from(['>=', '<', '!=', '>']))} {data.draw(st.integers(0, 90))}"
    label = data.draw(st.sampled_from(list(table[name]["shares"])))
    return f"{name} {data.draw(st.sampled_from(['=', '!=']))} {label}"


@given(st.integers(0, 89), st.integers(1, 200), st.integers(0, 20))
def test_a_constraint_on_one_dimension_holds_for_everybody_and_cuts_its_share_by_what_it_takes(
    least: int, count: int, seed: int
) -> None:
    table = {"age": {"ranges": {"0-17": 20, "18-29": 15, "30-64": 45, "65+": 20}}}
    drawing = sampling.draw(spec(dimensions=table, constraints=[f"age >= {least}"]), count, seed)
    assert all(person["age"] >= least for person in drawing.people)
    left = {"0-17": (0, 17, 20), "18-29": (18, 29, 15), "30-64": (30, 64, 45), "65+": (65, 90, 20)}
    kept = {
        label: Fraction(share * max(0, high - max(low, least) + 1), high - low + 1)
        for label, (low, high, share) in left.items()
    }
    aims = {band.label: share for band, share in drawing.targets["age"]}
    assert aims == pytest.approx({label: float(share / sum(kept.values())) for label, share in kept.items()})
    assert max(gaps(drawing)) < 1 + 1e-6


def test_a_range_is_filled_evenly() -> None:
    drawing = sampling.draw(spec(dimensions={"age": {"ranges": {"20-29": 100}}}), 1000, 1)
    assert all(95 <= n <= 105 for n in Counter(person["age"] for person in drawing.people).values())


def test_numbers_with_decimals_stay_in_their_ranges() -> None:
    table = {"height": {"ranges": {"1.50-1.69": 40, "1.70-1.99": 60}}}
    values = [person["height"] for person in sampling.draw(spec(dimensions=table), 200, 1).people]
    assert sum(1.5 <= value <= 1.69 for value in values) == 80
    assert all(1.5 <= value <= 1.99 and round(value, 2) == value for value in values)


def test_independent_dimensions_cross_about_as_the_product_of_their_shares() -> None:
    table = {name: {"shares": {"red": 40, "blue": 60}} for name in ("a", "b", "c", "d", "e", "f")}
    people = sampling.draw(spec(dimensions=table), 500, 7).people
    for one, other in combinations(table, 2):
        both = sum(person[one] == person[other] == "red" for person in people)
        assert abs(both - 80) <= 15, (one, other, both)  # a random sample has a standard deviation of 8.2


def test_of_several_things_everybody_has_any_number_and_each_comes_out() -> None:
    table = {"hobbies": {"several": {"Reading": "37%", "Chess": "5%", "Cooking": "41%"}}}
    drawing = sampling.draw(
        spec(dimensions=table, constraints=["hobbies has Cooking or hobbies lacks Chess"]), 200, 3
    )
    has = Counter(hobby for person in drawing.people for hobby in person["hobbies"])
    assert has == {"Reading": 74, "Chess": 10, "Cooking": 82}
    assert all("Cooking" in p["hobbies"] or "Chess" not in p["hobbies"] for p in drawing.people)
    assert len({len(person["hobbies"]) for person in drawing.people}) > 2


@given(st.lists(st.integers(0, 40), min_size=6, max_size=6), st.integers(1, 300), st.integers(0, 20))
def test_a_joint_table_comes_out_within_two_people_and_its_margins_within_one(
    cells: list[int], count: int, seed: int
) -> None:
    assume(sum(cells) > 0 and sum(cells[:3]) > 0 and sum(cells[3:]) > 0)
    joint = {a: {b: cells[3 * i + j] / sum(cells) for j, b in enumerate("xyz")} for i, a in enumerate("pq")}
    table = {
        "one": {"shares": {a: sum(row.values()) for a, row in joint.items()}},
        "two": {"shares": {b: sum(joint[a][b] for a in "pq") for b in "xyz"}},
    }
    drawing = sampling.draw(spec(dimensions=table, joint=[{"of": ["one", "two"], "shares": joint}]), count, seed)
    assert max(gaps(drawing)) < 1 + 1e-6
    has = Counter((person["one"], person["two"]) for person in drawing.people)
    for a, row in joint.items():
        for b, share in row.items():
            assert abs(has[a, b] - count * share) < 2 + 1e-6
            assert share or not has[a, b]


def test_a_joint_table_is_fitted_to_margins_of_its_own() -> None:
    """Deming and Stephan's scaling keeps the odds ratio: 0.4·0.3 / (0.1·0.2) = 6 in the table, and afterwards."""
    joint = [{"of": ["a", "b"], "shares": {"x": {"u": 0.4, "v": 0.1}, "y": {"u": 0.2, "v": 0.3}}}]
    table = {"a": {"shares": {"x": 30, "y": 70}}, "b": {"shares": {"u": 50, "v": 50}}}
    people = sampling.draw(spec(dimensions=table, joint=joint), 10_000, 1).people
    has = Counter((person["a"], person["b"]) for person in people)
    assert has["x", "u"] + has["x", "v"] == 3000
    assert has["x", "u"] + has["y", "u"] == 5000
    assert has["x", "u"] * has["y", "v"] / (has["x", "v"] * has["y", "u"]) == pytest.approx(6, rel=0.01)


def test_fitting_agrees_with_a_table_worked_out_by_hand() -> None:
    """With margins (1/2, 1/2) twice and odds ratio 4 the diagonal is √4 / (2 (1 + √4)) = 1/3."""
    begun = {(0, 0): 0.4, (0, 1): 0.2, (1, 0): 0.2, (1, 1): 0.4}
    half = {0: 0.5, 1: 0.5}
    margins = [fitting.Margin("a", lambda c: c[0], half), fitting.Margin("b", lambda c: c[1], half)]
    fitted = fitting.fit({(0, 0): 0.8, (0, 1): 0.1, (1, 0): 0.2, (1, 1): 0.1}, margins)
    assert fitted[0, 0] == pytest.approx(1 / 3, abs=1e-9)
    assert fitted[0, 1] == pytest.approx(1 / 6, abs=1e-9)
    assert fitting.fit(begun, margins)[0, 0] == pytest.approx(1 / 3, abs=1e-9)


@pytest.mark.parametrize(
    ("rules", "why"),
    [
        (["age >= 95"], "nobody can meet 'age >= 95'"),
        (["age < 18", "age > 20"], "nobody can meet"),
        (["age < 18 or town = red"], "cannot both hold"),
        (["height > 2"], "no dimension is named 'height'; there are: age, town"),
        (["town > red"], "town is no number"),
        (["town = purple"], "town is never 'purple'; it is one of: 'blue', 'red'"),
        (["age = old"], "'old' is none"),
        (["town has red"], "town is no list"),
        (["age ~ 3"], "is no comparison"),
        (["age >="], "is no comparison"),
        (["age >= 3 or"], "ends with 'or'"),
        (["age >= 3, 4"], "'and' or 'or' belongs before"),
        (["age in 3 4"], "wants a list"),
        (['town = "red'], "is not understood"),
    ],
)
def test_constraints_that_cannot_be_are_refused_with_the_reason(rules: list[str], why: str) -> None:
    table = {"age": {"ranges": {"0-17": 20, "18-90": 80}}, "town": {"shares": {"red": 50, "blue": 50}}}
    with pytest.raises(BadPopulation, match=why.replace("(", r"\(").replace("[", r"\[")):
        sampling.draw(spec(dimensions=table, constraints=rules), 10, 1)


@given(st.lists(st.floats(0, 100), min_size=1, max_size=12), st.integers(0, 500))
def test_quotas_sum_to_the_whole_and_are_off_by_less_than_one(weights: list[float], total: int) -> None:
    assume(math.fsum(weights) > 0.001)
    found = sequences.quotas(weights, total)
    assert sum(found) == total
    whole = math.fsum(weights)
    assert all(abs(n - total * weight / whole) < 1 + 1e-6 for n, weight in zip(found, weights, strict=True))


@given(st.integers(1, 400), st.integers(0, 20), st.integers(0, 99))
def test_ranks_are_a_permutation_that_fills_every_stretch_evenly(count: int, number: int, seed: int) -> None:
    base = sequences.prime(number)
    ranks = sequences.ranks(count, base, seed, "x")
    assert sorted(ranks) == list(range(count))
    for begin in range(0, count - base + 1, base):
        parts = Counter(ranks[place] * base // count for place in range(begin, begin + base))
        assert max(parts.values()) <= 3


def test_radical_inverses_are_those_of_van_der_corput_and_halton() -> None:
    assert [sequences.inverse(n, 2) for n in range(1, 6)] == [0.5, 0.25, 0.75, 0.125, 0.625]
    assert [sequences.inverse(n, 3) for n in range(1, 5)] == pytest.approx([1 / 3, 2 / 3, 1 / 9, 4 / 9])
