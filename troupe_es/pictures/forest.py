"""Effects with their intervals on one axis."""

from collections.abc import Sequence
from typing import Any

from troupe_es.errors import UsageError
from troupe_es.experimentation.statistics.results import Result, percent, shown
from troupe_es.numerals import plural
from troupe_es.pictures.drawing import FAINT, INK, SIMULATED, Picture, legible, wrapped


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
