"""How a person is put to a model: one interface of actions, and a profile for each kind of model behind it.

Which profile is used is a function of the settings and of the model's name, both in the log, so it is recorded by
being decided. ``full`` shows the whole persona and asks for actions; ``small`` is for models of a few billion
parameters, as run on the spot.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Literal, TypeAlias, TypeVar

from troupe_es.agent import answers, prompts
from troupe_es.agent.small import answers as small_answers
from troupe_es.agent.small import prompts as small_prompts
from troupe_es.commands import Intent
from troupe_es.events import Mind, Settings
from troupe_es.llm import Message, Response, Schema
from troupe_es.projections import Person, State

T = TypeVar("T")
Profile: TypeAlias = Literal["full", "small"]
Turn: TypeAlias = tuple[list[Intent], Mind]


@dataclass(frozen=True)
class Form(Generic[T]):
    """How one thing is asked: the prompt, what an answer must fit, how it is read, how it is asked for again."""

    prompt: Message
    schema: Schema
    read: Callable[[Response], T]
    again: Callable[[Message, Response, str], Message]


def profile(settings: Settings, model: str) -> Profile:
    """Return the profile in which ``model`` is asked."""
    if settings.profile != "auto":
        return settings.profile
    return "small" if model.startswith("local:") else "full"


def turn(state: State, person: Person, model: str) -> Form[Turn]:
    """Return how ``person`` is asked what they do now."""
    if profile(state.settings, model) == "small":
        reasons = small_prompts.reasons(state, person)
        stances = small_prompts.stances(state, person)
        return Form(
            small_prompts.turn(state, person),
            small_answers.turn(reasons, stances),
            lambda response: small_answers.read_turn(response, reasons, stances),
            small_prompts.again,
        )
    most = state.settings.max_actions
    prompt = prompts.turn(state, person)
    return Form(prompt, answers.TURN, lambda response: answers.read_turn(response, most), prompts.again)


def question(state: State, person: Person, words: str, model: str) -> Form[str]:
    """Return how ``person`` is asked a question in private."""
    if profile(state.settings, model) == "small":
        schema = small_answers.reply(small_prompts.reasons(state, person))
        prompt = small_prompts.question(state, person, words)
        return Form(prompt, schema, small_answers.read_reply, small_prompts.again)
    return Form(prompts.question(state, person, words), answers.ANSWER, answers.read_answer, prompts.again)
