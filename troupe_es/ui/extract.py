"""``extract``: typed values found in what happened up to any event, each with the events it rests on."""

from dataclasses import asdict
from pathlib import Path

import click

from troupe_es.controller import exporting, extracting
from troupe_es.controller.extracting import Extraction
from troupe_es.errors import EveryTurnFailed, UsageError
from troupe_es.ui.going import asking
from troupe_es.ui.options import Means, command, given, instead, limits
from troupe_es.ui.render import console, one_line, print_json, safe, table, title

USUAL = 24_000
MOST = 400
"""Characters of one value that are shown; --json and --out have all of them."""


@command("extract")
@click.argument("ref")
@click.option(
    "--field",
    "named",
    multiple=True,
    metavar="NAME:TYPE[:TEXT]",
    help="What to find; types: text, number, integer, boolean, list, choice(A|B).",
)
@click.option("--fields", type=click.Path(path_type=Path), metavar="FILE", help="What to find, as a YAML list.")
@click.option("--objective", default="", metavar="TEXT", help="What it is wanted for.")
@click.option("--person", "people", multiple=True, metavar="WHO", help="Whose life; nobody named: everybody's.")
@click.option("--world", metavar="WORLD", help="Everybody in this world, where nobody is named.")
@click.option(
    "--limit",
    "most",
    type=click.IntRange(min=100),
    default=USUAL,
    show_default=True,
    metavar="N",
    help="Most tokens of history shown at once.",
)
@click.option("--again", is_flag=True, help="Look for the same once more, in the next draw.")
@instead("looks")
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="FILE", help="Write the values as a table, as for 'survey'."
)
@limits
def extract(
    ref: str,
    named: tuple[str, ...],
    fields: Path | None,
    objective: str,
    people: tuple[str, ...],
    world: str | None,
    most: int,
    again: bool,
    out: Path | None,
    means: Means,
    store: Path,
    as_json: bool,
) -> None:
    """Find typed values in what people perceived and did, at any event; the run is left as it is.

    Each value names the events it rests on. A long history is gone through in parts. The same at the same event is
    on record.
    """
    sought = [*(extracting.load(fields) if fields else ()), *named]
    if not sought:
        raise UsageError("there is nothing to extract: give it a --field, or a file of --fields")
    if out is not None:
        exporting.check(out)
    whose = (("--objective", objective), ("--person", people), ("--world", world))
    less = None if most == USUAL else most
    words = given(("--field", named), ("--fields", fields), *whose, ("--limit", less), ("--out", out))
    with asking(store, means, "extract", ref, *words) as held:
        found = held.store.extract(
            ref,
            sought,
            people,
            world=world,
            objective=objective,
            limit=most,
            model=means.model,
            again=again,
            budget=means.limit,
        )
    rows = found.table()
    if out is not None and found.failed is None:
        exporting.export(exporting.Table(rows, objective or "Extraction", found.note), out)
    if as_json:
        values = [value.model_dump() for value in found.values]
        print_json({**asdict(found), "values": values, "note": found.note, "written": str(out) if out else None})
    elif found.failed is None:
        tell(found, ref, out)
    if found.failed is not None:
        raise EveryTurnFailed(f"nothing could be extracted: {found.failed}")


def tell(found: Extraction, ref: str, out: Path | None = None) -> None:
    """Print what was found."""
    screen = console()
    whose = f", of {', '.join(found.about)}" if found.about else ""
    screen.print(title(f"extracted from {ref}{one_line(whose).plain}"))
    rows = table("field", "value", "events")
    for row in found.table():
        value = "(not found)" if row["value"] is None else exporting.shown(row["value"])
        rows.add_row(one_line(row["field"]), one_line(value, most=MOST), ", ".join(map(str, row["events"])))
    screen.print(rows)
    source = "from the record, 0 calls" if found.recorded else "asked now, and recorded"
    screen.print(safe(f"{found.note} {source}: {found.ref}" + (f"; written to {out}" if out else ""), "dim"))
