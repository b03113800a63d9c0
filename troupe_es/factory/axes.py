"""A population's dimensions as axes of a table, cut so finely that a constraint holds in a whole cell or in none."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from troupe_es.errors import BadPopulation
from troupe_es.factory.constraints import Comparison, Constraint
from troupe_es.factory.spec import Band, Spec, bands_of


@dataclass(frozen=True)
class Atom:
    """A part of a band in which every constraint says the same: all of it, or some of a range (in its units)."""

    band: int
    low: int = 0
    high: int = 0


@dataclass(frozen=True)
class Axis:
    """A dimension, or one of the ``several`` things that people can have (``option``)."""

    name: str
    dimension: str
    option: str | None
    bands: Sequence[Band]
    atoms: Sequence[Atom]

    def value(self, atom: int, place: int = 0) -> str | bool | int | float | None:
        """Return a person's value in an atom; in a range the one at ``place``, counted from its low end."""
        found = self.atoms[atom]
        band = self.bands[found.band]
        if not band.numeric:
            return band.value
        number = (found.low + place) * band.unit
        return found.low + place if band.unit == 1 else round(number, 9)

    def width(self, atom: int) -> int:
        """Return how many values there are in an atom."""
        found = self.atoms[atom]
        return found.high - found.low + 1 if self.bands[found.band].numeric else 1

    @cached_property
    def shares(self) -> list[float]:
        """What share of all people is in each atom, before any constraint: a range is filled evenly."""
        whole = [
            sum(self.width(n) for n, a in enumerate(self.atoms) if a.band == band) for band in range(len(self.bands))
        ]
        return [
            self.bands[atom.band].share * self.width(number) / whole[atom.band]
            for number, atom in enumerate(self.atoms)
        ]


def axes_of(spec: Spec, constraints: Sequence[Constraint]) -> list[Axis]:
    """Return the axes of ``spec`` in the order of their names. Raises BadPopulation for a constraint on nothing."""
    bands = {name: bands_of(name, dimension, f"dimensions.{name}") for name, dimension in spec.dimensions.items()}
    several = {name for name, dimension in spec.dimensions.items() if dimension.several is not None}
    for constraint in constraints:
        for comparison in constraint.comparisons:
            _check(comparison, constraint.text, bands, several)
    axes = []
    for name, found in bands.items():
        if name in several:
            axes += [_option(name, band) for band in found]
        else:
            mine = [each for constraint in constraints for each in constraint.comparisons if each.name == name]
            axes.append(Axis(name, name, None, found, list(_cut(found, mine))))
    return sorted(axes, key=lambda axis: axis.name)


def touched(constraint: Constraint) -> set[str]:
    """Return the names of the axes that a constraint is about."""
    return {
        option_name(each.name, str(each.values[0])) if each.sign in ("has", "lacks") else each.name
        for each in constraint.comparisons
    }


def option_name(dimension: str, option: str) -> str:
    """Return the name of the axis of one of several things."""
    return f"{dimension} has {' '.join(option.lower().split())}"


def allowed(constraint: Constraint, values: Mapping[str, Any], axes: Mapping[str, Axis]) -> bool:
    """Whether ``constraint`` holds where each axis (by name) has this value."""
    person: dict[str, Any] = {}
    for name in touched(constraint):
        axis = axes[name]
        if axis.option is None:
            person[axis.dimension] = values[name]
        else:
            person.setdefault(axis.dimension, [])
            if values[name]:
                person[axis.dimension].append(axis.option)
    return constraint.holds(person)


def _option(name: str, band: Band) -> Axis:
    yes, no = Band(band.label, band.share, True), Band("no " + band.label, 1 - band.share, False)
    return Axis(option_name(name, band.label), name, band.label, [yes, no], [Atom(0), Atom(1)])


def _cut(bands: Sequence[Band], comparisons: Sequence[Comparison]) -> Iterator[Atom]:
    for number, band in enumerate(bands):
        if not band.numeric:
            yield Atom(number)
            continue
        begin = band.low
        for cut in sorted(_cuts(comparisons, band.unit)):
            if begin < cut <= band.high:
                yield Atom(number, begin, cut - 1)
                begin = cut
        yield Atom(number, begin, band.high)


def _cuts(comparisons: Sequence[Comparison], unit: float) -> set[int]:
    """Where something else holds than just below: of each number the place itself, and the next one."""
    found: set[int] = set()
    for comparison in comparisons:
        for value in comparison.values:
            exact = float(value) / unit
            found |= {math.ceil(exact - 1e-9), math.floor(exact + 1e-9) + 1}
    return found


def _check(comparison: Comparison, text: str, bands: Mapping[str, list[Band]], several: set[str]) -> None:
    """Refuse what a comparison cannot mean: it would hold for everybody or for nobody without anyone noticing."""
    name, sign = comparison.name, comparison.sign
    if name not in bands:
        raise BadPopulation(
            f"constraint {text!r}: no dimension is named {name!r}; there are: {', '.join(bands) or 'none'}"
        )
    numeric = bands[name][0].numeric
    if (sign in ("has", "lacks")) != (name in several):
        what = f"{name} is a list: write '{name} has …'" if name in several else f"{name} is no list"
        raise BadPopulation(f"constraint {text!r}: {what}")
    if not numeric and sign in ("<", ">", "<=", ">="):
        raise BadPopulation(f"constraint {text!r}: {name} is no number: compare it with = or in")
    labels = [" ".join(band.label.lower().split()) for band in bands[name]]
    for value in comparison.values:
        if numeric and isinstance(value, str):
            raise BadPopulation(f"constraint {text!r}: {name} is a number, and {value!r} is none")
        if not numeric and " ".join(str(value).lower().split()) not in labels:
            there = ", ".join(repr(band.label) for band in bands[name])
            raise BadPopulation(f"constraint {text!r}: {name} is never {value!r}; it is one of: {there}")
