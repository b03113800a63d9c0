"""Requests and answers in the form of the chat completions API, which most providers and local servers speak.

Servers differ in what they know: some refuse a JSON Schema, some any ``response_format``, some the newer name of
the output limit, some a temperature. A ``Dialect`` says which of these one model of one server takes: what
``rules`` know of it to begin with, and then what it is found out by being refused.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from json.encoder import encode_basestring_ascii
from typing import Any, Literal, TypeAlias

from troupe_es import canonical
from troupe_es.llm import images, vectors
from troupe_es.llm.protocol import Blobs, Finish, Message, Request, Response, Schema
from troupe_es.llm.rules import Limit, rule_of

Form: TypeAlias = Literal["json_schema", "json_object", "none"]
WEAKER: dict[Form, Form] = {"json_schema": "json_object", "json_object": "none"}
FINISHES: dict[str, Finish] = {"length": "length", "content_filter": "filter", "refusal": "refusal"}
OTHER: dict[Limit, Limit] = {
    "max_tokens": "max_completion_tokens",
    "max_completion_tokens": "max_tokens",
}
MARKS = ("response_format", "json_schema", "json_object", "structured output")
"""What an error says when it is about the format of the answer."""

UNKNOWN = (
    *("unsupported", "not support", "unknown", "unrecognized", "unrecognised", "unexpected", "deprecated"),
    *("not permitted", "not allowed", "not available", "extra inputs", "additional properties", "extra_forbidden"),
)
"""What an error says when a parameter is not taken at all, and not only its value is wrong."""

NEEDED = frozenset({"model", "messages", "input", "response_format", *OTHER})
"""Parameters that are never just left out."""

MOST_KNOWN = 64
"""Kinds of calls (schema, limit, temperature) to one model of which the part that is the same is kept."""

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
    """What a model takes. ``swapped`` is whether the name of the limit was already tried the other way."""

    form: Form = "json_schema"
    limit: Limit = "max_tokens"
    room: int = 0
    without: frozenset[str] = frozenset()
    swapped: bool = False

    @classmethod
    def of(cls, model: str, limit: Limit) -> "Dialect":
        """Return what is known beforehand of ``model``; ``limit`` is its server's usual name for the limit."""
        rule = rule_of(model)
        missing = frozenset() if rule.temperature else frozenset({"temperature"})
        return cls(limit=rule.limit or limit, room=rule.room, without=missing)

    def learnt(self, complaint: str, sent: Mapping[str, Any]) -> "Dialect | None":
        """Return what to try after ``complaint``, a refusal's text in lower case; None if it is not about this."""
        if "max_tokens" in complaint or "max_completion_tokens" in complaint:
            return None if self.swapped else replace(self, limit=OTHER[self.limit], swapped=True)
        if "response_format" in sent and any(mark in complaint for mark in MARKS):
            return replace(self, form=WEAKER[self.form])
        if "encoding_format" in sent and "encoding_format" in complaint:
            return replace(self, without=self.without | {"encoding_format"})
        if any(mark in complaint for mark in UNKNOWN):
            named = {name for name in sent.keys() - NEEDED if name in complaint}
            return replace(self, without=self.without | named) if named else None
        return None


def body(request: Request, model: str, dialect: Dialect, more: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the body to send for ``request``, with parameters ``more`` of the client's own.

    Raises ValueError for an image whose bytes nobody has.
    """
    if request.kind == "embedding":
        wanted = {"model": model, "input": request.prompt.content, "encoding_format": "base64", **(more or {})}
        return {name: value for name, value in wanted.items() if name not in dialect.without}
    return {"messages": messages(request), **_beside(request, model, dialect, more or {})}


def _beside(request: Request, model: str, dialect: Dialect, more: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a chat is sent beside its messages."""
    arguments: dict[str, Any] = {"model": model, dialect.limit: request.max_tokens + dialect.room}
    if request.temperature is not None:
        arguments["temperature"] = request.temperature
    if request.schema and dialect.form != "none":
        arguments["response_format"] = _format(request.schema, dialect.form)
    arguments.update(more)
    return {name: value for name, value in arguments.items() if name not in dialect.without}


class Writer:
    """Writes the bodies of calls to one model as JSON. What is the same in many of them is written once.

    That is what stands beside the messages, and each message, which is in the prompts of all later turns.
    """

    def __init__(self, model: str, more: Mapping[str, Any]) -> None:
        self.model = model
        self.more = dict(more)
        self._known: dict[tuple[Any, ...], tuple[dict[str, Any], str]] = {}

    def write(self, request: Request, dialect: Dialect) -> tuple[Mapping[str, Any], bytes]:
        """Return what is sent for ``request``, but for plain messages, and the whole of it as JSON."""
        if request.kind == "embedding" or request.prompt.images or "messages" in self.more:
            sent = body(request, self.model, dialect, self.more)
            return sent, json.dumps(sent).encode()
        key = (dialect, request.max_tokens, request.temperature, request.schema)
        if key not in self._known:
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            sent = _beside(request, self.model, dialect, self.more)
            self._known[key] = sent, json.dumps(sent)
        sent, rest = self._known[key]
        told = ", ".join([_message(each) for each in request.prompt.chain()])
        return sent, f'{{"messages": [{told}], {rest[1:]}'.encode()


def _message(message: Message) -> str:
    if message.sent is None:
        message.sent = f'{{"role": "{message.role}", "content": {encode_basestring_ascii(message.content)}}}'
    return message.sent


def path(request: Request) -> str:
    """Return where ``request`` is sent, below the base URL."""
    return "/embeddings" if request.kind == "embedding" else "/chat/completions"


def messages(request: Request) -> list[dict[str, Any]]:
    """Return the messages of a prompt; images go into the message they came with, as data URLs."""
    chain = request.prompt.chain()
    if not request.prompt.images:
        return [{"role": message.role, "content": message.content} for message in chain]
    return [_together(group, request.blobs) for group in _groups(chain)]


def _groups(chain: list[Message]) -> Iterator[list[Message]]:
    """Put each image beside the user's message before it or, if there is none, the one after it."""
    group: list[Message] = []
    for message in chain:
        shows = all(part.role == "image" for part in group) and message.role == "user"
        if group and not (message.role == "image" and group[0].role in ("user", "image")) and not shows:
            yield group
            group = []
        group.append(message)
    yield group


def _together(group: list[Message], blobs: Blobs | None) -> dict[str, Any]:
    if len(group) == 1 and group[0].role != "image":
        return {"role": group[0].role, "content": group[0].content}
    return {"role": "user", "content": [_part(message, blobs) for message in group]}


def _part(message: Message, blobs: Blobs | None) -> dict[str, Any]:
    if message.role != "image":
        return {"type": "text", "text": message.content}
    if blobs is None:
        raise ValueError("the prompt shows an image, and the request brings nobody who has its bytes")
    media, content = blobs(images.shown(message)[0])
    return {"type": "image_url", "image_url": {"url": images.data_url(content, media)}}


def _format(schema: Schema, form: Form) -> dict[str, Any]:
    if form == "json_object":
        return {"type": "json_object"}
    named = {"name": schema.name, "schema": schema.body, "strict": _strict(schema)}
    return {"type": "json_schema", "json_schema": named}


@lru_cache(maxsize=64)
def _strict(schema: Schema) -> bool:
    return strict(schema.body)


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
    """Read a completion as it came, whatever it is; None if it is none at all."""
    if not isinstance(completion, dict) or not isinstance(completion.get("choices"), list):
        return None
    choice = _object(next(iter(completion["choices"]), None))
    message = _object(choice.get("message"))
    refusal = message.get("refusal") or None
    finish = FINISHES.get(str(choice.get("finish_reason")), "stop")
    usage = _object(completion.get("usage"))
    return Response(
        text=canonical.clean(_text(message.get("content")))[0],
        finish="refusal" if refusal else finish,
        refusal=canonical.clean(str(refusal))[0] if refusal else None,
        model=_word(completion.get("model")),
        prompt_tokens=_count(usage, "prompt_tokens"),
        completion_tokens=_count(usage, "completion_tokens"),
        cached_tokens=_count(_object(usage.get("prompt_tokens_details")), "cached_tokens"),
        response_id=_word(completion.get("id")) or None,
        seconds=seconds,
    )


def embedding(received: Any, seconds: float) -> Response | None:
    """Read an embedding as it came, in base64 or as numbers; None if it is none that can be used.

    A vector that is empty, or has what is no finite 32-bit number in it, is none.
    """
    listed = _object(received).get("data")
    vector = _object(next(iter(listed), None) if isinstance(listed, list) else None).get("embedding")
    try:
        if isinstance(vector, str):
            text = vectors.encoded(vectors.decoded(vector))
        elif isinstance(vector, list) and not any(isinstance(number, bool | str) for number in vector):
            text = vectors.encoded(vector)
        else:
            return None
    except ValueError:
        return None
    return Response(
        text=text,
        model=_word(received.get("model")),
        prompt_tokens=_count(_object(received.get("usage")), "prompt_tokens"),
        completion_tokens=0,
        seconds=seconds,
    )


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _word(value: Any) -> str:
    """Return a name that a server gave, short enough to be one."""
    return canonical.clean(value)[0][:200] if isinstance(value, str) else ""


def _text(content: Any) -> str:
    """Return the text of a message; some servers send a list of parts."""
    if isinstance(content, list):
        return "".join(str(part.get("text") or "") for part in content if isinstance(part, Mapping))
    return content if isinstance(content, str) else ""


def _count(holder: Mapping[str, Any], name: str) -> int | None:
    value = holder.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53 else None
