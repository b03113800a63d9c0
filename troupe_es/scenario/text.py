"""Reads YAML (so JSON too) as plain JSON values, and nothing else.

A scenario may come from anywhere, so what makes YAML dangerous or surprising is left out: tags, aliases (a
few lines of them can stand for gigabytes), a key given twice, and guesses such as ``no`` for false or
``12:30`` for 750. Values are those of JSON; everything else plain is text. PyYAML's event stream is used and
never its object constructors.
"""

import json
import math
import re
from dataclasses import dataclass
from typing import Any

import yaml

from troupe_es import canonical
from troupe_es.agent.persona import too_deep
from troupe_es.errors import BadScenario

LIMIT = 10_000_000
"""Most bytes of a scenario or persona file."""

DEPTH = 100
"""Deepest nesting of a scenario."""

WORDS = {"": None, "~": None, "null": None, "true": True, "false": False}
INTEGER = re.compile("-?(0|[1-9][0-9]{0,300})")
NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")


@dataclass
class _Open:
    """A list or object whose end has not come yet."""

    value: Any
    key: str | None = None


def parse(text: str, source: str) -> Any:
    """Return the one value that ``text`` holds.

    Raises BadScenario, which names ``source`` and, where there is one, line and column.
    """
    if len(text.encode("utf-8", "replace")) > LIMIT:
        raise BadScenario(f"{source}: is larger than {LIMIT // 1_000_000} MB")
    text = canonical.clean(text.removeprefix("\ufeff"))[0]
    value = _json(text, source) if text.lstrip().startswith("{") else None
    return value if value is not None else _yaml(text, source)


def _json(text: str, source: str) -> Any:
    """Read JSON the quick way; None if it is none (flow YAML begins alike)."""

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            keys = [key for key, _ in pairs]
            twice = next(key for key in keys if keys.count(key) > 1)
            raise BadScenario(f"{source}: {twice!r} is given twice")
        return found

    try:
        value = json.loads(text, object_pairs_hook=members, parse_float=_finite, parse_constant=_finite)
    except (ValueError, RecursionError):
        return None
    return None if too_deep(value, DEPTH) else canonical.clean(value)[0]


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError("no finite number")
    return number


def _yaml(text: str, source: str) -> Any:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    root = _Open([])
    opened = [root]
    try:
        for event in yaml.parse(text, Loader=loader):
            _take(event, opened, source)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise BadScenario(f"{_place(source, mark)}: not YAML: {error.problem or error.context}") from error
    except yaml.YAMLError as error:
        raise BadScenario(f"{source}: not YAML: {str(error).splitlines()[0]}") from error
    if len(root.value) != 1:
        raise BadScenario(f"{source}: must hold one document, not {len(root.value)}")
    return root.value[0]


def _take(event: yaml.Event, opened: list[_Open], source: str) -> None:
    """Let one event of the stream build on the innermost open list or object."""
    if isinstance(event, yaml.AliasEvent):
        raise BadScenario(f"{_place(source, event.start_mark)}: aliases (*name) are not read; write it out")
    if isinstance(event, yaml.NodeEvent) and getattr(event, "tag", None) not in (None, "!"):
        raise BadScenario(f"{_place(source, event.start_mark)}: tags (!name) are not read")
    if isinstance(event, yaml.ScalarEvent):
        _add(event.value if _is_text(event, opened[-1]) else _scalar(event.value), opened[-1], event, source)
    elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
        if len(opened) > DEPTH:
            raise BadScenario(f"{_place(source, event.start_mark)}: is nested deeper than {DEPTH} levels")
        value: Any = {} if isinstance(event, yaml.MappingStartEvent) else []
        _add(value, opened[-1], event, source)
        opened.append(_Open(value))
    elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
        opened.pop()


def _is_text(event: yaml.ScalarEvent, into: _Open) -> bool:
    key = isinstance(into.value, dict) and into.key is None
    return key or not event.implicit[0]


def _add(value: Any, into: _Open, event: yaml.Event, source: str) -> None:
    if isinstance(into.value, list):
        into.value.append(value)
    elif into.key is not None:
        into.value[into.key] = value
        into.key = None
    elif not isinstance(value, str):
        raise BadScenario(f"{_place(source, event.start_mark)}: a list or object cannot be a key")
    elif value in into.value:
        raise BadScenario(f"{_place(source, event.start_mark)}: {value!r} is given twice")
    else:
        into.key = value


def _scalar(text: str) -> Any:
    """Return what a plain scalar means in JSON; what JSON has no word for is text."""
    if text in WORDS:
        return WORDS[text]
    if INTEGER.fullmatch(text):
        return int(text)
    if NUMBER.fullmatch(text) and math.isfinite(float(text)):
        return float(text)
    return text


def _place(source: str, mark: Any) -> str:
    return f"{source}: line {mark.line + 1}, column {mark.column + 1}" if mark else source
