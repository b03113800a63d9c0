"""Laws of memory: everything kept has a source in its person's own past, and nothing comes to mind but from there."""

from bisect import bisect_right
from itertools import pairwise
from pathlib import Path

import oracles
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import answers
from strategies.scripts import Cast, Script, casts, dead, edits, live_on, remembering, scripts, share, trio

from troupe_es import Improviser, Scripted, Settings, Store
from troupe_es.controller.bundle import exchange
from troupe_es.errors import EveryTurnFailed
from troupe_es.events import Event
from troupe_es.events.memory import Embedded
from troupe_es.projections import fold, saved

ON = remembering(trio(steps=6))


def hashes(store: Store, ref: str) -> list[bytes]:
    return [row.hash for row in store.log.rows(store.open(ref).branch)]


def sourced(events: list[Event]) -> None:
    """Assert that every memory and insight comes from the past of the person who has it."""
    for event in oracles.of(events, "memory-formed"):
        before = oracles.memory(events[: event.seq - 1], str(event.actor))
        assert event.body.sources
        assert set(event.body.sources) <= set(before)
    for event in oracles.of(events, "insight-formed"):
        mine = [e.seq for e in oracles.of(events[: event.seq - 1], "memory-formed") if e.actor == event.actor]
        assert event.body.evidence
        assert set(event.body.evidence) <= set(mine)


@given(scripts(), casts)
@share(2)
def test_every_memory_has_a_source_in_its_persons_own_past(script: Script, cast: Cast) -> None:
    with Store(":memory:", cast.model()) as store:
        sourced(list(remembering(script).play(store).events()))


@given(scripts(), casts)
@share(2)
def test_episodes_follow_each_other_without_gap_and_close_with_what_was_formed(script: Script, cast: Cast) -> None:
    with Store(":memory:", cast.model()) as store:
        sim = remembering(script).play(store)
        events = list(sim.events())
        for person in sim.state.people:
            past = oracles.memory(events, person)
            ends = [end for _, end in oracles.episodes(events, person)]
            over = [
                e for e in oracles.of(events, "episode-consolidated", "consolidation-failed") if e.actor == person
            ]
            assert [(e.body.first, e.body.last) for e in over] == [
                (past[begin], past[end - 1]) for begin, end in zip([0, *ends], ends, strict=False)
            ]
            for begun, closed in zip([0, *(e.seq for e in over)], over, strict=False):
                formed = [e for e in oracles.of(events[begun : closed.seq], "memory-formed") if e.actor == person]
                assert len(formed) == getattr(closed.body, "memories", 0)


@given(scripts(), casts)
@share(2)
def test_recall_returns_nothing_that_its_person_has_not_perceived(script: Script, cast: Cast) -> None:
    with Store(":memory:", cast.model()) as store:
        events = list(remembering(script).play(store).events())
        for result in oracles.of(events, "result-seen"):
            began = oracles.turn_began(events, result)
            mine = [e for e in oracles.of(events, "memory-formed", "insight-formed") if e.actor == result.actor]
            known = {e.seq for e in mine} | set(oracles.memory(events[: began - 1], str(result.actor)))
            found = [each.seq for each in result.body.found]
            assert set(found) <= known
            assert len(found) == len(set(found)) <= 3
            assert len(result.body.content.splitlines()) == max(1, len(found))
            assert [each.score for each in result.body.found] == sorted(
                [each.score for each in result.body.found], reverse=True
            )
            assert all(0 <= score <= 1 for each in result.body.found for score in each.scores.values())


@given(scripts(most=3), casts)
@share(3)
def test_an_untouched_fork_at_any_event_lives_the_same_life_with_all_of_memory_on(script: Script, cast: Cast) -> None:
    with Store(":memory:", cast.model()) as store:
        sim = remembering(script).play(store)
        whole, asked = hashes(store, "life"), len(cast.asked)
        given_at = [event.seq for event in sim.events() if event.body.given]
        for at in range(1, sim.seq + 1):
            live_on(store.branch(f"life@{at}", f"at-{at}"))
            end = min((seq for seq in given_at if seq > at), default=sim.seq + 1) - 1
            assert hashes(store, f"life/at-{at}") == whole[:end]
        assert len(cast.asked) == asked


@given(scripts(most=3), casts, st.data())
@share(3)
def test_forks_with_an_edit_at_any_event_verify_and_leave_sources_sound(script: Script, cast: Cast, data) -> None:
    with Store(":memory:", cast.model()) as store:
        sim = remembering(script).play(store)
        for at in range(2, sim.seq + 1, 2):
            people = list(store.at(f"life@{at}").people)
            fork = live_on(store.branch(f"life@{at}", f"at-{at}", data.draw(edits(people))))
            report = store.verify(fork.ref)
            assert report.holds, (at, report.divergences)
            assert fork.state.running is None
            sourced(list(fork.events()))
        assert max(cast.asked.values(), default=1) == 1


@given(scripts(), casts)
@share(2)
def test_the_fold_of_memory_agrees_with_a_naive_oracle_and_through_chunks(script: Script, cast: Cast) -> None:
    with Store(":memory:", cast.model()) as store:
        sim = remembering(script).play(store)
        events = list(sim.events())
        for count in [*range(3, len(events), 7), len(events)]:
            state = fold(events[:count])
            chunks: dict[str, bytes] = {}

            def put(content: bytes, chunks: dict[str, bytes] = chunks) -> str:
                return chunks.setdefault(saved.chunk_hash(content), content) and saved.chunk_hash(content)

            again = saved.load(saved.save(state, put), chunks.__getitem__)
            assert saved.dump(again) == saved.dump(state)
            for person in saved.dump(state)["people"]:
                expected = oracles.distilled(events[:count], person["id"])
                assert {name: person[name] for name in expected} == expected
                waiting = oracles.episodes(events[:count], person["id"])[len(expected["episodes"]) :]
                assert state.consolidating.get(person["id"]) == (waiting[0][1] if waiting else None)


@given(st.lists(answers.responses(), min_size=1, max_size=12), st.integers(0, 99))
@share(2)
def test_a_life_whose_model_answers_anything_verifies_and_every_memory_has_a_source(replies, seed: int) -> None:
    cast = Cast(seed, 0.2)

    def answer(request, draw):
        if request.purpose in ("consolidation", "reflection", "embedding") and sum(request.hash.encode()) % 2:
            return replies[sum(request.hash.encode()) % len(replies)]
        return cast(request, draw)

    with Store(":memory:", Scripted(answer, "cast")) as store:
        try:
            sim = remembering(trio(steps=4, attempts=2)).play(store)
        except EveryTurnFailed:
            sim = store.open("life")
        sourced(list(sim.events()))
        store.models = {"cast": dead()}
        report = store.verify("life")
        assert report.holds, (report.damages, report.divergences)


def test_a_life_taken_up_again_recalls_the_same_and_asks_for_no_vector_twice() -> None:
    """Vectors and words are caches: whoever takes up a life finds them again in the log, and asks for none."""
    cast = Cast(misfits=0)
    with Store(":memory:", cast.model()) as store:
        sim = ON.play(store)
        at, asked = sim.seq, len(cast.asked)
        sim.run(6)
        later = len(cast.asked)
        assert later > asked
        fork = store.branch(f"life@{at}", "again")
        fork.run(6)
        lived = [[e.body for e in life.events(at + 2)] for life in (fork, sim)]  # the run itself has another source
        assert lived[0] == lived[1] != []
        assert len(cast.asked) == later
        events = oracles.of(list(sim.events()), "memories-embedded")
        named = [(e.actor, each.seq) for e in events for each in e.body.of if each.seq is not None]
        assert len(named) == len(set(named)) > 0


def test_an_import_brings_its_vectors_with_it_and_swaps_none(tmp_path: Path) -> None:
    """Where the same text has another vector on record here, the imported life keeps those that its events name."""
    with Store(":memory:", Cast(1, 0).model()) as store:
        ON.play(store)
        exchange.export(store.log, "life", tmp_path / "bundle")
    with Store(":memory:", Cast(2, 0).model()) as other:
        ON.play(other)
        here = {each.request: each.answer for each in vectors(other, "life")}
        exchange.import_(other.log, tmp_path / "bundle", "theirs")
        there = {each.request: each.answer for each in vectors(other, "theirs")}
        both = here.keys() & there.keys()
        assert [here[request] for request in both] != [there[request] for request in both]
        other.models = {"cast": dead()}
        assert other.verify("theirs").holds
        assert other.verify("life").holds


def vectors(store: Store, ref: str) -> list[Embedded]:
    return [each for e in oracles.of(list(store.open(ref).events()), "memories-embedded") for each in e.body.of]


@pytest.mark.parametrize("order", ["parallel", "sequential"])
def test_prompts_of_a_life_with_episodes_are_extended_and_show_what_was_kept(order: str) -> None:
    settings = Settings(model="improviser", order=order, episode=15, memory_first=5, memory_last=20)
    script = Script(settings, 7, (*trio().commands[:-1],))
    with Store(":memory:", Improviser()) as store:
        sim = script.play(store)
        sim.run(40)
        for person in sim.state.people.values():
            assert len(person.memory) > 100
            turns = [e for e in oracles.of(list(sim.events()), "model-answered") if "/turn/" in e.body.address]
            mine = [e for e in turns if e.actor == person.id]
            prompts = [store.log.prompt(e.body.request) for e in mine]
            texts = ["\0".join(f"{r}:{c}" for r, c in prompt) for prompt in prompts]
            shared = [common(*pair) / len(pair[1]) for pair in pairwise(texts)]
            assert sum(shared) / len(shared) > 0.7
            moved = [part for part in shared if part < 0.6]
            assert len(moved) <= len(person.ends)  # the window moves when an episode is over, and only then
            then = store.at(f"life@{mine[-1].seq - 1}").people[person.id]
            over = bisect_right(list(then.ends), len(then.memory) - 20)
            formed = [seq for seq in then.semantic if seq < list(then.episodes)[over - 1]]
            assert len(formed) > 3
            for seq in formed[-3:]:
                assert sim.log.event(sim.branch, seq).body.content in texts[-1]
            assert max(map(len, texts)) < 4 * len(texts[10])  # however long the life


def common(one: str, other: str) -> int:
    return next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def test_a_consolidation_is_shown_its_episode_and_nothing_else() -> None:
    with Store(":memory:", Cast(misfits=0).model()) as store:
        sim = ON.play(store)
        events = list(sim.events())
        asked = [e for e in oracles.of(events, "model-answered") if "/consolidation/" in e.body.address]
        assert asked
        for event in asked:
            closed = next(
                e for e in events[event.seq :] if e.actor == event.actor and e.body.type == "episode-consolidated"
            )
            past = oracles.memory(events[: event.seq], str(event.actor))
            shown = past[past.index(closed.body.first) : past.index(closed.body.last) + 1]
            text = store.log.prompt(event.body.request)[1][1]
            numbers = [line.split(" ")[0] for line in text.splitlines() if line[:1].isdigit()]
            assert numbers == [str(n) for n in range(1, len(shown) + 1)]
