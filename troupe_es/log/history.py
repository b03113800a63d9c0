"""Events: appended in one transaction or not at all, read across forks as one life.

``expected`` is the seq the writer believes to be the last. If it is not, the writer decided on a state that
is gone, and nothing is written.
"""
# ruff: noqa: S608 — only constants stand in the SQL; values are bound

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from troupe_es.errors import BadReference, StoreDamaged, WrongPosition
from troupe_es.events import Draft, Event, Stored, chain, read, seal
from troupe_es.log.branches import Branches
from troupe_es.log.connection import now
from troupe_es.log.leases import Leases
from troupe_es.log.rows import Branch, Lease, event_checksum

INSERT = "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
COLUMNS = "seq, type, version, actor, step, time, cause, payload, hash"
ROWS = f"SELECT {COLUMNS} FROM events WHERE branch = ? AND seq >= ? AND seq <= ? ORDER BY seq LIMIT ?"
MOST = 2**63 - 1
"""The largest seq that SQLite can hold."""
CHUNK = 1000
"""Rows fetched at once: no read stays open between two chunks, or the WAL could not be emptied."""


def sealed(draft: Draft, seq: int, previous: bytes) -> tuple[Stored, Event]:
    """Return ``draft`` as a row and as an event; it is decoded again only if its text had to be repaired."""
    for column in (draft.actor, draft.time):
        if column and "|" in column:
            raise ValueError(f"an actor or time may not hold '|', which parts chained columns: {column!r}")
    row = seal(draft, seq, previous)
    if '"repaired":' in row.payload:
        return row, read(row)
    return row, Event(seq, draft.body, draft.actor, draft.step, draft.time, draft.cause, row.hash)


class History(Leases, Branches):
    """The store's events."""

    def append(
        self, branch: Branch, drafts: Sequence[Draft], expected: int, lease: Lease | None = None
    ) -> list[Event]:
        """Append ``drafts`` after event ``expected`` and return them as events: all, on disk, or none.

        Raises WrongPosition if the branch stands elsewhere, LeaseHeld if ``lease`` is no longer in force.
        """
        with self.appending(branch, expected, lease) as add:
            return add(drafts)

    @contextmanager
    def appending(
        self, branch: Branch, expected: int, lease: Lease | None = None
    ) -> Iterator[Callable[[Sequence[Draft]], list[Event]]]:
        """Append after event ``expected`` what the block adds: all of it is written when the block ends, or none.

        The block is given a function that takes drafts and returns them as events. Raises as ``append`` does.
        """
        rows: list[Stored] = []
        with self.transaction():
            if lease is not None:
                self._hold(lease, branch)
            previous = self._hash_at(branch, expected)

            def add(drafts: Sequence[Draft]) -> list[Event]:
                nonlocal previous
                events = []
                for draft in drafts:
                    row, event = sealed(draft, expected + 1 + len(rows), previous)
                    rows.append(row)
                    events.append(event)
                    previous = row.hash
                return events

            yield add
            self._insert_events(branch, rows)

    def append_rows(self, branch: Branch, rows: Sequence[Stored], expected: int) -> None:
        """Append events that another store has sealed, byte for byte, after event ``expected``: all or none.

        Raises WrongPosition as ``append`` does, ValueError for a row that does not follow the one before it.
        """
        with self.transaction():
            previous = self._hash_at(branch, expected)
            for seq, row in enumerate(rows, expected + 1):
                if row.seq != seq or chain(previous, *row[:8]) != row.hash:
                    raise ValueError(
                        f"event {row.seq} does not follow event {seq - 1} of {branch}: its hash is wrong"
                    )
                previous = row.hash
            self._insert_events(branch, rows)

    def _hash_at(self, branch: Branch, expected: int) -> bytes:
        """Return the hash of the last event, which must be the one at ``expected``."""
        head = self.head(branch)
        if head.seq != expected:
            raise WrongPosition(
                f"{branch} stands at event {head.seq}, not at {expected}: "
                "another writer was here; read on and try again, or open a branch"
            )
        return head.hash

    def _insert_events(self, branch: Branch, rows: Sequence[Stored]) -> None:
        position = self._one("SELECT coalesce(max(position), 0) FROM events")[0]
        at = now()
        whole = []
        for number, row in enumerate(rows, position + 1):
            columns = (number, branch.id, *row, at)
            whole.append((*columns, event_checksum(*columns)))
        self._conn.executemany(INSERT, whole)

    def rows(self, branch: Branch, start: int = 1, stop: int | None = None) -> Iterator[Stored]:
        """Yield the stored events ``start`` to ``stop`` (inclusive; None: to the head) of this life.

        Raises StoreDamaged where one is missing.
        """
        wanted = max(start, 1)
        for segment in self.lineage(branch):
            last = min(segment.last_seq or MOST, MOST if stop is None else stop)
            while wanted <= last:
                chunk = self._all(ROWS, (segment.branch_id, wanted, last, CHUNK))
                for row in map(Stored._make, chunk):
                    if row.seq != wanted:
                        raise self._missing(branch, wanted)
                    wanted += 1
                    yield row
                if len(chunk) < CHUNK:
                    break
            if segment.last_seq is not None and wanted <= last:
                raise self._missing(branch, wanted)

    def _missing(self, branch: Branch, seq: int) -> StoreDamaged:
        return StoreDamaged(f"event {seq} of {branch} is missing from {self._name!r}: take it from a backup")

    def events(self, branch: Branch, start: int = 1, stop: int | None = None) -> Iterator[Event]:
        """Yield the events ``start`` to ``stop`` (inclusive; None: to the head) of this life."""
        return map(read, self.rows(branch, start, stop))

    def event(self, branch: Branch, seq: int) -> Event:
        """Return one event. Raises BadReference if this life has none at ``seq``."""
        for event in self.events(branch, seq, seq) if seq > 0 else ():
            return event
        raise BadReference(f"{branch} has no event {seq}: it stands at {self.head(branch).seq}")

    def last_of_step(self, branch: Branch, step: int) -> int:
        """Return the seq of the event that ended ``step``, or of its last one so far.

        What is said between two steps comes after the one that ended. Raises BadReference if there is no such step.
        """
        for only in ("AND type = 'step-ended'", ""):
            for segment in reversed(self.lineage(branch)):
                row = self._one(
                    f"SELECT max(seq) FROM events WHERE branch = ? AND step = ? AND seq <= ? {only}",
                    (segment.branch_id, step, segment.last_seq or MOST),
                )
                if row[0] is not None:
                    return int(row[0])
        raise BadReference(f"{branch} has no step {step}: it stands at event {self.head(branch).seq}")

    def follow(self, position: int, limit: int = CHUNK) -> list[tuple[int, int, Stored]]:
        """Return up to ``limit`` events of the whole store after ``position``: (position, branch id, row)."""
        rows = self._all(
            f"SELECT position, branch, {COLUMNS} FROM events WHERE position > ? ORDER BY position LIMIT ?",
            (position, limit),
        )
        return [(row[0], row[1], Stored._make(row[2:])) for row in rows]
