"""Events of one life as the store's index finds them: pages forwards and backwards, filtered in SQL.

A life is a few segments, each a stretch of one branch in the index (branch, seq). A page reads those it needs and no
more; a filter is looked for within them, so that what is not wanted never leaves SQLite.
"""
# ruff: noqa: S608 — only constants stand in the SQL; values are bound

import string
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from troupe_es import canonical
from troupe_es.errors import UsageError
from troupe_es.events import TYPES, Event, Stored, payload_of, read
from troupe_es.log import Branch, Log
from troupe_es.log.history import COLUMNS, MOST

LIMIT = 1000
"""Most events on a page."""

LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


class Row(NamedTuple):
    """An event with the wall clock (milliseconds since 1970) at which it was recorded."""

    event: Event
    at: int


class Filter(NamedTuple):
    """Which events are wanted: of these types, of this person, with this text in them (any case)."""

    types: tuple[str, ...] = ()
    person: str | None = None
    text: str | None = None

    def where(self) -> tuple[str, list[Any]]:
        """Return the condition as SQL, and what is bound in it. Raises UsageError for a type that there is not."""
        conditions: list[str] = []
        bound: list[Any] = []
        for type in self.types:
            if type not in TYPES:
                raise UsageError(
                    f"there is no type of event {type!r}: 'troupe log --help' or schema/events lists them"
                )
        if self.types:
            conditions.append(f"type IN ({', '.join('?' * len(self.types))})")
            bound += self.types
        if self.person:
            about = canonical.dumps({"person": self.person})[1:-1]
            conditions.append("(actor = ? OR (actor IS NULL AND instr(payload, ?)))")
            bound += [self.person, about]
        if self.text:
            conditions.append(f"({' OR '.join(['payload LIKE ? ESCAPE char(92)'] * len(_spellings(self.text)))})")
            bound += [f"%{_escaped(word)}%" for word in _spellings(self.text)]
        return "".join(f" AND {condition}" for condition in conditions), bound


def holds(event: Event, wanted: Filter) -> bool:
    """Say of one event whether a filter lets it through, as its SQL would."""
    if wanted.types and event.body.type not in wanted.types:
        return False
    payload = payload_of(event.body) if wanted.person or wanted.text else ""
    if wanted.person and event.actor != wanted.person:
        about = canonical.dumps({"person": wanted.person})[1:-1]
        if event.actor is not None or about not in payload:
            return False
    folded = payload.translate(LOWER)
    return not wanted.text or any(word.translate(LOWER) in folded for word in _spellings(wanted.text))


def _spellings(text: str) -> list[str]:
    """The ways to look for a text: SQLite knows the case of ASCII letters alone."""
    written = canonical.dumps(canonical.clean(text)[0])[1:-1]  # as a payload holds it
    if written.isascii():
        return [written]
    return list(dict.fromkeys([written, written.lower(), written.upper(), written.title(), written.capitalize()]))


def _escaped(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def forward(log: Log, branch: Branch, after: int, last: int, wanted: Filter, limit: int) -> list[Row]:
    """Return the first events after ``after`` and up to ``last``, oldest first."""
    found: list[Row] = []
    for segment in log.lineage(branch):
        high = min(last, segment.last_seq or MOST)
        if len(found) < limit and high > after:
            low = max(after + 1, segment.first_seq)
            found += _read(log, segment.branch_id, low, high, wanted, "ASC", limit - len(found))
    return found


def backward(log: Log, branch: Branch, before: int, wanted: Filter, limit: int, after: int = 0) -> list[Row]:
    """Return the last events before ``before`` and after ``after``, latest first."""
    found: list[Row] = []
    for segment in reversed(log.lineage(branch)):
        low, high = max(after + 1, segment.first_seq), min(before - 1, segment.last_seq or MOST)
        if len(found) < limit and high >= low:
            found += _read(log, segment.branch_id, low, high, wanted, "DESC", limit - len(found))
    return found


def _read(log: Log, segment: int, low: int, high: int, wanted: Filter, order: str, limit: int) -> Iterator[Row]:
    where, bound = wanted.where()
    sql = (
        f"SELECT {COLUMNS}, recorded_at FROM events WHERE branch = ? AND seq >= ? AND seq <= ?{where} "
        f"ORDER BY seq {order} LIMIT ?"
    )
    for row in log.select(sql, (segment, low, high, *bound, limit)):
        yield Row(read(Stored._make(row[:-1])), row[-1])


def these(log: Log, branch: Branch, seqs: Sequence[int]) -> list[Row]:
    """Return the events of these numbers, in their order; those that are not there are left out."""
    found: list[Row] = []
    for segment in log.lineage(branch):
        last = segment.last_seq or MOST
        here = [seq for seq in seqs if segment.first_seq <= seq <= last]
        if here:
            marks = ", ".join("?" * len(here))
            sql = f"SELECT {COLUMNS}, recorded_at FROM events WHERE branch = ? AND seq IN ({marks}) ORDER BY seq"
            there = log.select(sql, (segment.branch_id, *here))
            found += [Row(read(Stored._make(row[:-1])), row[-1]) for row in there]
    return found


def numbers(log: Log, branch: Branch, after: int, last: int, wanted: Filter) -> Iterator[int]:
    """Yield the number of every wanted event after ``after`` and up to ``last``, in order."""
    where, bound = wanted.where()
    sql = f"SELECT seq FROM events WHERE branch = ? AND seq >= ? AND seq <= ?{where} ORDER BY seq"
    for segment in log.lineage(branch):
        low, high = max(after + 1, segment.first_seq), min(last, segment.last_seq or MOST)
        if low <= high:
            yield from (row[0] for row in log.select(sql, (segment.branch_id, low, high, *bound)))


def aggregate(log: Log, branch: Branch, last: int, columns: str, group: str, bound: Sequence[Any]) -> list[Any]:
    """Return ``SELECT columns … GROUP BY group`` over each segment of a life up to ``last``, one after another."""
    rows: list[Any] = []
    for segment in log.lineage(branch):
        high = min(last, segment.last_seq or MOST)
        sql = f"SELECT {columns} FROM events WHERE branch = ? AND seq >= ? AND seq <= ? GROUP BY {group}"
        rows += log.select(sql, (*bound, segment.branch_id, segment.first_seq, high))
    return rows
