"""What holds at a bound: equivalence and its interval, a p at alpha, small counts, pairs, and resamples in parts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from troupe_es.experimentation import statistics as st
from troupe_es.experimentation.statistics import Result, bootstrap, counts

numbers = some.lists(some.integers(-40, 40).map(lambda whole: whole / 4), min_size=3, max_size=12)

FEWER = settings(max_examples=settings().max_examples // 4)


@given(numbers, numbers, some.sampled_from([0.5, 2.0, 8.0, 30.0]), some.sampled_from([0.8, 0.95, 0.99]))
def test_equivalence_is_shown_where_the_interval_it_shows_lies_within_the_margin(
    a: list[float], b: list[float], margin: float, level: float
) -> None:
    found = st.equivalent(a, b, margin, level=level)
    if found.interval is not None:
        inner = st.welch_t(a, b, level=round(1 - 2 * (1 - level), 12))
        assert found.interval == pytest.approx(inner.interval)
        assert found.significant == (-margin < found.interval[0] and found.interval[1] < margin)


@pytest.mark.parametrize(
    ("p", "adjusted", "significant"),
    [(0.05, None, False), (0.0499, None, True), (0.01, 0.05, False), (0.01, 0.04, True), (None, None, None)],
)
def test_a_p_at_alpha_is_not_below_it_and_a_corrected_one_counts(
    p: float | None, adjusted: float | None, significant: bool | None
) -> None:
    assert Result("t", ("A", "B"), (3, 3), "replicate", p=p, adjusted=adjusted).significant is significant


def test_a_fifth_of_the_expected_counts_may_be_small() -> None:
    def table(*rare: int) -> dict[str, dict[str, int]]:
        return {group: {**{f"a{n}": 40 for n in range(5 - len(rare))}, **dict(zip("xyz", rare))} for group in "AB"}  # noqa: B905

    assert counts.sparse(table(4)) == ""
    assert "4 of 10 expected counts are below 5" in counts.sparse(table(4, 4))


@FEWER
@given(some.lists(some.lists(some.integers(1, 9), min_size=2, max_size=5), min_size=2, max_size=4))
def test_cramers_v_is_its_definition(rows: list[list[int]]) -> None:
    width = min(map(len, rows))
    table = {f"g{n}": {f"a{m}": row[m] for m in range(width)} for n, row in enumerate(rows)}
    cells = np.array([row[:width] for row in rows], dtype=float)
    expected = np.outer(cells.sum(axis=1), cells.sum(axis=0)) / cells.sum()
    square = ((cells - expected) ** 2 / expected).sum()
    definition = (square / (cells.sum() * (min(cells.shape) - 1))) ** 0.5
    assert st.cramers_v(table).estimate == pytest.approx(definition, abs=1e-9)


def test_wilsons_interval_is_the_published_one() -> None:
    # R. G. Newcombe, Statistics in Medicine 17, 1998, table I, method 3.
    for count, n, low, high in ((81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611)):
        assert counts.wilson(count, n) == pytest.approx((low, high), abs=5e-5)
    assert counts.wilson(29, 29) == pytest.approx((0.8830, 1.0), abs=5e-5)


def test_pairs_are_looked_at_by_their_differences() -> None:
    first = [0.0, 0.1, 0.1, 0.2, 0.2, 0.3, 0.3, 0.4, 5.0, 30.0]
    by = [-1.5, -1.0, -0.7, -0.4, -0.1, 0.1, 0.4, 0.7, 1.0, 1.5]
    second = [value + more for value, more in zip(first, by, strict=True)]
    assert st.recommend({"a": first, "b": second}, paired=True).test == "paired_t"


def test_every_group_and_every_part_of_the_resamples_is_drawn_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    group = [float(n) for n in range(8)]

    def parts() -> list[np.ndarray]:  # type: ignore[type-arg]
        return list(bootstrap.resampled(lambda a, b: a.mean(axis=1) - b.mean(axis=1), [group, group]))

    [whole] = parts()
    assert len(whole) == bootstrap.RESAMPLES and np.ptp(whole) > 1
    monkeypatch.setattr(bootstrap, "AT_ONCE", 16 * 500)
    several = parts()
    assert [len(part) for part in several] == [500] * 4
    assert len({part.tobytes() for part in several}) == 4
    assert abs(np.concatenate(several).mean()) < 0.2 and np.array_equal(several[0], parts()[0])
