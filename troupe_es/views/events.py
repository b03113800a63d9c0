"""Events as rows for reading: pages of them, single ones, and the next or previous that is wanted."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from troupe_es.controller.references import Point, resolve
from troupe_es.controller.store import Store
from troupe_es.errors import BadReference, UsageError
from troupe_es.events import Event, payload_of
from troupe_es.events import types as bodies
from troupe_es.projections.transcript import Line, line_of
from troupe_es.views import matches, rows
from troupe_es.views.gist import gist
from troupe_es.views.names import names
from troupe_es.views.rows import Filter, Row

SAYS = {
    "TALK": "says",
    "REACH_OUT": "reaches out",
    "THINK": "thinks",
    "CONVERSATION": "said",
    "SOCIAL": "happens",
    "LOCATION": "is now in",
    "VISUAL": "is seen",
    "THOUGHT": "comes to mind",
    "INTERNAL_GOAL_FORMULATION": "is wanted",
    "MOVE_TO": "goes to",
    "DOCUMENT": "writes",
    "APPOINTMENT": "makes an appointment",
    "RESULT": "sees the result",
    "MEMORY": "keeps in mind",
    "INSIGHT": "understands",
    "FAILED": "fails to answer",
    "INTERVENTION": "intervention",
    "STORY": "story",
    "QUESTION": "asked",
    "ANSWER": "answers",
    "SURVEY": "answers",
    "EXTRACTED": "extracted",
    "REWRITTEN": "written anew",
    "MINIBIO": "biography",
}
"""What a line of a transcript is, in words."""

REACHES = {
    "LOCATION": "{to} {what}",
    "VISUAL": "{what} by {to}",
    "THOUGHT": "{what}, {to}",
    "INTERNAL_GOAL_FORMULATION": "{what} by {to}",
    "RESULT": "{to} {what}",
    "INTERVENTION": "{what} for {to}",
    "MINIBIO": "{what} of {to}",
}
"""How it is said whom it reaches, where that is not said *to* them."""


def as_dict(event: Event) -> dict[str, Any]:
    """Return an event as JSON, with what it says as the log holds it."""
    return {
        "seq": event.seq,
        "type": event.body.type,
        "actor": event.actor,
        "step": event.step,
        "time": event.time,
        "cause": event.cause,
        "hash": event.hash.hex(),
        "payload": json.loads(payload_of(event.body)),
    }


def row(found: Row, called: dict[str, str]) -> dict[str, Any]:
    """Return an event in one line: who (a display name, empty for nobody), what (a word or two), and what was said.

    ``at`` is the wall clock in milliseconds since 1970.
    """
    event = found.event
    return {
        "seq": event.seq,
        "type": event.body.type,
        "actor": event.actor,
        "step": event.step,
        "time": event.time,
        "cause": event.cause,
        "at": found.at,
        "gist": words(event, called),
    }


def words(event: Event, called: dict[str, str]) -> dict[str, str]:
    """Return who, what and said of an event; foreign text in it is not made harmless yet."""
    renames = isinstance(event.body, bodies.PersonAdded | bodies.PersonChanged | bodies.FragmentMerged)
    line = line_of(event, dict(called) if renames else called)
    if line is None:
        return {"who": called.get(event.actor or "", event.actor or ""), "what": _word(event), "said": gist(event)}
    return {"who": line.who, "what": what(line), "said": line.content}


def what(line: Line) -> str:
    """Return what a line of a transcript is, in words, with whom it reaches."""
    said = SAYS.get(line.kind, line.kind.lower().replace("_", " "))
    return REACHES.get(line.kind, "{what} to {to}").format(what=said, to=line.to) if line.to else said


def _word(event: Event) -> str:
    return event.body.type.replace("-", " ")


def page(
    store: Store,
    ref: str,
    after: int = 0,
    limit: int = 200,
    types: Sequence[str] = (),
    person: str | None = None,
    text: str | None = None,
) -> dict[str, Any]:
    """Return up to ``limit`` events after ``after``, oldest first, and after which the next page begins (null: none).

    Only of these ``types``, of this ``person`` and with this ``text`` in them, where any is given.
    """
    point, wanted = _wanted(store, ref, types, person, text)
    found = matches.forward(store.log, point, after, wanted, _bounded(limit))
    more = found[-1].event.seq if len(found) == limit and found[-1].event.seq < point.seq else None
    return _page(store, point, found, more)


def before(
    store: Store,
    ref: str,
    seq: int,
    limit: int = 200,
    types: Sequence[str] = (),
    person: str | None = None,
    text: str | None = None,
) -> dict[str, Any]:
    """Return up to ``limit`` events before ``seq``, oldest first, and before which the previous page ends."""
    point, wanted = _wanted(store, ref, types, person, text)
    found = matches.backward(store.log, point, min(seq, point.seq + 1), wanted, _bounded(limit))
    more = found[0].event.seq if len(found) == limit and found[0].event.seq > 1 else None
    return _page(store, point, found, more)


def find(
    store: Store,
    ref: str,
    seq: int,
    forward: bool = True,
    types: Sequence[str] = (),
    person: str | None = None,
    text: str | None = None,
) -> int | None:
    """Return the next event after ``seq`` (or the last before it) that is wanted, or None."""
    point, wanted = _wanted(store, ref, types, person, text)
    if forward:
        found = matches.forward(store.log, point, seq, wanted, 1)
    else:
        found = matches.backward(store.log, point, min(seq, point.seq + 1), wanted, 1)
    return found[0].event.seq if found else None


def one(store: Store, ref: str, seq: int) -> dict[str, Any]:
    """Return one event of a life whole. Raises BadReference where there is none."""
    point = resolve(store.log, ref)
    found = single(store, point, seq)
    whole = as_dict(found.event)
    return {**row(found, names(store.log, point.branch)), "payload": whole["payload"], "hash": whole["hash"]}


def single(store: Store, point: Point, seq: int) -> Row:
    """Return the event at ``seq``. Raises BadReference where there is none up to this point."""
    found = rows.forward(store.log, point.branch, seq - 1, point.seq, Filter(), 1) if 0 < seq <= point.seq else []
    if not found:
        raise BadReference(f"{point.branch} has no event {seq} here: it goes up to {point.seq}")
    return found[0]


def several(store: Store, point: Point, seqs: Iterable[int]) -> list[dict[str, Any]]:
    """Return these events as rows, in the order given; those that are not there are left out."""
    called = names(store.log, point.branch)
    return [row(single(store, point, seq), called) for seq in seqs if 0 < seq <= point.seq]


def _wanted(
    store: Store, ref: str, types: Sequence[str], person: str | None, text: str | None
) -> tuple[Point, Filter]:
    return resolve(store.log, ref), Filter(tuple(types), person or None, text or None)


def _bounded(limit: int) -> int:
    if not 1 <= limit <= rows.LIMIT:
        raise UsageError(f"limit={limit}: a page has 1 to {rows.LIMIT} events")
    return limit


def _page(store: Store, point: Point, found: list[Row], more: int | None) -> dict[str, Any]:
    called = names(store.log, point.branch)
    return {
        "ref": str(point),
        "head": point.seq,
        "events": [row(each, called) for each in found],
        "next": more,
    }
