"""Laws of the fold: where it may be cut, what it may be saved as, and what it must come to.

A state that is itself a fold cannot judge the fold; ``oracles`` says what a life comes to in another way.
"""

from collections.abc import Iterator

import oracles
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies.scripts import Cast, casts, live_on, scripts, share, trio

from troupe_es import Store, commands
from troupe_es.controller import states
from troupe_es.events import Draft, Event, types
from troupe_es.log import Branch
from troupe_es.projections import digest, fold, saved

LATER = types.Unknown(type="weather-changed", sky="grey")


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Folds are saved after a few events, so that short lives have some."""
    monkeypatch.setattr(states, "EVERY", 9)
    monkeypatch.setattr(states, "EACH", 1)


def whole(store: Store, branch: Branch, seq: int | None = None) -> dict:
    """The state of ``branch`` folded from its first event, without the cache."""
    return saved.dump(fold(store.log.events(branch, 1, seq)))


def through_chunks(events: list[Event], cut: int):
    """The fold of ``events``, saved and loaded again after the first ``cut`` of them."""
    chunks: dict[str, bytes] = {}

    def put(content: bytes) -> str:
        chunks[saved.chunk_hash(content)] = content
        return saved.chunk_hash(content)

    state = saved.load(saved.save(fold(events[:cut]), put), chunks.__getitem__)
    return fold(events[cut:], state)


@given(scripts(), casts, st.data())
@share(2)
def test_folding_in_two_parts_equals_folding_the_whole(script, cast: Cast, data) -> None:
    with Store(":memory:", cast.model()) as store:
        events = list(script.play(store).events())
    cut = data.draw(st.integers(0, len(events)))
    expected = saved.dump(fold(events))
    assert saved.dump(fold(events[cut:], fold(events[:cut]))) == expected
    assert saved.dump(through_chunks(events, cut)) == expected


def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Seqs of the events folded from here on by ``state_at``."""
    folded: list[int] = []
    real = states.apply
    monkeypatch.setattr(states, "apply", lambda state, event: (folded.append(event.seq), real(state, event))[1])
    return folded


@given(scripts(), casts, st.data())
@share(3)
def test_a_snapshot_and_the_tail_equal_the_full_fold(script, cast: Cast, data) -> None:
    with Store(":memory:", cast.model()) as store:
        sim = script.play(store)
        fork = store.branch(f"life@{data.draw(st.integers(1, sim.seq))}", "fork")
        live_on(fork)
        for branch in (sim.branch, fork.branch):
            for seq in range(1, store.log.head(branch).seq + 1):
                assert saved.dump(store.at(f"{branch}@{seq}")) == whole(store, branch, seq)


@given(scripts(), casts)
@share(3)
def test_deleting_every_snapshot_changes_nothing_and_snapshots_are_used(script, cast: Cast) -> None:
    with Store(":memory:", cast.model()) as store, pytest.MonkeyPatch.context() as patch:
        sim = script.play(store)
        store.at("life")
        folded = counted(patch)
        kept = saved.dump(store.at("life"))
        assert len(folded) < 9 + len(kept["people"])
        store.log.drop_snapshots()
        folded.clear()
        assert saved.dump(store.at("life")) == kept == whole(store, sim.branch)
        assert folded == list(range(1, sim.seq + 1))
        assert store.verify("life").holds


@pytest.mark.parametrize(
    "harm",
    [
        "UPDATE chunks SET content = replace(content, '{', '[')",
        "UPDATE chunks SET content = CAST(replace(CAST(content AS TEXT), 'Ana', 'Eva') AS BLOB)",
        "DELETE FROM chunks WHERE rowid % 2",
        "UPDATE snapshots SET manifest = '{}'",
        "UPDATE snapshots SET seq = seq - 1",
        "UPDATE snapshots SET hash = x'00'",
    ],
)
def test_a_damaged_snapshot_is_not_used(harm: str) -> None:
    with Store(":memory:", Cast().model()) as store:
        sim = trio(steps=3).play(store)
        store.at("life")
        assert store.log.db.execute(harm).rowcount > 0
        assert saved.dump(store.at("life")) == whole(store, sim.branch)


def test_a_snapshot_of_another_fold_version_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with Store(":memory:", Cast().model()) as store:
        sim = trio(steps=3).play(store)
        other = fold(store.log.events(sim.branch))
        other.people["ana-reyes"].turns = 99
        monkeypatch.setattr(states, "fold_version", lambda: "of another version")
        states.Keeper(store.log, sim.branch).save(other)
        assert store.at("life").people["ana-reyes"].turns == 99
        monkeypatch.undo()
        assert saved.dump(store.at("life")) == whole(store, sim.branch)


@given(scripts(), casts, st.data())
@share(3)
def test_an_unknown_event_leaves_the_state_unchanged(script, cast: Cast, data) -> None:
    with Store(":memory:", cast.model()) as store:
        sim = script.play(store)
        at = data.draw(st.integers(1, sim.seq))
        fork = store.log.fork(sim.branch, at, "later")
        [event] = store.log.append(fork, [Draft(LATER, None, 0, "", None)], at)
        before, after = whole(store, sim.branch, at), whole(store, fork)
        assert after == {**before, "seq": at + 1, "head": event.hash.hex()}
        lived = live_on(store.open("life/later"))
        assert store.verify(lived.ref).holds


def moments(count: int) -> Iterator[int]:
    """Some ends at which to look at a life of ``count`` events: one in five, and the last."""
    yield from range(1, count, 5)
    yield count


@given(scripts(), casts, st.data())
@share(2)
def test_every_projection_agrees_with_a_naive_oracle(script, cast: Cast, data) -> None:
    with Store(":memory:", cast.model()) as store:
        sim = script.play(store)
        at = data.draw(st.integers(2, sim.seq))
        there = list(store.at(f"life@{at}").people)
        edits = [commands.Stimulate("Fire! «fire»", to=(there[0],))] if there else []
        fork = live_on(store.branch(f"life@{at}", "fork", *edits))
        for branch in (sim.branch, fork.branch):
            events = list(store.log.events(branch))
            for count in moments(len(events)):
                agrees(store.at(f"{branch}@{count}"), events[:count])
            assert [tuple(line) for line in store.transcript(str(branch))] == oracles.lines(events)
            assert digest.v1(events) == oracles.digest(list(store.log.rows(branch)))


def agrees(state, events: list[Event]) -> None:
    """Assert that ``state`` is what ``events`` come to."""
    found = saved.dump(state)
    assert found["people"] == oracles.people(events)
    assert found["worlds"] == oracles.worlds(events)
    assert found["clock"] == oracles.clock(events)
    assert found["running"] == oracles.running(events)
    assert found["step"] == max(event.step for event in events)
    names = ("order", "max_actions", "memory_first")
    assert [found["settings"][n] for n in names] == [oracles.setting(events, n, len(events)) for n in names]


@given(scripts(), casts, st.data())
@share(3)
def test_the_costs_view_agrees_with_a_naive_oracle(script, cast: Cast, data) -> None:
    model = cast.model()
    with Store(":memory:", model) as store:
        sim = script.play(store)
        fork = live_on(store.branch(f"life@{data.draw(st.integers(1, sim.seq))}", "fork", draw=1))
        for lived in (sim, fork):
            events = list(lived.events())
            rows = store.log.db.execute(
                "SELECT person, purpose, step, model, calls, paid FROM costs WHERE simulation = ? AND branch = ?",
                ("life", lived.branch.name),
            ).fetchall()
            assert {tuple(row[:4]): tuple(row[4:]) for row in rows} == oracles.costs(events, lived.branch.fork_seq)
        assert len(model.calls) == sum(row[0] or 0 for row in store.log.db.execute("SELECT sum(paid) FROM costs"))
