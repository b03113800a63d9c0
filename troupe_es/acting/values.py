"""Typed questions: words and a type make a form, so that whoever asks a model gets a value of that type back.

The type is anything pydantic can check and describe in JSON Schema: ``int``, ``list[str]``, a ``Literal``, a model, a
dataclass. The schema is closed and every field required, so that providers that can are held to it strictly.
"""

from collections.abc import Mapping
from importlib.resources import files
from string import Template
from typing import Any, TypeVar

from pydantic import ConfigDict, create_model
from pydantic.errors import PydanticInvalidForJsonSchema, PydanticSchemaGenerationError, PydanticUserError

from troupe_es import canonical
from troupe_es.acting.asking import Form
from troupe_es.acting.reading import read_as
from troupe_es.errors import UsageError
from troupe_es.llm import Message, Schema

T = TypeVar("T")

WORDS = Template((files(__package__) / "values.txt").read_text(encoding="utf-8").rstrip("\n"))
NAMED = frozenset({"properties", "$defs"})
"""Keywords of JSON Schema under which names stand, not keywords."""

VALUES = frozenset({"enum", "const", "examples"})
"""Keywords under which values stand."""

IDLE = frozenset({"title", "default"})
"""Keywords that say nothing about an answer in which every field is required."""


def typed(words: str, kind: type[T], before: Message | None = None) -> Form[T]:
    """Return how ``words`` are put to a model so that the answer is a ``kind``; ``before`` is a prompt they follow.

    ``found = yield from acting.ask(purpose, model, typed(words, kind))`` is a ``kind``, or None if no answer could be
    used. What others wrote belongs into ``words`` as JSON, so that it cannot give orders. Raises UsageError for a
    type that cannot be checked or described.
    """
    try:
        answer = create_model("Answer", __config__=ConfigDict(allow_inf_nan=False), answer=(kind, ...))
        schema = Schema("typed", closed(answer.model_json_schema()))
    except (PydanticSchemaGenerationError, PydanticInvalidForJsonSchema, PydanticUserError):
        name = getattr(kind, "__name__", None) or repr(kind)
        raise UsageError(
            f"no answer can be checked to be a {name}: ask for what JSON can hold (a number, text, a Literal, "
            "a list), or for a pydantic model or a dataclass of that"
        ) from None
    prompt = Message("user", WORDS.substitute(words=words, schema=canonical.dumps(schema.body)), before)
    return Form(prompt, schema, lambda response: read_as(answer, response).answer)  # type: ignore[attr-defined]


def closed(schema: Any) -> Any:
    """Return a JSON Schema whose objects have all of their fields, and no others."""
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, Mapping):
        return schema
    found = {word: _within(word, part) for word, part in schema.items() if word not in IDLE}
    if "properties" in found:
        found |= {"required": list(found["properties"]), "additionalProperties": False}
    return found


def _within(word: str, part: Any) -> Any:
    """Return what stands under a keyword."""
    if word in VALUES:
        return part
    if word in NAMED:
        return {name: closed(each) for name, each in part.items()}
    return closed(part)
