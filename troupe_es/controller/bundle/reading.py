"""Reads the files of a bundle and trusts none of them.

Each line must have its shape, each hash must fit, each event must follow the one before it and must be one that a
state can live through. Last, what was understood is written again and must be the very bytes that were read: so a
key that stands twice, a line out of place, an answer nobody named, a head, digest or cost that is not what the
events come to, all are found by one comparison.
"""

import copy
import hashlib
import json
from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

from troupe_es import canonical
from troupe_es import scenario as scenarios
from troupe_es.controller.bundle import archive, lines, writing
from troupe_es.controller.bundle.content import Content, Key, Reply, Twig, documents, pictures
from troupe_es.errors import BadBundle, BadScenario, StoreTooNew, UsageError
from troupe_es.events import Stored, chain, read
from troupe_es.llm import Message, Response, images
from troupe_es.projections import State, apply

NEEDED = ("manifest.json", "log.jsonl", "messages.jsonl", "answers.jsonl", "expected.json")
MAIN = Twig("main", "main", None, 0, 0)


def content_of(files: archive.Files) -> Content:
    """Return what ``files`` hold, each read line by line. Raises BadBundle naming the first that is wrong."""
    for name in NEEDED:
        if name not in files:
            raise BadBundle(f"{name} is missing")
    manifest = _manifest(files["manifest.json"])
    content = Content(manifest.simulation, _scenario(files), blobs=_blobs(files))
    _branches(content, manifest)
    for answerer in manifest.answered_by:
        for told in answerer.provenance or ():
            content.know(answerer.model, told.model_dump())
    _messages(content, files.pieces("messages.jsonl"))
    _answers(content, files.pieces("answers.jsonl"))
    _events(content, files.pieces("log.jsonl"))
    _pictures(content)
    _documents(content)
    _live(content)
    _unchanged(files)
    _compare(files, writing.files(content))
    return content


def _manifest(text: bytes) -> lines.Manifest:
    try:
        found: Any = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadBundle(f"manifest.json: is no JSON: {error}") from None
    number = found.get("format") if isinstance(found, dict) else None
    if isinstance(number, int) and number > lines.FORMAT:
        raise BadBundle(
            f"manifest.json: is format {number}, and this program reads up to {lines.FORMAT}: please update troupe-es"
        )
    return lines.parse(lines.Manifest, text, "manifest.json")


def _scenario(files: archive.Files) -> bytes | None:
    text = files.get("scenario.json")
    if text is None:
        return None
    try:
        scenario = scenarios.model_of(_canonical_object(text.decode(), "scenario.json"), "scenario.json")
    except (BadScenario, UnicodeDecodeError) as error:
        raise BadBundle(f"scenario.json cannot be used: {error}") from None
    if not scenario.self_contained:
        raise BadBundle("scenario.json names files, and a bundle may name none")
    return text


def _blobs(files: archive.Files) -> dict[str, bytes]:
    blobs = {name.removeprefix("blobs/"): files[name] for name in files if name.startswith("blobs/")}
    for hash, found in blobs.items():
        if hashlib.sha256(found).hexdigest() != hash:
            raise BadBundle(f"blobs/{hash}: its content has another hash")
    return blobs


def _branches(content: Content, manifest: lines.Manifest) -> None:
    for number, entry in enumerate(manifest.branches):
        where = f"manifest.json: branches.{number}"
        twig = Twig(entry.name, entry.kind, entry.parent, entry.fork, entry.draw)
        if twig.name in content.twigs:
            raise BadBundle(f"{where}: there are two branches {twig.name!r}")
        if (number == 0) != (twig == MAIN) or (number and twig.kind == "main"):
            raise BadBundle(f"{where}: the first branch, and no other, is 'main', without a parent, in draw 0")
        if number and twig.parent not in content.twigs:
            raise BadBundle(f"{where}: its parent {twig.parent!r} does not stand before it")
        content.twigs[twig.name] = twig
        content.events[twig.name] = []
    if not content.twigs:
        raise BadBundle("manifest.json: branches: there is none")


def _messages(content: Content, pieces: Iterator[bytes]) -> None:
    for where, line in lines.each(lines.MessageLine, pieces, "messages.jsonl"):
        parent = None
        if line.parent is not None:
            parent = content.messages.get(bytes.fromhex(line.parent))
            if parent is None:
                raise BadBundle(f"{where}: its parent {line.parent[:12]} does not stand before it")
        message = Message(line.role, line.content, parent)
        if message.hash.hex() != line.hash:
            raise BadBundle(f"{where}: does not fit its hash")
        if message.hash in content.messages:
            raise BadBundle(f"{where}: stands there twice")
        content.messages[message.hash] = message


def _answers(content: Content, pieces: Iterator[bytes]) -> None:
    last: Key | None = None
    for where, line in lines.each(lines.AnswerLine, pieces, "answers.jsonl"):
        key: Key = (line.request, line.draw, line.address, line.answer)
        if last is not None and key <= last:
            raise BadBundle(f"{where}: stands twice, or behind one that comes after it")
        last = key
        message = content.messages.get(bytes.fromhex(line.message))
        if message is None:
            raise BadBundle(f"{where}: message {line.message[:12]} is not in messages.jsonl")
        if canonical.digest("troupe/request/1", message.hash, line.parameters.encode()).hex() != line.request:
            raise BadBundle(f"{where}: message and parameters do not fit the request's hash")
        if Response(line.text, line.finish, line.refusal).hash != line.answer:
            raise BadBundle(f"{where}: text, finish and refusal do not fit the answer's hash")
        _schema(content, line, where)
        said = (line.model, line.text, line.finish, line.refusal)
        content.replies[key] = Reply(
            message.hash, line.parameters, *said, **line.usage.model_dump(), seconds=line.seconds
        )


def _schema(content: Content, line: lines.AnswerLine, where: str) -> None:
    """Check what a request says beside its prompt; the schema it names must be there."""
    parameters = _canonical_object(line.parameters, f"{where}: parameters")
    if not isinstance(parameters.get("model"), str):
        raise BadBundle(f"{where}: parameters name no model")
    schema = parameters.get("schema")
    if schema is not None and schema not in content.blobs:
        raise BadBundle(f"{where}: its schema {schema!r} is not among the blobs")


def _documents(content: Content) -> None:
    """Check that the text of every document that people can consult is there, and is one."""
    for hash in documents(content):
        try:
            content.blobs[hash].decode()
        except KeyError:
            raise BadBundle(f"document {hash[:12]} can be consulted, and is not among the blobs") from None
        except UnicodeDecodeError:
            raise BadBundle(f"document {hash[:12]} is no UTF-8 text") from None


def _pictures(content: Content) -> None:
    """Check that every image that is shown is there, and is the kind of image that it is said to be."""
    try:
        shown = pictures(content)
    except ValueError as error:
        raise BadBundle(f"messages.jsonl: {error}") from None
    for hash, media in shown.items():
        where = f"image {hash[:12]}"
        if hash not in content.blobs:
            raise BadBundle(f"{where} is shown, and is not among the blobs")
        try:
            found = images.media_of(content.blobs[hash], where)
        except UsageError as error:
            raise BadBundle(str(error)) from None
        if found != media:
            raise BadBundle(f"{where} is shown as {media}, and is {found}")


def _canonical_object(text: str, where: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
        same = isinstance(found, dict) and canonical.dumps(found) == text
    except (ValueError, RecursionError):
        same = False
    if not same:
        raise BadBundle(f"{where}: is no JSON object in canonical form")
    content: dict[str, Any] = found
    return content


def _events(content: Content, pieces: Iterator[bytes]) -> None:
    heads: dict[str, tuple[int, bytes]] = {}
    for where, line in lines.each(lines.EventLine, pieces, "log.jsonl"):
        twig = content.twigs.get(line.branch)
        if twig is None:
            raise BadBundle(f"{where}: there is no branch {line.branch!r}")
        seq, previous = heads.get(twig.name) or _fork_point(content, twig, where)
        row = Stored(**{**line.model_dump(exclude={"branch"}), "hash": bytes.fromhex(line.hash)})
        if row.seq != seq + 1:
            raise BadBundle(f"{where}: event {row.seq} of {twig.name} stands after event {seq}")
        if chain(previous, *row[:8]) != row.hash:
            raise BadBundle(f"{where}: event {row.seq} of {twig.name} does not fit its hash, or the one before it")
        _canonical_object(row.payload, f"{where}: payload")
        _readable(row, where)
        content.events[twig.name].append(row)
        heads[twig.name] = (row.seq, row.hash)
    for twig in content.twigs.values():
        _fork_point(content, twig, "log.jsonl")


def _fork_point(content: Content, twig: Twig, where: str) -> tuple[int, bytes]:
    """Return seq and hash of the event that a branch goes on from."""
    found = content.head(twig.parent, twig.fork) if twig.parent is not None else content.head(twig.name, 0)
    if found[0] != twig.fork:
        raise BadBundle(f"{where}: branch {twig.name!r} forks at event {twig.fork}, which {twig.parent!r} has not")
    return found


def _readable(row: Stored, where: str) -> None:
    try:
        read(row)
    except StoreTooNew as error:
        raise BadBundle(f"{where}: {error}") from None
    except (ValueError, LookupError) as error:
        raise BadBundle(f"{where}: the payload is none of a {row.type} version {row.version}: {error}") from None


def _live(content: Content) -> None:
    """Fold every life: a log whose hashes fit may still say what nobody can live through."""
    states: dict[tuple[str, int], list[str]] = {}
    for twig in content.twigs.values():
        states.setdefault(_held(content, twig), []).append(twig.name)
    _grow(content, "main", State(), states)


def _held(content: Content, twig: Twig) -> tuple[str, int]:
    """Return the branch that itself holds the event which ``twig`` goes on from."""
    holder = twig
    while holder.parent is not None:
        holder = content.twigs[holder.parent]
        if twig.fork > holder.fork:
            break
    return holder.name, twig.fork


def _grow(content: Content, branch: str, state: State, forks: dict[tuple[str, int], list[str]]) -> None:
    """Live through a branch's own events, and from each place where others part, through theirs."""
    waiting = [(branch, state)]
    while waiting:
        branch, state = waiting.pop()
        for row in [None, *content.events[branch]]:
            if row is not None:
                _apply(state, row, branch)
            parting = forks.get((branch, state.seq), [])
            waiting += [(other, copy.deepcopy(state)) for other in parting if other != "main"]


def _apply(state: State, row: Stored, branch: str) -> None:
    try:
        apply(state, read(row))
    except Exception as error:  # there is no end to what a forged event may name that is not there
        raise BadBundle(
            f"log.jsonl: event {row.seq} of {branch} ({row.type}) cannot happen there: "
            f"{type(error).__name__}: {error}"
        ) from error


def _unchanged(files: archive.Files) -> None:
    """Hold each file against the hash that was written down for it, for what no other hash covers."""
    for name, hash in lines.parse(lines.Expected, files["expected.json"], "expected.json").files.items():
        if name not in files:
            raise BadBundle(f"{name} is missing")
        found = hashlib.sha256()
        for piece in files.pieces(name):
            found.update(piece)
        if found.hexdigest() != hash:
            raise BadBundle(f"{name} was changed since the bundle was written: it has another hash than was promised")


def _compare(given: archive.Files, written: dict[str, bytes]) -> None:
    """Raise BadBundle naming the first file and line that is not what the content comes to."""
    for name in sorted(given.keys() | written.keys()):
        if name not in written:
            raise BadBundle(f"{name}: nothing in the bundle refers to it")
        if name not in given:
            raise BadBundle(f"{name} is missing")
    ours = archive.held(written)
    for name in sorted(given, key=lambda name: name == "expected.json"):
        _tell(name, given, ours)


def _tell(name: str, given: archive.Files, written: archive.Files) -> None:
    """Raise BadBundle naming the first line of a file that is not the same in both."""
    pairs = zip_longest(lines.split(given.pieces(name), name), lines.split(written.pieces(name), name))
    for number, (is_, be) in enumerate(pairs, 1):
        if is_ != be:
            told = ((part or b"")[:200].decode("utf-8", "replace").strip() for part in (is_, be))
            raise BadBundle("{} line {}: is {!r}, and from the bundle follows {!r}".format(name, number, *told))
