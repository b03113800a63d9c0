"""The distribution of every trait that anybody in a population has, whatever its shape and however deep it lies.

A trait is one of four kinds, by what people have there: a *number*; a *category*, such as a nationality or a level
(``"High. Always early"`` is ``High``); *items*, a list of texts; or *text*, which is too long to be counted as it is,
so that its words are. Files differ: where some have a number and others words, those are two traits, the second with
its kind beside the path. Objects in a list (relationships) are counted, and each of their fields is a trait too.
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from troupe_es.profiling import diversity
from troupe_es.profiling.summary import Numbers, bins, summary

Kind: TypeAlias = Literal["number", "category", "items", "text"]
LEVEL = re.compile(r"(very high|very low|high|medium|moderate|average|low)(?=$|\s*[.,:;(]|\s+[–—-]\s)", re.IGNORECASE)
WORD = re.compile(r"[^\W\d_]{5,}")
WORDS: dict[Kind, str] = {"category": "words", "text": "words"}
"""Kinds that are told apart only by how long what is there is."""

SHORT = 60
"""Most characters of a text that is counted as it is."""

DEEPEST = 64


@dataclass(frozen=True)
class Facet:
    """One trait: ``present`` of ``people`` have it.

    ``counts`` says how many of those have each value (a number: how many are in each range; items and text: each item
    or word), the commonest first. ``entries`` are the values themselves, one for each who has it, in order.
    """

    path: str
    kind: Kind
    people: int
    present: int
    counts: dict[str, int]
    numbers: Numbers | None = None
    entries: tuple[Any, ...] = field(default=(), repr=False)

    @property
    def distinct(self) -> int:
        """How many different values there are."""
        return len(self.counts)

    @property
    def evenness(self) -> float | None:
        """Shannon evenness of the values, from 0 to 1; None where there is only one."""
        return diversity.evenness(self.counts.values())

    @property
    def gini_simpson(self) -> float:
        """The chance that two values drawn at random differ."""
        return diversity.gini_simpson(self.counts.values())

    @property
    def likeness(self) -> float | None:
        """Mean Jaccard similarity of two people's items or words; None for other kinds, and for one person."""
        return diversity.likeness(self.entries) if self.kind in ("items", "text") else None


@dataclass(frozen=True)
class Profile:
    """A population of so many ``people``, and its traits by path."""

    people: int
    facets: dict[str, Facet]

    def rows(self) -> list[dict[str, Any]]:
        """Return a row for each value of each trait: path, kind, value, count, and its share of who has the trait."""
        return [
            {"path": facet.path, "kind": facet.kind, "value": value, "count": n, "share": n / facet.present}
            for facet in self.facets.values()
            for value, n in facet.counts.items()
        ]


def profile(personas: Sequence[Mapping[str, Any]]) -> Profile:
    """Return the profile of a population. A trait that nobody has anything in is not in it; every other one is."""
    found: dict[str, list[Any]] = defaultdict(list)
    for persona in personas:
        for path, value in _traits(persona, "", 0):
            found[path].append(value)
    facets = [facet for path, values in found.items() for facet in _facets(path, values, len(personas))]
    return Profile(len(personas), {facet.path: facet for facet in facets})


def _traits(value: Mapping[str, Any], at: str, depth: int) -> Iterator[tuple[str, Any]]:
    """Yield each trait of one person once: its path, and what is there."""
    for key, inner in value.items():
        path = f"{at}.{key}" if at else str(key)
        if isinstance(inner, Mapping):
            if depth < DEEPEST:
                yield from _traits(inner, path, depth + 1)
        elif isinstance(inner, list):
            yield from _listed(inner, path, depth)
        elif inner is not None and inner != "":
            yield path, inner


def _listed(items: Sequence[Any], path: str, depth: int) -> Iterator[tuple[str, Any]]:
    plain = [item for item in items if not isinstance(item, Mapping | list) and item is not None]
    objects = [item for item in items if isinstance(item, Mapping)]
    if plain:
        yield path, [str(item) for item in plain]
    if objects:
        yield path if not plain else f"{path}[]", len(objects)
    merged: dict[str, list[Any]] = defaultdict(list)
    for item in objects if depth < DEEPEST else ():
        for inner, value in _traits(item, path, depth + 1):
            merged[inner] += value if isinstance(value, list) else [value]
    yield from merged.items()


def _facets(path: str, values: Sequence[Any], people: int) -> Iterator[Facet]:
    """Yield the facets at one path: where some have a number and others words, each is one; the commonest first."""
    groups: dict[str, list[Any]] = defaultdict(list)
    for value in values:
        groups[WORDS.get(_kind(value), _kind(value))].append(value)
    ordered = sorted(groups.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    for place, (word, group) in enumerate(ordered):
        yield _facet(f"{path} ({word})" if place else path, group, people)


def _facet(path: str, values: Sequence[Any], people: int) -> Facet:
    kind = Counter(map(_kind, values)).most_common(1)[0][0]
    if kind == "number":
        there = [float(value) for value in values]
        return Facet(path, kind, people, len(there), bins(there), summary(there), tuple(there))
    if kind == "category":
        labels = [_label(value) for value in values]
        return Facet(path, kind, people, len(values), _ordered(Counter(labels)), None, tuple(labels))
    sets = [_words(value) if kind == "text" else _items(value) for value in values]
    counts = _ordered(Counter(item for each in sets for item in each))
    return Facet(path, kind, people, len(values), counts, None, tuple(sets))


def _kind(value: Any) -> Kind:
    if isinstance(value, list):
        return "items"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return "number"
    return "text" if isinstance(value, str) and len(value) > SHORT and not LEVEL.match(value) else "category"


def _label(value: Any) -> str:
    """Return what a value is counted as: of a level with its reason, the level."""
    if isinstance(value, list):
        return ", ".join(map(str, value))
    level = LEVEL.match(value) if isinstance(value, str) else None
    return level[1].capitalize() if level else str(value)


def _items(value: Any) -> frozenset[str]:
    return frozenset(str(item).strip() for item in (value if isinstance(value, list) else [value]))


def _words(value: Any) -> frozenset[str]:
    return frozenset(WORD.findall(str(value).lower())) or frozenset({str(value)})


def _ordered(counts: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))


def histogram(facet: Facet) -> dict[str, float]:
    """Return the share of those who have the trait, by value; of items and words, those who have each."""
    return {value: n / facet.present for value, n in facet.counts.items()} if facet.present else {}


def finite(value: float | None, digits: int = 3) -> float | None:
    """Return ``value`` rounded for a table, or None for what is no number."""
    return None if value is None or not math.isfinite(value) else round(value, digits)
