"""Reads shares and ranges of numbers out of what people write: ``"18-24: 12%"``, ``12.5``, ``"65+"``.

What is no number is refused with its path; nothing is guessed.
"""

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from troupe_es.errors import BadPopulation

SHARE = re.compile(
    r"(?:~|≈|about|approx\.?|circa|ca\.?)?\s*(\d+(?:[.,]\d+)?)\s*(?:%|percent|per cent)?", re.IGNORECASE
)
NUMBER = r"(-?\d+(?:\.\d+)?)"
RANGE = re.compile(rf"{NUMBER}\s*(?:-|–|—|to|\.\.)\s*{NUMBER}")
FROM = re.compile(
    rf"(?:{NUMBER}\s*(?:\+|and (?:over|older|more|above))|(?:over|from|at least)\s+{NUMBER})", re.IGNORECASE
)
UNDER = re.compile(rf"(?:under|below|less than|<)\s*{NUMBER}", re.IGNORECASE)
EXACT = re.compile(NUMBER)
SLACK = 0.02
"""How far shares may be from their sum, for rounding; they are scaled to it."""


def share(value: Any, path: str) -> float:
    """Return the number that ``value`` is: 12.5 for ``12.5`` or ``"12.5%"``. Raises BadPopulation naming ``path``."""
    found: float | None = None
    if isinstance(value, int | float) and not isinstance(value, bool):
        found = float(value)
    elif isinstance(value, str) and (match := SHARE.fullmatch(value.strip())):
        found = float(match[1].replace(",", "."))
    if found is None or not math.isfinite(found) or found < 0:
        raise BadPopulation(f"{path}: {value!r} is no number of 0 or more; write it like 12, 12.5 or '12.5%'")
    return found


def entries(table: Any, path: str) -> dict[str, Any]:
    """Return a table of labels and shares, which may be an object, or lines such as ``"18-24: 12%"``."""
    if isinstance(table, Mapping):
        return {str(label): value for label, value in table.items()}
    lines = table.splitlines() if isinstance(table, str) else table
    if not isinstance(lines, Sequence):
        raise BadPopulation(f"{path}: must be an object of labels and shares, not {table!r}")
    found: dict[str, Any] = {}
    for number, line in enumerate(line for line in lines if str(line).strip()):
        label, colon, value = str(line).rpartition(":")
        if not colon or not label.strip():
            raise BadPopulation(f"{path}[{number}]: {line!r} is no label with a share; write it like '18-24: 12%'")
        if label.strip() in found:
            raise BadPopulation(f"{path}[{number}]: {label.strip()!r} is there twice")
        found[label.strip()] = value
    return found


def shares(table: Any, path: str) -> dict[str, float]:
    """Return the shares of a table, of 1: they must sum to 1 or 100, as far as rounding goes.

    Raises BadPopulation naming the path of what is no number, or the sum.
    """
    found = {label: share(value, f"{path}.{label}") for label, value in entries(table, path).items()}
    total = math.fsum(found.values())
    for whole in (1.0, 100.0):
        if abs(total / whole - 1) <= SLACK + 1e-9:
            return {label: value / total for label, value in found.items()}
    raise BadPopulation(f"{path}: its shares sum to {total:g}; they must sum to 1 or to 100")


def chances(table: Any, path: str) -> dict[str, float]:
    """Return how many of 1 have each of several things, which stand for themselves.

    Written from 0 to 100, or, where none is above 1, from 0 to 1. Raises BadPopulation.
    """
    found = {label: share(value, f"{path}.{label}") for label, value in entries(table, path).items()}
    whole = 1.0 if all(value <= 1 for value in found.values()) else 100.0
    for label, value in found.items():
        if value > whole:
            raise BadPopulation(f"{path}.{label}: {value:g} is more than {whole:g}, which is everybody")
    return {label: value / whole for label, value in found.items()}


def bounds(label: str, until: float | None) -> tuple[float, float] | None:
    """Return the lowest and highest number of a range (``"18-24"``, ``"65+"``, ``"under 5"``, ``"7"``), or None.

    ``until`` is where a range ends that names no end; without one, such a range is none.
    """
    text = label.strip()
    if match := RANGE.fullmatch(text):
        return float(match[1]), float(match[2])
    if match := EXACT.fullmatch(text):
        return float(match[1]), float(match[1])
    if match := UNDER.fullmatch(text):
        return min(0.0, float(match[1])), float(match[1])  # its end is the next range's beginning
    if (match := FROM.fullmatch(text)) and until is not None:
        return float(match[1] or match[2]), until
    return None
