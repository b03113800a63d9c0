"""What a single event changed: the state before and after it, where they differ."""

from collections.abc import Iterator
from typing import Any

from troupe_es.controller.references import resolve
from troupe_es.controller.store import Store
from troupe_es.events import Body, types
from troupe_es.projections import Person, State, apply
from troupe_es.views.events import single
from troupe_es.views.states import under_way


def change(store: Store, ref: str, seq: int) -> list[dict[str, Any]]:
    """Return what event ``seq`` changed, as rows of path, before and after; null is what was not there.

    Raises BadReference where there is no such event.
    """
    point = resolve(store.log, ref)
    event = single(store, point, seq).event
    state = store.at(f"{point.branch}@{seq - 1}")
    before = dict(_plain(state))
    apply(state, event)
    after = dict(_plain(state))
    paths = [path for path in {**before, **after} if before.get(path) != after.get(path)]
    changed = [{"path": path, "before": before.get(path), "after": after.get(path)} for path in paths]
    return changed + [
        {"path": f"people.{who}.persona.{path}", "before": old, "after": new}
        for who, path, old, new in _traits(event.body)
    ]


def _plain(state: State) -> Iterator[tuple[str, Any]]:
    """Yield what is said of a state in few words, by path."""
    yield "clock", state.clock
    yield "step", state.step
    for name, value in state.settings.model_dump(mode="json").items():
        yield f"settings.{name}", value
    for id, world in state.worlds.items():
        yield f"worlds.{id}.people", list(world.people)
    for id, person in state.people.items():
        yield from ((f"people.{id}.{name}", value) for name, value in _person(person))
    for id, watched in state.steering.interventions.items():
        yield f"interventions.{id}", {target: marks[0] for target, marks in watched.marks.items() if marks}
    yield "faculties", list(state.faculties)
    yield "gone", list(state.gone)
    yield "under_way", under_way(state)


def _person(person: Person) -> Iterator[tuple[str, Any]]:
    yield "name", person.name
    yield "world", person.world
    yield "turns", person.turns
    yield "memories", len(person.memory)
    yield "kept", len(person.semantic)
    yield "faculties", list(person.faculties)
    yield "relations", {other: dict(known) for other, known in person.near.items()}
    mind = person.mind
    yield "goals", mind.goals
    yield "attention", mind.attention
    yield "emotions", mind.emotions
    yield "context", list(mind.context)


def _traits(body: Body) -> Iterator[tuple[str, str, Any, Any]]:
    """Yield the traits an event set: whose, path, before and after."""
    if isinstance(body, types.PersonChanged):
        yield body.person, body.path, body.before, body.after
    elif isinstance(body, types.FragmentMerged):
        for each in body.changes:
            yield body.person, each.path, each.before, each.after
