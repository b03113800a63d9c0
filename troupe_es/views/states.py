"""The state of a life at any event, one person in it, and what a single event changed."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from troupe_es.agent.memory.kept import kept
from troupe_es.agent.prompts import traits
from troupe_es.controller.references import Point, resolve
from troupe_es.controller.store import Store
from troupe_es.events import types
from troupe_es.projections import Person, State
from troupe_es.views import rows
from troupe_es.views.events import as_dict, several
from troupe_es.views.gist import gist

LATEST = 20
"""Memories shown of a person."""

TURNS = 200
"""Most turns whose state of mind is listed."""


def state(store: Store, ref: str) -> dict[str, Any]:
    """Return the state after the event that ``ref`` names: clock, worlds, people, relations, what is under way."""
    point = resolve(store.log, ref)
    now = store.at(str(point))
    return {
        **summary(store, point, now),
        "seq": point.seq,
        "time": now.clock,
        "relations": relations(now),
        "interventions": [_watched(now, name) for name in now.steering.interventions],
        "under_way": under_way(now),
    }


def glance(store: Store, ref: str, who: str | None, most: int) -> dict[str, Any]:
    """Return what stands beside an event: clock, worlds with the first ``most`` people of each, how ``who`` is.

    Nobody else is looked at, however many there are. ``person`` is None where there is no ``who`` (any more).
    """
    now = store.at(ref)
    person = now.people.get(who or "")
    worlds = [
        {
            "name": world.name,
            "count": len(world.people),
            "people": [{"id": id, "name": now.people[id].name} for id in islice(world.people, most)],
        }
        for world in islice(now.worlds.values(), most)
    ]
    return {
        "clock": now.clock,
        "step": now.step,
        "people": len(now.people),
        "model": now.settings.model,
        "worlds": worlds,
        "person": brief(person) if person is not None else None,
        "under_way": under_way(now),
    }


def summary(store: Store, point: Point, state: State) -> dict[str, Any]:
    """Return the state as the command line's ``--json`` has it."""
    branch = point.branch
    children = [b for b in store.log.branches(branch.simulation, ("main", "fork")) if b.parent == branch.id]
    return {
        "ref": str(point),
        "head": state.head.hex(),
        "draw": store.log.draw_at(branch, point.seq),
        "seed": state.seed,
        "clock": state.clock,
        "step": state.step,
        "edition": state.edition,
        "settings": state.settings.model_dump(mode="json"),
        "worlds": [
            {"id": w.id, "name": w.name, "access": w.access, "people": list(w.people)} for w in state.worlds.values()
        ],
        "people": [brief(person) for person in state.people.values()],
        "gone": state.gone,
        "open": under_way(state),
        "forks": [{"branch": f"{child}", "at": child.fork_seq} for child in children],
    }


def under_way(state: State) -> dict[str, Any] | None:
    """Return what a resume would finish, None if there is nothing."""
    if state.question is not None:
        return {"question": state.question.asked, "person": state.question.person}
    if state.making is not None:
        return {"planned": state.making.planned, "people": state.making.people, "made": state.making.done}
    if state.running is None:
        return None
    step, turn = state.open_step, state.open_turn
    return {
        "run": state.running.asked,
        "steps": state.running.steps,
        "done": state.running.done,
        "step": state.step if step else None,
        "to_act": [id for id in step.schedule[step.place :] if id in state.people] if step else [],
        "turn_of": turn.person if turn else None,
    }


def relations(state: State, of: Person | None = None) -> list[dict[str, Any]]:
    """Return who knows whom: one row for each name and direction; those that hold both ways come once.

    ``of``: the relations of one person alone. Only those who are related to them are looked at.
    """
    found = []
    for a, b, known in _related(state, of):
        back = state.people[b].near.get(a, {})
        for name, weight in known.items():
            both = back.get(name) == weight
            if not (both and b < a):
                found.append({"a": a, "b": b, "name": name, "weight": weight, "directed": not both})
    return found


def _related(state: State, of: Person | None) -> Iterator[tuple[str, str, dict[str, float]]]:
    """Yield for each who knows somebody who is there: who, whom, and by which relations."""
    for a, person in state.people.items():
        if of is None or person is of:
            yield from ((a, b, known) for b, known in person.near.items() if b in state.people)
        elif of.id in person.near:
            yield a, of.id, person.near[of.id]


def _watched(state: State, name: str) -> dict[str, Any]:
    watched = state.steering.interventions[name]
    added = state.read(watched.added).body
    assert isinstance(added, types.InterventionAdded)
    return {
        "name": name,
        "added": watched.added,
        "gist": gist(state.read(watched.added)),
        "when": added.model_dump(mode="json")["when"],
        "fired": sum(marks[0] for marks in watched.marks.values() if marks),
    }


# a person


def brief(person: Person) -> dict[str, Any]:
    """Return a person in a few words."""
    return {
        "id": person.id,
        "name": person.name,
        "world": person.world,
        "turns": person.turns,
        "memories": len(person.memory),
        "mind": person.mind.model_dump(mode="json"),
    }


def described(state: State, person: Person) -> dict[str, Any]:
    """Return a person as the command line's ``--json`` has them, the latest memories with their words."""
    memories = [state.read(seq) for seq in person.memory[-LATEST:]]
    added = state.read(person.added).body
    assert isinstance(added, types.PersonAdded)
    return {
        **brief(person),
        "persona": traits(state, person),
        "fragments": {**added.fragments, **_merged(state, person)},
        "related": {id: dict(relations) for id, relations in person.near.items() if id in state.people},
        "kept": [memory._asdict() for memory in kept(state, person)],
        "latest": [as_dict(event) for event in memories],
        "gists": {event.seq: f"{event.actor or ''} {gist(event)}".strip() for event in memories},
    }


def _merged(state: State, person: Person) -> dict[str, str]:
    """Return which fragment gave which trait since the person came, by path."""
    bodies = [state.read(seq).body for seq in person.changes]
    merged = [body for body in bodies if isinstance(body, types.FragmentMerged)]
    return {change.path: body.fragment for body in merged for change in body.changes}


def person(store: Store, ref: str, who: str) -> dict[str, Any]:
    """Return one person at a point: persona with the origin of each trait, mind, memories, relations, feelings.

    ``origins`` name by trait the fragment that gave it (null: they came with it) and the event that set it last;
    ``memories`` are the latest, oldest first, ``emotions_over_time`` what they reported with each turn.
    """
    point = resolve(store.log, ref)
    now = store.at(str(point))
    found = now.person(who)
    whole = described(now, found)
    whole["memories"] = {
        "count": len(found.memory),
        "latest": several(store, point, found.memory[-LATEST:]),
        "kept": whole.pop("kept"),
    }
    return {
        **{name: value for name, value in whole.items() if name not in ("latest", "gists", "fragments", "related")},
        "ref": str(point),
        "seq": point.seq,
        "time": now.clock,
        "added": found.added,
        "origins": _origins(now, found),
        "faculties": _faculties(now, found),
        "relations": relations(now, found),
        "emotions_over_time": _feelings(store, point, found.id),
    }


def _origins(state: State, person: Person) -> dict[str, dict[str, Any]]:
    """By trait (the first key of the persona, and any path that was set apart): the fragment and the event."""
    added = state.read(person.added).body
    assert isinstance(added, types.PersonAdded)
    found: dict[str, dict[str, Any]] = {key: {"fragment": None, "event": person.added} for key in added.persona}
    found |= {path: {"fragment": name, "event": person.added} for path, name in added.fragments.items()}
    for seq in person.changes:
        body = state.read(seq).body
        if isinstance(body, types.FragmentMerged):
            found |= {change.path: {"fragment": body.fragment, "event": seq} for change in body.changes}
        elif isinstance(body, types.PersonChanged):
            found[body.path] = {"fragment": None, "event": seq}
    return found


def _faculties(state: State, person: Person) -> list[dict[str, Any]]:
    """What they can do beside talking and thinking, and since which event."""
    given = {**state.faculties, **person.faculties}
    return [{"name": name, "event": seq} for name, seq in given.items() if seq]


def _feelings(store: Store, point: Point, who: str) -> list[dict[str, Any]]:
    wanted = rows.Filter(("turn-ended", "mind-given"), who)
    found = rows.backward(store.log, point.branch, point.seq + 1, wanted, TURNS)[::-1]
    return [
        {
            "seq": each.event.seq,
            "time": each.event.time,
            "emotions": each.event.body.mind.emotions,
            "goals": each.event.body.mind.goals,
            "attention": each.event.body.mind.attention,
        }
        for each in found
        if isinstance(each.event.body, types.TurnEnded | types.MindGiven)
    ]
