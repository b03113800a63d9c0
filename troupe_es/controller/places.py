"""What commands about worlds mean in a given state, or why they cannot be: moves, relations, time that passes."""

import math
from datetime import datetime, timedelta

from troupe_es import commands
from troupe_es.errors import BadCommand
from troupe_es.events import types
from troupe_es.projections import State


def world(state: State, name: str | None) -> str:
    """Return the id of the named world, or of the only one. Raises BadCommand."""
    if name is None:
        if len(state.worlds) == 1:
            return next(iter(state.worlds))
        there = ", ".join(state.worlds) or "none"
        raise BadCommand(f"name a world: this simulation has {len(state.worlds)} ({there})")
    for world in state.worlds.values():
        if name in (world.id, world.name):
            return world.id
    raise BadCommand(f"there is no world {name!r}; there are: {', '.join(state.worlds) or 'none'}")


def move(state: State, command: commands.Move, source: types.Source) -> types.PersonMoved:
    """Return the move of a person, who may be there already: people go about. Raises BadCommand, BadReference."""
    return types.PersonMoved(source=source, person=state.person(command.person).id, world=world(state, command.world))


def relate(state: State, command: commands.Relate, source: types.Source) -> types.PeopleRelated:
    """Return the relations, people by their ids. Raises BadCommand, BadReference."""
    if not command.edges:
        raise BadCommand("no two people are named who are to be related")
    return types.PeopleRelated(source=source, edges=[_edge(state, edge) for edge in command.edges])


def _edge(state: State, edge: commands.Edge) -> types.Edge:
    a, b = _pair(state, edge.a, edge.b)
    if not (math.isfinite(edge.weight) and edge.weight > 0):
        raise BadCommand(f"the weight of {a} and {b} must be a number above 0, not {edge.weight}")
    return types.Edge(a=a, b=b, name=edge.name, weight=edge.weight, directed=edge.directed)


def _pair(state: State, a: str, b: str) -> tuple[str, str]:
    one, other = state.person(a).id, state.person(b).id
    if one == other:
        raise BadCommand(f"{one} cannot be related to themselves")
    return one, other


def unrelate(state: State, command: commands.Unrelate, source: types.Source) -> types.PeopleUnrelated:
    """Return the end of a relation that is there. Raises BadCommand, BadReference."""
    a, b = _pair(state, command.a, command.b)
    ways = [(a, b)] if command.directed else [(a, b), (b, a)]
    held = [state.people[one].near.get(other, {}) for one, other in ways]
    if not any(names if command.name is None else command.name in names for names in held):
        called = "" if command.name is None else f" as {command.name!r}"
        raise BadCommand(f"{a} is not related to {b}{called}")
    return types.PeopleUnrelated(source=source, a=a, b=b, name=command.name, directed=command.directed)


def skip(state: State, seconds: int, source: types.Source) -> types.TimeSkipped:
    """Return the time that passes. Raises BadCommand."""
    if seconds < 1:
        raise BadCommand(f"at least 1 second has to be skipped, not {seconds}")
    run = state.running
    ahead = (run.steps - run.done) * run.seconds if run else 0
    check_end(state, seconds + ahead, f"{seconds} seconds")
    return types.TimeSkipped(source=source, seconds=seconds)


def check_end(state: State, seconds: int, what: str) -> None:
    """Raise BadCommand if the clock cannot go on for so long."""
    try:
        datetime.fromisoformat(state.clock) + timedelta(seconds=seconds)
    except OverflowError:
        raise BadCommand(f"{what} go beyond the year 9999: make them shorter") from None
