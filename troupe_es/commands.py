"""What can be asked of a simulation from outside, in the imperative; frozen, without behaviour. Each becomes one
given event, or is refused."""

from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from troupe_es.events.types import (
    Access,
    Condition,
    Effect,
    Mind,
    Picture,
    Sampled,
    Settings,
    Sought,
    StimulusKind,
    SurveyQuestion,
)

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
    """Add a place; its id is made from the name.

    With ``access="network"`` people there can speak only to those they are related to.
    """

    name: str
    description: str = ""
    access: Access = "open"


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
class Move:
    """Put a person into another world."""

    person: str
    world: str


@dataclass(frozen=True)
class Edge:
    """One relation between two people; ``directed``: only ``a`` reaches ``b``. ``weight`` says how close they are."""

    a: str
    b: str
    name: str = ""
    weight: float = 1.0
    directed: bool = False


@dataclass(frozen=True)
class Relate:
    """Let people know each other; a relation of the same name between the same two gets the new weight."""

    edges: tuple[Edge, ...]


@dataclass(frozen=True)
class Unrelate:
    """End the relation called ``name`` between two people (None: all they have), or only from ``a`` to ``b``."""

    a: str
    b: str
    name: str | None = None
    directed: bool = False


@dataclass(frozen=True)
class Skip:
    """Let so many simulated seconds pass, in which nobody does anything."""

    seconds: int


@dataclass(frozen=True)
class Change:
    """Set one value by path: ``settings.model``, ``people.lisa-carter.age``.

    With ``merge`` a trait's value is merged into the one that is there; without ``overwrite`` nothing is replaced
    that says something else.
    """

    path: str
    value: Any
    merge: bool = False
    overwrite: bool = True


@dataclass(frozen=True)
class AddFragment:
    """Merge a fragment's traits into somebody's persona.

    ``prefer`` says whose value counts where both say something else; None: then it is refused.
    """

    person: str
    name: str
    traits: dict[str, Any]
    prefer: Literal["persona", "fragment"] | None = None


@dataclass(frozen=True)
class SetMind:
    """Set somebody's state of mind."""

    person: str
    mind: Mind


@dataclass(frozen=True)
class Stimulate:
    """Let people perceive something: everyone in ``world`` (the only one, if none is named), or only ``to``.

    ``image`` is a data URL, whose bytes are stored when the command is carried out, or a picture that is stored.
    """

    content: str
    kind: StimulusKind = "CONVERSATION"
    world: str | None = None
    to: tuple[str, ...] = ()
    speaker: str = ""
    image: Picture | str | None = None


@dataclass(frozen=True)
class Equip:
    """Give people a faculty; nobody named: everybody, those who come later too."""

    faculty: str
    to: tuple[str, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Unequip:
    """Take a faculty from people; nobody named: from everybody."""

    faculty: str
    to: tuple[str, ...] = ()


@dataclass(frozen=True)
class Enable:
    """Use code of the user's own from now on; given by itself before the first command that names it."""

    kind: Literal["condition", "effect", "schedule", "rule"]
    name: str


@dataclass(frozen=True)
class Run:
    """Live on for so many steps of so many simulated seconds; ``only`` those named act, or everybody."""

    steps: int
    seconds: int = 60
    only: tuple[str, ...] = ()


@dataclass(frozen=True)
class Ask:
    """Interview one person."""

    person: str
    question: str


@dataclass(frozen=True)
class AskMinibio:
    """Ask for a short biography of one person."""

    person: str


@dataclass(frozen=True)
class Intervene:
    """Let ``effects`` happen between two steps whenever ``when`` holds.

    ``each`` are people it stands for one by one, or ``everyone``; None: it stands for itself. ``once`` is at most
    once (for each of them); else at most every ``every`` steps. ``last`` memories are shown to a model that judges.
    """

    name: str
    when: Condition
    effects: tuple[Effect, ...]
    each: tuple[str, ...] | Literal["everyone"] | None = None
    once: bool = True
    every: int = 1
    last: int = 40


@dataclass(frozen=True)
class CallOff:
    """Let an intervention happen no more."""

    name: str


@dataclass(frozen=True)
class PutClaims:
    """Have claims judged by what the people they are ``about`` remember last; nobody named: all in ``world``.

    Aside, nothing is judged unless what is ``given`` holds, and ``twice`` has their denials judged as well: each in a
    call of its own.
    """

    claims: tuple[str, ...]
    about: tuple[str, ...] = ()
    world: str | None = None
    last: int = 40
    given: tuple[str, ...] = ()
    twice: bool = False


@dataclass(frozen=True)
class Tell:
    """Have a story told, in ``world`` or for all: one that sets the scene, or ``continues`` what happened.

    People hear it, unless it is told ``aside``, in a side branch.
    """

    requirements: str = ""
    continues: bool = False
    world: str | None = None
    aside: bool = False
    last: int = 100


@dataclass(frozen=True)
class Populate:
    """Have people made: of each the traits that are settled, by path; a model makes up the rest of them.

    ``sampled`` is what these traits were to come out as, ``particulars`` what everybody is to be like, in words.
    """

    people: tuple[dict[str, Any], ...]
    title: str = ""
    about: str = ""
    particulars: tuple[str, ...] = ()
    world: str | None = None
    seed: int = 0
    sampled: tuple[Sampled, ...] = ()


@dataclass(frozen=True)
class Extract:
    """Have values found in the lives of the people it is ``about``; nobody named: of all in ``world``.

    At most about ``limit`` tokens of history are shown at once; a longer one is gone through in parts.
    """

    objective: str
    fields: tuple[Sought, ...]
    about: tuple[str, ...] = ()
    world: str | None = None
    limit: int = 24_000


@dataclass(frozen=True)
class GiveSurvey:
    """Ask people the same questions, each by themselves; nobody named: everybody."""

    questions: tuple[SurveyQuestion, ...]
    people: tuple[str, ...] = ()
    title: str = ""
    introduction: str = ""
    seed: int = 0


@dataclass(frozen=True)
class Label:
    """Have texts sorted under at most so many labels; ``about`` says what the texts are."""

    texts: tuple[str, ...]
    most: int
    about: str = ""


@dataclass(frozen=True)
class Rewrite:
    """Have a text written anew as ``requirements`` and ``style`` say, or, where there are none, in other words.

    What is added agrees with the texts of ``context``.
    """

    text: str
    requirements: str = ""
    style: str = ""
    context: tuple[str, ...] = ()


@dataclass(frozen=True)
class Seal:
    """Write down the hash of a prediction; ``format`` says how its bytes are made."""

    sha256: str
    format: str
    questions: tuple[str, ...]


@dataclass(frozen=True)
class LoadTruth:
    """Note that real answers were read: the hash of the file, the columns that were read, and its rows."""

    sha256: str
    columns: tuple[str, ...]
    n: int


@dataclass(frozen=True)
class StopRun:
    """End the run that is under way; only ever an effect."""


@dataclass(frozen=True)
class CallEffect:
    """Let code of the user's own say what happens; only ever an effect."""

    name: str
    options: dict[str, Any] = field(default_factory=dict)


Command: TypeAlias = (
    Create
    | AddWorld
    | AddPerson
    | RemovePerson
    | Move
    | Relate
    | Unrelate
    | Skip
    | Change
    | AddFragment
    | SetMind
    | Stimulate
    | Equip
    | Unequip
    | Enable
    | Run
    | Ask
    | AskMinibio
    | Intervene
    | CallOff
    | PutClaims
    | Tell
    | Populate
    | Extract
    | GiveSurvey
    | Label
    | Rewrite
    | Seal
    | LoadTruth
)

Aside: TypeAlias = PutClaims | Extract | GiveSurvey
"""What a script asks in side branches: it is no part of the life."""

EffectCommand: TypeAlias = (
    Stimulate | Change | Equip | Unequip | AddPerson | RemovePerson | Move | StopRun | CallEffect
)
"""What an intervention can make happen."""
