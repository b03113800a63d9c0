"""What a population is to be like: dimensions with shares, tables of several that belong together, constraints.

The format of our own (YAML or JSON). Demography files that others made are brought into it by ``demography``.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Any, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError, field_validator, model_validator

from troupe_es import canonical
from troupe_es.agent import persona
from troupe_es.errors import BadPersona, BadPopulation
from troupe_es.factory import numbers

NAME = "^[a-z][a-z0-9_]*$"
OLDEST = 90.0
"""Where an open range of ages ends, if nothing else is said."""

EXAMPLE = (
    "Not what everybody is like, but an example of how much is told of a person, and how; take nothing from it: "
)

Name: TypeAlias = Annotated[str, Field(pattern=NAME, max_length=60)]
Table: TypeAlias = dict[str, JsonValue] | list[str] | str
"""Labels with shares: an object, a list of ``"label: 12%"``, or lines of that."""


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Dimension(_Strict):
    """One thing in which people differ: exactly one of ``shares``, ``ranges`` and ``several``."""

    shares: Table | None = Field(None, description="values and their shares, which sum to 1 or to 100")
    ranges: Table | None = Field(None, description="ranges of numbers ('18-24', '65+') and their shares")
    several: Table | None = Field(
        None, description="things of which one can have any number, each with the share of those who have it"
    )
    until: float | None = Field(None, description="where a range ends that names no end ('65+')")
    at: str | None = Field(
        None, min_length=1, description="the persona's trait, by path; absent: the dimension's name"
    )
    origin: str = Field("", description="where in a demography file it was found")

    @model_validator(mode="after")
    def _one_table(self) -> "Dimension":
        if sum(table is not None for table in (self.shares, self.ranges, self.several)) != 1:
            raise ValueError("needs exactly one of 'shares', 'ranges' and 'several'")
        return self


class Joint(_Strict):
    """Shares of two or more dimensions together: nested objects in the order of ``of``."""

    of: list[Name] = Field(min_length=2, max_length=4, description="the names of the dimensions")
    shares: dict[str, JsonValue] = Field(
        description="label of the first: {label of the second: share}; they sum to 1 or 100"
    )


class Spec(_Strict):
    """A population: who is in it, in which shares."""

    title: str = Field("", description="what this population is called")
    about: str = Field("", description="what whoever makes the people should know of it")
    dimensions: dict[Name, Dimension] = Field(default_factory=dict)
    joint: list[Joint] = Field(default_factory=list, description="shares of dimensions that belong together")
    constraints: list[str] = Field(default_factory=list, description="what holds for everybody, such as 'age >= 18'")
    particulars: list[str] = Field(default_factory=list, description="what else everybody is to be like, in words")
    examples: list[dict[str, JsonValue]] = Field(
        default_factory=list,
        description="personas that show whoever makes the people how much to tell, and how",
    )
    left_out: dict[str, str] = Field(
        default_factory=dict, description="what of a demography file is not sampled, and why"
    )

    @field_validator("examples")
    @classmethod
    def _personas(cls, examples: list[dict[str, JsonValue]]) -> list[dict[str, JsonValue]]:
        for example in examples:
            try:
                persona.check(example, "", fragment=True)
            except BadPersona as error:
                raise ValueError(str(error)) from None
        return examples

    @property
    def told(self) -> tuple[str, ...]:
        """What whoever makes them is told of all people, with the examples, whose names are nobody's business."""
        plain = ({key: value for key, value in each.items() if key != "name"} for each in self.examples)
        return (*self.particulars, *(EXAMPLE + canonical.told(each) for each in plain))


@dataclass(frozen=True)
class Band:
    """One value of a dimension (``value``), or whole numbers from ``low`` to ``high``, in units of ``unit``."""

    label: str
    share: float
    value: str | bool | None = None
    low: int = 0
    high: int = 0
    unit: float = 0

    @property
    def numeric(self) -> bool:
        """Whether it is a range of numbers."""
        return self.unit > 0


def read(content: Any, source: str) -> Spec:
    """Return plain JSON ``content`` in the format of our own. Raises BadPopulation naming ``source`` and the path."""
    try:
        spec = Spec.model_validate(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BadPopulation(f"{source}: {where + ': ' if where else ''}{first['msg']}") from None
    for name, dimension in spec.dimensions.items():
        bands_of(name, dimension, f"{source}: dimensions.{name}")
    return spec


def bands_of(name: str, dimension: Dimension, path: str) -> list[Band]:
    """Return the values of a dimension with their shares; of ``several``, those who have each.

    Ranges come from low to high, all else with the largest share first, in whatever order they are written.

    Raises BadPopulation naming the path of what is wrong.
    """
    if dimension.ranges is not None:
        return _ranges(name, dimension, f"{path}.ranges")
    if dimension.several is not None:
        found = numbers.chances(dimension.several, f"{path}.several")
    else:
        found = numbers.shares(dimension.shares, f"{path}.shares")
    ordered = sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))  # however they are written
    return [Band(label, share, label) for label, share in ordered]


def _ranges(name: str, dimension: Dimension, path: str) -> list[Band]:
    until = dimension.until if dimension.until is not None else OLDEST if "age" in name.split("_") else None
    found = []
    for label, share in numbers.shares(dimension.ranges, path).items():
        ends = numbers.bounds(label, until)
        if ends is None:
            raise BadPopulation(f"{path}.{label}: is no range; write '18-24', '65+' (with 'until') or 'under 18'")
        if ends[0] > ends[1]:
            raise BadPopulation(f"{path}.{label}: ends at {ends[1]:g}, before it begins")
        found.append((label, share, *ends))
    unit = 1.0 / 10 ** max(_decimals(end) for _, _, *ends in found for end in ends)
    return _apart(
        [Band(label, s, None, round(low / unit), round(high / unit), unit) for label, s, low, high in found], path
    )


def _apart(bands: list[Band], path: str) -> list[Band]:
    """Let a range end before the next one, where that begins at its end; refuse ranges that overlap otherwise."""
    apart = sorted(bands, key=lambda band: (band.low, band.high))
    for place, (band, after) in enumerate(pairwise(apart)):
        if band.high == after.low and band.low < band.high:
            apart[place] = Band(band.label, band.share, None, band.low, band.high - 1, band.unit)
        elif band.high >= after.low:
            raise BadPopulation(f"{path}: {band.label!r} and {after.label!r} overlap")
    return apart


def _decimals(number: float) -> int:
    return len(repr(number).partition(".")[2].rstrip("0"))


def chosen(spec: Spec, only: Iterable[str] = (), without: Iterable[str] = (), where: Iterable[str] = ()) -> Spec:
    """Return ``spec`` with only some dimensions, or without some, and with more constraints.

    Raises BadPopulation for a name that is no dimension of it.
    """
    only, without = list(only), list(without)
    for name in (*only, *without):
        if name not in spec.dimensions:
            why = f" ({spec.left_out[name]})" if name in spec.left_out else ""
            there = ", ".join(spec.dimensions) or "none"
            raise BadPopulation(f"no dimension is named {name!r}{why}; there are: {there}")
    kept: Mapping[str, Dimension] = {
        name: dimension
        for name, dimension in spec.dimensions.items()
        if (not only or name in only) and name not in without
    }
    return spec.model_copy(update={"dimensions": kept, "constraints": [*spec.constraints, *where]})


def named(text: str) -> str:
    """Return ``text`` as the name of a dimension."""
    name = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
    return name if re.match("[a-z]", name) else f"x_{name}"
