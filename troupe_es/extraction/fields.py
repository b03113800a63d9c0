"""What is sought, in the ways people write it: ``name:type:description``, an object, or a pydantic model."""

import re
from collections.abc import Mapping, Sequence
from types import NoneType, UnionType
from typing import Any, Literal, TypeAlias, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from troupe_es.errors import BadCommand
from troupe_es.events.types import Sought

Fields: TypeAlias = type[BaseModel] | Sequence[Sought | Mapping[str, Any] | str]
"""Fields as they can be given."""

PLAIN: dict[Any, str] = {str: "text", int: "integer", float: "number", bool: "boolean"}
CHOICE = re.compile(r"choice\((.+)\)", re.DOTALL)


def fields_of(given: Fields) -> tuple[Sought, ...]:
    """Return ``given`` as fields. Raises BadCommand naming the one that is none.

    Of a pydantic model every field is one: str, int, float, bool, a Literal of texts (a choice), list[str], and any
    of these or None; what it says of itself is its description.
    """
    if isinstance(given, type):
        return tuple(_of_model(name, field) for name, field in given.model_fields.items())
    return tuple(_field(each) for each in given)


def checked(fields: Sequence[Sought]) -> Sequence[Sought]:
    """Return ``fields``. Raises BadCommand where there is none, and where they cannot be found as they are."""
    names = [field.name for field in fields]
    if not names:
        raise BadCommand("there is nothing to extract: name at least one field")
    if len(set(names)) < len(names):
        raise BadCommand(f"two fields have the same name; there are: {', '.join(names)}")
    for field in fields:
        if (field.type == "choice") != bool(field.options):
            raise BadCommand(f"the field {field.name!r}: a choice, and nothing else, has options")
    return fields


def _field(given: Sought | Mapping[str, Any] | str) -> Sought:
    if isinstance(given, Sought):
        return given
    written = _parsed(given) if isinstance(given, str) else dict(given)
    try:
        return Sought.model_validate(written)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BadCommand(f"the field {written.get('name', given)!r}: {where}: {first['msg']}") from None


def _parsed(text: str) -> dict[str, Any]:
    """Read ``name:type`` or ``name:type:description``; of a choice, ``choice(good|bad)``."""
    name, _, rest = text.partition(":")
    kind, _, description = rest.partition(":")
    options = CHOICE.fullmatch(kind.strip())
    written: dict[str, Any] = {"name": name.strip(), "type": kind.strip() or "text"}
    if options:
        written |= {"type": "choice", "options": [option.strip() for option in options[1].split("|")]}
    return {**written, "description": description.strip()}


def _of_model(name: str, field: Any) -> Sought:
    kind = field.annotation
    if get_origin(kind) in (Union, UnionType):
        parts = [part for part in get_args(kind) if part is not NoneType]
        kind = parts[0] if len(parts) == 1 else kind
    written: dict[str, Any] = {"name": name, "description": field.description or ""}
    if get_origin(kind) is Literal:
        return _field({**written, "type": "choice", "options": list(get_args(kind))})
    if kind == list[str]:
        return _field({**written, "type": "list"})
    if kind not in PLAIN:
        raise BadCommand(
            f"the field {name!r} is a {kind}: extract str, int, float, bool, a Literal of texts or list[str]"
        )
    return _field({**written, "type": PLAIN[kind]})
