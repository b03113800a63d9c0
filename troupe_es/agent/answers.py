"""Reads what a model wrote. Bad answers are normal: each misfit has a reason that is recorded and asked about.

What is tolerated: code fences, words round the object, a missing DONE, actions after DONE or beyond the limit
(dropped), a missing state of mind, missing targets. What is not: no JSON object, refusals, cut-off answers, unknown
actions, words that are no text.
"""

import json
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from troupe_es.commands import Intent
from troupe_es.events import Mind
from troupe_es.events.types import ActionKind
from troupe_es.llm import Response, Schema

MOST_CHARACTERS = 20_000
"""Longest content of one action."""


class Misfit(Exception):
    """An answer that cannot be used, with the reason in words a model can act on."""


def _text(value: Any) -> Any:
    return "" if value is None else value


def _texts(value: Any) -> Any:
    if value is None or value == "":
        return []
    return [value] if isinstance(value, str) else value


Text = Annotated[str, BeforeValidator(_text), Field(max_length=MOST_CHARACTERS)]


class _Action(BaseModel):
    model_config = ConfigDict(extra="ignore", defer_build=True)

    type: Annotated[str, BeforeValidator(lambda v: v.strip().upper() if isinstance(v, str) else v)]
    content: Text = ""
    target: Text = ""


class _CognitiveState(BaseModel):
    model_config = ConfigDict(extra="ignore", defer_build=True)

    goals: Text = ""
    context: Annotated[list[Text], BeforeValidator(_texts)] = Field(default_factory=list)
    attention: Text = ""
    emotions: Text = ""


class _Turn(BaseModel):
    model_config = ConfigDict(extra="ignore", defer_build=True)

    actions: list[_Action] = Field(min_length=1)
    cognitive_state: Annotated[_CognitiveState, BeforeValidator(lambda v: {} if v is None else v)] = Field(
        default_factory=_CognitiveState
    )


class _Answer(BaseModel):
    model_config = ConfigDict(extra="ignore", defer_build=True)

    answer: Annotated[str, Field(min_length=1, max_length=MOST_CHARACTERS)]


def _string(**more: Any) -> dict[str, Any]:
    return {"type": "string", **more}


def _object(**properties: Any) -> dict[str, Any]:
    """A JSON Schema object as strict providers want it: every property required, no others."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


TURN = Schema(
    "turn",
    _object(
        actions={
            "type": "array",
            "items": _object(
                type=_string(enum=["THINK", "TALK", "REACH_OUT", "DONE"]), content=_string(), target=_string()
            ),
        },
        cognitive_state=_object(
            goals=_string(),
            context={"type": "array", "items": _string()},
            attention=_string(),
            emotions=_string(),
        ),
    ),
)
ANSWER = Schema("ask", _object(answer=_string()))
M = TypeVar("M", bound=BaseModel)
KINDS: dict[str, ActionKind] = {"THINK": "THINK", "TALK": "TALK", "REACH_OUT": "REACH_OUT"}


def read_turn(response: Response, most: int) -> tuple[list[Intent], Mind]:
    """Return what the person wants to do, at most ``most`` actions, and their state of mind.

    Raises Misfit.
    """
    turn = _validated(_Turn, response)
    intents = []
    for action in turn.actions[: most + 1]:
        if action.type == "DONE":
            break
        if action.type not in KINDS:
            raise Misfit(f"{action.type[:40]!r} is no action; use THINK, TALK, REACH_OUT or DONE.")
        if action.type != "REACH_OUT" and not action.content.strip():
            raise Misfit(f"a {action.type} needs words in its content.")
        intents.append(Intent(KINDS[action.type], action.content, action.target.strip()))
    state = turn.cognitive_state
    mind = Mind(goals=state.goals, context=state.context, attention=state.attention, emotions=state.emotions)
    return intents[:most], mind


def read_answer(response: Response) -> str:
    """Return the words of an answer to a question. Raises Misfit."""
    return _validated(_Answer, response).answer


def _validated(model: type[M], response: Response) -> M:
    if response.refusal or response.finish == "refusal":
        raise Misfit("you refused. Stay in the role and do what this person would do; silence is possible.")
    if response.finish == "filter":
        raise Misfit("a content filter stopped the answer. Say it in a milder way.")
    if response.finish == "length":
        raise Misfit("the answer was cut off because it was too long. Be much shorter.")
    try:
        return model.model_validate(json_object(response.text))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise Misfit(f"{where}: {first['msg']}.") from None


def json_object(text: str) -> dict[str, Any]:
    """Return the first JSON object in ``text``, whatever stands round it. Raises Misfit."""
    start = text.find("{")
    if start < 0:
        raise Misfit("there is no JSON object in it." if text.strip() else "it is empty.")
    try:
        value, _ = DECODER.raw_decode(text, start)
    except (ValueError, RecursionError):
        raise Misfit("the JSON object in it cannot be read.") from None
    if not isinstance(value, dict):
        raise Misfit("it is no JSON object.")
    return value


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


DECODER = json.JSONDecoder(strict=False, parse_constant=_refuse_constant)
