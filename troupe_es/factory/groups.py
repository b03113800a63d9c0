"""Dimensions that constraints or joint tables tie together, and the table of who is to be in which of their cells.

What constraints on one dimension alone leave of its shares is what is aimed at. A joint table says how dimensions go
together, their own shares how many people there are: it is first fitted to those. Then the whole group's table is
fitted to all of them at once; cells that a constraint refuses stay empty.
"""

import math
from collections.abc import Hashable, Iterator, Mapping, Sequence
from itertools import product
from typing import Any

from troupe_es.errors import BadPopulation
from troupe_es.factory import numbers
from troupe_es.factory.axes import Axis, allowed, touched
from troupe_es.factory.constraints import Constraint
from troupe_es.factory.fitting import Cell, Margin, Table, fit, summed
from troupe_es.factory.spec import Joint

MOST_CELLS = 100_000
AMISS = 0.001
"""Largest gap between a share and what the constraints let it be."""


class Pairs:
    """A joint table: the shares of some axes together, by the numbers of their bands."""

    def __init__(self, joint: Joint, axes: Mapping[str, Axis], path: str) -> None:
        self.names = list(joint.of)
        if len(set(self.names)) < len(self.names):
            raise BadPopulation(f"{path}.of: names a dimension twice")
        for name in self.names:
            if name not in axes:
                raise BadPopulation(f"{path}.of: no dimension with one value for each person is named {name!r}")
        self.labels = [[band.label for band in axes[name].bands] for name in self.names]
        flat = dict(_flat(joint.shares, self.labels, f"{path}.shares", ()))
        shares = numbers.shares({" / ".join(labels): share for labels, share in flat.items()}, f"{path}.shares")
        self.target: dict[tuple[int, ...], float] = {
            tuple(known.index(label) for known, label in zip(self.labels, labels, strict=True)): share
            for labels, share in zip(flat, shares.values(), strict=True)
        }

    def fitted(self, targets: Mapping[str, list[float]]) -> dict[tuple[int, ...], float]:
        """The table with the margins that each axis is to have: what it says is how they go together."""
        margins = [
            Margin(name, lambda cell, place=place: cell[place], dict(enumerate(targets[name])))  # type: ignore[misc]
            for place, name in enumerate(self.names)
        ]
        return fit(self.target, margins)

    def aim(self, targets: Mapping[str, list[float]]) -> tuple[list[str], list[tuple[list[str], float]]]:
        """The names, and the share of each cell by the labels."""
        named = [
            ([labels[band] for labels, band in zip(self.labels, cell, strict=True)], share)
            for cell, share in sorted(self.fitted(targets).items())
        ]
        return self.names, named


def _flat(
    table: Any, labels: list[list[str]], path: str, at: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], Any]]:
    if len(at) == len(labels):
        yield at, table
        return
    for label, inner in numbers.entries(table, path).items():
        if label not in labels[len(at)]:
            raise BadPopulation(f"{path}: {label!r} is none of {', '.join(map(repr, labels[len(at)]))}")
        yield from _flat(inner, labels, f"{path}.{label}", (*at, label))


class Group:
    """Axes that are tied together, with what ties them. ``targets`` are the shares of each axis's bands."""

    def __init__(self, axes: Sequence[Axis], rules: Sequence[Constraint], tables: Sequence[Pairs]) -> None:
        self.axes = axes
        names = {axis.name for axis in axes}
        self.rules = [rule for rule in rules if touched(rule) <= names]
        self.tables = [table for table in tables if names >= set(table.names)]
        self.left = {axis.name: self._left(axis) for axis in axes}
        self.targets = {
            axis.name: [
                math.fsum(share for atom, share in self.left[axis.name].items() if axis.atoms[atom].band == band)
                for band in range(len(axis.bands))
            ]
            for axis in axes
        }

    def _left(self, axis: Axis) -> dict[int, float]:
        """What constraints on one axis alone leave of its atoms, as shares of 1."""
        rules = [rule for rule in self.rules if touched(rule) == {axis.name}]
        left = {
            atom: share
            for atom, share in enumerate(axis.shares)
            if share > 0 and all(allowed(rule, {axis.name: axis.value(atom)}, {axis.name: axis}) for rule in rules)
        }
        whole = math.fsum(left.values())
        if not left:
            texts = " and ".join(repr(rule.text) for rule in rules)
            raise BadPopulation(f"nobody can meet {texts or 'the shares'}: {axis.name} leaves no one")
        return {atom: share / whole for atom, share in left.items()}

    def table(self) -> Table:
        """The share of each cell that constraints allow, fitted to what was asked for."""
        size = math.prod(len(left) for left in self.left.values())
        if size > MOST_CELLS:
            names = ", ".join(axis.name for axis in self.axes)
            raise BadPopulation(
                f"{names} are tied together by constraints or tables in {size} cells, and the most is {MOST_CELLS}: "
                "use fewer values, or tie fewer of them"
            )
        begun = {cell: share for cell, share in self._cells() if self._allowed(cell)}
        if not begun:
            raise BadPopulation(f"nobody can meet {' and '.join(repr(rule.text) for rule in self.rules)} together")
        if len(self.axes) == 1:
            return begun
        fitted = fit(begun, [*self._joint_margins(), *self._margins()])
        self._check(fitted)
        return {cell: share for cell, share in fitted.items() if share > 0}

    def _cells(self) -> Iterator[tuple[Cell, float]]:
        for cell in product(*(self.left[axis.name] for axis in self.axes)):
            yield cell, math.prod(self.left[axis.name][atom] for axis, atom in zip(self.axes, cell, strict=True))

    def _allowed(self, cell: Cell) -> bool:
        values = {axis.name: axis.value(atom) for axis, atom in zip(self.axes, cell, strict=True)}
        axes = {axis.name: axis for axis in self.axes}
        return all(allowed(rule, values, axes) for rule in self.rules)

    def _margins(self) -> list[Margin]:
        return [
            Margin(axis.name, _band_of(axis, place), dict(enumerate(self.targets[axis.name])))
            for place, axis in enumerate(self.axes)
        ]

    def _joint_margins(self) -> list[Margin]:
        places = {axis.name: place for place, axis in enumerate(self.axes)}
        return [
            Margin(
                " and ".join(table.names),
                _bands_of(self.axes, [places[name] for name in table.names]),
                dict(table.fitted(self.targets).items()),
            )
            for table in self.tables
        ]

    def _check(self, fitted: Table) -> None:
        for axis, margin in zip(self.axes, self._margins(), strict=True):
            sums = summed(fitted, margin)
            for band, share in margin.target.items():
                if abs(sums.get(band, 0.0) - share) > AMISS:
                    assert isinstance(band, int)
                    raise BadPopulation(
                        f"the constraints (or joint tables) and the shares cannot both hold: {axis.name} would be "
                        f"{axis.bands[band].label!r} for {sums.get(band, 0.0):.1%} and is to be so for {share:.1%}; "
                        f"tied together are {', '.join(each.name for each in self.axes)}"
                    )

    def wanted(self) -> list[tuple[list[int], list[float]]]:
        """Of each axis the band of every atom, and the share of every band."""
        return [([atom.band for atom in axis.atoms], self.targets[axis.name]) for axis in self.axes]


def _band_of(axis: Axis, place: int) -> Any:
    return lambda cell: axis.atoms[cell[place]].band


def _bands_of(axes: Sequence[Axis], places: Sequence[int]) -> Any:
    def found(cell: Cell) -> Hashable:
        return tuple(axes[place].atoms[cell[place]].band for place in places)

    return found
