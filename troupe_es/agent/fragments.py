"""Merges a fragment into a persona: pure, defined for any JSON, and nothing is lost without being reported.

A new key is added, null is replaced, an object goes into an object, a list is continued with what it does not
hold yet. Where both say something that cannot stand together (differing values, or differing kinds of value),
that is a conflict: one of them is kept, and the conflict names both. A fragment's null says nothing.
"""

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from troupe_es import canonical
from troupe_es.agent import paths

Prefer: TypeAlias = Literal["persona", "fragment"]
Keys: TypeAlias = tuple[str | int, ...]


@dataclass(frozen=True)
class Conflict:
    """Two values for one trait: ``kept`` is in the result, ``offered`` was set aside."""

    path: str
    kept: Any
    offered: Any
    fragment: str

    def __str__(self) -> str:
        return (
            f"{self.path}: fragment {self.fragment!r} says otherwise: "
            f"kept {_short(self.kept)}, set aside {_short(self.offered)}"
        )


@dataclass(frozen=True)
class Merged:
    """A persona with a fragment in it: which trait came from the fragment, and what did not fit."""

    traits: dict[str, Any]
    origins: dict[str, str]
    conflicts: list[Conflict]


def merge(persona: Mapping[str, Any], fragment: Mapping[str, Any], name: str, prefer: Prefer = "persona") -> Merged:
    """Merge the traits of the fragment ``name`` into a persona's; ``prefer`` says who wins a conflict.

    An origin's path stands for everything below it. The result shares nothing with what was given.
    """
    merging = _Merging(name, prefer)
    traits = merging.objects(copy.deepcopy(dict(persona)), copy.deepcopy(dict(fragment)), ())
    return Merged(traits, merging.origins, merging.conflicts)


@dataclass
class _Merging:
    name: str
    prefer: Prefer
    origins: dict[str, str] = field(default_factory=dict)
    conflicts: list[Conflict] = field(default_factory=list)

    def objects(self, ours: dict[str, Any], theirs: dict[str, Any], at: Keys) -> dict[str, Any]:
        for key, value in theirs.items():
            if key in ours:
                ours[key] = self.values(ours[key], value, (*at, key))
            else:
                ours[key] = self.taken(value, (*at, key))
        return ours

    def values(self, ours: Any, theirs: Any, at: Keys) -> Any:
        if theirs is None:
            return ours
        if ours is None:
            return self.taken(theirs, at)
        if isinstance(ours, dict) and isinstance(theirs, dict):
            return self.objects(ours, theirs, at)
        if isinstance(ours, list) and isinstance(theirs, list):
            return self.lists(ours, theirs, at)
        if canonical.dumps(ours) == canonical.dumps(theirs):
            return ours
        return self.conflict(ours, theirs, at)

    def lists(self, ours: list[Any], theirs: list[Any], at: Keys) -> list[Any]:
        held = {canonical.dumps(item) for item in ours}
        for item in theirs:
            text = canonical.dumps(item)
            if text not in held:
                held.add(text)
                ours.append(self.taken(item, (*at, len(ours))))
        return ours

    def conflict(self, ours: Any, theirs: Any, at: Keys) -> Any:
        if self.prefer == "fragment":
            self.conflicts.append(Conflict(paths.join(at), theirs, ours, self.name))
            return self.taken(theirs, at)
        self.conflicts.append(Conflict(paths.join(at), ours, theirs, self.name))
        return ours

    def taken(self, value: Any, at: Keys) -> Any:
        self.origins[paths.join(at)] = self.name
        return value


def _short(value: Any) -> str:
    text = canonical.dumps(value)
    return text if len(text) <= 60 else text[:57] + "…"
