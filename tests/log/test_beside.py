"""Blobs, snapshots, sizes and the views: what stands beside the events."""

import hashlib

import pytest
from log.material import arrived, call, heard, reply, request, said, unprotected, used

from troupe_es.errors import BadReference, StoreDamaged
from troupe_es.events import Draft
from troupe_es.events.types import PersonRemoved, QuestionAnswered, QuestionAsked
from troupe_es.log import Log, SavedSnapshot, schema


def chunked(*contents: bytes) -> dict[str, bytes]:
    return {hashlib.sha256(content).hexdigest(): content for content in contents}


def save(log, branch, seq, manifest, *contents):
    log.save_snapshot(branch, seq, log.event(branch, seq).hash, "fold-1", manifest, chunked(*contents))


def test_a_blob_is_kept_once_and_comes_back(log, path):
    name = log.blob(b"\0words", "text/plain")
    assert log.blob(b"\0words", "text/html") == name == hashlib.sha256(b"\0words").hexdigest()
    assert log.read_blob(name) == b"\0words"
    assert log.sizes()["blobs"].rows == 1
    with pytest.raises(BadReference, match="no blob"):
        log.read_blob("0" * 64)
    conn = unprotected(path)
    conn.execute("UPDATE blobs SET content = x'00'")
    conn.close()
    with pytest.raises(StoreDamaged, match="was changed"):
        log.read_blob(name)


def test_the_newest_snapshot_at_or_before_a_point_is_found(log, main):
    log.append(main, [said(str(number)) for number in range(10)], 0)
    save(log, main, 3, "at 3")
    save(log, main, 6, "at 6")
    found = [log.load_snapshot(main, seq, "fold-1") for seq in (2, 3, 5, 6, 10)]
    assert found == [None, *[SavedSnapshot(3, "at 3")] * 2, *[SavedSnapshot(6, "at 6")] * 2]
    assert log.load_snapshot(main, 10, "fold-2") is None


def test_a_fork_uses_its_parents_snapshots_up_to_the_fork_and_no_further(log, main):
    log.append(main, [said(str(number)) for number in range(10)], 0)
    save(log, main, 3, "at 3")
    save(log, main, 6, "at 6")
    fork = log.fork(main, 5, "fork")
    log.append(fork, [said("x"), said("y")], 5)
    assert log.load_snapshot(fork, 7, "fold-1") == SavedSnapshot(3, "at 3")
    save(log, fork, 4, "at 4, seen from the fork")
    assert log.load_snapshot(main, 5, "fold-1") == SavedSnapshot(4, "at 4, seen from the fork")
    save(log, fork, 6, "the fork's 6")
    assert log.load_snapshot(fork, 7, "fold-1") == SavedSnapshot(6, "the fork's 6")
    assert log.load_snapshot(main, 7, "fold-1") == SavedSnapshot(6, "at 6")


def test_a_snapshot_of_another_life_or_a_damaged_one_is_passed_over(log, main):
    log.append(main, [said(str(number)) for number in range(5)], 0)
    save(log, main, 2, "at 2")
    log.save_snapshot(main, 4, b"x" * 32, "fold-1", "of another life", {})
    assert log.load_snapshot(main, 5, "fold-1") == SavedSnapshot(2, "at 2")
    save(log, main, 3, "at 3")
    log.db.execute("UPDATE snapshots SET manifest = 'at 33' WHERE seq = 3")
    assert log.load_snapshot(main, 5, "fold-1") == SavedSnapshot(2, "at 2")


def test_a_chunk_is_stored_once_and_a_damaged_one_counts_as_gone(log, main):
    log.append(main, [said("a"), said("b")], 0)
    save(log, main, 1, "1", b"lisa", b"oscar")
    save(log, main, 2, "2", b"lisa", b"oscar 2")
    assert log.sizes()["chunks"].rows == 3
    name = next(iter(chunked(b"lisa")))
    assert log.chunk(name) == b"lisa"
    log.db.execute("UPDATE chunks SET content = x'00' WHERE hash = ?", [name])
    with pytest.raises(KeyError):
        log.chunk(name)
    log.drop_snapshots()
    assert (log.sizes()["chunks"].rows, log.sizes()["snapshots"].rows) == (0, 0)
    with pytest.raises(KeyError):
        log.chunk(name)
    assert log.load_snapshot(main, 2, "fold-1") is None


def test_sizes_tell_rows_and_bytes(log, main):
    log.append(main, [said("x" * 1000) for _ in range(100)], 0)
    size = log.sizes()["events"]
    assert size.rows == 100
    assert 100_000 < size.bytes < 200_000


def rows(log, sql):
    return list(log.db.query(sql))


@pytest.fixture
def told(log, main):
    """Return a store with a life, a fork and an interview."""
    log.append(main, [arrived("lisa"), arrived("oscar"), heard("Hi"), said("Hello", 1)], 0)
    asked = request("How?", address="2/lisa/turn/0/0")
    log.ask(call(asked, main), asked.prompt, asked.parameters)
    answer = log.record([reply(asked, "Fine", prompt_tokens=5, completion_tokens=2, seconds=1.5)])[0]
    log.append(main, [used(asked, answer.hash, 2), said("Fine", 2)], 4)
    fork = log.fork(main, 5, "fork")
    log.append(fork, [Draft(PersonRemoved(person="oscar"), None, 2, ""), said("Alone", 3)], 5)
    ask = log.fork(main, 6, "question", kind="ask")
    question = QuestionAsked(person="lisa", question="Why?", edition=1)
    log.append(ask, [Draft(question), Draft(QuestionAnswered(person="lisa", answer="So."), "lisa")], 6)
    return log


def test_the_transcript_reads_across_a_fork(told):
    sql = (
        "SELECT seq, who, kind, target, content FROM transcript WHERE simulation = 'sim' AND branch = {} ORDER BY seq"
    )
    assert [tuple(row.values()) for row in rows(told, sql.format("'fork'"))] == [
        (3, "Ann", "CONVERSATION", "here", "Hi"),
        (4, "lisa", "TALK", None, "Hello"),
        (7, "lisa", "TALK", None, "Alone"),
    ]
    assert [tuple(row.values()) for row in rows(told, sql.format("'question'"))][-2:] == [
        (7, None, "QUESTION", "lisa", "Why?"),
        (8, "lisa", "ANSWER", None, "So."),
    ]


def test_actions_and_people_are_listed_per_branch(told):
    found = rows(told, "SELECT branch, person, content FROM actions WHERE branch <> 'question' ORDER BY branch, seq")
    assert [tuple(row.values()) for row in found] == [
        ("fork", "lisa", "Hello"),
        ("fork", "lisa", "Alone"),
        ("main", "lisa", "Hello"),
        ("main", "lisa", "Fine"),
    ]
    found = rows(told, "SELECT branch, person, removed_seq FROM people WHERE person = 'oscar' ORDER BY branch")
    assert [tuple(row.values()) for row in found] == [
        ("fork", "oscar", 6),
        ("main", "oscar", None),
        ("question", "oscar", None),
    ]


def test_runs_have_a_row_per_branch(told):
    columns = "branch, kind, parent, fork_seq, draw, events, head, last_step"
    assert [tuple(row.values()) for row in rows(told, f"SELECT {columns} FROM runs")] == [
        ("main", "main", None, 0, 0, 6, 6, 2),
        ("fork", "fork", "main", 5, 0, 2, 7, 3),
        ("question", "ask", "main", 6, 0, 2, 8, 0),
    ]
    told.fork(told.branch("sim"), 4, "still")
    assert rows(told, "SELECT head, last_step FROM runs WHERE branch = 'still'") == [{"head": 4, "last_step": 1}]


def test_costs_tell_what_a_life_took_and_what_was_paid_here(told):
    columns = (
        "branch, person, purpose, step, model, calls, paid, prompt_tokens, completion_tokens, paid_tokens, seconds"
    )
    assert [tuple(row.values()) for row in rows(told, f"SELECT {columns} FROM costs ORDER BY branch")] == [
        ("fork", "lisa", "turn", 2, "model", 1, 0, 5, 2, None, 1.5),
        ("main", "lisa", "turn", 2, "model", 1, 1, 5, 2, 7, 1.5),
        ("question", "lisa", "turn", 2, "model", 1, 0, 5, 2, None, 1.5),
    ]


def test_the_views_say_the_same_as_the_log(told):
    for branch in told.branches():
        sql = f"SELECT seq, type, payload FROM lives WHERE branch_id = {branch.id} ORDER BY seq"
        assert [tuple(row.values()) for row in rows(told, sql)] == [
            (row.seq, row.type, row.payload) for row in told.rows(branch)
        ]


def test_the_schema_as_text_makes_the_same_store(log, tmp_path):
    import sqlite3

    sql = "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE '%migrations%' ORDER BY name"
    conn = sqlite3.connect(":memory:")
    conn.executescript(schema.sql())
    assert conn.execute(sql).fetchall() == log.db.conn.execute(sql).fetchall()
    assert conn.execute("PRAGMA application_id").fetchone() == (schema.APPLICATION_ID,)
    conn.close()


def test_a_passing_store_is_a_whole_store():
    with Log.open(":memory:") as log:
        main = log.create_simulation("sim")
        log.append(main, [said("a")], 0)
        assert log.check() == []
        assert log.sizes()["events"].rows == 1
