"""What the arms of an experiment differ in: for each outcome the test to read, an effect size, and a correction.

The unit of analysis is the replicate: what the people of one life say hangs together, so counting utterances or
people would find effects where there are none. Replicates of one number share a draw in all arms, so two arms are
compared in pairs where the values are numbers. With more arms, or answers instead of numbers, the tests take the
arms as independent; shared draws make values of different arms more alike, if anything, and such tests careful.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from troupe_es.experimentation import statistics
from troupe_es.experimentation.outcomes import Value
from troupe_es.experimentation.statistics import Recommendation, Result
from troupe_es.experimentation.table import Findings
from troupe_es.scenario.experiment import Kind

UNIT = "replicate"
YES_NO = {True: "yes", False: "no"}


@dataclass(frozen=True)
class Comparison:
    """One outcome over all arms: the test that is to be read, why, and the size of the effect.

    ``test`` is corrected over all outcomes after Holm. Where there is nothing to test, both say so in their ``note``.
    """

    outcome: str
    kind: Kind
    means: Mapping[str, str]
    test: Result
    effect: Result
    reason: str
    missing: int

    def sentences(self) -> list[str]:
        """Return it in plain words; a measure that the test gives already is not told again."""
        arms = "; ".join(f"{arm}: {what}" for arm, what in self.means.items())
        lost = f" {self.missing} of all replicates have no value and are left out." if self.missing else ""
        why = f" Test chosen because {self.reason}." if self.reason else ""
        told = [f"{self.outcome} ({self.kind}): {arms}.{lost}", self.test.sentence() + why]
        known = (self.test.measure, self.test.estimate) == (self.effect.measure, self.effect.estimate)
        return told if known else [*told, self.effect.sentence()]


def compare(findings: Findings, *, level: float = 0.95) -> list[Comparison]:
    """Return a comparison of the arms for each outcome, corrected over all outcomes after Holm.

    Needs the extra ``stats``. Raises MissingExtra where that is not installed.
    """
    made = [_compared(findings, outcome.name, outcome.kind, level) for outcome in findings.design.outcomes]
    tests = statistics.corrected([each.test for each in made])
    return [replace(each, test=test) for each, test in zip(made, tests, strict=True)]


def _compared(findings: Findings, outcome: str, kind: Kind, level: float) -> Comparison:
    arms = findings.values(outcome)
    present = {arm: [value for value in values if value is not None] for arm, values in arms.items()}
    missing = sum(map(len, arms.values())) - sum(map(len, present.values()))
    means = {arm: _summed(values, kind) for arm, values in present.items()}
    if len(arms) < 2:
        nothing = _nothing(present, "no test: there is one arm only", level)
        return Comparison(outcome, kind, means, nothing, nothing, "", missing)
    if kind == "numeric":
        test, effect, reason = _numbers(arms, present, level)
    else:
        test, effect, reason = _counts(present, kind, level)
    return Comparison(outcome, kind, means, test, effect, reason, missing)


def _numbers(
    arms: Mapping[str, Sequence[Value]], present: Mapping[str, list[Any]], level: float
) -> tuple[Result, Result, str]:
    names = list(arms)
    if len(names) == 2:
        pairs = [(a, b) for a, b in zip(*arms.values(), strict=True) if a is not None and b is not None]
        first, second = [a for a, _ in pairs], [b for _, b in pairs]
        advice = _advice(dict(zip(names, (first, second), strict=True)), paired=True)
        test = getattr(statistics, advice.test)(first, second, names=names, level=level, unit=UNIT)
        effect = statistics.hedges_g(*present.values(), names=names, level=level, unit=UNIT)
        return test, effect, f"{advice.reason}; replicates of one number share a draw and are a pair"
    advice = _advice(present)
    test = getattr(statistics, advice.test)(present, level=level, unit=UNIT)
    return test, statistics.eta_squared(present, level=level, unit=UNIT), advice.reason


def _advice(groups: Mapping[str, Sequence[Any]], *, paired: bool = False) -> Recommendation:
    return statistics.recommend(groups, paired=paired)


def _counts(present: Mapping[str, list[Any]], kind: Kind, level: float) -> tuple[Result, Result, str]:
    table = {arm: Counter(_word(value) for value in values) for arm, values in present.items()}
    if not any(table.values()):
        nothing = _nothing(present, "no test: there are no values", level)
        return nothing, nothing, ""
    advice = statistics.recommend_counts(table)
    test = getattr(statistics, advice.test)(table, level=level, unit=UNIT)
    return test, statistics.cramers_v(table, level=level, unit=UNIT), advice.reason


def _nothing(present: Mapping[str, list[Any]], note: str, level: float) -> Result:
    sizes = tuple(len(values) for values in present.values())
    return Result("comparison", tuple(present), sizes, UNIT, level=level, note=note)


def _summed(values: Sequence[Any], kind: Kind) -> str:
    """Say what the values of one arm come to."""
    if not values:
        return "no values"
    if kind == "numeric":
        return f"mean {sum(values) / len(values):.3g} (n = {len(values)})"
    counts = Counter(_word(value) for value in values)
    return ", ".join(f"{answer} {count} of {len(values)}" for answer, count in sorted(counts.items()))


def _word(value: Any) -> str:
    return YES_NO[value] if isinstance(value, bool) else str(value)
