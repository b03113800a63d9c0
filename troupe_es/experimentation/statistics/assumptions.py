"""What tests take for granted, checked; and which test to read, with the reason.

Sources: S. S. Shapiro and M. B. Wilk, Biometrika 52, 1965; M. B. Brown and A. B. Forsythe, Journal of the American
Statistical Association 69, 1974; M. Delacre, D. Lakens and C. Leys, "Why psychologists should by default use Welch's
t-test", International Review of Social Psychology 30, 2017. A test chosen by looking at the data is a little more
often wrong than its level says: choose before, where you can, and report both where they disagree.
"""

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from troupe_es.errors import UsageError
from troupe_es.experimentation.statistics import bootstrap, counts, samples
from troupe_es.experimentation.statistics.means import f_statistic
from troupe_es.experimentation.statistics.results import LEVEL, Result, alpha_of, p_shown
from troupe_es.experimentation.statistics.samples import UNIT
from troupe_es.extras import need

ENOUGH = 30
"""Units per group from which means are near enough to normal for t and F whatever the values look like."""

MOST = 5000
"""Values above which Shapiro–Wilk's p is not accurate, and every departure would be found."""


def shapiro_wilk(values: Iterable[Any], *, name: str = "A", level: float = LEVEL, unit: str = UNIT) -> Result:
    """Return the Shapiro–Wilk test of whether ``values`` come from a normal distribution."""
    read = samples.read(values, name)
    result = Result("Shapiro–Wilk test", (name,), (len(read),), unit, "a normal distribution", level=level)
    result = replace(result, alpha=alpha_of(level))
    note = samples.too_few([read], [name], least=3)
    if not note and samples.variance(read) == 0:
        note = f"no test: all values of {name} are equal"
    if not note and len(read) > MOST:
        note = f"no test: with more than {MOST} values it finds every departure, harmless ones too: look at a picture"
    if note:
        return replace(result, note=note)
    scale = read[-1] - read[0]
    found = need("scipy.stats", "stats", bootstrap.WHAT).shapiro([(value - read[0]) / scale for value in read])
    return replace(result, symbol="W", statistic=float(found.statistic), p=float(found.pvalue))


def brown_forsythe(groups: Mapping[str, Iterable[Any]], *, level: float = LEVEL, unit: str = UNIT) -> Result:
    """Return the Brown–Forsythe test (Levene's, around medians) of whether all groups vary alike."""
    read = {name: samples.read(values, name) for name, values in groups.items()}
    sizes = tuple(len(group) for group in read.values())
    result = Result("Brown–Forsythe test", tuple(read), sizes, unit, "equal variances", level=level)
    result = replace(result, alpha=alpha_of(level))
    note = samples.too_few(list(read.values()), list(read)) or ("" if len(read) > 1 else "no test: one group only")
    if note:
        return replace(result, note=note)
    medians = [statistics.median(group) for group in read.values()]
    away = [[abs(value - median) for value in group] for group, median in zip(read.values(), medians, strict=True)]
    if all(samples.alike(group, max(map(abs, read[name]))) for name, group in zip(read, away, strict=True)):
        return replace(result, note="no test: in each group all values are equally far from its median")
    statistic, df = f_statistic(away)
    p = float(need("scipy.stats", "stats", bootstrap.WHAT).f.sf(statistic, *df))
    return replace(result, symbol="F", statistic=statistic, df=df, p=p)


@dataclass(frozen=True, slots=True)
class Recommendation:
    """The test to read: ``test`` is the name of a function of this package, ``checks`` are what it was chosen by."""

    test: str
    reason: str
    checks: tuple[Result, ...] = ()

    def sentence(self) -> str:
        """Return it in plain words."""
        return f"Read {self.test}: {self.reason}."


def recommend(groups: Mapping[str, Iterable[Any]], *, paired: bool = False, ordinal: bool = False) -> Recommendation:
    """Return the test to read for numbers in two or more groups; ``ordinal`` says that only their order counts.

    Raises UsageError for fewer than two groups, and for pairs of more than two.
    """
    read = {name: samples.in_order(values, name) for name, values in groups.items()}
    if len(read) < 2 or (paired and len(read) > 2):
        raise UsageError(f"a recommendation needs {'exactly' if paired else 'at least'} two groups, not {len(read)}")
    ranks, means = _kinds(paired, len(read))
    if ordinal:
        return Recommendation(ranks, "only the order of the answers counts")
    names = list(read)
    varying = {f"{names[0]} − {names[1]}": _changes(read, names)} if paired else read
    checks = [shapiro_wilk(values, name=name) for name, values in varying.items()]
    odd = [check for check in checks if check.significant and check.n[0] < ENOUGH]
    if odd:
        why = " and ".join(f"{check.groups[0]} (Shapiro–Wilk p {p_shown(check.p or 0.0)})" for check in odd)
        return Recommendation(ranks, f"few values, and not normal ones in {why}", tuple(checks))
    if paired:
        return Recommendation(means, _fine(checks), tuple(checks))
    spread = brown_forsythe(read)
    return Recommendation(means, f"{_fine(checks)}; {_variances(spread)}", (*checks, spread))


def recommend_counts(table: counts.Table) -> Recommendation:
    """Return the test to read for counts of answers by group."""
    said = counts.sparse(table)
    if not said:
        return Recommendation("chi_squared", "the expected counts are large enough")
    if len(table) == 2 and len(counts.answers(table)) == 2:
        return Recommendation("fisher_exact", said.partition(":")[0].replace("p is", "the p of chi squared is"))
    return Recommendation("chi_squared", "Fisher's exact test is for two groups and two answers")


def _kinds(paired: bool, groups: int) -> tuple[str, str]:
    if paired:
        return "wilcoxon", "paired_t"
    return ("mann_whitney", "welch_t") if groups == 2 else ("kruskal_wallis", "welch_anova")


def _changes(read: Mapping[str, list[float]], names: Sequence[str]) -> list[float]:
    return samples.differences(samples.pairs(read[names[0]], read[names[1]], names))


def _fine(checks: Sequence[Result]) -> str:
    if all(check.n[0] >= ENOUGH for check in checks):
        return f"with {ENOUGH} values or more the means are near enough to normal"
    if any(check.p is None for check in checks):
        return "there are too few values that vary to check whether they are normal, so this rests on trust"
    return "nothing speaks against normal values"


def _variances(spread: Result) -> str:
    if spread.significant is None:
        return "variances cannot be compared, and it does not need them equal"
    found = f"Brown–Forsythe p {p_shown(spread.p or 0.0)}"
    if spread.significant:
        return f"variances differ ({found}), and it does not need them equal"
    return f"it does not need equal variances, though nothing speaks against them ({found})"
