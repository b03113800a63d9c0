"""The shape of each file of a bundle: strict, so that a wrong type or an unknown key is named, never guessed at."""

import json
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Annotated, Any, Literal, TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from troupe_es import canonical
from troupe_es.errors import BadBundle
from troupe_es.llm.protocol import Role

FORMAT = 2
"""Formats are frozen: whoever changes what a file holds raises this and goes on reading and checking the ones before
as they were. Format 2 can say what a local model's answers were made with, and hold images; a bundle that does
neither is in 1."""
MOST_LINE = 64_000_000
"""Bytes in one line."""

Name: TypeAlias = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]*\z", max_length=100)]
Word: TypeAlias = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]*\z", max_length=100)]
Plain: TypeAlias = Annotated[str, Field(pattern=r"^[^|]*\z")]
Actor: TypeAlias = Annotated[str, Field(pattern=r"^([^|-][^|]*|-[^|]+)\z")]
Hash: TypeAlias = Annotated[str, Field(pattern=r"^[0-9a-f]{64}\z")]
Count: TypeAlias = Annotated[int, Field(ge=0, lt=2**63)]


class Line(BaseModel):
    """Anything in a bundle."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class BranchEntry(Line):
    """A branch in the manifest."""

    name: Name
    kind: Literal["main", "fork", "ask"]
    parent: Name | None
    fork: Count
    draw: Count
    editions: list[Count]


class Provenance(Line):
    """What a local model answered with: the SHA-256 of its weights, the engine and its version, and its settings.

    ``settings`` hold what the engine uses where a request says nothing; what was asked is in ``answers.jsonl``.
    """

    weights: Hash
    engine: str
    settings: dict[str, int | float | str]


class Answerer(Line):
    """A model that answered, in the manifest; its provenance where it is known, more than once where it changed."""

    model: str
    answers: Count
    note: str | None = None
    provenance: list[Provenance] | None = None


class Manifest(Line):
    """``manifest.json``."""

    format: Literal[1, 2]
    simulation: Name
    branches: list[BranchEntry]
    answered_by: list[Answerer]


class EventLine(Line):
    """A line of ``log.jsonl``: the stored columns as they are, the payload as the text it was hashed as."""

    branch: Name
    seq: Count
    type: Word
    version: Count
    actor: Actor | None
    step: Count
    time: Plain
    cause: Count | None
    payload: str
    hash: Hash


class MessageLine(Line):
    """A line of ``messages.jsonl``."""

    hash: Hash
    parent: Hash | None
    role: Role
    content: str


class Usage(Line):
    """Counted tokens."""

    prompt_tokens: Count | None
    completion_tokens: Count | None
    cached_tokens: Count | None


class AnswerLine(Line):
    """A line of ``answers.jsonl``."""

    request: Hash
    draw: Count
    address: str
    answer: Hash
    message: Hash
    parameters: str
    model: str
    text: str
    finish: Literal["stop", "length", "filter", "refusal"]
    refusal: str | None
    usage: Usage
    seconds: Annotated[float, Field(ge=0)]


class Expected(Line):
    """``expected.json``; what stands under ``branches`` is compared with what the events come to."""

    branches: dict[Name, JsonValue]
    files: dict[str, Hash]


class Differences(Line):
    """``differences.json``: where re-execution by an edition is known to decide otherwise than is recorded."""

    edition: Count
    branches: dict[Name, list[Count]]


L = TypeVar("L", bound=Line)


def parse(shape: type[L], content: bytes, where: str) -> L:
    """Return ``content`` as ``shape``. Raises BadBundle naming the place and the field."""
    try:
        return shape.model_validate_json(content)
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        path = ".".join(map(str, fault["loc"]))
        raise BadBundle(f"{where}: {path}{': ' if path else ''}{fault['msg']}") from None


def each(shape: type[L], pieces: Iterable[bytes], file: str) -> Iterator[tuple[str, L]]:
    """Yield the lines of a file that comes in pieces, with their places; what follows the last one's end is left."""
    for number, (line, _) in enumerate(pairwise(split(pieces, file)), 1):
        where = f"{file} line {number}"
        yield where, parse(shape, line, where)


def split(pieces: Iterable[bytes], file: str) -> Iterator[bytes]:
    """Yield what stands between line ends, holding one line at most. Raises BadBundle for one that is too long."""
    number, line = 1, bytearray()
    for piece in pieces:
        begun, *more = piece.split(b"\n")
        line += begun
        for next_ in [*more, None]:
            if len(line) > MOST_LINE:
                raise BadBundle(
                    f"{file} line {number}: is {len(line) / 1e6:.0f} MB or more; the most is {MOST_LINE / 1e6:.0f} MB"
                )
            if next_ is not None:
                yield bytes(line)
                number, line = number + 1, bytearray(next_)
    yield bytes(line)


def join(lines: Iterator[Line]) -> bytes:
    """Return lines as the bytes of a file."""
    return "".join(canonical.dumps(line.model_dump()) + "\n" for line in lines).encode()


def pretty(value: Any) -> bytes:
    """Return JSON for people to read, always the same for the same value."""
    return json.dumps(value, sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False).encode() + b"\n"
