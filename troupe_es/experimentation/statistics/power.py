"""How many units an experiment needs, and what so many can find: power of t tests and of two proportions.

Sources: J. Cohen, *Statistical Power Analysis for the Behavioral Sciences*, 1988, for the t tests (noncentral t, both
tails counted); J. L. Fleiss, *Statistical Methods for Rates and Proportions*, 1981, for proportions (normal
approximation without continuity correction, as R's ``power.prop.test``, both tails counted).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from troupe_es.errors import UsageError
from troupe_es.experimentation.statistics import bootstrap
from troupe_es.experimentation.statistics.results import percent, shown
from troupe_es.experimentation.statistics.samples import UNIT
from troupe_es.extras import need
from troupe_es.numerals import plural

MOST = 10_000_000
"""Units per group beyond which no sample size is looked for."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A design: with ``n`` units in each group, an effect of ``effect`` is found in ``power`` of all tries."""

    name: str
    effect: str
    n: tuple[int, ...]
    power: float
    alpha: float
    unit: str = UNIT
    note: str = ""

    def sentence(self) -> str:
        """Return it in plain words."""
        sizes = f"{self.n[0]}" if len(set(self.n)) == 1 else " and ".join(map(str, self.n))
        each = " in each group" if len(self.n) > 1 else ""
        return (
            f"{self.name}: with {sizes} {plural(self.unit)}{each}, {self.effect} is found at the"
            f" {percent(self.alpha)} level in {percent(round(self.power, 3))} of experiments."
            + (f" {self.note}." if self.note else "")
        )

    def row(self) -> dict[str, str | float]:
        """Return it as a row of a table."""
        return {
            "test": self.name,
            "effect": self.effect,
            "n": " / ".join(map(str, self.n)),
            "unit": self.unit,
            "power": self.power,
            "alpha": self.alpha,
            "note": self.note,
        }


def power_t(d: float, n: int, m: int | None = None, *, alpha: float = 0.05, unit: str = UNIT) -> Plan:
    """Return the power of a two-sided t test of two groups of ``n`` and ``m`` (as many, if None) to find Cohen's d.

    Raises UsageError for an effect of 0, groups of fewer than 2, or a level that is no share.
    """
    _checked(d, alpha, n, n if m is None else m)
    sizes = (n, n if m is None else m)
    reach = d * math.sqrt(sizes[0] * sizes[1] / sum(sizes))
    return Plan("two-sample t test", f"d = {shown(d)}", sizes, _t(reach, sum(sizes) - 2, alpha), alpha, unit)


def power_paired_t(d: float, n: int, *, alpha: float = 0.05, unit: str = UNIT) -> Plan:
    """Return the power of a paired t test of ``n`` pairs; ``d`` is in standard deviations of the differences."""
    _checked(d, alpha, n)
    effect = f"d = {shown(d)} of the differences"
    return Plan("paired t test", effect, (n,), _t(d * math.sqrt(n), n - 1, alpha), alpha, unit)


def power_proportions(p: float, q: float, n: int, *, alpha: float = 0.05, unit: str = UNIT) -> Plan:
    """Return the power to find that two shares are ``p`` and ``q``, with ``n`` units in each group."""
    if not (0 <= p <= 1 and 0 <= q <= 1):
        raise UsageError(f"shares must lie between 0 and 1, not {p!r} and {q!r}")
    _checked(p - q, alpha, n)
    norm = need("scipy.stats", "stats", bootstrap.WHAT).norm
    middle, spread = (p + q) / 2, math.sqrt(p * (1 - p) + q * (1 - q))
    bound = float(norm.isf(alpha / 2)) * math.sqrt(2 * middle * (1 - middle))
    gap = math.sqrt(n) * abs(p - q)
    if spread:
        power = float(norm.sf((bound - gap) / spread) + norm.cdf((-bound - gap) / spread))
    else:
        power = float(gap > bound)
    effect = f"{percent(p)} against {percent(q)}"
    return Plan("test of two proportions", effect, (n, n), min(1.0, power), alpha, unit)


def size_t(d: float, *, power: float = 0.8, alpha: float = 0.05, unit: str = UNIT) -> Plan:
    """Return the smallest two groups of equal size in which a t test has at least ``power`` to find Cohen's d."""
    return _smallest(lambda n: power_t(d, n, alpha=alpha, unit=unit), power)


def size_paired_t(d: float, *, power: float = 0.8, alpha: float = 0.05, unit: str = UNIT) -> Plan:
    """Return the smallest number of pairs with at least ``power`` to find ``d`` of the differences."""
    return _smallest(lambda n: power_paired_t(d, n, alpha=alpha, unit=unit), power)


def size_proportions(p: float, q: float, *, power: float = 0.8, alpha: float = 0.05, unit: str = UNIT) -> Plan:
    """Return the smallest two groups of equal size with at least ``power`` to find that shares are p and q."""
    return _smallest(lambda n: power_proportions(p, q, n, alpha=alpha, unit=unit), power)


def _smallest(plan: Callable[[int], Plan], power: float) -> Plan:
    if not 0 < power < 1:
        raise UsageError(f"the power to be reached must lie between 0 and 1, not {power!r}")
    low, high = 1, 2
    while plan(high).power < power:
        low, high = high, high * 2
        if high > MOST:
            raise UsageError(
                f"more than {MOST:,} units would be needed in each group: the effect is too small to find"
            )
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if plan(middle).power >= power else (middle, high)
    return plan(high)


def _t(reach: float, df: int, alpha: float) -> float:
    stats = need("scipy.stats", "stats", bootstrap.WHAT)
    bound, reach = float(stats.t.isf(alpha / 2, df)), abs(reach)
    if reach > bound + 40:  # beyond what the noncentral distribution is computed for, and certain
        return 1.0
    return min(1.0, float(stats.nct.sf(bound, df, reach) + stats.nct.cdf(-bound, df, reach)))


def _checked(effect: float, alpha: float, *sizes: int) -> None:
    if not 0 < abs(effect) < math.inf:
        raise UsageError(f"the effect to be found must be a number other than 0, not {effect!r}")
    if not 0 < alpha < 1:
        raise UsageError(f"the level of a test must lie between 0 and 1, such as 0.05, not {alpha!r}")
    if min(sizes) < 2:
        raise UsageError(f"a group needs at least 2 units, not {min(sizes)}")
