"""One changed byte is found and named; what cannot be found is said."""

import shutil
import sqlite3
from contextlib import closing

import pytest
from hypothesis import assume, given, reject
from hypothesis import strategies as st
from log.material import inhabited, said, unprotected

from troupe_es.events import chain
from troupe_es.log import Log
from troupe_es.log.rows import event_checksum

KEYS = {"simulations": "id", "branches": "id", "events": "position", "answers": "id"}
NAMES = {
    "simulations": "SELECT name FROM simulations WHERE id = ?",
    "branches": "SELECT s.name || '/' || b.name FROM branches b JOIN simulations s ON s.id = b.simulation "
    "WHERE b.id = ?",
    "events": "SELECT s.name || '/' || b.name || '@' || e.seq FROM events e JOIN branches b ON b.id = e.branch "
    "JOIN simulations s ON s.id = b.simulation WHERE e.position = ?",
    "answers": "SELECT id FROM answers WHERE id = ?",
}


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    """Return a healthy store that is copied for each example."""
    path = tmp_path_factory.mktemp("sample") / "store.db"
    with Log.open(path, synchronous="OFF") as log:
        inhabited(log)
        assert log.check() == []
    return path


@pytest.fixture(scope="module")
def victim(sample):
    """Return where the copies go."""
    return sample.with_name("victim.db")


def copied(sample, victim):
    for beside in ("-wal", "-shm"):
        victim.with_name(victim.name + beside).unlink(missing_ok=True)
    shutil.copyfile(sample, victim)
    return victim


def changed(draw, value):
    """Draw something that ``value`` may have become."""
    if isinstance(value, int):
        return draw(st.one_of(st.integers(-3, 99), st.integers(0, 40).map(lambda bit: value ^ (1 << bit))))
    if isinstance(value, float):
        return draw(st.floats(allow_nan=False))
    if isinstance(value, bytes):
        place = draw(st.integers(0, len(value) - 1))
        return value[:place] + bytes([value[place] ^ 1 << draw(st.integers(0, 7))]) + value[place + 1 :]
    text = value or ""
    place = draw(st.integers(0, len(text)))
    letter = draw(st.characters(codec="utf-8"))
    return draw(st.sampled_from([None, "", text[:place] + letter + text[place + 1 :], text + letter]))


@given(data=st.data())
@pytest.mark.parametrize("table", list(KEYS))
def test_one_changed_value_in_any_column_is_found_and_named(sample, victim, table, data):
    with closing(unprotected(copied(sample, victim))) as conn:
        conn.execute("PRAGMA ignore_check_constraints = ON")
        cursor = conn.execute(f"SELECT * FROM {table}")
        columns, rows = [item[0] for item in cursor.description], cursor.fetchall()
        row = data.draw(st.sampled_from(rows))
        place = data.draw(st.integers(0, len(columns) - 1))
        key, column = row[0], columns[place]
        name = str(conn.execute(NAMES[table], (key,)).fetchone()[0])
        new = changed(data.draw, row[place])
        try:
            conn.execute(f"UPDATE {table} SET {column} = ? WHERE {KEYS[table]} = ?", (new, key))
        except sqlite3.IntegrityError:
            reject()
        after = conn.execute(f"SELECT * FROM {table}").fetchall()
    assume(list(map(repr, after)) != list(map(repr, rows)))
    with Log.open(victim, synchronous="OFF") as log:
        found = log.check()
    if column in ("name", "id", "simulation"):  # what a row is called has changed, too
        assert any(damage.table == table for damage in found), (name, column, new)
    else:
        assert any(damage.table == table and damage.key == name for damage in found), (name, column, new, found)


@given(data=st.data())
@pytest.mark.parametrize("column", ["payload", "hash", "type", "actor", "time"])
def test_one_flipped_bit_on_the_disk_is_found(sample, victim, column, data):
    copied(sample, victim)
    sql = f"SELECT CAST({column} AS BLOB), CAST(payload AS BLOB), hash FROM events WHERE {column} IS NOT NULL"
    with closing(sqlite3.connect(victim)) as conn:
        rows = conn.execute(sql).fetchall()
    value, payload, hash = data.draw(st.sampled_from(rows))
    content = victim.read_bytes()
    end = content.index(payload + hash) + len(payload + hash)  # a row's columns stand one after another
    offset = content.rindex(value, 0, end) + data.draw(st.integers(0, len(value) - 1))
    broken = bytearray(content)
    broken[offset] ^= 1 << data.draw(st.integers(0, 7))
    victim.write_bytes(broken)
    with Log.open(victim, synchronous="OFF") as log:
        assert log.check() != []


def edited(path, *statements):
    with closing(unprotected(path)) as conn:
        for statement in statements:
            conn.execute(statement)


def test_one_changed_event_is_one_fault_and_its_kind_is_told(sample, victim):
    for statement, key, words in [
        ("UPDATE events SET payload = replace(payload, 'a ', 'A ') WHERE position = 3", "sim/main@3", "payload was"),
        ("UPDATE events SET step = 7 WHERE position = 2", "sim/main@2", "step, time, cause, payload was changed"),
        ("UPDATE events SET hash = zeroblob(32) WHERE position = 2", "sim/main@2", "its hash was changed"),
        ("UPDATE events SET hash = zeroblob(32) WHERE position = 3", "sim/main@3", "its hash was changed"),
        ("UPDATE events SET recorded_at = 0 WHERE position = 2", "sim/main@2", "recorded_at, checksum was"),
        ("UPDATE events SET branch = 3 WHERE position = 4", "sim/main@4", "its branch was changed, to 3"),
        ("UPDATE events SET branch = 77 WHERE position = 4", "sim/main@4", "its branch was changed, to 77"),
        ("UPDATE events SET seq = 9 WHERE position = 4", "sim/main@4", "its seq was changed, to 9"),
        ("DELETE FROM events WHERE position = 2", "sim/main@2", "events 2 to 2 are missing"),
    ]:
        edited(copied(sample, victim), statement)
        with Log.open(victim, synchronous="OFF") as log:
            found = [damage for damage in log.check() if damage.table == "events"]
        assert [damage.key for damage in found] == [key], (statement, found)
        assert words in found[0].what


def test_a_forgery_with_the_right_checksum_breaks_the_chain(sample, victim):
    conn = unprotected(copied(sample, victim))
    row = list(conn.execute("SELECT * FROM events WHERE position = 2").fetchone())
    row[9] = row[9].replace("Hi", "No")
    conn.execute(
        "UPDATE events SET payload = ?, checksum = ? WHERE position = 2", (row[9], event_checksum(*row[:12]))
    )
    conn.close()
    with Log.open(victim, synchronous="OFF") as log:
        assert [damage.key for damage in log.check()] == ["sim/main@2"]


def test_a_forgery_of_everything_after_it_differs_from_a_head_written_down(sample, victim):
    conn = unprotected(copied(sample, victim))
    branch, previous = conn.execute("SELECT branch, hash FROM events ORDER BY position DESC LIMIT 1").fetchone()
    row = [99, branch, 2, "action-taken", 1, "lisa", 1, "", None, '{"content":"","kind":"TALK"}']
    row += [chain(previous, *row[2:10]), 0]
    conn.execute(f"INSERT INTO events VALUES ({'?, ' * 12}?)", (*row, event_checksum(*row)))
    conn.close()
    with Log.open(sample, write=False) as log:
        head = log.head(log.branch("other")).hash
    with Log.open(victim, synchronous="OFF") as log:
        assert log.check() == []
        assert not log.check_head(log.branch("other"), head)


def test_a_cut_tail_is_found_only_against_a_head_written_down(log, main, path):
    log.append(main, [said("a"), said("b"), said("c")], 0)
    head = log.head(main).hash
    assert log.check_head(main, head)
    assert log.check_head(main, head.hex())
    edited(path, "DELETE FROM events WHERE seq = 3")
    assert log.check() == []
    assert not log.check_head(main, head)


def test_a_tail_cut_below_a_fork_is_found(log, main, path):
    log.append(main, [said("a"), said("b"), said("c")], 0)
    fork = log.fork(main, 2, "fork")
    log.append(fork, [said("x")], 2)
    edited(path, "DELETE FROM events WHERE branch = 1 AND seq >= 2")
    assert ("branches", "sim/fork") in [damage[:2] for damage in log.check()]
    assert log.check(fork) != []


@pytest.mark.parametrize(
    ("statement", "table"),
    [
        ("UPDATE messages SET content = 'x' WHERE id = 1", "messages"),
        ("UPDATE messages SET hash = zeroblob(32) WHERE id = 1", "messages"),
        ("UPDATE messages SET parent = NULL WHERE id = 2", "messages"),
        ("UPDATE messages SET parent = 9 WHERE id = 2", "messages"),
        ("UPDATE messages SET role = x'00' WHERE id = 2", "messages"),
        ("DELETE FROM messages WHERE id = 2", "requests"),
        ("UPDATE requests SET parameters = '{}'", "requests"),
        ("UPDATE requests SET message = 1", "requests"),
        ("UPDATE requests SET hash = 'x'", "requests"),
        ("DELETE FROM requests", "answers"),
        ("UPDATE blobs SET content = x'00'", "blobs"),
        ("UPDATE blobs SET content = 'people: []'", "blobs"),
        ("DELETE FROM blobs", "simulations"),
        ("DELETE FROM simulations WHERE id = 1", "branches"),
        ("DELETE FROM branches WHERE id = 1", "branches"),
        ("DELETE FROM branches WHERE id = 2", "events"),
    ],
)
def test_what_is_changed_or_missing_elsewhere_is_found(sample, victim, statement, table):
    edited(copied(sample, victim), statement)
    with Log.open(victim, synchronous="OFF") as log:
        assert table in [damage.table for damage in log.check()]


def test_a_damaged_life_does_not_spoil_the_check_of_another(sample, victim):
    edited(copied(sample, victim), "UPDATE events SET payload = '{}' WHERE branch = 2 AND seq = 5")
    with Log.open(victim, synchronous="OFF") as log:
        assert log.check(log.branch("sim")) == []
        assert [damage.key for damage in log.check(log.branch("sim", "fork"))] == ["sim/fork@5"]


def test_an_index_that_no_longer_fits_its_table_is_found(sample, victim):
    edited(
        copied(sample, victim),
        "PRAGMA writable_schema = ON",
        "CREATE TABLE empty (branch INTEGER, seq INTEGER, UNIQUE (branch, seq))",
        "UPDATE sqlite_master SET rootpage = (SELECT rootpage FROM sqlite_master WHERE name = "
        "'sqlite_autoindex_empty_1') WHERE name = 'sqlite_autoindex_events_1'",
        "DELETE FROM sqlite_master WHERE tbl_name = 'empty'",
    )
    with Log.open(victim, synchronous="OFF") as log:
        assert "file" in [damage.table for damage in log.check()]


def test_the_check_goes_on_beside_a_writer(log, main):
    log.append(main, [said("a")], 0)
    with log.transaction():
        log.append(main, [said("b")], 1)
        assert log.check() == []
    assert log.check() == []
