"""Tests of order: Mann–Whitney, Wilcoxon's signed ranks, Kruskal–Wallis, and Kolmogorov–Smirnov.

Exact where there are no ties and few values, else the normal approximation corrected for ties and continuity, as R's
``wilcox.test`` does. Sources: H. B. Mann and D. R. Whitney, Annals of Mathematical Statistics 18, 1947; F. Wilcoxon,
Biometrics Bulletin 1, 1945; W. H. Kruskal and W. A. Wallis, Journal of the American Statistical Association 47, 1952;
J. L. Hodges, "The significance probability of the Smirnov two-sample test", Arkiv för Matematik 3, 1958.
"""

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from troupe_es.experimentation.statistics import bootstrap, effects, samples
from troupe_es.experimentation.statistics.bootstrap import Array
from troupe_es.experimentation.statistics.effects import AB, BELOW_ZERO
from troupe_es.experimentation.statistics.results import LEVEL, Result, alpha_of, percent, shown
from troupe_es.experimentation.statistics.samples import UNIT
from troupe_es.extras import need

EXACT = 50
"""Values per group below which a test without ties is exact."""

EXACT_PAIRS = 10_000
"""Products of the two group sizes up to which Kolmogorov–Smirnov is exact."""


def mann_whitney(
    a: Iterable[Any], b: Iterable[Any], *, names: Sequence[str] = AB, level: float = LEVEL, unit: str = UNIT
) -> Result:
    """Return the Mann–Whitney test, two-sided, its U that of ``a``, with Cliff's delta."""
    first, second = samples.read(a, names[0]), samples.read(b, names[1])
    effect = effects.cliffs_delta(first, second, names=names, level=level, unit=unit)
    together = first + second
    note = samples.too_few([first, second], names, least=1)
    if not note and len(set(together)) == 1:
        note = "no test: all values are equal"
    null = f"{names[0]} and {names[1]} having the same distribution"
    if note:
        return _of("Mann–Whitney test", effect, null, note)
    ties = len(set(together)) < len(together)
    exact = not ties and max(len(first), len(second)) < EXACT
    found = _scipy().mannwhitneyu(first, second, method="exact" if exact else "asymptotic")
    p = float(found.pvalue)
    result = _of("Mann–Whitney test", effect, null, _least(2 / math.comb(len(together), len(first)), level, p))
    return replace(result, symbol="U", statistic=float(found.statistic), p=p)


def wilcoxon(
    a: Iterable[Any], b: Iterable[Any], *, names: Sequence[str] = AB, level: float = LEVEL, unit: str = UNIT
) -> Result:
    """Return Wilcoxon's signed-rank test of a − b, two-sided, with the rank-biserial correlation.

    The statistic is V, the sum of the ranks of the pairs in which a is larger; pairs that do not differ are left out.
    """
    paired = samples.pairs(a, b, names)
    effect = effects.rank_biserial(a, b, names=names, level=level, unit=unit)
    moved = [change for change in samples.differences(paired) if change]
    note = "" if paired else "no test: there are no pairs"
    if paired and not moved:
        note = "no test: no pair differs"
    null = "differences that lie evenly around 0"
    if note:
        return _of("Wilcoxon signed-rank test", effect, null, note)
    statistic, p = _signed(moved)
    same = len(paired) - len(moved)
    left = f"{same} of {len(paired)} pairs do not differ and are left out" if same else ""
    result = _of("Wilcoxon signed-rank test", effect, null, left, _least(2 / 2 ** len(moved), level, p))
    return replace(result, symbol="V", statistic=statistic, p=p)


def _signed(moved: Sequence[float]) -> tuple[float, float]:
    n, sizes = len(moved), [abs(change) for change in moved]
    ranks = effects.ranked(sizes).tolist()
    statistic = math.fsum(rank for rank, change in zip(ranks, moved, strict=True) if change > 0)
    ties = Counter(sizes).values()
    if max(ties) == 1 and n < EXACT:
        return statistic, float(_scipy().wilcoxon(moved, method="exact").pvalue)
    spread = n * (n + 1) * (2 * n + 1) / 24 - sum(count**3 - count for count in ties) / 48
    off = abs(statistic - n * (n + 1) / 4)
    return statistic, min(1.0, 2 * float(_scipy().norm.sf(max(0.0, off - 0.5) / math.sqrt(spread))))


def kruskal_wallis(groups: Mapping[str, Iterable[Any]], *, level: float = LEVEL, unit: str = UNIT) -> Result:
    """Return the Kruskal–Wallis test, corrected for ties, with epsilon squared, H ÷ (N − 1)."""
    read = {name: samples.read(values, name) for name, values in groups.items()}
    values = list(read.values())
    note = samples.too_few(values, list(read), least=1)
    if len(read) < 2:
        note = "no test: there must be at least two groups"
    if not note and len({value for group in values for value in group}) == 1:
        note = "no test: all values are equal"
    sizes = tuple(len(group) for group in values)
    base = Result("Kruskal–Wallis test", tuple(read), sizes, unit, measure="epsilon squared", level=level)
    null = "all groups having the same distribution"
    if note:
        return _of("Kruskal–Wallis test", base, null, note)
    estimate, reach, said = effects.estimated(epsilon, values, level)
    base = replace(base, estimate=estimate, interval=reach, note=said)
    statistic = (estimate or 0.0) * (sum(sizes) - 1)
    df = (float(len(sizes) - 1),)
    result = _of("Kruskal–Wallis test", base, null, BELOW_ZERO if reach else "")
    return replace(result, symbol="H", statistic=statistic, df=df, p=float(_scipy().chi2.sf(statistic, *df)))


def epsilon(*groups: Array) -> Array:
    """Return epsilon squared, the share of the variation of ranks that lies between groups: H ÷ (N − 1)."""
    np = bootstrap.numpy()
    ranks = effects.ranked(np.concatenate(groups, axis=-1))
    edges = np.cumsum([group.shape[-1] for group in groups])[:-1]
    return effects.eta(*np.split(ranks, edges, axis=-1))


def kolmogorov_smirnov(
    a: Iterable[Any], b: Iterable[Any], *, names: Sequence[str] = AB, level: float = LEVEL, unit: str = UNIT
) -> Result:
    """Return the two-sample Kolmogorov–Smirnov test, two-sided: D is the largest gap of the two distributions."""
    first, second = samples.read(a, names[0]), samples.read(b, names[1])
    base = Result("Kolmogorov–Smirnov test", tuple(names), (len(first), len(second)), unit, level=level)
    base = replace(base, measure="largest gap between the cumulative distributions")
    null = f"{names[0]} and {names[1]} having the same distribution"
    note = samples.too_few([first, second], names, least=1)
    if note:
        return _of(base.name, base, null, note)
    n, m, gap = len(first), len(second), _gap(first, second)
    if n * m <= EXACT_PAIRS:
        p = _exceeded(n, m, gap)
    else:
        p = float(_scipy().kstwo.sf(gap / (n * m), round(n * m / (n + m))))
    tied = len(set(first + second)) < len(first + second)
    said = "with equal values p is too large rather than too small" if tied else ""
    result = _of(base.name, base, null, said)
    return replace(result, symbol="D", statistic=gap / (n * m), p=min(1.0, p), estimate=gap / (n * m))


def _gap(a: Sequence[float], b: Sequence[float]) -> int:
    """Return the largest gap between the distributions of two samples in ascending order, times both their sizes."""
    values = sorted({*a, *b})
    return max(abs(bisect_right(a, value) * len(b) - bisect_right(b, value) * len(a)) for value in values)


def _exceeded(n: int, m: int, gap: int) -> float:
    """Return the share of all orders of n and m values with a gap at least as large, counted (Hodges 1958)."""
    ways = [0] * (m + 1)
    for i in range(n + 1):
        for j in range(m + 1):
            come = (ways[j - 1] if j else 0) + (ways[j] if i else 0) if i or j else 1
            ways[j] = come if abs(i * m - j * n) < gap else 0
    total = math.comb(n + m, n)
    return (total - ways[m]) / total


def _of(name: str, effect: Result, null: str, *notes: str) -> Result:
    fixed = replace(effect, name=name, null=null, alpha=alpha_of(effect.level), note="")
    said = dict.fromkeys(part for part in (*notes, effect.note) if part)
    if fixed.estimate is None and notes and notes[0]:
        said = dict.fromkeys(notes[:1])
    return replace(fixed, note="; ".join(said))


def _least(smallest: float, level: float, p: float) -> str:
    """Return what is said where even the clearest data could not give a p below alpha."""
    if smallest < alpha_of(level):
        return ""
    if p < smallest - 1e-12:
        return f"with equal values p is approximate, and too small: so few cannot give one below {shown(smallest)}"
    return f"so few values cannot give a p below {shown(smallest)}, so not below {percent(alpha_of(level))} either"


def _scipy() -> Any:
    return need("scipy.stats", "stats", bootstrap.WHAT)
