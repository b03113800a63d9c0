"""Folds what steering needs to know: which interventions watch, what they have done, and what is still to happen."""

from collections.abc import Callable
from typing import Any

from troupe_es.events import Body, Event, types
from troupe_es.events.steering import CAUSED, LONGEST_LOOK
from troupe_es.projections.state import Pending, Question, State, Watched

EFFECTS: frozenset[type[Body]] = frozenset({*CAUSED.values(), types.EffectFailed, types.RunEnded})
"""What an effect comes to: one event each."""


def seen(state: State, event: Event) -> None:
    """Count ``event``, for conditions about how often; one that nobody knows does not count."""
    body, steering = event.body, state.steering
    if isinstance(body, types.Unknown):
        return
    steering.counts[body.type] = steering.counts.get(body.type, 0) + 1
    if isinstance(body, types.ActionTaken) and body.kind != "THINK" and event.actor in state.people:
        state.people[event.actor].said += 1
        steering.said += 1
    elif isinstance(body, types.StepStarted):
        steering.began = [*steering.began, event.seq][-LONGEST_LOOK:]
        steering.passed = []
    elif isinstance(body, types.RunRequested):
        steering.passed = []
    elif steering.pending is not None and type(body) in EFFECTS:
        steering.pending.done += 1
        if steering.pending.done == steering.pending.effects:
            steering.pending = None


def _added(state: State, event: Event, body: types.InterventionAdded) -> None:
    state.steering.interventions[body.name] = Watched(event.seq)


def _removed(state: State, event: Event, body: types.InterventionRemoved) -> None:
    watched = state.steering.interventions.pop(body.name)
    if state.open_turn is not None and state.open_turn.cause == watched.added:
        state.open_turn = None  # it was about to be checked


def _checked(state: State, event: Event, body: types.InterventionChecked) -> None:
    _decided(state, event, body.name, body.target, False)


def _fired(state: State, event: Event, body: types.InterventionFired) -> None:
    _decided(state, event, body.name, body.target, True)
    _expect(state, event.seq, body.effects)


def _decided(state: State, event: Event, name: str, target: str | None, fired: bool) -> None:
    """Note when it was decided last (at most once between two steps), how often it happened, and when last."""
    state.open_turn = None
    steering = state.steering
    watched = steering.interventions[name]
    times, _, last = watched.marks.get(target or "", [0, 0, 0])
    watched.marks[target or ""] = [times + fired, state.step, state.step if fired else last]
    steering.passed = [watched.added, state.people[target].added if target in state.people else 0]


def _story_told(state: State, event: Event, body: types.StoryTold) -> None:
    state.question = None
    state.open_turn = None
    _expect(state, event.seq, body.effects)


def _expect(state: State, seq: int, effects: list[types.Effect]) -> None:
    state.steering.pending = Pending(seq, len(effects)) if effects else None


def _story_requested(state: State, event: Event, body: types.StoryRequested) -> None:
    _put(state, event, body)
    if body.aside:
        alone(state)


def _claims_put(state: State, event: Event, body: types.ClaimsPut) -> None:
    _put(state, event, body)
    alone(state)


def _put(state: State, event: Event, body: types.StoryRequested | types.ClaimsPut) -> None:
    state.question = Question(event.seq, "")
    state.edition = body.edition


def alone(state: State) -> None:
    """A side branch never goes on with the run."""
    state.running = state.open_step = state.open_turn = state.steering.pending = state.making = None
    if state.surveying is not None:
        del state.surveying.people[state.surveying.done :]


def _claims_judged(state: State, event: Event, body: types.ClaimsJudged) -> None:
    state.question = None
    state.open_turn = None


CHANGES: dict[type, Callable[[State, Event, Any], None]] = {
    types.InterventionAdded: _added,
    types.InterventionRemoved: _removed,
    types.InterventionChecked: _checked,
    types.InterventionFired: _fired,
    types.ClaimsPut: _claims_put,
    types.ClaimsJudged: _claims_judged,
    types.StoryRequested: _story_requested,
    types.StoryTold: _story_told,
}
