"""Writes what a bundle holds as files: the same content, the same bytes.

Nothing comes from a clock or from the order in a store's tables. Messages stand in the order in which they were
first asked, answers by key, events by branch. ``expected.json`` is written last and names every other file's hash.
"""

import hashlib
from collections.abc import Iterator

from troupe_es.controller.bundle import lines
from troupe_es.controller.bundle.content import (
    Content,
    answered_by,
    documents,
    editions,
    expected,
    pictures,
    schemas,
)
from troupe_es.llm import Message


def files(content: Content) -> dict[str, bytes]:
    """Return every file of a bundle. Raises BadBundle when an answer that an event names is not there."""
    written = {
        "log.jsonl": lines.join(_events(content)),
        "messages.jsonl": lines.join(_messages(content)),
        "answers.jsonl": lines.join(_answers(content)),
        "manifest.json": _manifest(content),
        **{f"blobs/{hash}": content.blobs[hash] for hash in _named(content)},
    }
    if content.scenario is not None:
        written["scenario.json"] = content.scenario
    promised = {
        "branches": {branch: expected(content, branch) for branch in content.twigs},
        "files": {name: hashlib.sha256(written[name]).hexdigest() for name in written},
    }
    return dict(sorted({**written, "expected.json": lines.pretty(promised)}.items()))


def _manifest(content: Content) -> bytes:
    branches = [{**twig._asdict(), "editions": editions(content, twig.name)} for twig in content.twigs.values()]
    answerers = answered_by(content)
    return lines.pretty(
        {
            "format": 2 if pictures(content) or any("provenance" in answerer for answerer in answerers) else 1,
            "simulation": content.simulation,
            "branches": branches,
            "answered_by": answerers,
        }
    )


def _events(content: Content) -> Iterator[lines.Line]:
    for branch, rows in content.events.items():
        for row in rows:
            yield lines.EventLine(**{**row._asdict(), "branch": branch, "hash": row.hash.hex()})


def _messages(content: Content) -> Iterator[lines.Line]:
    """Yield every message that was asked, once, after the one before it."""
    told: set[bytes] = set()
    for branch in content.twigs:
        for called in content.calls(branch):
            for message in _untold(content.messages[content.reply(called).message], told):
                told.add(message.hash)
                parent = message.parent.hash.hex() if message.parent else None
                yield lines.MessageLine(
                    hash=message.hash.hex(), parent=parent, role=message.role, content=message.content
                )


def _untold(message: Message | None, told: set[bytes]) -> list[Message]:
    chain = []
    while message is not None and message.hash not in told:
        chain.append(message)
        message = message.parent
    return chain[::-1]


def _answers(content: Content) -> Iterator[lines.Line]:
    for key in sorted({called.key for branch in content.twigs for called in content.calls(branch)}):
        reply = content.replies[key]
        yield lines.AnswerLine(
            request=key[0],
            draw=key[1],
            address=key[2],
            answer=key[3],
            message=reply.message.hex(),
            parameters=reply.parameters,
            model=reply.model,
            text=reply.text,
            finish=reply.finish,
            refusal=reply.refusal,
            usage=lines.Usage(
                prompt_tokens=reply.prompt_tokens,
                completion_tokens=reply.completion_tokens,
                cached_tokens=reply.cached_tokens,
            ),
            seconds=reply.seconds,
        )


def _named(content: Content) -> tuple[str, ...]:
    """The hashes of everything that events, prompts and answers name beside the log."""
    return (*schemas(content), *pictures(content), *documents(content))
