"""Dotted paths into a persona: ``preferences.likes.0``.

A key is written as it is, a dot or backslash inside a key with a backslash before it, a place in a list as
its number. Nothing here changes what it is given.
"""

import difflib
import re
from collections.abc import Mapping, Sequence
from typing import Any

from troupe_es.errors import BadCommand

INDEX = re.compile("0|[1-9][0-9]{0,8}")


def join(keys: Sequence[str | int]) -> str:
    """Return the dotted path that ``split`` takes apart again."""
    return ".".join(re.sub(r"([.\\])", r"\\\1", str(key)) for key in keys)


def split(path: str) -> list[str]:
    """Return the keys of a dotted path."""
    keys = [""]
    pieces = iter(re.findall(r"\\.|\.|[^.\\]+|\\", path, re.DOTALL))
    for piece in pieces:
        if piece == ".":
            keys.append("")
        else:
            keys[-1] += piece[1:] if len(piece) == 2 and piece[0] == "\\" else piece
    return keys


def read(traits: Mapping[str, Any], path: str) -> Any:
    """Return the value at ``path``. Raises BadCommand that names what is there instead."""
    found: Any = traits
    keys = split(path)
    for depth, key in enumerate(keys):
        found = _inside(found, key, keys[:depth])
    return found


def replace(traits: Mapping[str, Any], path: str, value: Any) -> dict[str, Any]:
    """Return ``traits`` with ``value`` at ``path``; everything off the path is shared with the original.

    The last key may be new in an object, or the number after the last place of a list, which adds to it.
    Raises BadCommand when what the path leads through does not exist.
    """
    changed: dict[str, Any] = _set(traits, split(path), value, [])
    return changed


def _set(inside: Any, keys: list[str], value: Any, walked: list[str]) -> Any:
    key, rest = keys[0], keys[1:]
    if isinstance(inside, Mapping):
        new = value if not rest else _set(_inside(inside, key, walked), rest, value, [*walked, key])
        return {**inside, key: new}
    if isinstance(inside, list) and not rest and key == str(len(inside)):
        return [*inside, value]
    kept = _inside(inside, key, walked)
    place = int(key)
    return [*inside[:place], _set(kept, rest, value, [*walked, key]) if rest else value, *inside[place + 1 :]]


def _inside(found: Any, key: str, walked: list[str]) -> Any:
    if isinstance(found, Mapping) and key in found:
        return found[key]
    if isinstance(found, list) and INDEX.fullmatch(key) and int(key) < len(found):
        return found[int(key)]
    raise BadCommand(_nothing(found, key, walked))


def _nothing(found: Any, key: str, walked: list[str]) -> str:
    where = repr(join(walked)) if walked else "the persona"
    if isinstance(found, Mapping):
        there = ", ".join(sorted(found)) or "nothing"
        near = difflib.get_close_matches(key, list(found), 1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        return f"no {key!r} in {where}, which has: {there}{hint}"
    if isinstance(found, list):
        return f"no {key!r} in {where}, a list of {len(found)} numbered from 0"
    return f"no {key!r} in {where}, which is a single value"
