"""Laws of worlds: who acts, who hears what, where people are; nobody hears what they had no access to."""

import oracles
from hypothesis import given
from hypothesis import strategies as st
from strategies.scripts import MARK, Cast, casts, edits, going_about, live_on, scripts, share

from troupe_es import Store
from troupe_es.events import Event
from troupe_es.projections import fold, saved
from troupe_es.world.schedule import order

busy = scripts(most=4).map(going_about)


def lives(store: Store, script, data) -> list[list[Event]]:
    """The events of a life, and of a fork that was edited in the middle of it."""
    sim = script.play(store)
    at = data.draw(st.integers(2, sim.seq))
    fork = store.branch(f"life@{at}", "fork", data.draw(edits(list(store.at(f"life@{at}").people))))
    return [list(lived.events()) for lived in (sim, live_on(fork))]


@given(busy, casts, st.data())
@share(2)
def test_everything_that_happens_reaches_exactly_its_audience(script, cast: Cast, data) -> None:
    with Store(":memory:", cast.model()) as store:
        for events in lives(store, script, data):
            for person in fold(events).people.values():
                assert list(person.memory) == oracles.memory(events, person.id)
                assert person.fresh == oracles.fresh(events, person.id)


@given(busy, casts, st.data())
@share(2)
def test_people_are_where_they_went_and_know_whom_they_met(script, cast: Cast, data) -> None:
    with Store(":memory:", cast.model()) as store:
        for events in lives(store, script, data):
            for count in range(2, len(events) + 1, 4):
                state, so_far = fold(events[:count]), events[:count]
                found = {world.id: list(world.people) for world in state.worlds.values()}
                assert found == {w: oracles.present(so_far, w, count) for w in found}
                for person in state.people.values():
                    assert person.world == oracles.world_of(so_far, person.id, count)
                    assert person.near == oracles.near(so_far, person.id, count)


@given(busy, casts, st.data())
@share(2)
def test_in_a_network_nobody_is_spoken_to_whom_the_speaker_does_not_know(script, cast: Cast, data) -> None:
    with Store(":memory:", cast.model()) as store:
        for events in lives(store, script, data):
            for event in oracles.of(events, "action-taken"):
                world = oracles.world_of(events, event.actor, event.seq - 1)
                if oracles.access(events, world) == "open" or event.body.kind == "THINK":
                    continue
                known = oracles.near(events, event.actor, event.seq)
                assert event.body.target is None or event.body.target in known
                assert {who for _, who in oracles.audience(events, event)} <= known.keys()


@given(busy, casts, st.data())
@share(2)
def test_nobody_is_shown_what_they_had_no_access_to(script, cast: Cast, data) -> None:
    with Store(":memory:", cast.model()) as store:
        sim = script.play(store)
        events = list(sim.events())
        said = {mark: e.seq for e in events for mark in MARK.findall(getattr(e.body, "content", "") or "")}
        for answered in oracles.of(events, "model-answered"):
            if answered.body.address.endswith("/turn/0/0"):
                prompt = "\n".join(content for _, content in store.log.prompt(answered.body.request))
                shown = {said[mark] for mark in MARK.findall(prompt) if mark in said}
                assert shown <= oracles.shown(events, answered.actor, answered.seq)


@given(busy, casts, st.data())
@share(2)
def test_whoever_has_left_does_nothing_and_perceives_nothing(script, cast: Cast, data) -> None:
    with Store(":memory:", cast.model()) as store:
        for events in lives(store, script, data):
            for gone in oracles.of(events, "person-removed"):
                after = events[gone.seq :]
                assert not [e for e in after if e.actor == gone.body.person]
                assert not [e for e in oracles.of(after, "step-started") if gone.body.person in e.body.schedule]


@given(busy, casts, st.data())
@share(2)
def test_time_never_goes_back(script, cast: Cast, data) -> None:
    with Store(":memory:", cast.model()) as store:
        for events in lives(store, script, data):
            times = [event.time for event in events]
            assert times == sorted(times)
            for count in range(1, len(events) + 1, 5):
                assert fold(events[:count]).clock == oracles.clock(events[:count])


@given(scripts(), casts, st.data())
@share(2)
def test_those_act_whom_something_new_has_reached_and_no_more_than_may(script, cast: Cast, data) -> None:
    with Store(":memory:", cast.model()) as store:
        for events in lives(store, script, data):
            for step in oracles.of(events, "step-started"):
                before = events[: step.seq - 1]
                may = set(oracles.present(before, None, len(before)))
                if oracles.setting(before, "who", len(before)) == "active":
                    may = {person for person in may if oracles.fresh(before, person)}
                only = oracles.of(before, "run-requested")[-1].body.only
                may &= may if only is None else set(only)
                most = oracles.setting(before, "subset", len(before))
                assert set(step.body.schedule) <= may
                assert len(step.body.schedule) == (len(may) if most is None else min(most, len(may)))


@given(st.sets(st.text(max_size=5), min_size=1), st.integers(0, 99), st.integers(1, 9), st.integers(1, 9))
def test_a_subset_is_the_beginning_of_the_order_and_one_person_more_moves_nobody(people, seed, step, most) -> None:
    everybody = order(people, seed, 0, step)
    assert sorted(everybody) == sorted(people)
    assert order(people, seed, 0, step, most) == everybody[:most]
    fewer = people - {min(people)}
    assert order(fewer, seed, 0, step) == [person for person in everybody if person in fewer]


@given(scripts(), casts, st.data())
@share(2)
def test_names_and_who_is_stirred_are_the_same_after_saving(script, cast: Cast, data) -> None:
    chunks: dict[str, bytes] = {}

    def put(content: bytes) -> str:
        chunks[saved.chunk_hash(content)] = content
        return saved.chunk_hash(content)

    with Store(":memory:", cast.model()) as store:
        for events in lives(store, script, data):
            state = fold(events)
            again = saved.load(saved.save(state, put), chunks.__getitem__)
            assert state.stirred == again.stirred == {p.id for p in state.people.values() if p.fresh}
            for name in ("Ana", "ana reyes", "bo-lind", "Zed", "Zed Number1", "zed number2", " dee ", "", "nobody"):
                for among in (None, *[world.people for world in state.worlds.values()]):
                    meant = looked_for(state, name, among)
                    for one in (state, again):
                        found = one.find(name, among)
                        assert (found.id if found else None) == meant


def looked_for(state, name: str, among: dict[str, None] | None) -> str | None:
    """Who ``name`` stands for, looked for among everybody."""
    wanted = name.strip().casefold()
    people = [p for p in state.people.values() if among is None or p.id in among]
    whole = [p.id for p in people if wanted in (p.name.casefold(), p.id)]
    first = [p.id for p in people if p.name.casefold().split(" ")[0] == wanted]
    return next((ids[0] for ids in (whole, first) if wanted and len(ids) == 1), None)


@given(busy, casts)
@share(3)
def test_an_untouched_fork_in_the_middle_of_anything_lives_the_same_life(script, cast: Cast) -> None:
    with Store(":memory:", cast.model()) as store:
        sim = script.play(store)
        whole, asked = [row.hash for row in sim.log.rows(sim.branch)], len(cast.asked)
        given_at = [event.seq for event in sim.events() if event.body.given]
        for at in range(len(script.commands), sim.seq + 1, 3):
            fork = live_on(store.branch(f"life@{at}", f"at-{at}"))
            end = min((seq for seq in given_at if seq > at), default=sim.seq + 1) - 1
            assert [row.hash for row in fork.log.rows(fork.branch)] == whole[: max(at, end)]
        assert len(cast.asked) == asked
        assert store.verify("life").holds
