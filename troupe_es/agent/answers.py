"""Reads what a model wrote. Bad answers are normal: each misfit has a reason that is recorded and asked about.

What is tolerated: code fences, words round the object, a missing DONE, actions after DONE or beyond the limit
(dropped), a missing state of mind, missing targets. What is not: no JSON object, refusals, cut-off answers, unknown
actions, words that are no text.
"""

from collections.abc import Sequence
from typing import Annotated, Any, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from troupe_es import canonical
from troupe_es.acting import Misfit, listed, read_as, record, text
from troupe_es.acts import Intent
from troupe_es.events import Mind
from troupe_es.events.types import ActionKind
from troupe_es.llm import Response, Schema

KINDS: tuple[str, ...] = get_args(ActionKind)
"""The actions everybody has."""

MOST_CHARACTERS = 20_000
"""Longest content of one action."""


def _text(value: Any) -> Any:
    return "" if value is None else value


def _texts(value: Any) -> Any:
    if value is None or value == "":
        return []
    return [value] if isinstance(value, str) else value


Text = Annotated[str, BeforeValidator(_text), Field(max_length=MOST_CHARACTERS)]


class Action(BaseModel):
    """One action as a model writes it."""

    model_config = ConfigDict(extra="ignore", defer_build=True)

    type: Annotated[str, BeforeValidator(lambda v: v.strip().upper() if isinstance(v, str) else v)]
    content: Text = ""
    target: Text = ""

    @model_validator(mode="before")
    @classmethod
    def _arguments(cls, action: Any) -> Any:
        """What a faculty is told may come as an object where its JSON text was meant."""
        if not isinstance(action, dict) or not isinstance(action.get("content"), dict | list):
            return action
        if str(action.get("type")).strip().upper() in KINDS:
            return action  # what somebody thinks or says is words
        return {**action, "content": canonical.told(action["content"])}


class _CognitiveState(BaseModel):
    model_config = ConfigDict(extra="ignore", defer_build=True)

    goals: Text = ""
    context: Annotated[list[Text], BeforeValidator(_texts)] = Field(default_factory=list)
    attention: Text = ""
    emotions: Text = ""


class _Turn(BaseModel):
    model_config = ConfigDict(extra="ignore", defer_build=True)

    actions: list[Action] = Field(min_length=1)
    cognitive_state: Annotated[_CognitiveState, BeforeValidator(lambda v: {} if v is None else v)] = Field(
        default_factory=_CognitiveState
    )


class _Answer(BaseModel):
    model_config = ConfigDict(extra="ignore", defer_build=True)

    answer: Annotated[str, Field(min_length=1, max_length=MOST_CHARACTERS)]


def action(more: Sequence[str] = ()) -> dict[str, Any]:
    """Return the JSON Schema of one action; ``more`` are those that faculties add."""
    return record(type=text(enum=[*KINDS, *more, "DONE"]), content=text(), target=text())


class _Minibio(BaseModel):
    model_config = ConfigDict(extra="ignore", defer_build=True)

    minibio: Annotated[str, Field(min_length=1, max_length=MOST_CHARACTERS)]


def turn(more: Sequence[str] = ()) -> Schema:
    """Return what a turn's answer fits; ``more`` are the actions that faculties add."""
    mind = record(goals=text(), context=listed(text()), attention=text(), emotions=text())
    return Schema("turn", record(actions=listed(action(more)), cognitive_state=mind))


TURN = turn()
ANSWER = Schema("ask", record(answer=text()))
MINIBIO = Schema("minibio", record(minibio=text()))


def read_turn(response: Response, most: int, more: Sequence[str] = ()) -> tuple[list[Intent], Mind]:
    """Return what the person wants to do, at most ``most`` actions, and their state of mind.

    ``more`` are the actions that faculties add. Raises Misfit.
    """
    turn = read_as(_Turn, response)
    wanted = intents(turn.actions, most, more)
    state = turn.cognitive_state
    mind = Mind(goals=state.goals, context=state.context, attention=state.attention, emotions=state.emotions)
    return wanted, mind


def intents(actions: Sequence[Action], most: int, more: Sequence[str] = ()) -> list[Intent]:
    """Return what ``actions`` up to DONE want, at most ``most`` of them. Raises Misfit."""
    found = []
    for action in actions[: most + 1]:
        if action.type == "DONE":
            break
        if action.type not in KINDS and action.type not in more:
            raise Misfit(f"{action.type[:40]!r} is no action; use {', '.join([*KINDS, *more])} or DONE.")
        if action.type in ("THINK", "TALK") and not action.content.strip():
            raise Misfit(f"a {action.type} needs words in its content.")
        found.append(Intent(action.type, action.content, action.target.strip()))
    return found[:most]


def read_answer(response: Response) -> str:
    """Return the words of an answer to a question. Raises Misfit."""
    return read_as(_Answer, response).answer


def read_minibio(response: Response) -> str:
    """Return the words of a short biography. Raises Misfit."""
    return read_as(_Minibio, response).minibio
