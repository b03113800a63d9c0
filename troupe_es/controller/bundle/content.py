"""What a bundle holds, whether it was read from files or from a store, and what follows from it.

Everything that can be worked out from the events (editions, heads, digests, costs, who answered) is worked out here
and nowhere else: what export writes is what import expects.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

from troupe_es import canonical
from troupe_es.agent.faculties.documents import NAME as DOCUMENTS
from troupe_es.agent.faculties.documents import read as read_documents
from troupe_es.errors import BadBundle, BadCommand
from troupe_es.events import GENESIS, Stored, read, types
from troupe_es.llm import Finish, Message, images
from troupe_es.log import Kind
from troupe_es.projections import digest

Key: TypeAlias = tuple[str, int, str, str]
"""Request, draw, address, answer: what names one recorded answer."""

TOKENS = ("prompt_tokens", "completion_tokens", "cached_tokens")

NOTES = {
    "scripted:": "answered from a script written in advance; no model was asked",
    "improviser": "made up by rules and dice; no language model was asked",
}


class Twig(NamedTuple):
    """A branch; ``fork`` is the last event it shares with ``parent``."""

    name: str
    kind: Kind
    parent: str | None
    fork: int
    draw: int


class Reply(NamedTuple):
    """A recorded answer with what was asked: ``message`` is the hash of the prompt's last message."""

    message: bytes
    parameters: str
    model: str
    text: str
    finish: Finish
    refusal: str | None
    prompt_tokens: int | None
    completion_tokens: int | None
    cached_tokens: int | None
    seconds: float


class Called(NamedTuple):
    """A recorded answer that an event names, and where."""

    key: Key
    model: str
    branch: str
    seq: int


@dataclass
class Content:
    """A simulation: branches, parents first; each branch's own events; what was asked and answered, and with what.

    ``provenance`` is that of models by name, as told by ``lines.Provenance``; use ``know`` to add to it.
    """

    simulation: str
    scenario: bytes | None = None
    twigs: dict[str, Twig] = field(default_factory=dict)
    events: dict[str, list[Stored]] = field(default_factory=dict)
    messages: dict[bytes, Message] = field(default_factory=dict)
    replies: dict[Key, Reply] = field(default_factory=dict)
    blobs: dict[str, bytes] = field(default_factory=dict)
    provenance: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def lineage(self, branch: str, last: int | None = None) -> list[tuple[str, int | None]]:
        """Return the branches that hold a life, oldest first, each with the last event of it that counts."""
        found = []
        name: str | None = branch
        while name is not None:
            twig = self.twigs[name]
            found.append((name, last))
            last = twig.fork if last is None else min(twig.fork, last)
            name = twig.parent
        return found[::-1]

    def life(self, branch: str, last: int | None = None) -> list[Stored]:
        """Return the events of a branch from the first one on, those it shares included."""
        return [row for name, end in self.lineage(branch, last) for row in self._own(name, end)]

    def _own(self, branch: str, last: int | None) -> list[Stored]:
        own = self.events[branch]
        return own if last is None else own[: max(0, last - self.twigs[branch].fork)]

    def head(self, branch: str, last: int | None = None) -> tuple[int, bytes]:
        """Return the seq and hash of the last event of a life."""
        for name, end in reversed(self.lineage(branch, last)):
            if own := self._own(name, end):
                return own[-1].seq, own[-1].hash
        return 0, GENESIS

    def calls(self, branch: str) -> Iterator[Called]:
        """Yield the answers that a branch's own events name."""
        draw = self.twigs[branch].draw
        for row in self.events[branch]:
            if row.type == "model-answered":
                body = read(row).body
                assert isinstance(body, types.ModelAnswered)
                own = draw if body.address else 0  # what is shared is asked in draw 0
                yield Called((body.request, own, body.address, body.answer), body.model, branch, row.seq)
            elif row.type == "memories-embedded":
                named = read(row).body
                assert isinstance(named, types.MemoriesEmbedded)
                for each in named.of:
                    yield Called((each.request, 0, "", each.answer), named.model, branch, row.seq)

    def know(self, model: str, told: dict[str, Any]) -> None:
        """Add what ``model`` answered with; each is kept once, in the same order whatever order they come in."""
        known = {canonical.dumps(each): each for each in (*self.provenance.get(model, []), told)}
        self.provenance[model] = [known[text] for text in sorted(known)]

    def reply(self, called: Called) -> Reply:
        """Return a recorded answer. Raises BadBundle naming the event if it is not there."""
        reply = self.replies.get(called.key)
        if reply is None:
            raise BadBundle(
                f"event {called.seq} of {called.branch} names answer {called.key[3][:12]} at {called.key[2]}, "
                "and there is no such answer in the bundle"
            )
        return reply


def editions(content: Content, branch: str) -> list[int]:
    """Return the editions that decided a branch's own events."""
    bodies = [read(row).body for row in content.events[branch] if row.type in ("run-requested", "question-asked")]
    return sorted({body.edition for body in bodies if isinstance(body, types.RunRequested | types.QuestionAsked)})


def answered_by(content: Content) -> list[dict[str, Any]]:
    """Return who answered how often: with a note where it was no language model, a local one with its provenance."""
    counts: dict[str, int] = {}
    for branch in content.twigs:
        for called in content.calls(branch):
            counts[called.model] = counts.get(called.model, 0) + 1
    return [
        {"model": name, "answers": counts[name], **_note(name), **_provenance(content, name)}
        for name in sorted(counts)
    ]


def _provenance(content: Content, model: str) -> dict[str, Any]:
    return {"provenance": content.provenance[model]} if model in content.provenance else {}


def _note(model: str) -> dict[str, str]:
    return next(({"note": note} for prefix, note in NOTES.items() if model.startswith(prefix)), {})


def expected(content: Content, branch: str) -> dict[str, Any]:
    """Return what a branch's life must come to wherever it is imported."""
    life = [read(row) for row in content.life(branch)]
    return {
        "events": len(life),
        "steps": max((event.step for event in life), default=0),
        "head": content.head(branch)[1].hex(),
        "digest.v1": digest.v1(life),
        "costs": _costs(content, branch),
    }


def _costs(content: Content, branch: str) -> dict[str, int]:
    """Return what a life took; tokens nobody counted are not in it."""
    costs = dict.fromkeys(("calls", *TOKENS), 0)
    for name, last in content.lineage(branch):
        for called in content.calls(name):
            if last is None or called.seq <= last:
                reply = content.reply(called)
                costs["calls"] += 1
                for count in TOKENS:
                    costs[count] += getattr(reply, count) or 0
    return costs


def pictures(content: Content) -> dict[str, str]:
    """Return the images that events and prompts show: media type by hash."""
    found: dict[str, str] = {}
    for rows in content.events.values():
        for row in rows:
            if row.type == "stimulus-given":
                body = read(row).body
                assert isinstance(body, types.StimulusGiven)
                if body.image is not None:
                    found[body.image.sha256] = body.image.media
    found.update(images.shown(message) for message in content.messages.values() if message.role == "image")
    return found


def documents(content: Content) -> set[str]:
    """Return the hashes of the texts of all documents that people can consult."""
    found: set[str] = set()
    for rows in content.events.values():
        for row in rows:
            if row.type == "faculty-given":
                body = read(row).body
                if isinstance(body, types.FacultyGiven) and body.faculty == DOCUMENTS:
                    found |= _texts(body.options)
    return found


def _texts(options: dict[str, Any]) -> set[str]:
    try:
        return {each.sha256 for each in read_documents(options) if each.sha256 is not None}
    except BadCommand as error:
        raise BadBundle(f"log.jsonl: {error}") from None


def schemas(content: Content) -> set[str]:
    """Return the hashes of the schemas that answers were to fit."""
    named = {reply.parameters for reply in content.replies.values()}
    return {schema for parameters in named if (schema := json.loads(parameters).get("schema"))}
