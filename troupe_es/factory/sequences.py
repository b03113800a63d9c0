"""Even sequences and roundings that a seed decides, without a stream of random numbers.

Points that fill the unit interval evenly are radical inverses: van der Corput (1935) in base 2, Halton (1960) in one
prime for each dimension. Their digits are permuted by the seed (Braaten and Weller 1979), so that dimensions of large
primes do not march in step. Sums are exactly rounded (``fsum``): the same on every machine and in every Python.
"""

import math
from collections.abc import Iterator, Sequence
from functools import cache

from troupe_es import canonical

TAG = "troupe/factory/1"
EVEN = 1e-9
"""Remainders that are nearer than this count as equal."""


def drawn(seed: int, *address: object) -> int:
    """Return a number of 64 bits that ``seed`` and ``address`` decide."""
    parts = (str(seed).encode(), *(str(part).encode() for part in address))
    return int.from_bytes(canonical.digest(TAG, *parts)[:8])


def shuffled(count: int, seed: int, *address: object) -> list[int]:
    """Return 0 … ``count`` - 1 in an order that ``seed`` and ``address`` decide."""
    return sorted(range(count), key=lambda place: (drawn(seed, *address, place), place))


def inverse(number: int, base: int) -> float:
    """Return the radical inverse of ``number``: its digits in ``base``, mirrored at the point."""
    value, scale = 0.0, 1.0 / base
    while number:
        number, digit = divmod(number, base)
        value += digit * scale
        scale /= base
    return value


def ranks(count: int, base: int, seed: int, *address: object) -> list[int]:
    """Return a permutation: the rank of each of ``count`` points of a scrambled sequence in ``base``."""
    digits = 1
    while base**digits < count:
        digits += 1
    orders = [shuffled(base, seed, *address, "digit", place) for place in range(digits)]

    def point(number: int) -> int:
        mirrored = 0
        for order in orders:
            number, digit = divmod(number, base)
            mirrored = mirrored * base + order[digit]
        return mirrored

    ranked = sorted(range(count), key=point)
    found = [0] * count
    for rank, place in enumerate(ranked):
        found[place] = rank
    return found


@cache
def prime(number: int) -> int:
    """Return the prime with this number: 2 has 0."""
    return next(p for n, p in enumerate(_primes()) if n == number)


def _primes() -> Iterator[int]:
    found: list[int] = []
    number = 2
    while True:
        if all(number % p for p in found):
            found.append(number)
            yield number
        number += 1


def quotas(weights: Sequence[float], total: int) -> list[int]:
    """Return whole numbers in proportion to ``weights`` that sum to ``total``: each is off by less than 1.

    By largest remainder (Hamilton's method); of equal remainders the first is larger. Not all weights may be 0.
    """
    whole = math.fsum(weights)
    exact = [total * weight / whole for weight in weights]
    found = [math.floor(each + EVEN) for each in exact]
    order = sorted(range(len(exact)), key=lambda place: (-round(exact[place] - found[place], 9), place))
    for place in order[: total - sum(found)]:
        found[place] += 1
    return found
