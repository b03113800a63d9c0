"""``new``: a scenario and two people to start from, in a folder of their own."""

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from string import Template

import click

from troupe_es.controller.references import check_name
from troupe_es.errors import BadScenario
from troupe_es.ui.options import command, typed
from troupe_es.ui.render import print_json, say

START = "2026-01-12T12:00:00"


@command("new")
@click.argument("name")
@click.option(
    "--in",
    "folder",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    default=Path(),
    metavar="FOLDER",
    help="Where its folder is made; absent: here.",
)
def new(name: str, folder: Path, store: Path, as_json: bool) -> None:
    """Write a scenario and two people into a new folder NAME, ready to run without a key.

    Nothing that is there already is touched.
    """
    check_name(name)
    home = folder / name
    written = _write(home, name)
    if as_json:
        print_json({"scenario": str(home / "scenario.yaml"), "files": [str(path) for path in written]})
        return
    say(f"wrote {', '.join(str(path) for path in written)}")
    say(f"run it: {typed(store, 'run', str(home / 'scenario.yaml'))}")


def _write(home: Path, name: str) -> list[Path]:
    """Write the files and return them. Raises BadScenario when the folder is there, or cannot be made."""
    words = {"name": name, "path": str(home / "scenario.yaml"), "start": START}
    texts = {path: text if path.suffix == ".json" else Template(text).substitute(words) for path, text in _starter()}
    try:
        home.mkdir()
        (home / "people").mkdir()
    except FileExistsError:
        raise BadScenario(f"{str(home)!r} is there already: take another name, or remove it first") from None
    except OSError as error:
        raise BadScenario(f"{str(home)!r} cannot be made: {error.strerror}") from None
    for path, text in texts.items():
        (home / path).write_text(text, encoding="utf-8")
    return [home / path for path in texts]


def _starter() -> list[tuple[Path, str]]:
    starter = files(__package__) / "starter"
    people = sorted((starter / "people").iterdir(), key=lambda file: file.name)
    return [(Path("scenario.yaml"), _read(starter / "scenario.yaml"))] + [
        (Path("people") / file.name, _read(file)) for file in people
    ]


def _read(file: Traversable) -> str:
    return file.read_text(encoding="utf-8")
