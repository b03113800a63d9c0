"""Where a person is and whom they can speak to, as the moment tells them.

In an open world those are the people who are there. In a world of ``access: network`` they are those the person is
related to, here and elsewhere, with what they are to each other and how close where that was said. It costs as much
as there is to tell, however many people there are.
"""

from collections.abc import Iterator
from heapq import nsmallest
from itertools import islice
from typing import Any

from troupe_es import canonical
from troupe_es.agent.faculty import offered
from troupe_es.events import types
from troupe_es.projections import Person, State

MOST_NAMES = 50
"""People or places named in one list."""

KNOWN = "Only those of them who are here hear you, and you can reach out to nobody else: "


def place(state: State, world: str) -> str:
    """Return a world's name and description as JSON."""
    return canonical.told(_place(state, world))


def _place(state: State, world: str) -> list[str]:
    added = state.read(state.worlds[world].added).body
    assert isinstance(added, types.WorldAdded)
    return [added.name, added.description] if added.description else [added.name]


def located(state: State, world: str) -> str:
    """Return the line that says that a person comes to be in ``world``."""
    told = {"stimulus": "LOCATION", "from": "", "content": "You are now here: " + ". ".join(_place(state, world))}
    return canonical.told(told)


def told(state: State, person: Person) -> str:
    """Return whom ``person`` can speak to now, and where they can go if they can."""
    if state.worlds[person.world].access == "network":
        return KNOWN + canonical.told({**_related(state, person), **_places(state, person)})
    return canonical.told({"here": _present(state, person), **_places(state, person)})


def _present(state: State, person: Person) -> list[str]:
    here, people, own = state.worlds[person.world].people, state.people, person.id
    others = [people[id].name for id in islice(here, MOST_NAMES + 1) if id != own]
    return others[:MOST_NAMES]


def _related(state: State, person: Person) -> dict[str, Any]:
    """Return the names of those ``person`` is related to, here and elsewhere, and how."""
    reached = [id for id in person.near if id in state.people]
    here = nsmallest(MOST_NAMES, (id for id in reached if state.people[id].world == person.world))
    elsewhere = nsmallest(MOST_NAMES, (id for id in reached if state.people[id].world != person.world))
    return {
        "here": [state.people[id].name for id in here],
        "elsewhere": [state.people[id].name for id in elsewhere],
        "known": [*_known(state, person, [*here, *elsewhere])],
    }


def _known(state: State, person: Person, ids: list[str]) -> Iterator[dict[str, Any]]:
    """Yield what each of ``ids`` is to ``person``, where there is anything to say."""
    for id in ids:
        relations = person.near[id]
        known: dict[str, Any] = {"name": state.people[id].name, "as": sorted(filter(None, relations))}
        if set(relations.values()) != {1.0}:
            known["closeness"] = max(relations.values())
        if known["as"] or "closeness" in known:
            yield known


def _places(state: State, person: Person) -> dict[str, Any]:
    """Return the other places, if ``person`` can go there."""
    if len(state.worlds) == 1 or "MOVE_TO" not in offered(state, person):
        return {}
    others = (world.name for world in state.worlds.values() if world.id != person.world)
    return {"places": list(islice(others, MOST_NAMES))}
