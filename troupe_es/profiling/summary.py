"""Numbers in short: mean, spread and quartiles, and how many fall into ranges of a round width."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

MOST_BINS = 10


@dataclass(frozen=True)
class Numbers:
    """Of ``n`` numbers: mean, standard deviation (of the sample, n - 1; None of one number) and five quantiles."""

    n: int
    mean: float
    sd: float | None
    least: float
    lower: float
    median: float
    upper: float
    most: float


def summary(values: Sequence[float]) -> Numbers:
    """Return ``values``, of which there must be one at least, in short."""
    mean = math.fsum(values) / len(values)
    spread = math.fsum((value - mean) ** 2 for value in values)
    sd = math.sqrt(spread / (len(values) - 1)) if len(values) > 1 else None
    ordered = sorted(values)
    quantiles = [quantile(ordered, share) for share in (0, 0.25, 0.5, 0.75, 1)]
    return Numbers(len(values), mean, sd, *quantiles)


def quantile(ordered: Sequence[float], share: float) -> float:
    """Return a quantile by linear interpolation: type 7 of Hyndman and Fan, American Statistician 50, 1996."""
    place = share * (len(ordered) - 1)
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])


def bins(values: Sequence[float]) -> dict[str, int]:
    """Return how many of ``values`` are in each range of a round width, empty ranges in between included.

    Where there are few different whole numbers, each is counted for itself.
    """
    return {name: count for name, (count,) in shared_bins(values).items()}


def shared_bins(*samples: Sequence[float]) -> dict[str, tuple[int, ...]]:
    """Return how many numbers of each sample are in each range, the ranges those of all of them together."""
    different = sorted({value for sample in samples for value in sample})
    if len(different) == 1:
        return {f"{different[0]:g}": tuple(map(len, samples))}
    if len(different) <= MOST_BINS and all(value.is_integer() for value in different):
        return {f"{value:g}": tuple(sample.count(value) for sample in samples) for value in different}
    width = _width(different[0], different[-1])
    found = [Counter(_place(value, width) for value in sample) for sample in samples]
    first, last = _place(different[0], width), _place(different[-1], width)
    whole = width >= 1 and all(value.is_integer() for value in different)
    return {_range(place, width, whole): tuple(counts[place] for counts in found) for place in range(first, last + 1)}


def _width(least: float, most: float) -> float:
    """Return the smallest of 1, 2, 5, 10, 20… (or their fractions) that needs few enough ranges."""
    power = 10.0 ** (math.floor(math.log10((most - least) / MOST_BINS)) - 1)
    sizes = (power * size for size in (1, 2, 5, 10, 20, 50, 100, 200))
    return next(size for size in sizes if _place(most, size) - _place(least, size) < MOST_BINS)


def _place(value: float, width: float) -> int:
    return math.floor(round(value / width, 9))


def _range(place: int, width: float, whole: bool) -> str:
    low, high = place * width, (place + 1) * width
    if whole:
        return f"{low:g}" if width == 1 else f"{low:g}–{high - 1:g}"
    return f"{low:g} to below {high:g}"
