"""Who acts in a step, and in which order: a function of seed, draw and step alone.

Everybody's place is drawn for themselves, from (seed, draw, step, person), never from a shared stream: so one
person more or less changes nobody else's order. A subset are those with the first places: every subset of that size
is as likely as any other.
"""

from collections.abc import Iterable, Mapping
from heapq import nsmallest
from types import MappingProxyType

from troupe_es import canonical

NONE: Mapping[str, str] = MappingProxyType({})


def place(person: str, seed: int, draw: int, step: int, lots: Mapping[str, str] = NONE) -> bytes:
    """Return the place of ``person`` in ``step``; ``lots`` hold those kept from before a person's id was redacted."""
    kept = lots.get(f"step/{draw}/{step}/{person}")
    if kept is not None:
        return bytes.fromhex(kept)
    return canonical.digest("troupe/schedule/1", f"{seed}/{draw}/{step}/{person}".encode())


def order(
    people: Iterable[str], seed: int, draw: int, step: int, most: int | None = None, lots: Mapping[str, str] = NONE
) -> list[str]:
    """Return ``people``, at most so many of them, in the order in which they act in ``step``."""

    def key(person: str) -> bytes:
        return place(person, seed, draw, step, lots)

    return sorted(people, key=key) if most is None else nsmallest(most, people, key=key)
