"""Measures with their intervals, and what chance alone would make of the distance between two groups of people."""

from collections.abc import Sequence
from dataclasses import dataclass

from troupe_es.experimentation.statistics import bootstrap
from troupe_es.experimentation.statistics.bootstrap import Array, Unit, numpy
from troupe_es.experimentation.statistics.results import percent, shown
from troupe_es.validation.shapes import Measured, Shape

IDEAL = {
    "variance ratio": 1.0,
    "diversity ratio": 1.0,
    "disagreement ratio": 1.0,
    "Kendall's tau of the Borda orders": 1.0,
}
"""What measures are where simulated and real answers agree entirely; 0 for all others."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure of how simulated answers lie to real ones; ``ideal`` is what it is where they agree entirely.

    ``interval`` is the percentile bootstrap interval at ``level``, ``inner`` the narrower one of equivalence tests.
    What has no value is None, and ``note`` says why.
    """

    name: str
    value: float | None
    interval: tuple[float, float] | None
    inner: tuple[float, float] | None
    level: float
    ideal: float
    note: str = ""

    def sentence(self) -> str:
        """Return it in plain words."""
        if self.value is None:
            return f"{self.name}: {self.note}"
        text = f"{self.name}: {shown(self.value)}"
        if self.interval:
            text += f" ({percent(self.level)} interval {shown(self.interval[0])} to {shown(self.interval[1])})"
        return f"{text}; {shown(self.ideal)} would be entire agreement"


@dataclass(frozen=True, slots=True)
class Chance:
    """What the deciding distance would be had simulated and real people been dealt into two groups by chance.

    ``typical`` is its median and ``most`` what it exceeds in 5 % of deals; ``p`` is the share of deals in which it is
    at least as large as it is.
    """

    distance: str
    typical: float
    most: float
    p: float

    def sentence(self) -> str:
        """Return it in plain words."""
        return (
            f"Two groups of these sizes drawn from the same people would have a {self.distance} of about"
            f" {shown(self.typical)}, and rarely more than {shown(self.most)}."
        )


def measures(shape: Shape, simulated: Sequence[Unit], real: Sequence[Unit], level: float) -> tuple[Measure, ...]:
    """Return all measures of ``shape``, with intervals at ``level`` from 2 000 resamples of people on both sides."""
    np = numpy()
    values = _once(shape.measured, simulated, real)
    drawn = np.concatenate(list(bootstrap.resampled(shape.measured, [simulated, real])))
    return tuple(
        _measure(name, float(values[index]), drawn[:, index], level) for index, name in enumerate(shape.names)
    )


def _measure(name: str, value: float, drawn: Array, level: float) -> Measure:
    np = numpy()
    ideal = IDEAL.get(name, 0.0)
    kept = drawn[np.isfinite(drawn)]
    if not np.isfinite(value):
        why = "no value: one of the two orders ranks nothing above anything" if "tau" in name else _still(name)
        return Measure(name, None, None, None, level, ideal, why)
    if len(kept) < len(drawn) / 2:
        return Measure(name, value, None, None, level, ideal, "no interval: too little varies to resample")
    ends = [(1 - level) / 2, (1 + level) / 2, 1 - level, level]
    low, high, inner_low, inner_high = (float(end) for end in np.quantile(kept, ends))
    return Measure(name, value, (low, high), (inner_low, inner_high), level, ideal)


def _still(name: str) -> str:
    return f"no value: the real answers do not vary, and a {name} divides by how much they do"


def _once(measured: Measured, simulated: Sequence[Unit], real: Sequence[Unit]) -> Array:
    np = numpy()
    with np.errstate(all="ignore"):  # what has no value is said
        return measured(np.array([sorted(simulated)], dtype=float), np.array([sorted(real)], dtype=float))[0]


def chance(shape: Shape, simulated: Sequence[Unit], real: Sequence[Unit]) -> Chance:
    """Return what ``shape``'s distance is by chance: 2 000 deals of all people into two groups of the same sizes."""
    np = numpy()
    column = shape.names.index(shape.distance)
    observed = float(_once(shape.measured, simulated, real)[column])
    pool, first = np.array(sorted([*simulated, *real]), dtype=float), len(simulated)
    rows = max(1, bootstrap.AT_ONCE // pool.size)
    dealt = []
    with np.errstate(all="ignore"):  # the other measures of a deal may have no value
        for start in range(0, bootstrap.RESAMPLES, rows):
            count = min(rows, bootstrap.RESAMPLES - start)
            keys = bootstrap.words("deals", [first, len(real), start], count, len(pool))
            order = np.argsort(keys, axis=1, kind="stable")
            dealt.append(shape.measured(pool[order[:, :first]], pool[order[:, first:]])[:, column])
    distances = np.concatenate(dealt)
    p = (1 + int((distances >= observed - 1e-12 * max(1.0, observed)).sum())) / (1 + len(distances))
    return Chance(shape.distance, float(np.median(distances)), float(np.quantile(distances, 0.95)), p)
