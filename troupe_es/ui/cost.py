"""``cost``: calls and tokens of a life, paid against recorded, from the store's view ``costs``."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from troupe_es.controller.references import resolve
from troupe_es.controller.store import Store
from troupe_es.errors import UsageError
from troupe_es.ui.options import command
from troupe_es.ui.render import console, one_line, print_json, table, title

SQL = """
SELECT person, purpose, step, model, calls, paid, calls - paid AS recorded,
       coalesce(prompt_tokens, 0) AS prompt_tokens, coalesce(completion_tokens, 0) AS completion_tokens,
       coalesce(cached_tokens, 0) AS cached_tokens, coalesce(paid_tokens, 0) AS paid_tokens,
       round(coalesce(seconds, 0), 3) AS seconds
FROM costs WHERE simulation = ? AND branch = ? ORDER BY step, person"""

BY = ("person", "purpose", "step", "model")
SUMS = (
    "calls",
    "paid",
    "recorded",
    "prompt_tokens",
    "completion_tokens",
    "cached_tokens",
    "paid_tokens",
    "seconds",
)


@command("cost")
@click.argument("ref")
@click.option("--by", type=click.Choice(BY), multiple=True, help="Only this table; may be given more than once.")
def cost(ref: str, by: tuple[str, ...], store: Path, as_json: bool) -> None:
    """Show what the life REF took: paid by this branch, or on record already."""
    with Store(store, write=False) as held:
        point = resolve(held.log, ref)
        if not point.at_head:
            raise UsageError(f"{ref}: costs are those of a whole branch; leave '@…' out")
        rows = list(held.log.db.query(SQL, [point.branch.simulation, point.branch.name]))
    chosen = by or BY
    tables = {f"by_{key}": grouped(rows, key) for key in chosen}
    whole: dict[str, Any] = {"ref": str(point), "total": _sums(rows), **tables}
    if as_json:
        print_json(whole)
        return
    screen = console()
    screen.print(title(whole["ref"]))
    for key in chosen:
        screen.print()
        screen.print(_table(key, whole[f"by_{key}"], whole["total"]))


def grouped(rows: Iterable[dict[str, Any]], key: str) -> list[dict[str, Any]]:
    """Return the sums of ``rows`` for each value of ``key``, in the order of their coming."""
    groups: dict[Any, list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault(row[key], []).append(row)
    return [{key: value, **_sums(group)} for value, group in groups.items()]


def _sums(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {name: round(sum(row[name] for row in rows), 3) for name in SUMS}


def _table(key: str, groups: list[dict[str, Any]], total: dict[str, Any]) -> Any:
    names = [name.replace("_", " ") for name in SUMS]
    made = table(key, *names, right=names)
    for group in groups:
        made.add_row(one_line(group[key]), *(_number(group[name]) for name in SUMS))
    if len(groups) > 1:
        made.add_section()
        made.add_row("total", *(_number(total[name]) for name in SUMS), style="bold")
    return made


def _number(value: float) -> str:
    return f"{value:,.1f}" if isinstance(value, float) else f"{value:,}"
