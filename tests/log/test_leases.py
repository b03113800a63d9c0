"""Leases, mail and the journal: who may write, and what others leave for them."""

import os
import subprocess
import sys

import pytest
from log import workers

from troupe_es.errors import LeaseHeld
from troupe_es.log import Log, process


def test_a_branch_is_held_by_one_handle_at_a_time(log, main, path):
    lease = log.acquire(main)
    with pytest.raises(LeaseHeld, match="in this very process"):
        log.acquire(main)
    with Log.open(path, synchronous="OFF") as other, pytest.raises(LeaseHeld):
        other.acquire(main)
    log.acquire(log.fork(main, 0, "fork"))
    log.release(lease)
    assert log.acquire(main).epoch == lease.epoch + 1


def test_another_process_is_told_who_has_the_branch(log, main, path):
    log.acquire(main)
    assert f"is run by process {os.getpid()}" in workers.together(workers.try_to_acquire, [(path,)])[0]


def test_of_many_processes_that_want_a_branch_each_gets_it_in_turn_or_not_at_all(log, main, path):
    got = workers.together(workers.try_to_acquire, [(path,)] * 4)
    assert "acquired" in got
    assert log.acquire(main).epoch == got.count("acquired") + 1


def test_closing_a_handle_lets_its_branches_go(path):
    with Log.open(path, synchronous="OFF") as log:
        main = log.create_simulation("sim")
        log.acquire(main)
    with Log.open(path, synchronous="OFF") as log:
        assert log.acquire(main).epoch == 2


def test_a_lease_that_was_lost_cannot_be_renewed_and_its_release_harms_nobody(log, main):
    old = log.acquire(main)
    log.release(old)
    new = log.acquire(main)
    with pytest.raises(LeaseHeld, match="has gone to another process"):
        log.renew(old)
    log.release(old)
    log.renew(new)


def test_a_silent_process_on_another_host_loses_its_lease_and_a_heard_one_does_not(log, main):
    log.acquire(main)
    log.db.execute("UPDATE leases SET owner = 'elsewhere:1:5'")
    with pytest.raises(LeaseHeld, match="process 1 on 'elsewhere'"):
        log.acquire(main)
    log.db.execute("UPDATE leases SET heartbeat = heartbeat - 31000")
    assert log.acquire(main).epoch == 2


def test_renewing_is_a_sign_of_life(log, main):
    lease = log.acquire(main)
    log.db.execute("UPDATE leases SET heartbeat = 0")
    log.renew(lease)
    assert log.db.execute("SELECT heartbeat > 1700000000000 FROM leases").fetchone() == (1,)


def test_a_process_lives_until_it_ends_and_a_later_one_of_its_number_is_another():
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    name = process.named(child.pid)
    assert process.alive(name, 0, 10**15)
    assert not process.alive(name + "1", 0, 10**15)
    child.communicate(b"\n")
    assert not process.alive(name, 0, 10**15)


@pytest.mark.parametrize("owner", ["", "nonsense", "host:x:1", "::"])
def test_an_owner_that_names_no_process_is_not_alive(owner):
    assert not process.alive(owner, 0, 0)


def test_mail_is_read_in_order_until_it_is_taken(log, main):
    fork = log.fork(main, 0, "fork")
    numbers = [log.post(main, f"m{number}\ud800") for number in range(3)]
    log.post(fork, "other")
    assert [mail.payload for mail in log.mail(main)] == ["m0\ufffd", "m1\ufffd", "m2\ufffd"]
    log.taken(numbers[1], 7)
    assert [mail.id for mail in log.mail(main)] == [numbers[0], numbers[2]]
    assert [mail.payload for mail in log.mail(fork)] == ["other"]


def test_the_journal_is_read_by_branch_and_kind(log, main):
    log.note("pause", {"why": "\udc00"}, main)
    log.note("retry", {"status": 429})
    log.note("retry", {"status": 500}, main)
    assert [note.kind for note in log.journal()] == ["pause", "retry", "retry"]
    assert [note.payload for note in log.journal(main)] == [{"why": "\ufffd"}, {"status": 500}]
    assert [note.payload["status"] for note in log.journal(kind="retry")] == [429, 500]
    assert [note.payload for note in log.journal(main, "retry")] == [{"status": 500}]
