"""What the engine lets run next, in the imperative; frozen, without behaviour.

An ``Intent`` is what an act wants to happen and a ``Newcomer`` who is to come of it; the world settles what does.
"""

from dataclasses import dataclass
from typing import Any, TypeAlias


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


@dataclass(frozen=True)
class Consolidate:
    """Let one person make memories of an episode that is over."""

    person: str


@dataclass(frozen=True)
class Reflect:
    """Let one person think about what they remember."""

    person: str


@dataclass(frozen=True)
class FireIntervention:
    """Let an intervention happen whose condition holds; ``person`` is its target."""

    name: str
    person: str | None


@dataclass(frozen=True)
class CheckIntervention:
    """Ask a model whether the condition of an intervention holds; ``person`` is its target."""

    name: str
    person: str | None


@dataclass(frozen=True)
class MakePerson:
    """Have one of the people made who are planned; as yet they are nobody."""

    number: int
    person: None = None


@dataclass(frozen=True)
class TakeSurvey:
    """Let one person answer the questions of a survey."""

    person: str


@dataclass(frozen=True)
class TakeEffect:
    """Let the next effect of what has fired happen."""


Plain: TypeAlias = StartStep | EndStep | EndRun | FireIntervention | TakeEffect
"""Acts in which nobody is asked anything."""

Asking: TypeAlias = TakeTurn | AnswerQuestion | Consolidate | Reflect | CheckIntervention | MakePerson | TakeSurvey
"""Acts that may ask a model."""

Act: TypeAlias = Plain | Asking


@dataclass(frozen=True)
class Intent:
    """What a person wants to do: one of the actions everybody has, or one that a faculty gives them.

    ``target`` is a name as the model wrote it, or empty.
    """

    kind: str
    content: str
    target: str = ""


@dataclass(frozen=True)
class Newcomer:
    """Somebody who was made up; of the ``names`` they could have, the world gives them one that nobody has."""

    number: int
    names: tuple[str, ...]
    persona: dict[str, Any]
