"""What a scenario file can say: one strict model; its JSON Schema is published as ``schema/scenario.json``.

A scenario that names files (people, fragments) is read by ``controller.reading``, which puts their content
in; then it is *self-contained*, can be sent and stored, and can be turned into commands.
"""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    JsonValue,
    Tag,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from troupe_es import commands
from troupe_es.errors import BadScenario
from troupe_es.events.types import Settings, StimulusKind

Text: TypeAlias = Annotated[str, Field(min_length=1)]
Count: TypeAlias = Annotated[int, Field(strict=True, ge=0)]
UNITS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86_400}
VERBS = ("broadcast", "say", "run", "set")


def _settings_schema() -> dict[str, Any]:
    schema = Settings.model_json_schema()
    del schema["properties"]["model"]
    return schema


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


Money: TypeAlias = Annotated[Decimal, Field(gt=0, max_digits=18, decimal_places=6)]


class Budget(_Strict):
    """Limits that stop the run before it costs more."""

    calls: int | None = Field(None, strict=True, ge=1, description="most model calls")
    tokens: int | None = Field(None, strict=True, ge=1, description="most tokens, prompts and answers together")
    money: Money | None = Field(None, description="most money, in the currency of the price list")


class World(_Strict):
    """A place that people can be in."""

    name: Text = Field(description="its name; unique in the scenario")
    description: str = Field("", description="what it is like there")


class Person(_Strict):
    """Somebody who takes part: from a persona file, or written here."""

    file: Text | None = Field(None, description="a persona file, relative to the scenario file")
    persona: dict[str, JsonValue] | None = Field(None, description="the persona itself, instead of a file")
    fragments: list[Text] = Field(default_factory=list, description="fragment files, merged in this order")
    prefer: Literal["persona", "fragment"] | None = Field(
        None, description="whose value counts where a fragment says otherwise; absent: that is an error"
    )
    world: Text | None = Field(None, description="where they begin; may be left out when there is one world")
    origins: dict[str, str] = Field(
        default_factory=dict, description="which fragment gave which trait, once fragments are merged in"
    )

    @model_validator(mode="after")
    def _one_source(self) -> "Person":
        if (self.file is None) == (self.persona is None):
            raise ValueError("needs either 'file' or 'persona'")
        if self.origins and self.persona is None:
            raise ValueError("'origins' belongs to a 'persona' that fragments are merged into already")
        return self


class Broadcast(_Strict):
    """Words, a sight, a thought… for everyone."""

    broadcast: Text = Field(description="what everyone perceives")
    kind: StimulusKind = "CONVERSATION"
    world: Text | None = Field(None, description="only for those in this world; absent: for all worlds")
    speaker: str = Field("", description="whose words these are, if anyone's in particular")


class Say(_Strict):
    """The same for some people only."""

    say: Text = Field(description="what they perceive")
    to: list[Text] = Field(min_length=1, description="names of the people")
    kind: StimulusKind = "CONVERSATION"
    speaker: str = Field("", description="whose words these are, if anyone's in particular")


class RunSteps(_Strict):
    """Live on for some steps; the times given add up to what each step takes, a minute if there is none."""

    run: int = Field(strict=True, ge=1, description="how many steps")
    seconds: Count | None = Field(None, le=10**9, description="simulated seconds of each step")
    minutes: Count | None = Field(None, le=10**8, description="simulated minutes of each step")
    hours: Count | None = Field(None, le=10**6, description="simulated hours of each step")
    days: Count | None = Field(None, le=36_500, description="simulated days of each step")

    @property
    def each(self) -> int:
        """Simulated seconds of one step."""
        given = {unit: amount for unit in UNITS if (amount := getattr(self, unit)) is not None}
        return sum(UNITS[unit] * amount for unit, amount in given.items()) if given else 60


class Setting(_Strict):
    """One value by path."""

    path: Text = Field(description="settings.NAME, or people.PERSON.TRAIT with the person's id")
    value: JsonValue = Field(description="the new value")


class Set(_Strict):
    """Change a setting or a trait from here on."""

    set: Setting


def _verb(item: Any) -> str | None:
    keys = item if isinstance(item, dict) else vars(item) if isinstance(item, BaseModel) else ()
    found = [verb for verb in VERBS if verb in keys]
    return f"<{found[0]}>" if found else None


Item: TypeAlias = Annotated[
    Annotated[Broadcast, Tag("<broadcast>")]
    | Annotated[Say, Tag("<say>")]
    | Annotated[RunSteps, Tag("<run>")]
    | Annotated[Set, Tag("<set>")],
    Discriminator(_verb),
]
"""One thing the program does; tags stand in brackets so that error paths can leave them out."""


class Scenario(_Strict):
    """A simulation as a script: who, where, and what happens."""

    troupe: Literal[1] = Field(description="the format of this file")
    name: str = Field(
        pattern="^[a-z0-9][a-z0-9._-]*$", max_length=100, description="the simulation's name in the store"
    )
    about: str = Field("", description="a sentence for people")
    seed: int = Field(0, strict=True, description="decides everything random")
    start: str = Field("2026-01-05T09:00:00", description="simulated time at the beginning, without a zone")
    model: Text | None = Field(None, description="who answers, as in --model, which wins")
    settings: Annotated[Settings, WithJsonSchema(_settings_schema())] = Field(
        default_factory=Settings, description="how people are asked"
    )
    budget: Budget | None = Field(None, description="limits that stop the run before it costs more")
    worlds: list[World] = Field(min_length=1, description="the places")
    people: list[Person] = Field(default_factory=list, description="who takes part")
    program: list[Item] = Field(default_factory=list, description="what happens, in this order")

    @field_validator("start")
    @classmethod
    def _a_time(cls, text: str) -> str:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise ValueError("must be a time like 2026-03-02T18:00:00") from None
        if moment.tzinfo:
            raise ValueError("must have no time zone: it is time in the simulated world")
        return moment.isoformat()

    @field_validator("settings", mode="before")
    @classmethod
    def _model_stands_outside(cls, settings: Any) -> Any:
        if isinstance(settings, dict) and "model" in settings:
            raise ValueError("the model is chosen with 'model' beside 'settings', not inside")
        return settings

    @property
    def self_contained(self) -> bool:
        """Whether no file is named any more."""
        return all(person.persona is not None and not person.fragments for person in self.people)

    def create(self, model: str | None = None) -> commands.Create:
        """Return the command that begins the simulation; ``model`` wins over the scenario's own.

        Raises BadScenario when neither names a model.
        """
        chosen = model or self.model
        if not chosen:
            raise BadScenario(f"{self.name}: no model is chosen: add 'model: …' or pass --model")
        settings = self.settings.model_copy(update={"model": chosen})
        return commands.Create(seed=self.seed, start=self.start, settings=settings)
