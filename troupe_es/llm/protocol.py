"""What is asked of a model and what comes back; every model is anything with a name and ``complete``.

A prompt is a linked list: each message knows the one before it and has a hash over both, so a prompt that
extends the last one shares all of it, in memory, in the store and in the key. The key of a call is everything
that influences the answer (``Request.hash``), which independent sample is meant (``draw``), and where in the
simulated life it is asked (``address``).

Embeddings and calls of tools are requests like any other, of another ``kind``, and are answered, recorded and
replayed in the same way. A request without an address is shareable: it has one answer, wherever it is asked.
"""

import hashlib
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, Protocol, TypeAlias, TypeVar, runtime_checkable

from troupe_es import canonical

Role: TypeAlias = Literal["system", "user", "assistant", "image"]
Kind: TypeAlias = Literal["chat", "embedding", "tool"]
Blobs: TypeAlias = Callable[[str], tuple[str, bytes]]
"""From the SHA-256 (hex) of something stored to its media type and bytes."""

FRAME = 16
"""Bytes that stand for the frame of a message: no frame takes more tokens."""

Finish: TypeAlias = Literal["stop", "length", "filter", "refusal"]
T = TypeVar("T")


class Message:
    """One message of a prompt, linked to the one before it. Compare by ``hash``.

    The content of an ``image`` is canonical JSON that names its bytes: ``{"media": …, "sha256": …}``; ``images``
    counts them, in the whole prompt, and ``size`` the bytes of it. ``sent`` is what a client made of it to send.
    """

    __slots__ = ("content", "hash", "images", "parent", "role", "sent", "size")

    def __init__(self, role: Role, content: str, parent: "Message | None" = None) -> None:
        self.role: Role = role
        self.content = canonical.clean(content)[0]
        self.parent = parent
        self.images: int = (parent.images if parent else 0) + (role == "image")
        self.sent: str | None = None
        written = self.content.encode()
        self.size: int = (parent.size if parent else 0) + len(written) + FRAME
        self.hash: bytes = canonical.digest(
            "troupe/message/1", parent.hash if parent else b"", role.encode(), written
        )

    def chain(self) -> list["Message"]:
        """Return the whole prompt, first message first."""
        found = []
        message: Message | None = self
        while message is not None:
            found.append(message)
            message = message.parent
        return found[::-1]


class Schema:
    """A named JSON Schema that an answer should fit; ``hash`` is the SHA-256 (hex) of ``text``, of ``size`` bytes."""

    __slots__ = ("body", "hash", "name", "size", "text")

    def __init__(self, name: str, body: dict[str, Any]) -> None:
        self.name = name
        self.body = body
        self.text = canonical.dumps({"name": name, "schema": body})
        written = self.text.encode()
        self.size = len(written)
        self.hash = hashlib.sha256(written).hexdigest()


@dataclass(frozen=True)
class Request:
    """One thing to ask a model.

    ``address`` is logical (``step/person/purpose/n/index``), never the order of asking; with an empty one the
    answer is shared by all who ask the same. Providers that can are held to ``schema``. ``blobs`` reads the bytes
    of images; whoever answers is handed it, and it is no part of what is asked. Neither is ``named``: the request and
    answer (hashes) that an earlier event names for this, so that nobody is asked again.
    """

    prompt: Message
    model: str
    address: str
    max_tokens: int = 1024
    temperature: float | None = None
    schema: Schema | None = None
    kind: Kind = "chat"
    blobs: Blobs | None = field(default=None, compare=False, repr=False)
    named: tuple[str, str] | None = field(default=None, compare=False, repr=False)

    @property
    def key(self) -> str:
        """What a decision finds the answer by: the address or, of a shareable request, its hash."""
        return self.address or self.hash

    @property
    def shareable(self) -> bool:
        """Whether one answer serves everybody who asks the same, wherever and in whichever draw."""
        return not self.address

    @property
    def purpose(self) -> str:
        """What the call is for: ``turn``, ``ask``, …; of a shareable one, its kind."""
        return self.kind if self.shareable else self.address.split("/")[2]

    @property
    def person(self) -> str:
        """Id of the person the call is made for, or ``-``."""
        return "-" if self.shareable else self.address.split("/")[1]

    @cached_property
    def parameters(self) -> str:
        """Canonical JSON of everything that influences the answer beside the prompt."""
        said: dict[str, Any] = {
            "model": self.model,
            "max_tokens": self.max_tokens,
            "temperature": self.temperature,
            "schema": self.schema.hash if self.schema else None,
        }
        return canonical.dumps(said if self.kind == "chat" else {**said, "kind": self.kind})

    @cached_property
    def hash(self) -> str:
        """SHA-256 (hex) of everything that influences the answer; the address and the draw are not in it."""
        return canonical.digest("troupe/request/1", self.prompt.hash, self.parameters.encode()).hex()


@dataclass(frozen=True)
class Response:
    """What came back. Only ``text``, ``finish`` and ``refusal`` are the answer; the rest is bookkeeping."""

    text: str
    finish: Finish = "stop"
    refusal: str | None = None
    model: str = ""
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cached_tokens: int | None = None
    response_id: str | None = None
    seconds: float = 0.0

    @cached_property
    def hash(self) -> str:
        """SHA-256 (hex) of the answer itself, the same whenever the same comes back."""
        return canonical.digest_json("troupe/answer/1", [self.text, self.finish, self.refusal])


@dataclass(frozen=True)
class All:
    """A fan-out: these requests at once; the answers come back in the order given."""

    requests: Sequence[Request]


Effect: TypeAlias = Generator["Request | All", Any, T]
"""A decision: yields requests (is sent a Response) or fan-outs (is sent a list of them), and returns a T."""


@runtime_checkable
class Model(Protocol):
    """Anything that answers requests."""

    @property
    def name(self) -> str:
        """The name that is chained in the log."""
        ...

    async def complete(self, request: Request, draw: int) -> Response:
        """Answer ``request``. ``draw`` numbers independent samples of the same request.

        Raises ModelUnreachable when transport failed for good, ModelRefused when asking again cannot help.
        """
        ...
