"""What can happen in a simulation: one frozen model for each type and version of event.

A type is a chosen word in the past tense and never changes its meaning; a change of shape is a new version, with
an upcaster from the last one (``upcast``). *Given* events come from outside (a script, a command line, a fork's
edits) and are fed in again on replay; all others are *derived*: what decide made of them, and replay must make
them again.
"""

from functools import cache
from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, JsonValue, TypeAdapter, field_validator

Source: TypeAlias = Literal["script", "command", "steering", "fork"]
StimulusKind: TypeAlias = Literal[
    "CONVERSATION", "SOCIAL", "LOCATION", "VISUAL", "THOUGHT", "INTERNAL_GOAL_FORMULATION"
]
ActionKind: TypeAlias = Literal["THINK", "TALK", "REACH_OUT"]
Order: TypeAlias = Literal["parallel", "sequential"]
ProfileChoice: TypeAlias = Literal["auto", "full", "small"]
PURPOSES = ("turn", "ask")
"""What a model is asked for."""

FROZEN = ConfigDict(frozen=True, extra="forbid", defer_build=True)
"""Validators are built when first used: importing the package builds none."""


class Body(BaseModel):
    """What an event says, beside its envelope."""

    model_config = FROZEN

    given: ClassVar[bool] = False
    version: ClassVar[int] = 1
    type: str
    repaired: int = Field(0, description="lone surrogates replaced by U+FFFD on entry; left out when 0")


class Given(Body):
    """A fact that came from outside, with the hand it came from."""

    given: ClassVar[bool] = True
    source: Source = "command"


class Settings(BaseModel):
    """What decides how people are asked; part of the log, so that a replay asks the same."""

    model_config = FROZEN

    model: str = Field("", description="name of the model that answers, as in --model")
    models: dict[str, str] = Field(
        default_factory=dict,
        description="other models for some: by 'person:ID', or by purpose ('turn', 'ask'); a person's own wins",
    )
    profile: ProfileChoice = Field(
        "auto", description="how people are put to a model: 'small' for models that need it; auto: local ones do"
    )
    temperature: float | None = Field(None, ge=0, le=2, description="left to the provider when null")
    max_tokens: int = Field(1024, ge=16, le=1_000_000, description="most tokens of one answer")
    order: Order = Field("parallel", description="parallel: all act on the same state; sequential: one by one")
    attempts: int = Field(3, ge=1, le=10, description="how often one turn is asked before it fails")
    max_actions: int = Field(15, ge=1, le=100, description="most actions of one turn")
    memory_first: int = Field(10, ge=0, le=1000, description="earliest memories always shown")
    memory_last: int = Field(20, ge=1, le=10_000, description="latest memories always shown")
    memory_block: int = Field(40, ge=1, le=10_000, description="the window's start moves in blocks of so many")

    @field_validator("models")
    @classmethod
    def _for_somebody(cls, models: dict[str, str]) -> dict[str, str]:
        for key, model in models.items():
            if not (key in PURPOSES or key.startswith("person:")) or not model.strip():
                raise ValueError(
                    f"{key!r}: {model!r} is no choice; write 'person:ID' or {' or '.join(PURPOSES)}, and a model"
                )
        return models

    def model_for(self, person: str, purpose: str) -> str:
        """Return the model that answers for ``person`` when asked for ``purpose``."""
        return self.models.get(f"person:{person}") or self.models.get(purpose) or self.model


class Mind(BaseModel):
    """The cognitive state a person reports with each turn."""

    model_config = FROZEN

    goals: str = ""
    context: list[str] = Field(default_factory=list)
    attention: str = ""
    emotions: str = ""


class SimulationCreated(Given):
    """The first event. The simulation's name is no fact of its world and stands beside the log."""

    version: ClassVar[int] = 2
    type: Literal["simulation-created"] = "simulation-created"
    seed: int
    start: str = Field(description="simulated time at the beginning, ISO 8601 without a zone")
    settings: Settings


class WorldAdded(Given):
    """A place that people can be in."""

    type: Literal["world-added"] = "world-added"
    world: str = Field(description="id, unique in the simulation")
    name: str
    description: str = ""


class PersonAdded(Given):
    """A person, with the whole persona as it was given (unknown fields included)."""

    type: Literal["person-added"] = "person-added"
    person: str = Field(description="id, unique in the simulation")
    name: str
    world: str = Field(description="the world they enter")
    persona: dict[str, JsonValue]
    fragments: dict[str, str] = Field(
        default_factory=dict, description="which fragment gave which trait: dotted path to fragment name"
    )


class PersonRemoved(Given):
    """A person has left for good; what they did stays."""

    type: Literal["person-removed"] = "person-removed"
    person: str


class PersonChanged(Given):
    """One trait of a persona was set, by dotted path."""

    type: Literal["person-changed"] = "person-changed"
    person: str
    path: str
    before: JsonValue = None
    after: JsonValue = None


class SettingsChanged(Given):
    """One setting was changed."""

    type: Literal["settings-changed"] = "settings-changed"
    path: str
    before: JsonValue = None
    after: JsonValue = None


class StimulusGiven(Given):
    """Something reaches people from outside: words, a sight, a thought, a goal, a place."""

    type: Literal["stimulus-given"] = "stimulus-given"
    kind: StimulusKind = "CONVERSATION"
    content: str
    world: str | None = Field(None, description="everyone who is in this world perceives it; null: `to` does")
    to: list[str] = Field(default_factory=list, description="the people who perceive it, if no world is named")
    speaker: str = Field("", description="whose words these are, if anyone's in particular")


class RunRequested(Given):
    """Steps were asked for. Names the edition of the decision code that decides what follows."""

    type: Literal["run-requested"] = "run-requested"
    steps: int = Field(ge=1)
    seconds: int = Field(60, ge=0, description="simulated seconds each step takes")
    edition: int = Field(ge=1)


class QuestionAsked(Given):
    """One person is interviewed, outside the world's hearing."""

    type: Literal["question-asked"] = "question-asked"
    person: str
    question: str
    edition: int = Field(ge=1)


class StepStarted(Body):
    """A step began; these people act in it, in this order."""

    type: Literal["step-started"] = "step-started"
    schedule: list[str]


class ModelAnswered(Body):
    """A model's answer was taken into account; the store holds what was asked and what came back."""

    type: Literal["model-answered"] = "model-answered"
    address: str = Field(description="logical address of the call: step/person/purpose/n/index")
    model: str
    request: str = Field(description="SHA-256 of everything that was asked")
    answer: str = Field(description="SHA-256 of what came back")
    misfit: str | None = Field(None, description="why it could not be used; null: it was")


class ActionTaken(Body):
    """A person did something. TALK without a target is heard by everyone in the same world."""

    type: Literal["action-taken"] = "action-taken"
    kind: ActionKind
    content: str
    target: str | None = None


class TurnEnded(Body):
    """A person's turn is over, with the state of mind they reported."""

    type: Literal["turn-ended"] = "turn-ended"
    actions: int
    mind: Mind


class TurnFailed(Body):
    """No usable answer came in all attempts; the step goes on without this person."""

    type: Literal["turn-failed"] = "turn-failed"
    reason: str
    attempts: int


class QuestionAnswered(Body):
    """What the person said when interviewed; ``failed`` says why there is no answer."""

    type: Literal["question-answered"] = "question-answered"
    person: str
    answer: str
    failed: str | None = None


class StepEnded(Body):
    """Everybody scheduled has acted; what was said is heard now, and the clock moves."""

    type: Literal["step-ended"] = "step-ended"


class RunEnded(Body):
    """The steps that were asked for are done."""

    type: Literal["run-ended"] = "run-ended"
    steps: int
    turns: int = Field(description="turns taken, failed ones included")
    failed: int = Field(description="turns in which no usable answer came")


class Unknown(Body):
    """An event of a type this version does not know. It is kept, chained and shown, and changes nothing."""

    model_config = ConfigDict(frozen=True, extra="allow", defer_build=True)


AnyBody: TypeAlias = Annotated[
    SimulationCreated
    | WorldAdded
    | PersonAdded
    | PersonRemoved
    | PersonChanged
    | SettingsChanged
    | StimulusGiven
    | RunRequested
    | QuestionAsked
    | StepStarted
    | ModelAnswered
    | ActionTaken
    | TurnEnded
    | TurnFailed
    | QuestionAnswered
    | StepEnded
    | RunEnded,
    Field(discriminator="type"),
]


@cache
def body() -> TypeAdapter[Body]:
    """Return what validates any body by its ``type``: the contract for whatever brings events from outside."""
    return TypeAdapter(AnyBody)


TYPES: dict[str, type[Body]] = {
    model.model_fields["type"].default: model
    for base in (Body, Given)
    for model in base.__subclasses__()
    if isinstance(model.model_fields["type"].default, str)
}
"""Every type's newest model, by its chosen word."""
