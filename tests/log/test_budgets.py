"""Budgets: set aside before sending, settled after, never overspent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from log import workers
from log.material import call, reply, request

from troupe_es.errors import BadCommand, BudgetExceeded
from troupe_es.log import Asking, Log, Spent


def ask(log, branch, text, budget, tokens=10, money=None):
    asked = request(text)
    log.ask(call(asked, branch, tokens, money), asked.prompt, asked.parameters, budget=budget)
    return asked


def test_a_call_counts_at_its_maximum_until_it_is_answered_and_then_at_what_it_took(log, main):
    budget = log.create_budget("run", tokens=100, money=1_000_000)
    asked = ask(log, main, "Hi", budget, tokens=40, money=500_000)
    assert log.spent(budget) == Spent(1, 40, 500_000)
    log.record([reply(asked, prompt_tokens=5, completion_tokens=2, money=125_000)])
    assert log.spent(budget) == Spent(1, 7, 125_000)


def test_an_answer_of_unknown_use_stays_at_its_maximum(log, main):
    budget = log.create_budget("run", tokens=100)
    log.record([reply(ask(log, main, "Hi", budget, tokens=40))])
    assert log.spent(budget) == Spent(1, 40, 0)


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ({"calls": 2}, "0 of 2 calls are left, and the next call may take 1"),
        ({"tokens": 25}, "5 of 25 tokens are left, and the next call may take 10"),
        ({"money": 250_000}, "0.05 of 0.25 money are left, and the next call may take 0.1"),
    ],
)
def test_the_call_that_could_go_beyond_is_refused_with_what_is_left(log, main, limits, words):
    budget = log.create_budget("run", **limits)
    for number in range(2):
        ask(log, main, str(number), budget, money=100_000)
    with pytest.raises(BudgetExceeded, match=f"'run': {words}.*raise the budget and resume"):
        ask(log, main, "2", budget, money=100_000)
    assert log.sizes()["calls"].rows == 2


def test_a_group_that_goes_beyond_sends_none_and_nobody_waits_for_it(log, main):
    budget = log.create_budget("run", calls=2)
    asked = [request(str(number)) for number in range(3)]
    group = [Asking(call(one, main), one.prompt, one.parameters, budget) for one in asked]
    with pytest.raises(BudgetExceeded):
        log.ask_many(group)
    assert log.spent(budget) == Spent(0, 0, 0)
    assert [got.status for got in log.ask_many(group[:2])] == ["yours", "yours"]


def test_what_is_answered_already_costs_nothing(log, main):
    log.record([reply(ask(log, main, "Hi", None))])
    ask(log, main, "Hi", log.create_budget("run", calls=0))


def test_money_without_a_price_is_refused(log, main):
    with pytest.raises(BadCommand, match="has no price"):
        ask(log, main, "Hi", log.create_budget("run", money=1_000_000))


def test_a_lost_call_counts_at_its_maximum_and_one_never_sent_at_nothing(log, main):
    budget = log.create_budget("run", calls=5)
    asked = ask(log, main, "Hi", budget)
    log.give_up([call(asked, main)])
    assert log.spent(budget) == Spent(1, 10, 0)
    ask(log, main, "Hi", budget)
    assert log.spent(budget) == Spent(2, 20, 0)
    log.give_up([call(asked, main)], sent=False)
    assert log.spent(budget) == Spent(1, 10, 0)
    log.record([reply(ask(log, main, "Hi", budget), prompt_tokens=1, completion_tokens=1)])
    assert log.spent(budget) == Spent(2, 12, 0)


def test_a_handle_sees_at_once_what_another_has_spent(log, main, path):
    budget = log.create_budget("run", tokens=25)
    with Log.open(path, synchronous="OFF") as other:
        ask(log, main, "a", budget)
        ask(other, main, "b", budget)
        with pytest.raises(BudgetExceeded):
            ask(log, main, "c", budget)
        assert log.spent(budget) == other.spent(budget) == Spent(2, 20, 0)


def test_no_number_of_processes_overspends(log, main, path):
    budget = log.create_budget("run", tokens=150)
    allowed = workers.together(workers.spend, [(path, budget, letter) for letter in "abc"])
    assert all(count < 100 for count in allowed)
    spent = log.spent(budget)
    assert spent.tokens <= 150
    assert spent.tokens + 7 > 150
    assert spent.calls == sum(allowed)


Steps = st.lists(
    st.tuples(st.sampled_from(["ask", "record", "lose", "withdraw", "undo"]), st.integers(0, 4)), max_size=20
)


STEP = st.sampled_from(["ask", "record", "lose", "withdraw", "undo"])


@given(st.lists(st.tuples(STEP, st.integers(0, 4)), max_size=20), st.integers(0, 60))
def test_the_sum_in_memory_is_the_sum_in_the_store_and_within_the_limit(steps, limit):
    with Log.open(":memory:") as log:
        main, budget = log.create_simulation("sim"), None
        budget = log.create_budget("run", tokens=limit)
        for step, which in steps:
            asked = request(str(which))
            try:
                if step == "ask":
                    ask(log, main, str(which), budget)
                elif step == "record":
                    log.remember(asked.prompt, asked.parameters)
                    log.record([reply(asked, prompt_tokens=which, completion_tokens=1)])
                elif step == "undo":
                    with log.transaction():
                        ask(log, main, str(which), budget)
                        raise RuntimeError
                else:
                    log.give_up([call(asked, main)], sent=step == "lose")
            except (BudgetExceeded, RuntimeError):
                pass
            rows = log.db.execute(
                "SELECT reserved_tokens + lost_tokens, owner IS NOT NULL, resent FROM calls WHERE budget = ?",
                [budget.id],
            ).fetchall()
            assert log.spent(budget) == Spent(sum(row[1] + row[2] for row in rows), sum(row[0] for row in rows), 0)
            assert log.spent(budget).tokens <= limit
