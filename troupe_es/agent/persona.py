"""Persona and fragment files: the format of ``.agent.json`` and ``.fragment.json``, read and written.

Real files differ: a style is a sentence in one and an object in the next. So a field is checked only for
being of a kind that files of this format have there, fields nobody knows are kept as they are, and what
stands beside the persona (saved faculties, counters) is kept too. What a person cannot do without is a name.
"""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

from troupe_es import canonical
from troupe_es.agent import fragments, paths
from troupe_es.agent.fragments import Conflict, Merged, Prefer, merge
from troupe_es.agent.outline import line, outline
from troupe_es.agent.paths import read
from troupe_es.errors import BadCommand, BadPersona

__all__ = [
    "Conflict",
    "Merged",
    "Persona",
    "Prefer",
    "check",
    "dump",
    "line",
    "merge",
    "outline",
    "parse",
    "read",
    "replace",
    "too_deep",
]

DEPTH = 64
"""Deepest nesting of a persona; deeper files are mistakes or attacks."""

KINDS = {
    "age": "number",
    "gender": "text",
    "nationality": "text",
    "residence": "text",
    "country_of_residence": "text",
    "education": "text list object",
    "long_term_goals": "text list object",
    "occupation": "text list object",
    "occupation.title": "text",
    "occupation.organization": "text object",
    "occupation.description": "text list",
    "style": "text list object",
    "personality": "text list object",
    "personality.traits": "text list object",
    "personality.big_five": "text list object",
    "preferences": "text list object",
    "preferences.interests": "text list object",
    "preferences.likes": "text list object",
    "preferences.dislikes": "text list object",
    "skills": "text list object",
    "beliefs": "text list object",
    "behaviors": "text list object",
    "behaviors.general": "text list object",
    "behaviors.routines": "text list object",
    "relationships": "text list object",
    "other_facts": "text list object",
    "health": "text list object",
}
"""What files of this format have at a path, beside null."""

WORDS = {str: "text", bool: "true or false", int: "number", float: "number", list: "list", dict: "object"}


@dataclass(frozen=True)
class Persona:
    """A file's content: ``traits`` is the persona object as given, ``extra`` what else stands beside it."""

    name: str | None
    traits: dict[str, Any]
    fragment: bool = False
    extra: dict[str, Any] = field(default_factory=dict)


def parse(text: str, source: str) -> Persona:
    """Read a person (type ``TinyPerson``), a fragment (``Fragment``) or a bare persona object.

    A file without a type is a fragment if ``source`` ends in ``.fragment.json``. Raises BadPersona, which
    names ``source`` and the path of what is wrong.
    """
    content = _object_of(text, source)
    kind = content.get("type")
    if "persona" not in content and kind not in ("TinyPerson", "Fragment"):
        return _persona(content, {}, source.endswith(".fragment.json"), source, "")
    if kind not in (None, "TinyPerson", "Fragment"):
        raise BadPersona(f"{source}: type: is {kind!r}; a persona file has 'TinyPerson' or 'Fragment' there")
    if "persona" not in content:
        raise BadPersona(f"{source}: persona: is missing; the person's traits belong there")
    fragment = kind == "Fragment" or (kind is None and source.endswith(".fragment.json"))
    extra = {key: value for key, value in content.items() if key not in ("type", "persona")}
    return _persona(content["persona"], extra, fragment, source, "persona.")


def dump(persona: Persona) -> str:
    """Return the file text that ``parse`` reads back as the same persona."""
    content = {"type": "Fragment" if persona.fragment else "TinyPerson", "persona": persona.traits}
    return json.dumps({**persona.extra, **content}, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def check(traits: Any, where: str, *, fragment: bool = False) -> None:
    """Raise BadPersona with ``where`` before the path of the first trait that does not fit the format."""
    for path, what in _misfits(traits, fragment):
        place = f"{where}{path}" if path else where.rstrip(".: ")
        raise BadPersona(f"{place}: {what}" if place else what)


def replace(traits: Mapping[str, Any], path: str, value: Any) -> dict[str, Any]:
    """Return ``traits`` with ``value`` at ``path``; the last key may be new.

    Raises BadCommand when the path leads through what is not there, or the value does not fit the format.
    """
    changed = paths.replace(traits, path, value)
    head = paths.split(path)[0]
    for where, what in _misfits(changed, fragment=False):
        if where.split(".")[0] in ("", head):
            raise BadCommand(f"{where}: {what}" if where else f"{path}: {what}")
    return changed


def define(traits: Mapping[str, Any], path: str, value: Any, merge: bool, overwrite: bool) -> dict[str, Any]:
    """Return ``traits`` with ``value`` defined at ``path``; the last key may be new.

    With ``merge`` an object goes into the object that is there, and a list continues it; else the value stands in
    its place. Raises BadCommand as ``replace`` does and, without ``overwrite``, where something else stands there.
    """
    changed = replace(traits, path, value)  # what does not fit is told before what is there already
    try:
        before = read(traits, path)
    except BadCommand:
        before = None
    both = fragments.merge({"": before}, {"": value}, path, "fragment" if overwrite else "persona")
    if not overwrite and (both.conflicts if merge else before not in (None, value)):
        raise BadCommand(f"{path}: there stands {canonical.dumps(before)[:60]}, and nothing is to be overwritten")
    return replace(traits, path, both.traits[""]) if merge else changed


def _persona(traits: Any, extra: dict[str, Any], fragment: bool, source: str, prefix: str) -> Persona:
    if not isinstance(traits, dict):
        raise BadPersona(f"{source}: persona: must be an object, not {_kind(traits)}")
    check(traits, f"{source}: {prefix}", fragment=fragment)
    return Persona(traits.get("name"), traits, fragment, extra)


def _misfits(traits: Any, fragment: bool) -> Iterator[tuple[str, str]]:
    if not isinstance(traits, Mapping):
        yield "", f"must be an object, not {_kind(traits)}"
        return
    if too_deep(traits):
        yield "", f"is nested deeper than {DEPTH} levels"
        return
    if misfit := _name_misfit(traits, fragment):
        yield "name", misfit
    for path, kinds in KINDS.items():
        value = _value_at(traits, path)
        if value is not None and _kind(value) not in kinds.split():
            yield path, f"must be {' or '.join(map(_article, kinds.split()))}, not {_shown(value)}"


def _name_misfit(traits: Mapping[str, Any], fragment: bool) -> str:
    if "name" not in traits:
        return "" if fragment else "is missing; everybody needs a name"
    name = traits["name"]
    if fragment and name is None:
        return ""
    if isinstance(name, str) and name.strip():
        return "" if line(name) == name else "must be on one line, without control characters"
    return f"must be text that is not empty, not {_shown(name)}"


def _value_at(traits: Mapping[str, Any], path: str) -> Any:
    found: Any = traits
    for key in path.split("."):
        found = found.get(key) if isinstance(found, Mapping) else None
    return found


def too_deep(value: Any, depth: int = DEPTH) -> bool:
    """Say whether lists and objects are nested more than ``depth`` levels in ``value``."""
    level = [value] if isinstance(value, Mapping | list) else []
    for _ in range(depth):
        inner = [item.values() if isinstance(item, Mapping) else item for item in level]
        level = [item for items in inner for item in items if isinstance(item, Mapping | list)]
        if not level:
            return False
    return True


def _object_of(text: str, source: str) -> dict[str, Any]:
    try:
        content = json.loads(text.removeprefix("\ufeff"), parse_constant=_no_constant, parse_float=_finite)
    except json.JSONDecodeError as error:
        raise BadPersona(f"{source}: not JSON at line {error.lineno}, column {error.colno}: {error.msg}") from error
    except RecursionError:
        raise BadPersona(f"{source}: is nested deeper than {DEPTH} levels") from None
    except ValueError as error:
        raise BadPersona(f"{source}: not JSON that can be kept: {error}") from error
    if not isinstance(content, dict):
        raise BadPersona(f"{source}: must be a JSON object, not {_kind(content)}")
    if too_deep(content):
        raise BadPersona(f"{source}: is nested deeper than {DEPTH} levels")
    cleaned: dict[str, Any] = canonical.clean(content)[0]
    return cleaned


def _no_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number in JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(f"{digits[:40]} is too large a number")
    return number


def _kind(value: Any) -> str:
    return WORDS.get(type(value), "null")


def _article(kind: str) -> str:
    return {"text": "text", "list": "a list", "object": "an object", "number": "a number"}[kind]


def _shown(value: Any) -> str:
    return f"{_kind(value)} ({str(value)[:40]!r})" if value is not None else "null"
