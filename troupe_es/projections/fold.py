"""The one place where state comes from: ``apply(state, event)`` for each event in order.

The state is changed in place, and one event costs what it touches. An event of an unknown type moves the position
and changes nothing else. Nothing here reads a clock, a file or a random number.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from troupe_es.events import Event, types
from troupe_es.projections.state import Person, Question, Running, State, Step, Turn, World


def fold(events: Iterable[Event], state: State | None = None) -> State:
    """Return the state after ``events``, going on from ``state`` (which is changed) or from nothing."""
    state = State() if state is None else state
    for event in events:
        apply(state, event)
    return state


def apply(state: State, event: Event) -> None:
    """Fold one event into ``state``."""
    state.seq = event.seq
    state.head = event.hash
    change = CHANGES.get(type(event.body))
    if change is not None:
        change(state, event, event.body)


def _simulation_created(state: State, event: Event, body: types.SimulationCreated) -> None:
    state.seed = body.seed
    state.clock = body.start
    state.settings = body.settings


def _settings_changed(state: State, event: Event, body: types.SettingsChanged) -> None:
    name, _, key = body.path.removeprefix("settings.").partition(".")
    settings = state.settings.model_dump()
    value = body.after
    if key:  # one entry of a setting that has several; null takes it out
        entries = {**settings[name], key: value}
        value = {name: entry for name, entry in entries.items() if entry is not None}
    state.settings = type(state.settings).model_validate({**settings, name: value})


def _world_added(state: State, event: Event, body: types.WorldAdded) -> None:
    state.worlds[body.world] = World(body.world, body.name, event.seq)


def _person_added(state: State, event: Event, body: types.PersonAdded) -> None:
    state.people[body.person] = Person(body.person, body.name, body.world, event.seq)
    state.worlds[body.world].people[body.person] = None
    state.gone.pop(body.person, None)
    state.touched.add(body.person)


def _person_removed(state: State, event: Event, body: types.PersonRemoved) -> None:
    person = state.people.pop(body.person)
    del state.worlds[person.world].people[person.id]
    state.gone[person.id] = person.name
    state.touched.add(person.id)
    if state.open_turn and state.open_turn.person == person.id:
        _close_turn(state, person.id)


def _person_changed(state: State, event: Event, body: types.PersonChanged) -> None:
    person = state.people[body.person]
    person.changes.append(event.seq)
    person.cache.clear()
    if body.path == "name" and isinstance(body.after, str):
        person.name = body.after
        for other in state.people.values():
            other.cache.clear()  # what they were told by this person stands there under the old name
    state.touched.add(person.id)


def _stimulus_given(state: State, event: Event, body: types.StimulusGiven) -> None:
    for id in state.worlds[body.world].people if body.world is not None else body.to:
        _perceive(state, id, event.seq)


def _perceive(state: State, id: str, seq: int) -> None:
    person = state.people.get(id)
    if person is None:
        return
    person.memory.append(seq)
    person.heard = seq
    person.fresh += 1
    if state.open_turn is not None and state.open_turn.person == id:
        state.open_turn.late += 1
    state.touched.add(id)


def _run_requested(state: State, event: Event, body: types.RunRequested) -> None:
    state.running = Running(event.seq, body.steps, body.seconds, body.edition)
    state.edition = body.edition


def _step_started(state: State, event: Event, body: types.StepStarted) -> None:
    state.step = event.step
    state.open_step = Step(event.seq, list(body.schedule))


def _model_answered(state: State, event: Event, body: types.ModelAnswered) -> None:
    turn = _turn(state, event)
    turn.answers[body.address] = (body.request, body.answer)


def _turn(state: State, event: Event) -> Turn:
    """The open turn that a derived event of a person belongs to, opened by its first event."""
    if state.open_turn is None:
        state.open_turn = Turn(event.actor or "", event.seq, event.cause)
    state.open_turn.events += 1
    return state.open_turn


def _action_taken(state: State, event: Event, body: types.ActionTaken) -> None:
    _turn(state, event)
    assert event.actor is not None
    person = state.people[event.actor]
    person.memory.append(event.seq)
    state.touched.add(person.id)
    if body.kind == "THINK" or (body.kind == "REACH_OUT" and body.target is None):
        return
    if state.settings.order == "parallel" and state.open_step is not None:
        state.open_step.unheard.append((event.seq, event.actor, body.target, person.world))
    else:
        _hear(state, event.seq, event.actor, body.target, person.world)


def _hear(state: State, seq: int, actor: str, target: str | None, world: str) -> None:
    """Deliver what ``actor`` said in ``world``: to ``target``, or to everyone else there."""
    if target is not None:
        _perceive(state, target, seq)
        return
    for id in state.worlds[world].people:
        if id != actor:
            _perceive(state, id, seq)


def _turn_ended(state: State, event: Event, body: types.TurnEnded) -> None:
    assert event.actor is not None
    person = state.people[event.actor]
    person.mind = body.mind
    person.memory.append(event.seq)
    person.turns += 1
    person.fresh = state.open_turn.late if state.open_turn else 0
    state.touched.add(person.id)
    if state.running is not None:
        state.running.turns += 1
    _close_turn(state, person.id)


def _turn_failed(state: State, event: Event, body: types.TurnFailed) -> None:
    assert event.actor is not None
    if state.running is not None:
        state.running.turns += 1
        state.running.failed += 1
    _close_turn(state, event.actor)


def _close_turn(state: State, person: str) -> None:
    state.open_turn = None
    step = state.open_step
    if step is None or state.question is not None:
        return
    while step.place < len(step.schedule) and step.schedule[step.place] not in state.people:
        step.place += 1  # whoever has left before their turn
    if step.schedule[step.place : step.place + 1] == [person]:
        step.place += 1


def _step_ended(state: State, event: Event, body: types.StepEnded) -> None:
    assert state.open_step is not None and state.running is not None
    for said in state.open_step.unheard:
        _hear(state, *said)
    state.open_step = None
    state.running.done += 1
    later = datetime.fromisoformat(state.clock) + timedelta(seconds=state.running.seconds)
    state.clock = later.isoformat()


def _run_ended(state: State, event: Event, body: types.RunEnded) -> None:
    state.running = None


def _question_asked(state: State, event: Event, body: types.QuestionAsked) -> None:
    state.question = Question(event.seq, body.person)
    state.edition = body.edition
    state.running = state.open_step = state.open_turn = None  # a side branch never goes on with the run


def _question_answered(state: State, event: Event, body: types.QuestionAnswered) -> None:
    state.question = None
    state.open_turn = None


CHANGES: dict[type, Callable[[State, Event, Any], None]] = {
    types.SimulationCreated: _simulation_created,
    types.SettingsChanged: _settings_changed,
    types.WorldAdded: _world_added,
    types.PersonAdded: _person_added,
    types.PersonRemoved: _person_removed,
    types.PersonChanged: _person_changed,
    types.StimulusGiven: _stimulus_given,
    types.RunRequested: _run_requested,
    types.StepStarted: _step_started,
    types.ModelAnswered: _model_answered,
    types.ActionTaken: _action_taken,
    types.TurnEnded: _turn_ended,
    types.TurnFailed: _turn_failed,
    types.StepEnded: _step_ended,
    types.RunEnded: _run_ended,
    types.QuestionAsked: _question_asked,
    types.QuestionAnswered: _question_answered,
}
