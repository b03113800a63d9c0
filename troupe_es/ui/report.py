"""``report``: what happened up to any event, with interviews and findings, as one document."""

from pathlib import Path

import click

from troupe_es.controller import extracting
from troupe_es.errors import EveryTurnFailed, UsageError
from troupe_es.toolbox import office, tables
from troupe_es.ui.going import asking
from troupe_es.ui.options import Means, command, given, instead, limits
from troupe_es.ui.render import console, print_json, safe


@command("report")
@click.argument("ref")
@click.option("--title", default="Report", show_default=True, metavar="TEXT", help="What it is called.")
@click.option("--question", "questions", multiple=True, metavar="TEXT", help="What people are asked for it, aside.")
@click.option("--person", "people", multiple=True, metavar="WHO", help="Who is asked; nobody named: everybody.")
@click.option(
    "--field", "named", multiple=True, metavar="NAME:TYPE[:TEXT]", help="What is found for it, as for 'extract'."
)
@click.option("--fields", type=click.Path(path_type=Path), metavar="FILE", help="The same, as a YAML list.")
@click.option(
    "--interactions",
    type=click.IntRange(min=0),
    default=0,
    metavar="N",
    help="How many of the last things said are quoted.",
)
@click.option(
    "--table",
    "beside",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A table of your own: .csv, .tsv, .jsonl, .parquet or .xlsx.",
)
@instead("answers")
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="FILE", help="Write it there: .md, .html, .docx or .json."
)
@limits
def report(
    ref: str,
    title: str,
    questions: tuple[str, ...],
    people: tuple[str, ...],
    named: tuple[str, ...],
    fields: Path | None,
    interactions: int,
    beside: tuple[Path, ...],
    out: Path | None,
    means: Means,
    store: Path,
    as_json: bool,
) -> None:
    """Report on what happened up to REF: interviews, findings, quotations and tables, each with its events.

    People are asked in side branches: the run is left as it is, and the same report again asks nobody.
    """
    sought = [*(extracting.load(fields) if fields else ()), *named]
    if not questions and not sought and not interactions and not beside:
        raise UsageError("there is nothing to report: give it a --question, a --field, --interactions or a --table")
    if out is not None and (out.suffix.lower() not in office.FORMS or out.exists()):
        raise UsageError(f"{out}: name a new file that ends in {', '.join(office.FORMS)}")
    own = {file.stem: tables.read(file) for file in beside}
    whom = (("--question", questions), ("--person", people), ("--field", named), ("--fields", fields))
    more = (("--interactions", interactions or None), ("--table", beside), ("--out", out))
    with asking(store, means, "report", ref, *given(("--title", title), *whom, *more)) as held:
        made = held.store.report(
            ref,
            title,
            questions=questions,
            people=people or None,
            fields=sought,
            interactions=interactions,
            tables=own,
            model=means.model,
            budget=means.limit,
        )
    if out is not None:
        made.write(out)
    if as_json:
        told = {"title": made.title, "note": made.note, "text": made.text, "failed": made.failed}
        print_json({**told, "written": str(out) if out else None})
    else:
        console(reading=True).print(safe(made.text if out is None else f"{made.note} Written to {out}"))
    if made.failed and made.interviews is not None and made.interviews.failed:
        raise EveryTurnFailed(f"nobody gave a usable answer: {made.failed[0]}")
