"""Laws of prompts: extended, not rebuilt; never more than a person could know; any text comes through as it was."""

import json
from collections import defaultdict
from itertools import pairwise

import oracles
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies.answers import ODD
from strategies.scripts import MARK, Cast, Script, casts, edits, live_on, scripts, share, trio

from troupe_es import Improviser, Response, Scripted, Settings, Store, commands
from troupe_es.events.types import ModelAnswered
from troupe_es.llm import Request


def marks(store: Store, answered: ModelAnswered) -> list[str]:
    """The marks of everything a prompt shows, in order."""
    return MARK.findall("\n".join(content for _, content in store.log.prompt(answered.request)))


@given(scripts(), casts, st.data())
@share(2)
def test_a_person_is_shown_what_reached_them_before_their_turn_began_and_nothing_else(
    script: Script, cast: Cast, data
) -> None:
    with Store(":memory:", cast.model()) as store:
        sim = script.play(store)
        at = data.draw(st.integers(2, sim.seq))
        fork = live_on(store.branch(f"life@{at}", "fork", data.draw(edits(list(store.at(f"life@{at}").people)))))
        for lived in (sim, fork):
            events = list(lived.events())
            for answered in oracles.of(events, "model-answered"):
                if "/turn/" not in answered.body.address:
                    continue
                may = allowed(events, answered)
                of_this_turn = f"«{answered.step}/{answered.actor}/"
                shown = [mark for mark in marks(store, answered.body) if not mark.startswith(of_this_turn)]
                assert set(shown) <= set(may)
                window = oracles.setting(events, "memory_last", answered.seq)
                if window == 200:
                    assert shown == may


def allowed(events, answered) -> list[str]:
    """The marks of what the person who is asked remembers from before their turn, in the order it came."""
    who = str(answered.actor)
    began = oracles.turn_began(events, answered)
    before = [e for e in events if e.seq < began]
    remembered = [events[seq - 1].body for seq in oracles.memory(before, who)]
    return [mark for body in remembered for mark in MARK.findall(getattr(body, "content", ""))]


@given(scripts(), casts)
@share(3)
def test_nobody_is_shown_anothers_thoughts(script: Script, cast: Cast) -> None:
    with Store(":memory:", cast.model()) as store:
        events = list(script.play(store).events())
        thoughts = {e.body.content: e.actor for e in oracles.of(events, "action-taken") if e.body.kind == "THINK"}
        for answered in oracles.of(events, "model-answered"):
            for mark in marks(store, answered.body):
                assert thoughts.get(mark, answered.actor) == answered.actor


@given(scripts(), casts, st.data())
@share(3)
def test_a_life_taken_up_again_anywhere_is_shown_the_same_prompts(script: Script, cast: Cast, data) -> None:
    """A prompt is built on the last one kept in memory; one built from nothing must not differ from it."""
    with Store(":memory:", cast.model()) as store, Store(":memory:", cast.model()) as other:
        sim = script.play(store)
        lived = other.begin("life", seed=script.seed, settings=script.settings)
        del lived
        for upto in range(1, len(script.commands) + 1):
            part = Script(script.settings, script.seed, script.commands[:upto])
            part.play(other)  # each time with a state that remembers no prompt
        assert other.open("life").head == sim.head


@pytest.mark.parametrize(
    "change",
    [
        commands.Change("people.bo-lind.name", "Robert Lind"),
        commands.Change("people.bo-lind.age", 44),
        commands.Change("settings.memory_first", 1),
        commands.Change("settings.memory_last", 30),
        commands.Change("settings.max_actions", 3),
        commands.RemovePerson("bo-lind"),
    ],
)
@pytest.mark.parametrize("steps", [2, 4, 6, 8])
@pytest.mark.parametrize("window", [(10, 200, 40), (3, 2, 20)])
def test_a_change_in_mid_life_is_shown_the_same_to_whoever_takes_the_life_up_again(
    change: commands.Command, steps: int, window: tuple[int, int, int]
) -> None:
    """Prompts kept in memory are extended; after a change they must not hold what one built anew would not."""
    first, last, block = window
    script = trio("sequential", steps, memory_first=first, memory_last=last, memory_block=block)
    with Store(":memory:", Cast(misfits=0).model()) as store:
        sim = script.play(store)
        sim.command(change)
        at = sim.seq
        sim.command(commands.Run(1))
        fork = store.branch(f"life@{at}", "taken-up-again")
        fork.run(1)
        prompts = [
            [store.log.prompt(e.body.request) for e in lived.events(at) if e.body.type == "model-answered"]
            for lived in (sim, fork)
        ]
        assert prompts[0] == prompts[1] != []


def shares(store: Store, ref: str) -> dict[str, list[float]]:
    """For each person, how much of each prompt is the beginning of it that was in their last one too."""
    texts = defaultdict(list)
    for event in store.open(ref).events():
        if event.body.type == "model-answered" and event.body.address.endswith("/0/0"):
            texts[event.actor].append("\0".join(f"{r}:{c}" for r, c in store.log.prompt(event.body.request)))
    return {str(who): [common(*pair) / len(pair[1]) for pair in pairwise(found)] for who, found in texts.items()}


def common(one: str, other: str) -> int:
    return next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


@pytest.mark.parametrize("order", ["parallel", "sequential"])
def test_prompts_are_extended_past_the_memory_window_too(order: str) -> None:
    script = Script(Settings(model="improviser", order=order), 7, (*trio().commands[:-1],))
    with Store(":memory:", Improviser()) as store:
        sim = script.play(store)
        sim.run(30)
        assert max(len(person.memory) for person in sim.state.people.values()) > 100
        for person in shares(store, "life").values():
            assert len(person) == 29
            assert sum(person) / len(person) > 0.7
            moved = [part for part in person if part < 0.7]
            assert len(moved) <= 5  # the window's start moves in blocks
            assert min(person) > 0.3  # and keeps who the person is and what they remember first


texts = st.one_of(
    st.text(st.characters(), max_size=40),
    st.lists(st.one_of(st.text(st.characters(codec=None), max_size=6), st.sampled_from(ODD)), max_size=6).map(
        "".join
    ),
)


def repaired(text: str) -> str:
    return "".join("\ufffd" if 0xD800 <= ord(c) <= 0xDFFF else c for c in text)


def surrogates(text: str) -> int:
    return len([c for c in text if 0xD800 <= ord(c) <= 0xDFFF])


@given(texts, texts, texts.filter(lambda text: text.strip() != ""), st.booleans())
@share(1)
def test_any_text_survives_persona_prompt_answer_and_log(trait: str, heard: str, said: str, escaped: bool) -> None:
    """``escaped``: whether the model writes ``\\ud800`` as an escape, or the lone surrogate itself."""
    turn = {"actions": [{"type": "TALK", "content": said}, {"type": "DONE"}]}
    text = json.dumps(turn, ensure_ascii=escaped)
    with Store(":memory:", Scripted(lambda request, draw: Response(text), "cast")) as store:
        sim = store.begin("life", model="cast")
        sim.add_world("Kitchen")
        sim.add_person({"name": "Ana", "creed": trait})
        sim.add_person({"name": "Bo"})
        sim.broadcast(heard)
        sim.run(2)
        events = list(sim.events())
        added, given_ = events[2].body, events[4].body
        assert (added.persona["creed"], added.repaired) == (repaired(trait), surrogates(trait))
        assert (given_.content, given_.repaired) == (repaired(heard), surrogates(heard))
        for action in oracles.of(events, "action-taken"):
            assert action.body.content == repaired(said)
            assert action.body.repaired == (surrogates(said) if escaped else 0)
        journal = [note.payload["surrogates"] for note in store.log.journal(kind="repaired")]
        assert journal == ([] if escaped or not surrogates(said) else [surrogates(said)] * 4)
        last = [e.body for e in oracles.of(events, "model-answered") if e.actor == "ana"][-1]
        told = [json.loads(line) for _, c in store.log.prompt(last.request)[1:-1] for line in c.split("\n")]
        assert [t["content"] for t in told if "stimulus" in t] == [repaired(heard), repaired(said)]
        assert store.verify("life").holds


@given(texts, st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=20))
@share(3)
def test_a_script_with_any_text_is_its_own_recording(text: str, name: str) -> None:
    def play(store: Store) -> str:
        sim = store.begin("life", model="cast")
        sim.add_world("Kitchen" + text)
        sim.add_person({"name": "Ana" + name, "creed": [text]})
        sim.say(text, "ana" + name, speaker=text)
        sim.set(f"people.{next(iter(sim.state.people))}.creed", text)
        sim.run(1)
        return sim.head

    asked: list[Request] = []
    answer = '{"actions":[{"type":"DONE"}]}'
    with Store(":memory:", Scripted(lambda r, d: answer if not asked.append(r) else "", "cast")) as store:
        assert play(store) == play(store)
        assert len(asked) == 1
