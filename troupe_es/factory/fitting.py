"""Fits a table of several dimensions to the shares that each of them, and some together, are to have.

Iterative proportional fitting (Deming and Stephan 1940): scale the cells to one wanted margin after the other until
all hold. What begins at 0 stays 0, so cells that a constraint refuses stay empty, and the result is the table nearest
to where it began (Csiszár 1975). Where no such table exists the fitting does not settle, and that is told.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

Cell: TypeAlias = tuple[int, ...]
Table: TypeAlias = dict[Cell, float]

MOST_ROUNDS = 1000
SETTLED = 1e-10
"""Largest gap between a margin and its target after which there is nothing more to fit."""


@dataclass(frozen=True)
class Margin:
    """What cells are counted by, and the share each such group of cells is to have."""

    what: str
    of: Callable[[Cell], Hashable]
    target: Mapping[Hashable, float]


def fit(table: Table, margins: Sequence[Margin]) -> Table:
    """Return ``table`` fitted to ``margins`` as far as that goes; the last of them hold best. ``table`` is kept."""
    fitted = dict(table)
    for _ in range(MOST_ROUNDS):
        gap = 0.0
        for margin in margins:
            sums = summed(fitted, margin)
            gap = max([gap, *(abs(sums.get(group, 0.0) - share) for group, share in margin.target.items())])
            for cell in fitted:
                group = margin.of(cell)
                if sums[group] > 0:
                    fitted[cell] *= margin.target.get(group, 0.0) / sums[group]
        if gap < SETTLED:
            break
    return fitted


def summed(table: Table, margin: Margin) -> dict[Hashable, float]:
    """Return the share of each group of cells that ``margin`` counts by."""
    parts: dict[Hashable, list[float]] = defaultdict(list)
    for cell, share in table.items():
        parts[margin.of(cell)].append(share)
    return {group: math.fsum(shares) for group, shares in parts.items()}
