"""Events of steering: interventions and what they make happen, claims that are judged, and stories.

An effect is what a command from outside would be, except that it follows from the simulation itself. So it happens
as the *derived* twin of that command's event: the same fields under a word of its own, made again by a replay. A twin
is a kind of its original, so whoever reads a stimulus reads one that an intervention caused.
"""

from typing import Any, ClassVar, Literal

from pydantic import BaseModel, Field, JsonValue, create_model

from troupe_es.events.base import FROZEN, Body, Given
from troupe_es.events.core import (
    PersonAdded,
    PersonChanged,
    PersonRemoved,
    SettingsChanged,
    StimulusGiven,
)
from troupe_es.events.faculties import FacultyGiven, FacultyTaken
from troupe_es.events.worlds import PersonMoved

LONGEST_LOOK = 20
"""Most steps that a condition looks back."""


class Steps(BaseModel):
    """Which steps: the number of the one that has just ended, 0 before the first."""

    model_config = FROZEN

    at: int | None = Field(None, ge=0, description="after this step only")
    since: int = Field(0, ge=0, description="from the end of this step on")
    every: int = Field(1, ge=1, description="at every so manieth step, counted from `since`")


class Moment(BaseModel):
    """Which simulated times, ISO 8601 without a zone."""

    model_config = FROZEN

    after: str | None = Field(None, description="from this time on")
    until: str | None = Field(None, description="until before this time")


class Talked(BaseModel):
    """How often people have talked or reached out since the beginning."""

    model_config = FROZEN

    least: int = Field(ge=1)
    by: list[str] = Field(default_factory=list, description="who counts; nobody named: the target, or else everybody")


class Happened(BaseModel):
    """How often something has happened since the beginning."""

    model_config = FROZEN

    event: str = Field(description="the type of event")
    least: int = Field(1, ge=1)


class Said(BaseModel):
    """What people said aloud or reached out with in the last steps."""

    model_config = FROZEN

    pattern: str = Field(min_length=1, max_length=500, description="a regular expression; the case does not matter")
    steps: int = Field(1, ge=1, le=LONGEST_LOOK, description="how many steps back")
    by: list[str] = Field(
        default_factory=list, description="whose words; nobody named: the target's, or else everybody's"
    )


class Code(BaseModel):
    """Code of the user's own, by the name it is registered under."""

    model_config = FROZEN

    name: str
    options: dict[str, JsonValue] = Field(default_factory=dict)


class Judged(BaseModel):
    """What a model has to find of a claim about the target, or else about everybody."""

    model_config = FROZEN

    claim: str = Field(min_length=1, max_length=4000)
    holds: bool = Field(True, description="false: the claim must be found not to hold")
    least: int | None = Field(None, ge=0, le=9, description="lowest score, of 9")


class Condition(BaseModel):
    """When something holds: everything that is named here must. A model is asked last, and only if it can matter."""

    model_config = FROZEN

    step: Steps | None = None
    time: Moment | None = None
    talked: Talked | None = None
    happened: Happened | None = None
    quiet: int | None = Field(
        None, ge=1, le=LONGEST_LOOK, description="nobody (or the target) said anything new for so many steps"
    )
    said: Said | None = None
    function: Code | None = None
    claim: Judged | None = None
    all: list["Condition"] = Field(default_factory=list, description="all of these hold too")
    any: list["Condition"] = Field(default_factory=list, description="at least one of these holds too")


class Effect(BaseModel):
    """One thing that is made to happen: the word of a command, and what the command says."""

    model_config = FROZEN

    do: str = Field(description="say, set, equip, unequip, add-person, remove-person, move-person, stop or call")
    what: dict[str, JsonValue] = Field(default_factory=dict)


class Verdict(BaseModel):
    """What a model found of a claim, and the events it rests on."""

    model_config = FROZEN

    claim: str
    holds: bool
    score: int = Field(ge=0, le=9, description="how far it holds: 0 not at all, 9 entirely")
    reason: str
    evidence: list[int] = Field(description="events that were shown to the model")


class InterventionAdded(Given):
    """From now on something happens, between two steps, whenever a condition holds."""

    type: Literal["intervention-added"] = "intervention-added"
    name: str
    when: Condition
    effects: list[Effect]
    each: list[str] | Literal["everyone"] | None = Field(
        None, description="whom it stands for, one by one, each with their own condition and effects; null: as one"
    )
    once: bool = Field(True, description="whether it happens at most once (for each)")
    every: int = Field(1, ge=1, description="steps from one time to the next, at least")
    last: int = Field(40, ge=1, description="how many of the latest memories a model that judges is shown")
    fingerprints: dict[str, str] = Field(
        default_factory=dict, description="SHA-256 of the user's own code, by 'condition NAME' and 'effect NAME'"
    )


class InterventionRemoved(Given):
    """It does not happen any more."""

    type: Literal["intervention-removed"] = "intervention-removed"
    name: str


class InterventionChecked(Body):
    """A model was asked, and the condition does not hold; ``failed`` says why there is no usable answer."""

    closes: ClassVar[bool] = True
    type: Literal["intervention-checked"] = "intervention-checked"
    name: str
    target: str | None
    verdicts: list[Verdict]
    failed: str | None = None


class InterventionFired(Body):
    """The condition holds. Each effect is one event that follows and names this one as its cause."""

    closes: ClassVar[bool] = True
    type: Literal["intervention-fired"] = "intervention-fired"
    name: str
    target: str | None
    evidence: list[int] = Field(description="the events it rests on")
    verdicts: list[Verdict] = Field(description="what a model found, if one was asked")
    effects: list[Effect] = Field(description="what happens now, with every name filled in")


class EffectFailed(Body):
    """One effect could not happen; the others do."""

    type: Literal["effect-failed"] = "effect-failed"
    effect: Effect
    reason: str


class ClaimsPut(Given):
    """Claims are to be judged by what people remember, in a side branch."""

    type: Literal["claims-put"] = "claims-put"
    claims: list[str] = Field(min_length=1)
    about: list[str] | None = Field(None, description="the people they are about; null: everybody in the world")
    world: str | None = Field(None, description="null: all worlds")
    last: int = Field(40, ge=1, description="how many of the latest memories are shown")
    edition: int = Field(ge=1)


class ClaimsJudged(Body):
    """What a model found of the claims, in the order they were put; ``failed`` says why there is no usable answer."""

    closes: ClassVar[bool] = True
    type: Literal["claims-judged"] = "claims-judged"
    verdicts: list[Verdict]
    failed: str | None = None


class StoryRequested(Given):
    """A story is to be told: one that sets the scene, or one that goes on from what happened."""

    type: Literal["story-requested"] = "story-requested"
    requirements: str = ""
    continues: bool = Field(False, description="whether it goes on from what happened")
    world: str | None = Field(None, description="where it is set and heard; null: in all worlds")
    aside: bool = Field(False, description="told in a side branch, where nobody hears it")
    last: int = Field(100, ge=1, description="how many of the latest memories it may go on from")
    edition: int = Field(ge=1)


class StoryTold(Body):
    """The story; ``failed`` says why there is none. Each effect is one event that follows: people hear it."""

    closes: ClassVar[bool] = True
    type: Literal["story-told"] = "story-told"
    text: str
    failed: str | None = None
    effects: list[Effect] = Field(default_factory=list)


def _twin(original: type[Given], word: str) -> type[Body]:
    fields: dict[str, Any] = {
        "type": (Literal[word], word),
        "source": (Literal["steering"], "steering"),
    }
    doc = f"Of itself, as an effect: {(original.__doc__ or '').strip()}"
    twin = create_model(_title(word), __base__=original, __module__=__name__, __doc__=doc, **fields)
    twin.given, twin.version = False, 1
    return twin


def _title(word: str) -> str:
    return "".join(part.capitalize() for part in word.split("-"))


WORDS: dict[type[Given], str] = {
    StimulusGiven: "stimulus-caused",
    PersonChanged: "person-change-caused",
    SettingsChanged: "settings-change-caused",
    FacultyGiven: "faculty-gift-caused",
    FacultyTaken: "faculty-loss-caused",
    PersonAdded: "person-coming-caused",
    PersonRemoved: "person-leaving-caused",
    PersonMoved: "person-move-caused",
}
CAUSED: dict[type[Given], type[Body]] = {original: _twin(original, word) for original, word in WORDS.items()}
"""The derived twin of every given event that an effect can be."""


def caused(body: Given) -> Body:
    """Return what a command's event is as an effect. Raises KeyError for what is none."""
    return CAUSED[type(body)].model_validate(body.model_dump(exclude={"type", "source"}))
