"""Two populations beside each other: how far each trait's distribution is from the other's.

Numbers are compared by the largest distance of their distribution functions (A. N. Kolmogorov 1933, N. V. Smirnov
1948), all else by total variation: half the sum of the differences of shares, the share of people who would have to
be another value. Both go from 0, the same, to 1, nothing in common.
"""

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from troupe_es.profiling.facets import Facet, Kind, Profile
from troupe_es.profiling.summary import shared_bins


@dataclass(frozen=True)
class Difference:
    """One trait in two populations. ``distance`` is None where only one of them has it, or as another kind.

    ``most`` is the value whose share differs most, with both shares of who has the trait (a number: the means).
    """

    path: str
    kind: Kind
    present: tuple[int, int]
    distance: float | None
    most: str = ""
    shares: tuple[float, float] = (0.0, 0.0)


def compare(one: Profile, other: Profile) -> list[Difference]:
    """Return the differences of all traits that either has, the largest first."""
    found = []
    for path in dict.fromkeys([*one.facets, *other.facets]):
        left, right = one.facets.get(path), other.facets.get(path)
        found.append(_difference(path, left, right))
    return sorted(found, key=lambda each: (each.distance is None, -(each.distance or 0), each.path))


def _difference(path: str, left: Facet | None, right: Facet | None) -> Difference:
    there = left or right
    assert there is not None
    present = (left.present if left else 0, right.present if right else 0)
    if left is None or right is None or left.kind != right.kind:
        return Difference(path, there.kind, present, None)
    if left.numbers is not None and right.numbers is not None:
        distance = kolmogorov_smirnov(left.entries, right.entries)
        return Difference(path, there.kind, present, distance, "mean", (left.numbers.mean, right.numbers.mean))
    label = max(
        dict.fromkeys([*left.counts, *right.counts]),
        key=lambda value: abs(_share(left, value) - _share(right, value)),
    )
    shares = (_share(left, label), _share(right, label))
    return Difference(path, there.kind, present, total_variation(left.counts, right.counts), label, shares)


def beside(one: Facet, other: Facet) -> dict[str, tuple[int, int]]:
    """Return how many in either population have each value of a trait that both have as the same kind.

    Numbers are in the same ranges for both, in their order; all else begins with what is commonest in both together.
    """
    if one.numbers is not None and other.numbers is not None:
        return {name: (here, there) for name, (here, there) in shared_bins(one.entries, other.entries).items()}
    values = dict.fromkeys([*one.counts, *other.counts])
    ranked = sorted(values, key=lambda value: -(_share(one, value) + _share(other, value)))
    return {value: (one.counts.get(value, 0), other.counts.get(value, 0)) for value in ranked}


def _share(facet: Facet, value: str) -> float:
    return facet.counts.get(value, 0) / facet.present


def total_variation(one: dict[str, int], other: dict[str, int]) -> float:
    """Return half the sum of the differences of two distributions' shares, from 0 to 1."""
    first, second = sum(one.values()), sum(other.values())
    gaps = (abs(one.get(value, 0) / first - other.get(value, 0) / second) for value in {**one, **other})
    return min(1.0, math.fsum(gaps) / 2)


def kolmogorov_smirnov(one: Sequence[float], other: Sequence[float]) -> float:
    """Return the largest distance between the distribution functions of two samples, from 0 to 1."""
    first, second = sorted(one), sorted(other)
    return max(
        abs(bisect_right(first, value) / len(first) - bisect_right(second, value) / len(second))
        for value in {*first, *second}
    )
