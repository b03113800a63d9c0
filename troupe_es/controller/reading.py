"""Reads scenario, persona and fragment files, and puts everything a scenario names into it."""

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from troupe_es import scenario as scenarios
from troupe_es.agent import persona
from troupe_es.agent.persona import Conflict, Persona
from troupe_es.commands import Command
from troupe_es.errors import BadPersona, BadScenario, UsageError
from troupe_es.scenario import LIMIT, Scenario

ENDINGS = (".json", ".fragment", ".agent")
"""What a fragment's file name loses to become the fragment's name."""


@dataclass(frozen=True)
class Loaded:
    """A scenario with its files read in, and what it makes happen.

    ``conflicts`` are those that ``prefer`` settled, by the place in the scenario (``people[0]``).
    """

    scenario: Scenario
    commands: list[Command]
    conflicts: dict[str, list[Conflict]] = field(default_factory=dict)


def load(path: str | os.PathLike[str]) -> Loaded:
    """Read the scenario file at ``path`` and the files it names, relative to its own place.

    Raises BadScenario or BadPersona, each naming the file, the path in it, and what is wrong.
    """
    file = Path(path)
    source = str(path)
    script = scenarios.parse(_text(file, source, BadScenario), source)
    conflicts: dict[str, list[Conflict]] = {}
    people = []
    for number, entry in enumerate(script.people):
        where = f"people[{number}]"
        people.append(_person(entry, file.parent, f"{source}: {where}", conflicts.setdefault(where, [])))
    whole = script.model_copy(update={"people": people})
    scenarios.check(whole, source)
    settled = {where: found for where, found in conflicts.items() if found}
    return Loaded(whole, scenarios.commands(whole), settled)


def load_persona(path: str | os.PathLike[str]) -> Persona:
    """Read one persona or fragment file. Raises BadPersona."""
    return persona.parse(_text(Path(path), str(path), BadPersona), str(path))


def fragment_name(path: str | os.PathLike[str]) -> str:
    """Return the name that a fragment's traits are marked with: its file name without the endings."""
    name = Path(path).name
    for ending in ENDINGS:
        name = name.removesuffix(ending)
    return name or Path(path).name


def _person(entry: scenarios.Person, folder: Path, where: str, conflicts: list[Conflict]) -> scenarios.Person:
    traits: dict[str, Any] = dict(entry.persona or {})
    if entry.file is not None:
        read = _named(folder, entry.file, f"{where}.file")
        if read.fragment:
            raise BadScenario(f"{where}.file: {entry.file!r} is a fragment; name it under 'fragments'")
        traits = read.traits
    origins = dict(entry.origins)
    for number, file in enumerate(entry.fragments):
        fragment = _named(folder, file, f"{where}.fragments[{number}]")
        merged = persona.merge(traits, fragment.traits, fragment_name(file), entry.prefer or "persona")
        _agreed(merged.conflicts, entry, f"{where}.fragments[{number}]")
        traits = merged.traits
        origins |= merged.origins
        conflicts += merged.conflicts
    return scenarios.Person(persona=traits, world=entry.world, origins=origins)


def _agreed(conflicts: list[Conflict], entry: scenarios.Person, where: str) -> None:
    if conflicts and entry.prefer is None:
        raise BadScenario(
            f"{where}: {conflicts[0]}; decide with 'prefer: persona' or 'prefer: fragment'"
            + (f" (and {len(conflicts) - 1} more)" if len(conflicts) > 1 else "")
        )


def _named(folder: Path, file: str, where: str) -> Persona:
    text = _text(folder / file, f"{where}: {file}", BadScenario)
    return persona.parse(text, str(folder / file))


def _text(path: Path, named: str, error: type[UsageError]) -> str:
    """Return the text of a regular file that is not too large; what is too large is not read."""
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            raise error(f"{named}: is no file" + (", but a folder" if path.is_dir() else ""))
        if found.st_size > LIMIT:
            raise error(f"{named}: is {found.st_size / 1e6:.0f} MB; the most is {LIMIT // 1_000_000} MB")
        with path.open("rb") as file:
            return file.read(LIMIT + 1).decode("utf-8")
    except FileNotFoundError:
        raise error(f"{named}: no such file") from None
    except UnicodeDecodeError as fault:
        raise error(f"{named}: is not UTF-8 text (byte {fault.start})") from None
    except (OSError, ValueError) as fault:
        raise error(f"{named}: cannot be read: {getattr(fault, 'strerror', None) or fault}") from None
