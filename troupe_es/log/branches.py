"""Simulations and their branches: a fork is one row that points at its parent, and reading follows it.

A life is a list of segments, oldest first, each held by one branch. Segments are facts that never change, so
they are worked out once and kept.
"""

import difflib
import re
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from troupe_es.errors import BadReference, NameTaken, StoreDamaged
from troupe_es.events import GENESIS
from troupe_es.log.connection import Connection, now
from troupe_es.log.rows import Branch, Head, Kind, Segment, Simulation, checksum

NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")

BRANCHES = """
SELECT b.id, s.name, b.simulation, b.name, b.kind, b.parent, b.fork_seq, b.draw, b.created_at
FROM branches AS b JOIN simulations AS s ON s.id = b.simulation"""

HEAD = "SELECT seq, hash FROM events WHERE branch = ? ORDER BY seq DESC LIMIT 1"


def checked_name(name: str, what: str) -> str:
    """Return ``name`` if references can hold it. Raises BadReference."""
    if not NAME.fullmatch(name):
        raise BadReference(
            f"{name!r} cannot name a {what}: take a-z, 0-9, '.', '_' and '-', with a letter or digit first"
        )
    return name


def near(name: str, names: Iterable[str], empty: str) -> str:
    """Return what to say about names like ``name``."""
    known = list(names)
    matches = difflib.get_close_matches(name, known, n=3) or sorted(known)[:5]
    return "did you mean " + " or ".join(map(repr, matches)) + "?" if matches else empty


class Branches(Connection):
    """The store's simulations, their branches and lineages."""

    def __init__(self, conn: sqlite3.Connection, path: str | Path, *, writable: bool) -> None:
        super().__init__(conn, path, writable=writable)
        self._lineages: dict[int, tuple[Segment, ...]] = {}
        self._on_undo.append(self._lineages.clear)

    def create_simulation(self, name: str, scenario: str | None = None) -> Branch:
        """Begin a simulation and return its branch ``main``. Raises NameTaken."""
        checked_name(name, "simulation")
        with self.transaction() as conn:
            if self._one("SELECT 1 FROM simulations WHERE name = ?", (name,)):
                raise NameTaken(f"there is a simulation {name!r} already: resume it, or choose another name")
            number = conn.execute("SELECT coalesce(max(id), 0) + 1 FROM simulations").fetchone()[0]
            row = (number, name, scenario, now())
            conn.execute("INSERT INTO simulations VALUES (?, ?, ?, ?, ?)", (*row, checksum(row)))
            return self._insert_branch(name, (number, "main", "main", None, 0, 0))

    def simulations(self) -> list[Simulation]:
        """Return all simulations, oldest first."""
        rows = self._all("SELECT id, name, scenario, created_at FROM simulations ORDER BY id")
        return [Simulation(*row) for row in rows]

    def simulation(self, name: str) -> Simulation:
        """Return one simulation. Raises BadReference that names similar ones."""
        row = self._one("SELECT id, name, scenario, created_at FROM simulations WHERE name = ?", (name,))
        if row is None:
            names = [known for (known,) in self._all("SELECT name FROM simulations")]
            hint = near(name, names, "the store is empty")
            raise BadReference(f"there is no simulation {name!r} in {self._name!r}: {hint}")
        return Simulation(*row)

    def branch(self, simulation: str, name: str = "main") -> Branch:
        """Return one branch. Raises BadReference that names similar ones."""
        row = self._one(f"{BRANCHES} WHERE s.name = ? AND b.name = ?", (simulation, name))
        if row is None:
            names = [known.name for known in self.branches(self.simulation(simulation).name)]
            hint = near(name, names, "it has no branches")
            raise BadReference(f"there is no branch {name!r} in simulation {simulation!r}: {hint}")
        return Branch(*row)

    def branch_of(self, id: int) -> Branch:
        """Return the branch with this id, as ``follow`` and leases name it. Raises BadReference."""
        row = self._one(f"{BRANCHES} WHERE b.id = ?", (id,))
        if row is None:
            raise BadReference(f"there is no branch with id {id} in {self._name!r}")
        return Branch(*row)

    def branches(
        self, simulation: str | None = None, kinds: Sequence[Kind] = ("main", "fork", "ask")
    ) -> list[Branch]:
        """Return the branches of one simulation or of all, oldest first."""
        marks = ", ".join("?" * len(kinds))
        where: list[Any] = [*kinds]
        only = ""
        if simulation is not None:
            only = " AND b.simulation = ?"
            where.append(self.simulation(simulation).id)
        return [
            Branch(*row)
            for row in self._all(f"{BRANCHES} WHERE b.kind IN ({marks}){only} ORDER BY b.id", tuple(where))
        ]

    def fork(self, parent: Branch, seq: int, name: str, *, kind: Kind = "fork", draw: int | None = None) -> Branch:
        """Open a branch that shares ``parent`` up to and with event ``seq``: one row, whatever is shared.

        ``draw`` None goes on with the draw in force there. Raises NameTaken; BadReference beyond the head.
        """
        checked_name(name, "branch")
        with self.transaction():
            head = self.head(parent).seq
            if not 0 <= seq <= head:
                raise BadReference(f"{parent} has no event {seq}: it stands at {head}, fork at 0 to {head}")
            known = (parent.simulation_id, name)
            if self._one("SELECT 1 FROM branches WHERE simulation = ? AND name = ?", known):
                raise NameTaken(f"{parent.simulation!r} has a branch {name!r} already: choose another name")
            draw = self.draw_at(parent, seq) if draw is None else draw
            row = (parent.simulation_id, name, kind, parent.id, seq, draw)
            return self._insert_branch(parent.simulation, row)

    def _insert_branch(self, simulation: str, columns: tuple[int, str, Kind, int | None, int, int]) -> Branch:
        with self.transaction() as conn:
            number = conn.execute("SELECT coalesce(max(id), 0) + 1 FROM branches").fetchone()[0]
            row = (number, *columns, now())
            conn.execute("INSERT INTO branches VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", (*row, checksum(row)))
        return Branch(number, simulation, *columns, row[-1])

    def lineage(self, branch: Branch) -> tuple[Segment, ...]:
        """Return the segments of a life, oldest first; empty ones (but the last) are left out."""
        known = self._lineages.get(branch.id)
        if known is None:
            with self._lock:
                known = self._lineages[branch.id] = self._walk(branch.id)
        return known

    def _walk(self, branch_id: int) -> tuple[Segment, ...]:
        segments: list[Segment] = []
        older: int | None = branch_id
        last: int | None = None
        while older is not None:
            row = self._one("SELECT parent, fork_seq, draw FROM branches WHERE id = ?", (older,))
            if row is None or (row[0] is not None and row[0] >= older):
                raise StoreDamaged(f"branch {branch_id} of {self._name!r} has lost its origin: use a backup")
            parent, fork_seq, draw = row
            if last is None or last > fork_seq:
                segments.append(Segment(older, fork_seq + 1, last, draw))
            last = fork_seq if last is None else min(last, fork_seq)
            older = parent
        return tuple(segments[::-1])

    def segment_at(self, branch: Branch, seq: int) -> Segment:
        """Return the segment that holds event ``seq``, or would once it happens."""
        for segment in self.lineage(branch):
            if segment.last_seq is None or seq <= segment.last_seq:
                return segment
        raise AssertionError("a lineage ends with an open segment")

    def draw_at(self, branch: Branch, seq: int) -> int:
        """Return the draw in force for what follows event ``seq`` of this life."""
        return self.segment_at(branch, seq + 1).draw

    def next_draw(self, parent: Branch, seq: int) -> int:
        """Return the next draw that no life which goes on from this very event has.

        Counted are all branches of the simulation that part here, and what the draw in force gives.
        """
        here = self._origin(parent, seq)
        used = {self.draw_at(parent, seq)}
        for branch in self.branches(parent.simulation):
            if branch.fork_seq == seq and self._origin(branch, seq) == here:
                used.add(branch.draw)
        draw = self.draw_at(parent, seq) + 1
        while draw in used:
            draw += 1
        return draw

    def _origin(self, branch: Branch, seq: int) -> int:
        """Return the branch that holds event ``seq``; 0 before the first, which all share."""
        return self.segment_at(branch, seq).branch_id if seq else 0

    def head(self, branch: Branch) -> Head:
        """Return the last event of this life, the fork point's while the branch has none of its own."""
        own = self._one(HEAD, (branch.id,))
        if own is None and branch.fork_seq:
            holder = self.segment_at(branch, branch.fork_seq).branch_id
            sql = "SELECT seq, hash FROM events WHERE branch = ? AND seq = ?"
            own = self._one(sql, (holder, branch.fork_seq))
            if own is None:
                raise StoreDamaged(f"{branch} has lost event {branch.fork_seq}, which it forked from")
        return Head(*own) if own else Head(0, GENESIS)
