"""Examines a store row by row: each against its checksum, its hash, and what it points at.

Nothing is trusted: a column may hold another kind of value than it should, text may be no UTF-8 any more, rows may
be out of order or unreadable. All of that is damage to name, not a reason to stop.
"""
# ruff: noqa: S608 — only constants stand in the SQL; values are bound

import hashlib
import sqlite3
from collections.abc import Iterator
from typing import Any

from troupe_es import canonical
from troupe_es.log.chains import Line, Walk
from troupe_es.log.rows import Damage, Segment, checksum

CHUNK = 2000
EVENT = "position, branch, seq, type, version, actor, step, time, cause, payload, hash, recorded_at, checksum"


def text(value: bytes) -> str:
    """Decode what may no longer be UTF-8."""
    return value.decode("utf-8", "surrogateescape")


class Examination:
    """One pass over a store; ``found`` grows."""

    def __init__(self, conn: sqlite3.Connection) -> None:
        self.conn = conn
        self.found: list[Damage] = []
        self.branches: dict[Any, tuple[Any, ...]] = {}
        self.names: dict[Any, str] = {}
        self.walk = Walk(self.line, lambda: self.branches)

    def everything(self) -> None:
        """Examine all tables."""
        self.the_file()
        self.simulations_and_branches()
        self.walk.over(self.scan("events", EVENT, "position"))
        self.found += self.walk.found
        self.prompts()
        self.answers()
        self.blobs()

    def one(self, segments: tuple[Segment, ...]) -> None:
        """Examine one life: its branches and events."""
        self.simulations_and_branches({segment.branch_id for segment in segments})
        for segment in segments:
            self.walk.over(self.segment(segment))
            line = self.walk.lines.get(segment.branch_id)
            last = line.seq if line else segment.first_seq - 1
            if segment.last_seq is not None and last < segment.last_seq:
                name = self.names.get(segment.branch_id, "?")
                self.add("events", f"{name}@{last + 1}", f"events {last + 1} to {segment.last_seq} are missing")
        self.found += self.walk.found

    def add(self, table: str, key: Any, what: str) -> None:
        """Note one fault."""
        self.found.append(Damage(table, str(key), what))

    def the_file(self) -> None:
        """Ask SQLite itself; the full check, since the quick one does not compare indexes with tables."""
        try:
            for (line,) in self.conn.execute("PRAGMA integrity_check(20)"):
                if line != "ok":
                    self.add("file", "-", str(line))
        except sqlite3.DatabaseError as error:
            self.add("file", "-", str(error))

    def scan(
        self, table: str, columns: str, key: str = "id", where: str = "1", values: tuple[Any, ...] = ()
    ) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a table by ``key``; where they cannot be read, say so and stop."""
        sql = f"SELECT {columns}, {key} FROM {table} WHERE {where} AND {key} > ? ORDER BY {key} LIMIT {CHUNK}"
        last = -(2**63)
        while True:
            try:
                rows = self.fetch(sql, (*values, last))
            except sqlite3.DatabaseError as error:
                self.add(table, f"after {key} {last}", f"cannot be read: {error}")
                return
            yield from (row[:-1] for row in rows)
            if len(rows) < CHUNK:
                return
            if not isinstance(rows[-1][-1], int) or rows[-1][-1] <= last:
                self.add(table, f"after {key} {last}", "the rows are out of order")
                return
            last = rows[-1][-1]

    def fetch(self, sql: str, values: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        """Return rows, also those whose text is no UTF-8."""
        try:
            return self.conn.execute(sql, values).fetchall()
        except sqlite3.OperationalError as error:
            if "decode" not in str(error):
                raise
            self.conn.text_factory = text
            return self.conn.execute(sql, values).fetchall()

    def segment(self, segment: Segment) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of one segment."""
        last = 2**63 - 1 if segment.last_seq is None else segment.last_seq
        return self.scan("events", EVENT, "seq", "branch = ? AND seq <= ?", (segment.branch_id, last))

    def simulations_and_branches(self, only: set[int] | None = None) -> None:
        """Examine the few rows everything else hangs on."""
        names: dict[Any, str] = {}
        for row in self.scan("simulations", "id, name, scenario, created_at, checksum"):
            names[row[0]] = str(row[1])
            if only is None:
                self.sum("simulations", row[1], row)
                if row[2] is not None and not self.has("blobs", "hash", row[2]):
                    self.add("simulations", row[1], f"its scenario {row[2]!r} is not among the blobs")
        columns = "id, simulation, name, kind, parent, fork_seq, draw, created_at, checksum"
        for row in self.scan("branches", columns):
            self.branches[row[0]] = row
            self.names[row[0]] = f"{names.get(row[1], '?')}/{row[2]}"
        for row in self.branches.values():
            if only is None or row[0] in only:
                self.branch(row, names)

    def branch(self, row: tuple[Any, ...], simulations: dict[Any, str]) -> None:
        """Examine one branch."""
        key = self.names[row[0]]
        self.sum("branches", key, row)
        if row[1] not in simulations:
            self.add("branches", key, f"its simulation {row[1]!r} is missing")
        if row[4] is None:
            return
        if row[4] not in self.branches or row[4] >= row[0]:
            self.add("branches", key, f"its parent {row[4]!r} is missing")
        elif row[5] != 0 and self.fork_point(row) is None:
            self.add("branches", key, f"event {row[5]!r}, which it forked from, is missing")

    def sum(self, table: str, key: Any, row: tuple[Any, ...]) -> None:
        """Compare a row with the checksum at its end."""
        if checksum(row[:-1]) != row[-1]:
            self.add(table, key, "a column was changed (the checksum is wrong)")

    def has(self, table: str, column: str, value: Any) -> bool:
        """Say whether a row with this value exists; where that cannot be read, that is the fault to note."""
        try:
            return bool(self.fetch(f"SELECT 1 FROM {table} WHERE {column} = ?", (value,)))
        except sqlite3.DatabaseError as error:
            self.add(table, f"{column} {value!r}", f"cannot be read: {error}")
            return True

    def fork_point(self, branch: tuple[Any, ...]) -> tuple[Any, bytes] | None:
        """Return who holds the event that ``branch`` forked from, and its hash."""
        seq, holder = branch[5], self.branches.get(branch[4])
        while holder is not None and holder[4] is not None and seq <= holder[5]:
            older = self.branches.get(holder[4])
            holder = older if older is not None and older[0] < holder[0] else None
        if holder is None:
            return None
        sql = "SELECT hash FROM events WHERE branch = ? AND seq = ?"
        try:
            found = self.fetch(sql, (holder[0], seq))
        except sqlite3.DatabaseError:
            return None
        return (holder[0], found[0][0]) if found else None

    def line(self, branch: Any) -> Line | None:
        """Return where the walk through a branch begins."""
        row = self.branches.get(branch)
        if row is None:
            return None
        if row[4] is None or row[5] == 0:
            return Line(self.names[branch], 0)
        point = self.fork_point(row)
        if point is None:
            return Line(self.names[branch], row[5], ())
        holder, hash = point
        should_be = self.walk.should_be.get((holder, row[5]))
        return Line(self.names[branch], row[5], (hash,) if should_be is None else (hash, should_be))

    def prompts(self) -> None:
        """Examine messages and requests."""
        hashes: dict[Any, tuple[Any, ...]] = {None: (b"",)}
        for id, hash, parent, role, content in self.scan("messages", "id, hash, parent, role, content"):
            above = hashes.get(parent, ())
            made = [digest("troupe/message/1", before, role, content) for before in above]
            if not above:
                self.add("messages", id, f"its parent {parent!r} is missing")
            elif hash not in made:
                self.add("messages", id, "does not fit its hash: hash, parent, role or content was changed")
            hashes[id] = (hash,) if hash in made else (hash, *made)
        for id, hash, message, parameters in self.scan("requests", "id, hash, message, parameters"):
            above = hashes.get(message, ()) if message is not None else ()
            made = [digest("troupe/request/1", before, parameters) for before in above]
            if hash not in [one.hex() for one in made if one]:
                self.add("requests", id, "does not fit its hash: hash, message or parameters was changed")

    def answers(self) -> None:
        """Examine answers."""
        columns = (
            "id, hash, request, draw, address, origin, text, finish, refusal, model, usage, response_id, "
            "seconds, received_at, checksum"
        )
        for row in self.scan("answers", columns):
            self.sum("answers", row[0], row)
            try:
                fits = canonical.digest_json("troupe/answer/1", [row[6], row[7], row[8]]) == row[1]
            except (TypeError, ValueError):
                fits = False
            if not fits:
                self.add("answers", row[0], "does not fit its hash: hash, text, finish or refusal was changed")
            if not self.has("requests", "hash", row[2]):
                self.add("answers", row[0], f"its request {row[2]!r} is missing")

    def blobs(self) -> None:
        """Examine blobs."""
        for hash, content in self.scan("blobs", "hash, content", "rowid"):
            if not isinstance(content, bytes) or hashlib.sha256(content).hexdigest() != hash:
                self.add("blobs", hash, "does not fit its hash: hash or content was changed")


def digest(tag: str, *parts: Any) -> bytes | None:
    """Return the digest over texts and bytes, None if one is neither (a column of another kind)."""
    try:
        return canonical.digest(tag, *(part if isinstance(part, bytes) else part.encode() for part in parts))
    except (AttributeError, ValueError):
        return None
