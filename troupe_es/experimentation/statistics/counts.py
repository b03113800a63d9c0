"""Tests of counts: chi squared for tables, Fisher's exact test for four cells, and Cramér's V.

Sources: K. Pearson, Philosophical Magazine 50, 1900; R. A. Fisher, *The Design of Experiments*, 1935; W. G. Cochran,
"Some methods for strengthening the common chi-squared tests", Biometrics 10, 1954 (when expected counts suffice).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import NormalDist
from typing import Any

from troupe_es.errors import UsageError
from troupe_es.experimentation.statistics import bootstrap, effects
from troupe_es.experimentation.statistics.bootstrap import Array
from troupe_es.experimentation.statistics.effects import BELOW_ZERO, noted
from troupe_es.experimentation.statistics.results import LEVEL, Result, alpha_of
from troupe_es.experimentation.statistics.samples import UNIT
from troupe_es.extras import need

SMALL = 5
"""Expected counts below this are small (Cochran 1954)."""

INDEPENDENT = "the answer not depending on the group"

Table = Mapping[str, Mapping[str, int]]
"""Counts by group, then by answer: ``{"A": {"yes": 12, "no": 8}, "B": {"yes": 5}}``; what is not there is 0."""


def chi_squared(table: Table, *, level: float = LEVEL, unit: str = UNIT) -> Result:
    """Return Pearson's chi-squared test of independence, without Yates' correction, with Cramér's V."""
    counts = read(table)
    effect = cramers_v(table, level=level, unit=unit)
    result = replace(effect, name="chi-squared test", null=INDEPENDENT, alpha=alpha_of(level))
    if effect.estimate is None:
        return replace(result, note=effect.note.replace("no effect size", "no test"))
    kept = _kept(counts)
    df = float((len(kept) - 1) * (len(kept[0]) - 1))
    statistic = pearson(kept)
    p = float(need("scipy.stats", "stats", bootstrap.WHAT).chi2.sf(statistic, df))
    return noted(replace(result, symbol="χ²", statistic=statistic, df=(df,), p=p), sparse(table))


def fisher_exact(table: Table, *, level: float = LEVEL, unit: str = UNIT) -> Result:
    """Return Fisher's exact test of two groups and two answers, two-sided, with the conditional odds ratio.

    The odds are those of the first answer. Raises UsageError for a table of another shape.
    """
    counts, stats = read(table), need("scipy.stats", "stats", bootstrap.WHAT)
    if len(counts) != 2 or len(answers(table)) != 2:
        raise UsageError("Fisher's exact test takes two groups and two answers: use chi_squared, or merge answers")
    sizes = tuple(sum(row) for row in counts)
    result = Result("Fisher's exact test", tuple(table), sizes, unit, INDEPENDENT, level=level, alpha=alpha_of(level))
    result = replace(result, measure=f"odds ratio of {answers(table)[0]!r}")
    if 0 in sizes or 0 in map(sum, zip(*counts, strict=True)):
        return replace(result, note="no test: a group is empty, or everybody gave the same answer")
    p = min(1.0, float(stats.fisher_exact(counts).pvalue))
    found = stats.contingency.odds_ratio(counts)
    ratio, (low, high) = float(found.statistic), found.confidence_interval(level)
    if math.isinf(ratio) or ratio == 0:
        return replace(result, p=p, note="a cell is empty, so the odds ratio has no finite estimate")
    reach = (float(low), float(high)) if math.isfinite(high) else None
    return replace(result, p=p, estimate=ratio, interval=reach)


def cramers_v(table: Table, *, level: float = LEVEL, unit: str = UNIT) -> Result:
    """Return Cramér's V, 0 where the answer does not depend on the group and 1 where the group decides it."""
    counts = read(table)
    result = Result("Cramér's V", tuple(table), tuple(sum(row) for row in counts), unit, level=level)
    result = replace(result, measure="Cramér's V")
    kept = _kept(counts)
    if len(kept) < 2 or len(kept[0]) < 2:
        return replace(result, note="no effect size: there must be two groups and two answers that somebody gave")
    units = [(float(i), float(j)) for i, row in enumerate(kept) for j, count in enumerate(row) for _ in range(count)]
    estimate, reach, note = effects.estimated(_v(len(kept), len(kept[0])), [units], level)
    dropped = "" if kept == counts else "groups and answers that nobody gave are left out"
    return noted(replace(result, estimate=estimate, interval=reach, note=note), dropped, BELOW_ZERO if reach else "")


def _v(rows: int, columns: int) -> Any:
    def measure(units: Array) -> Array:
        np = bootstrap.numpy()
        cells = (units[..., 0] * columns + units[..., 1]).astype(int)
        offset = np.arange(len(cells))[:, None] * rows * columns
        counts = np.bincount((cells + offset).ravel(), minlength=len(cells) * rows * columns)
        counts = counts.reshape(len(cells), rows, columns).astype(float)
        total, across, down = units.shape[-2], counts.sum(axis=2), counts.sum(axis=1)
        expected = across[:, :, None] * down[:, None, :] / total
        parts = np.where(expected > 0, (counts - expected) ** 2 / np.where(expected > 0, expected, 1), 0)
        least = np.minimum((across > 0).sum(axis=1), (down > 0).sum(axis=1)) - 1
        return np.sqrt(parts.sum(axis=(1, 2)) / (total * np.where(least > 0, least, np.nan)))

    return measure


def read(table: Table) -> list[list[int]]:
    """Return the counts of ``table`` by group, then by answer. Raises UsageError for what is no count."""
    if len(table) < 2:
        raise UsageError("a table of counts needs at least two groups")
    for group, row in table.items():
        for answer, count in row.items():
            if not isinstance(count, int) or isinstance(count, bool) or count < 0:
                raise UsageError(
                    f"{group}, {answer}: {count!r} is no count: give whole numbers of {UNIT}s, 0 or more"
                )
    return [[row.get(answer, 0) for answer in answers(table)] for row in table.values()]


def answers(table: Table) -> list[str]:
    """Return the answers of ``table`` in the order they first appear."""
    return list(dict.fromkeys(answer for row in table.values() for answer in row))


def _kept(counts: Sequence[Sequence[int]]) -> list[list[int]]:
    used = [index for index, column in enumerate(zip(*counts, strict=True)) if sum(column)]
    return [[row[index] for index in used] for row in counts if sum(row)]


def expected(counts: Sequence[Sequence[int]]) -> list[list[float]]:
    """Return the counts to be expected where the answer does not depend on the group."""
    total = sum(map(sum, counts))
    down = [sum(column) for column in zip(*counts, strict=True)]
    return [[sum(row) * column / total for column in down] for row in counts]


def pearson(counts: Sequence[Sequence[int]]) -> float:
    """Return Pearson's chi squared of a table without empty rows and columns."""
    cells = zip(
        [count for row in counts for count in row], [cell for row in expected(counts) for cell in row], strict=True
    )
    return math.fsum((count - wanted) ** 2 / wanted for count, wanted in cells)


def sparse(table: Table) -> str:
    """Return what is said of a table whose expected counts are too small for chi squared, or nothing."""
    kept = _kept(read(table))
    cells = [cell for row in expected(kept) for cell in row] if kept else []
    few = sum(cell < SMALL for cell in cells)
    if cells and min(cells) >= 1 and few <= len(cells) / 5:
        return ""
    remedy = "read Fisher's exact test" if len(kept) == 2 and len(kept[0]) == 2 else "merge answers"
    return f"{few} of {len(cells)} expected counts are below {SMALL}, so p is not to be trusted: {remedy}"


def wilson(count: int, n: int, level: float = LEVEL) -> tuple[float, float]:
    """Return the interval of the share of ``count`` among ``n`` (above 0) after E. B. Wilson, JASA 22, 1927."""
    z = NormalDist().inv_cdf(1 - alpha_of(level) / 2)
    share, squared = count / n, z * z / n
    reach = z * math.sqrt(share * (1 - share) / n + squared / (4 * n))
    low, high = ((share + squared / 2 + side * reach) / (1 + squared) for side in (-1, 1))
    return (0.0 if count == 0 else max(0.0, low), 1.0 if count == n else min(1.0, high))
