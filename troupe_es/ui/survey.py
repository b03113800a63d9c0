"""``survey``: typed questions to the people of a simulation, at any event."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from troupe_es.controller import exporting, surveying
from troupe_es.controller.references import resolve
from troupe_es.controller.store import Store
from troupe_es.controller.surveying import Surveyed
from troupe_es.errors import EveryTurnFailed
from troupe_es.survey.tally import Tally
from troupe_es.ui.going import asking
from troupe_es.ui.options import Means, command, given, instead, limits
from troupe_es.ui.render import console, one_line, print_json, safe, table, title

MOST = 120
"""Characters of one cell that are shown; --json and --out have all of them."""


@command("survey")
@click.argument("ref")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--person", "people", multiple=True, metavar="WHO", help="Who is asked; nobody named: everybody.")
@click.option("--again", is_flag=True, help="Ask the same once more, in the next draw.")
@instead("answers")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the table there: .csv, .json, .jsonl, .xlsx, .parquet, .md, .html or .docx.",
)
@click.option(
    "--with", "traits", multiple=True, metavar="PATH", help="A trait of everybody, such as age, as a column."
)
@click.option("--wide", is_flag=True, help="One row a person, with a column for each question.")
@click.option(
    "--by",
    multiple=True,
    metavar="PATH[=A,B]",
    help="What each group answered, by a trait: gender, or age=18-34,35-64,65+.",
)
@limits
def survey(
    ref: str,
    file: Path,
    people: tuple[str, ...],
    again: bool,
    out: Path | None,
    traits: tuple[str, ...],
    wide: bool,
    by: tuple[str, ...],
    means: Means,
    store: Path,
    as_json: bool,
) -> None:
    """Ask people the questions of FILE in private, at any event; the run is left as it is.

    FILE is YAML: a title and questions, each with id, kind (text, yes-no, choice, multiple, likert, number, rank,
    matrix, budget) and text. Options are shuffled for each person. The same survey at the same event is on record;
    one that was stopped goes on. --with, --wide and --by only change how the answers are shown.
    """
    asked = surveying.load(file)
    if out is not None:
        exporting.check(out)
    shape = (("--out", out), ("--with", traits), ("--wide", wide), ("--by", by))
    with asking(store, means, "survey", ref, str(file), *given(("--person", people), *shape)) as held:
        point = resolve(held.store.log, ref)
        held.stage.know(held.store, point.branch.simulation, point.branch.name)
        has = held.store.traits(ref, traits)  # what nobody has is told before anybody is asked
        grouped = [_grouped(held.store, ref, each) for each in by]
        found = held.store.survey(ref, asked, people or None, model=means.model, again=again, budget=means.limit)
    rows = found.wide(has) if wide else [{**has[row["person"]], **row} for row in found.table()]
    if out is not None:
        exporting.export(exporting.Table(rows, found.title or "Survey", found.note), out)
    tallies = {path: found.tally(groups, order) for path, groups, order in grouped}
    if as_json:
        told = {path: [asdict(each) for each in tallied] for path, tallied in tallies.items()}
        print_json({**_plain(found, rows), **({"by": told} if by else {}), "written": str(out) if out else None})
    else:
        _tell(found, rows if wide or traits else None, tallies, out)
    if found.failed:
        raise EveryTurnFailed("nobody gave a usable answer to any question; --json and 'troupe log' say why")


def _grouped(store: Store, ref: str, entry: str) -> tuple[str, dict[str, str], list[str]]:
    """Read ``PATH[=A,B]``; return the path, the group of each person, and the groups in their order."""
    path, _, named = entry.partition("=")
    order = [label.strip() for label in named.split(",") if label.strip()]
    return path.strip(), store.groups(ref, path.strip(), order), order


def _plain(found: Surveyed, rows: list[dict[str, Any]]) -> dict[str, object]:
    return {
        "title": found.title,
        "note": found.note,
        "ref": found.ref,
        "recorded": found.recorded,
        "rows": rows,
    }


def _tell(
    found: Surveyed,
    rows: list[dict[str, Any]] | None,
    tallies: Mapping[str, Sequence[Tally]],
    out: Path | None,
) -> None:
    screen = console()
    screen.print(title(one_line(found.title or "survey").plain))
    screen.print(_answers(found) if rows is None else _table(rows))
    for path, tallied in tallies.items():
        screen.print(title(f"\nby {one_line(path).plain}"))
        screen.print(_groups(tallied))
    source = "from the record, 0 calls" if found.recorded else "asked now, and recorded"
    screen.print(safe(f"{found.note} {source}: {found.ref}" + (f"; written to {out}" if out else ""), "dim"))


def _answers(found: Surveyed) -> Table:
    rows = table("person", "question", "answer", "reason", "event", right=("event",))
    for row in found.rows:
        answer = exporting.shown(row.answer) if row.status == "answered" else f"({row.status})"
        cells = [one_line(cell, most=MOST) for cell in (row.person, row.question, answer, row.reason)]
        rows.add_row(*cells, str(row.event))
    return rows


def _table(rows: Sequence[Mapping[str, Any]]) -> Table:
    """Return rows as they are exported; an answer that is not there is a dash."""
    columns = list(rows[0]) if rows else []
    shown = table(*columns)
    for row in rows:
        cells = ("–" if row[each] is None else exporting.shown(row[each]) for each in columns)
        shown.add_row(*(one_line(cell, most=MOST) for cell in cells))
    return shown


def _groups(tallied: Sequence[Tally]) -> Table:
    rows = table("question", "group", "n", "answers", right=("n",))
    before = ""
    for each in tallied:
        name = "" if each.question == before else each.question
        before = each.question
        rows.add_row(one_line(name), one_line(each.group), str(each.n), one_line(each.words()))
    return rows
