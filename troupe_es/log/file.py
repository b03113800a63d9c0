"""Opens store files: what is not ours, too new or cut is refused before SQLite may touch it.

A file is judged read-only, by its header and by the migrations it names; only then is it opened for real. So a
refusal leaves every byte as it was and no ``-wal`` or ``-shm`` beside it. All of that goes through SQLite, even
the look at the header: were this process to open and close the file by itself, the system would drop the locks
that its other connections hold, and another process could take their WAL away.

A new store is built under a temporary name and linked into place whole: nobody ever meets half a store, and two
processes that create the same one at once end up with the same one.
"""

import os
import secrets
import sqlite3
from contextlib import closing
from pathlib import Path

import sqlite_utils

from troupe_es.errors import NotAStore, StoreDamaged, StoreTooNew, StoreUnwritable
from troupe_es.log import schema
from troupe_es.log.faults import UNWRITABLE, translated

SMALLEST = 512
"""Bytes of the smallest page, so of the smallest database."""
MEMORY = ":memory:"
CACHE = 16_000
"""Kilobytes of the file that whoever writes keeps at hand: what hundreds ask at once, and the indexes of it."""


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
    if not os.access(path, os.W_OK):  # SQLite would open it all the same, and refuse the first write
        raise StoreUnwritable(f"cannot write to {str(path)!r}: {UNWRITABLE['SQLITE_READONLY']}")
    with translated(str(path), opening=True):
        conn = connect(path, "mode=rw", patience)
        try:
            conn.execute("PRAGMA journal_mode = WAL")
            conn.execute(f"PRAGMA synchronous = {synchronous}")
            conn.execute(f"PRAGMA cache_size = -{CACHE}")
            conn.execute("BEGIN IMMEDIATE")
            schema.MIGRATIONS.apply(sqlite_utils.Database(conn, execute_plugins=False))
            schema.renew_views(conn)
            conn.execute("COMMIT")
        except BaseException:
            conn.close()
            raise
    return conn


def open_to_read(path: Path, patience: float) -> sqlite3.Connection:
    """Return a reading connection to ``path``.

    Where the file or its folder is read-only for us and nobody has it open, the file is taken as it stands: the
    WAL that SQLite would want beside it could not be made, or would be left there under the wrong owner. Such a
    reader does not see what is written later.
    """
    if not path.exists():
        raise NotAStore(f"there is no store at {str(path)!r}: check the path")
    inspect(path)
    ours = os.access(path, os.W_OK) and os.access(path.absolute().parent, os.W_OK)
    in_use = path.with_name(path.name + "-wal").exists()
    with translated(str(path), opening=True):
        if ours or in_use:
            return looked_at(connect(path, "mode=ro", patience))
        return looked_at(connect(path, "mode=ro&immutable=1"))


def looked_at(conn: sqlite3.Connection) -> sqlite3.Connection:
    """Return ``conn`` once it has really opened its file, which SQLite puts off until something is read."""
    try:
        conn.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except BaseException:
        conn.close()
        raise
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
        with translated(str(path), opening=True):
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
    size = path.stat().st_size
    if size == 0:
        raise NotAStore(f"{name!r} is empty: remove it to start a new store there, or take it from a backup")
    if size < SMALLEST:
        raise NotAStore(f"{name!r} is not an SQLite database: {size} bytes are too few")
    judge_header(path)
    judge_migrations(path)


def judge_header(path: Path) -> None:
    """Refuse what is no database, and databases of other programs.

    ``immutable`` keeps SQLite from leaving files beside this one.
    """
    name = str(path)
    try:
        with translated(name, opening=True), closing(connect(path, "mode=ro&immutable=1")) as conn:
            found = conn.execute("PRAGMA application_id").fetchone()[0]
    except StoreDamaged as error:
        if getattr(error.__cause__, "sqlite_errorname", "") == "SQLITE_NOTADB":
            words = f"{name!r} is not an SQLite database: name a store, or a path not yet taken"
            raise NotAStore(words) from error
        if has_wal(path):
            return  # a checkpoint broke off half-way: the file is whole only together with its WAL
        raise
    if found != schema.APPLICATION_ID:
        raise NotAStore(f"{name!r} is another program's database: name a store, or a path not yet taken")


def judge_migrations(path: Path) -> None:
    """Refuse a store that names migrations unknown here, or whose list of them cannot be read."""
    name = str(path)
    query = "mode=ro" if has_wal(path) else "mode=ro&immutable=1"
    with translated(name, opening=True), closing(connect(path, query)) as conn:
        sql = "SELECT name FROM _sqlite_migrations WHERE migration_set = ?"
        applied = {row[0] for row in conn.execute(sql, (schema.MIGRATIONS.name,))}
    unknown = sorted(map(str, applied - schema.known()))
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
