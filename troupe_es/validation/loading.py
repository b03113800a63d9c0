"""Answers of real people read from a table."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from troupe_es.errors import UsageError
from troupe_es.scenario.tables import Column, Table
from troupe_es.toolbox.tables import Row, read
from troupe_es.validation.answers import Answers, Question, answers

TICKED = frozenset({"1", "1.0", "true", "yes", "x", "y"})


def table_of(written: Any, source: str) -> Table:
    """Return how a table is read, as ``written`` says. Raises UsageError naming the wrong field and ``source``."""
    try:
        return written if isinstance(written, Table) else Table.model_validate(written)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or "mapping"
        raise UsageError(f"{source}: {where}: {first['msg']}") from None


def load(table: Table, folder: Path = Path()) -> dict[str, Answers]:
    """Return the answers to each question of ``table``; its file is looked for in ``folder``.

    Raises UsageError that names the file, and the line, column or entry that cannot be read.
    """
    path = folder / table.file
    rows = read(path)
    columns = set(rows[0]) if rows else set()
    for column in (*_columns(table), *table.groups.values()):
        if rows and column not in columns:
            raise UsageError(f"{path}: there is no column {column!r}: there are {', '.join(map(repr, rows[0]))}")
    return {name: _answers(name, column, table, rows, path) for name, column in table.questions.items()}


def _columns(table: Table) -> list[str]:
    return [name for column in table.questions.values() for name in (column.column, *column.columns.values()) if name]


def _answers(name: str, column: Column, table: Table, rows: list[Row], path: Path) -> Answers:
    options = column.options or tuple(column.columns) or tuple(dict.fromkeys(column.codes.values()))
    if column.kind == "numeric":
        options = ()
    question = Question(name, column.kind, tuple(float(o) if column.kind == "ordinal" else str(o) for o in options))
    groups = {group: [_text(row[place]) for row in rows] for group, place in table.groups.items()}
    try:
        values = [_value(column, row, table.missing) for row in rows]
        return answers(question, values, groups=groups, source=path.name)
    except UsageError as error:
        raise UsageError(f"{path}: {error}") from None


def _value(column: Column, row: Row, missing: tuple[str, ...]) -> Any:
    if column.columns:
        entries = {option: _text(row[place]) for option, place in column.columns.items()}
        if all(entry in missing for entry in entries.values()):
            return None
        return _ranked(entries, missing) if column.kind == "ranking" else _ticked(entries)
    entry = row[column.column or ""]
    if isinstance(entry, list) and column.kind in ("ranking", "multiple"):
        return [column.codes.get(_text(part), _text(part)) for part in entry] or None
    text = _text(entry)
    if text in missing:
        return None
    if column.kind in ("ranking", "multiple"):
        parts = [part.strip() for part in text.split(column.separator)]
        return [column.codes.get(part, part) for part in parts if part]
    return column.codes.get(text, text)


def _ranked(entries: Mapping[str, str], missing: tuple[str, ...]) -> list[str]:
    """Return the options by the ranks written beside them. Raises UsageError for what is no order."""
    given = {option: entry for option, entry in entries.items() if entry not in missing}
    try:
        ranks = {option: float(entry) for option, entry in given.items()}
    except ValueError:
        raise UsageError(f"the ranks {', '.join(map(repr, given.values()))} are not all numbers") from None
    if len(set(ranks.values())) < len(ranks):
        raise UsageError(f"two options share a rank: {', '.join(f'{o} {e}' for o, e in given.items())}")
    return sorted(ranks, key=lambda option: ranks[option])


def _ticked(entries: Mapping[str, str]) -> list[str]:
    return [option for option, entry in entries.items() if entry.lower() in TICKED]


def _text(entry: Any) -> str:
    if isinstance(entry, float) and entry.is_integer():
        return str(int(entry))
    return "" if entry is None else str(entry).strip()
