"""Decisions of one person: a turn, and an answer to a question.

A turn is one answer of a model, with all its actions. It goes on with another only where an action brought
something to light that its person has yet to see.
"""

from collections.abc import Sequence

from troupe_es.acting import Acting
from troupe_es.acts import Intent
from troupe_es.agent import correction, profiles
from troupe_es.agent.faculty import offered
from troupe_es.agent.likeness import repeated
from troupe_es.events import Mind, types
from troupe_es.llm import Effect
from troupe_es.projections import Person


def take_turn(acting: Acting, person: Person) -> Effect[None]:
    """Decide what ``person`` does now."""
    state = acting.state
    model = state.settings.model_for(person.id, "turn")
    form = profiles.turn(state, person, model)
    mind: Mind | None = None
    for _ in range(state.settings.rounds):
        answer = yield from acting.ask("turn", model, form)
        if answer is None:
            break
        intents, mind = yield from correction.corrected(acting, person, model, form, answer)
        begun = len(acting.parts)
        done = yield from _carry_out(acting, person, intents)
        results = [part for part in acting.parts[begun:] if isinstance(part, types.ResultSeen)]
        if done or not results:
            break
        form = profiles.further(form, acting.answered, results)
    if mind is None:
        acting.happen(types.TurnFailed(reason=acting.reason, attempts=acting.asked))
    else:
        actions = sum(isinstance(part, Intent) for part in acting.parts)
        acting.happen(types.TurnEnded(actions=actions, mind=mind))


def _carry_out(acting: Acting, person: Person, intents: Sequence[Intent]) -> Effect[bool]:
    """Let what ``person`` wants happen, one by one; say whether the turn is over, because they repeat themselves."""
    more = offered(acting.state, person)
    for intent in intents:
        alike = repeated(acting, person, intent)
        if alike is not None:
            acting.happen(_held_back(intent, alike))
            return True
        acting.happen(intent)
        if intent.kind in more:
            held, _ = more[intent.kind]
            yield from held.faculty.perform(acting, person, intent, held.options)
    return False


def _held_back(intent: Intent, alike: float) -> types.ActionHeldBack:
    return types.ActionHeldBack(
        kind=intent.kind, content=intent.content, target=intent.target, similarity=round(alike, 3)
    )


def write_minibio(acting: Acting, person: Person) -> Effect[None]:
    """Decide what a short biography of ``person`` says, from the persona alone."""
    model = acting.state.settings.model_for(person.id, "generation")
    text = yield from acting.ask("generation", model, profiles.minibio(acting.state, person))
    failed = acting.reason if text is None else None
    acting.happen(types.MinibioWritten(person=person.id, text=text or "", failed=failed))


def answer_question(acting: Acting, person: Person, question: str) -> Effect[None]:
    """Decide what ``person`` answers in private."""
    model = acting.state.settings.model_for(person.id, "ask")
    answer = yield from acting.ask("ask", model, profiles.question(acting.state, person, question, model))
    failed = acting.reason if answer is None else None
    acting.happen(types.QuestionAnswered(person=person.id, answer=answer or "", failed=failed))
