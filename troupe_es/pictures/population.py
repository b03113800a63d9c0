"""Who is in a population, or in two of them beside each other: a small chart for each attribute."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from troupe_es.errors import UsageError
from troupe_es.numerals import counted, plural
from troupe_es.pictures.drawing import OTHER, SIMULATED, Label, Picture, label, legible, wrapped


def profile(
    facets: Mapping[str, Mapping[Label, int]],
    title: str,
    *,
    targets: Mapping[str, Mapping[Label, float]] | None = None,
    unit: str = "person",
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
    columns, lines = _grid(len(facets))
    deepest = max(len(set(counts) | set((targets or {}).get(name, {}))) for name, counts in facets.items())

    def paint(figure: Any) -> None:
        for place, (name, counts) in enumerate(facets.items(), 1):
            _facet(figure.add_subplot(lines, columns, place), name, counts, (targets or {}).get(name, {}), unit)

    sizes = sorted({sum(counts.values()) for counts in facets.values()})
    size = f"{f'{sizes[0]} to ' if len(sizes) > 1 else ''}{counted(sizes[-1], unit)}"
    marked = "; black strokes are targets" if targets else ""
    subtitle = f"n = {size}; numbers at the bars are counts{marked}"
    alt = "; ".join(
        f"{name}: {', '.join(f'{label(answer)} {count}' for answer, count in counts.items())}"
        for name, counts in facets.items()
    )
    high = 1.1 + lines * (1.0 + 0.34 * deepest)
    return Picture(title, subtitle, foot, f"{title}. {subtitle}. {alt}.", 4.8 * columns + 0.6, high, paint)


def contrast(
    facets: Mapping[str, Mapping[Label, tuple[int, int]]],
    title: str,
    names: tuple[str, str],
    *,
    unit: str = "person",
    foot: str = "",
) -> Picture:
    """Return two populations beside each other: for each attribute pairs of bars, how many of either have a value.

    A bar is as long as the share among those of its population who have the attribute. Raises UsageError where there
    is no attribute, or one that nobody has in one of the populations.
    """
    sizes = {name: tuple(map(sum, zip(*counts.values(), strict=True))) for name, counts in facets.items()}
    for name, size in sizes.items():
        if not size or not all(size):
            raise UsageError(f"there is nothing to draw of {name!r} in {title!r}: nobody has it on one side")
    if not facets:
        raise UsageError(f"there is nothing to draw in {title!r}: no attribute is given")
    columns, lines = _grid(len(facets))

    def paint(figure: Any) -> None:
        for place, (name, counts) in enumerate(facets.items(), 1):
            _pairs(figure.add_subplot(lines, columns, place), name, counts, sizes[name], unit)

    most = [counted(max(size[side] for size in sizes.values()), unit) for side in (0, 1)]
    subtitle = (
        f"Upper bars: {names[0]} (n = {most[0]}); hatched bars: {names[1]} (n = {most[1]}); numbers at the bars are"
        " counts"
    )
    alt = "; ".join(
        f"{name}: {', '.join(f'{label(answer)} {one} against {other}' for answer, (one, other) in counts.items())}"
        for name, counts in facets.items()
    )
    high = 1.1 + lines * (1.0 + 0.5 * max(map(len, facets.values())))
    return Picture(title, subtitle, foot, f"{title}. {subtitle}. {alt}.", 4.8 * columns + 0.6, high, paint)


def _grid(count: int) -> tuple[int, int]:
    """Return how many charts stand beside each other, and below each other."""
    columns = min(2, count)
    return columns, math.ceil(count / columns)


def _pairs(axes: Any, name: str, counts: Mapping[Label, tuple[int, int]], sizes: tuple[int, ...], unit: str) -> None:
    longest = 0.0
    for side, (off, colour, hatch) in enumerate(((-0.2, SIMULATED, ""), (0.2, OTHER, "//"))):
        found = [pair[side] for pair in counts.values()]
        shares = [100 * count / sizes[side] for count in found]
        places = [place + off for place in range(len(counts))]
        axes.barh(places, shares, height=0.38, color=colour, hatch=hatch, edgecolor="white", linewidth=0)
        for place, share, count in zip(places, shares, found, strict=True):
            axes.text(share, place, f" {count}", va="center", fontsize=9)
        longest = max(longest, *shares)
    _values(axes, name, list(counts), longest, unit)


def _facet(axes: Any, name: str, counts: Mapping[Label, int], target: Mapping[Label, float], unit: str) -> None:
    total, labels = sum(counts.values()), list(dict.fromkeys((*counts, *target)))
    shares = [100 * counts.get(answer, 0) / total for answer in labels]
    axes.barh(range(len(labels)), shares, height=0.7, color=SIMULATED)
    wanted = [100 * target.get(answer, 0.0) for answer in labels] if target else shares
    for place, (answer, share) in enumerate(zip(labels, shares, strict=True)):
        axes.text(max(share, wanted[place]), place, f" {counts.get(answer, 0)}", va="center", fontsize=9)
        if target:
            axes.plot([wanted[place]] * 2, [place - 0.42, place + 0.42], color="black", linewidth=2.2)
    _values(axes, name, labels, max(*shares, *wanted), unit)


def _values(axes: Any, name: str, labels: Sequence[Label], longest: float, unit: str) -> None:
    axes.set_yticks(range(len(labels)), [wrapped(label(answer), 22, 2) for answer in labels])
    axes.set_ylim(len(labels) - 0.4, -0.6)
    axes.set_xlim(0, longest * 1.15)
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)
    axes.set_title(wrapped(name, 40, 1), loc="left", fontsize=11)
    axes.set_xlabel(legible(f"share of {plural(unit)} (%)"), fontsize=9)
