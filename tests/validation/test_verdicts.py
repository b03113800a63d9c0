"""The verdict says what the answers permit: for every kind of question, on answers of our own making."""

import random
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from troupe_es.errors import UsageError
from troupe_es.validation import Answers, Margins, Question, answers, compare, compare_all

AGE = Question("age", "numeric")
DRINK = Question("drink", "categorical", ("tea", "coffee", "water"))
OWNS = Question("owns", "multiple", ("car", "bike", "boat"))
RANKS = Question("ranks", "ranking", ("price", "taste", "looks", "name"))


def ages(people: int, mean: float, sd: float, seed: int = 1) -> Answers:
    draw = random.Random(seed)
    return answers(AGE, [draw.gauss(mean, sd) for _ in range(people)])


def drinks(*counts: int) -> Answers:
    return answers(DRINK, [option for option, count in zip(DRINK.options, counts, strict=True) for _ in range(count)])


def owned(people: int, shares: Sequence[float]) -> Answers:
    each = [[place < share * people for place in range(people)] for share in shares]
    for place, column in enumerate(each):
        random.Random(place).shuffle(column)
    return answers(
        OWNS, [[o for o, has in zip(OWNS.options, row, strict=True) if has] for row in zip(*each, strict=True)]
    )


def rankings(people: int, noise: float, seed: int = 1, turned: bool = False) -> Answers:
    """People who all like the items in one order, more or less."""
    draw = random.Random(seed)
    items = list(reversed(RANKS.options)) if turned else list(RANKS.options)
    return answers(
        RANKS, [sorted(items, key=lambda item: items.index(item) + draw.gauss(0, noise)) for _ in range(people)]
    )


@pytest.mark.parametrize(
    ("simulated", "real", "findings"),
    [
        (ages(200, 45, 14, 2), ages(200, 45, 14), ("good match",)),
        (ages(200, 45, 5), ages(200, 45, 14), ("variance collapse",)),
        (ages(200, 55, 14), ages(200, 45, 14), ("mean shifted",)),
        (ages(200, 55, 4), ages(200, 45, 14), ("variance collapse", "mean shifted")),
        (ages(200, 45, 28), ages(200, 45, 14), ("variance inflated",)),
        (ages(19, 45, 14), ages(200, 45, 14), ("cannot tell: too few",)),
        (ages(22, 44, 14, 5), ages(22, 45, 14), ("cannot tell: too few",)),
        (answers(AGE, [40] * 50), ages(200, 45, 14), ("variance collapse", "mean shifted")),
        (answers(AGE, [40] * 50), answers(AGE, [40] * 50), ("cannot tell: the real answers do not vary",)),
        (answers(AGE, [30, 60] * 100), ages(200, 45, 14), ("distribution differs",)),
        (drinks(100, 100, 100), drinks(105, 95, 100), ("good match",)),
        (drinks(290, 5, 5), drinks(100, 100, 100), ("variance collapse",)),
        (drinks(150, 50, 100), drinks(60, 140, 100), ("distribution differs",)),
        (drinks(8, 8, 8), drinks(9, 7, 8), ("cannot tell: too few",)),
        (owned(300, (0.5, 0.4, 0.3)), owned(300, (0.48, 0.42, 0.3)), ("good match",)),
        (owned(300, (0.98, 0.02, 0.0)), owned(300, (0.5, 0.4, 0.3)), ("variance collapse",)),
        (owned(300, (0.8, 0.4, 0.3)), owned(300, (0.4, 0.4, 0.3)), ("distribution differs",)),
        (rankings(300, 2.0, 2), rankings(300, 2.0), ("good match",)),
        (rankings(300, 0.1), rankings(300, 2.0), ("variance collapse",)),
        (rankings(300, 2.0, turned=True), rankings(300, 2.0), ("distribution differs",)),
    ],
)
def test_the_verdict_is_what_was_made(simulated: Answers, real: Answers, findings: tuple[str, ...]) -> None:
    found = compare(simulated, real)
    assert found.verdict.findings == findings
    assert len(found.verdict.reasons) >= len(findings)


@pytest.mark.parametrize("make", [lambda n: ages(n, 1, 2), lambda n: drinks(n, 0, 0), lambda n: rankings(n, 1)])
@pytest.mark.parametrize("sizes", [(0, 0), (0, 30), (30, 0), (1, 1), (1, 30)])
def test_sides_of_none_or_one_say_so_and_measure_nothing(
    make: Callable[[int], Answers], sizes: tuple[int, int]
) -> None:
    found = compare(make(sizes[0]), make(sizes[1]))
    assert found.verdict.findings == ("cannot tell: too few",)
    assert found.measures == ()
    assert found.rows() == []
    assert "nan" not in "\n".join(found.lines())


def test_wide_margins_make_a_match_of_what_narrow_ones_do_not() -> None:
    simulated, real = ages(60, 47, 14), ages(60, 45, 14)
    assert not compare(simulated, real, margins=Margins(mean=0.2)).verdict.good
    assert compare(simulated, real, margins=Margins(mean=1.0, spread=3.0)).verdict.good


def test_each_subgroup_is_compared_by_itself() -> None:
    def grouped(values: list[Any], labels: list[str]) -> Answers:
        return answers(Question("vote", "ordinal"), values, groups={"gender": labels}, source="us")

    half = [1, 2, 3, 4, 5] * 20
    real = grouped(half + half, ["f"] * 100 + ["m"] * 100)
    simulated = grouped(half + [3] * 95 + [2, 2, 4, 4, 4], ["f"] * 100 + ["m"] * 100)
    report = compare_all({"vote": simulated}, {"vote": real}, model="m", by=["gender"])
    verdicts = {found.subgroup: str(found.verdict) for found in report.comparisons}
    assert verdicts["gender: f"] == "good match"
    assert verdicts["gender: m"] == "variance collapse"
    assert "of many, some are called different, or alike, by chance" in report.text()


def test_bad_input_gets_one_clear_error() -> None:
    with pytest.raises(UsageError, match="is numeric for people and categorical in the simulation"):
        compare(drinks(3, 3, 3), ages(9, 1, 1))
    with pytest.raises(UsageError, match="'vote' has real answers but no simulated ones"):
        compare_all({}, {"vote": ages(9, 1, 1)}, model="m")
    with pytest.raises(UsageError, match="no people are grouped by 'age'"):
        compare_all({"a": ages(9, 1, 1)}, {"a": ages(9, 1, 1)}, model="m", by=["age"])
    with pytest.raises(UsageError, match="'spread' above 1"):
        Margins(spread=1)
    with pytest.raises(UsageError, match="answer 2: 'milk' is none of its options: tea, coffee, water"):
        answers(DRINK, ["tea", "milk"])
    with pytest.raises(UsageError, match="'age', answer 1: 'old' is no number"):
        answers(AGE, ["old"])
    with pytest.raises(UsageError, match="an option stands there twice"):
        answers(RANKS, [["price", "price"]])
