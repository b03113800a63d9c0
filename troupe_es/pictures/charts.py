"""Distributions of answers: one, and simulated against real ones."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from troupe_es.errors import UsageError
from troupe_es.experimentation.statistics.counts import wilson
from troupe_es.experimentation.statistics.results import percent, shown
from troupe_es.numerals import counted, plural
from troupe_es.pictures.drawing import GRID, INK, REAL, SIMULATED, Label, Picture, label, legible, wrapped
from troupe_es.validation.comparison import Comparison, Side

MOST_BARS = 15
"""Different numbers up to which each gets a bar; more are put into some ten bins of a round width."""


def distribution(
    counts: Mapping[Label, int],
    title: str,
    *,
    axis: str = "answer",
    unit: str = "person",
    foot: str = "",
    real: bool = False,
    of: int | None = None,
) -> Picture:
    """Return bars of how many gave each answer, in the order given, with the share of each on the axis.

    ``axis`` says what the answers are, with their unit; ``foot`` should be the standing line; ``real`` takes the
    colour of real answers; ``of`` is how many there are where each could give several answers. Raises UsageError
    where nobody answered.
    """
    total = sum(counts.values()) if of is None else of
    if not total:
        raise UsageError(f"there is nothing to draw in {title!r}: nobody answered")
    shares = [100 * count / total for count in counts.values()]
    colour = REAL if real else SIMULATED

    def paint(figure: Any) -> None:
        axes = figure.add_subplot()
        places = range(len(counts))
        axes.bar(places, shares, width=0.7, color=colour)
        for place, share, count in zip(places, shares, counts.values(), strict=True):
            axes.text(place, share, str(count), ha="center", va="bottom", fontsize=9)
        _answers(axes, list(counts), axis)
        axes.set_ylabel(legible(f"share of {plural(unit)} (%)"))
        axes.yaxis.get_major_locator().set_params(integer=True)
        axes.set_ylim(0, max(*shares, 1) * 1.12)

    alt = "; ".join(f"{label(answer)}: {count}" for answer, count in counts.items())
    several = "" if of is None else ", who could give several answers"
    subtitle = f"n = {counted(total, unit)}{several}; numbers on the bars are counts"
    return Picture(title, subtitle, foot, f"{title}. {subtitle}. {alt}.", _wide(len(counts)), 4.4, paint)


def simulated_and_real(
    comparison: Comparison, title: str = "", *, axis: str = "answer", foot: str = "", level: float = 0.95
) -> Picture:
    """Return pairs of bars, simulated and real shares of each answer, with Wilson intervals at ``level``.

    Raises UsageError where nobody answered on one side.
    """
    simulated, real = comparison.simulated, comparison.real
    if not simulated.n or not real.n:
        raise UsageError(f"there is nothing to draw in {comparison.title!r}: nobody answered on one side")
    labels, first, second = _paired(comparison)
    sides = ((-0.2, "simulated", simulated, first, SIMULATED, ""), (0.2, "real", real, second, REAL, "//"))

    def paint(figure: Any) -> None:
        axes = figure.add_subplot()
        for off, name, side, shares, colour, hatch in sides:
            places = [place + off for place in range(len(labels))]
            heights = [100 * share for share in shares]
            axes.bar(
                places,
                heights,
                width=0.38,
                color=colour,
                hatch=hatch,
                edgecolor="white",
                linewidth=0,
                label=f"{name} (n = {side.n})",
            )
            axes.errorbar(
                places,
                heights,
                yerr=_whiskers(shares, side, level),
                fmt="none",
                ecolor=INK,
                elinewidth=1.1,
                capsize=3,
            )
        _answers(axes, labels, axis)
        axes.set_ylabel(f"share of answers (%), {percent(level)} intervals")
        axes.set_ylim(bottom=0)
        axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, borderaxespad=0.2)

    subtitle = f"Verdict: {comparison.verdict}. {_moments(comparison)}".strip()
    alt = f"{comparison.sentence()} " + "; ".join(
        f"{label(answer)}: simulated {percent(round(p, 3))}, real {percent(round(q, 3))}"
        for answer, p, q in zip(labels, first, second, strict=True)
    )
    return Picture(title or comparison.title, subtitle, foot, alt, _wide(2 * len(labels)), 4.8, paint)


def binned(values: Sequence[float]) -> dict[Label, int]:
    """Return how often each number occurs, in order: each of the range of whole ones, or else bins of a round width.

    Raises ValueError for no values.
    """
    low, high = min(values), max(values)
    if all(float(value).is_integer() for value in values) and high - low < MOST_BARS:
        return {number: values.count(number) for number in range(int(low), int(high) + 1)}
    if low == high:
        return {low: len(values)}
    width = _round_width((high - low) / 10)
    first, last = math.floor(low / width), math.floor(high / width)
    counts = _binned(Counter(values), first, last, width)
    return dict(zip(_bins(first, last, width), map(round, counts), strict=True))


def _bins(first: int, last: int, width: float) -> list[Label]:
    return [
        f"{shown(round(bin_ * width, 9))} to {shown(round((bin_ + 1) * width, 9))}" for bin_ in range(first, last + 1)
    ]


def _paired(comparison: Comparison) -> tuple[list[Label], list[float], list[float]]:
    p, q = comparison.simulated.shares, comparison.real.shares
    labels: list[Label] = list(dict.fromkeys((*q, *p)))
    numbers = [float(answer) for answer in labels if not isinstance(answer, str)]
    if len(numbers) == len(labels):
        labels.sort(key=float)
    if comparison.question.kind != "numeric" or len(labels) <= MOST_BARS:
        return labels, [p.get(answer, 0.0) for answer in labels], [q.get(answer, 0.0) for answer in labels]
    width = _round_width((max(numbers) - min(numbers)) / 10)
    first, last = math.floor(min(numbers) / width), math.floor(max(numbers) / width)
    return _bins(first, last, width), _binned(p, first, last, width), _binned(q, first, last, width)


def _round_width(least: float) -> float:
    """Return the next width of 1, 2 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= least)


def _binned(shares: Mapping[Any, float], first: int, last: int, width: float) -> list[float]:
    """Return the share in each bin; a number on an edge is in the bin above it."""
    found = [0.0] * (last - first + 1)
    for value, share in shares.items():
        found[math.floor(float(value) / width) - first] += share
    return found


def _whiskers(shares: Sequence[float], side: Side, level: float) -> list[list[float]]:
    ends = [wilson(round(share * side.n), side.n, level) for share in shares]
    return [
        [100 * max(0.0, share - low) for share, (low, _) in zip(shares, ends, strict=True)],
        [100 * max(0.0, high - share) for share, (_, high) in zip(shares, ends, strict=True)],
    ]


def _moments(comparison: Comparison) -> str:
    sides = (("simulated", comparison.simulated), ("real", comparison.real))
    said = [
        f"{name} mean {side.mean:.2f}" + ("" if side.sd is None else f", sd {side.sd:.2f}")
        for name, side in sides
        if side.mean is not None
    ]
    return "; ".join(said).capitalize()


def _answers(axes: Any, labels: Sequence[Label], axis: str) -> None:
    letters = max(8, int(_wide(len(labels)) * 9 / max(1, len(labels))))
    axes.set_xticks(range(len(labels)), [wrapped(label(answer), letters) for answer in labels])
    axes.set_xlabel(legible(axis))
    axes.grid(visible=False, axis="x")
    axes.tick_params(axis="x", length=0)
    axes.yaxis.grid(color=GRID)


def _wide(bars: int) -> float:
    return min(14.0, max(6.4, 0.75 * bars + 1.5))
