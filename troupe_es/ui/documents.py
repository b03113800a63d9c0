"""``export-document``: what somebody in a life wrote, as a file of yours."""

from dataclasses import asdict
from pathlib import Path

import click

from troupe_es.controller.store import Store
from troupe_es.toolbox import office
from troupe_es.ui.options import command
from troupe_es.ui.render import print_json, say


@command("export-document")
@click.argument("ref")
@click.argument("title")
@click.option(
    "--to",
    "path",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FILE",
    help=f"A new file, ending in {', '.join(office.FORMS)}.",
)
def export_document(ref: str, title: str, path: Path, store: Path, as_json: bool) -> None:
    """Write the document called TITLE, as it stands at REF, to a file; its last version counts.

    DOCX needs the extra 'documents'. HTML runs nothing and loads nothing.
    """
    with Store(store, write=False) as held:
        document = held.document(ref, title)
    office.write(document, path)
    if as_json:
        print_json({**asdict(document), "path": str(path)})
    else:
        say(f"{document.title!r} by {document.author} (event {document.seq}) written to {path}")
