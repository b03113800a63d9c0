"""How much of each prompt its person's earlier prompts began with: what a provider's prefix cache can serve.

Counted in whole messages and in characters of them, which stand for tokens: about four make one, and a share of
one is a share of the other.
"""

import json
from dataclasses import dataclass

from troupe_es.log import Branch, Log
from troupe_es.log.history import MOST

NAMED = """
SELECT step, payload FROM events
WHERE branch = ? AND seq >= ? AND seq <= ? AND type = 'model-answered' ORDER BY seq"""
REQUEST = "SELECT message FROM requests WHERE hash = ?"
SIZE = "SELECT parent, length(content) FROM messages WHERE id = ?"


@dataclass(frozen=True)
class Prefix:
    """One prompt of a life: its characters, and how many its person had before; ``first`` has no before."""

    step: int
    person: str
    purpose: str
    model: str
    request: str
    answer: str
    whole: int
    same: int
    first: bool


def prefixes(log: Log, branch: Branch) -> list[Prefix]:
    """Return every prompt a life was answered to, in its order."""
    sizes: dict[int, int] = {}
    known: dict[str, int] = {}
    asked: set[str] = set()
    found = []
    for segment in log.lineage(branch):
        for step, payload in log.select(NAMED, (segment.branch_id, segment.first_seq, segment.last_seq or MOST)):
            body = json.loads(payload)
            if not body["address"]:
                continue  # what is shared is nobody's
            _, person, purpose, *_ = body["address"].split("/")
            request = body["request"]
            whole, same = (known[request],) * 2 if request in known else _measure(log, request, sizes)
            known[request] = whole
            about = (step, person, purpose, body["model"], request, body["answer"])
            found.append(Prefix(*about, whole, same, person not in asked))
            asked.add(person)
    return found


def _measure(log: Log, request: str, sizes: dict[int, int]) -> tuple[int, int]:
    """Return the length of a prompt and of its known beginning; ``sizes`` are those of all known beginnings."""
    found = log.select(REQUEST, (request,))
    new: list[tuple[int, int]] = []
    id = found[0][0] if found else None
    while id is not None and id not in sizes:
        ((parent, length),) = log.select(SIZE, (id,))
        new.append((id, length))
        id = parent
    whole = same = sizes[id] if id is not None else 0
    for id, length in reversed(new):
        whole += length
        sizes[id] = whole
    return whole, same
