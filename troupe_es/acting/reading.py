"""Reads what a model wrote, and says what it may write. Bad answers are normal: each misfit has its reason.

What is tolerated: code fences and words round the object. What is not: no JSON object, refusals, answers that were
filtered or cut off, values of the wrong kind. The reason is recorded, and put to the model with the next attempt.
"""

import json
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from troupe_es.llm import Response

M = TypeVar("M", bound=BaseModel)


class Misfit(Exception):
    """An answer that cannot be used, with the reason in words a model can act on."""


def read_as(model: type[M], response: Response) -> M:
    """Return the JSON object of an answer as a ``model``. Raises Misfit."""
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


def text(**more: Any) -> dict[str, Any]:
    """Return the JSON Schema of a string."""
    return {"type": "string", **more}


def listed(items: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return the JSON Schema of a list of ``items``."""
    return {"type": "array", "items": items, **more}


def record(**properties: Any) -> dict[str, Any]:
    """Return a JSON Schema object as strict providers want it: every property required, no others."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


DECODER = json.JSONDecoder(strict=False, parse_constant=_refuse_constant)
