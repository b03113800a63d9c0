"""Events of faculties: what people can do beside thinking and talking, what they did of it, and what came of it."""

from typing import Literal

from pydantic import BaseModel, Field, JsonValue

from troupe_es.events.base import FROZEN, Body, Given


class FacultyGiven(Given):
    """People can do something more from now on; ``fingerprint`` tells the code, if it is the user's own."""

    type: Literal["faculty-given"] = "faculty-given"
    faculty: str = Field(description="the faculty's name")
    to: list[str] | None = Field(None, description="who gets it; null: everybody, those who come later too")
    options: dict[str, JsonValue] = Field(default_factory=dict, description="what the faculty was told")
    fingerprint: str | None = Field(
        None, description="SHA-256 of the user's own code; null: it came with the package"
    )


class FacultyTaken(Given):
    """People can do something no more."""

    type: Literal["faculty-taken"] = "faculty-taken"
    faculty: str
    to: list[str] | None = Field(None, description="who loses it; null: everybody")


class FacultyUsed(Body):
    """A person did something that a faculty gives them; the others see nothing of it."""

    type: Literal["faculty-used"] = "faculty-used"
    kind: str = Field(description="the action, RECALL for one")
    content: str
    target: str = ""


class Found(BaseModel):
    """One thing that was found, and why: scores from 0 to 1, and the total they were ranked by."""

    model_config = FROZEN

    seq: int | None = Field(None, description="the event it stands in")
    place: str = Field("", description="where else it stands: a document and the part of it")
    score: float
    scores: dict[str, float] = Field(default_factory=dict, description="recency, relevance, importance")


class ResultSeen(Body):
    """What came of using a faculty, as its person perceives it."""

    type: Literal["result-seen"] = "result-seen"
    kind: str = Field(description="the action it is the result of")
    content: str
    found: list[Found] = Field(default_factory=list, description="what it was made of, best first")
    failed: bool = False
