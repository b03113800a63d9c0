"""Folds the making of people: how many are still to come, and those who are there."""

from collections.abc import Callable
from typing import Any

from troupe_es.events import Event, types
from troupe_es.projections import worlds
from troupe_es.projections.state import Making, State


def _planned(state: State, event: Event, body: types.PopulationPlanned) -> None:
    state.making = Making(event.seq, len(body.people), state.planned)
    state.planned += len(body.people)
    state.edition = body.edition


def _made(state: State, event: Event, body: types.PersonMade) -> None:
    worlds.person_added(state, event, body)
    _settled(state, event, body)


def _settled(state: State, event: Event, body: types.PersonMade | types.PersonNotMade) -> None:
    assert state.making is not None
    state.open_turn = None
    state.making.done = body.number
    if state.making.done == state.making.people:
        state.making = None


CHANGES: dict[type, Callable[[State, Event, Any], None]] = {
    types.PopulationPlanned: _planned,
    types.PersonMade: _made,
    types.PersonNotMade: _settled,
}
