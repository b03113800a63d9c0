"""What a scenario file can say of worlds: places, who knows whom, who goes where, and time that passes."""

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, model_validator

from troupe_es.events.types import Access

Text: TypeAlias = Annotated[str, Field(min_length=1)]
Count: TypeAlias = Annotated[int, Field(strict=True, ge=0)]
UNITS = {
    "seconds": 1,
    "minutes": 60,
    "hours": 3600,
    "days": 86_400,
    "weeks": 7 * 86_400,
    "months": 30 * 86_400,
    "years": 365 * 86_400,
}
"""Simulated seconds of each unit of time: every month has 30 days, every year 365."""


class Strict(BaseModel):
    """A model that takes no field it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Span(Strict):
    """A length of simulated time: the amounts given add up."""

    seconds: Count | None = Field(None, le=10**9, description="simulated seconds")
    minutes: Count | None = Field(None, le=10**8, description="simulated minutes")
    hours: Count | None = Field(None, le=10**6, description="simulated hours")
    days: Count | None = Field(None, le=36_500, description="simulated days")
    weeks: Count | None = Field(None, le=5_000, description="weeks of 7 simulated days")
    months: Count | None = Field(None, le=1_200, description="months of 30 simulated days")
    years: Count | None = Field(None, le=100, description="years of 365 simulated days")

    @property
    def total(self) -> int | None:
        """Simulated seconds, or None where nothing is given."""
        given = [UNITS[unit] * amount for unit in UNITS if (amount := getattr(self, unit)) is not None]
        return sum(given) if given else None


class World(Strict):
    """A place that people can be in."""

    name: Text = Field(description="its name; unique in the scenario")
    description: str = Field("", description="what it is like there")
    access: Access = Field(
        "open", description="'network': there people can speak only to those they are related to, and reach only them"
    )


class Edge(Strict):
    """One relation between two people."""

    between: tuple[Text, Text] = Field(description="names of the two")
    name: str = Field("", description="what they are to each other")
    weight: float = Field(1.0, gt=0, allow_inf_nan=False, description="how close they are; they are told so")
    directed: bool = Field(False, description="whether only the first can reach the second")


class Generated(Strict):
    """A network drawn by chance from the scenario's seed; it needs the extra 'networks', but for two kinds."""

    kind: Literal["small-world", "scale-free", "random", "ring", "similarity", "complete"] = Field(
        description="similarity: whose personas have most words in common; complete: everybody knows everybody"
    )
    neighbours: int = Field(4, strict=True, ge=1, description="how many people each one knows, or on average")
    rewire: float = Field(0.1, ge=0, le=1, description="small-world: the share of relations that lead far away")
    name: str = Field("", description="what they are to each other")
    world: Text | None = Field(None, description="only for those who begin in this world")


class Network(Strict):
    """Who knows whom at the beginning: all that is given here, together."""

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True, serialize_by_alias=True)

    edges: list[Edge] = Field(default_factory=list, description="relations, one by one")
    file: Text | None = Field(
        None,
        description="a CSV file: a line for each relation, with the columns from, to and, if wanted, name and weight",
    )
    directed: bool = Field(False, description="whether the lines of the file go one way")
    source: Literal["relationships"] | None = Field(
        None, alias="from", description="take those whom the personas name in their 'relationships'"
    )
    generate: Generated | None = Field(None, description="a network drawn by chance")


class Moving(Strict):
    """Who goes where."""

    who: Text = Field(description="the person's name")
    to: Text = Field(description="the world's name")


class Move(Strict):
    """Put somebody into another world."""

    move: Moving


class Remove(Strict):
    """Take somebody out for good."""

    remove: Text = Field(description="the person's name")


class Relate(Strict):
    """Let two people know each other from here on."""

    relate: Edge


class Ending(Strict):
    """A relation that ends."""

    between: tuple[Text, Text] = Field(description="names of the two")
    name: str | None = Field(None, description="which relation; absent: all they have")
    directed: bool = Field(False, description="whether it ends only from the first to the second")


class Unrelate(Strict):
    """Let two people know each other no more."""

    unrelate: Ending


class Skip(Strict):
    """Let time pass in which nobody does anything."""

    skip: Span

    @model_validator(mode="after")
    def _some_time(self) -> "Skip":
        if not self.skip.total:
            raise ValueError("needs some time, such as 'skip: {hours: 8}'")
        return self


Staged: TypeAlias = Remove | Move | Relate | Unrelate | Skip
"""Program items about worlds that name no files."""
