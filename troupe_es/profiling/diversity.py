"""How different people are from each other.

Evenness is Shannon's entropy over its largest value (E. C. Pielou, Journal of Theoretical Biology 13, 1966);
Gini–Simpson is the chance that two draws differ (E. H. Simpson, Nature 163, 1949); likeness is the mean over pairs of
P. Jaccard's index, what two have in common over what either has (New Phytologist 11, 1912).
"""

import math
from collections.abc import Collection, Iterable, Sequence
from itertools import combinations

MOST_COMPARED = 400
"""People who are compared pair by pair; of more, so many are taken evenly from the whole."""


def evenness(counts: Iterable[int]) -> float | None:
    """Return H / ln S of the values counted: 1 where all are equally common; None for fewer than two values."""
    there = [count for count in counts if count > 0]
    whole = sum(there)
    if len(there) < 2:
        return None
    entropy = -math.fsum(count / whole * math.log(count / whole) for count in there)
    return min(1.0, entropy / math.log(len(there)))


def gini_simpson(counts: Iterable[int]) -> float:
    """Return 1 - Σp² of the values counted: 0 where there is only one."""
    there = list(counts)
    whole = sum(there)
    return 1 - math.fsum((count / whole) ** 2 for count in there) if whole else 0.0


def jaccard(one: Collection[str], other: Collection[str]) -> float:
    """Return what two sets have in common over what either has; 1 for two empty ones."""
    first, second = set(one), set(other)
    either = first | second
    return len(first & second) / len(either) if either else 1.0


def likeness(sets: Sequence[Collection[str]]) -> float | None:
    """Return the mean Jaccard index over all pairs, from 0 (nothing in common) to 1; None for fewer than two."""
    if len(sets) < 2:
        return None
    step = max(1.0, len(sets) / MOST_COMPARED)
    taken = [sets[int(place * step)] for place in range(min(len(sets), MOST_COMPARED))]
    pairs = [jaccard(one, other) for one, other in combinations(taken, 2)]
    return math.fsum(pairs) / len(pairs)
