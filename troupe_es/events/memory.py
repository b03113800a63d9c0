"""Events of memory: what a person keeps of an episode, what they understand of it, and what tells memories apart.

Every memory names the events it comes from, and they are events that this person perceived or did. A closing event
says how far an episode went, whatever came of it, so that nothing is consolidated twice.
"""

from typing import ClassVar, Literal, TypeAlias, get_args

from pydantic import BaseModel, Field

from troupe_es.events.base import FROZEN, Body

MemoryKind: TypeAlias = Literal["fact", "opinion", "relationship", "plan", "lesson", "feeling"]
MEMORY_KINDS: tuple[MemoryKind, ...] = get_args(MemoryKind)
"""What an episode is distilled into."""

MOST_IMPORTANT = 9
"""The highest importance of a memory; the lowest is 0."""


class MemoryFormed(Body):
    """A person keeps something of an episode that is over."""

    type: Literal["memory-formed"] = "memory-formed"
    kind: MemoryKind
    content: str
    importance: int = Field(ge=0, le=MOST_IMPORTANT)
    sources: list[int] = Field(min_length=1, description="the events it comes from, all remembered by this person")


class EpisodeConsolidated(Body):
    """An episode is over, and what was kept of it has been said."""

    closes: ClassVar[bool] = True
    type: Literal["episode-consolidated"] = "episode-consolidated"
    first: int = Field(description="the first event of the episode, in the order in which it was remembered")
    last: int = Field(description="the last one")
    memories: int = Field(description="how many memories were formed")


class ConsolidationFailed(Body):
    """No usable answer came in all attempts: the episode is over, and nothing was kept of it but itself."""

    closes: ClassVar[bool] = True
    type: Literal["consolidation-failed"] = "consolidation-failed"
    first: int = Field(description="the first event of the episode, in the order in which it was remembered")
    last: int = Field(description="the last one")
    reason: str
    attempts: int


class InsightFormed(Body):
    """A person has understood something from what they remember."""

    type: Literal["insight-formed"] = "insight-formed"
    content: str
    importance: int = Field(ge=0, le=MOST_IMPORTANT)
    evidence: list[int] = Field(min_length=1, description="the memories it rests on: events memory-formed")


class ReflectionEnded(Body):
    """A person has thought about what they remember; ``failed`` says why nothing came of it."""

    closes: ClassVar[bool] = True
    type: Literal["reflection-ended"] = "reflection-ended"
    insights: int = Field(description="how many insights were formed")
    failed: str | None = None


class Embedded(BaseModel):
    """One text's vector: the request for it and the answer, which the store holds."""

    model_config = FROZEN

    seq: int | None = Field(description="the event whose text it is; null: what somebody tried to remember")
    request: str = Field(description="SHA-256 of everything that was asked")
    answer: str = Field(description="SHA-256 of what came back")


class MemoriesEmbedded(Body):
    """Vectors were needed for the first time: these very answers count from now on, whatever else is on record."""

    type: Literal["memories-embedded"] = "memories-embedded"
    model: str
    of: list[Embedded] = Field(min_length=1)
