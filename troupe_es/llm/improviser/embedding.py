"""Vectors made up offline: texts that share words, or parts of words, lie near each other, and that is all.

Each word and each run of three letters in it is hashed to one of the dimensions and a sign (feature hashing,
Weinberger et al. 2009); the sum has length one. Nothing of meaning is in it.
"""

import math
import re
from collections import Counter
from functools import lru_cache

from troupe_es import canonical

DIMENSIONS = 128
WORD = 3.0
"""How much more a whole word counts than three of its letters."""


def embed(text: str) -> list[float]:
    """Return the vector of ``text``: DIMENSIONS numbers, of length one."""
    vector = [0.0] * DIMENSIONS
    for word, times in sorted(Counter(re.findall(r"\w+", text.casefold())).items()):
        for feature, weight in _features(word):
            place, sign = _place(feature)
            vector[place] += sign * weight * times
    length = math.sqrt(math.fsum(number * number for number in vector))
    if not length:  # no words, or words that cancel out
        return [1.0] + [0.0] * (DIMENSIONS - 1)
    return [number / length for number in vector]


def _features(word: str) -> list[tuple[str, float]]:
    marked = f"<{word}>"
    return [(word, WORD), *((marked[at : at + 3], 1.0) for at in range(len(marked) - 2))]


@lru_cache(maxsize=65536)
def _place(feature: str) -> tuple[int, int]:
    drawn = canonical.digest("troupe/improviser/embedding/1", feature.encode("utf-8", "replace"))
    return int.from_bytes(drawn[:4], "big") % DIMENSIONS, 1 if drawn[4] & 1 else -1
