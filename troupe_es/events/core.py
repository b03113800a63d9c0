"""The events that every simulation has: people, worlds, stimuli, runs, turns and questions."""

from typing import ClassVar, Literal

from pydantic import BaseModel, Field, JsonValue

from troupe_es.events.base import FROZEN, Access, ActionKind, Body, Given, Mind, Settings, StimulusKind


class SimulationCreated(Given):
    """The first event. The simulation's name is no fact of its world and stands beside the log."""

    version: ClassVar[int] = 3
    type: Literal["simulation-created"] = "simulation-created"
    seed: int
    start: str = Field(description="simulated time at the beginning, ISO 8601 without a zone")
    settings: Settings


class SimulationRedacted(SimulationCreated):
    """The first event of a simulation that was written anew because somebody's data was taken out of it.

    People whose ids were changed keep the places they had: what was drawn for them under the old id stands here.
    """

    version: ClassVar[int] = 1
    type: Literal["simulation-redacted"] = "simulation-redacted"  # type: ignore[assignment]  # one more way to begin
    lots: dict[str, str] = Field(
        description="what was drawn: 'step/DRAW/STEP/PERSON' to hex digits of a place among all digests, "
        "'options/SEED/PERSON/QUESTION' to the places of the options, from 0"
    )
    ranks: dict[str, str] = Field(description="what stands for a person's id where ids are sorted")


class WorldAdded(Given):
    """A place that people can be in."""

    version: ClassVar[int] = 2
    type: Literal["world-added"] = "world-added"
    world: str = Field(description="id, unique in the simulation")
    name: str
    description: str = ""
    access: Access = Field("open", description="who can be spoken to there: everybody, or whom one is related to")


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


class Picture(BaseModel):
    """An image, by the hash of its bytes; the store holds them."""

    model_config = FROZEN

    sha256: str = Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256 (hex) of the bytes")
    media: Literal["image/png", "image/jpeg", "image/webp", "image/gif"]


class StimulusGiven(Given):
    """Something reaches people from outside: words, a sight, a thought, a goal, a place."""

    version: ClassVar[int] = 2
    type: Literal["stimulus-given"] = "stimulus-given"
    kind: StimulusKind = "CONVERSATION"
    content: str
    world: str | None = Field(None, description="everyone who is in this world perceives it; null: `to` does")
    to: list[str] = Field(default_factory=list, description="the people who perceive it, if no world is named")
    speaker: str = Field("", description="whose words these are, if anyone's in particular")
    image: Picture | None = Field(None, description="what is seen, for models that see; its kind is VISUAL")


class RunRequested(Given):
    """Steps were asked for. Names the edition of the decision code that decides what follows."""

    version: ClassVar[int] = 2
    type: Literal["run-requested"] = "run-requested"
    steps: int = Field(ge=1)
    seconds: int = Field(60, ge=0, description="simulated seconds each step takes")
    edition: int = Field(ge=1)
    only: list[str] | None = Field(None, description="the people who act in these steps; null: everybody")


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

    @property
    def key(self) -> str:
        """What a decision finds this answer by, as ``Request.key`` is."""
        return self.address or self.request


class ActionTaken(Body):
    """A person did something. TALK without a target is heard by everyone in the same world."""

    type: Literal["action-taken"] = "action-taken"
    kind: ActionKind
    content: str
    target: str | None = None


class TurnEnded(Body):
    """A person's turn is over, with the state of mind they reported."""

    closes: ClassVar[bool] = True
    type: Literal["turn-ended"] = "turn-ended"
    actions: int
    mind: Mind


class TurnFailed(Body):
    """No usable answer came in all attempts; the step goes on without this person."""

    closes: ClassVar[bool] = True
    type: Literal["turn-failed"] = "turn-failed"
    reason: str
    attempts: int


class QuestionAnswered(Body):
    """What the person said when interviewed; ``failed`` says why there is no answer."""

    closes: ClassVar[bool] = True
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
