"""The documents a person has at an event: those they were given to consult, and those they wrote."""

from typing import Any

from troupe_es.agent.faculties.documents import read
from troupe_es.controller.references import resolve
from troupe_es.controller.store import Store
from troupe_es.events import types
from troupe_es.views import rows

WRITTEN = 200
"""Most documents of one author that are listed."""


def documents(store: Store, ref: str, who: str) -> list[dict[str, Any]]:
    """Return each document with title, event (that gave it, or in which it was written), written, and characters.

    Of those somebody wrote under one title, the latest. Raises BadReference.
    """
    point = resolve(store.log, ref)
    state = store.at(str(point))
    person = state.person(who)
    seq = {**state.faculties, **person.faculties}.get("documents")
    given = state.read(seq).body if seq else None
    listed = read(given.options) if isinstance(given, types.FacultyGiven) else []
    had = [{"title": each.name, "event": seq, "written": False, "characters": each.characters} for each in listed]
    wanted = rows.Filter(("document-written",), person.id)
    found = rows.backward(store.log, point.branch, point.seq + 1, wanted, WRITTEN)[::-1]
    bodies = [(row.event.seq, row.event.body) for row in found]
    wrote = {
        body.title: {"title": body.title, "event": at, "written": True, "characters": len(body.content)}
        for at, body in bodies
        if isinstance(body, types.DocumentWritten)
    }
    return [*had, *wrote.values()]
