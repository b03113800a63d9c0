"""``survey``: typed questions to the people of a simulation, at any event."""

from pathlib import Path

import click

from troupe_es.controller import exporting, surveying
from troupe_es.controller.references import resolve
from troupe_es.controller.surveying import Surveyed
from troupe_es.errors import EveryTurnFailed
from troupe_es.scenario import Budget as Limits
from troupe_es.ui.options import command, limits
from troupe_es.ui.render import console, one_line, print_json, safe, table, title
from troupe_es.ui.run import going, resumable

MOST = 120
"""Characters of one cell that are shown; --json and --out have all of them."""


@command("survey")
@click.argument("ref")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--person", "people", multiple=True, metavar="WHO", help="Who is asked; nobody named: everybody.")
@click.option("--again", is_flag=True, help="Ask the same once more, in the next draw.")
@click.option("--model", default="", metavar="M", help="Who answers, instead of the model that is set there.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the table there: .csv, .json, .jsonl, .xlsx, .parquet, .md, .html or .docx.",
)
@limits
def survey(
    ref: str,
    file: Path,
    people: tuple[str, ...],
    again: bool,
    model: str,
    out: Path | None,
    limit: Limits | None,
    prices: Path | None,
    concurrency: int,
    store: Path,
    as_json: bool,
) -> None:
    """Ask people the questions of FILE in private, at any event; the run is left as it is.

    FILE is YAML: a title and questions, each with id, kind (text, yes-no, choice, multiple, likert, number, rank,
    matrix, budget) and text. Options are shuffled for each person. The same survey at the same event is on record;
    one that was stopped goes on.
    """
    asked = surveying.load(file)
    if out is not None:
        exporting.check(out)
    more = [word for name in people for word in ("--person", name)] + (["--model", model] if model else [])
    with (
        going(store, True, prices=prices, concurrency=concurrency) as held,
        resumable(store, "survey", ref, str(file), *more, limit=limit, prices=prices),
    ):
        if model:
            held.store.model(model)
        point = resolve(held.store.log, ref)
        held.stage.know(held.store, point.branch.simulation, point.branch.name)
        found = held.store.survey(ref, asked, people or None, model=model, again=again, budget=limit)
    if out is not None:
        exporting.export(exporting.Table(found.table(), found.title or "Survey", found.note), out)
    if as_json:
        print_json({**_plain(found), "written": str(out) if out else None})
    else:
        _tell(found, out)
    if found.failed:
        raise EveryTurnFailed("nobody gave a usable answer to any question; --json and 'troupe log' say why")


def _plain(found: Surveyed) -> dict[str, object]:
    return {
        "title": found.title,
        "note": found.note,
        "ref": found.ref,
        "recorded": found.recorded,
        "rows": found.table(),
    }


def _tell(found: Surveyed, out: Path | None) -> None:
    screen = console()
    screen.print(title(one_line(found.title or "survey").plain))
    rows = table("person", "question", "answer", "reason", "event", right=("event",))
    for row in found.rows:
        answer = exporting.shown(row.answer) if row.status == "answered" else f"({row.status})"
        cells = [one_line(cell, most=MOST) for cell in (row.person, row.question, answer, row.reason)]
        rows.add_row(*cells, str(row.event))
    screen.print(rows)
    source = "from the record, 0 calls" if found.recorded else "asked now, and recorded"
    screen.print(safe(f"{found.note} {source}: {found.ref}" + (f"; written to {out}" if out else ""), "dim"))
