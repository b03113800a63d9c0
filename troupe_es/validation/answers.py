"""Answers of many people to one question, simulated or real, checked against what could be answered."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias, get_args

from troupe_es.errors import UsageError
from troupe_es.scenario.tables import Kind

Value: TypeAlias = float | str | tuple[str, ...]
"""A number (numeric, ordinal), an option (categorical), a ranking best first, or ticked options in their order."""

NUMBERS = ("numeric", "ordinal")
LISTS = ("ranking", "multiple")


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked; ``options`` are all answers that could be given (numbers for "ordinal"), none for "numeric"."""

    name: str
    kind: Kind
    options: tuple[str | float, ...] = ()

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            raise UsageError(f"question {self.name!r}: no kind is called {self.kind!r}: {', '.join(get_args(Kind))}")
        if len(set(self.options)) < len(self.options):
            raise UsageError(f"question {self.name!r}: an option stands there twice")


@dataclass(frozen=True, slots=True)
class Answers:
    """Answers to ``question``, one per person; ``groups`` says for each grouping which group each of them is in.

    ``missing`` counts people who gave none, and ``source`` says where they come from, for people to read.
    """

    question: Question
    values: tuple[Value, ...]
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    missing: int = 0
    source: str = ""

    def labels(self, group: str) -> list[str]:
        """Return the names of the groups that people are in, in order. Raises UsageError for no such grouping."""
        if group not in self.groups:
            raise UsageError(f"{self.source or self.question.name}: no people are grouped by {group!r}")
        return sorted(set(self.groups[group]))

    def within(self, group: str, label: str) -> "Answers":
        """Return the answers of those who are in ``label`` of ``group``; none, where nobody is."""
        self.labels(group)
        kept = [place for place, found in enumerate(self.groups[group]) if found == label]
        groups = {name: tuple(found[place] for place in kept) for name, found in self.groups.items()}
        return replace(self, values=tuple(self.values[place] for place in kept), groups=groups, missing=0)

    def counts(self) -> dict[str | float, int]:
        """Return how many gave each answer, 0 for what nobody gave; rankings count by their first option."""
        kind = self.question.kind
        each = [list(value) if isinstance(value, tuple) else [value] for value in self.values]
        found = Counter(option for options in each for option in (options[:1] if kind == "ranking" else options))
        options = self.question.options or tuple(sorted(found, key=lambda option: (str(type(option)), option)))
        return {option: found[option] for option in options}


def answers(
    question: Question,
    values: Iterable[Any],
    *,
    groups: Mapping[str, Sequence[Any]] | None = None,
    source: str = "",
) -> Answers:
    """Return ``values``, one per person, as answers to ``question``; None is a missing answer and is left out.

    Raises UsageError that names the question and the first value that does not answer it.
    """
    given = list(values)
    for name, labels in (groups or {}).items():
        if len(labels) != len(given):
            raise UsageError(
                f"question {question.name!r}: {len(given)} answers, but {len(labels)} entries of {name!r}"
            )
    kept = [place for place, value in enumerate(given) if value is not None]
    read = tuple(_read(question, given[place], place + 1) for place in kept)
    inside = {name: tuple(str(labels[place]) for place in kept) for name, labels in (groups or {}).items()}
    return Answers(question, read, inside, len(given) - len(kept), source)


def _read(question: Question, value: Any, place: int) -> Value:
    where = f"question {question.name!r}, answer {place}"
    if question.kind in NUMBERS:
        read: Value = _number(value, where)
        parts: tuple[Any, ...] = (read,) if question.kind == "ordinal" else ()
    elif question.kind in LISTS:
        read = parts = _several(question, value, where)
    else:
        read, parts = str(value), (str(value),)
    options = [option if question.kind == "ordinal" else str(option) for option in question.options]
    if options and (outside := [part for part in parts if part not in options]):
        raise UsageError(f"{where}: {outside[0]!r} is none of its options: {', '.join(map(str, question.options))}")
    return read


def _number(value: Any, where: str) -> float:
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise UsageError(f"{where}: {value!r} is no number")
    return number


def _several(question: Question, value: Any, where: str) -> tuple[str, ...]:
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise UsageError(f"{where}: expected a list of options, not {value!r}")
    listed = sorted(value) if isinstance(value, set | frozenset) else list(value)
    found = tuple(map(str, listed))
    if len(set(found)) < len(found):
        raise UsageError(f"{where}: an option stands there twice")
    if question.kind == "ranking" and not found:
        raise UsageError(f"{where}: a ranking must name at least one option")
    return found


def common(simulated: Question, real: Question, seen: Iterable[Value]) -> Question:
    """Return the question that both answer, its options those of either, and what was answered where neither has any.

    Raises UsageError where they are of different kinds.
    """
    if simulated.kind != real.kind:
        raise UsageError(f"question {real.name!r} is {real.kind} for people and {simulated.kind} in the simulation")
    if real.kind == "numeric":
        return real
    options = dict.fromkeys((*real.options, *simulated.options))
    parts = {part for value in seen for part in (value if isinstance(value, tuple) else (value,))}
    found = list(options) if options else sorted(parts, key=lambda part: (isinstance(part, str), part))
    return replace(real, options=tuple(sorted(found) if real.kind == "ordinal" else found))
