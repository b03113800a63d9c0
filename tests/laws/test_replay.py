"""Laws of replay: an honest log is found so without asking anybody, and a made-up one is found out where it begins.

The forgeries are chained and sealed as honestly as any event; only what they say is not what would have been decided.
So a check that walks the chain alone finds nothing in them.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from strategies.scripts import Cast, casts, dead, live_on, scripts, share, trio

from troupe_es import Simulation, Store
from troupe_es.events import Draft, Event, is_given, types


def draft(event: Event) -> Draft:
    """Return ``event`` as it was before it was appended."""
    return Draft(event.body, event.actor, event.step, event.time, event.cause)


def forge(store: Store, sim: Simulation, at: int, made_up: Sequence[Draft], skip: int = 1) -> str:
    """Live ``sim`` again as a branch that has ``made_up`` in place of ``skip`` events from ``at`` on."""
    branch = store.log.fork(sim.branch, at - 1, "forged")
    rest = [draft(event) for event in sim.events(at + skip)]
    store.log.append(branch, [*made_up, *rest], at - 1)
    return str(branch)


def first_divergence(store: Store, ref: str) -> int:
    """The event at which verifying ``ref`` first finds fault; its chain and checksums have none."""
    report = store.verify(ref)
    assert not report.damages
    assert not report.holds
    return report.divergences[0].seq


@given(scripts(), casts)
@share(2)
def test_verifying_an_honest_log_finds_nothing_and_asks_nothing(script, cast: Cast) -> None:
    with Store(":memory:", cast.model()) as store:
        sim = script.play(store)
        store.models = {"cast": dead()}
        report = store.verify("life")
        assert report.holds
        assert not report.differences
        assert (report.head, report.events) == (sim.head, sim.seq)
        derived = [event for event in sim.events() if not event.body.given]
        assert report.decided == len(derived)
        assert report.answers >= len([event for event in derived if event.body.type == "model-answered"])


@given(scripts(), casts)
@share(3)
def test_a_life_verifies_up_to_any_of_its_events(script, cast: Cast) -> None:
    with Store(":memory:", cast.model()) as store:
        sim = script.play(store)
        for seq in range(1, sim.seq + 1):
            report = store.verify(f"life@{seq}")
            assert report.holds, report.divergences
            assert report.events == seq


def otherwise(body: Any, field: str) -> Any:
    """Return another value for a field of ``body``, of the same kind."""
    value = getattr(body, field)
    match value:
        case list():
            return value[::-1] if value[::-1] != value else [*value, "nobody"]
        case bool() | None:
            return "somebody"
        case int() | float():
            return value + 1
        case types.Mind():
            return types.Mind(goals=value.goals + "!")
    kinds = {"THINK": "TALK", "TALK": "THINK", "REACH_OUT": "THINK"}
    return kinds.get(value, value + "!")


def altered(event: Event) -> list[Draft]:
    """Every way in which one field of a derived event, or of its envelope, may say something else."""
    fields = [name for name in type(event.body).model_fields if name not in ("type", "repaired")]
    bodies = [event.body.model_copy(update={name: otherwise(event.body, name)}) for name in fields]
    honest = draft(event)
    return [
        *(honest._replace(body=body) for body in bodies),
        honest._replace(actor="nobody"),
        honest._replace(step=event.step + 1),
        honest._replace(time=event.time + "0"),
        honest._replace(cause=(event.cause or 0) + 1),
    ]


@given(scripts(), casts, st.data())
@share(1)
def test_verify_names_the_first_event_that_was_altered(script, cast: Cast, data) -> None:
    with Store(":memory:", cast.model()) as store:
        sim = script.play(store)
        event = data.draw(st.sampled_from([event for event in sim.events() if not event.body.given]))
        lie = data.draw(st.sampled_from(altered(event)))
        assert first_divergence(store, forge(store, sim, event.seq, [lie])) == event.seq


@given(scripts(), casts, st.data())
@share(1)
def test_verify_names_where_an_event_is_missing_or_too_many(script, cast: Cast, data) -> None:
    with Store(":memory:", cast.model()) as store:
        sim = script.play(store)
        events = list(sim.events())
        derived = [e for e in events[:-1] if not e.body.given]
        event = data.draw(st.sampled_from(derived))
        if data.draw(st.booleans()):
            forged = forge(store, sim, event.seq, [draft(event), draft(event)])
            assert first_divergence(store, forged) == event.seq + 1
        else:
            # a given event may come in the middle of anything; then the next derived one is what does not fit
            after = [
                e.seq for e in events[event.seq :] if not is_given(e.body.type) or e.body.type == "run-requested"
            ]
            assume(after)
            assert first_divergence(store, forge(store, sim, event.seq, [], 1)) in range(event.seq, after[0])


@given(scripts(), casts, st.data())
@share(2)
def test_a_given_event_cannot_claim_another_time_or_step(script, cast: Cast, data) -> None:
    with Store(":memory:", cast.model()) as store:
        sim = script.play(store)
        event = data.draw(st.sampled_from([event for event in sim.events() if event.body.given]))
        honest = draft(event)
        lies = [
            honest._replace(actor="nobody"),
            honest._replace(step=event.step + 1),
            honest._replace(time="1999-12-31T23:59:59"),
            honest._replace(cause=1),
        ]
        if event.seq > 1:  # the first event says itself when it begins
            assert (
                first_divergence(store, forge(store, sim, event.seq, [data.draw(st.sampled_from(lies))])) == event.seq
            )


@pytest.mark.parametrize(
    "body",
    [
        types.PersonAdded(person="x", name="X", world="nowhere", persona={"name": "X"}),
        types.PersonRemoved(person="nobody"),
        types.PersonChanged(person="nobody", path="age", after=3),
        types.PersonChanged(person="ana-reyes", path="name.first.deep", after=3),
        types.SettingsChanged(path="settings.order", after="sideways"),
        types.StimulusGiven(content="boo", world="nowhere"),
        types.RunRequested(steps=1, edition=1),
    ],
)
def test_a_given_event_that_cannot_be_true_is_a_divergence_and_no_crash(body: types.Given) -> None:
    with Store(":memory:", Cast(misfits=0).model()) as store:
        sim = trio().play(store)
        at = next(event.seq for event in sim.events() if event.body.type == "step-started") + 1
        forged = forge(store, sim, at, [Draft(body, None, 1, "2026-01-05T09:00:00", None)], 0)
        assert first_divergence(store, forged) >= at


def test_an_answer_swapped_for_that_to_another_request_is_found() -> None:
    with Store(":memory:", Cast(misfits=0).model()) as store:
        sim = trio().play(store)
        first, second = [event for event in sim.events() if event.body.type == "model-answered"][:2]
        lie = first.body.model_copy(update={"request": second.body.request, "answer": second.body.answer})
        assert first_divergence(store, forge(store, sim, first.seq, [draft(first)._replace(body=lie)])) == first.seq


def test_an_answer_swapped_for_another_to_the_same_request_is_found_in_what_follows_from_it() -> None:
    with Store(":memory:", Cast(misfits=0).model()) as store:
        sim = trio().play(store)
        first = next(event for event in sim.events() if event.body.type == "model-answered")
        [twin] = store.replicates(f"life@{first.seq - 1}", "twin", 1)
        live_on(twin)
        other = next(e for e in twin.events(first.seq) if e.body.type == "model-answered" and e.actor == first.actor)
        assert other.body.request == first.body.request
        assert other.body.answer != first.body.answer
        lie = first.body.model_copy(update={"answer": other.body.answer})
        forged = forge(store, sim, first.seq, [draft(first)._replace(body=lie)])
        assert first_divergence(store, forged) == first.seq + 1


def test_a_divergence_shows_both_prompts() -> None:
    with Store(":memory:", Cast(misfits=0).model()) as store:
        sim = trio().play(store)
        heard = next(event for event in sim.events() if event.body.type == "stimulus-given")
        told = heard.body.model_copy(update={"content": "Would you drink hot milk?"})
        [divergence] = store.verify(forge(store, sim, heard.seq, [draft(heard)._replace(body=told)])).divergences
        assert "cold tea" in str(divergence.recorded_prompt)
        assert "hot milk" in str(divergence.decided_prompt)
        assert "hot milk" not in str(divergence.recorded_prompt)


@given(scripts(), casts)
@share(2)
def test_two_stores_that_live_the_same_script_have_the_same_head(script, cast: Cast) -> None:
    with Store(":memory:", cast.model()) as store, Store(":memory:", cast.model()) as other:
        assert script.play(store).head == script.play(other, "by-another-name").head


@given(scripts(), casts)
@share(2)
def test_everybody_there_is_scheduled_once(script, cast: Cast) -> None:
    """Where everybody may act; ``test_worlds`` says who does where not."""
    everybody = replace(script, settings=script.settings.model_copy(update={"who": "all", "subset": None}))
    with Store(":memory:", cast.model()) as store:
        sim = everybody.play(store)
        for event in sim.events():
            if event.body.type == "step-started":
                state = store.at(f"life@{event.seq}")
                only = state.running.only if state.running and state.running.only is not None else state.people
                assert sorted(event.body.schedule) == sorted(set(only) & set(state.people))


def test_the_seed_decides_who_acts_first() -> None:
    with Store(":memory:", Cast().model()) as store:
        lives = [replace(trio(), seed=seed).play(store, f"life-{seed}") for seed in range(8)]
        orders = {tuple(e.body.schedule) for sim in lives for e in sim.events() if e.body.type == "step-started"}
        assert len(orders) > 3
