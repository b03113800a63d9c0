"""Where people are, whom they can reach, and what reaches them: the part of the fold that is about worlds.

In a world of ``access: network`` people hear only those they are related to. Whom a speaker's words can reach is
settled when they are said; who of them is still there to hear it, when it is heard. A relation to somebody who has
left stands without effect: ids are never given twice.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from troupe_es.events import Event, types
from troupe_es.projections.state import Person, Said, State, World


def _world_added(state: State, event: Event, body: types.WorldAdded) -> None:
    state.worlds[body.world] = World(body.world, body.name, event.seq, body.access)


def person_added(state: State, event: Event, body: types.PersonAdded) -> None:
    """Let a person be there."""
    state.people[body.person] = Person(body.person, body.name, body.world, event.seq)
    state.names.add(body.person, body.name)
    state.worlds[body.world].people[body.person] = None
    state.gone.pop(body.person, None)
    state.touched.add(body.person)


def leave(state: State, id: str) -> None:
    """Take a person out for good."""
    person = state.people.pop(id)
    state.names.drop(id, person.name)
    state.stirred.discard(id)
    del state.worlds[person.world].people[id]
    state.gone[id] = person.name
    state.touched.add(id)


def _people_related(state: State, event: Event, body: types.PeopleRelated) -> None:
    for edge in body.edges:
        for one, other in _ends(edge.a, edge.b, edge.directed):
            if one in state.people:
                state.people[one].near.setdefault(other, {})[edge.name] = edge.weight
                state.touched.add(one)


def _people_unrelated(state: State, event: Event, body: types.PeopleUnrelated) -> None:
    for one, other in _ends(body.a, body.b, body.directed):
        near = state.people[one].near if one in state.people else {}
        relations = near.get(other, {})
        for name in list(relations) if body.name is None else [body.name]:
            relations.pop(name, None)
        if not relations:
            near.pop(other, None)
        state.touched.add(one)


def _ends(a: str, b: str, directed: bool) -> list[tuple[str, str]]:
    return [(a, b)] if directed else [(a, b), (b, a)]


def _person_moved(state: State, event: Event, body: types.PersonMoved) -> None:
    if body.person in state.people:
        enter(state, body.person, body.world)
        perceive(state, body.person, event.seq)


def enter(state: State, id: str, world: str) -> None:
    """Let a person be in ``world`` from now on, if they are still there at all."""
    person = state.people.get(id)
    if person is None or person.world == world:
        return
    del state.worlds[person.world].people[id]
    state.worlds[world].people[id] = None
    person.world = world
    state.touched.add(id)


def go(state: State, id: str) -> None:
    """Let a person whose turn is over go where they wanted to: in a parallel step only when it is over, too."""
    world = state.open_turn.going if state.open_turn else None
    if world is None:
        return
    if state.settings.order == "parallel" and state.open_step is not None:
        state.open_step.going.append((id, world))
    else:
        enter(state, id, world)


def _time_skipped(state: State, event: Event, body: types.TimeSkipped) -> None:
    advance(state, body.seconds)


def advance(state: State, seconds: int) -> None:
    """Move the clock on."""
    state.clock = (datetime.fromisoformat(state.clock) + timedelta(seconds=seconds)).isoformat()


def _stimulus_given(state: State, event: Event, body: types.StimulusGiven) -> None:
    reach(state, state.worlds[body.world].people if body.world is not None else body.to, event.seq)


def perceive(state: State, id: str, seq: int) -> None:
    """Let event ``seq`` reach a person, if they are still there."""
    reach(state, (id,), seq)


def reach(state: State, ids: Iterable[str], seq: int) -> None:
    """Let event ``seq`` reach those of these people who are still there."""
    for id in ids:
        if id in state.people:
            _reached(state, state.people[id], (seq,))


def _reached(state: State, person: Person, seqs: Sequence[int]) -> None:
    """Let these events reach ``person``, in this order."""
    person.memory.extend(seqs)
    person.heard = seqs[-1]
    person.fresh += len(seqs)
    state.stirred.add(person.id)
    state.touched.add(person.id)
    if state.open_turn is not None and state.open_turn.person == person.id:
        state.open_turn.late += len(seqs)


def say(state: State, seq: int, actor: Person, target: str | None) -> None:
    """Let ``actor`` say something: it is heard at once, or in a parallel step when it is over."""
    among = list(actor.near) if state.worlds[actor.world].access == "network" and target is None else None
    said: Said = (seq, actor.id, target, actor.world, among)
    if state.settings.order == "parallel" and state.open_step is not None:
        state.open_step.unheard.append(said)
    else:
        hear(state, [said])


def hear(state: State, unheard: Iterable[Said]) -> None:
    """Deliver what was said: each hearer gets all of it in one go, in the order in which it was said."""
    heard: dict[str, list[int]] = {}
    aloud: dict[str, list[tuple[int, str]]] = {}
    for seq, actor, target, world, among in unheard:
        if target is not None:
            heard.setdefault(target, []).append(seq)
        elif among is None:
            aloud.setdefault(world, []).append((seq, actor))
        else:
            for id in among:
                if id != actor and id in state.worlds[world].people:
                    heard.setdefault(id, []).append(seq)
    for world, said in aloud.items():
        for id in state.worlds[world].people:
            if others := [seq for seq, actor in said if actor != id]:
                heard[id] = sorted(heard[id] + others) if id in heard else others
    for id, seqs in heard.items():
        if id in state.people:
            _reached(state, state.people[id], seqs)


CHANGES: dict[type, Callable[[State, Event, Any], None]] = {
    types.WorldAdded: _world_added,
    types.PersonAdded: person_added,
    types.PeopleRelated: _people_related,
    types.PeopleUnrelated: _people_unrelated,
    types.PersonMoved: _person_moved,
    types.TimeSkipped: _time_skipped,
    types.StimulusGiven: _stimulus_given,
}
