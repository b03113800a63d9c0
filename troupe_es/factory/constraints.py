"""Constraints on people: comparisons of a dimension with a value, joined by ``and`` and ``or``.

``age >= 18``; ``marital = "Never Married" or age >= 16``; ``hobbies has Reading``; ``region in [West, South]``.
``and`` binds closer than ``or``; there are no parentheses. Text needs quotes only where it has other signs than
letters, digits, ``_`` and ``-``; case does not matter.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from troupe_es.errors import BadPopulation

TOKEN = re.compile(r"""\s*(?:(>=|<=|!=|==|=|<|>)|("[^"]*"|'[^']*')|([\[\],])|([^\s\[\],<>=!"']+))""")
SIGNS = (">=", "<=", "!=", "=", "<", ">")
WORDS = ("in", "has", "lacks")
Number: TypeAlias = int | float


@dataclass(frozen=True)
class Comparison:
    """A dimension, a sign, and what it is compared with: one value, or several for ``in``."""

    name: str
    sign: str
    values: tuple[str | Number, ...]

    def holds(self, value: Any) -> bool:
        """Whether it holds of a person's ``value`` in this dimension: a number, a text, or a list of texts."""
        if self.sign in ("has", "lacks"):
            there = [_plain(each) for each in value] if isinstance(value, list) else [_plain(value)]
            return (_plain(self.values[0]) in there) == (self.sign == "has")
        if self.sign in ("=", "in"):
            return any(_same(value, other) for other in self.values)
        if self.sign == "!=":
            return not _same(value, self.values[0])
        return ORDERS[self.sign](value, self.values[0])


ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda value, other: value < other,
    ">": lambda value, other: value > other,
    "<=": lambda value, other: value <= other,
    ">=": lambda value, other: value >= other,
}


@dataclass(frozen=True)
class Constraint:
    """Holds where all comparisons of at least one of the ``alternatives`` do."""

    text: str
    alternatives: tuple[tuple[Comparison, ...], ...]

    @property
    def comparisons(self) -> list[Comparison]:
        """All of them."""
        return [each for one in self.alternatives for each in one]

    def holds(self, person: Mapping[str, Any]) -> bool:
        """Whether it holds of a person, by the names of the dimensions."""
        return any(all(each.holds(person[each.name]) for each in one) for one in self.alternatives)


def parse(text: str) -> Constraint:
    """Read a constraint. Raises BadPopulation saying what is not understood."""
    tokens = _tokens(text)
    alternatives: list[tuple[Comparison, ...]] = []
    current: list[Comparison] = []
    while True:
        current.append(_comparison(tokens, text))
        word = tokens.pop(0).lower() if tokens else "or"
        if word == "or":
            alternatives.append(tuple(current))
            current = []
        elif word != "and":
            raise BadPopulation(f"constraint {text!r}: 'and' or 'or' belongs before {word!r}")
        if word == "or" and not tokens:
            return Constraint(text, tuple(alternatives))


def _tokens(text: str) -> list[str]:
    tokens, at = [], 0
    body = text.strip()
    while at < len(body):
        match = TOKEN.match(body, at)
        if match is None:
            raise BadPopulation(f"constraint {text!r}: {body[at:]!r} is not understood")
        tokens.append("=" if match[1] == "==" else str(match[0]).strip())
        at = match.end()
    if tokens and tokens[-1].lower() == "or":
        raise BadPopulation(f"constraint {text!r}: ends with 'or'")
    return tokens


def _comparison(tokens: list[str], text: str) -> Comparison:
    if len(tokens) < 3:
        raise BadPopulation(f"constraint {text!r}: is no comparison; write it like 'age >= 18'")
    name, sign = tokens.pop(0), tokens.pop(0).lower()
    if sign not in SIGNS + WORDS:
        raise BadPopulation(f"constraint {text!r}: {sign!r} is no comparison; there are: {', '.join(SIGNS + WORDS)}")
    values = _listed(tokens, text) if sign == "in" else [_value(tokens.pop(0))]
    return Comparison(name.lower(), sign, tuple(values))


def _listed(tokens: list[str], text: str) -> list[str | Number]:
    if tokens.pop(0) != "[" or "]" not in tokens:
        raise BadPopulation(f"constraint {text!r}: 'in' wants a list, such as [South, West]")
    end = tokens.index("]")
    values = [_value(each) for each in tokens[:end] if each != ","]
    del tokens[: end + 1]
    return values


def _value(token: str) -> str | Number:
    if token[0] in "\"'":
        return token[1:-1]
    for kind in (int, float):
        try:
            return kind(token)
        except ValueError:
            continue
    return token


def _plain(value: Any) -> str:
    return " ".join(str(value).lower().split())


def _same(value: Any, other: Any) -> bool:
    if isinstance(value, int | float) and isinstance(other, int | float):
        return value == other
    return _plain(value) == _plain(other)
