"""What people are called in a life, by their ids: learnt from the few events that name somebody, and kept."""

from typing import Any

from troupe_es.errors import BadReference
from troupe_es.events import types
from troupe_es.log import Branch, Log
from troupe_es.views import rows
from troupe_es.views.kept import memory

NAMING = (
    *("person-added", "person-made", "person-coming-caused"),
    *("person-changed", "person-change-caused", "fragment-merged"),
)
"""The events that can give somebody a name."""


def names(log: Log, branch: Branch) -> dict[str, str]:
    """Return the display names of all who ever were in a life, the latest of each."""
    kept = memory(log).names
    upto, found = kept.find(branch.id, (0, {}))
    head = log.head(branch).seq
    if head > upto:
        found = dict(found)
        while more := rows.forward(log, branch, upto, head, rows.Filter(NAMING), rows.LIMIT):
            for row in more:
                _learn(row.event.body, found)
            upto = more[-1].event.seq
        kept.put(branch.id, (head, found))
    return found


def who(log: Log, branch: Branch, name: str | None) -> str | None:
    """Return the id of whoever in a life is called so: an id, a display name in any case, a first name only one has.

    None for nobody in particular. Raises BadReference for a name that is not known there.
    """
    if not name:
        return None
    called = names(log, branch)
    if name in called:
        return name
    wanted = name.strip().casefold()
    for found in (
        [id for id, shown in called.items() if wanted in (id, shown.casefold())],
        [id for id, shown in called.items() if shown.casefold().partition(" ")[0] == wanted],
    ):
        if len(found) == 1:
            return found[0]
    there = ", ".join(sorted(called)[:20]) or "nobody"
    raise BadReference(f"there is no person {name!r} in {branch}; there are: {there}")


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
