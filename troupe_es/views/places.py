"""Who is where and knows whom at an event, in pages: what a picture draws and a table lists.

Ten thousand people are not ten thousand dots: the picture has those something happened to last, the table all of
them, a page at a time. Only the people on a page, and their relations to each other, are looked at.
"""

from typing import Any

from troupe_es.controller.store import Store
from troupe_es.projections import Person, State

DRAWN = 60
"""Most people in a picture."""

PAGE = 50
"""People on one page of the table."""


def places(store: Store, ref: str, page: int = 1) -> dict[str, Any]:
    """Return the worlds, the people of one page, and those a picture draws with the relations between them.

    Each person has id, name, world, active (something reached them that they have not answered to, or it is their
    turn), turns, memories, heard (the last event that reached them), emotions and attention, and ``knows``: the first
    of those they are related to, with how many they are in all. Raises BadReference.
    """
    state = store.at(ref)
    people = list(state.people.values())
    pages = max(1, -(-len(people) // PAGE))
    page = min(max(1, page), pages)
    drawn = (
        sorted(people, key=lambda person: (-person.heard, person.added))[:DRAWN] if len(people) > DRAWN else people
    )
    shown = {person.id for person in drawn}
    return {
        "seq": state.seq,
        "step": state.step,
        "time": state.clock,
        "worlds": [
            {"id": world.id, "name": world.name, "access": world.access, "people": len(world.people)}
            for world in state.worlds.values()
        ],
        "total": len(people),
        "gone": dict(list(state.gone.items())[:PAGE]),
        "page": page,
        "pages": pages,
        "people": [_person(state, person) for person in people[(page - 1) * PAGE : page * PAGE]],
        "drawn": [_dot(state, person) for person in sorted(drawn, key=lambda person: person.added)],
        "relations": [tie for person in drawn for tie in _ties(state, person, shown)],
    }


def _dot(state: State, person: Person) -> dict[str, Any]:
    return {"id": person.id, "name": person.name, "world": person.world, "active": _active(state, person)}


def _person(state: State, person: Person) -> dict[str, Any]:
    known = [id for id in person.near if id in state.people]
    first = [
        {"id": id, "name": state.people[id].name, "as": ", ".join(filter(None, person.near[id]))} for id in known[:8]
    ]
    return {
        **_dot(state, person),
        "turns": person.turns,
        "memories": len(person.memory),
        "heard": person.heard,
        "emotions": person.mind.emotions,
        "attention": person.mind.attention,
        "knows": first,
        "knows_all": len(known),
    }


def _active(state: State, person: Person) -> bool:
    turn = state.open_turn
    return (turn is not None and turn.person == person.id) or person.fresh > 0


def _ties(state: State, person: Person, shown: set[str]) -> list[dict[str, Any]]:
    """Return the relations of somebody who is drawn, each that holds both ways once."""
    found = []
    for other in person.near.keys() & shown:
        names = person.near[other]
        back = state.people[other].near.get(person.id, {})
        both = names.keys() & back.keys()
        for name in sorted(names):
            if name not in both:
                found.append({"a": person.id, "b": other, "name": name, "directed": True})
            elif person.id < other:
                found.append({"a": person.id, "b": other, "name": name, "directed": False})
    return sorted(found, key=lambda tie: (tie["b"], tie["name"]))
