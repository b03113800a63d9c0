"""``rows`` and ``label``: a life as a table, and the free text of a table under few labels."""

from collections import Counter
from pathlib import Path
from typing import Any

import click

from troupe_es import canonical
from troupe_es.controller import exporting
from troupe_es.controller.references import resolve
from troupe_es.controller.store import Store
from troupe_es.controller.surveying import models_of
from troupe_es.errors import EveryTurnFailed, UsageError
from troupe_es.extraction.reporting import standing_line
from troupe_es.numerals import counted
from troupe_es.toolbox import tables
from troupe_es.ui.going import asking
from troupe_es.ui.options import Means, command, instead, limits
from troupe_es.ui.render import console, one_line, print_json, say, table

EVERYTHING = "*=event,step,time,who,kind,to,content"
LABEL = "label"
"""What the new column's name ends in."""


@command("rows")
@click.argument("ref")
@click.option(
    "--rule",
    "written",
    multiple=True,
    metavar="KIND=COLUMN,…",
    help="What is kept of lines of this kind; *: any other.",
)
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="FILE", help="Write a new file: .csv, .jsonl, .parquet, .xlsx…"
)
def rows(ref: str, written: tuple[str, ...], out: Path | None, store: Path, as_json: bool) -> None:
    """Reduce a life up to REF to rows: a rule for each kind of action or stimulus says which columns are kept.

    Columns are event, step, time, who, kind, to and content; kinds TALK, THINK, CONVERSATION and the others that
    'troupe transcript --full' shows. Asks no model.
    """
    rules = dict(map(_rule, written or (EVERYTHING,)))
    if out is not None:
        exporting.check(out)
    with Store(store, write=False) as held:
        found = held.reduce(ref, rules)
        point = resolve(held.log, ref)
        note = standing_line(*models_of(held.log.events(point.branch, 1, point.seq)))
    if out is not None:
        exporting.export(exporting.Table(found, str(point), note), out)
    if as_json:
        print_json({"ref": str(point), "note": note, "rows": found, "written": str(out) if out else None})
    elif out is not None:
        say(f"{counted(len(found), 'row')} written to {out}")
    else:
        _show(found)
        say(note)


def _rule(written: str) -> tuple[str, list[str]]:
    kind, equals, columns = written.partition("=")
    if not equals or not kind or not columns:
        raise UsageError(f"--rule {written!r}: write KIND=COLUMN,COLUMN, such as TALK=step,who,content")
    return kind, [column.strip() for column in columns.split(",")]


def _show(found: list[dict[str, Any]]) -> None:
    made = table(*(found[0] if found else ("nothing is left",)))
    for row in found:
        made.add_row(*(one_line(exporting.shown(value)) for value in row.values()))
    console().print(made)


@command("label")
@click.argument("ref")
@click.argument("texts", metavar="TABLE", type=click.Path(path_type=Path))
@click.option("--column", required=True, metavar="NAME", help="Which column's texts are sorted.")
@click.option("--most", type=click.IntRange(min=1), default=7, show_default=True, metavar="N", help="Most labels.")
@click.option("--about", default="", metavar="TEXT", help="What the texts are, in words.")
@click.option("--again", is_flag=True, help="Have them sorted once more, in the next draw.")
@instead("sorts")
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="FILE", help="Write the table with a column of labels there."
)
@limits
def label(
    ref: str,
    texts: Path,
    column: str,
    most: int,
    about: str,
    again: bool,
    out: Path | None,
    means: Means,
    store: Path,
    as_json: bool,
) -> None:
    """Sort the free text in a column of a TABLE (what 'survey --out' writes, say) under at most so many labels.

    REF says whose settings hold; the run is left as it is. The same texts are asked about once, in whatever order.
    """
    there = tables.read(texts)
    if not there or column not in there[0]:
        raise UsageError(f"{texts}: there is no column {column!r}; there are: {', '.join(there[0] if there else ())}")
    if out is not None:
        exporting.check(out)
    cells = [canonical.clean("" if row[column] is None else str(row[column]))[0] for row in there]
    said = [cell for cell in cells if cell]
    with asking(store, means) as held:
        found = held.store.normalise(ref, said, most, about=about, model=means.model, again=again, budget=means.limit)
        point = resolve(held.store.log, found.ref)
        made_by = ", ".join(models_of(held.store.log.events(point.branch, point.branch.fork_seq + 1, point.seq)))
    if found.failed is not None:
        raise EveryTurnFailed(f"the texts could not be sorted: {found.failed}")
    note = f"Labels are by model {made_by}."
    named = zip(there, cells, strict=True)
    labelled = [{**row, f"{column}_{LABEL}": found.of.get(cell, "")} for row, cell in named]
    counts = Counter(found.of[text] for text in said)
    if out is not None:
        exporting.export(exporting.Table(labelled, texts.stem, note), out)
    if as_json:
        print_json(
            {"ref": found.ref, "note": note, "labels": counts, "of": found.of, "written": str(out or "") or None}
        )
        return
    made = table("label", "texts", right=("texts",))
    for name in found.labels:
        made.add_row(one_line(name), str(counts[name]))
    console().print(made)
    source = "from the record, 0 calls" if found.recorded else "asked now, and recorded"
    say(f"{note} {source}: {found.ref}" + (f"; written to {out}" if out else ""))
