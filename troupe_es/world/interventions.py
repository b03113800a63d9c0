"""Interventions between two steps: which of them is to be decided next, as the state alone tells.

They are looked at in the order in which they were added, each target in the order in which people came; once one is
decided the pass goes on behind it. A condition that only a model can tell about leads to a check; one that does not
hold leaves no trace.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import islice

from troupe_es import acts
from troupe_es.events import types
from troupe_es.events.steering import Verdict
from troupe_es.projections import Person, State
from troupe_es.projections.state import Watched
from troupe_es.world.conditions import Verdicts, look
from troupe_es.world.effects import happening


def due(state: State) -> acts.FireIntervention | acts.CheckIntervention | None:
    """Return the next intervention whose condition holds, or may hold; None where there is none."""
    for name, watched in state.steering.interventions.items():
        if _place(state, watched) is None:
            continue
        added = body_of(state, watched)
        for who in _waiting(state, watched, added):
            truth = look(state, added.when, who)
            if truth.holds is not False:
                act = acts.CheckIntervention if truth.holds is None else acts.FireIntervention
                return act(name, who.id if who else None)
    return None


def resumed(state: State) -> acts.CheckIntervention | None:
    """Return the check that a fork has cut in the middle: it ends, whatever the condition is by now."""
    turn = state.open_turn
    for name, watched in state.steering.interventions.items() if turn is not None else ():
        if turn is not None and turn.cause == watched.added:
            return acts.CheckIntervention(name, turn.person or None)
    return None


def fired(
    state: State, name: str, target: str | None, judged: Verdicts | None = None, verdicts: Iterable[Verdict] = ()
) -> types.InterventionFired | None:
    """Return what it is that the intervention fires now, or None where its condition does not hold."""
    added = body_of(state, state.steering.interventions[name])
    who = None if target is None else state.people[target]
    truth = look(state, added.when, who, judged or {})
    if not truth.holds:
        return None
    return types.InterventionFired(
        name=name,
        target=target,
        evidence=sorted(truth.evidence),
        verdicts=list(verdicts),
        effects=happening(state, added.effects, who),
    )


def body_of(state: State, watched: Watched) -> types.InterventionAdded:
    """Return what an intervention was added as."""
    added = state.read(watched.added).body
    assert isinstance(added, types.InterventionAdded)
    return added


def _place(state: State, watched: Watched) -> int | None:
    """Where in its targets the pass stands: before all (-1), behind one, or behind all (None)."""
    if not state.steering.passed or watched.added > state.steering.passed[0]:
        return -1
    return state.steering.passed[1] if watched.added == state.steering.passed[0] else None


def _waiting(state: State, watched: Watched, added: types.InterventionAdded) -> Iterator[Person | None]:
    """Yield the targets that it may still be decided for between these two steps."""
    place = _place(state, watched)
    assert place is not None
    for who in _targets(state, added, place):
        if _ready(state, watched, added, who.id if who else ""):
            yield who


def _targets(state: State, added: types.InterventionAdded, place: int) -> Iterable[Person | None]:
    """Return the targets behind ``place``, in the order in which people came; nobody before it is looked at."""
    if added.each is None:
        return [None] if place < 0 else []
    if added.each == "everyone":
        everyone = list(state.people.values())  # in that order already
    else:
        everyone = sorted((state.people[id] for id in added.each if id in state.people), key=_came)
    return islice(everyone, bisect_right(everyone, place, key=_came), None)


def _came(who: Person) -> int:
    return who.added


def _ready(state: State, watched: Watched, added: types.InterventionAdded, target: str) -> bool:
    """Say whether it may happen again by now."""
    if target not in watched.marks:
        return True
    times, decided, last = watched.marks[target]
    if decided == state.step or (added.once and times):
        return False
    return not times or state.step - last >= added.every
