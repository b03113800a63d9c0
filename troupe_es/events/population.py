"""Events of making people: who is to be made, and what came of each of them."""

from typing import ClassVar, Literal

from pydantic import BaseModel, Field, JsonValue

from troupe_es.events.base import FROZEN, Body, Given, Source
from troupe_es.events.core import PersonAdded


class Share(BaseModel):
    """One value of a dimension and the share of people, of 1, who are to have it; all of several for a joint cell."""

    model_config = FROZEN

    labels: list[str]
    target: float = Field(ge=0, le=1)
    low: float | None = Field(None, description="of a range of numbers: the lowest that belongs to it")
    high: float | None = Field(None, description="and the highest")


class Sampled(BaseModel):
    """What was aimed at in one dimension, or in several together."""

    model_config = FROZEN

    of: list[str] = Field(description="the names of the dimensions")
    at: list[str] = Field(description="the trait each of them is, by path in the persona")
    kind: Literal["shares", "ranges", "several", "joint"]
    shares: list[Share]


class PopulationPlanned(Given):
    """People are to be made: the traits of each that are settled; a model makes up the rest."""

    type: Literal["population-planned"] = "population-planned"
    title: str = ""
    about: str = Field("", description="what whoever makes them knows of the population")
    particulars: list[str] = Field(default_factory=list, description="what all of them are to be like, in words")
    world: str = Field(description="the world they enter")
    seed: int = 0
    sampled: list[Sampled] = Field(default_factory=list, description="what was aimed at, for the report")
    people: list[dict[str, JsonValue]] = Field(description="of each person the traits that are settled, by path")
    edition: int = Field(ge=1)


class PersonMade(PersonAdded):
    """A person was made, with the traits that were settled and what a model made up; they are there from now on."""

    given: ClassVar[bool] = False
    closes: ClassVar[bool] = True
    type: Literal["person-made"] = "person-made"  # type: ignore[assignment]  # it is one more way to be added
    source: Source = Field("steering", exclude=True)
    number: int = Field(ge=1, description="which of those who are to be made")


class PersonNotMade(Body):
    """No usable answer came in all attempts; the others are made."""

    closes: ClassVar[bool] = True
    type: Literal["person-not-made"] = "person-not-made"
    number: int = Field(ge=1)
    reason: str
    attempts: int
