"""Who acts in a step, and in which order: a function of seed, draw and step alone.

Everybody's place is drawn for themselves, from (seed, draw, step, person), never from a shared stream: so one
person more or less changes nobody else's order. A subset are those with the first places: every subset of that size
is as likely as any other.
"""

from collections.abc import Iterable
from heapq import nsmallest

from troupe_es import canonical


def order(people: Iterable[str], seed: int, draw: int, step: int, most: int | None = None) -> list[str]:
    """Return ``people``, at most so many of them, in the order in which they act in ``step``."""

    def place(person: str) -> bytes:
        return canonical.digest("troupe/schedule/1", f"{seed}/{draw}/{step}/{person}".encode())

    return sorted(people, key=place) if most is None else nsmallest(most, people, key=place)
