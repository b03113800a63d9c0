"""The one connection of an open store: a lock, a transaction that nests, and reads that raise our errors."""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import sqlite_utils

from troupe_es.errors import StoreUnwritable
from troupe_es.log import file
from troupe_es.log.faults import translated

NORMAL = 1
"""SQLite's number for ``synchronous=NORMAL``: a commit does not wait for the disk; the next that does covers it."""


def now() -> int:
    """Return the wall clock in milliseconds since 1970."""
    return time.time_ns() // 1_000_000


class Connection:
    """An open store, without a word about what it holds. Safe to share between threads."""

    def __init__(self, conn: sqlite3.Connection, path: str | Path, *, writable: bool) -> None:
        self.db = sqlite_utils.Database(conn, recursive_triggers=True, execute_plugins=False)
        self.path = path
        self.writable = writable
        self._conn = conn
        self._name = str(path)
        self._lock = threading.RLock()
        self._on_commit: list[Callable[[], None]] = []
        self._on_undo: list[Callable[[], None]] = []
        self._on_close: list[Callable[[], None]] = []
        self._afterwards: list[Callable[[], None]] = []
        self._closed = False
        full: int = conn.execute("PRAGMA synchronous").fetchone()[0] if writable else 0
        self._levels = min(full, NORMAL), full
        self._level = full

    @classmethod
    def open(
        cls,
        path: str | Path,
        *,
        write: bool = True,
        create: bool = True,
        synchronous: str = "FULL",
        patience: float = 10.0,
    ) -> Self:
        """Open the store at ``path``, or a passing one at ``":memory:"``.

        ``write`` makes or updates the file and waits ``patience`` seconds for another writer's turn; without
        it nothing on disk changes. Raises NotAStore, StoreTooNew, StoreDamaged or StoreUnwritable and has
        changed nothing.
        """
        if synchronous not in ("FULL", "NORMAL", "EXTRA", "OFF"):
            raise ValueError(f"synchronous is FULL, NORMAL, EXTRA or OFF, not {synchronous!r}")
        if str(path) == file.MEMORY:
            return cls(file.open_in_memory(), file.MEMORY, writable=True)
        path = Path(path)
        if not write:
            return cls(file.open_to_read(path, patience), path, writable=False)
        conn = file.open_to_write(path, create=create, synchronous=synchronous, patience=patience)
        return cls(conn, path, writable=True)

    def close(self) -> None:
        """Give up what this process holds and close the file; closing twice is no error."""
        with self._lock:
            if self._closed:
                return
            try:
                for finish in self._on_close:
                    finish()
            finally:
                self._closed = True
                self._conn.close()
        if not self.writable and isinstance(self.path, Path):
            file.tidy(self.path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @contextmanager
    def transaction(self, *, durable: bool = True) -> Iterator[sqlite3.Connection]:
        """Write all of the block or nothing; a block inside another joins it, and undoes only itself.

        What is committed outlives the process. It outlives a power cut too if it is ``durable``; else from the next
        durable commit of anything on, which makes all before it so. Other threads wait. Raises StoreUnwritable or
        StoreDamaged for what the disk or another process does.
        """
        if not self.writable:
            raise StoreUnwritable(f"the store {self._name!r} was opened for reading only: open it to write")
        with self._lock, translated(self._name):
            inner, waiting = self._conn.in_transaction, len(self._afterwards)
            if inner:
                begin, commit, undo = "SAVEPOINT inner", "RELEASE inner", "ROLLBACK TO inner"
            else:
                begin, commit, undo = "BEGIN IMMEDIATE", "COMMIT", "ROLLBACK"
                self._set_level(self._levels[durable])
            self._conn.execute(begin)
            try:
                yield self._conn
                if not self._conn.in_transaction:
                    raise StoreUnwritable(f"a transaction on {self._name!r} was lost: nothing is written")
                self._conn.execute(commit)
            except BaseException:
                del self._afterwards[waiting:]
                self._undo(undo, commit)
                raise
            if inner:
                return
            due, self._afterwards = self._afterwards, []
            for then in self._on_commit:
                then()
        for then in due:
            then()

    def _set_level(self, level: int) -> None:
        """Say how the next commit is to reach the disk; SQLite takes it between transactions only."""
        if level != self._level:
            self._conn.execute(f"PRAGMA synchronous = {level}")
            self._level = level

    def afterwards(self, then: Callable[[], None]) -> None:
        """Call ``then`` once all is committed that this thread is writing, never if it is undone; else at once."""
        with self._lock:
            if self._conn.in_transaction:
                self._afterwards.append(then)
                return
        then()

    def _undo(self, undo: str, commit: str) -> None:
        """Roll back what SQLite has not rolled back by itself (it does, when the disk is full)."""
        if self._conn.in_transaction:
            self._conn.execute(undo)
            if undo != "ROLLBACK":
                self._conn.execute(commit)
        for forget in self._on_undo:
            forget()

    def select(self, sql: str, parameters: tuple[Any, ...] = ()) -> list[Any]:
        """Return all rows of a query; what another thread has not committed yet is not among them."""
        return self._all(sql, parameters)

    def _row(self, sql: str, parameters: tuple[Any, ...]) -> Any:
        """Return the first row of a query, or None; inside a transaction, which locks and translates for it."""
        return self._conn.execute(sql, parameters).fetchone()

    def _all(self, sql: str, parameters: tuple[Any, ...] = ()) -> list[Any]:
        """Return all rows of a query."""
        with self._lock, translated(self._name):
            return self._conn.execute(sql, parameters).fetchall()

    def _one(self, sql: str, parameters: tuple[Any, ...] = ()) -> Any:
        """Return the first row of a query, or None."""
        with self._lock, translated(self._name):
            return self._conn.execute(sql, parameters).fetchone()
