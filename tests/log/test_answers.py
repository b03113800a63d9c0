"""Answers: asked for once, kept before they are used, never swapped."""

import os
import signal
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from log import workers
from log.material import call, reply, request

from troupe_es.errors import BadReference, BudgetExceeded
from troupe_es.llm.protocol import Message, Request, Response
from troupe_es.log import Asking, Log


def ask(log, branch, asked, **more):
    return log.ask(call(asked, branch), asked.prompt, asked.parameters, **more)


def test_whoever_asks_first_sends_and_the_answer_serves_everybody_after(log, main):
    asked = request("How are you?")
    assert ask(log, main, asked).status == "yours"
    kept = log.record([reply(asked, "Fine", prompt_tokens=3, completion_tokens=1, seconds=0.25)])[0]
    assert ask(log, main, asked) == ("answered", kept)
    assert log.look_up(asked.hash, 0, asked.address) == kept == log.answer(kept.hash, asked.hash)
    assert (kept.text, kept.prompt_tokens, kept.completion_tokens, kept.seconds) == ("Fine", 3, 1, 0.25)


def test_an_answer_has_the_hash_that_the_model_room_gives_it(log, main):
    asked = request("How are you?")
    ask(log, main, asked)
    kept = log.record([reply(asked, "Füne", finish="length", refusal="no")])[0]
    assert kept.hash == Response("Füne", "length", "no").hash


def test_another_draw_or_another_address_is_another_call(log, main):
    asked, elsewhere = request("Hi"), request("Hi", address="2/lisa/turn/0/0")
    assert asked.hash == elsewhere.hash
    ask(log, main, asked)
    log.record([reply(asked, "one")])
    assert ask(log, main, elsewhere).status == "yours"
    assert log.ask(call(asked, main, draw=1), asked.prompt, asked.parameters).status == "yours"
    assert log.look_up(asked.hash, 1, asked.address) is None


def test_two_branches_that_ask_the_same_at_the_same_place_share_one_answer(log, main):
    asked = request("Hi")
    ask(log, main, asked)
    log.record([reply(asked, "one")])
    assert ask(log, log.fork(main, 0, "fork"), asked).status == "answered"


def test_of_two_answers_to_one_call_the_first_stays(log, main):
    asked = request("Hi")
    ask(log, main, asked)
    first = log.record([reply(asked, "first")])[0]
    assert log.record([reply(asked, "second")]) == [first]
    assert log.sizes()["answers"].rows == 1


def test_threads_that_ask_the_same_at_once_send_it_once(path):
    sent, asked, barrier = [], request("Hi"), threading.Barrier(8)
    with Log.open(path, synchronous="OFF") as log:
        main = log.create_simulation("sim")

        def work(handle: Log) -> None:
            barrier.wait()
            while (got := ask(handle, main, asked)).status == "pending":
                time.sleep(0.001)
            if got.status == "yours":
                sent.append(1)
                time.sleep(0.01)
                handle.record([reply(asked)])

        other = Log.open(path, synchronous="OFF")
        threads = [threading.Thread(target=work, args=[(log, other)[number % 2]]) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        other.close()
    assert sent == [1]


def test_processes_that_ask_the_same_at_once_send_it_once(log, main, path):
    sent = workers.together(workers.ask_all, [(path, "a", 12), (path, "b", 12), (path, "c", 12)])
    assert sum(sent) == 12
    assert log.sizes()["answers"].rows == 12
    assert log.journal(kind="resend") == []


def test_what_a_killed_process_had_sent_is_sent_again_and_reported(log, main, path):
    ready = workers.SPAWN.Event()
    process = workers.SPAWN.Process(target=workers.ask_and_hang, args=(path, ready))
    process.start()
    assert ready.wait(30)
    asked = request("Are you there?")
    assert ask(log, main, asked).status == "pending"
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    assert ask(log, main, asked).status == "yours"
    assert [note.payload["address"] for note in log.journal(main, "resend")] == [asked.address]
    assert log.acquire(main).epoch == 2
    log.record([reply(asked)])
    assert ask(log, main, asked).status == "answered"


def test_a_call_given_up_may_be_sent_by_the_next(log, main):
    asked = request("Hi")
    ask(log, main, asked)
    assert ask(log, main, asked).status == "pending"
    log.give_up([call(asked, main)])
    assert ask(log, main, asked).status == "yours"
    assert len(log.journal(main, "resend")) == 1
    log.give_up([call(asked, main)], sent=False)
    assert ask(log, main, asked).status == "yours"
    assert len(log.journal(main, "resend")) == 1


def test_a_call_taken_over_in_a_group_that_failed_is_free_again(log, main):
    asked, dear = request("Hi"), request("Dear")
    ask(log, main, asked)
    log.give_up([call(asked, main)])
    budget = log.create_budget("run", calls=1)
    group = [Asking(call(one, main), one.prompt, one.parameters, budget) for one in (asked, dear)]
    with pytest.raises(BudgetExceeded):
        log.ask_many(group)
    assert ask(log, main, asked).status == "yours"


def test_a_closed_handle_no_longer_waits_for_its_calls(path):
    asked = request("Hi")
    with Log.open(path, synchronous="OFF") as log:
        main = log.create_simulation("sim")
        ask(log, main, asked)
    with Log.open(path, synchronous="OFF") as log:
        assert ask(log, main, asked).status == "yours"


def test_an_owner_on_another_host_is_waited_for_while_it_is_heard_of(log, main):
    asked = request("Hi")
    assert ask(log, main, asked, owner="elsewhere:1:5").status == "yours"
    log.close()
    with Log.open(log.path, synchronous="OFF") as log:
        assert ask(log, main, asked).status == "pending"
        log.db.execute("UPDATE calls SET asked_at = asked_at - 31000")
        assert ask(log, main, asked).status == "yours"


def test_intents_whose_block_fails_leave_nothing_and_nobody_waits(log, main):
    asked = request("Hi")
    with pytest.raises(ValueError, match="is not the hash"):
        log.ask(call(asked, main)._replace(request="0" * 64), asked.prompt, asked.parameters)
    assert log.sizes()["calls"].rows == log.sizes()["messages"].rows == 0
    assert ask(log, main, asked).status == "yours"


def test_each_message_is_stored_once(log, main):
    words = [str(number) for number in range(50)]
    for length in range(1, 51):
        asked = request(*words[:length], address=f"{length}/lisa/turn/0/0")
        ask(log, main, asked)
        assert len(log.prompt(asked.hash)) == length + 1
    assert log.sizes()["messages"].rows == 51
    assert log.prompt(asked.hash) == [(message.role, message.content) for message in asked.prompt.chain()]
    assert log.parameters(asked.hash)["model"] == "model"
    with pytest.raises(BadReference, match="no request"):
        log.prompt("0" * 64)


def test_messages_of_a_block_that_failed_are_stored_when_asked_again(log, main):
    asked = request("a", "b")
    with pytest.raises(RuntimeError), log.transaction():
        log.remember(asked.prompt, asked.parameters)
        raise RuntimeError
    log.remember(asked.prompt, asked.parameters)
    assert log.prompt(asked.hash)[-1] == ("user", "b")
    assert log.check() == []


@given(st.lists(st.lists(st.sampled_from("ab"), min_size=1, max_size=4), max_size=8))
def test_any_prompts_come_back_as_they_were(prompts):
    with Log.open(":memory:") as log:
        asked = [request(*contents) for contents in prompts]
        for one in asked:
            assert log.remember(one.prompt, one.parameters) == one.hash
        for one, contents in zip(asked, prompts, strict=True):
            assert [content for _, content in log.prompt(one.hash)][1:] == contents
        assert log.check() == []


def test_a_lone_surrogate_in_an_answer_is_replaced_and_noted(log, main):
    asked = request("Hi")
    ask(log, main, asked)
    assert log.record([reply(asked, "a\udfffb")])[0].text == "a\ufffdb"
    assert [note.payload["surrogates"] for note in log.journal(kind="repaired")] == [1]
    assert log.check() == []


def test_an_imported_answer_stands_beside_ours_and_never_before_it(log, main):
    asked = request("Hi")
    log.remember(asked.prompt, asked.parameters)
    theirs = log.import_answer(reply(asked, "theirs"), "bundle")
    assert log.look_up(asked.hash, 0, asked.address) == theirs
    ours = log.record([reply(asked, "ours")])[0]
    assert log.look_up(asked.hash, 0, asked.address) == ours
    assert log.answer(theirs.hash, asked.hash) == theirs
    assert log.import_answer(reply(asked, "theirs"), "bundle") == theirs
    assert (theirs.origin, ours.origin) == ("bundle", "here")
    assert log.paid_by(theirs) is None


def test_who_paid_is_known(log, main):
    asked, fork = request("Hi"), log.fork(main, 0, "fork")
    ask(log, fork, asked)
    assert log.paid_by(log.record([reply(asked)])[0]) == fork.id


def test_an_answer_to_what_was_never_asked_is_refused(log, main):
    with pytest.raises(ValueError, match="never asked"):
        log.record([reply(request("Hi"))])


def test_the_nearest_request_has_the_same_address_or_the_longest_same_beginning(log, main):
    for asked in (request("a", "b", "c"), request("a", "b", address="2/lisa/turn/0/0")):
        ask(log, main, asked)
        log.record([reply(asked)])
    near = log.nearest(request("a", "x").prompt, "2/lisa/turn/0/0")
    assert (near.address, near.prompt[-1]) == ("2/lisa/turn/0/0", ("user", "b"))
    near = log.nearest(request("a", "b", "d").prompt, "9/lisa/turn/0/0")
    assert near.prompt[:3] == [("system", "You are Lisa."), ("user", "a"), ("user", "b")]
    stranger = Request(Message("system", "You are Oscar."), "model", "9/oscar/turn/0/0")
    assert log.nearest(stranger.prompt, stranger.address) is None


def test_calls_of_one_group_are_one_commit(log, main):
    asked = [request(str(number), address=f"1/p{number}/turn/0/0") for number in range(20)]
    statements = []
    log.db.conn.set_trace_callback(statements.append)
    got = log.ask_many([Asking(call(one, main), one.prompt, one.parameters) for one in asked])
    log.record([reply(one) for one in asked])
    log.db.conn.set_trace_callback(None)
    assert {one.status for one in got} == {"yours"}
    assert statements.count("COMMIT") == 2
