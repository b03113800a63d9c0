"""Walks the events of a store and names what was changed, in one pass and without trusting a single column.

A healthy row costs one hash and one checksum. For an unhealthy one the two together tell the kind of damage: the
hash covers the columns that mean something, the checksum all of them. After a break the walk goes on from the
hash that is written there *and* from the one that should be, so one changed byte is one fault, not thousands.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from troupe_es.events import GENESIS, chain
from troupe_es.log.rows import Damage, event_checksum

Row: TypeAlias = tuple[Any, ...]
"""position, branch, seq, type, version, actor, step, time, cause, payload, hash, recorded_at, checksum"""

CONTENT = "one of type, version, actor, step, time, cause, payload"


@dataclass(slots=True)
class Line:
    """How far the walk has come in one branch."""

    name: str
    seq: int
    hashes: tuple[bytes, ...] = (GENESIS,)
    suspect: int | None = None
    """Index of the last row's fault, if the next row can tell whether only its hash was changed."""


@dataclass(slots=True)
class Walk:
    """One pass over events.

    ``start`` gives a branch's line when its first row comes, None if there is no such branch; ``branches`` names
    those there are.
    """

    start: Callable[[Any], Line | None]
    branches: Callable[[], Iterable[Any]]
    found: list[Damage] = field(default_factory=list)
    lines: dict[Any, Line] = field(default_factory=dict)
    should_be: dict[tuple[Any, Any], bytes] = field(default_factory=dict)
    """(branch, seq) of broken rows to the hash they should have, for the forks that start there."""

    def over(self, rows: Iterable[Row]) -> None:
        """Take the next rows, in order of position or seq."""
        lines = self.lines
        for row in rows:
            line = lines.get(row[1])
            if line is not None and line.suspect is None and row[2] == line.seq + 1:
                try:
                    fits = chain(line.hashes[0], *row[2:10]) == row[10] and event_checksum(*row[:12]) == row[12]
                except (TypeError, ValueError, AttributeError, IndexError):
                    fits = False
                if fits:
                    line.seq = row[2]
                    line.hashes = (row[10],)
                    continue
            self._look_closer(row)

    def _look_closer(self, row: Row) -> None:
        line, sound = self._line(row[1]), summed(row)
        if not sound and self._displaced(row, line):
            return
        if line is None:
            self._fault(f"position {row[0]}", f"belongs to branch {row[1]!r}, which does not exist")
            return
        if row[2] != line.seq + 1:
            if not sound:
                self._fault(f"{line.name}@{row[2]}", "does not follow the event before it: several columns changed")
                return
            self._gap(line, row[2])
        self._settle_suspect(line, row)
        self._judge(line, row, sound)

    def _judge(self, line: Line, row: Row, sound: bool) -> None:
        """Report what is wrong with a row that stands in its place, and step over it."""
        hashes = tuple(hash for previous in line.hashes if (hash := hashed(previous, row)) is not None)
        key = f"{line.name}@{row[2]}"
        line.suspect = None
        if row[10] in hashes:
            if not sound:
                self._fault(key, "one of position, recorded_at, checksum was changed")
        elif line.hashes:
            line.suspect = len(self.found)
            what = "rewritten, or something before it was" if sound else f"changed: hash, or {CONTENT}"
            self._fault(key, f"breaks the chain: it was {what}")
            if hashes:
                self.should_be[row[1], row[2]] = hashes[0]
        elif not sound:
            self._fault(key, "a column was changed")
        line.seq = row[2]
        line.hashes = (row[10],) if row[10] in hashes else (row[10], *hashes)

    def _line(self, branch: Any) -> Line | None:
        if branch not in self.lines:
            line = self.start(branch)
            if line is None:
                return None
            self.lines[branch] = line
        return self.lines[branch]

    def _settle_suspect(self, line: Line, row: Row) -> None:
        """Say which part of the row before this one was changed, now that it is known what follows from it."""
        if line.suspect is None or len(line.hashes) < 2 or row[2] != line.seq + 1:
            return
        follows = [hashed(previous, row) == row[10] for previous in line.hashes]
        fault = self.found[line.suspect]
        if follows[0]:
            what = "breaks the chain: " + CONTENT + " was changed"
        elif any(follows):
            what = "breaks the chain: its hash was changed"
        else:
            return
        self.found[line.suspect] = fault._replace(what=what)

    def _displaced(self, row: Row, line: Line | None) -> bool:
        """Find a row whose branch or seq was changed the place where it fits; say whether there is one."""
        if line is not None and row[2] == line.seq + 1 and fits_after(line, row):
            return False
        for branch in self.branches():
            other = self.lines.get(branch) or self.start(branch)
            if other is None or not fits_after(other, (row[0], branch, other.seq + 1, *row[3:])):
                continue
            column, value = ("seq", row[2]) if other is line else ("branch", row[1])
            self._fault(f"{other.name}@{other.seq + 1}", f"its {column} was changed, to {value!r}")
            other.seq, other.hashes, other.suspect = other.seq + 1, (row[10],), None
            self.lines[branch] = other
            return True
        return False

    def _gap(self, line: Line, seq: int) -> None:
        if seq > line.seq + 1:
            self._fault(f"{line.name}@{line.seq + 1}", f"events {line.seq + 1} to {seq - 1} are missing")
            line.hashes = ()
        else:
            self._fault(f"{line.name}@{seq}", f"stands after event {line.seq}: there twice, or out of order")
        line.suspect = None

    def _fault(self, key: str, what: str) -> None:
        self.found.append(Damage("events", key, what))


def hashed(previous: bytes, row: Row) -> bytes | None:
    """Return the hash ``row`` should have after ``previous``; None where its columns are not even of their kind."""
    try:
        return chain(previous, *row[2:10])
    except (TypeError, ValueError, AttributeError):
        return None


def summed(row: Row) -> bool:
    """Say whether the row's checksum is right."""
    try:
        return bool(event_checksum(*row[:12]) == row[12])
    except (TypeError, ValueError, AttributeError):
        return False


def fits_after(line: Line, row: Row) -> bool:
    """Say whether ``row``'s hash is the one that follows in ``line``."""
    return any(hashed(previous, row) == row[10] for previous in line.hashes)
