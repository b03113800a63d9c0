"""How values are asked for, as one JSON object with a property for each field, and how the answer is read.

Events keep the numbers they have in the log, so a value names its support as the log would, and a number that was
not shown is a misfit. A value that was found rests on at least one event.
"""

import math
from collections.abc import Callable, Sequence
from importlib.resources import files
from typing import Any, TypeAlias

from pydantic import BaseModel, ConfigDict

from troupe_es import canonical
from troupe_es.acting import Form, Misfit, listed, read_as, record
from troupe_es.events.types import FoundValue, Sought
from troupe_es.llm import Message, Response, Schema

FIND = (files(__package__) / "find.txt").read_text(encoding="utf-8").rstrip("\n")
LONGEST = 20_000
"""Characters of one text that was found, at most."""

MOST_ITEMS = 200
Found: TypeAlias = list[FoundValue]


class _Answer(BaseModel):
    model_config = ConfigDict(extra="ignore", defer_build=True)

    found: dict[str, Any]


class _Value(BaseModel):
    model_config = ConfigDict(extra="ignore", defer_build=True)

    value: Any = None
    evidence: list[int]


def form(objective: str, fields: Sequence[Sought], shown: str, seqs: frozenset[int]) -> Form[Found]:
    """Return how ``fields`` are looked for in ``shown``, in which the events ``seqs`` stand."""
    wanted = "\n".join(canonical.told(told(field)) for field in fields)
    purpose = canonical.told({"objective": objective})
    asked = f"# What is to be found\n{purpose}\n{wanted}\n\nFind it. Answer with the JSON object alone."
    prompt = Message("user", asked, Message("user", shown, Message("system", FIND)))
    return Form(prompt, schema(fields), lambda response: read(response, fields, seqs))


def told(field: Sought) -> dict[str, Any]:
    """Return a field as a model is told of it."""
    more = {"description": field.description, "options": field.options, "hints": field.hints}
    return {"field": field.name, "type": field.type, **{key: value for key, value in more.items() if value}}


def schema(fields: Sequence[Sought]) -> Schema:
    """Return the JSON Schema of an answer: of every field its evidence, then its value."""
    evidence = listed({"type": "integer"})
    return Schema(
        "extraction",
        record(found=record(**{field.name: record(evidence=evidence, value=_schema(field)) for field in fields})),
    )


def _schema(field: Sought) -> dict[str, Any]:
    if field.type == "choice":
        return {"type": ["string", "null"], "enum": [*field.options, None]}
    if field.type == "list":
        return {"type": ["array", "null"], "items": {"type": "string"}}
    return {"type": ["string" if field.type == "text" else field.type, "null"]}


def read(response: Response, fields: Sequence[Sought], seqs: frozenset[int]) -> Found:
    """Return the values in the order of ``fields``. Raises Misfit."""
    found = read_as(_Answer, response).found
    return [_found(field, found, seqs) for field in fields]


def _found(field: Sought, found: dict[str, Any], seqs: frozenset[int]) -> FoundValue:
    try:
        entry = _Value.model_validate(found[field.name])
    except (KeyError, ValueError):
        raise Misfit(f"{field.name}: give it as an object with 'evidence' (numbers of events) and 'value'.") from None
    wrong = [seq for seq in entry.evidence if seq not in seqs]
    if wrong:
        raise Misfit(f"{field.name}: no event {wrong[0]} was shown; name numbers that stand there.")
    value = None if entry.value is None else READERS[field.type](field, entry.value)
    if value is not None and not entry.evidence:
        raise Misfit(f"{field.name}: name at least one event that the value rests on, or give null.")
    return FoundValue(field=field.name, value=value, evidence=sorted(set(entry.evidence)))


def _text(field: Sought, value: Any) -> str:
    if not isinstance(value, str) or len(value) > LONGEST:
        raise Misfit(f"{field.name}: its value must be a text of at most {LONGEST} characters.")
    return value


def _number(field: Sought, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not _finite(value):
        raise Misfit(f"{field.name}: its value must be a number.")
    return value


def _finite(value: float) -> bool:
    """Whether a number is one that every reader can hold; whole ones can be longer than that."""
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def _integer(field: Sought, value: Any) -> int:
    number = _number(field, value)
    if number != int(number):
        raise Misfit(f"{field.name}: its value must be a whole number.")
    return int(number)


def _boolean(field: Sought, value: Any) -> bool:
    if not isinstance(value, bool):
        raise Misfit(f"{field.name}: its value must be true or false.")
    return value


def _choice(field: Sought, value: Any) -> str:
    wanted = value.strip().casefold() if isinstance(value, str) else value
    chosen = [option for option in field.options if option.strip().casefold() == wanted]
    if not chosen:
        raise Misfit(f"{field.name}: its value must be one of {', '.join(map(repr, field.options))}.")
    return chosen[0]


def _list(field: Sought, value: Any) -> list[str]:
    if not isinstance(value, list) or len(value) > MOST_ITEMS or not all(isinstance(item, str) for item in value):
        raise Misfit(f"{field.name}: its value must be a list of at most {MOST_ITEMS} texts.")
    return [_text(field, item) for item in value]


READERS: dict[str, Callable[[Sought, Any], Any]] = {
    "text": _text,
    "number": _number,
    "integer": _integer,
    "boolean": _boolean,
    "choice": _choice,
    "list": _list,
}
