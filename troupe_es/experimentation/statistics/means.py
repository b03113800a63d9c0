"""Tests of means: Welch, Student, paired t, analysis of variance, and equivalence within a margin (TOST).

Sources: B. L. Welch, "The generalization of 'Student's' problem", Biometrika 34, 1947; B. L. Welch, "On the
comparison of several mean values", Biometrika 38, 1951; D. J. Schuirmann, "A comparison of the two one-sided tests
procedure", Journal of Pharmacokinetics and Biopharmaceutics 15, 1987. Sums are exact (``math.fsum``), probabilities
scipy's.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from troupe_es.errors import UsageError
from troupe_es.experimentation.statistics import bootstrap, effects, samples
from troupe_es.experimentation.statistics.effects import AB
from troupe_es.experimentation.statistics.results import LEVEL, Result, alpha_of, shown
from troupe_es.experimentation.statistics.samples import UNIT
from troupe_es.extras import need

EQUAL = "equal means"


class Contrast(NamedTuple):
    """A difference of means with its standard error and degrees of freedom; an error of 0 is no error at all."""

    difference: float
    error: float
    df: float


def welch_t(
    a: Iterable[Any], b: Iterable[Any], *, names: Sequence[str] = AB, level: float = LEVEL, unit: str = UNIT
) -> Result:
    """Return Welch's t test of two means, two-sided, with the t interval of mean a − mean b. Variances may differ."""
    return _two("Welch's t test", samples.read(a, names[0]), samples.read(b, names[1]), names, level, unit)


def student_t(
    a: Iterable[Any], b: Iterable[Any], *, names: Sequence[str] = AB, level: float = LEVEL, unit: str = UNIT
) -> Result:
    """Return Student's t test of two means, two-sided, with its interval. It assumes equal variances."""
    return _two("Student's t test", samples.read(a, names[0]), samples.read(b, names[1]), names, level, unit, True)


def _two(
    name: str, a: list[float], b: list[float], names: Sequence[str], level: float, unit: str, pooled: bool = False
) -> Result:
    base = _base(name, (a, b), names, level, unit)
    note = samples.too_few([a, b], names)
    contrast = None if note else (_pooled(a, b) if pooled else _separate(a, b))
    return _t(base, contrast, note or _still(names, base.estimate))


def paired_t(
    a: Iterable[Any], b: Iterable[Any], *, names: Sequence[str] = AB, level: float = LEVEL, unit: str = UNIT
) -> Result:
    """Return the paired t test of a − b, two-sided, with its interval. Raises UsageError where lengths differ."""
    base, contrast, note = _pairs("paired t test", a, b, names, level, unit)
    return _t(replace(base, null="a mean difference of 0"), contrast, note)


def _base(name: str, groups: Sequence[list[float]], names: Sequence[str], level: float, unit: str) -> Result:
    shift = samples.mean(groups[0]) - samples.mean(groups[1]) if all(groups) else None
    sizes = tuple(len(group) for group in groups)
    base = Result(name, tuple(names), sizes, unit, EQUAL, measure="mean difference", estimate=shift, level=level)
    return replace(base, alpha=alpha_of(level))


def _pairs(
    name: str, a: Iterable[Any], b: Iterable[Any], names: Sequence[str], level: float, unit: str
) -> tuple[Result, Contrast | None, str]:
    paired = samples.pairs(a, b, names)
    changes = samples.differences(paired)
    base = _base(name, [[first for first, _ in paired], [second for _, second in paired]], names, level, unit)
    if len(changes) < 2:
        return base, None, f"no test: {'there is only one pair' if changes else 'there are no pairs'}"
    shift = samples.mean(changes)
    contrast = Contrast(shift, math.sqrt(samples.variance(changes) / len(changes)), len(changes) - 1)
    return replace(base, estimate=shift), contrast, f"no test: every pair differs by the same, {shown(shift)}"


def _pooled(a: list[float], b: list[float]) -> Contrast:
    n, m = len(a), len(b)
    spread = ((n - 1) * samples.variance(a) + (m - 1) * samples.variance(b)) / (n + m - 2)
    return Contrast(samples.mean(a) - samples.mean(b), math.sqrt(spread * (1 / n + 1 / m)), n + m - 2)


def _separate(a: list[float], b: list[float]) -> Contrast:
    n, m = len(a), len(b)
    first, second = samples.variance(a) / n, samples.variance(b) / m
    error = first + second
    share = first / error if error else 0.0
    df = 1 / (share**2 / (n - 1) + (1 - share) ** 2 / (m - 1))
    return Contrast(samples.mean(a) - samples.mean(b), math.sqrt(error), df)


def _still(names: Sequence[str], shift: float | None) -> str:
    how = "the means are equal" if not shift else f"the means differ by {shown(shift)}"
    return f"no test: neither {names[0]} nor {names[1]} varies; {how}"


def _t(base: Result, contrast: Contrast | None, note: str) -> Result:
    """Return ``base`` with the test of ``contrast``, or with ``note`` where there is none or it has no error."""
    if contrast is None or not contrast.error:
        return replace(base, note=note)
    t = need("scipy.stats", "stats", bootstrap.WHAT).t
    statistic = contrast.difference / contrast.error
    p = min(1.0, 2 * float(t.sf(abs(statistic), contrast.df)))
    reach = float(t.isf(base.alpha / 2, contrast.df)) * contrast.error
    return _tested(base, statistic, p, contrast, reach)


def _tested(base: Result, statistic: float, p: float, contrast: Contrast, reach: float) -> Result:
    interval = (contrast.difference - reach, contrast.difference + reach)
    return replace(base, symbol="t", statistic=statistic, df=(float(contrast.df),), p=p, interval=interval)


def equivalent(
    a: Iterable[Any],
    b: Iterable[Any],
    margin: float,
    *,
    names: Sequence[str] = AB,
    level: float = LEVEL,
    unit: str = UNIT,
) -> Result:
    """Return two one-sided Welch tests: whether the means differ by less than ``margin`` (in units of the values).

    ``level`` .95 tests at 5 %, so the interval shown is that of 90 %: it lies within the margin where p is below 5 %.
    Raises UsageError for a margin that is not above 0.
    """
    first, second = samples.read(a, names[0]), samples.read(b, names[1])
    base = _base("equivalence test (TOST)", (first, second), names, level, unit)
    note = samples.too_few([first, second], names)
    return _tost(base, None if note else _separate(first, second), margin, note or _still(names, base.estimate))


def equivalent_pairs(
    a: Iterable[Any],
    b: Iterable[Any],
    margin: float,
    *,
    names: Sequence[str] = AB,
    level: float = LEVEL,
    unit: str = UNIT,
) -> Result:
    """Return two one-sided paired t tests, as ``equivalent`` does of two samples."""
    base, contrast, note = _pairs("paired equivalence test (TOST)", a, b, names, level, unit)
    return _tost(base, contrast, margin, note)


def _tost(base: Result, contrast: Contrast | None, margin: float, note: str) -> Result:
    if not 0 < margin < math.inf:
        raise UsageError(f"the margin of an equivalence test must be a number above 0, not {margin!r}")
    base = replace(base, null=f"a difference of {shown(margin)} or more", level=round(1 - 2 * base.alpha, 12))
    if contrast is None or not contrast.error:
        return replace(base, note=note)
    t = need("scipy.stats", "stats", bootstrap.WHAT).t
    nearest = (margin - abs(contrast.difference)) / contrast.error
    p = float(t.sf(nearest, contrast.df))
    return _tested(base, nearest, p, contrast, float(t.isf(base.alpha, contrast.df)) * contrast.error)


def anova(groups: Mapping[str, Iterable[Any]], *, level: float = LEVEL, unit: str = UNIT) -> Result:
    """Return the one-way analysis of variance of the groups' means, with eta squared. It assumes equal variances."""
    read, note = _several(groups)
    values = list(read.values())
    if not note and all(samples.variance(group) == 0 for group in values if len(group) > 1):
        note = "no test: within the groups nothing varies"
    effect = effects.eta_squared(groups, level=level, unit=unit)
    if note:
        return _f("one-way ANOVA", effect, None, (), note)
    statistic, df = f_statistic(values)
    return _f("one-way ANOVA", effect, statistic, df, "")


def f_statistic(groups: Sequence[Sequence[float]]) -> tuple[float, tuple[float, float]]:
    """Return F of the groups' means, and its two degrees of freedom; something must vary within them."""
    count = sum(len(group) for group in groups)
    middle = math.fsum(value for group in groups for value in group) / count
    between = math.fsum(len(group) * (samples.mean(group) - middle) ** 2 for group in groups)
    within = math.fsum((len(group) - 1) * samples.variance(group) for group in groups if len(group) > 1)
    df = (float(len(groups) - 1), float(count - len(groups)))
    return (between / df[0]) / (within / df[1]), df


def welch_anova(groups: Mapping[str, Iterable[Any]], *, level: float = LEVEL, unit: str = UNIT) -> Result:
    """Return Welch's analysis of variance (1951), which does not assume equal variances, with eta squared."""
    read, note = _several(groups)
    values = list(read.values())
    note = note or samples.too_few(values, list(read))
    still = [name for name, group in read.items() if not note and samples.variance(group) == 0]
    if still:
        note = f"no test: nothing varies in {' and '.join(still)}, and Welch's weights divide by the variance"
    effect = effects.eta_squared(groups, level=level, unit=unit)
    if note:
        return _f("Welch's ANOVA", effect, None, (), note)
    return _f("Welch's ANOVA", effect, *_welch(values), "")


def _welch(groups: Sequence[Sequence[float]]) -> tuple[float, tuple[float, float]]:
    k = len(groups)
    unit = max(samples.variance(group) for group in groups)  # keeps weights in the range of floats
    weights = [len(group) * (unit / samples.variance(group)) for group in groups]
    total = math.fsum(weights)
    means = [samples.mean(group) for group in groups]
    middle = math.fsum(weight * mean for weight, mean in zip(weights, means, strict=True)) / total
    between = math.fsum(w * (mean - middle) ** 2 for w, mean in zip(weights, means, strict=True)) / unit / (k - 1)
    spread = math.fsum((1 - w / total) ** 2 / (len(group) - 1) for w, group in zip(weights, groups, strict=True))
    return between / (1 + 2 * (k - 2) / (k * k - 1) * spread), (float(k - 1), (k * k - 1) / (3 * spread))


def _several(groups: Mapping[str, Iterable[Any]]) -> tuple[dict[str, list[float]], str]:
    read = {name: samples.read(values, name) for name, values in groups.items()}
    note = samples.too_few(list(read.values()), list(read), least=1)
    if len(read) < 2:
        note = "no test: there must be at least two groups"
    elif not note and sum(map(len, read.values())) <= len(read):
        note = "no test: with one value in each group nothing can vary within them"
    return read, note


def _f(name: str, effect: Result, statistic: float | None, df: tuple[float, ...], note: str) -> Result:
    p = None if statistic is None else float(need("scipy.stats", "stats", bootstrap.WHAT).f.sf(statistic, *df))
    return Result(
        name,
        effect.groups,
        effect.n,
        effect.unit,
        null=EQUAL,
        symbol="F" if p is not None else "",
        statistic=statistic,
        df=df,
        p=p,
        measure=effect.measure,
        estimate=effect.estimate,
        interval=effect.interval,
        level=effect.level,
        alpha=alpha_of(effect.level),
        note="; ".join(part for part in (note, effect.note) if part),
    )
