"""The contract: what the API takes."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from troupe_es.events.types import StimulusKind
from troupe_es.scenario import Budget

Name = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[a-z0-9][a-z0-9._-]*$")]
Text = Annotated[str, Field(min_length=1, max_length=100_000)]
Short = Annotated[str, Field(min_length=1, max_length=400)]


class Body(BaseModel):
    """What is sent; nothing else is taken."""

    model_config = ConfigDict(extra="forbid")


class Limits(Body):
    """What may be spent; null is no limit."""

    calls: int | None = Field(None, ge=1, le=10**12)
    tokens: int | None = Field(None, ge=1, le=10**15)
    money: Decimal | None = Field(None, gt=0, max_digits=18, decimal_places=6)

    def budget(self) -> Budget | None:
        """Return the limits as the library takes them, None where there are none."""
        given = self.model_dump(exclude_none=True)
        return Budget(**given) if given else None


class Limited(Body):
    budget: Limits = Field(default_factory=Limits)


class Estimating(Limited):
    """A scenario: as JSON (``scenario``) or as text, YAML or JSON (``text``). It names no file."""

    scenario: dict[str, JsonValue] | None = None
    text: str | None = Field(None, max_length=10_000_000)
    model: Annotated[str, Field(max_length=400)] = ""
    name: Name | None = Field(None, description="another name for the simulation than the scenario's")


class Start(Estimating):
    """A scenario to be run."""

    on_difference: Literal["stop", "fork"] = Field(
        "stop", description="where it differs from its recording: an error, or a branch that goes on from there"
    )


class Going(Limited):
    """How far to go on: so many steps, or null for all that is under way and the rest of the scenario."""

    steps: int | None = Field(None, ge=1, le=1_000_000)
    seconds: int = Field(60, ge=0, le=10**9, description="simulated seconds of each step of a new run")


class Stepping(Limited):
    steps: int = Field(1, ge=1, le=1_000_000)
    seconds: int = Field(60, ge=0, le=10**9)


class Saying(Body):
    """Words (or a sight, a thought…) for the people of a life; nobody named: everybody in the world."""

    text: Text
    to: list[Short] = Field(default_factory=list, max_length=1000)
    world: Short | None = None
    kind: StimulusKind = "CONVERSATION"
    speaker: Annotated[str, Field(max_length=400)] = ""


class Setting(Body):
    """A value by path: ``settings.temperature``, ``people.ana-reyes.age``."""

    path: Short
    value: JsonValue
    merge: bool = False


class Answering(Body):
    """What somebody whom a human plays does; see ``troupe say --as``."""

    person: Short
    words: Annotated[str, Field(max_length=100_000)]


class Branching(Limited):
    """A fork, with edits made there, and how far it goes on: steps, ``rest``, or null for not at all."""

    name: Name
    at: int | None = Field(None, ge=0, le=2**53, description="the last event that is shared; null: the head")
    set: dict[str, JsonValue] = Field(default_factory=dict, description="values by path")
    say: list[Text] = Field(default_factory=list, max_length=100)
    to: list[Short] = Field(default_factory=list, description="who hears ``say``; nobody named: everybody")
    drop: list[Short] = Field(default_factory=list, description="who is taken out")
    model: Annotated[str, Field(max_length=400)] = ""
    edits: list[dict[str, JsonValue]] = Field(default_factory=list, max_length=1000, description="program items")
    replicates: int | None = Field(None, ge=1, le=1000)
    draw: int | None = Field(None, ge=0, le=2**31)
    refresh: bool = False
    run: Annotated[int, Field(ge=1, le=1_000_000)] | Literal["rest"] | None = None


class Aside(Limited):
    at: int | None = Field(None, ge=0, le=2**53, description="after which event; null: at the head")
    model: Annotated[str, Field(max_length=400)] = ""
    again: bool = Field(False, description="ask the same once more, in the next draw")


class Asking(Aside):
    person: Short
    question: Text


class Surveying(Aside):
    survey: dict[str, JsonValue]
    people: list[Short] = Field(default_factory=list, description="who is asked; nobody named: everybody")


class Extracting(Aside):
    fields: list[dict[str, JsonValue] | Short] = Field(min_length=1, max_length=100)
    people: list[Short] = Field(default_factory=list)
    world: Short | None = None
    objective: Annotated[str, Field(max_length=10_000)] = ""
