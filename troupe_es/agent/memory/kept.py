"""What somebody has kept of their life, listed for people: each memory and insight with what it comes from."""

from typing import NamedTuple

from troupe_es.events import Event, types
from troupe_es.projections import Person, State


class Kept(NamedTuple):
    """A semantic memory. ``kind`` is one of the kinds of memory, or ``insight``; ``sources`` are events."""

    seq: int
    time: str
    kind: str
    content: str
    importance: int
    sources: list[int]


def kept(state: State, person: Person) -> list[Kept]:
    """Return the semantic memories of ``person``, oldest first."""
    return [_kept(state.read(seq)) for seq in person.semantic]


def _kept(event: Event) -> Kept:
    body = event.body
    if isinstance(body, types.MemoryFormed):
        return Kept(event.seq, event.time, body.kind, body.content, body.importance, body.sources)
    assert isinstance(body, types.InsightFormed)
    return Kept(event.seq, event.time, "insight", body.content, body.importance, body.evidence)
