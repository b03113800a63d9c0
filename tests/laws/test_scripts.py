"""Laws of scripts: a script is a recording, compared line by line and never overwritten."""

import re
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies.scripts import PLACES, Cast, Script, casts, dead, live_on, persona, scripts, share, trio

from troupe_es import Simulation, Store, commands
from troupe_es.controller import mail
from troupe_es.errors import ScriptDiffers
from troupe_es.events import Event, Mind


def contents(store: Store) -> list[str]:
    """Everything the file says."""
    return list(store.log.db.conn.iterdump())


def stands_at(store: Store, command: int) -> int:
    """The event that the script's ``command``-th line became (0: the first after it was begun)."""
    given = [e.seq for e in store.log.events(store.log.branch("life")) if e.body.given]
    return given[command + 1]


@given(scripts(), casts)
@share(2)
def test_a_script_run_again_asks_nothing_and_ends_in_the_same_head(script: Script, cast: Cast) -> None:
    with Store(":memory:", cast.model()) as store:
        sim = script.play(store)
        before = contents(store)
        store.models = {"cast": dead()}
        assert script.play(store).head == sim.head
        assert contents(store) == before


@given(scripts(), casts, st.data())
@share(2)
def test_a_script_goes_on_live_where_its_recording_ends(script: Script, cast: Cast, data) -> None:
    upto = data.draw(st.integers(1, len(script.commands)))
    with Store(":memory:", cast.model()) as store, Store(":memory:", cast.model()) as other:
        replace(script, commands=script.commands[:upto]).play(store)
        assert script.play(store).head == script.play(other).head
        assert store.verify("life").holds


def edited(script: Script, line: int) -> Script:
    """Return ``script`` with another command in ``line``."""
    was = script.commands[line]
    match was:
        case commands.AddWorld():  # people enter it later, by this name
            other: commands.Command = replace(was, description="otherwise")
        case commands.AddPerson():
            other = replace(was, persona={**was.persona, "mood": "otherwise"})
        case _:
            other = commands.Stimulate("Say it otherwise.", world=PLACES[0])
    return replace(script, commands=(*script.commands[:line], other, *script.commands[line + 1 :]))


@given(scripts(), casts, st.data())
@share(2)
def test_an_edited_script_stops_at_the_first_difference_and_leaves_the_store_unchanged(
    script: Script, cast: Cast, data
) -> None:
    line = data.draw(st.integers(0, len(script.commands) - 1))
    with Store(":memory:", cast.model()) as store:
        script.play(store)
        before = contents(store)
        store.models = {"cast": dead()}
        changed = edited(script, line)
        with pytest.raises(ScriptDiffers) as stopped:
            changed.play(store)
        assert contents(store) == before
        assert f"event {stands_at(store, line)}." in str(stopped.value)
        sides = [re.split(" → |script:   ", line) for line in str(stopped.value).splitlines()]
        assert any("otherwise" in "".join(scripted) for _, *scripted in sides)
        assert not any("otherwise" in recorded for recorded, *_ in sides)


@given(scripts(), casts, st.data())
@share(2)
def test_an_edited_script_forks_if_asked_and_does_not_touch_what_came_before(
    script: Script, cast: Cast, data
) -> None:
    late = [n for n, c in enumerate(script.commands) if isinstance(c, commands.Stimulate | commands.Run)]
    line = data.draw(st.sampled_from(late))
    changed = edited(script, line)
    with Store(":memory:", cast.model()) as store:
        sim = script.play(store)
        whole, asked = [row.hash for row in store.log.rows(sim.branch)], dict(cast.asked)
        fork = changed.play(store, on_difference="fork")
        shared = stands_at(store, line) - 1
        assert fork.branch.name != "main"
        assert [row.hash for row in store.log.rows(fork.branch)][: shared + 1] != whole[: shared + 1]
        assert [row.hash for row in store.log.rows(fork.branch, 1, shared)] == whole[:shared]
        assert [row.hash for row in store.log.rows(sim.branch)] == whole
        assert max(cast.asked.values(), default=1) == 1
        assert {key: cast.asked[key] for key in asked} == asked
        store.models = {"cast": dead()}
        before = contents(store)
        assert changed.play(store, on_difference="fork").head == fork.head
        assert contents(store) == before
        assert store.verify(fork.ref).holds


@given(scripts(), casts, st.data())
@share(3)
def test_interviews_never_change_the_run(script: Script, cast: Cast, data) -> None:
    with Store(":memory:", cast.model()) as store:
        sim = script.play(store)
        before = list(store.log.rows(sim.branch))
        for _ in range(3):
            at = data.draw(st.integers(1, sim.seq))
            people = list(store.at(f"life@{at}").people)
            if people:
                reply = store.ask(f"life@{at}", data.draw(st.sampled_from(people)), "What now?")
                assert not reply.recorded or reply.answer or reply.failed
                assert store.verify(reply.ref).holds
        assert list(store.log.rows(sim.branch)) == before
        assert store.open("life").head == sim.head
        assert script.play(store).head == sim.head
        assert {branch.kind for branch in store.log.branches("life")} <= {"main", "ask"}


@given(scripts(), st.integers(0, 99), st.data())
@share(3)
def test_asking_again_gives_another_answer_and_a_replay_finds_both(script: Script, seed: int, data) -> None:
    cast = Cast(seed, misfits=0)
    with Store(":memory:", cast.model()) as store:
        sim = script.play(store)
        at = data.draw(st.sampled_from([n for n in range(1, sim.seq + 1) if store.at(f"life@{n}").people]))
        who = data.draw(st.sampled_from(list(store.at(f"life@{at}").people)))
        first, second, third = (store.ask(f"life@{at}", who, "Why?", again=again) for again in (False, False, True))
        asked = [key for key in cast.asked if "/ask/" in key[2]]
        assert (first.answer, first.recorded, second.recorded, third.recorded) == (second.answer, False, True, False)
        assert third.answer != first.answer
        assert len(asked) == 2
        assert len({(request, address) for request, _, address in asked}) == 1
        store.models = {"cast": dead()}
        for reply in (first, third):
            assert store.verify(reply.ref).holds
        assert store.ask(f"life@{at}", who, "Why?").answer == third.answer


class Poster:
    """Posts letters while a run goes on: one each time one of the events it waits for happens."""

    def __init__(self, letters: dict[int, Sequence[commands.Command]]) -> None:
        self.letters = letters
        self.posted: list[tuple[int, commands.Command]] = []
        self.store: Store

    def __call__(self, event: Event) -> None:
        for letter in self.letters.pop(event.seq, ()):
            mail.post(self.store.log, self.store.log.branch("life"), letter)
            self.posted.append((event.seq, letter))


LETTERS = [
    commands.Stimulate("Post! «post»", to=("ana-reyes",)),
    commands.Stimulate("Post for all. «all»", world="Kitchen"),
    persona("Dee Park"),
    commands.Change("settings.max_actions", 2),
    commands.RemovePerson("cy-young"),
    commands.RemovePerson("nobody"),
    commands.Change("settings.no-such", 2),
    commands.AddFragment("bo-lind", "sceptic", {"age": 70, "likes": ["rain"]}, "fragment"),
    commands.AddFragment("bo-lind", "liar", {"name": "Somebody Else"}),
    commands.SetMind("ana-reyes", Mind(goals="go home", emotions="tired")),
]


@given(
    st.dictionaries(st.integers(8, 40), st.lists(st.sampled_from(LETTERS), min_size=1, max_size=2), max_size=4),
    st.sampled_from(["parallel", "sequential"]),
    casts,
)
@share(1)
def test_mail_to_a_running_simulation_is_taken_up_between_steps_and_verifies(letters, order: str, cast: Cast) -> None:
    poster = Poster(letters)
    with Store(":memory:", cast.model(), watch=poster) as store:
        poster.store = store
        sim = trio(order, 3).play(store)
        waiting = len(store.log.mail(sim.branch))
        refused = len(store.log.journal(sim.branch, "mail-refused"))
        steered = [e for e in sim.events() if e.body.given and e.body.source == "steering"]
        assert len(poster.posted) == len(steered) + refused + waiting
        for event in steered:
            later = next(e for e in sim.events(event.seq) if e not in steered)
            assert later.body.type in ("step-started", "run-ended")
            assert event.seq > min(seq for seq, letter in poster.posted if types_of(letter) == event.body.type)
        ended = max(e.seq for e in sim.events() if e.body.type == "run-ended")
        assert waiting == len([seq for seq, _ in poster.posted if seq >= ended])
        assert store.verify("life").holds
        assert live_on(store.open("life")).head == sim.head
        poster.letters.clear()
        store.models = {"cast": dead()}
        assert trio(order, 3).play(store).head == sim.head


def types_of(letter: commands.Command) -> str:
    """The type of event that ``letter`` becomes."""
    match letter:
        case commands.Stimulate():
            return "stimulus-given"
        case commands.AddPerson():
            return "person-added"
        case commands.RemovePerson():
            return "person-removed"
        case commands.AddFragment():
            return "fragment-merged"
        case commands.SetMind():
            return "mind-given"
        case _:
            return "settings-changed"


def test_a_handle_stays_where_its_script_stands() -> None:
    with Store(":memory:", Cast().model()) as store:
        sim: Simulation = trio().play(store)
        handle = store.begin("life", seed=7, settings=trio().settings)
        assert handle.seq == 1 < sim.seq
        assert handle.transcript() == []
        handle.add_world("Kitchen")
        assert handle.seq == 2
