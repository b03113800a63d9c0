"""Where words stand in a store: every column of every table that can hold text, row by row."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from troupe_es.controller.redaction.words import Words
from troupe_es.log import Log

PROMPTS = "prompts"
SELECTS: Mapping[str, str] = {
    "names": "SELECT 'simulation ' || id, name FROM simulations UNION ALL SELECT 'branch ' || id, name FROM branches",
    "events": "SELECT s.name || '/' || b.name || '@' || e.seq, coalesce(e.actor, '') || char(10) || e.payload "
    "FROM events AS e JOIN branches AS b ON b.id = e.branch JOIN simulations AS s ON s.id = b.simulation",
    "answers": "SELECT a.address, "
    "CASE WHEN json_extract(r.parameters, '$.kind') = 'embedding' THEN '' ELSE a.text END "
    "|| char(10) || coalesce(a.refusal, '') || char(10) || a.address || char(10) || a.model "
    "|| char(10) || a.origin || char(10) || coalesce(a.response_id, '') "
    "FROM answers AS a LEFT JOIN requests AS r ON r.hash = a.request",
    PROMPTS: "SELECT 'message ' || id, content FROM messages "
    "UNION ALL SELECT 'request ' || id, parameters FROM requests",
    "documents": "SELECT hash, content FROM blobs WHERE media <> 'application/schema+json'",
    "journal": "SELECT 'line ' || id, payload FROM journal",
    "mail": "SELECT 'letter ' || id, payload FROM mailbox",
    "calls": "SELECT 'call ' || id, address FROM calls UNION ALL SELECT 'budget ' || id, label FROM budgets "
    "UNION ALL SELECT 'lease ' || branch, owner FROM leases",
    "saved folds": "SELECT 'fold ' || seq, manifest FROM snapshots UNION ALL SELECT hash, content FROM chunks",
}
"""What is looked through, by what people call it: where, and the text."""


@dataclass
class Found:
    """How often words stand in a store: by place, by word, and where first in each place."""

    places: Counter[str] = field(default_factory=Counter)
    words: Counter[str] = field(default_factory=Counter)
    first: dict[str, tuple[str, str]] = field(default_factory=dict)


def scan(log: Log, words: Words, only: Iterable[str] = SELECTS) -> Found:
    """Return where ``words`` stand in ``log``."""
    found = Found()
    for place in only:
        for where, text in _texts(log, SELECTS[place]):
            counted = words.count(text)
            if counted:
                found.places[place] += counted.total()
                found.words += counted
                found.first.setdefault(place, (where, next(iter(counted))))
    return found


def _texts(log: Log, select: str) -> Iterator[tuple[str, str]]:
    for where, content in log.select(select):
        yield str(where), content if isinstance(content, str) else bytes(content or b"").decode("utf-8", "replace")
