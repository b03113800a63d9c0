"""Brings the write-ahead log back into the file now and then, one process at a time.

SQLite up to 3.51.2 can lose pages when several connections checkpoint at once, so none does it by itself: every so
many commits a writer looks whether another one is at it, and if nobody is, does it under a lease of its own.
"""

import sqlite3
from pathlib import Path

from troupe_es.log import process
from troupe_es.log.connection import Connection, now

EVERY = 500
"""Commits between two looks."""

NOBODY = 0
"""The lease of the checkpointer: no branch has this number."""


class Checkpoints(Connection):
    """The store's upkeep of its write-ahead log."""

    def __init__(self, conn: sqlite3.Connection, path: str | Path, *, writable: bool) -> None:
        super().__init__(conn, path, writable=writable)
        self._commits = 0
        if writable:
            conn.execute("PRAGMA wal_autocheckpoint = 0")
            self._on_commit.append(self._count)

    def _count(self) -> None:
        self._commits += 1
        if self._commits < EVERY:
            return
        self._commits = -2  # the two commits of the checkpoint itself
        if self._alone():
            self._conn.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            with self.transaction(durable=False) as conn:
                conn.execute("UPDATE leases SET owner = '' WHERE branch = ?", (NOBODY,))

    def _alone(self) -> bool:
        """Take the checkpointer's lease, unless a living process has it."""
        with self.transaction(durable=False) as conn:
            row = conn.execute("SELECT owner, heartbeat FROM leases WHERE branch = ?", (NOBODY,)).fetchone()
            if row and process.alive(row[0], row[1], now()):
                return False
            sql = "INSERT OR REPLACE INTO leases VALUES (?, ?, 1, ?)"
            conn.execute(sql, (NOBODY, process.this(), now()))
        return True
