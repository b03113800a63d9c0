"""What the log hands out and takes in: plain frozen values, and the checksum every history row carries."""

import zlib
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol, TypeAlias

Kind: TypeAlias = Literal["main", "fork", "ask"]


def checksum(columns: tuple[Any, ...]) -> int:
    """Return the CRC-32 of ``columns`` as an ASCII literal, which tells 1 from "1" and NULL from "".

    It finds accidents in what the chain does not cover. Forgery is the chain's business.
    """
    return zlib.crc32(ascii(columns).encode())


def event_checksum(
    position: int,
    branch: int,
    seq: int,
    type: str,
    version: int,
    actor: str | None,
    step: int,
    time: str,
    cause: int | None,
    payload: str,
    hash: bytes,
    recorded_at: int,
) -> int:
    """Return an event's checksum: the payload's bytes apart, because quoting long text costs more than all else.

    Raises AttributeError for a payload that is no text, UnicodeEncodeError for text that is no UTF-8.
    """
    rest = (position, branch, seq, type, version, actor, step, time, cause, hash, recorded_at)
    return zlib.crc32(payload.encode(), zlib.crc32(ascii(rest).encode()))


@dataclass(frozen=True, slots=True)
class Simulation:
    """A named history; ``scenario`` is the hash of a blob."""

    id: int
    name: str
    scenario: str | None
    created_at: int


@dataclass(frozen=True, slots=True)
class Branch:
    """One life of a simulation: its parent's up to ``fork_seq``, its own from there on."""

    id: int
    simulation: str
    simulation_id: int
    name: str
    kind: Kind
    parent: int | None
    fork_seq: int
    draw: int
    created_at: int

    def __str__(self) -> str:
        return f"{self.simulation}/{self.name}"


class Segment(NamedTuple):
    """The part of a life that one branch holds; ``last_seq`` is None where it may still grow."""

    branch_id: int
    first_seq: int
    last_seq: int | None
    draw: int


class Head(NamedTuple):
    """The last event of a life: its seq and hash (0 and GENESIS where nothing has happened)."""

    seq: int
    hash: bytes


class Link(Protocol):
    """A message of a prompt that knows the one before it."""

    @property
    def hash(self) -> bytes: ...
    @property
    def parent(self) -> "Link | None": ...
    @property
    def role(self) -> str: ...
    @property
    def content(self) -> str: ...


class Call(NamedTuple):
    """What is to be asked, and what it may cost at most; ``money`` (in millionths) is None without a price."""

    request: str
    draw: int
    address: str
    branch_id: int
    tokens: int
    money: int | None = None


@dataclass(frozen=True, slots=True)
class Budget:
    """What a command may spend; None is no limit. Money is counted in millionths, so that sums are exact."""

    id: int
    label: str
    calls: int | None
    tokens: int | None
    money: int | None


class Spent(NamedTuple):
    """What a budget's calls have cost, those still open at their maximum."""

    calls: int
    tokens: int
    money: int


class Asking(NamedTuple):
    """A call with the prompt it sends, for ``Log.ask_many``; ``once``: it is never sent a second time."""

    call: Call
    prompt: Link
    parameters: str
    budget: Budget | None = None
    once: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. ``hash`` covers text, finish and refusal; token counts are None where unknown."""

    id: int
    hash: str
    request: str
    draw: int
    address: str
    origin: str
    text: str
    finish: str
    refusal: str | None
    model: str
    prompt_tokens: int | None
    completion_tokens: int | None
    cached_tokens: int | None
    response_id: str | None
    seconds: float
    received_at: int


@dataclass(frozen=True, slots=True)
class NewAnswer:
    """An answer to be recorded; ``money`` is what it really cost, where that is known."""

    request: str
    draw: int
    address: str
    text: str
    finish: str = "stop"
    refusal: str | None = None
    model: str = ""
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cached_tokens: int | None = None
    response_id: str | None = None
    seconds: float = 0.0
    money: int | None = None


class Asked(NamedTuple):
    """Who sends a call: ``yours`` (you, now), ``answered`` (nobody), ``pending`` (another: look again).

    ``lost`` is a call to be sent once only, which was sent and never answered: record what is to be said of it.
    """

    status: Literal["yours", "answered", "pending", "lost"]
    answer: Answer | None = None


class Nearest(NamedTuple):
    """The recorded request most like one that is missing."""

    address: str
    request: str
    prompt: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to append to a branch; a later epoch ends it."""

    branch_id: int
    owner: str
    epoch: int


class Mail(NamedTuple):
    """A command left for whoever runs the branch."""

    id: int
    payload: str


class Note(NamedTuple):
    """A line of the journal: what happened to the process, not to the simulated world."""

    id: int
    at: int
    branch_id: int | None
    kind: str
    payload: Any


class SavedSnapshot(NamedTuple):
    """A saved fold: the state after event ``seq``."""

    seq: int
    manifest: str


class Damage(NamedTuple):
    """One fault: the table, the row's key as people write it, and what is wrong."""

    table: str
    key: str
    what: str
