"""Turns SQLite's errors into ours: one sentence that names the file and the remedy."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from troupe_es.errors import StoreDamaged, StoreError, StoreUnwritable

UNWRITABLE = {
    "SQLITE_FULL": "there is no space left for it: free some and go on; nothing written so far is lost",
    "SQLITE_BUSY": "another process is writing to it: wait for that to finish, or end it",
    "SQLITE_LOCKED": "another connection is writing to it: wait for that to finish, or end it",
    "SQLITE_READONLY": "it is read-only: make file and folder writable, or work on a copy",
    "SQLITE_CANTOPEN": "it cannot be opened: check the permissions of file and folder",
    "SQLITE_PERM": "it cannot be opened: check the permissions of file and folder",
    "SQLITE_IOERR": "the disk failed to read or write it: check the disk, then run `troupe verify`",
}
DAMAGED = {
    "SQLITE_CORRUPT": "bytes are missing or were changed: use a backup, or import an exported bundle",
    "SQLITE_NOTADB": "its first bytes are not a database's: use a backup, or import an exported bundle",
}


def translate(error: sqlite3.Error, path: str) -> StoreError | None:
    """Return our error for ``error``, or None where it speaks of a fault in this program."""
    name = "_".join(getattr(error, "sqlite_errorname", "").split("_")[:2])
    if name in UNWRITABLE:
        return StoreUnwritable(f"cannot write to {path!r}: {UNWRITABLE[name]}")
    if name in DAMAGED or "Could not decode to UTF-8" in str(error):
        reason = DAMAGED.get(name, DAMAGED["SQLITE_CORRUPT"])
        return StoreDamaged(f"the store {path!r} is damaged: {reason}")
    return None


@contextmanager
def translated(path: str, *, opening: bool = False) -> Iterator[None]:
    """Raise our errors for SQLite's inside the block; while ``opening``, what nobody knows is damage, too."""
    try:
        yield
    except sqlite3.Error as error:
        ours = translate(error, path)
        if ours is None and opening:
            ours = StoreDamaged(f"the store {path!r} is damaged ({error}): {DAMAGED['SQLITE_CORRUPT']}")
        if ours is None:
            raise
        raise ours from error
