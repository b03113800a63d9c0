"""How large a difference is, without its units: effect sizes with bootstrap intervals.

Sources: J. Cohen, *Statistical Power Analysis for the Behavioral Sciences*, 1988 (d, eta squared); L. V. Hedges,
"Distribution theory for Glass's estimator of effect size", Journal of Educational Statistics 6, 1981 (g); N. Cliff,
"Dominance statistics", Psychological Bulletin 114, 1993 (delta); D. S. Kerby, "The simple difference formula",
Comprehensive Psychology 3, 2014 (rank-biserial correlation); H. Cramér, *Mathematical Methods of Statistics*, 1946.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from troupe_es.experimentation.statistics import bootstrap, samples
from troupe_es.experimentation.statistics.bootstrap import Array, Measure, Unit
from troupe_es.experimentation.statistics.results import LEVEL, Result
from troupe_es.experimentation.statistics.samples import UNIT
from troupe_es.extras import need

AB = ("A", "B")
BELOW_ZERO = "it is never below 0, so its interval cannot tell whether there is any effect: read the test"


def cohen_d(
    a: Iterable[Any], b: Iterable[Any], *, names: Sequence[str] = AB, level: float = LEVEL, unit: str = UNIT
) -> Result:
    """Return Cohen's d, (mean a − mean b) ÷ pooled standard deviation, with a percentile bootstrap interval."""
    return _standardised("Cohen's d", [samples.read(a, names[0]), samples.read(b, names[1])], names, level, unit, _d)


def hedges_g(
    a: Iterable[Any], b: Iterable[Any], *, names: Sequence[str] = AB, level: float = LEVEL, unit: str = UNIT
) -> Result:
    """Return Hedges' g: Cohen's d times the exact gamma correction of its bias in small samples."""
    return _standardised("Hedges' g", [samples.read(a, names[0]), samples.read(b, names[1])], names, level, unit, _g)


def _standardised(
    name: str, groups: Sequence[Sequence[float]], names: Sequence[str], level: float, unit: str, measure: Measure
) -> Result:
    note = samples.too_few(groups, names).replace("no test", "no effect size")
    if not note and all(samples.variance(group) == 0 for group in groups):
        note = "no effect size: no group varies, so there is no standard deviation to divide by"
    return _measured(name, groups, names, level, unit, measure, note)


def cliffs_delta(
    a: Iterable[Any], b: Iterable[Any], *, names: Sequence[str] = AB, level: float = LEVEL, unit: str = UNIT
) -> Result:
    """Return Cliff's delta, P(a > b) − P(a < b): the rank-biserial correlation of two samples."""
    groups = [samples.read(a, names[0]), samples.read(b, names[1])]
    note = samples.too_few(groups, names, least=1).replace("no test", "no effect size")
    return _measured("Cliff's delta", groups, names, level, unit, delta, note)


def rank_biserial(
    a: Iterable[Any], b: Iterable[Any], *, names: Sequence[str] = AB, level: float = LEVEL, unit: str = UNIT
) -> Result:
    """Return the matched-pairs rank-biserial correlation: (W₊ − W₋) ÷ (W₊ + W₋), without equal pairs."""
    paired = samples.pairs(a, b, names)
    changes = samples.differences(paired)
    note = "" if paired else "no effect size: there are no pairs"
    if not note and not any(changes):
        note = "no effect size: no pair differs"
    result = _measured("rank-biserial correlation", [changes], names[:1], level, unit, biserial, note)
    return replace(result, groups=tuple(names), n=(len(paired), len(paired)))


def eta_squared(groups: Mapping[str, Iterable[Any]], *, level: float = LEVEL, unit: str = UNIT) -> Result:
    """Return eta squared, the share of all variation that lies between the groups, with a bootstrap interval."""
    read = {name: samples.read(values, name) for name, values in groups.items()}
    note = samples.too_few(list(read.values()), list(read), least=1).replace("no test", "no effect size")
    if len(read) < 2:
        note = "no effect size: there must be at least two groups"
    if not note and samples.alike([value for group in read.values() for value in group]):
        note = "no effect size: all values are equal"
    result = _measured("eta squared", list(read.values()), list(read), level, unit, eta, note)
    return noted(result, BELOW_ZERO) if result.interval else result


def _measured(
    name: str,
    groups: Sequence[Sequence[Unit]],
    names: Sequence[str],
    level: float,
    unit: str,
    measure: Measure,
    note: str,
) -> Result:
    sizes = tuple(len(group) for group in groups)
    if note:
        return Result(name, tuple(names), sizes, unit, measure=name, level=level, note=note)
    estimate, reach, said = estimated(measure, groups, level)
    return Result(
        name, tuple(names), sizes, unit, measure=name, estimate=estimate, interval=reach, level=level, note=said
    )


def estimated(
    measure: Measure, groups: Sequence[Sequence[Unit]], level: float
) -> tuple[float | None, tuple[float, float] | None, str]:
    """Return ``measure`` of ``groups``, its bootstrap interval at ``level``, and what is to be said of that."""
    np = bootstrap.numpy()
    with np.errstate(all="ignore"):  # what has no value is said
        value = float(measure(*(np.array([sorted(group)], dtype=float) for group in groups))[0])
    if not math.isfinite(value):
        return None, None, "no effect size: the values vary too little to be told from rounding"
    return value, *bootstrap.interval(measure, groups, level)


def _d(a: Array, b: Array) -> Array:
    np = bootstrap.numpy()
    n, m = a.shape[-1], b.shape[-1]
    spread = ((n - 1) * a.var(axis=-1, ddof=1) + (m - 1) * b.var(axis=-1, ddof=1)) / (n + m - 2)
    still = (np.ptp(a, axis=-1) == 0) & (np.ptp(b, axis=-1) == 0)
    return (a.mean(axis=-1) - b.mean(axis=-1)) / np.sqrt(np.where(still, np.nan, spread))


def _g(a: Array, b: Array) -> Array:
    freedom = a.shape[-1] + b.shape[-1] - 2
    unbiased = math.exp(math.lgamma(freedom / 2) - math.lgamma((freedom - 1) / 2)) / math.sqrt(freedom / 2)
    return _d(a, b) * unbiased


def ranked(values: Array) -> Array:
    """Return the ranks of ``values`` along the last axis, ties sharing the mean of theirs."""
    return need("scipy.stats", "stats", bootstrap.WHAT).rankdata(values, axis=-1)


def delta(a: Array, b: Array) -> Array:
    """Return Cliff's delta for each draw, from ranks: 2U ÷ (nm) − 1."""
    n, m = a.shape[-1], b.shape[-1]
    ranks = ranked(bootstrap.numpy().concatenate([a, b], axis=-1))[..., :n].sum(axis=-1)
    return 2 * (ranks - n * (n + 1) / 2) / (n * m) - 1


def biserial(changes: Array) -> Array:
    """Return the matched-pairs rank-biserial correlation of differences, 0 where a draw holds no difference."""
    np = bootstrap.numpy()
    ranks = ranked(np.abs(changes)) - (changes == 0).sum(axis=-1, keepdims=True)
    ranks = np.where(changes == 0, 0.0, ranks)
    total = ranks.sum(axis=-1)
    return (np.sign(changes) * ranks).sum(axis=-1) / np.where(total == 0, 1.0, total)


def eta(*groups: Array) -> Array:
    """Return the share of variation between groups for each draw, NaN where nothing varies."""
    np = bootstrap.numpy()
    together = np.concatenate(groups, axis=-1)
    middle = together.mean(axis=-1)
    between = sum(group.shape[-1] * (group.mean(axis=-1) - middle) ** 2 for group in groups)
    total = ((together - middle[..., None]) ** 2).sum(axis=-1)
    return between / np.where(np.ptp(together, axis=-1) == 0, np.nan, total)


def noted(result: Result, *notes: str) -> Result:
    """Return ``result`` with ``notes`` after its own."""
    return replace(result, note="; ".join(part for part in (result.note, *notes) if part))
