"""The part of the fold that concerns memory: episodes that are over, what was kept of them and understood.

Whether an episode is over is decided when a turn of its person ends, by two counts; it is consolidated between two
steps. It lasts from the last one's end to as much as there is then, but never to more than twice its size: whoever
perceived very much at once consolidates it in parts.
"""

from collections.abc import Callable
from typing import Any

from troupe_es.events import Event, types
from troupe_es.projections.state import Person, State


def turn_over(state: State, person: Person) -> None:
    """Note an episode that is over with this turn."""
    size = state.settings.episode
    if size is not None and len(person.memory) - person.consolidated >= size:
        state.consolidating[person.id] = min(len(person.memory), person.consolidated + 2 * size)


def left(state: State, person: str) -> None:
    """Whoever has left consolidates nothing more."""
    state.consolidating.pop(person, None)
    state.reflecting.pop(person, None)


def _formed(state: State, event: Event, body: types.MemoryFormed | types.InsightFormed) -> None:
    person = _actor(state, event)
    person.semantic.append(event.seq)


def _episode_over(state: State, event: Event, body: types.EpisodeConsolidated | types.ConsolidationFailed) -> None:
    person = _actor(state, event)
    person.episodes.append(event.seq)
    person.ends.append(state.consolidating.pop(person.id))
    state.open_turn = None
    if isinstance(body, types.ConsolidationFailed):
        return
    person.unreflected += 1
    if state.settings.reflect is not None and person.unreflected >= state.settings.reflect:
        state.reflecting[person.id] = event.seq


def _reflection_ended(state: State, event: Event, body: types.ReflectionEnded) -> None:
    person = _actor(state, event)
    person.unreflected = 0
    del state.reflecting[person.id]
    state.open_turn = None


def _embedded(state: State, event: Event, body: types.MemoriesEmbedded) -> None:
    _actor(state, event).embedded.append(event.seq)
    assert state.open_turn is not None
    state.open_turn.vectors += 1
    for each in body.of:
        state.open_turn.answers[each.request] = (each.request, each.answer)


def _actor(state: State, event: Event) -> Person:
    assert event.actor is not None
    state.touched.add(event.actor)
    return state.people[event.actor]


REMEMBERING: dict[type, Callable[[State, Event, Any], None]] = {
    types.MemoryFormed: _formed,
    types.InsightFormed: _formed,
    types.EpisodeConsolidated: _episode_over,
    types.ConsolidationFailed: _episode_over,
    types.ReflectionEnded: _reflection_ended,
    types.MemoriesEmbedded: _embedded,
}
"""What each event of memory changes, once the act it belongs to is open."""
