"""The pictures: distributions, simulated against real, effects with their intervals, and profiles of populations."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from troupe_es.errors import UsageError
from troupe_es.experimentation.statistics.counts import wilson
from troupe_es.experimentation.statistics.results import Result, percent, plural, shown
from troupe_es.pictures.drawing import FAINT, GRID, INK, REAL, SIMULATED, Picture, legible, wrapped
from troupe_es.validation.comparison import Comparison, Side

MOST_BARS = 15
"""Different numbers up to which each gets a bar; more are put into some ten bins of a round width."""

Label = str | int | float


def distribution(
    counts: Mapping[Label, int],
    title: str,
    *,
    axis: str = "answer",
    counted: str = "people",
    foot: str = "",
    real: bool = False,
) -> Picture:
    """Return bars of how many gave each answer, in the order given, with the share of each on the axis.

    ``axis`` says what the answers are, with their unit; ``foot`` should be the standing line; ``real`` takes the
    colour of real answers. Raises UsageError where nobody answered.
    """
    total = sum(counts.values())
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
        axes.set_ylabel(legible(f"share of {counted} (%)"))
        axes.set_ylim(0, max(shares) * 1.12)

    alt = "; ".join(f"{_label(label)}: {count}" for label, count in counts.items())
    subtitle = f"n = {total} {counted}; numbers on the bars are counts"
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
        f"{_label(label)}: simulated {percent(round(p, 3))}, real {percent(round(q, 3))}"
        for label, p, q in zip(labels, first, second, strict=True)
    )
    return Picture(title or comparison.title, subtitle, foot, alt, _wide(2 * len(labels)), 4.8, paint)


def effects(results: Sequence[Result], title: str, *, axis: str = "", foot: str = "") -> Picture:
    """Return estimates with their intervals, one line each (a forest plot), against no effect.

    ``axis`` says what is estimated, with its unit; all results should estimate the same, and it is taken from them
    if not given. Raises UsageError for results of which none has an estimate, or that estimate different things.
    """
    measures = {result.measure for result in results if result.estimate is not None}
    if not measures:
        raise UsageError(f"there is nothing to draw in {title!r}: no result has an estimate")
    if len(measures) > 1:
        raise UsageError(f"{title!r} would draw different measures on one axis: {', '.join(sorted(measures))}")
    none = 1.0 if "ratio" in next(iter(measures)) else 0.0

    def paint(figure: Any) -> None:
        axes = figure.add_subplot()
        axes.axvline(none, color=FAINT, linewidth=1.2, linestyle="--")
        for place, result in enumerate(results):
            _effect(axes, place, result)
        axes.set_yticks(range(len(results)), [_who(result) for result in results])
        axes.set_ylim(len(results) - 0.4, -0.6)
        axes.grid(visible=False, axis="y")
        axes.tick_params(axis="y", length=0)
        axes.set_xlabel(legible(axis) or next(iter(measures)))
        axes.margins(x=0.08)

    levels = sorted({percent(result.level) for result in results if result.interval})
    drawn = f"Dots are estimates, lines {' and '.join(levels)} intervals" if levels else "Dots are estimates"
    units = ", ".join(sorted({plural(result.unit) for result in results}))
    subtitle = f"{drawn}; the dashed line is no effect; n counts {units}"
    alt = " ".join(result.sentence() for result in results)
    return Picture(title, subtitle, foot, f"{title}. {alt}", 8.0, 1.9 + 0.62 * len(results), paint)


def profile(
    facets: Mapping[str, Mapping[Label, int]],
    title: str,
    *,
    targets: Mapping[str, Mapping[Label, float]] | None = None,
    counted: str = "people",
    foot: str = "",
) -> Picture:
    """Return who is in a population: for each attribute bars of its values, and target shares (0 to 1) as strokes.

    Raises UsageError for a population without attributes, or an attribute that nobody has.
    """
    for name, counts in facets.items():
        if not sum(counts.values()):
            raise UsageError(f"there is nothing to draw of {name!r} in {title!r}: nobody has it")
    if not facets:
        raise UsageError(f"there is nothing to draw in {title!r}: no attribute is given")
    columns = min(2, len(facets))
    lines = math.ceil(len(facets) / columns)
    deepest = max(len(set(counts) | set((targets or {}).get(name, {}))) for name, counts in facets.items())

    def paint(figure: Any) -> None:
        for place, (name, counts) in enumerate(facets.items(), 1):
            _facet(figure.add_subplot(lines, columns, place), name, counts, (targets or {}).get(name, {}), counted)

    sizes = sorted({sum(counts.values()) for counts in facets.values()})
    size = str(sizes[0]) if len(sizes) == 1 else f"{sizes[0]} to {sizes[-1]}"
    marked = "; black strokes are targets" if targets else ""
    subtitle = f"n = {size} {counted}; numbers at the bars are counts{marked}"
    alt = "; ".join(
        f"{name}: {', '.join(f'{_label(label)} {count}' for label, count in counts.items())}"
        for name, counts in facets.items()
    )
    high = 1.1 + lines * (1.0 + 0.34 * deepest)
    return Picture(title, subtitle, foot, f"{title}. {subtitle}. {alt}.", 4.8 * columns + 0.6, high, paint)


def _facet(axes: Any, name: str, counts: Mapping[Label, int], target: Mapping[Label, float], counted: str) -> None:
    total, labels = sum(counts.values()), list(dict.fromkeys((*counts, *target)))
    shares = [100 * counts.get(label, 0) / total for label in labels]
    axes.barh(range(len(labels)), shares, height=0.7, color=SIMULATED)
    wanted = [100 * target.get(label, 0.0) for label in labels] if target else shares
    for place, (label, share) in enumerate(zip(labels, shares, strict=True)):
        axes.text(max(share, wanted[place]), place, f" {counts.get(label, 0)}", va="center", fontsize=9)
        if target:
            axes.plot([wanted[place]] * 2, [place - 0.42, place + 0.42], color="black", linewidth=2.2)
    axes.set_yticks(range(len(labels)), [wrapped(_label(label), 22, 2) for label in labels])
    axes.set_ylim(len(labels) - 0.4, -0.6)
    axes.set_xlim(0, max(*shares, *wanted) * 1.15)
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)
    axes.set_title(wrapped(name, 40, 1), loc="left", fontsize=11)
    axes.set_xlabel(legible(f"share of {counted} (%)"), fontsize=9)


def _effect(axes: Any, place: int, result: Result) -> None:
    if result.estimate is None:
        note = wrapped(result.note or "no estimate", 60, 2)
        axes.text(
            0.5,
            place,
            note,
            transform=axes.get_yaxis_transform(),
            ha="center",
            va="center",
            color=FAINT,
            backgroundcolor="white",
        )
        return
    if result.interval:
        axes.plot(result.interval, [place, place], color=SIMULATED, linewidth=2.4, solid_capstyle="butt")
    axes.plot([result.estimate], [place], "o", color=SIMULATED, markersize=7)
    reach = result.interval
    said = f"{shown(result.estimate)} " + (f"[{shown(reach[0])}, {shown(reach[1])}]" if reach else "(no interval)")
    axes.annotate(
        said, (result.estimate, place), xytext=(0, 7), textcoords="offset points", ha="center", fontsize=8, color=INK
    )


def _who(result: Result) -> str:
    sizes = " / ".join(map(str, result.n))
    return f"{wrapped(' − '.join(result.groups), 30, 2)}\nn = {sizes}"


def _paired(comparison: Comparison) -> tuple[list[Label], list[float], list[float]]:
    p, q = comparison.simulated.shares, comparison.real.shares
    labels: list[Label] = list(dict.fromkeys((*q, *p)))
    numbers = [float(label) for label in labels if not isinstance(label, str)]
    if len(numbers) == len(labels):
        labels.sort(key=float)
    if comparison.question.kind != "numeric" or len(labels) <= MOST_BARS:
        return labels, [p.get(label, 0.0) for label in labels], [q.get(label, 0.0) for label in labels]
    width = _round_width((max(numbers) - min(numbers)) / 10)
    first, last = math.floor(min(numbers) / width), math.floor(max(numbers) / width)
    named: list[Label] = [
        f"{shown(round(bin_ * width, 9))} to {shown(round((bin_ + 1) * width, 9))}" for bin_ in range(first, last + 1)
    ]
    return named, _binned(p, first, last, width), _binned(q, first, last, width)


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
    axes.set_xticks(range(len(labels)), [wrapped(_label(label), letters) for label in labels])
    axes.set_xlabel(legible(axis))
    axes.grid(visible=False, axis="x")
    axes.tick_params(axis="x", length=0)
    axes.yaxis.grid(color=GRID)


def _wide(bars: int) -> float:
    return min(14.0, max(6.4, 0.75 * bars + 1.5))


def _label(label: Label) -> str:
    return shown(label) if isinstance(label, float) else str(label)
