"""Appending: where the writer thinks the branch stands, whole or not at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from log import workers
from log.material import TIME, foreign, said

from troupe_es.errors import BadReference, LeaseHeld, StoreDamaged, WrongPosition
from troupe_es.events import GENESIS, Draft, chain
from troupe_es.events.types import ActionTaken
from troupe_es.log import Head, Lease, Log


def test_what_is_appended_is_what_is_read(log, main):
    written = log.append(main, [said("one"), said("two"), said("three", 2)], 0)
    assert list(log.events(main)) == written
    assert [event.seq for event in written] == [1, 2, 3]
    assert log.event(main, 2) == written[1]
    assert log.head(main) == Head(3, written[2].hash)


def test_every_event_is_chained_to_the_one_before(log, main):
    log.append(main, [said("one"), said("two")], 0)
    log.append(main, [said("three")], 2)
    previous = GENESIS
    for row in log.rows(main):
        assert row.hash == chain(previous, *row[:-1])
        previous = row.hash


def test_equal_lives_have_equal_hashes_whatever_stands_beside_them(log, main):
    other = log.create_simulation("other")
    log.append(main, [said("one")], 0)
    log.append(other, [said("one"), said("two")], 0)
    log.append(main, [said("two")], 1)
    assert log.head(main) == log.head(other)


@pytest.mark.parametrize("expected", [0, 1, 3, -1])
def test_a_writer_who_is_elsewhere_is_told_both_positions_and_writes_nothing(log, main, expected):
    log.append(main, [said("one"), said("two")], 0)
    with pytest.raises(WrongPosition, match=rf"sim/main stands at event 2, not at {expected}"):
        log.append(main, [said("three")], expected)
    assert log.head(main).seq == 2


def test_of_two_processes_that_append_at_once_each_event_is_whole_and_in_place(log, main, path):
    accepted = workers.together(workers.append_blindly, [(path, 40, "a"), (path, 40, "b")])
    events = list(log.events(main))
    assert len(events) == 2 * sum(accepted)
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    for first, second in zip(events[::2], events[1::2], strict=True):
        assert second.body.content == f"{first.body.content}, again"
    assert log.check() == []


def test_a_batch_with_one_bad_event_is_not_written_at_all(log, main):
    bad = Draft(ActionTaken(kind="TALK", content="x"), "li|sa", 1, TIME)
    with pytest.raises(ValueError, match="may not hold"):
        log.append(main, [said("one"), bad], 0)
    assert log.head(main).seq == 0


def test_what_is_added_piece_by_piece_is_what_is_appended_at_once(log, main):
    other = log.create_simulation("other")
    pieces = [[said("one"), said("two")], [], [said("three", 2)]]
    with log.appending(main, 0) as add:
        added = [event for drafts in pieces for event in add(drafts)]
    assert list(log.events(main)) == added == log.append(other, [draft for drafts in pieces for draft in drafts], 0)
    assert log.check() == []


def test_of_what_is_added_nothing_is_written_when_the_block_fails(log, main):
    log.append(main, [said("one")], 0)
    with pytest.raises(RuntimeError), log.appending(main, 1) as add:
        add([said("two")])
        raise RuntimeError
    assert [event.body.content for event in log.events(main)] == ["one"]
    with pytest.raises(WrongPosition), log.appending(main, 2):
        pytest.fail("the block must not begin")


def test_what_a_failed_block_wrote_is_gone_and_what_stood_before_is_not(log, main):
    log.append(main, [said("one")], 0)
    with pytest.raises(RuntimeError), log.transaction():
        log.append(main, [said("two")], 1)
        raise RuntimeError
    assert [event.body.content for event in log.events(main)] == ["one"]


def test_a_failed_block_inside_another_undoes_only_itself(log, main):
    with log.transaction():
        log.append(main, [said("one")], 0)
        with pytest.raises(RuntimeError), log.transaction():
            log.append(main, [said("two")], 1)
            raise RuntimeError
        log.append(main, [said("three")], 1)
    assert [event.body.content for event in log.events(main)] == ["one", "three"]


@given(st.lists(st.integers(1, 4), max_size=8), st.integers(1, 40), st.integers(0, 40))
def test_any_range_reads_the_events_that_are_there(batches, start, stop):
    with Log.open(":memory:") as log:
        main = log.create_simulation("sim")
        total = 0
        for size in batches:
            log.append(main, [said(str(total + number)) for number in range(1, size + 1)], total)
            total += size
        wanted = [number for number in range(1, total + 1) if start <= number <= stop]
        assert [row.seq for row in log.rows(main, start, stop)] == wanted
        assert [int(event.body.content) for event in log.events(main, start, stop)] == wanted


def test_reading_goes_on_over_the_end_of_a_chunk(log, main):
    log.append(main, [said(str(number)) for number in range(2500)], 0)
    assert [row.seq for row in log.rows(main, 900)] == list(range(900, 2501))


def test_a_hole_in_a_life_stops_its_reader(log, main, path):
    log.append(main, [said(str(number)) for number in range(5)], 0)
    conn = foreign(path)
    conn.execute("DROP TRIGGER events_no_delete")
    conn.execute("DELETE FROM events WHERE seq = 3")
    conn.close()
    with pytest.raises(StoreDamaged, match="event 3 of sim/main is missing"):
        list(log.rows(main))


def test_an_event_that_is_not_there_is_a_bad_reference(log, main):
    log.append(main, [said("one")], 0)
    for seq in (0, 2, -1):
        with pytest.raises(BadReference, match=f"no event {seq}"):
            log.event(main, seq)


def test_the_last_event_of_a_step_is_found_across_forks(log, main):
    log.append(main, [said("a", 1), said("b", 1), said("c", 2), said("d", 2)], 0)
    fork = log.fork(main, 3, "fork")
    log.append(fork, [said("e", 3)], 3)
    assert [log.last_of_step(fork, step) for step in (1, 2, 3)] == [2, 3, 4]
    assert log.last_of_step(main, 2) == 4
    with pytest.raises(BadReference, match="no step 3"):
        log.last_of_step(main, 3)


def test_a_follower_sees_all_events_once_in_the_order_of_writing(log, main):
    other = log.create_simulation("other")
    log.append(main, [said("a"), said("b")], 0)
    log.append(other, [said("c")], 0)
    log.append(main, [said("d")], 2)
    position, seen = 0, []
    while rows := log.follow(position, 2):
        seen += [(branch, row.seq) for _, branch, row in rows]
        position = rows[-1][0]
    assert seen == [(main.id, 1), (main.id, 2), (other.id, 1), (main.id, 3)]


def test_a_lone_surrogate_is_replaced_and_counted(log, main):
    written = log.append(main, [said("a\ud800b"), said("fine")], 0)
    assert written[0].body.content == "a\ufffdb"
    assert [event.body.repaired for event in written] == [1, 0]
    assert list(log.events(main)) == written


@given(st.text(st.characters(), max_size=20))
def test_any_text_survives(text):
    with Log.open(":memory:") as log:
        main = log.create_simulation("sim")
        written = log.append(main, [said(text)], 0)
        assert list(log.events(main)) == written
        assert written[0].body.content == text.encode("utf-16", "surrogatepass").decode("utf-16", "replace") or (
            written[0].body.repaired
        )
        assert log.check() == []


def test_only_the_lease_in_force_may_append(log, main):
    lease = log.acquire(main)
    log.append(main, [said("one")], 0, lease)
    for stale in (lease.__class__(main.id, lease.owner, lease.epoch - 1), Lease(main.id + 1, lease.owner, 1)):
        with pytest.raises(LeaseHeld, match="no longer holds sim/main"):
            log.append(main, [said("two")], 1, stale)
    log.release(lease)
    with pytest.raises(LeaseHeld):
        log.append(main, [said("two")], 1, lease)
    assert log.head(main).seq == 1
