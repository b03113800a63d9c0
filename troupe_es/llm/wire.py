"""Requests and answers in the form of the chat completions API, which most providers and local servers speak.

Servers differ in what they know: some refuse a JSON Schema, some any ``response_format``, some the newer name of
the output limit. A ``Dialect`` says which of these one server takes; the client finds it out by being refused.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

from troupe_es import canonical
from troupe_es.llm.protocol import Finish, Request, Response, Schema

Form: TypeAlias = Literal["json_schema", "json_object", "none"]
Limit: TypeAlias = Literal["max_tokens", "max_completion_tokens"]
WEAKER: dict[Form, Form] = {"json_schema": "json_object", "json_object": "none"}
FINISHES: dict[str, Finish] = {"length": "length", "content_filter": "filter", "refusal": "refusal"}
OTHER: dict[Limit, Limit] = {
    "max_tokens": "max_completion_tokens",
    "max_completion_tokens": "max_tokens",
}
MARKS = ("response_format", "json_schema", "json_object", "structured output")
"""What an error says when it is about the format of the answer."""

UNSTRICT = frozenset(
    {
        *("allOf", "oneOf", "not", "if", "then", "else", "dependentRequired", "dependentSchemas", "default"),
        *("patternProperties", "minLength", "maxLength", "minProperties", "maxProperties", "uniqueItems"),
        *("contains", "prefixItems", "unevaluatedProperties", "propertyNames"),
    }
)
"""Keywords that strict structured output does not take."""


@dataclass(frozen=True)
class Dialect:
    """What a server takes. ``swapped`` is whether the name of the limit was already tried the other way."""

    form: Form = "json_schema"
    limit: Limit = "max_tokens"
    swapped: bool = False

    def without(self, complaint: str, request: Request) -> "Dialect | None":
        """Return what to try after ``complaint``, a refusal's text in lower case; None if it is not about this."""
        if "max_tokens" in complaint or "max_completion_tokens" in complaint:
            return None if self.swapped else replace(self, limit=OTHER[self.limit], swapped=True)
        if request.schema and self.form in WEAKER and any(mark in complaint for mark in MARKS):
            return replace(self, form=WEAKER[self.form])
        return None


def body(request: Request, model: str, dialect: Dialect) -> dict[str, Any]:
    """Return the arguments of a chat completion for ``request``."""
    messages = [{"role": message.role, "content": message.content} for message in request.prompt.chain()]
    arguments: dict[str, Any] = {"model": model, "messages": messages, dialect.limit: request.max_tokens}
    if request.temperature is not None:
        arguments["temperature"] = request.temperature
    if request.schema and dialect.form != "none":
        arguments["response_format"] = _format(request.schema, dialect.form)
    return arguments


def _format(schema: Schema, form: Form) -> dict[str, Any]:
    if form == "json_object":
        return {"type": "json_object"}
    named = {"name": schema.name, "schema": schema.body, "strict": strict(schema.body)}
    return {"type": "json_schema", "json_schema": named}


def strict(schema: Mapping[str, Any]) -> bool:
    """Say whether providers can hold an answer to ``schema`` strictly: closed objects, every field required."""
    return schema.get("type") == "object" and _closed(schema)


def _closed(schema: Any) -> bool:
    if isinstance(schema, list):
        return all(_closed(item) for item in schema)
    if not isinstance(schema, Mapping):
        return True
    if UNSTRICT & schema.keys():
        return False
    if schema.get("type") == "object" or "properties" in schema:
        fields = schema.get("properties", {})
        if schema.get("additionalProperties") is not False or set(fields) != set(schema.get("required", ())):
            return False
    inner = (schema.get(key) for key in ("items", "anyOf"))
    named = (schema.get(key) or {} for key in ("properties", "$defs", "definitions"))
    return all(_closed(part) for part in inner) and all(_closed(list(part.values())) for part in named)


def response(completion: Any, seconds: float) -> Response | None:
    """Read a completion as the SDK hands it over, which does not check types; None if it is none at all."""
    choices = getattr(completion, "choices", None)
    if not isinstance(choices, list):
        return None
    choice = choices[0] if choices else None
    message = getattr(choice, "message", None)
    refusal = getattr(message, "refusal", None) or None
    finish = FINISHES.get(str(getattr(choice, "finish_reason", None)), "stop")
    usage = getattr(completion, "usage", None)
    return Response(
        text=canonical.clean(_text(getattr(message, "content", None)))[0],
        finish="refusal" if refusal else finish,
        refusal=canonical.clean(str(refusal))[0] if refusal else None,
        model=str(getattr(completion, "model", None) or ""),
        prompt_tokens=_count(usage, "prompt_tokens"),
        completion_tokens=_count(usage, "completion_tokens"),
        cached_tokens=_count(getattr(usage, "prompt_tokens_details", None), "cached_tokens"),
        response_id=str(getattr(completion, "id", None) or "") or None,
        seconds=seconds,
    )


def _text(content: Any) -> str:
    """Return the text of a message; some servers send a list of parts."""
    if isinstance(content, list):
        return "".join(str(part.get("text") or "") for part in content if isinstance(part, Mapping))
    return content if isinstance(content, str) else ""


def _count(holder: Any, name: str) -> int | None:
    value = getattr(holder, name, None)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def complaint(error_body: Any, message: str) -> str:
    """Return all that a refusal says, in lower case, wherever the server put it."""
    return f"{message} {json.dumps(error_body, default=str)}".lower()
