"""How much happened where in a life, by groups of events, and what stands out: for a scrubber to be drawn over.

Counted in SQL; what was counted once for a head is kept.
"""

# ruff: noqa: S608 — only constants stand in the SQL; values are bound

import math
from bisect import bisect_left
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache, partial
from itertools import pairwise
from typing import Any, Literal, TypeAlias

from troupe_es.controller.references import Point, resolve
from troupe_es.controller.store import Store
from troupe_es.errors import UsageError
from troupe_es.events import TYPES
from troupe_es.log import Branch, Log
from troupe_es.log.history import MOST
from troupe_es.views import rows
from troupe_es.views.events import words
from troupe_es.views.kept import memory
from troupe_es.views.names import names

By: TypeAlias = Literal["seq", "time", "wall"]

GROUPS = ("said", "thought", "world", "memory", "model", "steered", "failed", "other")
"""What events are counted as."""

OF_GROUP: dict[str, tuple[str, ...]] = {
    "said": ("question-answered", "question-asked", "survey-answered", "story-told", "stimulus-given"),
    "world": (
        *("simulation-created", "simulation-redacted", "world-added"),
        *("person-added", "person-made", "person-removed", "person-moved"),
        *("person-went", "person-changed", "fragment-merged", "mind-given", "people-related", "people-unrelated"),
        *("time-skipped", "settings-changed", "faculty-given", "faculty-taken", "code-enabled", "population-planned"),
    ),
    "memory": ("memory-formed", "insight-formed", "episode-consolidated", "reflection-ended", "memories-embedded"),
    "model": ("model-answered", "actions-judged", "action-held-back"),
    "steered": ("intervention-added", "intervention-removed", "intervention-fired", "intervention-checked"),
    "failed": ("turn-failed", "effect-failed", "consolidation-failed", "person-not-made"),
}
GROUP_OF = {type: group for group, types in OF_GROUP.items() for type in types}

MARKS: dict[str, str] = {
    "intervention-fired": "intervention",
    "turn-failed": "failure",
    "effect-failed": "failure",
    "consolidation-failed": "failure",
    "person-not-made": "failure",
    "stimulus-given": "said-from-outside",
}
MOST_MARKS = 200
"""Marks of each kind that are listed, evenly taken from all there are."""

MOST_BINS = 2000
EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - simulated time has no zone


def density(store: Store, ref: str, by: By = "seq", bins: int = 200) -> dict[str, Any]:
    """Return how many events of each group lie between each two ``edges``, and the marks that stand out.

    ``by`` is ``seq``, ``time`` (simulated, ISO 8601) or ``wall`` (milliseconds since 1970); a mark's ``at`` is in the
    same unit. Raises UsageError for another ``by``, or for no bins.
    """
    if by not in ("seq", "time", "wall"):
        raise UsageError(f"by={by!r}: write seq, time or wall")
    if not 1 <= bins <= MOST_BINS:
        raise UsageError(f"bins={bins}: there are 1 to {MOST_BINS}")
    point = resolve(store.log, ref)
    key = (point.branch.id, point.seq, by, bins)
    counted = memory(store.log).densities.get(key, partial(_counted, store.log, point, by, bins))
    return {**counted, "marks": [*counted["marks"], *_forks(store, point, by)]}


def _counted(log: Log, point: Point, by: By, bins: int) -> dict[str, Any]:
    """Count bin by bin: both clocks run forwards, so each is a short stretch of the index."""
    edges, starts = _bins(log, point, by, bins)
    counts = {name: [0] * (len(starts) - 1) for name in GROUPS}
    for number, (first, beyond) in enumerate(pairwise(starts)):
        for type, thinks, n in _within(log, point.branch, first, beyond - 1):
            counts[group(type, bool(thinks))][number] += n
    shown = [_shown(edge, by) for edge in edges]
    return {"ref": str(point), "by": by, "edges": shown, "counts": counts, "marks": _marks(log, point, by)}


def _bins(log: Log, point: Point, by: By, bins: int) -> tuple[list[float], list[int]]:
    """Return the edges of the bins, and with which event each begins; the last of both is the end."""
    if by == "seq" or not point.seq:
        width = max(math.ceil(point.seq / bins), 1)
        starts = [*range(1, point.seq + 1, width), point.seq + 1] if point.seq else [1, 1]
        return [1 + width * n for n in range(len(starts))], starts

    column = "time" if by == "time" else "recorded_at"

    @cache
    def place(seq: int) -> float:
        holder = log.segment_at(point.branch, seq).branch_id
        found = log.select(f"SELECT {column} FROM events WHERE branch = ? AND seq = ?", (holder, seq))
        return _number(found[0][0], by)

    first, last = place(1), place(point.seq)
    step = max((last - first) / bins, 1e-9)
    edges = [first + step * n for n in range(bins + 1)]
    starts = [1]
    for edge in edges[1:-1]:
        starts.append(bisect_left(range(1, point.seq + 1), edge, lo=starts[-1] - 1, key=place) + 1)
    return edges, [*starts, point.seq + 1]


def _within(log: Log, branch: Branch, first: int, last: int) -> Iterator[tuple[str, int, int]]:
    """Yield type, whether it is a thought, and how many there are, of a stretch of a life."""
    thought = "type = 'action-taken' AND instr(payload, '\"kind\":\"THINK\"') > 0"
    for segment in log.lineage(branch):
        low, high = max(first, segment.first_seq), min(last, segment.last_seq or MOST)
        if low <= high:
            stretch = "branch = ? AND seq >= ? AND seq <= ?"
            sql = f"SELECT type, {thought}, count(*) FROM events WHERE {stretch} GROUP BY 1, 2"
            yield from log.select(sql, (segment.branch_id, low, high))


def _number(value: Any, by: By) -> float:
    """Return a place on the axis as a number: simulated time in seconds since 1970, as if it were UTC."""
    if by != "time":
        return float(value)
    try:
        return (datetime.fromisoformat(value) - EPOCH).total_seconds()
    except (ValueError, TypeError):
        return 0.0


def _shown(value: float, by: By) -> Any:
    return (EPOCH + timedelta(seconds=round(value))).isoformat() if by == "time" else int(value)


def group(type: str, thinks: bool) -> str:
    """Return what an event is counted as, by its type; ``thinks`` says of an action that it is a thought."""
    if type == "action-taken":
        return "thought" if thinks else "said"
    return GROUP_OF.get(type) or ("steered" if type.endswith("-caused") else "other")


def _marks(log: Log, point: Point, by: By) -> list[dict[str, Any]]:
    """What stands out, thinned evenly where there is very much of a kind."""
    by_kind: dict[str, list[tuple[int, Any]]] = {}
    for seq, type, time, at, steered in _standing_out(log, point):
        kind = "steering" if steered else MARKS[type]
        by_kind.setdefault(kind, []).append((seq, {"seq": seq, "time": time, "wall": at}[by]))
    called = names(log, point.branch)
    return [
        {"seq": seq, "at": at, "kind": kind, "label": _label(log, point.branch, seq, called), "ref": None}
        for kind, places in by_kind.items()
        for seq, at in places[:: math.ceil(len(places) / MOST_MARKS)]
    ]


def _standing_out(log: Log, point: Point) -> Iterator[tuple[int, str, str, int, int]]:
    marked, given = tuple(MARKS), tuple(name for name, model in TYPES.items() if model.given)
    steered = 'instr(payload, \'"source":"steering"\') > 0'
    for segment in log.lineage(point.branch):
        sql = (
            f"SELECT seq, type, time, recorded_at, type IN ({_marks_of(given)}) AND {steered} FROM events "
            f"WHERE branch = ? AND seq >= ? AND seq <= ? AND (type IN ({_marks_of(marked)}) "
            f"OR type IN ({_marks_of(given)}) AND {steered}) ORDER BY seq"
        )
        last = min(point.seq, segment.last_seq or MOST)
        yield from log.select(sql, (*given, segment.branch_id, segment.first_seq, last, *marked, *given))


def _marks_of(words: tuple[str, ...]) -> str:
    return ", ".join("?" * len(words))


def _label(log: Log, branch: Branch, seq: int, called: dict[str, str]) -> str:
    told = words(log.event(branch, seq), called)
    return f"{told['who']} {told['what']}: {told['said']}".strip()[:120]


def _forks(store: Store, point: Point, by: By) -> list[dict[str, Any]]:
    """Where other branches part from this very life."""
    found = []
    for branch in store.log.branches(point.branch.simulation, ("main", "fork")):
        seq = branch.fork_seq
        holder = store.log.segment_at(point.branch, seq).branch_id
        if (
            branch.id != point.branch.id
            and 0 < seq <= point.seq
            and branch.parent is not None
            and (store.log.segment_at(store.log.branch_of(branch.parent), seq).branch_id == holder)
        ):
            row = rows.forward(store.log, point.branch, seq - 1, seq, rows.Filter(), 1)[0]
            at = {"seq": seq, "time": row.event.time, "wall": row.at}[by]
            found.append({"seq": seq, "at": at, "kind": "fork", "label": branch.name, "ref": str(branch)})
    return found
