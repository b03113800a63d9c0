"""Is the store what was written?

The check reads through a connection of its own, in one read transaction, so that a run can go on beside it. What
is *missing at the end* of a life leaves no trace in the file: only ``check_head``, with a head written down
elsewhere, can tell.
"""
# ruff: noqa: S608 — only names that SQLite gave us stand in the SQL

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from troupe_es.errors import StoreDamaged
from troupe_es.log import file
from troupe_es.log.answers import Answers
from troupe_es.log.examination import Examination
from troupe_es.log.history import History
from troupe_es.log.rows import Branch, Damage


class Size(NamedTuple):
    """What a table holds; ``bytes`` with its indexes, where SQLite can tell."""

    rows: int
    bytes: int


class Integrity(History, Answers):
    """The store's self-examination."""

    def check(self, branch: Branch | None = None) -> list[Damage]:
        """Return every fault of the store, or of one life; an empty list means that nothing was changed.

        A tail that was cut off cannot be found this way: see ``check_head``.
        """
        try:
            segments = self.lineage(branch) if branch else ()
        except StoreDamaged as error:
            return [Damage("branches", str(branch), str(error))]
        with self._reader() as conn:
            examination = Examination(conn)
            if branch is None:
                examination.everything()
            else:
                examination.one(segments)
        return examination.found

    @contextmanager
    def _reader(self) -> Iterator[sqlite3.Connection]:
        """Give a connection for one long, consistent read; the only one a passing store has is its own."""
        if not isinstance(self.path, Path):
            with self._lock:
                factory = self._conn.text_factory
                try:
                    yield self._conn
                finally:
                    self._conn.text_factory = factory
            return
        conn = file.open_to_read(self.path, 10.0)
        try:
            conn.execute("BEGIN")
            yield conn
        finally:
            conn.close()
            if not self.writable:
                file.tidy(self.path)

    def check_head(self, branch: Branch, hash: bytes | str) -> bool:
        """Say whether the life ends with the event of this hash (bytes or hex), written down elsewhere."""
        wanted = bytes.fromhex(hash) if isinstance(hash, str) else hash
        return self.head(branch).hash == wanted

    def sizes(self) -> dict[str, Size]:
        """Return rows and bytes of every table."""
        tables = [name for (name,) in self._all("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
        return {table: Size(self._one(f'SELECT count(*) FROM "{table}"')[0], self._bytes(table)) for table in tables}

    def _bytes(self, table: str) -> int:
        try:
            sql = (
                "SELECT coalesce(sum(d.pgsize), 0) FROM dbstat AS d JOIN sqlite_master AS m ON m.name = d.name "
                "WHERE m.tbl_name = ? AND d.aggregate = 1"
            )
            return int(self._one(sql, (table,))[0])
        except sqlite3.OperationalError:  # this SQLite was built without dbstat: count the values alone
            columns = [row[1] for row in self._all(f'PRAGMA table_info("{table}")')]
            lengths = " + ".join(f'coalesce(length(CAST("{column}" AS BLOB)), 0)' for column in columns)
            return int(self._one(f'SELECT coalesce(sum({lengths}), 0) FROM "{table}"')[0])
