"""What a judge or a storyteller is shown: who the people are, and what they perceived and did last."""

from collections.abc import Sequence

from troupe_es.agent import prompts
from troupe_es.agent.persona import outline
from troupe_es.events import Event, types
from troupe_es.projections import Line, Person, State
from troupe_es.projections.transcript import line_of
from troupe_es.propositions import Material

MOST_DESCRIBED = 20
"""People who are described; of more only the names are told."""


def people_of(state: State, about: Sequence[str] | None, world: str | None) -> list[Person]:
    """Return the people that are meant: those named who are still there, or all in ``world``, or all there are."""
    ids = about if about is not None else state.worlds[world].people if world is not None else state.people
    return [state.people[id] for id in ids if id in state.people]


def material(state: State, people: Sequence[Person], last: int) -> Material:
    """Return what is known of ``people``: the ``last`` things any of them perceived or did, in their order.

    Where a fork has cut an act in the middle, what happened since the act began is left out, as it was then.
    """
    before = state.open_turn.started if state.open_turn else state.seq + 1
    seqs: set[int] = set()
    for person in people:
        latest = person.memory[len(person.memory) - min(last, len(person.memory)) :]
        seqs.update(seq for seq in latest if seq < before)
    few = len(people) <= MOST_DESCRIBED
    described = [(person.name, outline(prompts.traits(state, person)) if few else "") for person in people]
    lines = (_line(state, state.read(seq)) for seq in sorted(seqs)[-last:])
    return Material(described, [line for line in lines if line is not None])


def _line(state: State, event: Event) -> Line | None:
    """Return the line of a transcript that ``event`` is, with the names people have now."""
    body = event.body
    ids = [event.actor, getattr(body, "target", None)]
    if isinstance(body, types.StimulusGiven):
        ids += body.to
    return line_of(event, {id: prompts.name_of(id, state) for id in ids if id})
