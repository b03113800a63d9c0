"""Reads populations from files (specifications, demography, tables, folders), and writes people to files."""

import json
import os
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from troupe_es import canonical
from troupe_es.agent import persona
from troupe_es.agent.persona import Persona
from troupe_es.errors import BadPersona, BadPopulation
from troupe_es.factory import demography
from troupe_es.factory import spec as specs
from troupe_es.factory import tables as people
from troupe_es.factory.people import TRAITS
from troupe_es.factory.spec import Spec
from troupe_es.scenario.items import Person
from troupe_es.scenario.populating import Population
from troupe_es.scenario.text import LIMIT, parse
from troupe_es.toolbox import tables

ENDING = ".agent.json"


def load_spec(
    path: str | os.PathLike[str],
    *,
    where: Sequence[str] = (),
    only: Collection[str] = (),
    without: Collection[str] = (),
    examples: Sequence[str | os.PathLike[str]] = (),
) -> Spec:
    """Read what a population is to be like: a file in the format of our own, or a demography file.

    ``where`` are further constraints; ``only`` some of its dimensions are taken, or those ``without`` are not;
    ``examples`` are persona files beside the examples it has. Raises BadPersona, BadPopulation or BadScenario naming
    the file, the path in it, and what is wrong.
    """
    source = str(path)
    content = parse(_text(Path(path)), source)
    if demography.is_demography(content):
        found = demography.read(content, source, only)
    elif isinstance(content, Mapping) and "dimensions" in content:
        found = specs.read(content, source)
    else:
        raise BadPopulation(
            f"{source}: is no population: it has neither 'dimensions' nor, as demography has, 'content'"
        )
    shown = [persona.parse(_text(Path(file)), str(file)).traits for file in examples]
    found = found.model_copy(update={"examples": [*found.examples, *shown]})
    return specs.chosen(found, only, without, where)


def load_people(path: str | os.PathLike[str], columns: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return a persona for each row of a table: .csv, .tsv, .jsonl; .parquet and .xlsx with the extra ``tables``.

    ``columns`` says which column is which trait, by path: ``{"Age": "age", "Job": "occupation.title"}``. Raises
    UsageError naming the file, and the row or column that cannot be used.
    """
    return people.personas(tables.read(Path(path)), columns, str(path))


def load_folder(path: str | os.PathLike[str]) -> list[dict[str, Any]]:
    """Return the personas of all persona files (``.agent.json``) in a folder, in the order of their names.

    Raises BadPersona naming the file and the path in it.
    """
    folder = Path(path)
    files = sorted(folder.glob(f"*{ENDING}")) if folder.is_dir() else []
    if not files:
        raise BadPersona(f"{path}: " + ("has no persona files (.agent.json)" if folder.is_dir() else "is no folder"))
    return [persona.parse(_text(file), str(file)).traits for file in files]


def write_folder(personas: Sequence[Mapping[str, Any]], path: str | os.PathLike[str]) -> list[Path]:
    """Write each persona as a file that is named after the person, and return the files.

    The folder is made if need be. Raises BadPopulation, having written nothing, where a file of that name is
    somebody else.
    """
    folder = Path(path)
    named = {folder / f"{canonical.slug(str(each['name']))}{ENDING}": each for each in personas}
    written = {file: persona.dump(Persona(str(each["name"]), _ordered(each))) for file, each in named.items()}
    taken = next((file for file, text in written.items() if file.exists() and _text(file) != text), None)
    if taken is not None:
        raise BadPopulation(f"{taken}: is there already, and is somebody else; choose another folder, or remove it")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file, text in written.items():
            file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise BadPopulation(f"{path}: cannot be written: {error.strerror or error}") from None
    return list(written)


def _ordered(traits: Mapping[str, Any]) -> dict[str, Any]:
    """Return a persona in the order of the format, whatever order it was made or recorded in."""
    plain = json.loads(canonical.dumps(traits))
    first = [name for name in ("name", *TRAITS) if name in plain]
    return {name: plain[name] for name in [*first, *(name for name in plain if name not in first)]}


def name_of(path: Path) -> str:
    """Return what the simulation of a population file is called: the file's name without its endings."""
    return canonical.slug(path.name.partition(".")[0])


def read(population: Population | None, folder: Path) -> tuple[list[Person], Population | None]:
    """Return the people of a scenario's population that need no model, and the rest of it with its files read."""
    if population is None or population.whole:
        return [], population
    changes: dict[str, Any] = {"table": None, "columns": {}, "folder": None}
    if isinstance(population.spec, str):
        asked = population
        found = load_spec(folder / population.spec, where=asked.where, only=asked.only, without=asked.without)
        changes |= {"spec": found.model_copy(update={"left_out": {}}), "where": [], "only": [], "without": []}
    known: list[dict[str, Any]] = []
    if population.table is not None:
        known = load_people(folder / population.table, population.columns)
    elif population.folder is not None:
        known = load_folder(folder / population.folder)
    if known and not population.flesh_out:
        return [Person(persona=each, world=population.world) for each in known], None
    return [], population.model_copy(update={**changes, "known": known})


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > LIMIT:
            raise BadPopulation(f"{path}: is larger than {LIMIT // 1_000_000} MB")
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise BadPopulation(f"{path}: is not UTF-8 text (byte {error.start})") from None
    except OSError as error:
        raise BadPopulation(f"{path}: cannot be read: {error.strerror or error}") from None
