"""Files: one clear message for each that cannot be used, and every byte as it was.

Whoever is root may write to what is read-only, so those tests act as another user in a process of their own.
"""

import os
import shutil
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from log import workers
from log.material import files, foreign, inhabited, said

from troupe_es.errors import NotAStore, StoreDamaged, StoreError, StoreTooNew, StoreUnwritable
from troupe_es.log import Log, schema


@pytest.fixture
def store(path):
    """Return the path of a closed store with content."""
    with Log.open(path, synchronous="OFF") as log:
        inhabited(log)
    return path


def not_a_database(path):
    path.write_text("Dear diary, " * 100)


def short_text(path):
    path.write_text("SQL")


def empty(path):
    path.write_bytes(b"")


def of_another_program(path):
    with closing(sqlite3.connect(path)) as conn:
        conn.execute("CREATE TABLE t (x)")


def of_another_program_with_a_wal(path):
    with closing(sqlite3.connect(path)) as conn:
        conn.execute("PRAGMA journal_mode = WAL")
        conn.execute("CREATE TABLE events (x)")
        conn.commit()
        for name in ("", "-wal"):
            shutil.copyfile(f"{path}{name}", f"{path}.copy{name}")
    for name in ("", "-wal"):
        Path(f"{path}.copy{name}").rename(f"{path}{name}")


def a_folder(path):
    path.mkdir()


def newer(path):
    with Log.open(path) as log:
        log.create_simulation("sim")
    with closing(foreign(path)) as conn:
        conn.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('troupe-es', '9-x', '')"
        )


def cut(path):
    with Log.open(path) as log:
        inhabited(log)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def cut_in_the_header(path):
    with Log.open(path) as log:
        inhabited(log)
    path.write_bytes(path.read_bytes()[:50])


def zeroed(path):
    with Log.open(path) as log:
        inhabited(log)
    content = path.read_bytes()
    path.write_bytes(content[:100] + bytes(len(content) - 100))


@pytest.mark.parametrize("write", [True, False])
@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (not_a_database, NotAStore, "is not an SQLite database"),
        (short_text, NotAStore, "is not an SQLite database: 3 bytes are too few"),
        (empty, NotAStore, "is empty: remove it to start a new store"),
        (of_another_program, NotAStore, "is another program's database"),
        (of_another_program_with_a_wal, NotAStore, "is another program's database"),
        (a_folder, NotAStore, "is not a file"),
        (newer, StoreTooNew, "is of a newer version .*: please update troupe-es"),
        (cut, StoreDamaged, "is damaged: .* use a backup"),
        (cut_in_the_header, NotAStore, "50 bytes are too few"),
        (zeroed, StoreDamaged, "damaged: .* use a backup"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_and_left_as_it_was(path, make, error, words, write):
    make(path)
    before = files(path.parent) if path.is_file() else None
    with pytest.raises(error, match=words) as caught:
        Log.open(path, write=write)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert before is None or files(path.parent) == before


@pytest.mark.parametrize("write", [True, False])
def test_a_store_that_is_not_there_is_not_made_unasked(path, write):
    with pytest.raises(NotAStore, match="there is no store at"):
        Log.open(path, write=write, create=False)
    with pytest.raises(NotAStore, match="there is no folder"):
        Log.open(path / "deeper" / "store.db")
    assert files(path.parent) == {}


def test_a_new_store_leaves_no_other_file(store):
    assert set(files(store.parent)) == {"store.db"}


def test_opening_a_store_again_leaves_the_locks_of_the_first_handle(store):
    def locks():
        inode = store.stat().st_ino
        lines = Path("/proc/locks").read_text().splitlines()
        return sorted(line.split(maxsplit=1)[1] for line in lines if f":{inode} " in line)

    if not Path("/proc/locks").exists():
        pytest.skip("only Linux shows who holds which lock")
    with Log.open(store, synchronous="OFF") as log:
        log.simulations()
        held = locks()
        assert held
        with Log.open(store, synchronous="OFF"):
            pass
        with Log.open(store, write=False):
            pass
        assert log.check() == []
        assert locks() == held


def test_processes_that_make_the_same_store_at_once_share_it(path):
    counts = workers.together(workers.create, [(path, f"s{number}") for number in range(4)])
    assert max(counts) == 4
    assert set(files(path.parent)) == {"store.db"}


def test_reading_changes_nothing_on_disk(store):
    before = files(store.parent)
    with Log.open(store, write=False) as log:
        assert len(list(log.events(log.branch("sim")))) == 5
        assert log.check() == []
        with pytest.raises(StoreUnwritable, match="opened for reading only"):
            log.append(log.branch("sim"), [said("x")], 5)
    assert files(store.parent) == before


def test_what_a_dead_writer_left_in_the_wal_is_read_and_not_touched(store, tmp_path):
    with Log.open(store, synchronous="OFF") as log:
        log.append(log.branch("other"), [said("late")], 1)
        dead = tmp_path / "dead"
        dead.mkdir()
        for name in ("store.db", "store.db-wal"):
            shutil.copyfile(store.with_name(name), dead / name)
    before = files(dead)
    assert before["store.db-wal"]
    with Log.open(dead / "store.db", write=False) as log:
        assert log.head(log.branch("other")).seq == 2
    after = files(dead)
    assert {name: after[name] for name in before} == before
    with Log.open(dead / "store.db", synchronous="OFF") as log:
        assert log.head(log.branch("other")).seq == 2


def test_a_reader_sees_what_a_writer_commits(store):
    with Log.open(store, write=False) as reader, Log.open(store, synchronous="OFF") as writer:
        main = writer.branch("sim")
        head = writer.head(main).seq
        writer.append(main, [said("x")], head)
        assert reader.head(main).seq == head + 1
        with writer.transaction():
            writer.append(main, [said("y")], head + 1)
            assert reader.head(main).seq == head + 1


def test_a_store_another_process_writes_to_is_waited_for_and_then_refused(store):
    with Log.open(store, synchronous="OFF", patience=0.05) as log, closing(foreign(store)) as other:
        main = log.branch("sim")
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnwritable, match=r"store.db'.*another process is writing to it: wait"):
            log.append(main, [said("x")], 5)
        with pytest.raises(StoreUnwritable, match="another process is writing"):
            Log.open(store, patience=0.05)
        assert log.head(main).seq == 5
        other.execute("ROLLBACK")
        log.append(main, [said("x")], 5)


def test_a_full_disk_loses_nothing_and_writing_goes_on_when_there_is_space(log, main):
    log.append(main, [said("a")], 0)
    pages = log.db.execute("PRAGMA page_count").fetchone()[0]
    log.db.execute(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(StoreUnwritable, match="no space left"):
        log.append(main, [said("x" * 100_000)], 1)
    with pytest.raises(StoreUnwritable, match="no space left"), log.transaction():
        log.append(main, [said("b")], 1)
        log.append(main, [said("x" * 100_000)], 2)
    assert [event.body.content for event in log.events(main)] == ["a"]
    log.db.execute("PRAGMA max_page_count = 1000000")
    log.append(main, [said("b")], 1)
    assert log.check() == []


def test_a_block_whose_transaction_is_lost_says_so_instead_of_going_on(log, main):
    with pytest.raises(StoreUnwritable, match=r"a transaction .* was lost"), log.transaction() as conn:
        log.append(main, [said("a")], 0)
        conn.execute("ROLLBACK")
    assert log.head(main).seq == 0


@pytest.fixture
def public():
    """Return a folder that every user may enter."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def as_nobody(path, write):
    """Open the store as a user without rights and return what happened."""
    here, there = workers.FORK.Pipe()
    process = workers.FORK.Process(target=workers.open_as_nobody, args=(path, write, there))
    process.start()
    assert here.poll(30)
    happened = here.recv()
    process.join()
    return happened


@pytest.mark.skipif(os.name != "posix", reason="there are other permissions elsewhere")
@pytest.mark.parametrize(("file_mode", "folder_mode"), [(0o444, 0o555), (0o444, 0o777), (0o666, 0o555)])
def test_a_read_only_store_is_refused_for_writing_and_can_be_read(public, file_mode, folder_mode):
    path = public / "store.db"
    with Log.open(path, synchronous="OFF") as log:
        inhabited(log)
    path.chmod(file_mode)
    public.chmod(folder_mode)
    before = files(public)
    refused = as_nobody(path, True)
    assert refused.startswith(f"StoreUnwritable: cannot write to '{path}'")
    assert "make file and folder writable" in refused or "check the permissions" in refused
    assert files(public) == before
    assert as_nobody(path, False) == "opened with 2 simulations"
    assert files(public) == before


@given(st.binary(max_size=300))
def test_no_file_makes_opening_raise_anything_but_our_errors(content):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "store.db"
        path.write_bytes(content)
        with pytest.raises(StoreError):
            Log.open(path)
        assert files(path.parent) == {"store.db": content}


@given(st.data())
def test_no_damage_makes_opening_or_checking_raise_anything_but_our_errors(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "fuzzed.db"
    for name in ("", "-wal", "-shm"):
        Path(f"{path}{name}").unlink(missing_ok=True)
    with Log.open(path, synchronous="OFF") as log:
        inhabited(log)
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 20))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    try:
        with Log.open(path, synchronous="OFF") as log:
            log.check()
            log.sizes()
            for branch in log.branches():
                log.check(branch)
                list(log.rows(branch))
    except (StoreError, ValueError):
        pass


def test_migrations_are_known_by_name_and_applied_once(store):
    before = files(store.parent)
    with Log.open(store) as log:
        applied = log.db.execute("SELECT name FROM _sqlite_migrations").fetchall()
    assert applied == [(name,) for name in sorted(schema.known())]
    assert files(store.parent) == before


def test_views_are_those_of_the_program_that_opens_the_store_for_writing(store):
    def views(path):
        with closing(sqlite3.connect(path)) as conn:
            return dict(conn.execute("SELECT name, sql FROM sqlite_master WHERE type = 'view'"))

    Log.open(store).close()
    whole = views(store)
    with closing(sqlite3.connect(store)) as conn:
        conn.execute("DROP VIEW transcript")
        conn.execute("DROP VIEW actions")
        conn.execute("CREATE VIEW transcript AS SELECT 'of long ago' AS text")
    Log.open(store, write=False).close()
    assert views(store)["transcript"].endswith("'of long ago' AS text")
    Log.open(store).close()
    assert views(store) == whole
