"""How much of each prompt its person's earlier prompts began with: what a provider's prefix cache can serve.

Counted in whole messages and in characters of them, which stand for tokens: about four make one, and a share of
one is a share of the other.
"""

from dataclasses import dataclass

from troupe_es.events.types import ModelAnswered
from troupe_es.log import Branch, Log

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
    asked: set[str] = set()
    found = []
    for event in log.events(branch):
        body = event.body
        if isinstance(body, ModelAnswered) and body.address:  # what is shared is nobody's
            _, person, purpose, *_ = body.address.split("/")
            whole, same = _measure(log, body.request, sizes)
            about = (event.step, person, purpose, body.model, body.request, body.answer)
            found.append(Prefix(*about, whole, same, person not in asked))
            asked.add(person)
    return found


def _measure(log: Log, request: str, sizes: dict[int, int]) -> tuple[int, int]:
    """Return the length of a prompt and of its known beginning; ``sizes`` are those of all known beginnings."""
    row = next(log.db.query("SELECT message FROM requests WHERE hash = ?", [request]), None)
    new: list[tuple[int, int]] = []
    id = row["message"] if row else None
    while id is not None and id not in sizes:
        parent, length = log.db.execute(SIZE, [id]).fetchone()
        new.append((id, length))
        id = parent
    whole = same = sizes[id] if id is not None else 0
    for id, length in reversed(new):
        whole += length
        sizes[id] = whole
    return whole, same
