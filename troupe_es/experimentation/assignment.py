"""Who gets what, and in which order: balanced, settled by a seed, and blind where that is wished for.

Every draw is a digest of seed and position, so that the same seed assigns alike everywhere and a unit's lot does not
hang on how many come after it. A coin for each unit would be unbalanced in small groups; so lots are dealt in
*blocks*, each of which holds everything once, in an order of its own.

Sources: E. J. Williams, "Experimental designs balanced for the estimation of residual effects of treatments",
Australian Journal of Scientific Research A 2, 1949 (each condition follows each other one equally often); R. A.
Fisher, *The Design of Experiments*, 1935 (Latin squares, randomised blocks).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from string import ascii_uppercase
from typing import Any, TypeVar

from troupe_es import canonical
from troupe_es.errors import UsageError

T = TypeVar("T")


def shuffled(items: Sequence[T], *address: Any) -> list[T]:
    """Return ``items`` in an order that ``address`` (a seed and a purpose) settles, every order alike likely."""
    keys = [canonical.digest_json("troupe/assignment/1", [*address, place]) for place in range(len(items))]
    return [items[place] for place in sorted(range(len(items)), key=keys.__getitem__)]


def allotted(units: Sequence[str], groups: Sequence[str], seed: int) -> dict[str, str]:
    """Return the group of each unit (by its name): sizes differ by at most one, also among the first few units.

    Units are dealt in blocks of as many as there are groups. Raises UsageError for names that stand there twice, and
    where there are no groups.
    """
    _distinct(units, "unit")
    _distinct(groups, "group")
    if not groups:
        raise UsageError("there must be a group to assign to")
    size = len(groups)
    blocks = [shuffled(groups, seed, "block", number) for number in range(-(-len(units) // size))]
    return {unit: blocks[place // size][place % size] for place, unit in enumerate(units)}


def latin_square(conditions: Sequence[str]) -> list[list[str]]:
    """Return as many orders as there are conditions, in which each has each place once."""
    count = len(conditions)
    return [[conditions[(row + place) % count] for place in range(count)] for row in range(count)]


def williams_square(conditions: Sequence[str]) -> list[list[str]]:
    """Return orders in which each condition has each place, and comes straight after each other one, equally often.

    There are as many orders as conditions, and twice as many where their number is odd.
    """
    count = len(conditions)
    zigzag = [(place + 1) // 2 if place % 2 else -(place // 2) for place in range(count)]
    rows = [[conditions[(row + step) % count] for step in zigzag] for row in range(count)]
    return rows if count % 2 == 0 else rows + [row[::-1] for row in rows]


def orders(conditions: Sequence[str], units: int, seed: int, *, carry_over: bool = True) -> list[list[str]]:
    """Return the order of ``conditions`` for each of ``units`` units: counter-balanced, which unit has which drawn.

    With ``carry_over`` what comes just before is balanced too (a Williams square), else the places only (a Latin
    one). Which condition stands where in the square is drawn as well. Any two orders of a square are given to numbers
    of units that differ by at most one. Raises UsageError for conditions that stand there twice.
    """
    _distinct(conditions, "condition")
    if not conditions:
        return [[] for _ in range(units)]
    named = shuffled(conditions, seed, "conditions")
    square = williams_square(named) if carry_over else latin_square(named)
    dealt: list[list[str]] = []
    while len(dealt) < units:
        dealt += shuffled(square, seed, "orders", len(dealt))
    return dealt[:units]


@dataclass(frozen=True)
class Blinding:
    """What the options of one unit are called: labels in the order in which they are shown, to names."""

    labels: Mapping[str, str]

    def shown(self, texts: Mapping[str, str]) -> str:
        """Return the options as they are shown: their texts, by name, under their labels."""
        return "\n\n".join(f"Option {label}: {texts[name]}" for label, name in self.labels.items())

    def unblinded(self, answer: str) -> str | None:
        """Return the name of the option that ``answer`` calls by its label (``b``, ``Option B``); None if none."""
        label = answer.strip().upper().removeprefix("OPTION").strip(" .:")
        return self.labels.get(label)


def blinded(order: Sequence[str]) -> Blinding:
    """Return labels A, B, … for options in this order. Raises UsageError for more than there are letters."""
    _distinct(order, "option")
    if len(order) > len(ascii_uppercase):
        raise UsageError(f"{len(order)} options cannot be blinded: there are {len(ascii_uppercase)} letters")
    return Blinding(dict(zip(ascii_uppercase, order, strict=False)))


def _distinct(names: Sequence[str], what: str) -> None:
    for name in names:
        if names.count(name) > 1:
            raise UsageError(f"the {what} {name!r} stands there twice")
