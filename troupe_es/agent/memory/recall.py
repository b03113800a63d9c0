"""Recall: which of the things somebody remembers come to mind, and why.

What is searched are the words of the events themselves. Those of a memory are split once and kept at hand, and so are
vectors; both are caches, made again from the log. Which vector counts for a memory is said by the event that first
needed it, never by what happens to be on record.
"""

from collections import ChainMap, Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

from troupe_es.acting import Acting, Wanted
from troupe_es.agent import prompts
from troupe_es.agent.memory.ranking import Candidate, words
from troupe_es.events import Event, types
from troupe_es.events.memory import MOST_IMPORTANT
from troupe_es.llm import Effect, Response, vectors
from troupe_es.llm.vectors import Vector
from troupe_es.projections import Person, State

ACTIONS = RECALL, FULL_SCAN = ("RECALL", "RECALL_WITH_FULL_SCAN")

EVENT_IMPORTANCE = 3 / MOST_IMPORTANT
"""The importance of what just happened, and nobody has weighed."""

BATCH = 64
"""Most vectors that are asked for at once and named by one event."""

EMBEDDED = 2000
"""Characters of a text that its vector is made of."""

BEGINNING = datetime(1, 1, 1)  # noqa: DTZ001 - simulated time has no zone


def hours(time: str) -> float:
    """Return a simulated time in hours since the year 1."""
    return (datetime.fromisoformat(time) - BEGINNING).total_seconds() / 3600


def within_reach(state: State, person: Person) -> list[int]:
    """Return what a RECALL looks through: what was distilled, and what has not been yet and is in view no more."""
    kept = prompts.seen(state, person) - state.settings.memory_last
    return [*person.semantic, *person.memory[person.consolidated : max(kept, person.consolidated)]]


def everything(state: State, person: Person) -> list[int]:
    """Return all that ``person`` remembered when their turn began."""
    return [*person.semantic, *person.memory[: prompts.seen(state, person)]]


def candidates(state: State, person: Person, seqs: Iterable[int]) -> list[Candidate]:
    """Return the memories at ``seqs`` as they are ranked, each once; those without words are left out."""
    known: dict[int, Candidate | None] = person.cache.setdefault("recall", {})
    found = []
    for seq in dict.fromkeys(seqs):
        if seq not in known:
            known[seq] = candidate(state, person, seq)
        each = known[seq]
        if each is not None:
            found.append(each)
    return found


def candidate(state: State, person: Person, seq: int) -> Candidate | None:
    """Return one memory as it is ranked, None if it has no words."""
    event = state.read(seq)
    text = told(event, state, person)
    if not text.strip():
        return None
    terms = Counter(words(text))
    return Candidate(seq, hours(event.time), _importance(event), terms, terms.total())


def _importance(event: Event) -> float:
    match event.body:
        case types.MemoryFormed() as memory:
            return memory.importance / MOST_IMPORTANT
        case types.InsightFormed() as insight:  # what was understood stands above what was merely kept
            return (MOST_IMPORTANT + insight.importance) / (2 * MOST_IMPORTANT)
    return EVENT_IMPORTANCE


def told(event: Event, state: State, person: Person) -> str:
    """Return a memory in words, as ``person`` would put it; empty for what has none, or was itself recalled."""
    match event.body:
        case types.MemoryFormed() as memory:
            return memory.content
        case types.InsightFormed() as insight:
            return insight.content
        case types.StimulusGiven() as given:
            return f"{given.speaker}: {given.content}" if given.speaker else given.content
        case types.ActionTaken() as action if event.actor == person.id:
            return f"{'I thought' if action.kind == 'THINK' else 'I said'}: {action.content}"
        case types.ActionTaken() as action:
            return f"{prompts.name_of(event.actor, state)}: {action.content}"
        case types.ResultSeen() as result if result.kind not in ACTIONS:
            return result.content
    return ""


def embedded(acting: Acting, person: Person, query: str, found: Sequence[Candidate]) -> Effect[list[Vector | None]]:
    """Return the vectors of ``query`` and of each memory in ``found``; None for what is no vector."""
    state = acting.state
    model = state.settings.embedder
    parts = [part for part in acting.parts if isinstance(part, types.MemoriesEmbedded) and part.model == model]
    named = ChainMap(_pairs(parts), _named(state, person, model))
    kept: dict[str, Vector | None] = person.cache.setdefault("vectors", {})
    wanted = [Wanted(None, query[:EMBEDDED])]
    for each in found:
        pair = named.get(each.seq)
        if pair is None or pair[1] not in kept:
            wanted.append(Wanted(each.seq, told(state.read(each.seq), state, person)[:EMBEDDED], pair))
    fresh: dict[int | None, Vector | None] = {}
    for start in range(0, len(wanted), BATCH):
        batch = wanted[start : start + BATCH]
        answers = yield from acting.embed(model, batch)
        for asked, response in zip(batch, answers, strict=True):
            fresh[asked.seq] = _vector(response)
            if asked.seq is not None:
                kept[response.hash] = fresh[asked.seq]
    return [fresh[None], *(fresh[c.seq] if c.seq in fresh else kept[named[c.seq][1]] for c in found)]


def _named(state: State, person: Person, model: str) -> dict[int, tuple[str, str]]:
    """The request and answer that the log names for each memory's vector by ``model``, before the act under way."""
    turn = state.open_turn
    begun = turn.started if turn is not None and turn.person == person.id else state.seq + 1
    known: tuple[int, dict[int, tuple[str, str]]] = person.cache.get(f"named/{model}", (0, {}))
    count, named = known
    for seq in person.embedded[count:]:
        if seq >= begun:
            break
        count += 1
        body = state.read(seq).body
        if isinstance(body, types.MemoriesEmbedded) and body.model == model:
            named |= _pairs([body])
    person.cache[f"named/{model}"] = (count, named)
    return named


def _pairs(bodies: Iterable[types.MemoriesEmbedded]) -> dict[int, tuple[str, str]]:
    return {each.seq: (each.request, each.answer) for body in bodies for each in body.of if each.seq is not None}


def _vector(response: Response) -> Vector | None:
    try:
        return vectors.vector(response)
    except ValueError:
        return None  # whoever answered is no embedder
