"""``rewrite``: a text worked out to requirements, put into a style, or said in other words."""

from dataclasses import asdict
from pathlib import Path

import click

from troupe_es.errors import EveryTurnFailed, UsageError
from troupe_es.ui.going import asking
from troupe_es.ui.options import Means, command, instead, limits
from troupe_es.ui.render import console, print_json, safe


@command("rewrite")
@click.argument("ref")
@click.argument("text", metavar="TEXT|FILE")
@click.option("--requirements", default="", metavar="TEXT", help="What it must have, or be like: it is added.")
@click.option("--style", default="", metavar="TEXT", help="How it is to sound.")
@click.option("--context", multiple=True, metavar="TEXT|FILE", help="What is drawn on, and is not contradicted.")
@click.option("--again", is_flag=True, help="Have it written once more, in the next draw.")
@instead("writes")
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE", help="Write the new text to a new file.")
@limits
def rewrite(
    ref: str,
    text: str,
    requirements: str,
    style: str,
    context: tuple[str, ...],
    again: bool,
    out: Path | None,
    means: Means,
    store: Path,
    as_json: bool,
) -> None:
    """Have a text enriched, restyled, or, where neither is wanted, said in other words; the run is left as it is.

    REF says whose settings hold. The same text at the same event is on record.
    """
    if out is not None and out.exists():
        raise UsageError(f"{out} is there already: name another file, or remove it first")
    old, known = content(text), [content(each) for each in context]
    with asking(store, means) as held:
        asked = {"requirements": requirements, "style": style}
        found = held.store.rewrite(
            ref, old, **asked, context=known, model=means.model, again=again, budget=means.limit
        )
    if out is not None and found.failed is None:
        _write(out, found.text)
    if as_json:
        print_json({**asdict(found), "written": str(out) if out else None})
    elif found.failed is None:
        console(reading=True).print(safe(found.text if out is None else f"written to {out}"))
    if found.failed is not None:
        raise EveryTurnFailed(f"no usable text was written: {found.failed}")


def content(given: str) -> str:
    """Return the text of the file that ``given`` names, or ``given`` itself. Raises UsageError for no UTF-8."""
    try:
        file = Path(given)
        return file.read_text(encoding="utf-8") if file.is_file() else given
    except UnicodeDecodeError:
        raise UsageError(f"{given}: cannot be read: it is not UTF-8") from None
    except (OSError, ValueError):
        return given  # too long for the name of a file


def _write(out: Path, text: str) -> None:
    try:
        with out.open("x", encoding="utf-8") as file:
            file.write(text + "\n")
    except OSError as error:
        raise UsageError(f"{out}: cannot be written: {error.strerror or error}") from None
