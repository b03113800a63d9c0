"""Where in a life the wanted events are: their numbers alone, so that a list of them can be scrolled anywhere."""
# ruff: noqa: S608 — only constants stand in the SQL; values are bound

from collections.abc import Sequence
from typing import Any

from troupe_es.controller.references import resolve
from troupe_es.controller.store import Store
from troupe_es.log.history import MOST
from troupe_es.views.rows import Filter, aggregate


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
    where, bound = Filter(tuple(types), person or None, text or None).where()
    sql = f"SELECT seq FROM events WHERE branch = ? AND seq > ? AND seq >= ? AND seq <= ?{where} ORDER BY seq"
    seqs: list[int] = []
    for segment in store.log.lineage(point.branch):
        high = min(point.seq, segment.last_seq or MOST)
        found = store.log.select(sql, (segment.branch_id, after, segment.first_seq, high, *bound))
        seqs += [row[0] for row in found]
    return {"ref": str(point), "head": point.seq, "seqs": seqs}


def kinds(store: Store, ref: str) -> dict[str, int]:
    """Return how many events of each type a life has, by type."""
    point = resolve(store.log, ref)
    found: dict[str, int] = {}
    for type, count in aggregate(store.log, point.branch, point.seq, "type, count(*)", "type", ()):
        found[type] = found.get(type, 0) + count
    return dict(sorted(found.items()))
