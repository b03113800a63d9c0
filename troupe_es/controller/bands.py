"""What an estimate says: bands from p10 to p90, and the calls of the life in the middle."""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

BY = ("person", "purpose", "step", "model", "arm")
COMMON = "common"
"""What is lived once for all arms of an experiment."""


@dataclass(frozen=True)
class Band:
    """What one in ten lives stays below, the middle, and what one in ten exceeds."""

    low: int
    mid: int
    high: int

    @classmethod
    def of(cls, values: Iterable[float]) -> "Band":
        """Return the band of ``values``."""
        ranked = sorted(values)
        return cls(*(math.ceil(_quantile(ranked, share)) for share in (0.1, 0.5, 0.9)))


@dataclass(frozen=True)
class Sum:
    """What some calls take. Money is in millionths, None where a model has no price."""

    calls: float
    prompt_tokens: float
    cached_tokens: float
    completion_tokens: float
    money: float | None


@dataclass(frozen=True)
class Expected:
    """One call as the life in the middle makes it; it stands for ``weight`` calls.

    It is the first ``attempt`` to get what is asked for, or, where an answer was of no use, a further one.
    """

    address: str
    model: str
    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int
    money: int | None
    weight: float
    arm: str = ""
    attempt: int = 1

    def key(self, by: str) -> str:
        """Return what a table by person, purpose, step, model or arm lists this call under."""
        step, person, purpose, *_ = self.address.split("/")
        arm = self.arm or COMMON
        return {"step": step, "person": person, "purpose": purpose, "model": self.model, "arm": arm}[by]


@dataclass(frozen=True)
class Estimate:
    """What a scenario may take. Money is in millionths of ``currency``, None where ``unpriced`` names a model.

    ``learnt`` says from how many answers of how many runs a model is known; 0: not at all. ``calls_made`` are the
    calls of the life in the middle; ``sampled`` says that some stand for more people or steps. Of an experiment's
    ``arms`` each is lived ``replicates`` times, and so often again in each of an audit's ``variations``; its calls
    stand for all of them, but for those of another model, which are listed as an arm of their own, ``ARM (MODEL)``.
    """

    calls: Band
    prompt_tokens: Band
    cached_tokens: Band
    completion_tokens: Band
    money: Band | None
    seconds: Band
    currency: str
    prices: dict[str, str]
    unpriced: list[str]
    learnt: dict[str, dict[str, int]]
    lives: int
    sampled: bool
    calls_made: list[Expected]
    arms: list[str]
    replicates: int
    variations: int

    def by(self, key: str) -> dict[str, Sum]:
        """Return what the life in the middle takes, by person, purpose, step, model or arm."""
        groups: dict[str, list[Expected]] = defaultdict(list)
        for call in self.calls_made:
            groups[call.key(key)].append(call)
        return {name: _sum(group) for name, group in groups.items()}

    def summary(self) -> dict[str, Any]:
        """Return the estimate as JSON, without its calls; a sample says nothing about single people and steps."""
        whole = {name: value for name, value in vars(self).items() if name != "calls_made"}
        bands = {name: asdict(value) for name, value in whole.items() if isinstance(value, Band)}
        without = {"person", "step"} if self.sampled else set[str]()
        tables = [key for key in BY if key not in without and (key != "arm" or self.arms)]
        return {**whole, **bands, **{f"by_{key}": {n: asdict(s) for n, s in self.by(key).items()} for key in tables}}


def _sum(calls: Sequence[Expected]) -> Sum:
    def total(name: str) -> float:
        return round(sum(call.weight * (1 if name == "calls" else getattr(call, name)) for call in calls))

    money = None if any(call.money is None for call in calls) else total("money")
    return Sum(total("calls"), total("prompt_tokens"), total("cached_tokens"), total("completion_tokens"), money)


def _quantile(ranked: Sequence[float], share: float) -> float:
    """Return the value below which ``share`` of the sorted values lie, between two of them if need be."""
    place = share * len(ranked) - 0.5
    low = min(max(math.floor(place), 0), len(ranked) - 1)
    high = min(low + 1, len(ranked) - 1)
    return ranked[low] + (ranked[high] - ranked[low]) * min(max(place - low, 0.0), 1.0)
