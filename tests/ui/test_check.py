"""``troupe check``: preconditions and denials, as they are printed and as JSON."""

import json
from pathlib import Path

import pytest
from ui.conftest import call

from troupe_es import Improviser, Store

WORDS = ("check", "life", "--person", "Ana", "--store", "life.db")


@pytest.fixture(autouse=True)
def life(nothing_configured: None) -> None:
    with Store(Path("life.db"), Improviser()) as store:
        sim = store.begin("life", model="improviser")
        sim.add_world("Kitchen")
        sim.add_person({"name": "Ana Reyes"})
        sim.say("The tea is cold.")


def test_what_is_given_is_told_and_nothing_is_judged_where_it_does_not_hold() -> None:
    held = call(*WORDS, "--given", "tea", "--claim", "cold", "--exit-code")
    assert held.exit_code == 0
    assert held.stdout.index("given: tea") < held.stdout.index("9/9  cold")
    missed = call(*WORDS, "--given", "coffee", "--claim", "cold", "--exit-code")
    assert missed.exit_code == 1
    assert "not judged: what is given does not hold" in missed.stdout
    assert "9/9  cold" not in missed.stdout
    told = json.loads(call(*WORDS, "--given", "coffee", "--claim", "cold", "--json").stdout)
    assert (told["judged"], told["verdicts"], told["answers"], told["holds"]) == (False, [], [], False)
    assert [verdict["holds"] for verdict in told["given"]] == [False]


def test_judged_twice_a_contradiction_is_said_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    sure = call(*WORDS, "--claim", "cold", "--twice")
    assert "yes 9/9  cold" in sure.stdout and "cannot be told" not in sure.stdout
    monkeypatch.setattr("troupe_es.llm.improviser.judging.NOT", "(never)")  # then it believes what it has words of
    torn = call(*WORDS, "--claim", "tea is cold", "--twice", "--exit-code")
    assert torn.exit_code == 1
    assert "?   9/9  tea is cold" in torn.stdout
    assert "cannot be told: its denial is found to hold, too" in torn.stdout
