"""Reduces a life to rows: a rule for each kind of action or stimulus says what a line of the transcript becomes."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from troupe_es.errors import BadCommand
from troupe_es.projections import Line

Row: TypeAlias = dict[str, Any]
Rule: TypeAlias = Callable[[Line], Row | None] | Sequence[str]
"""What a line becomes: a function that returns a row (None: no row), or the columns of the line to keep."""

NAMES: dict[str, str] = {"event": "seq", "seq": "seq", **{name: name for name in Line._fields}}
"""The columns of a line: event, step, time, who, kind, to, content."""

EVERY = "*"
"""Stands for every kind that has no rule of its own."""


def reduce(lines: Iterable[Line], rules: Mapping[str, Rule]) -> list[Row]:
    """Return a row for every line whose kind (``TALK``, ``CONVERSATION``, … or ``*``) has a rule, in order.

    All rows have the same columns, in the order in which they first come up; what a row does not say is None.
    Raises BadCommand for a column that no line has.
    """
    made = {kind.upper(): _rule(kind, rule) for kind, rule in rules.items()}
    found = []
    for line in lines:
        rule = made.get(line.kind, made.get(EVERY))
        row = rule(line) if rule is not None else None
        if row is not None:
            found.append(row)
    columns = dict.fromkeys(column for row in found for column in row)
    return [{column: row.get(column) for column in columns} for row in found]


def _rule(kind: str, rule: Rule) -> Callable[[Line], Row | None]:
    if callable(rule):
        return rule
    columns = (rule,) if isinstance(rule, str) else tuple(rule)
    wrong = [column for column in columns if column not in NAMES]
    if wrong:
        raise BadCommand(f"the rule for {kind}: no line has a column {wrong[0]!r}; there are: event, {_columns()}")
    return lambda line: {column: getattr(line, NAMES[column]) for column in columns}


def _columns() -> str:
    return ", ".join(name for name in Line._fields if name != "seq")
