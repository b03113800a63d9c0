"""What a scenario file can say: one strict model; its JSON Schema is published as ``schema/scenario.json``.

A scenario that names files (people, fragments) is read by ``controller.reading``, which puts their content
in; then it is *self-contained*, can be sent and stored, and can be turned into commands.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import (
    BaseModel,
    Discriminator,
    Field,
    Tag,
    WithJsonSchema,
    field_validator,
)

from troupe_es import commands
from troupe_es.errors import BadScenario
from troupe_es.events.types import Condition, Settings
from troupe_es.llm import images
from troupe_es.scenario.asking import CheckItem, ExtractItem, SurveyItem
from troupe_es.scenario.equipping import Enable, Equip, NamedDocument, NamedFaculty, Unequip
from troupe_es.scenario.experiment import NAME, OPTIONS, Trial, unique
from troupe_es.scenario.items import Add, Broadcast, Fragment, Person, RunSteps, Say, Set
from troupe_es.scenario.populating import Population
from troupe_es.scenario.staging import Move, Network, Relate, Remove, Skip, Strict, Text, Unrelate, World
from troupe_es.scenario.steering import Call, CallingOff, Stop, StoryItem
from troupe_es.scenario.tables import Truth

VERBS = (
    "broadcast",
    "say",
    "run",
    "set",
    "fragment",
    "add",
    "remove",
    "move",
    "relate",
    "unrelate",
    "skip",
    "equip",
    "unequip",
    "enable",
    "intervene",
    "call_off",
    "story",
    "survey",
    "extract",
    "check",
)


def _settings_schema() -> dict[str, Any]:
    schema = Settings.model_json_schema()
    del schema["properties"]["model"]
    return schema


Money: TypeAlias = Annotated[Decimal, Field(gt=0, max_digits=18, decimal_places=6)]


class Budget(Strict):
    """Limits that stop the run before it costs more."""

    calls: int | None = Field(None, strict=True, ge=1, description="most model calls")
    tokens: int | None = Field(None, strict=True, ge=1, description="most tokens, prompts and answers together")
    money: Money | None = Field(None, description="most money, in the currency of the price list")


def _verb(item: Any) -> str | None:
    keys = item if isinstance(item, dict) else vars(item) if isinstance(item, BaseModel) else ()
    found = [verb for verb in VERBS if verb in keys]
    return f"<{found[0]}>" if found else None


EFFECTS = ("broadcast", "say", "set", "equip", "unequip", "add", "remove", "move", "call", "stop")


def _effect(item: Any) -> str | None:
    keys = item if isinstance(item, dict) else vars(item) if isinstance(item, BaseModel) else ()
    found = [verb for verb in EFFECTS if verb in keys]
    return f"<{found[0]}>" if found else None


Doing: TypeAlias = Annotated[
    Annotated[Broadcast, Tag("<broadcast>")]
    | Annotated[Say, Tag("<say>")]
    | Annotated[Set, Tag("<set>")]
    | Annotated[Equip, Tag("<equip>")]
    | Annotated[Unequip, Tag("<unequip>")]
    | Annotated[Add, Tag("<add>")]
    | Annotated[Remove, Tag("<remove>")]
    | Annotated[Move, Tag("<move>")]
    | Annotated[Call, Tag("<call>")]
    | Annotated[Stop, Tag("<stop>")],
    Discriminator(_effect),
]
"""One thing an intervention makes happen."""


class Intervention(Strict):
    """Something that happens, between two steps, whenever a condition holds.

    With ``each``, ``{{name}}`` and ``{{target}}`` stand for each person's name and id in claims and effects.
    """

    name: str = Field(
        pattern="^[a-z0-9][a-z0-9._-]*$", max_length=100, description="its name, unique in the simulation"
    )
    when: Condition = Field(description="when it happens: everything that is named here must hold")
    do: list[Doing] = Field(min_length=1, description="what happens, in this order")
    each: list[Text] | Literal["everyone"] | None = Field(
        None, description="whom it stands for, one by one: names, or everyone; absent: it stands for itself"
    )
    once: bool = Field(True, strict=True, description="whether it happens at most once (for each)")
    every: int = Field(1, strict=True, ge=1, description="steps from one time to the next, at least")
    last: int = Field(40, strict=True, ge=1, description="how many of the latest memories a judge is shown")


class Intervene(Strict):
    """Let something happen whenever a condition holds, from here on."""

    intervene: Intervention


Item: TypeAlias = Annotated[
    Annotated[Broadcast, Tag("<broadcast>")]
    | Annotated[Say, Tag("<say>")]
    | Annotated[RunSteps, Tag("<run>")]
    | Annotated[Set, Tag("<set>")]
    | Annotated[Fragment, Tag("<fragment>")]
    | Annotated[Add, Tag("<add>")]
    | Annotated[Remove, Tag("<remove>")]
    | Annotated[Move, Tag("<move>")]
    | Annotated[Relate, Tag("<relate>")]
    | Annotated[Unrelate, Tag("<unrelate>")]
    | Annotated[Skip, Tag("<skip>")]
    | Annotated[Equip, Tag("<equip>")]
    | Annotated[Unequip, Tag("<unequip>")]
    | Annotated[Enable, Tag("<enable>")]
    | Annotated[Intervene, Tag("<intervene>")]
    | Annotated[CallingOff, Tag("<call_off>")]
    | Annotated[StoryItem, Tag("<story>")]
    | Annotated[SurveyItem, Tag("<survey>")]
    | Annotated[ExtractItem, Tag("<extract>")]
    | Annotated[CheckItem, Tag("<check>")],
    Discriminator(_verb),
]
"""One thing the program does; tags stand in brackets so that error paths can leave them out."""


class Arm(Strict):
    """One arm of an experiment: what is otherwise in it than in the others."""

    name: str = Field(pattern=NAME, max_length=40, description="its name, unique in the experiment")
    model: Text | None = Field(
        None, description="who answers in it, where nobody and no purpose has a model of its own"
    )
    do: list[Item] = Field(
        default_factory=list, description=f"what happens in it, as in a program; {OPTIONS} stands for the options"
    )


class Experiment(Trial):
    """Arms that part from one life, each lived several times, and what is found out of every one."""

    arms: list[Arm] = Field(min_length=1, description="what is compared")

    @field_validator("arms")
    @classmethod
    def _named_once(cls, arms: list[Arm]) -> list[Arm]:
        return unique(arms, "arm")


def _whole(part: BaseModel) -> bool:
    """Whether a person or an item of the program names no file."""
    match part:
        case Person():
            return part.persona is not None and not part.fragments and _read(part.documents)
        case Add():
            return _whole(part.add)
        case Fragment():
            return part.fragment.traits is not None
        case SurveyItem():
            return not isinstance(part.survey, str)
        case Broadcast() | Say():
            return not part.image or part.image.startswith(images.DATA)
    return True


def _read(texts: Sequence[NamedDocument]) -> bool:
    """Whether no document is a file any more."""
    return not any(isinstance(each, str) for each in texts)


class Scenario(Strict):
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
    budget: Budget | None = Field(
        None,
        description="limits of each command that plays it, 'run' and 'resume' alike: it stops before it costs more",
    )
    worlds: list[World] = Field(min_length=1, description="the places")
    people: list[Person] = Field(default_factory=list, description="who takes part")
    population: Population | None = Field(None, description="more people: made, or read from a table or a folder")
    network: Network | None = Field(None, description="who knows whom")
    faculties: list[NamedFaculty] = Field(default_factory=list, description="what everybody can do")
    documents: list[NamedDocument] = Field(
        default_factory=list, description="what everybody can consult: files (or folders of them), or written here"
    )
    interventions: list[Intervention] = Field(
        default_factory=list, description="what happens whenever a condition holds, from the beginning"
    )
    program: list[Item] = Field(default_factory=list, description="what happens, in this order")
    experiment: Experiment | None = Field(None, description="arms that part from this life, for 'troupe experiment'")
    validation: Truth | None = Field(None, description="real people's answers, to compare with those to a survey")

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
        network = self.network is None or (self.network.file is None and self.network.generate is None)
        made = self.population is None or self.population.whole
        arms = [] if self.experiment is None else [item for arm in self.experiment.arms for item in arm.do]
        read = _read(self.documents) and self.validation is None
        return network and made and read and all(map(_whole, [*self.people, *self.program, *arms]))

    def create(self, model: str | None = None) -> commands.Create:
        """Return the command that begins the simulation; ``model`` wins over the scenario's own.

        Raises BadScenario when neither names a model.
        """
        chosen = model or self.model
        if not chosen:
            raise BadScenario(f"{self.name}: no model is chosen: add 'model: …' or pass --model")
        settings = self.settings.model_copy(update={"model": chosen})
        return commands.Create(seed=self.seed, start=self.start, settings=settings)
