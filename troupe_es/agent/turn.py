"""Decisions of one person: a turn, and an answer to a question. Both ask, check, and ask again with the reason."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from troupe_es.agent import prompts
from troupe_es.agent.answers import ANSWER, TURN, Misfit, read_answer, read_turn
from troupe_es.commands import Intent
from troupe_es.events import Mind, types
from troupe_es.llm import Effect, Message, Request, Response, Schema
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


def ask(
    state: State,
    person: Person,
    purpose: str,
    prompt: Message,
    schema: Schema,
    read: Callable[[Response], T],
) -> Effect[Asked[T]]:
    """Ask a model on behalf of ``person`` until ``read`` accepts the answer, a bounded number of times.

    ``read`` raises Misfit with the reason, which is recorded and put to the model with the next attempt. A replay
    throws Unanswered in where the record has no answer, to learn what was decided up to there.
    """
    settings = state.settings
    asked: Asked[T] = Asked()
    for attempt in range(settings.attempts):
        request = Request(
            prompt,
            settings.model,
            f"{state.step}/{person.id}/{purpose}/{attempt}/0",
            settings.max_tokens,
            settings.temperature,
            schema,
        )
        try:
            response: Response = yield request
        except Unanswered:
            break
        misfit = None
        try:
            asked.value = read(response)
        except Misfit as error:
            misfit = asked.reason = str(error)
            prompt = prompts.again(prompt, response, misfit)
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
    most = state.settings.max_actions
    prompt = prompts.turn(state, person)
    return (yield from ask(state, person, "turn", prompt, TURN, lambda response: read_turn(response, most)))


def answer_question(state: State, person: Person, question: str) -> Effect[Asked[str]]:
    """Decide what ``person`` answers in private."""
    prompt = prompts.question(state, person, question)
    return (yield from ask(state, person, "ask", prompt, ANSWER, read_answer))
