"""What values are looked for in: who the people are, and everything they perceived, did and were surveyed about.

A history that is longer than a limit is divided into parts, each of consecutive events; every part begins with who
the people are.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from troupe_es import canonical
from troupe_es.agent import prompts
from troupe_es.agent.persona import outline
from troupe_es.events import Event, types
from troupe_es.llm import tokens
from troupe_es.projections import Person, State
from troupe_es.projections.transcript import Line, line_of

MOST_DESCRIBED = 20
"""People who are described; of more only the names are told."""


HAPPENED = "\n\n# What happened\n"
"""What stands between who the people are and their history."""


@dataclass(frozen=True)
class Part:
    """One part of a history as it is shown, and the events that stand in it."""

    shown: str
    seqs: frozenset[int]


def parts(state: State, about: Sequence[str] | None, world: str | None, limit: int) -> list[Part]:
    """Return what happened to those named, or to all in ``world``, in parts of at most about ``limit`` tokens.

    An event that is longer than that by itself is shortened. There is always one part.
    """
    ids = about if about is not None else state.worlds[world].people if world is not None else state.people
    people = [state.people[id] for id in ids if id in state.people]
    begun = state.open_turn.started if state.open_turn else state.seq + 1
    head = _head(state, people)
    events = [_told(line, limit) for line in _lines(state, people, begun)]
    return [_part(state, people, head, chunk) for chunk in _chunks(events, limit)]


def _head(state: State, people: Sequence[Person]) -> str:
    few = len(people) <= MOST_DESCRIBED
    return "\n".join(
        canonical.told(
            {"event": person.added, "person": person.name}
            | ({"description": outline(prompts.traits(state, person))} if few else {})
        )
        for person in people
    )


def _part(state: State, people: Sequence[Person], head: str, chunk: list[tuple[int, str]]) -> Part:
    events = "\n".join(text for _, text in chunk) or "(nothing happened yet)"
    shown = f"# The people\n{head}{HAPPENED}{events}"
    return Part(shown, frozenset([*(seq for seq, _ in chunk), *(person.added for person in people)]))


def _chunks(events: Sequence[tuple[int, str]], limit: int) -> list[list[tuple[int, str]]]:
    """Divide events into runs of at most ``limit`` tokens."""
    found: list[list[tuple[int, str]]] = [[]]
    size = 0
    for event in events:
        taken = tokens.of_text(event[1]) + 1
        if found[-1] and size + taken > limit:
            found.append([])
            size = 0
        found[-1].append(event)
        size += taken
    return found


def _lines(state: State, people: Sequence[Person], begun: int) -> Iterator[Line]:
    """What any of them perceived, did or answered before event ``begun``, in order."""
    seqs = {seq for person in people for seq in person.memory if seq < begun}
    survey = state.surveying
    asked: dict[str, str] = {}
    if survey is not None:
        body = state.read(survey.asked).body
        assert isinstance(body, types.SurveyGiven)
        asked = {question.id: question.text for question in body.questions}
        mine = {person.id for person in people}
        seqs |= {seq for seq in range(survey.asked + 1, begun) if _answers(state.read(seq), mine)}
    for seq in sorted(seqs):
        line = _line(state, state.read(seq), asked)
        if line is not None:
            yield line


def _answers(event: Event, people: set[str]) -> bool:
    return isinstance(event.body, types.SurveyAnswered) and event.actor in people


def _line(state: State, event: Event, asked: dict[str, str]) -> Line | None:
    """Return the line of a transcript that ``event`` is, with the names people have now."""
    body = event.body
    ids = [event.actor, getattr(body, "target", None), *(body.to if isinstance(body, types.StimulusGiven) else ())]
    line = line_of(event, {id: prompts.name_of(id, state) for id in ids if id})
    if line is not None and isinstance(body, types.SurveyAnswered) and body.question in asked:
        said = line.content.removeprefix(f"{body.question}: ")
        return line._replace(content=f"{asked[body.question]} — {said}")
    return line


def _told(line: Line, limit: int) -> tuple[int, str]:
    told = {"event": line.seq, "step": line.step, "who": line.who, "does": line.kind}
    if line.to:
        told["to"] = line.to
    room = limit * tokens.CHARACTERS // 2
    content = line.content if len(line.content) <= room else line.content[:room] + "…"
    return line.seq, canonical.told({**told, "content": content})
