"""How a person is put to a model: one interface of actions, and a profile for each kind of model behind it.

Which profile is used is a function of the settings and of the model's name, both in the log, so it is recorded by
being decided. ``full`` shows the whole persona and asks for actions; ``small`` is for models of a few billion
parameters, as run on the spot.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, TypeAlias

from troupe_es.acting import Form
from troupe_es.acts import Intent
from troupe_es.agent import answers, prompts
from troupe_es.agent.faculty import offered
from troupe_es.agent.small import answers as small_answers
from troupe_es.agent.small import prompts as small_prompts
from troupe_es.events import Mind, Settings, types
from troupe_es.llm import Message
from troupe_es.llm.rules import sees
from troupe_es.projections import Person, State

Profile: TypeAlias = Literal["full", "small"]
Turn: TypeAlias = tuple[list[Intent], Mind]


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
    more = tuple(offered(state, person))
    schema = answers.turn(more) if more else answers.TURN
    return Form(
        prompts.turn(state, person, sees(model)), schema, lambda response: answers.read_turn(response, most, more)
    )


def further(form: Form[Turn], answered: Message, results: Sequence[types.ResultSeen]) -> Form[Turn]:
    """Return how a turn goes on after what its actions brought to light."""
    return replace(form, prompt=prompts.further(answered, results))


def minibio(state: State, person: Person) -> Form[str]:
    """Return how a short biography of ``person`` is asked for."""
    return Form(prompts.minibio(state, person), answers.MINIBIO, answers.read_minibio)


def private(state: State, person: Person, words: str, model: str) -> Message:
    """Return the prompt that puts ``words`` to ``person``, whatever they say, after all they remember."""
    if profile(state.settings, model) == "small":
        return small_prompts.private(state, person, words)
    return Message("user", words, prompts.remembered(state, person, sees(model)))


def question(state: State, person: Person, words: str, model: str) -> Form[str]:
    """Return how ``person`` is asked a question in private."""
    if profile(state.settings, model) == "small":
        schema = small_answers.reply(small_prompts.reasons(state, person))
        prompt = small_prompts.question(state, person, words)
        return Form(prompt, schema, small_answers.read_reply, small_prompts.again)
    return Form(prompts.question(state, person, words, sees(model)), answers.ANSWER, answers.read_answer)
