"""What people make with tools, and the user's own code that is in use: the part of the fold that is about those."""

from collections.abc import Callable
from typing import Any

from troupe_es.events import Event, types
from troupe_es.projections import worlds
from troupe_es.projections.state import State


def _code_enabled(state: State, event: Event, body: types.CodeEnabled) -> None:
    state.code[f"{body.kind}:{body.name}"] = event.seq


def appointment_made(state: State, event: Event, body: types.AppointmentMade) -> None:
    """Enter it into its maker's calendar now; those who attend learn of it as of something said to them."""
    assert event.actor is not None
    maker = state.people[event.actor]
    maker.calendar.append(event.seq)
    state.touched.add(maker.id)
    for person in body.attendees:
        worlds.say(state, event.seq, maker, person)
        if state.settings.order == "parallel" and state.open_step is not None:
            state.open_step.invited.append((event.seq, person))
        else:
            enter(state, event.seq, person)


def enter(state: State, seq: int, id: str) -> None:
    """Enter an appointment into the calendar of somebody who attends it, if they are still there."""
    if id in state.people:
        state.people[id].calendar.append(seq)
        state.touched.add(id)


CHANGES: dict[type, Callable[[State, Event, Any], None]] = {types.CodeEnabled: _code_enabled}
