"""Renders a persona for a prompt: a nested outline, one value a line.

The text of a persona is data: every line begins with a bullet, and what could end a line or turn its
direction is written as an escape, so that nothing inside a value or key can pass for a heading or an
instruction of ours. The order of lines depends on the keys alone, never on the order in which a file or the
log holds them: a prompt made on replay must be the same. What says nothing (null, empty text, empty lists and
objects) has no line, and an item of a list loses the space before it.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from troupe_es import canonical

FIRST = """
    name title age gender nationality residence country_of_residence occupation organization relation
    description education personality traits big_five style beliefs long_term_goals preferences interests
    likes dislikes skills behaviors general routines morning workday afternoon evening night weekend
    relationships health other_facts
"""
"""Keys that come first wherever they occur, in this order; all others follow by name."""

RANK = {key: rank for rank, key in enumerate(FIRST.split())}
BREAKING = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]")
NAMED = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def outline(traits: Mapping[str, Any]) -> str:
    """Return the traits as lines ``- key: value``, two spaces deeper for each level."""
    return "\n".join(_object(traits, 0))


def line(text: str) -> str:
    """Return ``text`` as it can stand within one line: line breaks and control characters as escapes."""
    return BREAKING.sub(lambda match: NAMED.get(match[0], f"\\u{ord(match[0]):04x}"), text)


def _object(traits: Mapping[str, Any], depth: int) -> Iterator[str]:
    for key in sorted(traits, key=lambda key: (RANK.get(key, len(RANK)), key)):
        yield from _entry(f"{line(key)}:", traits[key], depth)


def _entry(label: str, value: Any, depth: int) -> Iterator[str]:
    if isinstance(value, Mapping | list):
        children = list(_object(value, depth + 1) if isinstance(value, Mapping) else _list(value, depth + 1))
        if children:
            yield _bullet(label, depth)
            yield from children
    elif value is not None and value != "":
        yield _bullet(f"{label} {_scalar(value)}".lstrip(), depth)


def _list(items: list[Any], depth: int) -> Iterator[str]:
    for number, item in enumerate(items, 1):
        if isinstance(item, Mapping):
            yield from _item(item, depth)
        elif isinstance(item, list):
            yield from _entry(f"{number}:", item, depth)
        else:
            yield from _entry("", item, depth)


def _item(item: Mapping[str, Any], depth: int) -> Iterator[str]:
    """An object in a list: its first line stands for it, the others are one level deeper."""
    for number, text in enumerate(_object(item, depth)):
        yield text if number == 0 else "  " + text


def _scalar(value: Any) -> str:
    return line(value) if isinstance(value, str) else canonical.dumps(value)


def _bullet(text: str, depth: int) -> str:
    return "  " * depth + "- " + text
