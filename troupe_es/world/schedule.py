"""Who acts in a step, and in which order: a function of seed, draw and step alone.

Everybody's place is drawn for themselves, from (seed, draw, step, person), never from a shared stream: so one
person more or less changes nobody else's order.
"""

from collections.abc import Iterable

from troupe_es import canonical


def order(people: Iterable[str], seed: int, draw: int, step: int) -> list[str]:
    """Return ``people`` in the order in which they act in ``step``."""

    def place(person: str) -> bytes:
        return canonical.digest("troupe/schedule/1", f"{seed}/{draw}/{step}/{person}".encode())

    return sorted(people, key=place)
