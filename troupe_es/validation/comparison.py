"""One question, one group of people: how simulated answers lie to real ones."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from troupe_es.errors import UsageError
from troupe_es.experimentation.statistics.bootstrap import Unit, numpy
from troupe_es.experimentation.statistics.results import percent, shown
from troupe_es.validation.answers import NUMBERS, Answers, Question, common
from troupe_es.validation.measures import Chance, Measure, chance, measures
from troupe_es.validation.shapes import BANDS, bands, borda, coded, shape
from troupe_es.validation.verdict import Margins, Verdict, judge


@dataclass(frozen=True, slots=True)
class Side:
    """One side in numbers: how many answered, the share of each answer, and mean and sd, or Borda scores."""

    n: int
    missing: int
    shares: dict[str | float, float]
    mean: float | None = None
    sd: float | None = None
    scores: dict[str | float, float] | None = None

    def sentence(self) -> str:
        """Return it in plain words."""
        text = f"n = {self.n}" + (f" ({self.missing} without an answer)" if self.missing else "")
        if self.mean is not None:
            text += f", mean {shown(self.mean)}" + ("" if self.sd is None else f", sd {self.sd:.2f}")
        return text


@dataclass(frozen=True, slots=True)
class Band:
    """The central ``share`` of real answers: where it lies, and the shares of both sides that are in it."""

    share: float
    low: float
    high: float
    real: float
    simulated: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """Simulated against real answers to one question, of everybody or of one subgroup ("" is everybody)."""

    question: Question
    subgroup: str
    simulated: Side
    real: Side
    measures: tuple[Measure, ...]
    chance: Chance | None
    bands: tuple[Band, ...]
    verdict: Verdict

    @property
    def title(self) -> str:
        """The question, and the subgroup where there is one."""
        return f"{self.question.name} ({self.subgroup})" if self.subgroup else self.question.name

    def measure(self, name: str) -> Measure:
        """Return one measure by its name. Raises UsageError where this kind of question has no such one."""
        for measure in self.measures:
            if measure.name == name:
                return measure
        known = ", ".join(repr(measure.name) for measure in self.measures)
        raise UsageError(f"{self.title}: there is no measure {name!r}" + (f": there are {known}" if known else ""))

    def sentence(self) -> str:
        """Return the verdict with its reasons in plain words."""
        reasons = "; ".join(self.verdict.reasons)
        return f"{self.title}: {self.verdict} ({reasons})."

    def lines(self) -> list[str]:
        """Return everything in plain words, line by line."""
        found = [f"  {measure.sentence()}." for measure in self.measures]
        within = [
            f"  the central {percent(band.share)} of real answers, {shown(band.low)} to {shown(band.high)}, hold"
            f" {percent(round(band.real, 3))} of the real and {percent(round(band.simulated, 3))} of the simulated."
            for band in self.bands
        ]
        by_chance = [f"  {self.chance.sentence()}"] if self.chance else []
        sides = [f"  simulated: {self.simulated.sentence()}.", f"  real: {self.real.sentence()}."]
        return [self.sentence(), *sides, *found, *by_chance, *within]

    def rows(self) -> list[dict[str, Any]]:
        """Return a row of a table for each measure."""
        fixed = {"question": self.question.name, "subgroup": self.subgroup, "kind": self.question.kind}
        sizes = {"n simulated": self.simulated.n, "n real": self.real.n}
        end = {"verdict": str(self.verdict)}
        return [
            {**fixed, **sizes, "measure": m.name, "value": m.value, "low": low, "high": high, "ideal": m.ideal, **end}
            for m in self.measures
            for low, high in [m.interval or (None, None)]
        ]


def compare(simulated: Answers, real: Answers, *, subgroup: str = "", margins: Margins | None = None) -> Comparison:
    """Return how ``simulated`` answers lie to ``real`` ones; ``margins`` says how near is near enough.

    With no answer on a side, or one, there is nothing to measure, and the verdict says so. Raises UsageError where
    the two are answers to questions of different kinds.
    """
    margins = margins or Margins()
    question = common(simulated.question, real.question, [*simulated.values, *real.values])
    first, second = coded(question, simulated.values), coded(question, real.values)
    measured = shape(question, second or [0.0], [*first, *second] or [0.0])
    found: tuple[Measure, ...] = ()
    by_chance = None
    if min(len(first), len(second)) > 1:
        found = measures(measured, first, second, margins.level)
        by_chance = chance(measured, first, second)
    verdict = judge(measured, first, second, found, by_chance, margins)
    sides = _side(question, simulated, first), _side(question, real, second)
    return Comparison(question, subgroup, *sides, found, by_chance, _bands(question, first, second), verdict)


def _side(question: Question, answers: Answers, units: Sequence[Unit]) -> Side:
    n, np = len(units), numpy()
    counts = Answers(question, answers.values).counts()
    shares = {option: count / n for option, count in counts.items()} if n else {}
    if question.kind in NUMBERS and n:
        values = np.array(sorted(units), dtype=float)
        sd = float(values.std(ddof=1)) if n > 1 else None
        return Side(n, answers.missing, shares, float(values.mean()), sd)
    if question.kind == "ranking" and n:
        scores = borda(np.array(sorted(units), dtype=float))
        named = {option: float(score) for option, score in zip(question.options, scores, strict=True)}
        return Side(n, answers.missing, shares, scores=named)
    return Side(n, answers.missing, shares)


def _bands(question: Question, simulated: Sequence[Unit], real: Sequence[Unit]) -> tuple[Band, ...]:
    if question.kind not in NUMBERS or not simulated or not real:
        return ()
    np = numpy()
    sides = [np.array(units, dtype=float) for units in (real, simulated)]
    return tuple(
        Band(share, low, high, *(float(((side >= low) & (side <= high)).mean()) for side in sides))
        for share, (low, high) in zip(BANDS, bands(real), strict=True)
    )
