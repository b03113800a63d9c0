"""``export`` and ``import``: recordings leave the store and enter it."""

import csv
import io
import shlex
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click

from troupe_es.controller import bundle, exporting
from troupe_es.controller.exporting import Table, guarded
from troupe_es.controller.references import Point, resolve
from troupe_es.controller.store import Store
from troupe_es.errors import Diverged, UsageError
from troupe_es.events import Event
from troupe_es.extras import need
from troupe_es.numerals import counted
from troupe_es.projections import Line, transcript
from troupe_es.ui.options import command, typed
from troupe_es.ui.render import print_json, say
from troupe_es.ui.text import as_json as to_json
from troupe_es.ui.text import shown
from troupe_es.views.events import as_dict


@command("export")
@click.argument("ref")
@click.option(
    "-o", "out", type=click.Path(path_type=Path), metavar="PATH", help="Where to; a bundle is a .zip or a folder."
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["bundle", "jsonl", "csv", "parquet", "html"]),
    help="bundle: everything, to import and verify elsewhere; jsonl: events; csv, parquet: the transcript; html: one "
    "page that opens from disk. Absent: what PATH ends in, else bundle.",
)
def export(ref: str, out: Path | None, form: str | None, store: Path, as_json: bool) -> None:
    """Write the recording REF: SIMULATION with all its branches, or SIMULATION/BRANCH with those it came from.

    Without -o a bundle is written to SIMULATION.zip, and the other formats to stdout, but for parquet, which is no
    text. In CSV a cell that a spreadsheet would take for a formula gets an apostrophe in front; jsonl has every text
    as it is. An HTML page is of one branch, up to the event that REF names, and needs the extra 'serve'; parquet
    needs 'tables'.
    """
    ending = "" if out is None else out.suffix.lower().removeprefix(".")
    form = form or (ending if ending in (*FORMS, "parquet") else "bundle")
    if form == "parquet" and ending != "parquet":
        raise UsageError("parquet is no text to be shown: name a file that ends in .parquet with -o PATH")
    if as_json and out is None and form != "bundle":
        raise UsageError(f"--json and --format {form} both want stdout: name a file with -o PATH")
    with Store(store, write=False) as held:
        point = resolve(held.log, ref)
        if form == "bundle":
            out = out or Path(f"{point.branch.simulation}.zip")
            bundle.export(held.log, point.branch.simulation, out, _branches(ref, point))
        elif form == "parquet" and out is not None:
            lines = transcript(held.log.events(point.branch, 1, point.seq))
            exporting.export(Table([line._asdict() for line in lines]), out)
        else:
            _write(out, FORMS[form](held, point))
    if as_json:
        print_json({"ref": str(point), "format": form, "path": str(out)})
    elif out is not None:
        more = f"; to check it: troupe verify {shlex.quote(_word(out))}" if form == "bundle" else ""
        say(f"{point} written to {out}{more}")


def _branches(ref: str, point: Point) -> list[str] | None:
    """The branches to export: the one that is named, or all."""
    if not point.at_head:
        raise UsageError(f"{ref}: a bundle holds whole branches; leave '@…' out, or branch there first")
    return [point.branch.name] if "/" in ref else None


def _word(path: Path) -> str:
    """Return ``path`` so that a command takes it for a bundle."""
    word = str(path)
    return word if word.endswith(".zip") or word.startswith(("/", ".")) else f"./{word}"


def _write(path: Path | None, lines: Iterator[str]) -> None:
    if path is None:
        sys.stdout.writelines(map(shown, lines) if sys.stdout.isatty() else lines)
        return
    try:
        file = path.open("x", encoding="utf-8", newline="")
    except FileExistsError:
        raise UsageError(f"{path} is there already: name another file, or remove it first") from None
    try:
        with file:
            file.writelines(lines)
    except BaseException:
        path.unlink(missing_ok=True)  # half a file looks like a whole one
        raise


def _jsonl(store: Store, point: Point) -> Iterator[str]:
    for event in store.log.events(point.branch, 1, point.seq):
        yield to_json(as_dict(event), indent=None) + "\n"


def _csv(store: Store, point: Point) -> Iterator[str]:
    events: Iterator[Event] = store.log.events(point.branch, 1, point.seq)
    yield _row(Line._fields)
    for line in transcript(events):
        yield _row(tuple(_cell(value) for value in line))


def _html(store: Store, point: Point) -> Iterator[str]:
    need("fastapi", "serve", "HTML pages")
    from troupe_es.ui.web.still import still  # only where it is used: pages need an extra

    return still(store, str(point))


FORMS: dict[str, Callable[[Store, Point], Iterator[str]]] = {"jsonl": _jsonl, "csv": _csv, "html": _html}
"""How a life is written, by the name of the form, but for the bundle, which is of whole branches."""


def _cell(value: object) -> str:
    return str(guarded(str(value)))


def _row(values: tuple[str, ...]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerow(values)
    return buffer.getvalue()


@command("import")
@click.argument("path", metavar="BUNDLE", type=click.Path(path_type=Path))
@click.option("--as", "name", metavar="NAME", help="Another name for the simulation than the bundle's.")
def import_(path: Path, name: str | None, store: Path, as_json: bool) -> None:
    """Read a BUNDLE (a folder or a .zip) into the store; everything is checked before anything is written."""
    for report in bundle.verify_bundle(path):
        if not report.holds:
            shows = f"troupe verify {shlex.quote(_word(path))}"
            raise Diverged(f"{path} is not imported: {report.ref} does not verify ({shows})")
    with Store(store) as held:
        simulation = bundle.import_(held.log, path, name)
        branches = [branch.name for branch in held.log.branches(simulation)]
    if as_json:
        print_json({"simulation": simulation, "branches": branches, "verified": True})
        return
    held_now = counted(len(branches), "branch")
    say(f"{simulation} is in {store}, with {held_now}. Next: {typed(store, 'transcript', simulation)}")
