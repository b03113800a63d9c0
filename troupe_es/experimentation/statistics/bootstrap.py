"""Percentile intervals by resampling, the same for the same input on every machine.

Units are drawn with replacement within each group, 2 000 times; the interval reaches between the quantiles of what
the measure becomes (B. Efron and R. J. Tibshirani, *An Introduction to the Bootstrap*, 1993, chapter 13). Percentile,
not BCa: that has no value where a jackknifed measure is constant, as it often is in small samples of a Likert scale.

The draws come from SHAKE-256 over our own digest of the sizes of the groups, so nothing depends on a library's random
stream. Groups are sorted and their streams dealt by that order: intervals do not move with the order of values or
the names of groups, and scale with the values.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

from troupe_es import canonical
from troupe_es.experimentation.statistics.results import alpha_of
from troupe_es.extras import need

Array: TypeAlias = Any
"""A numpy array: numpy is an extra, so its types are not there where types are checked."""

Unit: TypeAlias = float | tuple[float, ...]
Measure: TypeAlias = Callable[..., Array]
"""Takes one array per group, of shape (draws, n) or (draws, n, values per unit), and gives one number per draw."""

RESAMPLES = 2000
AT_ONCE = 2_000_000
"""Values drawn at a time, which bounds memory."""

MOST = 200_000
"""Units above which nothing is resampled: it would take minutes, and the interval would be narrow anyway."""

WHAT = "statistics"


def numpy() -> Any:
    """Return numpy. Raises UsageError where the extra is not installed."""
    return need("numpy", "stats", WHAT)


def interval(
    measure: Measure, groups: Sequence[Sequence[Unit]], level: float
) -> tuple[tuple[float, float] | None, str]:
    """Return the percentile interval of ``measure`` over ``groups`` at ``level``, and what is to be said of it."""
    alpha = alpha_of(level)
    if min(len(group) for group in groups) < 2:
        return None, "no interval: one value cannot be resampled"
    if sum(len(group) for group in groups) > MOST:
        return None, f"no interval: more than {MOST:,} values are not resampled"
    np = numpy()
    values = np.concatenate(list(resampled(measure, groups)))
    kept = values[np.isfinite(values)]
    if len(kept) < RESAMPLES / 2:
        return None, "no interval: in most resamples the measure has no value, the values vary too little"
    low, high = np.quantile(kept, [alpha / 2, 1 - alpha / 2])
    if np.ptp(kept) == 0:
        return None, "no interval: it is the same in every resample, which does not show how uncertain it is"
    lost = RESAMPLES - len(kept)
    note = f"the interval leaves out {lost} of {RESAMPLES} resamples in which nothing varied" if lost else ""
    return (float(low), float(high)), note


def resampled(measure: Measure, groups: Sequence[Sequence[Unit]]) -> Iterator[Array]:
    """Yield arrays of what ``measure`` gives for 2 000 resamples of ``groups``, NaN where it has no value."""
    np = numpy()
    ordered = [sorted(group) for group in groups]
    by_content = sorted(range(len(groups)), key=lambda index: (len(ordered[index]), ordered[index]))
    streams = {index: stream for stream, index in enumerate(by_content)}
    sizes = sorted(len(group) for group in groups)
    arrays = [np.array(group, dtype=float) for group in ordered]
    rows = max(1, AT_ONCE // sum(sizes))
    with np.errstate(all="ignore"):  # what has no value is counted, and said
        for start in range(0, RESAMPLES, rows):
            count = min(rows, RESAMPLES - start)
            drawn = [
                array[draws("resamples", [sizes, streams[index], start], count, len(array))]
                for index, array in enumerate(arrays)
            ]
            yield measure(*drawn)


def draws(tag: str, address: Any, rows: int, size: int) -> Array:
    """Return ``rows`` × ``size`` whole numbers below ``size``, drawn evenly for ``address`` (any JSON value)."""
    return (words(tag, address, rows, size).astype("u8") * size) >> 32


def words(tag: str, address: Any, rows: int, size: int) -> Array:
    """Return ``rows`` × ``size`` evenly spread numbers of 32 bits for ``address`` (any JSON value)."""
    seed = canonical.digest(tag, canonical.dumps(address).encode())
    stream = hashlib.shake_256(seed).digest(4 * rows * size)
    return numpy().frombuffer(stream, dtype="<u4").reshape(rows, size)
