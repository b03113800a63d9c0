"""Who is in a population: a small chart for each attribute."""

import math
from collections.abc import Mapping
from typing import Any

from troupe_es.errors import UsageError
from troupe_es.pictures.drawing import SIMULATED, Label, Picture, label, legible, wrapped


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
        f"{name}: {', '.join(f'{label(answer)} {count}' for answer, count in counts.items())}"
        for name, counts in facets.items()
    )
    high = 1.1 + lines * (1.0 + 0.34 * deepest)
    return Picture(title, subtitle, foot, f"{title}. {subtitle}. {alt}.", 4.8 * columns + 0.6, high, paint)


def _facet(axes: Any, name: str, counts: Mapping[Label, int], target: Mapping[Label, float], counted: str) -> None:
    total, labels = sum(counts.values()), list(dict.fromkeys((*counts, *target)))
    shares = [100 * counts.get(answer, 0) / total for answer in labels]
    axes.barh(range(len(labels)), shares, height=0.7, color=SIMULATED)
    wanted = [100 * target.get(answer, 0.0) for answer in labels] if target else shares
    for place, (answer, share) in enumerate(zip(labels, shares, strict=True)):
        axes.text(max(share, wanted[place]), place, f" {counts.get(answer, 0)}", va="center", fontsize=9)
        if target:
            axes.plot([wanted[place]] * 2, [place - 0.42, place + 0.42], color="black", linewidth=2.2)
    axes.set_yticks(range(len(labels)), [wrapped(label(answer), 22, 2) for answer in labels])
    axes.set_ylim(len(labels) - 0.4, -0.6)
    axes.set_xlim(0, max(*shares, *wanted) * 1.15)
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)
    axes.set_title(wrapped(name, 40, 1), loc="left", fontsize=11)
    axes.set_xlabel(legible(f"share of {counted} (%)"), fontsize=9)
