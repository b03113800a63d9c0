"""What the world makes of what people want: intents become events, one by one, in schedule order."""

from collections.abc import Sequence

from troupe_es.commands import Intent
from troupe_es.events import types
from troupe_es.projections import Person, State


def resolve(state: State, person: Person, intents: Sequence[Intent]) -> list[types.ActionTaken]:
    """Return the actions that happen.

    A TALK is heard by its target if that person is in the same world, else by everyone there: words said to nobody
    in particular, or to somebody who is not here, are still said aloud. A REACH_OUT finds its target in any world;
    without one it reaches nobody.
    """
    return [_action(state, person, intent) for intent in intents]


def _action(state: State, person: Person, intent: Intent) -> types.ActionTaken:
    target = None
    if intent.kind != "THINK":
        among = state.worlds[person.world].people if intent.kind == "TALK" else None
        found = state.find(intent.target, among)
        target = found.id if found is not None and found is not person else None
    return types.ActionTaken(kind=intent.kind, content=intent.content, target=target)
