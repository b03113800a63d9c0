"""Nobody says the same again: the turn ends before an action that is too like the last of its kind and target."""

import json
import re
from typing import Any, TypeAlias

import oracles
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies.scripts import share

from troupe_es import Scripted, Settings, Store
from troupe_es.events import Event
from troupe_es.llm import Request

Done: TypeAlias = tuple[str, str | None, str]
WORDS = st.lists(st.sampled_from(["tea", "rain", "cold", "Tea"]), max_size=3).map(" ".join)
ACTION = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["THINK", "TALK", "REACH_OUT"]),
        "content": WORDS.map(lambda words: words or "hm"),
        "target": st.sampled_from(["", "Bo", "Ana", "nobody"]),
    }
)


def overlap(one: str, other: str) -> float:
    """What two texts have in common, said in the plainest way."""
    ours, theirs = (re.findall(r"\w+", text.lower()) for text in (one, other))
    both = [word for word in set(ours) if word in theirs]
    return len(both) / len(set(ours + theirs)) if ours + theirs else 1.0


def meant(action: dict[str, str], me: str) -> str | None:
    """Whom an action is for, among two people in one room."""
    other = {"ana": "bo", "bo": "ana"}[me]
    return other if action["type"] != "THINK" and action["target"].lower() == other else None


def expected(turns: list[list[dict[str, str]]], me: str, most: float | None) -> list[list[Done]]:
    """What is done of what is wanted, turn by turn."""
    done: list[list[Done]] = []
    for turn in turns:
        done.append([])
        for action in turn:
            target = meant(action, me)
            before = [a for each in done for a in each if a[:2] == (action["type"], target)]
            if most is not None and before and overlap(before[-1][2], action["content"]) >= most:
                break
            done[-1].append((action["type"], target, action["content"]))
    return done


@given(
    st.lists(st.lists(ACTION, max_size=4), min_size=1, max_size=4),
    st.sampled_from([None, 0.0, 0.5, 0.85, 1.0]),
    st.sampled_from(["parallel", "sequential"]),
)
@share(1)
def test_what_happens_is_what_the_plainest_rule_says(
    turns: list[list[dict[str, str]]], most: float | None, order: str
) -> None:
    def answer(request: Request, draw: int) -> str:
        step = int(request.address.split("/")[0])
        return json.dumps({"actions": [*turns[step - 1], {"type": "DONE"}]})

    with Store(":memory:", Scripted(answer, "cast")) as store:
        settings: dict[str, Any] = {"repetition": most, "order": order}
        sim = store.begin("life", settings=Settings(model="cast", **settings))
        sim.add_world("Kitchen")
        sim.add_person({"name": "Ana"})
        sim.add_person({"name": "Bo"})
        sim.run(len(turns))
        events = list(sim.events())
        for who in ("ana", "bo"):
            assert by_step(events, who, len(turns)) == expected(turns, who, most)
        ended = oracles.of(events, "turn-ended")
        assert len(ended) == 2 * len(turns)
        held_back = [(e.actor, e.step) for e in oracles.of(events, "action-held-back")]
        short = [
            (who, step + 1)
            for who in ("ana", "bo")
            for step, done in enumerate(expected(turns, who, most))
            if len(done) < len(turns[step])
        ]
        assert sorted(held_back) == sorted(short)
        assert store.verify("life").holds


def by_step(events: list[Event], who: str, steps: int) -> list[list[Done]]:
    taken = [e for e in oracles.of(events, "action-taken") if e.actor == who]
    return [
        [(e.body.kind, e.body.target, e.body.content) for e in taken if e.step == step]
        for step in range(1, steps + 1)
    ]


@pytest.mark.parametrize(("most", "times"), [(None, 3), (0.85, 1)])
def test_the_same_words_are_said_once_where_the_guard_is_on(most: float | None, times: int) -> None:
    said = '{"actions":[{"type":"TALK","content":"I like tea."},{"type":"THINK","content":"Do I?"}]}'
    with Store(":memory:", Scripted(lambda request, draw: said, "cast")) as store:
        sim = store.begin("life", settings=Settings(model="cast", repetition=most))
        sim.add_world("Kitchen")
        sim.add_person({"name": "Ana"})
        sim.run(3)
        talked = [e for e in oracles.of(list(sim.events()), "action-taken") if e.body.kind == "TALK"]
        assert len(talked) == times
