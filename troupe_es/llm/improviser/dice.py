"""Dice that fall the same way for the same words.

The standard library's generators promise the same numbers only for ``random()`` itself, and cost more to seed
than a turn may take; a hash does both.
"""

from collections.abc import Sequence
from typing import TypeVar

from troupe_es import canonical

T = TypeVar("T")


class Dice:
    """A stream of choices determined by ``seed`` alone."""

    __slots__ = ("_count", "_pool", "_seed")

    def __init__(self, *seed: str) -> None:
        self._seed = canonical.digest("troupe/dice/1", *(part.encode("utf-8", "replace") for part in seed))
        self._pool = int.from_bytes(b"\x01" + self._seed)
        self._count = 0

    def below(self, limit: int) -> int:
        """Return a number from 0 to ``limit`` - 1."""
        if self._pool < limit << 32:  # too little left to be fair
            self._count += 1
            block = canonical.digest("troupe/dice/1", self._seed, self._count.to_bytes(4))
            self._pool = int.from_bytes(b"\x01" + block)
        self._pool, number = divmod(self._pool, limit)
        return number

    def chance(self, percent: int) -> bool:
        """Say yes in ``percent`` of a hundred cases."""
        return self.below(100) < percent

    def pick(self, choices: Sequence[T]) -> T:
        """Return one of ``choices``, which must not be empty."""
        return choices[self.below(len(choices))]

    def shuffled(self, choices: Sequence[T]) -> list[T]:
        """Return ``choices`` in a drawn order."""
        rest = list(choices)
        return [rest.pop(self.below(len(rest))) for _ in choices]
