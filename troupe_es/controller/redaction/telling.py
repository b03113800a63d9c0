"""What is given instead of what was given: no words that are to go, no traits of people who are to go.

Ids are made from names, so they change with them, and with them what was drawn by them (``lots``). What names a
document or an image by its hash names the one without the words.
"""

import base64
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from troupe_es import canonical
from troupe_es import scenario as scenarios
from troupe_es.agent.faculties import documents
from troupe_es.controller.blobs import PLAIN
from troupe_es.controller.redaction import lots
from troupe_es.controller.redaction.people import BLANK
from troupe_es.controller.redaction.retelling import GONE
from troupe_es.controller.redaction.words import SHA, Words
from troupe_es.errors import BadReference, BadScenario, UsageError
from troupe_es.events import Stored, payload_of, read, types
from troupe_es.llm import images
from troupe_es.log import Branch, Log

TRAITS = {
    "person-added": ("persona",),
    "mind-given": ("mind",),
    "person-changed": ("before", "after"),
    "fragment-merged": ("changes", "conflicts"),
}
"""What tells of a person in an event that names them."""

PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b55"
    "0000000a49444154789c636800000082008177cd72b60000000049454e44ae426082"
)
"""The image that stands for one that is to go: one pixel, as image/png."""

PIXEL_URL = "data:image/png;base64," + base64.b64encode(PIXEL).decode()
PIXEL_HASH = hashlib.sha256(PIXEL).hexdigest()


class Telling:
    """One simulation without the words.

    ``people`` are the ids of those whose traits are to go, ``blobs`` the hashes of documents and images that go as a
    whole. ``contents`` are the documents and images that it has then: media type and bytes by hash.
    """

    def __init__(self, old: Log, branches: Iterable[Branch], words: Words, people: set[str], blobs: set[str]) -> None:
        self.old = old
        self.branches = list(branches)
        self.words = words
        self.people = people
        self.blobs = blobs
        self.gone: set[str] = set()
        self.sizes: dict[str, int] = {}
        self.drawn = lots.Drawn()
        self.contents: dict[str, tuple[str, bytes]] = {}
        names = self._names()
        self.ids = self._ids(names)
        words.also(self.ids)
        self._blobs()

    # ids

    def _names(self) -> dict[tuple[str, str], str]:
        """Return the name that every person and world came with, by kind and id."""
        found: dict[tuple[str, str], str] = {}
        for branch in self.branches:
            events = list(self.old.events(branch, branch.fork_seq + 1))
            self.drawn.see(events, branch.draw)
            for event in events:
                match event.body:
                    case types.PersonAdded() as body:
                        found["person", body.person] = body.name
                        self.gone |= {body.name} if body.person in self.people else set()
                    case types.WorldAdded() as body:
                        found["world", body.world] = body.name
        return found

    def _ids(self, names: Mapping[tuple[str, str], str]) -> dict[str, str]:
        """Return the new ids of those whose ids change. Raises UsageError where two would have the same."""
        found: dict[str, str] = {}
        taken: dict[tuple[str, str], str] = {}
        called: dict[tuple[str, str], str] = {}
        for (kind, id), name in names.items():
            new_name = self.words.text(name)
            made = new_name != name and id == canonical.slug(name)
            new = canonical.slug(new_name) if made else self.words.name(id)
            if (other := taken.setdefault((kind, new), id)) != id:
                raise UsageError(
                    f"the {kind}s {other!r} and {id!r} would both be {new!r}: choose another replacement"
                )
            other = called.setdefault((kind, new_name.casefold()), name)
            if other != name:
                raise UsageError(
                    f"{other!r} and {name!r} would both be called {new_name!r}: choose another replacement"
                )
            if new != id:
                found[id] = new
        return found

    # documents and images

    def _blobs(self) -> None:
        """Take in every document and image that was given, without the words."""
        for branch in self.branches:
            for row in self.old.rows(branch, branch.fork_seq + 1):
                if row.type in ("faculty-given", "stimulus-given"):
                    for hash in _hashes(json.loads(row.payload)):
                        self._blob(hash, row, branch)

    def _blob(self, hash: str, row: Stored, branch: Branch) -> None:
        try:
            content = self.old.read_blob(hash)
        except BadReference:
            return  # it names something else by a hash
        if row.type == "faculty-given":
            text = GONE if hash in self.blobs else self.words.text(content.decode())
            kept, media = text.encode(), PLAIN
            self.sizes[hash] = len(text)
        else:
            kept = PIXEL if hash in self.blobs else content
            media = images.media_of(kept)
        new = hashlib.sha256(kept).hexdigest()
        if new != hash:
            self.words.blobs[hash] = new
        self.contents[new] = (media, kept)

    # what is given instead

    def tell(self, row: Stored) -> Stored:
        """Return what is given instead of ``row``; its place and hash are still the old ones."""
        before = json.loads(row.payload)
        payload = self.words.value(before)
        if before.get("person") in self.people and row.type in TRAITS:
            payload = _blanked(row.type, payload)
        if row.type == "faculty-given" and payload["faculty"] == documents.NAME:
            payload["options"] = self._sized(before["options"], payload["options"])
        if row.type == "stimulus-given" and (payload.get("image") or {}).get("sha256") == PIXEL_HASH:
            payload["image"]["media"] = "image/png"
        actor = None if row.actor is None else self.words.text(row.actor)
        told = row._replace(actor=actor, payload=canonical.dumps(payload))
        return self._begun(row, told) if row.seq == 1 else told

    def _sized(self, before: dict[str, Any], options: dict[str, Any]) -> dict[str, Any]:
        """Return the options of documents with the lengths they have now."""
        pairs = zip(before.get("documents", []), options.get("documents", []), strict=True)
        changed = [
            {**new, "characters": self.sizes[old["sha256"]]} if old["sha256"] != new["sha256"] else new
            for old, new in pairs
        ]
        return {**options, "documents": changed}

    def _begun(self, row: Stored, told: Stored) -> Stored:
        """Return the first event, which keeps the places of those whose ids change."""
        created = read(row).body
        ids = {id: new for id, new in self.ids.items() if id in self.drawn.people}
        if not ids or not isinstance(created, types.SimulationCreated):
            return told
        body = read(told).body
        assert isinstance(body, types.SimulationCreated)
        places, ranks = lots.kept(created, self.drawn, ids)
        said = {name: getattr(body, name) for name in ("source", "seed", "start", "settings")}
        redacted = types.SimulationRedacted(**said, lots=places, ranks=ranks)
        return told._replace(type=redacted.type, version=redacted.version, payload=payload_of(redacted))

    def scenario(self, text: bytes, name: str) -> bytes:
        """Return the scenario of what is now called ``name``. Raises UsageError where it is none any more."""
        before = json.loads(text)
        content = {**self.words.value(self._without_blobs(before)), "name": name}
        gone = {self.words.text(known) for known in self.gone}
        for person in content.get("people", []):
            persona = person.get("persona") if isinstance(person, dict) else None
            if isinstance(persona, dict) and persona.get("name") in gone:
                person["persona"] = _without_traits(persona)
        if content == before:
            return text
        try:
            return scenarios.dumps(scenarios.model_of(content, "the scenario without the words")).encode()
        except BadScenario as error:
            raise UsageError(f"{error}. Nothing was written: choose other replacements") from error

    def _without_blobs(self, value: Any) -> Any:
        """Return plain JSON without the texts and images that go as a whole, which a scenario brings along."""
        if isinstance(value, list):
            return [self._without_blobs(each) for each in value]
        if isinstance(value, dict):
            return {key: self._without_blobs(each) for key, each in value.items()}
        if not self.blobs or not isinstance(value, str):
            return value
        if value.startswith("data:image/"):
            return PIXEL_URL if images.hash_of(images.read_url(value)) in self.blobs else value
        return GONE if documents.hash_of(value) in self.blobs else value


def _hashes(value: Any) -> Iterator[str]:
    """Yield every hash that stands in plain JSON."""
    if isinstance(value, str):
        if SHA.fullmatch(value):
            yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _hashes(each)


def _blanked(type: str, payload: dict[str, Any]) -> dict[str, Any]:
    """Return what an event says without what it tells of a person, but for the name."""
    if payload.get("path") == "name":
        return payload
    changed = {name: blank(payload[name]) for name in TRAITS[type]}
    if type == "person-added":
        changed = {"persona": _without_traits(payload["persona"])}
    if type == "fragment-merged":
        changed = {name: [_setting(each) for each in payload[name]] for name in TRAITS[type]}
    return {**payload, **changed}


def _setting(change: dict[str, Any]) -> dict[str, Any]:
    if change["path"] == "name":
        return change
    return {name: value if name == "path" else blank(value) for name, value in change.items()}


def _without_traits(persona: dict[str, Any]) -> dict[str, Any]:
    return {name: value if name == "name" else blank(value) for name, value in persona.items()}


def blank(value: Any) -> Any:
    """Return plain JSON of the same shape that says nothing: other words for texts, null for numbers."""
    if isinstance(value, str):
        return BLANK if value else value
    if isinstance(value, list):
        return [blank(each) for each in value]
    if isinstance(value, dict):
        return {key: blank(each) for key, each in value.items()}
    return value if isinstance(value, bool) else None
