"""Events of people themselves: how their actions were judged, and what was made of who they are."""

from typing import ClassVar, Literal

from pydantic import BaseModel, Field, JsonValue

from troupe_es.events.base import FROZEN, Body, Check, Given, Mind


class Score(BaseModel):
    """What one check found of the actions of an attempt: ``score`` from 0 to 9, best last, and why."""

    model_config = FROZEN

    check: Check
    score: int = Field(ge=0, le=9)
    reason: str


class ActionsJudged(Body):
    """The actions a person was about to take were checked, before any of them happened."""

    type: Literal["actions-judged"] = "actions-judged"
    attempt: int = Field(ge=1, description="which attempt at these actions, from 1")
    scores: list[Score] = Field(description="empty where there was nothing to check")
    passed: bool = Field(description="whether every score reaches the threshold")
    best: int = Field(ge=1, description="the best attempt so far; that of the last judgement is the one taken")
    rewritten: bool = Field(False, description="whether the actions the judge wrote instead are taken")
    failed: str | None = Field(None, description="why the judge gave no usable answer; null: it did")


class ActionHeldBack(Body):
    """A person was about to repeat themselves, and their turn ended instead."""

    type: Literal["action-held-back"] = "action-held-back"
    kind: str
    content: str
    target: str = Field(description="as the model wrote it")
    similarity: float = Field(description="share of words in common with the last such action, from 0 to 1")


class TraitChange(BaseModel):
    """One trait, by dotted path, before and after; what was not there before is null."""

    model_config = FROZEN

    path: str
    before: JsonValue = None
    after: JsonValue = None


class SetAside(BaseModel):
    """Two values that could not both stand: ``kept`` does, ``offered`` does not."""

    model_config = FROZEN

    path: str
    kept: JsonValue = None
    offered: JsonValue = None


class FragmentMerged(Given):
    """A fragment was merged into a persona: what came of it, in this order, and what could not stand together."""

    type: Literal["fragment-merged"] = "fragment-merged"
    person: str
    fragment: str = Field(description="the fragment's name")
    changes: list[TraitChange]
    conflicts: list[SetAside] = Field(default_factory=list)


class MindGiven(Given):
    """A person's state of mind was set from outside."""

    type: Literal["mind-given"] = "mind-given"
    person: str
    mind: Mind


class MinibioAsked(Given):
    """A short biography of a person is asked for, in a side branch."""

    type: Literal["minibio-asked"] = "minibio-asked"
    person: str
    edition: int = Field(ge=1)


class MinibioWritten(Body):
    """A short biography, written from the persona alone; ``failed`` says why there is none."""

    closes: ClassVar[bool] = True
    type: Literal["minibio-written"] = "minibio-written"
    person: str
    text: str
    failed: str | None = None
