"""What can be asked of a simulation, in the imperative; frozen, without behaviour.

The first group comes from outside and becomes given events. The second is what the engine lets run next. An
``Intent`` is what a turn wants to happen; the world settles what does.
"""

from dataclasses import dataclass, field
from typing import Any, TypeAlias

from troupe_es.events.types import ActionKind, Settings, StimulusKind

EDITION = 1
"""The edition of prompts and decisions. Raise it whenever the same log would be written otherwise."""


@dataclass(frozen=True)
class Create:
    """Begin a simulation."""

    seed: int = 0
    start: str = "2026-01-05T09:00:00"
    settings: Settings = field(default_factory=Settings)


@dataclass(frozen=True)
class AddWorld:
    """Add a place; its id is made from the name."""

    name: str
    description: str = ""


@dataclass(frozen=True)
class AddPerson:
    """Add a person to a world (the only one, if none is named); the id is made from the persona's name."""

    persona: dict[str, Any]
    world: str | None = None
    fragments: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class RemovePerson:
    """Take a person out for good."""

    person: str


@dataclass(frozen=True)
class Change:
    """Set one value by path: ``settings.model``, ``people.lisa-carter.age``."""

    path: str
    value: Any


@dataclass(frozen=True)
class Stimulate:
    """Let people perceive something: everyone in ``world`` (the only one, if none is named), or only ``to``."""

    content: str
    kind: StimulusKind = "CONVERSATION"
    world: str | None = None
    to: tuple[str, ...] = ()
    speaker: str = ""


@dataclass(frozen=True)
class Run:
    """Live on for so many steps of so many simulated seconds."""

    steps: int
    seconds: int = 60


@dataclass(frozen=True)
class Ask:
    """Interview one person."""

    person: str
    question: str


Command: TypeAlias = Create | AddWorld | AddPerson | RemovePerson | Change | Stimulate | Run | Ask


@dataclass(frozen=True)
class StartStep:
    """Open the next step."""


@dataclass(frozen=True)
class TakeTurn:
    """Let one person act."""

    person: str


@dataclass(frozen=True)
class EndStep:
    """Close the step."""


@dataclass(frozen=True)
class EndRun:
    """Close the run."""


@dataclass(frozen=True)
class AnswerQuestion:
    """Let the person who is interviewed answer."""

    person: str


Act: TypeAlias = StartStep | TakeTurn | EndStep | EndRun | AnswerQuestion


@dataclass(frozen=True)
class Intent:
    """What a person wants to do; ``target`` is a name as the model wrote it, or empty."""

    kind: ActionKind
    content: str
    target: str = ""
