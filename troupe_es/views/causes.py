"""What led to an event, and what it led to."""

from typing import Any

from troupe_es.controller.references import Point, resolve
from troupe_es.controller.store import Store
from troupe_es.events import Event, types
from troupe_es.log.history import MOST
from troupe_es.views import rows
from troupe_es.views.events import row, several, single
from troupe_es.views.gist import gist
from troupe_es.views.names import names

CHAIN = 10
"""Causes of causes that are followed."""

SHOWN = 50
"""Most events in each list."""


def causes(store: Store, ref: str, seq: int) -> dict[str, Any]:
    """Return the events ``seq`` came of (its cause, the cause of that, then what it names as evidence) and what it
    caused; what its person recalled in the same turn, with scores; and what had reached them since they last acted.
    """
    point = resolve(store.log, ref)
    event = single(store, point, seq).event
    return {
        "caused_by": several(store, point, [*_chain(store, point, event), *_evidence(event)][:SHOWN]),
        "caused": _caused(store, point, seq),
        "recalled": _recalled(store, point, event),
        "heard": several(store, point, _heard(store, point, event)),
    }


def _chain(store: Store, point: Point, event: Event) -> list[int]:
    found: list[int] = []
    while event.cause is not None and len(found) < CHAIN:
        found.append(event.cause)
        event = single(store, point, event.cause).event
    return found


def _evidence(event: Event) -> list[int]:
    """The events that an event says it rests on."""
    match event.body:
        case types.MemoryFormed():
            return event.body.sources
        case types.InsightFormed() | types.InterventionFired():
            return event.body.evidence
        case types.Extracted():
            return list(dict.fromkeys(seq for value in event.body.values for seq in value.evidence))
    return []


def _caused(store: Store, point: Point, seq: int) -> list[dict[str, Any]]:
    """The events that name this one as their cause."""
    called = names(store.log, point.branch)
    found: list[dict[str, Any]] = []
    for segment in store.log.lineage(point.branch):
        high = min(point.seq, segment.last_seq or MOST)
        if len(found) < SHOWN and high > seq:
            sql = (
                "SELECT seq FROM events WHERE branch = ? AND seq > ? AND seq <= ? AND cause = ? ORDER BY seq LIMIT ?"
            )
            bound = (segment.branch_id, max(seq, segment.first_seq - 1), high, seq, SHOWN - len(found))
            found += [row(single(store, point, n), called) for (n,) in store.log.select(sql, bound)]
    return found


def _recalled(store: Store, point: Point, event: Event) -> list[dict[str, Any]]:
    """What was found by remembering or looking something up, in the same turn up to this event, best first."""
    if event.actor is None:
        return []
    found: list[dict[str, Any]] = []
    for each in rows.backward(store.log, point.branch, event.seq + 1, rows.Filter(("result-seen",), event.actor), 5):
        body = each.event.body
        if each.event.step != event.step or not isinstance(body, types.ResultSeen):
            break
        for one in body.found[:SHOWN]:
            content = gist(single(store, point, one.seq).event) if one.seq else ""
            found.append({**one.model_dump(mode="json"), "content": content, "seen": each.event.seq})
    return found


def _heard(store: Store, point: Point, event: Event) -> list[int]:
    """What reached the person of a turn's event after what they did last before that turn."""
    if event.actor is None:
        return []
    state = store.at(f"{point.branch}@{event.seq - 1}")
    person = state.people.get(event.actor)
    if person is None:
        return []
    found: list[int] = []
    for seq in reversed(person.memory[-SHOWN * 2 :]):
        known = state.read(seq)
        if known.actor != event.actor:
            found.append(seq)
        elif known.step != event.step or found:
            break
    return found[:SHOWN][::-1]
