"""The write-ahead log is brought back into the file while a run goes on, and by one process at a time."""

from pathlib import Path

import pytest

from troupe_es.log import Log, checkpoints, process


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints, "EVERY", 20)


def pages_left(log: Log) -> int:
    """Return how many pages of the write-ahead log are not in the file yet (a look at them brings them in)."""
    _, written, moved = log.db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    return int(written - moved)


def test_a_long_run_does_not_let_the_write_ahead_log_grow(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    wal = path.with_name("store.db-wal")
    with Log.open(path) as log:
        sizes = []
        for number in range(400):
            log.blob(bytes([number % 256]) * 8000 + str(number).encode(), "text/plain")
            sizes.append(wal.stat().st_size)
        assert max(sizes[200:]) <= 1.2 * max(sizes[:100])


def test_nobody_checkpoints_while_another_process_does(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    with Log.open(path) as log:
        log.db.execute("INSERT INTO leases VALUES (0, ?, 1, 0)", (process.this(),))  # a living one: this
        for number in range(60):
            log.blob(str(number).encode(), "text/plain")
        before = path.stat().st_size
        log.db.execute("UPDATE leases SET owner = 'elsewhere:1:1' WHERE branch = 0")  # silent since 1970
        for number in range(60):
            log.blob(f"again {number}".encode(), "text/plain")
        assert path.stat().st_size > before


def test_sqlite_never_checkpoints_on_its_own(tmp_path: Path) -> None:
    with Log.open(tmp_path / "store.db") as log:
        assert log.db.execute("PRAGMA wal_autocheckpoint").fetchone() == (0,)
        assert pages_left(log) == 0
