"""Values as they come in: read strictly, and looked at for what would make a test meaningless."""

import math
from collections.abc import Iterable, Sequence
from typing import Any

from troupe_es.errors import UsageError

LARGEST = 1e60
"""Above it the sums of fourth powers would leave the range of floats."""

ALIKE = 1e-12
"""Values that differ by less than this part of the largest of them differ by rounding only."""

UNIT = "replicate"


def read(values: Iterable[Any], name: str) -> list[float]:
    """Return ``values`` as floats in ascending order, so that no result depends on the order they came in.

    Raises UsageError that names the group and the first value that is no finite number.
    """
    return sorted(in_order(values, name))


def in_order(values: Iterable[Any], name: str) -> list[float]:
    """Return ``values`` as floats in the order given. Raises UsageError as ``read`` does."""
    if isinstance(values, str | bytes):
        raise UsageError(f"{name}: expected numbers, not the text {values!r}")
    return [_number(value, name, position) for position, value in enumerate(values, 1)]


def _number(value: Any, name: str, position: int) -> float:
    try:
        number = math.nan if isinstance(value, str | bytes | bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not abs(number) <= LARGEST:
        raise UsageError(f"{name}: value {position} is {value!r}: leave out what is missing, and give finite numbers")
    return number


def mean(values: Sequence[float]) -> float:
    """Return the arithmetic mean of at least one value, summed without loss."""
    return math.fsum(values) / len(values)


def variance(values: Sequence[float]) -> float:
    """Return the sample variance (divisor n − 1) of at least two values; 0 where they differ by rounding only."""
    if alike(values):
        return 0.0
    middle = mean(values)
    return math.fsum((value - middle) ** 2 for value in values) / (len(values) - 1)


def alike(values: Sequence[float], scale: float | None = None) -> bool:
    """Say whether all differ by no more than rounding of numbers as large as ``scale`` (the largest, if None)."""
    low, high = min(values), max(values)
    return high - low <= ALIKE * (max(-low, high) if scale is None else scale)


def pairs(a: Iterable[Any], b: Iterable[Any], names: Sequence[str]) -> list[tuple[float, float]]:
    """Return the values of ``a`` and ``b`` that belong together, in ascending order. Raises UsageError."""
    first, second = in_order(a, names[0]), in_order(b, names[1])
    if len(first) != len(second):
        raise UsageError(
            f"paired values must be as many on both sides: {names[0]} has {len(first)}, {names[1]} has {len(second)}"
        )
    return sorted(zip(first, second, strict=True))


def differences(paired: Sequence[tuple[float, float]]) -> list[float]:
    """Return a − b of each pair; what differs by rounding only is 0, and equal differences are equal exactly."""
    scale = max((abs(value) for pair in paired for value in pair), default=0.0)
    if scale == 0:
        return [0.0 for _ in paired]
    return [round((a - b) / scale, 12) * scale for a, b in paired]


def too_few(groups: Sequence[Sequence[float]], names: Sequence[str], least: int = 2) -> str:
    """Return what is said of groups of fewer than ``least`` values, or nothing."""
    said = []
    for name, group in zip(names, groups, strict=True):
        if not group:
            said.append(f"{name} is empty")
        elif len(group) < least:
            count = "one value" if len(group) == 1 else f"{len(group)} values"
            said.append(f"{name} has only {count}, and at least {least} are needed")
    return f"no test: {' and '.join(said)}" if said else ""
