"""Folds what is asked and noted in side branches: extractions, labels, texts (one question each), surveys, seals."""

from collections.abc import Callable
from typing import Any, TypeAlias

from troupe_es.events import Event, types
from troupe_es.projections.state import Question, State, Surveying
from troupe_es.projections.steered import alone

Asked: TypeAlias = types.ExtractionAsked | types.LabelsAsked | types.RewritingAsked


def _asked(state: State, event: Event, body: Asked) -> None:
    alone(state)
    state.question = Question(event.seq, "")
    state.edition = body.edition


def _answered(state: State, event: Event, body: types.Extracted | types.LabelsGiven | types.Rewritten) -> None:
    state.question = None
    state.open_turn = None


def _noted(state: State, event: Event, body: types.PredictionSealed | types.TruthLoaded) -> None:
    alone(state)
    state.question = None
    state.edition = body.edition


def _given(state: State, event: Event, body: types.SurveyGiven) -> None:
    alone(state)
    state.question = None
    state.surveying = Surveying(event.seq, list(body.people))
    state.edition = body.edition


def _taken(state: State, event: Event, body: types.SurveyTaken) -> None:
    assert state.surveying is not None and event.actor is not None
    state.open_turn = None
    state.surveying.done = state.surveying.people.index(event.actor) + 1


def left(state: State, person: str) -> None:
    """Ask somebody no more who is gone."""
    survey = state.surveying
    if survey is not None and person in survey.people[survey.done :]:
        survey.people.remove(person)


CHANGES: dict[type, Callable[[State, Event, Any], None]] = {
    types.ExtractionAsked: _asked,
    types.Extracted: _answered,
    types.LabelsAsked: _asked,
    types.LabelsGiven: _answered,
    types.RewritingAsked: _asked,
    types.Rewritten: _answered,
    types.SurveyGiven: _given,
    types.SurveyTaken: _taken,
    types.PredictionSealed: _noted,
    types.TruthLoaded: _noted,
}
