"""Values that fit a JSON Schema, made up from a person's words and dice.

Enough of JSON Schema for the formats that this project asks for, and those that pydantic writes: objects,
arrays, strings, numbers, booleans, null, enum, const, anyOf, oneOf, allOf, local $ref, and the usual limits.
Patterns are not understood. What a schema leaves open is kept short, so that a recursive one ends.
"""

import math
from collections.abc import Callable
from typing import Any

from troupe_es.llm.improviser.dice import Dice

DEEPEST = 6
"""From here on the shortest alternative is taken: optional fields and items are left out."""

Write = Callable[[], str]


class Fitting:
    """Makes values for one schema; ``write`` gives a sentence wherever free text is wanted."""

    def __init__(self, schema: dict[str, Any], dice: Dice, write: Write) -> None:
        self._root = schema
        self._dice = dice
        self._write = write

    def value(self) -> Any:
        """Return a value that fits the whole schema."""
        return self._fit(self._root, 0)

    def _fit(self, schema: Any, depth: int) -> Any:
        if not isinstance(schema, dict):  # true: anything goes
            return self._write()
        schema = self._resolved(schema)
        if "const" in schema:
            return schema["const"]
        if schema.get("enum"):
            return self._dice.pick(schema["enum"])
        for key in ("anyOf", "oneOf"):
            if schema.get(key):
                return self._fit(self._alternative(schema, schema[key], depth), depth)
        return self._typed(schema, depth)

    def _resolved(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Follow references and merge ``allOf`` into the schema itself."""
        for _ in range(20):
            if "$ref" not in schema:
                break
            target = self._target(str(schema["$ref"]))
            schema = {**target, **{key: item for key, item in schema.items() if key != "$ref"}}
        for part in schema.get("allOf", ()):
            schema = _merged(schema, self._resolved(part))
        return schema

    def _target(self, reference: str) -> dict[str, Any]:
        found: Any = self._root
        for step in reference.removeprefix("#").strip("/").split("/") if reference != "#" else ():
            found = found.get(step.replace("~1", "/").replace("~0", "~"), {}) if isinstance(found, dict) else {}
        return found if isinstance(found, dict) else {}

    def _alternative(self, schema: dict[str, Any], options: list[Any], depth: int) -> Any:
        rest = {key: item for key, item in schema.items() if key not in ("anyOf", "oneOf", "allOf", "$defs")}
        chosen = self._dice.pick(options)
        if depth >= DEEPEST:
            chosen = min(options, key=lambda option: _weight(self._resolved(option)))
        return _merged(rest, self._resolved(chosen)) if isinstance(chosen, dict) else chosen

    def _typed(self, schema: dict[str, Any], depth: int) -> Any:
        kind = schema.get("type") or _implied(schema)
        if isinstance(kind, list):
            kind = "null" if depth >= DEEPEST and "null" in kind else self._dice.pick(kind)
        if kind == "object":
            return self._object(schema, depth)
        if kind == "array":
            return self._array(schema, depth)
        if kind in ("integer", "number"):
            return self._number(schema, kind == "integer")
        if kind == "boolean":
            return self._dice.chance(50)
        return None if kind == "null" else self._string(schema)

    def _object(self, schema: dict[str, Any], depth: int) -> dict[str, Any]:
        properties = schema.get("properties", {})
        required = set(schema.get("required", ()))
        wanted = [k for k in properties if k in required or (depth < DEEPEST and self._dice.chance(80))]
        wanted += sorted(required - set(properties))
        return {key: self._fit(properties.get(key, True), depth + 1) for key in wanted}

    def _array(self, schema: dict[str, Any], depth: int) -> list[Any]:
        least = int(schema.get("minItems", 0))
        most = int(schema.get("maxItems", max(least, 3)))
        fixed = schema.get("prefixItems", [])
        wanted = least if depth >= DEEPEST else least + self._dice.below(max(1, min(most - least, 3) + 1))
        wanted = max(wanted, min(most, len(fixed)))
        items = [self._fit(item, depth + 1) for item in fixed[:wanted]]
        if schema.get("items", True) is not False:
            items += [self._fit(schema.get("items", True), depth + 1) for _ in range(wanted - len(items))]
        return _distinct(items, least) if schema.get("uniqueItems") else items

    def _number(self, schema: dict[str, Any], whole: bool) -> int | float:
        between = _open(schema)
        if between and not whole and "multipleOf" not in schema:
            return float(between[0] + (between[1] - between[0]) * (1 + self._dice.below(99)) / 100)
        step = schema.get("multipleOf", 1)
        low = _limit(schema, "minimum", "exclusiveMinimum", step)
        high = _limit(schema, "maximum", "exclusiveMaximum", -step)
        if low is None:
            low = 0 if high is None else high - 10 * step
        if high is None:
            high = low + 10 * step
        if not whole and high - low < 4 * step and "multipleOf" not in schema:
            return float(low + (high - low) * self._dice.below(101) / 100)
        first, last = math.ceil(low / step), math.floor(high / step)
        number = (first + self._dice.below(max(1, last - first + 1))) * step
        return int(number) if whole else number

    def _string(self, schema: dict[str, Any]) -> str:
        fixed = FORMATS.get(str(schema.get("format")))
        if fixed:
            return fixed
        text = self._write()
        while len(text) < schema.get("minLength", 0):
            text = f"{text} {self._write() or '–'}"
        return text[: schema.get("maxLength", len(text))]


FORMATS = {
    "date": "2026-01-05",
    "time": "09:00:00Z",
    "date-time": "2026-01-05T09:00:00Z",
    "email": "someone@example.org",
    "uri": "https://example.org/",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "ipv4": "192.0.2.1",
    "hostname": "example.org",
}


def _merged(base: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    both = {**base, **more}
    if "properties" in base and "properties" in more:
        both["properties"] = {**base["properties"], **more["properties"]}
    if "required" in base and "required" in more:
        both["required"] = [*base["required"], *more["required"]]
    return both


def _implied(schema: dict[str, Any]) -> str:
    if "properties" in schema or "required" in schema:
        return "object"
    if "items" in schema or "prefixItems" in schema:
        return "array"
    return "number" if "minimum" in schema or "maximum" in schema else "string"


def _weight(schema: dict[str, Any]) -> int:
    """Return how much further a schema may go down; a leaf is lightest."""
    if "const" in schema or "enum" in schema or schema.get("type") in ("null", "boolean", "integer", "string"):
        return 0
    return 2 + len(schema.get("required", ())) if schema.get("type") == "object" else 1


def _open(schema: dict[str, Any]) -> tuple[float, float] | None:
    """Return the bounds of a number that has both, where at least one is not allowed itself."""
    low = [schema[key] for key in ("minimum", "exclusiveMinimum") if key in schema]
    high = [schema[key] for key in ("maximum", "exclusiveMaximum") if key in schema]
    exclusive = "exclusiveMinimum" in schema or "exclusiveMaximum" in schema
    return (max(low), min(high)) if low and high and exclusive and max(low) < min(high) else None


def _limit(schema: dict[str, Any], closed: str, open_: str, step: float) -> Any:
    bounds = [schema[closed]] if closed in schema else []
    if open_ in schema:
        bounds.append(schema[open_] + (step if isinstance(step, int) else step / 2))
    return (max if step > 0 else min)(bounds) if bounds else None


def _distinct(items: list[Any], least: int) -> list[Any]:
    found: list[Any] = []
    for item in items:
        if item in found and isinstance(item, str):
            item = f"{item} ({len(found) + 1})"
        if item not in found:
            found.append(item)
    return found
