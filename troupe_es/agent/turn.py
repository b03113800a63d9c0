"""Decisions of one person: a turn, and an answer to a question. Both ask, check, and ask again with the reason."""

from dataclasses import dataclass, field
from typing import Generic, TypeVar

from troupe_es.agent import profiles
from troupe_es.agent.answers import Misfit
from troupe_es.agent.profiles import Form
from troupe_es.commands import Intent
from troupe_es.events import Mind, types
from troupe_es.llm import Effect, Request, Response
from troupe_es.projections import Person, State

T = TypeVar("T")


class Unanswered(Exception):
    """A replay has no answer to give here; what was asked before stands."""


@dataclass
class Asked(Generic[T]):
    """What came of asking: the value, or None with the last reason; and every answer that was considered."""

    value: T | None = None
    reason: str = ""
    answers: list[types.ModelAnswered] = field(default_factory=list)


def ask(state: State, person: Person, purpose: str, model: str, form: Form[T]) -> Effect[Asked[T]]:
    """Ask ``model`` on behalf of ``person`` until the form can read the answer, a bounded number of times.

    A misfit's reason is recorded and put to the model with the next attempt. A replay throws Unanswered in where
    the record has no answer, to learn what was decided up to there.
    """
    settings = state.settings
    asked: Asked[T] = Asked()
    prompt = form.prompt
    for attempt in range(settings.attempts):
        request = Request(
            prompt,
            model,
            f"{state.step}/{person.id}/{purpose}/{attempt}/0",
            settings.max_tokens,
            settings.temperature,
            form.schema,
        )
        try:
            response: Response = yield request
        except Unanswered:
            break
        misfit = None
        try:
            asked.value = form.read(response)
        except Misfit as error:
            misfit = asked.reason = str(error)
            prompt = form.again(prompt, response, misfit)
        asked.answers.append(
            types.ModelAnswered(
                address=request.address,
                model=request.model,
                request=request.hash,
                answer=response.hash,
                misfit=misfit,
            )
        )
        if misfit is None:
            break
    return asked


def take_turn(state: State, person: Person) -> Effect[Asked[tuple[list[Intent], Mind]]]:
    """Decide what ``person`` wants to do now."""
    model = state.settings.model_for(person.id, "turn")
    return (yield from ask(state, person, "turn", model, profiles.turn(state, person, model)))


def answer_question(state: State, person: Person, question: str) -> Effect[Asked[str]]:
    """Decide what ``person`` answers in private."""
    model = state.settings.model_for(person.id, "ask")
    return (yield from ask(state, person, "ask", model, profiles.question(state, person, question, model)))
