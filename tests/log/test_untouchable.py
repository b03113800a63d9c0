"""History cannot be edited: not by us, not by another program, not through REPLACE."""

import re
import sqlite3
from pathlib import Path

import pytest
from log.material import foreign, inhabited

import troupe_es
from troupe_es.log import Log, schema

TABLES = tuple(schema.KEYS)


@pytest.fixture(params=["ours", "foreign", "foreign without recursive triggers"])
def conn(request, path):
    with Log.open(path, synchronous="OFF") as log:
        inhabited(log)
        if request.param == "ours":
            yield log.db.conn
            return
        other = foreign(path)
        other.execute(f"PRAGMA recursive_triggers = {'without' not in request.param}")
        yield other
        other.close()


def test_nobody_but_the_log_queries_its_connection_which_would_go_past_its_lock():
    package = Path(troupe_es.__file__).parent
    outside = [path for path in package.rglob("*.py") if "log" not in path.relative_to(package).parts[:1]]
    assert len(outside) > 300
    assert [path.name for path in outside if re.search(r"\blog\.db\b", path.read_text(encoding="utf-8"))] == []


def columns_of(conn, table):
    return [row[1] for row in conn.execute(f"PRAGMA table_info({table})")]


@pytest.mark.parametrize("table", TABLES)
def test_no_row_of_history_can_be_updated_deleted_or_replaced(conn, table):
    before = conn.execute(f"SELECT * FROM {table}").fetchall()
    columns = columns_of(conn, table)
    assert before
    edits = [f"UPDATE {table} SET {column} = {column}" for column in columns]
    edits += [f"DELETE FROM {table}", f"REPLACE INTO {table} SELECT * FROM {table}"]
    for edit in edits:
        with pytest.raises(sqlite3.IntegrityError, match="history cannot be edited"):
            conn.execute(edit)
    assert conn.execute(f"SELECT * FROM {table}").fetchall() == before


@pytest.mark.parametrize(("table", "key"), [(table, key) for table in TABLES for key in schema.KEYS[table]])
def test_no_row_can_be_replaced_through_any_one_of_its_keys(conn, table, key):
    before = conn.execute(f"SELECT * FROM {table}").fetchall()
    columns = columns_of(conn, table)
    fixed = key.split(", ")
    fresh = {"id": "1000000", "position": "1000000", "seq": "1000000", "name": "'new'", "hash": "x'00'"}
    values = [column if column in fixed else fresh.get(column, column) for column in columns]
    for verb in ("REPLACE", "INSERT OR REPLACE"):
        with pytest.raises(sqlite3.IntegrityError, match="history cannot be edited"):
            conn.execute(f"{verb} INTO {table} SELECT {', '.join(values)} FROM {table} LIMIT 1")
    assert conn.execute(f"SELECT * FROM {table}").fetchall() == before


@pytest.mark.parametrize("table", TABLES)
def test_an_upsert_cannot_edit_either(conn, table):
    key, column = schema.KEYS[table][0], columns_of(conn, table)[-1]
    with pytest.raises(sqlite3.IntegrityError, match="history cannot be edited"):
        conn.execute(
            f"INSERT INTO {table} SELECT * FROM {table} WHERE 1 "
            f"ON CONFLICT ({key}) DO UPDATE SET {column} = excluded.{column}"
        )
