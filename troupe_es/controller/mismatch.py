"""Where a script and its recording part: whether two commands say the same, and in which words they do not."""

import json
from collections.abc import Iterator
from itertools import takewhile
from typing import Any

from troupe_es import canonical
from troupe_es.events import Body, payload_of
from troupe_es.numerals import counted

BESIDE = {"source", "repaired", "fingerprint", "fingerprints", "type", "lots", "ranks"}
"""What two commands that are the same may differ in: whose hand gave it, the code behind a name (``code``), and what
keeps the places of people in a simulation that was redacted."""

MOST = 8
"""Fields that are told one by one."""

BEFORE, LONGEST = 30, 120
"""Characters of a text that are shown: so many of those that are the same, and so many in all."""

ABSENT = object()


def same(recorded: Body, given: Body) -> bool:
    """Say whether a recorded command is the one given now (which hand gave it does not matter)."""
    return isinstance(recorded, type(given)) and _content(recorded) == _content(given)


def told(recorded: Body, given: Body) -> str:
    """Return what differs: the fields with both values, or both commands where they are of two kinds."""
    if recorded.type != given.type:
        return f"  recorded: {_whole(recorded)}\n  script:   {_whole(given)}"
    found = list(_differences("", _content(recorded), _content(given)))
    lines = [f"    {path}: {before} → {after}" for path, before, after in found[:MOST]]
    more = [f"    and {counted(len(found) - MOST, 'more field')}"] if len(found) > MOST else []
    return "\n".join([f"  {given.type}, recorded → script:", *lines, *more])


def _content(body: Body) -> dict[str, Any]:
    """What a command says, as the log would hold it."""
    content: dict[str, Any] = canonical.clean(body.model_dump(mode="json", exclude=BESIDE))[0]
    return content


def _differences(path: str, one: Any, other: Any) -> Iterator[tuple[str, str, str]]:
    """Yield every value that differs, by its path, with both as they are shown."""
    if one == other:
        return
    if isinstance(one, dict) and isinstance(other, dict):
        for key in dict.fromkeys([*one, *other]):
            below = f"{path}.{key}" if path else str(key)
            yield from _differences(below, one.get(key, ABSENT), other.get(key, ABSENT))
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for place, (left, right) in enumerate(zip(one, other, strict=True)):
            yield from _differences(f"{path}.{place}", left, right)
    else:
        before, after = _plain(one), _plain(other)
        alike = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(before, after, strict=False)))
        start = max(0, alike - BEFORE)
        yield path, _cut(before, start), _cut(after, start)


def _plain(value: Any) -> str:
    if value is ABSENT or value is None or value == "":
        return "nothing"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _cut(text: str, start: int) -> str:
    """Return a text from about where it differs, in one line."""
    start = start if len(text) > LONGEST else 0
    shown = " ".join(text[start : start + LONGEST].split())
    return f"{'…' if start else ''}{shown}{'…' if start + LONGEST < len(text) else ''}"


def _whole(body: Body) -> str:
    text = f"{body.type} {payload_of(body)}"
    return text if len(text) <= 400 else text[:400] + "…"
