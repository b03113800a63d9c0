"""Decides who is in a population: each person's cell, so that the shares come out as nearly as whole people allow.

Dimensions that a constraint or a joint table ties together make a group, whose cells are filled together (``groups``,
``allotting``). Groups do not depend on each other: who of the first has which value of the second is settled by an
even permutation for each, so that not only each dimension but also each pair comes out about as the product of the
shares.

All of it is decided by the seed and by names; the order in which dimensions are written changes nothing.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from troupe_es.factory import constraints
from troupe_es.factory.allotting import allotted
from troupe_es.factory.axes import Axis, axes_of, option_name, touched
from troupe_es.factory.constraints import Constraint
from troupe_es.factory.groups import Group, Pairs
from troupe_es.factory.sequences import drawn, inverse, prime, ranks, shuffled
from troupe_es.factory.spec import Band, Spec, bands_of


@dataclass(frozen=True)
class Drawing:
    """``people`` by the names of dimensions, the shares of bands that were aimed at, and of joint cells by labels."""

    people: list[dict[str, Any]]
    targets: dict[str, list[tuple[Band, float]]]
    joint: list[tuple[list[str], list[tuple[list[str], float]]]]


def draw(spec: Spec, count: int, seed: int) -> Drawing:
    """Return who ``count`` people are to be.

    Each share is met within one person (two, where constraints tie three dimensions and more together); a share that
    constraints cut is aimed at as they leave it. Raises BadPopulation for constraints that nobody can meet, or that
    the shares cannot be met with.
    """
    rules = [constraints.parse(text) for text in spec.constraints]
    axes = {axis.name: axis for axis in axes_of(spec, rules)}
    tables = [Pairs(joint, axes, f"joint[{number}]") for number, joint in enumerate(spec.joint)]
    found: dict[str, list[Any]] = {}
    targets: dict[str, list[float]] = {}
    for number, names in enumerate(_groups(axes, rules, tables)):
        group = Group([axes[name] for name in names], rules, tables)
        targets |= group.targets
        cells = allotted(group.table(), count, group.wanted())
        base = prime(number)
        order = ranks(count, base, seed, "place", names[0])
        placed = [cells[rank] for rank in order]
        for place, axis in enumerate(group.axes):
            found[axis.name] = _values(axis, [cell[place] for cell in placed], seed)
    return Drawing(
        _people(spec, axes, found, count), _aims(spec, axes, targets), [each.aim(targets) for each in tables]
    )


def _groups(axes: Mapping[str, Axis], rules: Sequence[Constraint], tables: Sequence[Pairs]) -> list[list[str]]:
    """Return the names of the axes that belong together, each group and all of them in order."""
    root = {name: name for name in axes}

    def top(name: str) -> str:
        while root[name] != name:
            name = root[name]
        return name

    for tied in [*map(touched, rules), *(set(table.names) for table in tables)]:
        first, *others = sorted(tied)
        for other in others:
            root[max(top(first), top(other))] = min(top(first), top(other))
    together: dict[str, list[str]] = defaultdict(list)
    for name in sorted(axes):
        together[top(name)].append(name)
    return [together[name] for name in sorted(together)]


def _values(axis: Axis, atoms: Sequence[int], seed: int) -> list[Any]:
    """Return everybody's value in one axis: those who share a range are spread evenly over it."""
    there = Counter(atoms)
    orders = {atom: iter(shuffled(there[atom], seed, axis.name, "within", axis.atoms[atom].low)) for atom in there}
    found = []
    for atom in atoms:
        shift = drawn(seed, axis.name, "shift", axis.atoms[atom].low) / 2**64
        even = (inverse(next(orders[atom]), 2) + shift) % 1.0
        found.append(axis.value(atom, min(int(even * axis.width(atom)), axis.width(atom) - 1)))
    return found


def _people(spec: Spec, axes: Mapping[str, Axis], found: Mapping[str, list[Any]], count: int) -> list[dict[str, Any]]:
    """Return what each person has in each dimension, in the order in which those are written."""
    people: list[dict[str, Any]] = [{} for _ in range(count)]
    for name, dimension in spec.dimensions.items():
        options = [axis for axis in axes.values() if axis.dimension == name and axis.option is not None]
        for number, person in enumerate(people):
            if dimension.several is not None:
                person[name] = [axis.option for axis in options if found[axis.name][number]]
            else:
                person[name] = found[name][number]
    return people


def _aims(
    spec: Spec, axes: Mapping[str, Axis], targets: Mapping[str, list[float]]
) -> dict[str, list[tuple[Band, float]]]:
    aims: dict[str, list[tuple[Band, float]]] = {}
    for name, dimension in sorted(spec.dimensions.items()):
        if dimension.several is not None:
            options = [option_name(name, band.label) for band in bands_of(name, dimension, name)]
            aims[name] = [(axes[option].bands[0], targets[option][0]) for option in options]
        else:
            aims[name] = list(zip(axes[name].bands, targets[name], strict=True))
    return aims
