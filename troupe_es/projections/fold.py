"""The one place where state comes from: ``apply(state, event)`` for each event in order.

The state is changed in place, and one event costs what it touches. An event of an unknown type moves the position
and changes nothing else. Nothing here reads a clock, a file or a random number.
"""

from collections.abc import Callable, Iterable
from typing import Any

from troupe_es.events import Event, types
from troupe_es.projections import making, populating, steered, surveyed, worlds
from troupe_es.projections.remembering import REMEMBERING, left, turn_over
from troupe_es.projections.state import Question, Running, State, Step, Turn


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
    steered.seen(state, event)


def _simulation_created(state: State, event: Event, body: types.SimulationCreated) -> None:
    state.seed = body.seed
    state.clock = body.start
    state.settings = body.settings


def _simulation_redacted(state: State, event: Event, body: types.SimulationRedacted) -> None:
    _simulation_created(state, event, body)
    state.lots, state.ranks = body.lots, body.ranks


def _settings_changed(state: State, event: Event, body: types.SettingsChanged) -> None:
    name, _, key = body.path.removeprefix("settings.").partition(".")
    settings = state.settings.model_dump()
    value = body.after
    if key:  # one entry of a setting that has several; null takes it out
        entries = {**settings[name], key: value}
        value = {name: entry for name, entry in entries.items() if entry is not None}
    state.settings = type(state.settings).model_validate({**settings, name: value})


def _person_removed(state: State, event: Event, body: types.PersonRemoved) -> None:
    worlds.leave(state, body.person)
    left(state, body.person)
    surveyed.left(state, body.person)
    if state.open_turn and state.open_turn.person == body.person:
        _close_turn(state, body.person)


def _person_changed(state: State, event: Event, body: types.PersonChanged) -> None:
    _persona_changed(state, event, [(body.path, body.after)])


def _fragment_merged(state: State, event: Event, body: types.FragmentMerged) -> None:
    _persona_changed(state, event, [(change.path, change.after) for change in body.changes])


def _persona_changed(state: State, event: Event, changes: list[tuple[str, Any]]) -> None:
    person = state.people[event.body.person]  # type: ignore[attr-defined]  # both events that come here have one
    person.changes.append(event.seq)
    person.cache.clear()
    for path, after in changes:
        if path == "name" and isinstance(after, str):
            state.names.drop(person.id, person.name)
            state.names.add(person.id, after)
            person.name = after
            state.told.clear()  # what this person said stands there under the old name
            for other in state.people.values():
                other.cache.clear()
    state.touched.add(person.id)


def _mind_given(state: State, event: Event, body: types.MindGiven) -> None:
    state.people[body.person].mind = body.mind
    state.touched.add(body.person)


def _run_requested(state: State, event: Event, body: types.RunRequested) -> None:
    state.running = Running(event.seq, body.steps, body.seconds, body.edition, only=body.only)
    state.edition = body.edition


def _step_started(state: State, event: Event, body: types.StepStarted) -> None:
    state.step = event.step
    state.open_step = Step(event.seq, list(body.schedule))


def _model_answered(state: State, event: Event, body: types.ModelAnswered) -> None:
    turn = _turn(state, event)
    turn.answers[body.key] = (body.request, body.answer)


def _turn(state: State, event: Event) -> Turn:
    """The open turn that a derived event of a person belongs to, opened by its first event."""
    if state.open_turn is None:
        state.open_turn = Turn(event.actor or "", event.seq, event.cause)
    state.open_turn.events += 1
    return state.open_turn


def _of_turn(state: State, event: Event, body: Any) -> None:
    """Count what belongs to the open turn and changes nothing else."""
    _turn(state, event)


def _action_taken(state: State, event: Event, body: types.ActionTaken) -> None:
    _turn(state, event)
    assert event.actor is not None
    person = state.people[event.actor]
    person.memory.append(event.seq)
    state.touched.add(person.id)
    if body.kind == "TALK" or (body.kind == "REACH_OUT" and body.target is not None):
        worlds.say(state, event.seq, person, body.target)


def _person_went(state: State, event: Event, body: types.PersonWent) -> None:
    turn = _turn(state, event)
    turn.going = body.world
    person = state.people[turn.person]
    person.memory.append(event.seq)
    state.touched.add(person.id)


def _faculty_given(state: State, event: Event, body: types.FacultyGiven) -> None:
    for faculties in _faculties(state, body.to):
        faculties.pop(body.faculty, None)
        faculties[body.faculty] = event.seq


def _faculty_taken(state: State, event: Event, body: types.FacultyTaken) -> None:
    for faculties in _faculties(state, body.to):
        faculties.pop(body.faculty, None)


def _faculties(state: State, to: list[str] | None) -> list[dict[str, int]]:
    """What the named people can do, or what everybody can; their prompts begin anew."""
    people = list(state.people.values()) if to is None else [state.people[id] for id in to if id in state.people]
    for person in people:
        person.cache.clear()
    if to is None:
        return [state.faculties]
    state.touched.update(person.id for person in people)
    return [person.faculties for person in people]


def _own(state: State, event: Event, body: types.FacultyUsed | types.ResultSeen) -> None:
    """What a person did or perceived by themselves in their turn."""
    person = state.people[_turn(state, event).person]
    person.memory.append(event.seq)
    state.touched.add(person.id)


def _turn_ended(state: State, event: Event, body: types.TurnEnded) -> None:
    assert event.actor is not None
    person = state.people[event.actor]
    person.mind = body.mind
    person.memory.append(event.seq)
    person.turns += 1
    person.fresh = state.open_turn.late if state.open_turn else 0
    state.touched.add(person.id)
    if not person.fresh:
        state.stirred.discard(person.id)
    turn_over(state, person)
    if state.running is not None:
        state.running.turns += 1
    worlds.go(state, person.id)
    _close_turn(state, person.id)


def _turn_failed(state: State, event: Event, body: types.TurnFailed) -> None:
    assert event.actor is not None
    turn_over(state, state.people[event.actor])
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
    worlds.hear(state, state.open_step.unheard)
    for invitation in state.open_step.invited:
        making.enter(state, *invitation)
    for person, world in state.open_step.going:
        worlds.enter(state, person, world)
    state.open_step = None
    state.running.done += 1
    worlds.advance(state, state.running.seconds)


def _run_ended(state: State, event: Event, body: types.RunEnded) -> None:
    state.running = None


def _question_asked(state: State, event: Event, body: types.QuestionAsked | types.MinibioAsked) -> None:
    state.question = Question(event.seq, body.person)
    state.edition = body.edition
    steered.alone(state)


def _question_answered(state: State, event: Event, body: types.QuestionAnswered | types.MinibioWritten) -> None:
    state.question = None
    state.open_turn = None


def _in_act(change: Callable[[State, Event, Any], None]) -> Callable[[State, Event, Any], None]:
    """Return ``change`` for an event that belongs to the act that is open, or opens one."""

    def changed(state: State, event: Event, body: Any) -> None:
        _turn(state, event)
        change(state, event, body)

    return changed


CHANGES: dict[type, Callable[[State, Event, Any], None]] = {
    **worlds.CHANGES,
    **making.CHANGES,
    types.SimulationCreated: _simulation_created,
    types.SimulationRedacted: _simulation_redacted,
    types.SettingsChanged: _settings_changed,
    types.PersonRemoved: _person_removed,
    types.PersonChanged: _person_changed,
    types.RunRequested: _run_requested,
    types.StepStarted: _step_started,
    types.ModelAnswered: _model_answered,
    types.ActionTaken: _action_taken,
    types.PersonWent: _person_went,
    types.FacultyGiven: _faculty_given,
    types.FacultyTaken: _faculty_taken,
    types.DocumentWritten: _of_turn,
    types.AppointmentMade: _in_act(making.appointment_made),
    types.FacultyUsed: _own,
    types.ResultSeen: _own,
    types.TurnEnded: _turn_ended,
    types.TurnFailed: _turn_failed,
    types.StepEnded: _step_ended,
    types.RunEnded: _run_ended,
    types.QuestionAsked: _question_asked,
    types.QuestionAnswered: _question_answered,
    types.MinibioAsked: _question_asked,
    types.MinibioWritten: _question_answered,
    types.FragmentMerged: _fragment_merged,
    types.MindGiven: _mind_given,
    types.ActionsJudged: _of_turn,
    types.ActionHeldBack: _of_turn,
    types.SurveyAnswered: _of_turn,
    **{kind: _in_act(change) for kind, change in REMEMBERING.items()},
    **steered.CHANGES,
    **populating.CHANGES,
    **surveyed.CHANGES,
}
CHANGES.update({twin: CHANGES[original] for original, twin in types.CAUSED.items()})
