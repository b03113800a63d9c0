"""What the headers of an answer say about waiting: Retry-After in its forms, and what is left of a quota."""

import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from math import isfinite
from typing import Literal, TypeAlias

Unit: TypeAlias = Literal["requests", "tokens"]
UNITS: tuple[Unit, ...] = ("requests", "tokens")
PARTS = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
EPOCH = 1e9
"""A reset beyond this is a moment in seconds since 1970, not a duration."""


@dataclass(frozen=True)
class Quota:
    """What is left of a quota, and in how many seconds it is whole again; ``limit`` is the whole, if told."""

    unit: Unit
    remaining: float
    reset: float
    limit: float | None = None

    @property
    def interval(self) -> float:
        """Seconds per unit at which to go on.

        With a limit it is a bucket that fills steadily: (limit - remaining) flow in until the reset. Without one
        what is left is spread over the time to the reset.
        """
        flows = self.remaining if self.limit is None else self.limit - self.remaining
        return self.reset / flows if flows > 0 else self.reset


def quotas(headers: Mapping[str, str]) -> Iterator[Quota]:
    """Return every quota told of; what cannot be read is left out."""
    if not any("ratelimit" in name.lower() for name in headers):
        return  # as most servers of one's own, with each answer
    for unit in UNITS:
        remaining = _number(headers.get(f"x-ratelimit-remaining-{unit}"))
        reset = _duration(headers.get(f"x-ratelimit-reset-{unit}"))
        if remaining is not None and reset is not None:
            yield Quota(unit, remaining, reset, _number(headers.get(f"x-ratelimit-limit-{unit}")))
    remaining = _number(headers.get("x-ratelimit-remaining") or headers.get("ratelimit-remaining"))
    reset = _duration(headers.get("x-ratelimit-reset") or headers.get("ratelimit-reset"))
    if remaining is not None and reset is not None:
        yield Quota("requests", remaining, reset)


def wait_asked_for(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that ``retry-after-ms`` or ``retry-after`` asks to wait, None if neither does."""
    exact = _number(headers.get("retry-after-ms"))
    if exact is not None:
        return exact / 1000
    value = headers.get("retry-after")
    seconds = _number(value)
    if seconds is not None or not value:
        return seconds
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (ValueError, OverflowError):
        return None  # nonsense is no wish


def _number(value: str | None) -> float | None:
    try:
        number = float(value or "")
    except ValueError:
        return None
    return max(0.0, number) if isfinite(number) else None


def _duration(value: str | None) -> float | None:
    """Read ``1.5`` (seconds), ``6m0s``, ``120ms`` or a moment since 1970."""
    number = _number(value)
    if number is not None:
        return max(0.0, number - time.time()) if number > EPOCH else number
    parts = PARTS.findall(value or "")
    if not parts or PARTS.sub("", value or ""):
        return None
    return sum(float(amount) * SECONDS[unit] for amount, unit in parts)
