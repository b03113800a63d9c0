"""What models cost: a dated list that ships (``prices.yaml``), and whatever overrides it.

A model that no list names has no price, which is not the same as costing nothing. Money is counted in whole
millionths of the list's currency, so that sums are exact in any order: at 2.00 a million, a token costs two of them.
What a call costs is rounded up once, as a whole.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeAlias

import pydantic
from pydantic import BaseModel, ConfigDict, Field

from troupe_es.errors import UsageError

Source: TypeAlias = str | os.PathLike[str] | Mapping[str, Any]
"""A price list: a file, or what one would hold."""

VARIABLE = "TROUPE_PRICES"
"""The variable that names a file of prices."""

MICRO = 1_000_000
FREE = ("improviser", "scripted", "local", "local-embedder", "tool", "human")


@dataclass(frozen=True)
class Price:
    """What a million tokens cost, when that was known, and where it is published."""

    model: str
    input: Decimal
    cached: Decimal
    output: Decimal
    currency: str = ""
    date: str = ""
    source: str = ""

    def of(self, prompt: float, completion: float, cached: float | None = None) -> int:
        """Return what so many tokens cost, in millionths; ``cached`` are those of the prompt that were served so."""
        cached = min(cached or 0, prompt)
        parts = ((prompt - cached, self.input), (cached, self.cached), (completion, self.output))
        exact = sum((Decimal(count) * price for count, price in parts), Decimal(0))
        return int(exact.to_integral_value(ROUND_CEILING))

    def most(self, prompt: int, completion: int) -> int:
        """Return the most that so many tokens cost."""
        return max(self.of(prompt, completion), self.of(prompt, completion, prompt))


def free(model: str) -> bool:
    """Say whether ``model`` costs nothing by what it is: made up here, written in advance, run on this
    machine, or no model but a tool."""
    return model.partition(":")[0] in FREE


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", defer_build=True)

    input: Decimal = Field(ge=0)
    cached: Decimal | None = Field(None, ge=0)
    output: Decimal = Field(ge=0)
    also: list[str] = Field(default_factory=list)
    date: str = ""
    source: str = ""


class _Listing(BaseModel):
    model_config = ConfigDict(extra="forbid", defer_build=True)

    currency: str = Field(pattern="^[A-Z]{3}$")
    models: dict[str, _Entry]


class Prices:
    """The shipped list under ``source``, else under the file that ``TROUPE_PRICES`` names; read when first used.

    Raises UsageError for a list that cannot be read, naming file and field.
    """

    def __init__(self, source: Source | None = None, environ: Mapping[str, str] = os.environ) -> None:
        self._source: Source | None = source if source is not None else environ.get(VARIABLE) or None

    @property
    def currency(self) -> str:
        """The one currency of all prices."""
        return self._list[0]

    def price_of(self, model: str) -> Price | None:
        """Return the price of ``model``; None if no list names it."""
        if free(model):
            return Price(model, Decimal(0), Decimal(0), Decimal(0))
        return self._list[1].get(model) or self._list[1].get(model.removeprefix("openai:"))

    def all(self) -> list[Price]:
        """Return every price there is, in the order of the lists."""
        return list(self._list[1].values())

    def required(self, model: str) -> Price:
        """Return the price of ``model``, or raise UsageError that says how to give one."""
        price = self.price_of(model)
        if price is None:
            raise UsageError(
                f"no price is known for {model!r}, so money cannot be limited: list it in a file and pass --prices "
                f"FILE (or set {VARIABLE}), or limit calls or tokens instead"
            )
        return price

    @cached_property
    def _list(self) -> tuple[str, dict[str, Price]]:
        shipped = _listed(files(__package__) / "prices.yaml", "prices.yaml")
        if self._source is None:
            return shipped
        if isinstance(self._source, Mapping):
            own = _read(self._source, "prices")
        else:
            own = _listed(Path(self._source), str(self._source))
        return own if own[0] != shipped[0] else (own[0], {**shipped[1], **own[1]})


def _listed(file: Any, name: str) -> tuple[str, dict[str, Price]]:
    import yaml  # costs 20 ms, which only a run that counts money needs

    class Loader(yaml.SafeLoader):
        """Safe YAML in which a date is text and a number keeps its digits."""

    for tag in ("timestamp", "float"):
        Loader.add_constructor(f"tag:yaml.org,2002:{tag}", lambda loader, node: str(node.value))
    try:
        content = yaml.load(file.read_text(encoding="utf-8"), Loader)  # noqa: S506 - a SafeLoader of ours
    except (OSError, UnicodeDecodeError, yaml.YAMLError, ValueError, RecursionError) as error:
        raise UsageError(f"{name}: no price list can be read: {' '.join(str(error).split())}") from error
    return _read(content, name)


def _read(content: Any, name: str) -> tuple[str, dict[str, Price]]:
    try:
        listing = _Listing.model_validate(content)
    except pydantic.ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise UsageError(f"{name}: {where}: {first['msg']} (see troupe_es/llm/prices.yaml for the form)") from None
    found = {}
    for model, entry in listing.models.items():
        cached = entry.input if entry.cached is None else entry.cached
        about = (listing.currency, entry.date, entry.source)
        for known in (model, *entry.also):
            found[known] = Price(known, entry.input, cached, entry.output, *about)
    return listing.currency, found


def micro(amount: Decimal) -> int:
    """Return an amount of money in millionths."""
    return int(amount * MICRO)


def told(amount: int) -> str:
    """Return millionths as people write money: two digits after the point, or as many as small change needs."""
    digits = 2 if amount >= MICRO or amount % 10_000 == 0 else 4 if amount >= 1000 else 6
    return f"{Decimal(amount) / MICRO:,.{digits}f}"
