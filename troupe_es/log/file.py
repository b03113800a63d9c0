"""Opens store files: what is not ours, too new or cut is refused before SQLite may touch it.

A file is judged by its first 100 bytes and, read-only, by the migrations it names; only then is it opened for
real. So a refusal leaves every byte as it was and no ``-wal`` or ``-shm`` beside it. A new store is built
under a temporary name and linked into place whole: nobody ever meets half a store, and two processes that
create the same one at once end up with the same one.
"""

import os
import secrets
import sqlite3
from pathlib import Path

import sqlite_utils

from troupe_es.errors import NotAStore, StoreDamaged, StoreTooNew, StoreUnwritable
from troupe_es.log import schema
from troupe_es.log.faults import translated

HEADER = 100
MAGIC = b"SQLite format 3\0"
MEMORY = ":memory:"


def connect(path: Path, query: str, patience: float = 10.0) -> sqlite3.Connection:
    """Open ``path`` with the URI parameters ``query``, in autocommit: transactions are begun by name."""
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?{query}",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        timeout=patience,
    )


def open_to_write(path: Path, *, create: bool, synchronous: str, patience: float) -> sqlite3.Connection:
    """Return a writing connection to ``path``, which is made or brought up to date first."""
    if not path.exists():
        if not create:
            raise NotAStore(f"there is no store at {str(path)!r}: check the path, or start a run to make one")
        build(path)
    inspect(path)
    with translated(str(path)):
        conn = connect(path, "mode=rw", patience)
        try:
            conn.execute("PRAGMA journal_mode = WAL")
            conn.execute(f"PRAGMA synchronous = {synchronous}")
            conn.execute("BEGIN IMMEDIATE")
            schema.MIGRATIONS.apply(sqlite_utils.Database(conn, execute_plugins=False))
            conn.execute("COMMIT")
        except BaseException:
            conn.close()
            raise
    return conn


def open_to_read(path: Path, patience: float) -> sqlite3.Connection:
    """Return a reading connection to ``path``; in a read-only folder the file is taken as it stands."""
    if not path.exists():
        raise NotAStore(f"there is no store at {str(path)!r}: check the path")
    inspect(path)
    with translated(str(path)):
        conn = connect(path, "mode=ro", patience)
        try:
            conn.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except sqlite3.OperationalError as error:
            conn.close()
            closed = error.sqlite_errorname in ("SQLITE_CANTOPEN", "SQLITE_READONLY_DIRECTORY")
            if not closed or has_wal(path):
                raise
            return connect(path, "mode=ro&immutable=1")
    return conn


def open_in_memory() -> sqlite3.Connection:
    """Return a connection to a new store that lives as long as it does."""
    conn = sqlite3.connect(MEMORY, isolation_level=None, check_same_thread=False)
    fill(conn)
    return conn


def fill(conn: sqlite3.Connection) -> None:
    """Make the empty database behind ``conn`` a store."""
    conn.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
    schema.MIGRATIONS.apply(sqlite_utils.Database(conn, execute_plugins=False))


def build(path: Path) -> None:
    """Make a new store at ``path``; one that has come into being meanwhile is left alone."""
    if not path.parent.is_dir():
        raise NotAStore(f"there is no folder {str(path.parent)!r}: create it, or check the path")
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}.new")
    try:
        with translated(str(path)):
            conn = connect(draft, "mode=rwc")
            try:
                fill(conn)
                conn.execute("PRAGMA journal_mode = WAL")
            finally:
                conn.close()
        put(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def put(draft: Path, path: Path) -> None:
    """Give ``draft`` its name, unless the name is taken by now."""
    try:
        os.link(draft, path)
    except FileExistsError:
        return
    except OSError:  # a file system without hard links: the window between look and move is the best there is
        if not path.exists():
            draft.rename(path)


def has_wal(path: Path) -> bool:
    """Say whether committed pages may stand beside the file, not yet in it."""
    wal = path.with_name(path.name + "-wal")
    return wal.exists() and wal.stat().st_size > 0


def inspect(path: Path) -> None:
    """Refuse ``path`` unless it is a whole store of this or an older version; changes nothing on disk."""
    name = str(path)
    if not path.is_file():
        raise NotAStore(f"{name!r} is not a file: name the store's file")
    try:
        with path.open("rb") as file:
            header = file.read(HEADER)
        size = path.stat().st_size
    except OSError as error:
        raise StoreUnwritable(f"cannot read {name!r}: {error.strerror or error}") from error
    judge_header(name, header)
    if not has_wal(path):
        judge_size(name, header, size)
    judge_migrations(path)


def judge_header(name: str, header: bytes) -> None:
    """Refuse what is no database, and databases of other programs."""
    if not header:
        raise NotAStore(f"{name!r} is empty: remove it to start a new store there, or take it from a backup")
    if not header.startswith(MAGIC[: len(header)]):
        raise NotAStore(f"{name!r} is not an SQLite database: name a store, or a path not yet taken")
    if len(header) < HEADER:
        raise StoreDamaged(f"{name!r} is cut off after {len(header)} bytes: take it from a backup")
    if int.from_bytes(header[68:72], "big") != schema.APPLICATION_ID:
        raise NotAStore(f"{name!r} is another program's database: name a store, or a path not yet taken")


def judge_size(name: str, header: bytes, size: int) -> None:
    """Refuse a file that is shorter than its header says."""
    page = int.from_bytes(header[16:18], "big")
    page = 65536 if page == 1 else page
    wanted = page * int.from_bytes(header[28:32], "big")
    if header[24:28] == header[92:96] and size < wanted:
        raise StoreDamaged(f"{name!r} is cut off: {size} of {wanted} bytes are there; take it from a backup")


def judge_migrations(path: Path) -> None:
    """Refuse a store that names migrations unknown here, or whose list of them cannot be read."""
    name = str(path)
    with translated(name):
        # immutable keeps SQLite from leaving files beside this one; with a WAL there already, it must be read
        conn = connect(path, "mode=ro" if has_wal(path) else "mode=ro&immutable=1")
        try:
            applied = {row[0] for row in conn.execute("SELECT name FROM _sqlite_migrations")}
        except sqlite3.OperationalError as error:
            if "no such table" not in str(error):
                raise
            raise StoreDamaged(f"{name!r} has lost its list of migrations: take it from a backup") from error
        finally:
            conn.close()
    unknown = sorted(applied - schema.known())
    if unknown:
        raise StoreTooNew(f"{name!r} is of a newer version ({unknown[0]!r}): please update troupe-es")


def tidy(path: Path) -> None:
    """Take away the empty ``-wal`` and ``-shm`` that a reading connection left, if nobody uses them.

    SQLite does it itself when the last writing connection closes, under its own locks; with an empty WAL it
    writes nothing to the file.
    """
    if has_wal(path) or not path.with_name(path.name + "-wal").exists():
        return
    try:
        conn = connect(path, "mode=rw", 0.0)
    except sqlite3.Error:
        return  # they stay, and do no harm
    try:
        conn.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.Error:
        return  # the same: somebody is busy with it
    finally:
        conn.close()
