"""What people are called in a life, by their ids: learnt from the few events that name somebody, and kept."""

from typing import Any
from weakref import WeakKeyDictionary

from troupe_es.events import types
from troupe_es.log import Branch, Log
from troupe_es.views import rows

NAMING = (
    *("person-added", "person-made", "person-coming-caused"),
    *("person-changed", "person-change-caused", "fragment-merged"),
)
"""The events that can give somebody a name."""

Known = dict[int, tuple[int, dict[str, str]]]

_known: "WeakKeyDictionary[Log, Known]" = WeakKeyDictionary()


def names(log: Log, branch: Branch) -> dict[str, str]:
    """Return the display names of all who ever were in a life, the latest of each."""
    kept = _known.setdefault(log, {})
    upto, found = kept.get(branch.id, (0, {}))
    head = log.head(branch).seq
    if head > upto:
        found = dict(found)
        while more := rows.forward(log, branch, upto, head, rows.Filter(NAMING), rows.LIMIT):
            for row in more:
                _learn(row.event.body, found)
            upto = more[-1].event.seq
        kept[branch.id] = (head, found)
    return found


def _learn(body: Any, found: dict[str, str]) -> None:
    match body:
        case types.PersonAdded() | types.PersonMade():
            found[body.person] = body.name
        case types.PersonChanged() if body.path == "name":
            found[body.person] = str(body.after)
        case types.FragmentMerged():
            for change in body.changes:
                if change.path == "name":
                    found[body.person] = str(change.after)
