"""What a comparison permits one to say, by rules that are written down here and in every report.

*Variance collapse*: simulated people agree too much. Said where (a) the interval of the ratio of spreads, simulated
÷ real, lies wholly below ½, and (b) the distributions are further apart than chance deals two groups of the same
people. Both are asked, so that neither a small sample nor a harmless narrowing is called so. That language models
answer with too little variance is known from J. Bisbee et al., "Synthetic replacements for human survey data? The
perils of large language models", Political Analysis 32, 2024; the bound of ½ is our choice, and a setting.

*Mean shifted*: the interval of the difference of means does not hold 0, and equivalence is not shown either.

*Good match*: only where equivalence is shown. For numbers, means within half a real standard deviation (the smallest
change that matters to people: G. R. Norman, J. A. Sloan and K. W. Wyrwich, Medical Care 41, 2003); for options, each
share within .2; spreads within a factor of 2; and the distance no larger than chance makes it, or total variation
below .2. Each at 5 %, and all of them (R. L. Berger, Technometrics 24, 1982: no correction is needed for that). No
difference found is no match: with few answers nothing can be found.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from troupe_es.errors import UsageError
from troupe_es.experimentation.statistics import samples
from troupe_es.experimentation.statistics.bootstrap import Unit
from troupe_es.experimentation.statistics.means import equivalent, welch_t
from troupe_es.experimentation.statistics.results import percent, shown
from troupe_es.validation.measures import Chance, Measure
from troupe_es.validation.shapes import Shape

GOOD = "good match"
COLLAPSE = "variance collapse"
INFLATED = "variance inflated"
SHIFTED = "mean shifted"
DIFFERS = "distribution differs"
TOO_FEW = "cannot tell: too few"
STILL = "cannot tell: the real answers do not vary"

ALPHA = 0.05


@dataclass(frozen=True, slots=True)
class Margins:
    """How near is near enough; a report states them.

    ``mean`` is in standard deviations of the real answers, ``share`` a difference of shares (and of Borda scores),
    ``spread`` the factor by which spreads may differ, ``least`` the answers needed on each side to say anything.
    Raises UsageError for a margin that permits nothing or everything.
    """

    mean: float = 0.5
    share: float = 0.2
    spread: float = 2.0
    least: int = 20
    level: float = 0.95

    def __post_init__(self) -> None:
        sound = 0 < self.mean < math.inf and 0 < self.share < 1 and 1 < self.spread < math.inf and self.least >= 2
        if not (sound and 0.5 < self.level < 1):
            raise UsageError(
                "margins: 'mean' must be above 0, 'share' and 'level' between 0 and 1 ('level' above a half),"
                " 'spread' above 1, and 'least' at least 2"
            )

    def sentence(self) -> str:
        """Return the rules in plain words."""
        return (
            f"Variance collapse is called where the interval of the ratio of spreads (simulated ÷ real) lies wholly"
            f" below {shown(1 / self.spread)} and the distributions are further apart than chance makes them. A good"
            f" match is called only where means are shown to lie within {shown(self.mean)} real standard deviations,"
            f" or every share (Borda score) within {shown(self.share)}, spreads within a factor of"
            f" {shown(self.spread)}, and the distance is no larger than chance makes it or total variation below"
            f" {shown(self.share)}. Below {self.least} answers on a side nothing is said."
        )


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is said, most weighty first, and the reason for each."""

    findings: tuple[str, ...]
    reasons: tuple[str, ...]

    @property
    def good(self) -> bool:
        """Whether it is a good match."""
        return self.findings == (GOOD,)

    def __str__(self) -> str:
        return " and ".join(self.findings)


def judge(
    shape: Shape,
    simulated: Sequence[Unit],
    real: Sequence[Unit],
    found: Sequence[Measure],
    by_chance: Chance | None,
    margins: Margins,
) -> Verdict:
    """Return the verdict on two groups of coded answers by the rules above."""
    if by_chance is None or min(len(simulated), len(real)) < margins.least:
        sizes = f"{len(simulated)} simulated and {len(real)} real answers"
        return Verdict((TOO_FEW,), (f"{sizes}: below {margins.least} on a side nothing can be said",))
    by_name = {measure.name: measure for measure in found}
    spread, apart = by_name[shape.spread], by_chance.p < ALPHA
    said = [*_spread(spread, apart, margins), *_shift(shape, simulated, real, margins)]
    if said:
        return Verdict(tuple(name for name, _ in said), tuple(reason for _, reason in said))
    missed = [*_unequal_spread(spread, margins), *_unequal_means(shape, simulated, real, margins)]
    small, why = _small(shape, by_name, apart, margins)
    if apart and (missed or not small):
        reach = f"chance rarely makes it more than {shown(by_chance.most)}"
        return Verdict(
            (DIFFERS,), (f"the {shape.distance} is {shown(by_name[shape.distance].value or 0.0)}; {reach}",)
        )
    if spread.value is None:
        return Verdict((STILL,), (f"{spread.name}: {spread.note}",))
    if missed:
        return Verdict((TOO_FEW,), ("no difference was found, which does not show a match", *missed))
    return Verdict((GOOD,), ("means or shares and spreads are shown to lie within the margins", why))


def _spread(spread: Measure, apart: bool, margins: Margins) -> list[tuple[str, str]]:
    if spread.value is None or spread.interval is None or not apart:
        return []
    low, high = spread.interval
    what = f"{spread.name} {shown(spread.value)}, {percent(margins.level)} interval {shown(low)} to {shown(high)}"
    if high < 1 / margins.spread:
        return [(COLLAPSE, f"simulated people agree too much: {what}, wholly below {shown(1 / margins.spread)}")]
    if low > margins.spread:
        return [(INFLATED, f"simulated people differ too much: {what}, wholly above {shown(margins.spread)}")]
    return []


def _shift(shape: Shape, simulated: Sequence[Unit], real: Sequence[Unit], margins: Margins) -> list[tuple[str, str]]:
    if shape.spread != "variance ratio":
        return []
    test = welch_t(simulated, real, names=("simulated", "real"), level=margins.level, unit="person")
    if not test.significant or not _unequal_means(shape, simulated, real, margins):
        return []
    low, high = test.interval or (0.0, 0.0)
    reach = f"{percent(margins.level)} interval {shown(low)} to {shown(high)}"
    return [(SHIFTED, f"the simulated mean lies {shown(test.estimate or 0.0)} from the real one, {reach}")]


def _small(shape: Shape, by_name: dict[str, Measure], apart: bool, margins: Margins) -> tuple[bool, str]:
    """Return whether the distance is harmless, and why: chance makes it, or total variation is shown to be small."""
    name = next((name for name in by_name if "total variation" in name), shape.distance)
    if not apart:
        return True, f"the {shape.distance} is no larger than chance makes it"
    inner = by_name[name].inner
    return inner is not None and inner[1] < margins.share, f"the {name} is shown to be below {shown(margins.share)}"


def _unequal_spread(spread: Measure, margins: Margins) -> list[str]:
    if spread.inner and 1 / margins.spread < spread.inner[0] and spread.inner[1] < margins.spread:
        return []
    return [f"the {spread.name} is not shown to lie within {shown(1 / margins.spread)} to {shown(margins.spread)}"]


def _unequal_means(shape: Shape, simulated: Sequence[Unit], real: Sequence[Unit], margins: Margins) -> list[str]:
    if shape.spread == "variance ratio":
        yardstick = math.sqrt(samples.variance(samples.read(real, "real")))
        if yardstick and _equal(simulated, real, margins.mean * yardstick, margins.level):
            return []
        return [f"means are not shown to lie within {shown(margins.mean)} real standard deviations"]
    columns = zip(_columns(shape, simulated, real), _columns(shape, real, simulated), strict=True)
    if all(_equal(first, second, margins.share, margins.level) for first, second in columns):
        return []
    return [f"shares are not all shown to lie within {shown(margins.share)} of each other"]


def _columns(shape: Shape, values: Sequence[Unit], others: Sequence[Unit]) -> list[list[float]]:
    """Return what must agree, a column per option: who gave it, who ticked it, or its Borda points from 0 to 1."""
    if shape.spread == "disagreement ratio":
        most = max(1, len(values[0]) - 1 if isinstance(values[0], tuple) else 1)
        return [[rank / most for rank in ranks] for ranks in zip(*values, strict=True)]
    if isinstance(values[0], tuple):
        return [list(ticks) for ticks in zip(*values, strict=True)]
    return [[float(value == option) for value in values] for option in sorted({*values, *others})]


def _equal(a: Sequence[Unit], b: Sequence[Unit], margin: float, level: float) -> bool:
    test = equivalent(a, b, margin, level=level, unit="person")
    if test.p is None:
        return abs(test.estimate or 0.0) < margin
    return bool(test.significant)
