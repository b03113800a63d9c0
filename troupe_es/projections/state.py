"""The state of a simulation after some event: what the fold keeps, and nothing that the log can be asked for.

Texts stay in the log; state refers to events by sequence number and reads them through ``read``, which whoever
folds hands in. Everything here is owned and changed by the fold alone.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from troupe_es.errors import BadReference
from troupe_es.events import GENESIS, Event, Mind, Settings
from troupe_es.projections.memory import Memory

Read: TypeAlias = Callable[[int], Event]


@dataclass(slots=True)
class Person:
    """One person as the log has them so far; ``fresh`` counts what reached them since their last turn."""

    id: str
    name: str
    world: str
    added: int
    changes: list[int] = field(default_factory=list)
    memory: Memory = field(default_factory=Memory)
    mind: Mind = field(default_factory=Mind)
    heard: int = 0
    fresh: int = 0
    turns: int = 0
    cache: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)


@dataclass(slots=True)
class World:
    """A place and who is in it, in the order they came."""

    id: str
    name: str
    added: int
    people: dict[str, None] = field(default_factory=dict)


@dataclass(slots=True)
class Running:
    """A run that is under way."""

    asked: int
    steps: int
    seconds: int
    edition: int
    done: int = 0
    turns: int = 0
    failed: int = 0


@dataclass(slots=True)
class Step:
    """A step that is open: who acts, how far it is, and what was said but not heard yet.

    Of each thing said it keeps seq, by whom, to whom, and in which world: its speaker may be gone when it is heard.
    """

    started: int
    schedule: list[str]
    place: int = 0
    unheard: list[tuple[int, str, str | None, str]] = field(default_factory=list)


@dataclass(slots=True)
class Turn:
    """A turn (or an answer to a question) whose events are partly in the log, as a fork can find it.

    What reaches its person after it ``started`` comes too ``late`` for it.
    """

    person: str
    started: int
    cause: int | None
    events: int = 0
    late: int = 0
    answers: dict[str, tuple[str, str]] = field(default_factory=dict)


@dataclass(slots=True)
class Question:
    """A question that waits for its answer."""

    asked: int
    person: str


@dataclass(slots=True)
class State:
    """Everything about a simulation after event ``seq`` whose hash is ``head``."""

    seq: int = 0
    head: bytes = GENESIS
    seed: int = 0
    clock: str = ""
    step: int = 0
    settings: Settings = field(default_factory=Settings)
    worlds: dict[str, World] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    gone: dict[str, str] = field(default_factory=dict)
    running: Running | None = None
    open_step: Step | None = None
    open_turn: Turn | None = None
    question: Question | None = None
    edition: int = 1
    touched: set[str] = field(default_factory=set, compare=False, repr=False)
    read: Read = field(default=lambda seq: _unread(seq), compare=False, repr=False)

    @property
    def created(self) -> bool:
        """Whether the first event is there."""
        return self.seq > 0

    def person(self, name: str) -> Person:
        """Return the person with this id or display name (any case, or a first name only one has).

        Raises BadReference naming who is there.
        """
        found = self.find(name)
        if found is None:
            there = ", ".join(sorted(person.id for person in self.people.values())[:20]) or "nobody"
            raise BadReference(f"there is no person {name!r} in this simulation; there are: {there}")
        return found

    def find(self, name: str, among: "dict[str, None] | None" = None) -> Person | None:
        """Return the one person ``name`` stands for, or None if it is nobody or more than one."""
        if name in self.people:
            return self.people[name] if among is None or name in among else None
        wanted = name.strip().casefold()
        if not wanted:
            return None
        people = [self.people[id] for id in (self.people if among is None else among) if id in self.people]
        for matches in (
            [p for p in people if p.name.casefold() == wanted or p.id == wanted],
            [p for p in people if p.name.casefold().split(" ", 1)[0] == wanted],
        ):
            if len(matches) == 1:
                return matches[0]
        return None


def _unread(seq: int) -> Event:
    raise LookupError(f"no reader was given to this state, so event {seq} cannot be read")
