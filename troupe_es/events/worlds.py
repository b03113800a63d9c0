"""Events of worlds: who is related to whom, who goes where, and time that passes without a step."""

from typing import Literal

from pydantic import BaseModel, Field

from troupe_es.events.base import FROZEN, Body, Given


class Edge(BaseModel):
    """One relation: from ``a`` to ``b`` if it is directed, else both ways."""

    model_config = FROZEN

    a: str = Field(description="a person's id")
    b: str = Field(description="another person's id")
    name: str = Field("", description="what they are to each other; two people may be related by several names")
    weight: float = Field(1.0, gt=0, allow_inf_nan=False, description="how close they are; people are told so")
    directed: bool = Field(False, description="whether only `a` reaches `b`")


class PeopleRelated(Given):
    """People know each other from now on; a relation that is there by this name gets the new weight."""

    type: Literal["people-related"] = "people-related"
    edges: list[Edge] = Field(min_length=1)


class PeopleUnrelated(Given):
    """Two people know each other no more."""

    type: Literal["people-unrelated"] = "people-unrelated"
    a: str
    b: str
    name: str | None = Field(None, description="the relation that ends; null: all there are")
    directed: bool = Field(False, description="whether it ends only from `a` to `b`")


class PersonMoved(Given):
    """A person was put into another world; they perceive that they are there."""

    type: Literal["person-moved"] = "person-moved"
    person: str
    world: str


class PersonWent(Body):
    """A person goes to a world by themselves: in a parallel step when it is over, else when their turn is."""

    type: Literal["person-went"] = "person-went"
    world: str


class TimeSkipped(Given):
    """Time passed, and nobody did anything."""

    type: Literal["time-skipped"] = "time-skipped"
    seconds: int = Field(ge=1, description="simulated seconds")
