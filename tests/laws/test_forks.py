"""Laws of branching: what is shared is shared exactly, what is not is nobody else's, and nothing else decides."""

import oracles
from hypothesis import given
from hypothesis import strategies as st
from strategies.scripts import Cast, casts, edits, live_on, persona, scripts, share, trio

from troupe_es import Simulation, Store, commands


def hashes(sim: Simulation) -> list[bytes]:
    """The hash of each event of a life, head last."""
    return [row.hash for row in sim.log.rows(sim.branch)]


@given(scripts(most=4), casts)
@share(3)
def test_an_untouched_fork_at_any_event_lives_the_same_life_as_its_parent(script, cast: Cast) -> None:
    with Store(":memory:", cast.model()) as store:
        sim = script.play(store)
        whole, asked = hashes(sim), len(cast.asked)
        given_at = [event.seq for event in sim.events() if event.body.given]
        for at in range(1, sim.seq + 1):
            fork = store.branch(f"life@{at}", f"at-{at}")
            assert hashes(fork) == whole[:at]
            live_on(fork)
            end = min((seq for seq in given_at if seq > at), default=sim.seq + 1) - 1  # there the script spoke again
            assert hashes(fork) == whole[:end]
        assert len(cast.asked) == asked


@given(scripts(most=3), casts, st.data())
@share(3)
def test_forks_with_an_edit_at_any_event_verify_and_leave_the_parent_alone(script, cast: Cast, data) -> None:
    with Store(":memory:", cast.model()) as store:
        sim = script.play(store)
        whole = hashes(sim)
        for at in range(2, sim.seq + 1):
            people = list(store.at(f"life@{at}").people)
            fork = store.branch(f"life@{at}", f"at-{at}", data.draw(edits(people)))
            live_on(fork)
            assert hashes(fork)[:at] == whole[:at]
            assert hashes(fork)[at : at + 1] != whole[at : at + 1]
            report = store.verify(fork.ref)
            assert report.holds, (at, report.divergences)
            assert fork.state.running is None
        assert [row.hash for row in store.log.rows(sim.branch)] == whole
        assert max(cast.asked.values(), default=1) == 1


@given(scripts(most=3), casts, st.data())
@share(3)
def test_nobody_acts_twice_in_a_step_or_after_leaving_whatever_is_edited(script, cast: Cast, data) -> None:
    with Store(":memory:", cast.model()) as store:
        sim = script.play(store)
        at = data.draw(st.integers(2, sim.seq))
        people = list(store.at(f"life@{at}").people)
        fork = live_on(store.branch(f"life@{at}", "fork", data.draw(edits(people))))
        events = list(fork.events())
        ends = [(e.step, e.actor) for e in oracles.of(events, "turn-ended", "turn-failed")]
        assert len(ends) == len(set(ends))
        for event in oracles.of(events, "action-taken", "turn-ended", "turn-failed"):
            assert event.actor in oracles.present(events, None, event.seq)


@given(scripts(most=3), casts, st.data())
@share(3)
def test_no_branch_sees_another(script, cast: Cast, data) -> None:
    alone, together = Cast(cast.seed, cast.misfits), cast
    words = [commands.Stimulate(f"Fire in {n}! «fire {n}»", world=script.commands[0].name) for n in range(2)]

    def lived(store: Store, number: int) -> Simulation:
        return live_on(store.branch(f"life@{at}", f"fork-{number}", words[number], draw=number))

    with Store(":memory:", alone.model()) as one, Store(":memory:", together.model()) as both:
        sim = script.play(one)
        at = data.draw(st.integers(3, sim.seq))
        script.play(both)
        lived(both, 0)
        assert hashes(lived(both, 1)) == hashes(lived(one, 1))
        assert hashes(both.open("life")) == hashes(sim)


@given(scripts(most=3), casts, st.data(), st.integers(2, 3))
@share(3)
def test_replicates_are_matched_independent_and_verify(script, cast: Cast, data, count: int) -> None:
    with Store(":memory:", cast.model()) as store:
        sim = script.play(store)
        at = data.draw(st.integers(1, sim.seq))
        twins = [live_on(twin) for twin in store.replicates(f"life@{at}", "twin", count)]
        draws = [twin.branch.draw for twin in twins]
        assert len({sim.branch.draw, *draws}) == count + 1
        for twin in twins:
            assert hashes(twin)[:at] == hashes(sim)[:at]
            assert store.verify(twin.ref).holds
            before = len(cast.asked)
            again = live_on(store.branch(f"life@{at}", f"as-{twin.branch.name}", draw=twin.branch.draw))
            assert again.head == twin.head  # the same draw is the same sample, in another arm as well
            assert len(cast.asked) == before
        assert max(cast.asked.values(), default=1) == 1


def test_replicates_answer_the_same_question_differently() -> None:
    with Store(":memory:", Cast(misfits=0).model()) as store:
        sim = trio(steps=1).play(store)
        first = next(event for event in sim.events() if event.body.type == "model-answered")
        twins = [live_on(twin) for twin in store.replicates(f"life@{first.seq - 1}", "twin", 4)]
        found = [next(e.body for e in t.events(first.seq) if e.body.type == "model-answered") for t in [sim, *twins]]
        assert len({body.request for body in found if body.address == first.body.address}) == 1
        assert len({body.answer for body in found}) == len(found)


def test_another_draw_is_another_order_of_acting() -> None:
    with Store(":memory:", Cast(misfits=0).model()) as store:
        sim = trio(steps=4).play(store)
        at = next(event.seq for event in sim.events() if event.body.type == "run-requested")
        lives = [sim, *(live_on(twin) for twin in store.replicates(f"life@{at}", "twin", 3))]
        orders = [[e.body.schedule for e in life.events() if e.body.type == "step-started"] for life in lives]
        assert len({str(order) for order in orders}) > 1


def test_one_person_more_changes_nobody_elses_place_in_the_schedule() -> None:
    with Store(":memory:", Cast(misfits=0).model()) as store:
        sim = trio(steps=3).play(store)
        at = next(event.seq for event in sim.events() if event.body.type == "run-requested") - 1
        fork = store.branch(f"life@{at}", "one-more", persona("Dee Park"))
        fork.run(3)
        schedules = [
            [e.body.schedule for e in lived.events() if e.body.type == "step-started"] for lived in (sim, fork)
        ]
        assert [[id for id in order if id != "dee-park"] for order in schedules[1]] == schedules[0]
        assert len({tuple(order) for order in schedules[0]}) > 1


def test_what_was_said_before_its_speaker_left_is_heard() -> None:
    with Store(":memory:", Cast(misfits=0).model()) as store:
        sim = trio(steps=1).play(store)
        said = next(e for e in sim.events() if e.body.type == "action-taken" and e.body.kind == "TALK")
        ended = next(e.seq for e in sim.events(said.seq) if e.body.type == "turn-ended")
        fork = live_on(store.branch(f"life@{ended}", "leaves", commands.RemovePerson(str(said.actor))))
        listeners = [said.body.target] if said.body.target else list(fork.state.people)
        for person in listeners:
            assert said.seq in list(fork.state.people[person].memory)
