"""What the world makes of what people want: intents become events, one by one, in schedule order."""

from typing import get_args

from troupe_es.acts import Intent
from troupe_es.events import types
from troupe_es.projections import Person, State
from troupe_es.world.own import ruled

MOVE_TO = "MOVE_TO"
"""The action of whoever can go from one world to another."""

EVERYBODYS: dict[str, types.ActionKind] = {kind: kind for kind in get_args(types.ActionKind)}


def resolve(state: State, person: Person, intent: Intent) -> types.ActionTaken | types.FacultyUsed | types.PersonWent:
    """Return the action that happens.

    A TALK is heard by its target if that person is in the same world, else by everyone there: words said to nobody
    in particular, or to somebody who is not here, are still said aloud. A REACH_OUT finds its target in any world;
    without one it reaches nobody. In a world of ``access: network`` both find only those the speaker is related to,
    and what is said aloud is heard only by those of them who are there. What a rule of the user's own does not let
    happen is something the person did that nobody else perceives.
    """
    if intent.kind == MOVE_TO and (world := state.place(intent.target or intent.content)):
        return types.PersonWent(world=world.id)
    if intent.kind not in EVERYBODYS:
        return types.FacultyUsed(kind=intent.kind, content=intent.content, target=intent.target)
    allowed = ruled(state, person, intent)
    if allowed is None:
        return types.FacultyUsed(kind=intent.kind, content=intent.content, target=intent.target)
    intent = allowed
    target = None if intent.kind == "THINK" else _target(state, person, intent)
    return types.ActionTaken(kind=EVERYBODYS[intent.kind], content=intent.content, target=target)


def _target(state: State, person: Person, intent: Intent) -> str | None:
    """Return the id of whom ``person`` speaks to or reaches out for, if that one can be reached."""
    world = state.worlds[person.world]
    found = state.find(intent.target, world.people if intent.kind == "TALK" else None)
    if found is None or found is person or (world.access == "network" and found.id not in person.near):
        return None
    return found.id
