"""``model``: weights for local models, what is here and what can be fetched."""

import os
from pathlib import Path

import click
from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn, TransferSpeedColumn

from troupe_es.errors import UsageError
from troupe_es.llm import published, weights
from troupe_es.llm.published import Published
from troupe_es.ui.options import command
from troupe_es.ui.render import console, facts, print_json, safe, say, table, title


@click.group("model")
def model() -> None:
    """List local models, or fetch one from its publisher."""


@command("list")
def list_(store: Path, as_json: bool) -> None:
    """Show the weights that are here, and those that can be fetched by name."""
    here = list(weights.known(os.environ))
    missing = [entry for entry in published.table().values() if entry.sha256 not in {w.sha256 for w in here}]
    if as_json:
        files = [{"model": found.name, "path": str(found.path), "sha256": found.sha256} for found in here]
        offers = [vars(entry) for entry in missing]
        print_json({"folder": str(weights.folder(os.environ)), "here": files, "published": offers})
        return
    screen = console()
    screen.print(title(f"Here, in {weights.folder(os.environ)} or used before"))
    found = table("--model", "size", "file", right=("size",))
    for file in here:
        found.add_row(safe(file.name), size(file.path.stat().st_size), safe(str(file.path)))
    screen.print(found if here else "nothing yet")
    screen.print(title("To be fetched with 'troupe model get NAME'"))
    offered = table("name", "size", "licence", "publisher", "what it is", right=("size",))
    for entry in missing:
        offered.add_row(entry.name, size(entry.bytes), entry.licence, entry.publisher, entry.about)
    screen.print(offered if missing else "nothing that is not here")


@command("get")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask; you agree to the licence.")
def get(name: str, yes: bool, store: Path, as_json: bool) -> None:
    """Fetch the weights called NAME from their publisher, checked by SHA-256; a cut download goes on."""
    entry, folder = published.entry(name), weights.folder(os.environ)
    if not as_json:
        _announce(entry, folder)
    if not yes and (as_json or not _agreed()):
        raise UsageError(f"{name} was not fetched: agree with --yes")
    with _progress() as bar:
        task = bar.add_task(entry.name, total=entry.bytes)
        path = published.fetch(entry, folder, lambda done: bar.update(task, completed=done))
    found = weights.of(path, os.environ)
    if as_json:
        print_json({"model": found.name, "path": str(path), "sha256": found.sha256})
    else:
        say(f"{path} is the published file; use it with --model local, or by name: --model {found.name}")


def _agreed() -> bool:
    try:
        return click.confirm("Fetch it?", err=True)
    except click.Abort as abort:  # click's word for Ctrl-C, and for an input that ended without an answer
        if isinstance(abort.__context__, KeyboardInterrupt):
            raise KeyboardInterrupt from abort
        return False


def _announce(entry: Published, folder: Path) -> None:
    lines = [
        ("size", size(entry.bytes)),
        ("licence", f"{entry.licence}, published by {entry.publisher}"),
        ("from", entry.url),
        ("into", str(folder)),
        ("SHA-256", entry.sha256),
    ]
    screen = console(stderr=True)
    screen.print(title(entry.name))
    screen.print(facts(lines))


def _progress() -> Progress:
    columns = (BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console(stderr=True), transient=True)


def size(count: int) -> str:
    """Return a number of bytes as people say it."""
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{count:,} B"


model.add_command(list_)
model.add_command(get)
