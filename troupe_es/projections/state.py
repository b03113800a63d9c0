"""The state of a simulation after some event: what the fold keeps, and nothing that the log can be asked for.

Texts stay in the log; state refers to events by sequence number and reads them through ``read``, which whoever
folds hands in. Everything here is owned and changed by the fold alone.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from troupe_es.errors import BadReference
from troupe_es.events import GENESIS, Event, Mind, Settings
from troupe_es.events.types import Access
from troupe_es.projections.memory import Memory
from troupe_es.projections.names import Names

Read: TypeAlias = Callable[[int], Event]
Said: TypeAlias = tuple[int, str, str | None, str, list[str] | None]
"""Something said: the event, by whom, to whom, in which world, and who there could be reached (None: everybody).

All that is kept because its speaker may be gone or elsewhere when it is heard.
"""


@dataclass(slots=True)
class Person:
    """One person as the log has them so far; ``fresh`` counts what reached them since their last turn.

    ``memory`` is what they perceived and did, ``semantic`` what was distilled from it. Of each episode that is over,
    ``episodes`` has the event that closed it and ``ends`` how many memories there were by then. ``embedded`` are the
    events that name vectors; ``unreflected`` counts the episodes consolidated since the last reflection;
    ``calendar`` are the appointments they made or were invited to.
    """

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
    faculties: dict[str, int] = field(default_factory=dict)
    near: dict[str, dict[str, float]] = field(default_factory=dict)
    semantic: Memory = field(default_factory=Memory)
    episodes: Memory = field(default_factory=Memory)
    ends: Memory = field(default_factory=Memory)
    embedded: Memory = field(default_factory=Memory)
    calendar: Memory = field(default_factory=Memory)
    unreflected: int = 0
    said: int = 0
    cache: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def consolidated(self) -> int:
        """How many memories lie in episodes that are over."""
        return self.ends[-1:][0] if len(self.ends) else 0


@dataclass(slots=True)
class World:
    """A place and who is in it, in the order they came."""

    id: str
    name: str
    added: int
    access: Access = "open"
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
    only: list[str] | None = None


@dataclass(slots=True)
class Step:
    """A step that is open: who acts, how far it is, what was said but not heard yet, and who goes where after it."""

    started: int
    schedule: list[str]
    place: int = 0
    unheard: list[Said] = field(default_factory=list)
    going: list[tuple[str, str]] = field(default_factory=list)
    invited: list[tuple[int, str]] = field(default_factory=list)


@dataclass(slots=True)
class Turn:
    """A turn (or an answer to a question) whose events are partly in the log, as a fork can find it.

    What reaches its person after it ``started`` comes too ``late`` for it. Of its ``events``, so many name
    ``vectors``.
    """

    person: str
    started: int
    cause: int | None
    events: int = 0
    late: int = 0
    going: str | None = None
    vectors: int = 0
    answers: dict[str, tuple[str, str]] = field(default_factory=dict)


@dataclass(slots=True)
class Question:
    """A question that waits for its answer."""

    asked: int
    person: str


@dataclass(slots=True)
class Making:
    """People who are to be made as was ``planned``: so many of them, of whom the first ``done`` are settled.

    ``before`` counts those planned earlier, so that each has a number of their own.
    """

    planned: int
    people: int
    before: int
    done: int = 0


@dataclass(slots=True)
class Surveying:
    """A survey that was ``asked``: whom, and how many of them are through with it; the last one stays known."""

    asked: int
    people: list[str]
    done: int = 0


@dataclass(slots=True)
class Watched:
    """An intervention that was ``added``: for each target how often it fired, and when it was decided and fired."""

    added: int
    marks: dict[str, list[int]] = field(default_factory=dict)


@dataclass(slots=True)
class Pending:
    """The effects ``of`` an event that are still to happen, in order: so many of them are ``done``."""

    of: int
    effects: int
    done: int = 0


@dataclass(slots=True)
class Steering:
    """What interventions need: those that watch, and how far the pass between two steps is (event and target).

    ``began`` are the beginnings of the latest steps, ``counts`` how often each type of event happened, ``said`` how
    often people talked or reached out.
    """

    interventions: dict[str, Watched] = field(default_factory=dict)
    passed: list[int] = field(default_factory=list)
    pending: Pending | None = None
    began: list[int] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    said: int = 0


@dataclass(slots=True)
class State:
    """Everything about a simulation after event ``seq`` whose hash is ``head``.

    ``consolidating`` says whose episode is over, and at how many memories it ends; ``reflecting`` who has
    consolidated enough to think about it, and the event with which it was enough. ``lots`` and ``ranks`` keep the
    places of people whose ids were redacted. ``told`` is no state: of what was said, by whom and as which line those
    who heard it are told it, kept by whoever renders it until a name changes.
    """

    seq: int = 0
    head: bytes = GENESIS
    seed: int = 0
    clock: str = ""
    step: int = 0
    settings: Settings = field(default_factory=Settings)
    worlds: dict[str, World] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    gone: dict[str, str] = field(default_factory=dict)
    faculties: dict[str, int] = field(default_factory=dict)
    code: dict[str, int] = field(default_factory=dict)
    running: Running | None = None
    open_step: Step | None = None
    open_turn: Turn | None = None
    question: Question | None = None
    consolidating: dict[str, int] = field(default_factory=dict)
    reflecting: dict[str, int] = field(default_factory=dict)
    steering: Steering = field(default_factory=Steering)
    making: Making | None = None
    surveying: Surveying | None = None
    lots: dict[str, str] = field(default_factory=dict)
    ranks: dict[str, str] = field(default_factory=dict)
    planned: int = 0
    edition: int = 1
    told: dict[int, tuple[str | None, str]] = field(default_factory=dict, compare=False, repr=False)
    touched: set[str] = field(default_factory=set, compare=False, repr=False)
    stirred: set[str] = field(default_factory=set, compare=False, repr=False)
    names: Names = field(default_factory=Names, compare=False, repr=False)
    read: Read = field(default=lambda seq: _unread(seq), compare=False, repr=False)

    @property
    def created(self) -> bool:
        """Whether the first event is there."""
        return self.seq > 0

    def rank(self, id: str) -> str:
        """Return what stands for a person's id where ids are sorted."""
        return self.ranks.get(id, id)

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
        found = self.names.find(wanted, None if among is None else among.keys())
        return None if found is None else self.people[found]

    def place(self, name: str) -> World | None:
        """Return the world with this id or name, in any case, or None."""
        wanted = name.strip().casefold()
        return next((world for world in self.worlds.values() if wanted in (world.id, world.name.casefold())), None)


def _unread(seq: int) -> Event:
    raise LookupError(f"no reader was given to this state, so event {seq} cannot be read")
