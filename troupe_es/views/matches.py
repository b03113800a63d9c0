"""Where in a life the wanted events are: their numbers alone, so that a list of them can be scrolled anywhere.

What is wanted often is found a few events on. What is wanted seldom is looked for in the whole life once, and where
it is stays known: later pages of it go straight there.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from functools import partial
from typing import Any

from troupe_es.controller.references import Point, resolve
from troupe_es.controller.store import Store
from troupe_es.log import Branch, Log
from troupe_es.views import rows
from troupe_es.views.kept import memory
from troupe_es.views.rows import Filter, Row

NEAR = 4000
"""Events that are looked through before where all wanted ones are is found out."""


def matches(
    store: Store,
    ref: str,
    types: Sequence[str] = (),
    person: str | None = None,
    text: str | None = None,
    after: int = 0,
) -> dict[str, Any]:
    """Return the numbers of all wanted events after ``after``, in order, and the last event there is (``head``)."""
    point = resolve(store.log, ref)
    found = _numbers(store.log, point.branch, point.seq, Filter(tuple(types), person or None, text or None))
    seqs = list(found[bisect_right(found, after) : bisect_right(found, point.seq)])
    return {"ref": str(point), "head": point.seq, "seqs": seqs}


def forward(log: Log, point: Point, after: int, wanted: Filter, limit: int) -> list[Row]:
    """Return the first wanted events after ``after``, oldest first."""
    near = point.seq if wanted == Filter() else min(point.seq, after + NEAR)
    found = rows.forward(log, point.branch, after, near, wanted, limit)
    if len(found) == limit or near == point.seq:
        return found
    seqs = _numbers(log, point.branch, point.seq, wanted)
    first = bisect_right(seqs, after)
    return rows.these(log, point.branch, seqs[first : min(first + limit, bisect_right(seqs, point.seq))])


def backward(log: Log, point: Point, before: int, wanted: Filter, limit: int) -> list[Row]:
    """Return the last wanted events before ``before``, oldest first."""
    near = 0 if wanted == Filter() else max(0, before - 1 - NEAR)
    found = rows.backward(log, point.branch, before, wanted, limit, near)[::-1]
    if len(found) == limit or not near:
        return found
    seqs = _numbers(log, point.branch, point.seq, wanted)
    last = bisect_left(seqs, before)
    return rows.these(log, point.branch, seqs[max(0, last - limit) : last])


def _numbers(log: Log, branch: Branch, last: int, wanted: Filter) -> "array[int]":
    """Return the numbers of all wanted events up to ``last``, and perhaps of later ones."""
    kept = memory(log).matches
    upto, found = kept.find((branch.id, wanted), (0, array("Q")))
    if last > upto:
        found = found + array("Q", rows.numbers(log, branch, upto, last, wanted))
        kept.put((branch.id, wanted), (last, found))
    return found


def kinds(store: Store, ref: str) -> dict[str, int]:
    """Return how many events of each type a life has, by type."""
    point = resolve(store.log, ref)
    return memory(store.log).kinds.get((point.branch.id, point.seq), partial(_kinds, store.log, point))


def _kinds(log: Log, point: Point) -> dict[str, int]:
    found: dict[str, int] = {}
    for type, count in rows.aggregate(log, point.branch, point.seq, "type, count(*)", "type", ()):
        found[type] = found.get(type, 0) + count
    return dict(sorted(found.items()))
