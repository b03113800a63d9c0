"""Reads scenario, persona and fragment files, and puts everything a scenario names into it: people and images."""

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from troupe_es import canonical, commands
from troupe_es import scenario as scenarios
from troupe_es.agent import persona
from troupe_es.agent.persona import Conflict, Persona
from troupe_es.agent.specification import mind_of, past_of
from troupe_es.commands import Command
from troupe_es.controller import networks, populations
from troupe_es.controller.pictures import url_of
from troupe_es.errors import BadCommand, BadPersona, BadScenario, UsageError
from troupe_es.llm import images
from troupe_es.scenario import LIMIT, Scenario
from troupe_es.scenario.asking import SurveyItem
from troupe_es.scenario.equipping import Document, NamedDocument
from troupe_es.scenario.items import Add, Broadcast, Fragment, Merging, Say
from troupe_es.scenario.model import Item
from troupe_es.scenario.placing import missing
from troupe_es.scenario.staging import Edge, Network
from troupe_es.scenario.tables import Truth
from troupe_es.scenario.text import parse as parse_text
from troupe_es.survey.spec import Survey, survey_of
from troupe_es.toolbox.reading import read_documents

ENDINGS = (".json", ".fragment", ".agent")
"""What a fragment's file name loses to become the fragment's name."""


@dataclass(frozen=True)
class Loaded:
    """A scenario with its files read in, and what it makes happen.

    ``conflicts`` are those that ``prefer`` settled, by the place in the scenario (``people[0]``). ``truth`` is what
    its ``validation`` says of real people's answers, whose file is in ``folder``: the scenario itself does not have
    it, so that nothing of it is kept with a simulation.
    """

    scenario: Scenario
    commands: list[Command]
    conflicts: dict[str, list[Conflict]] = field(default_factory=dict)
    truth: Truth | None = None
    folder: Path = field(default=Path(), compare=False)


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
    program = [
        with_files(item, file.parent, f"{source}: program[{number}]") for number, item in enumerate(script.program)
    ]
    more, population = populations.read(script.population, file.parent)
    people += more
    network = connected(script, people, file.parent, f"{source}: network")
    shared = _documents(script.documents, file.parent, f"{source}: documents")
    read: dict[str, Any] = {"people": people, "program": program, "network": network, "documents": shared}
    read["experiment"] = _experiment(script.experiment, file.parent, f"{source}: experiment")
    whole = script.model_copy(update={**read, "population": population, "validation": None})
    _bounded(whole, source)
    scenarios.check(whole, source)
    _at_hand(script.validation, whole, file.parent, f"{source}: validation")
    settled = {where: found for where, found in conflicts.items() if found}
    return Loaded(whole, scenarios.commands(whole), settled, script.validation, file.parent)


def _at_hand(truth: Truth | None, whole: Scenario, folder: Path, where: str) -> None:
    """Refuse real answers that nothing could be compared with, and those that are not there; they are not read."""
    if truth is None:
        return
    try:
        scenarios.compared(whole.program, truth)
    except BadScenario as error:
        raise BadScenario(f"{where}: {error}") from None
    if not (folder / truth.file).is_file():
        raise BadScenario(f"{where}.file: {truth.file}: no such file")


def connected(script: Scenario, people: list[scenarios.Person], folder: Path, where: str) -> Network | None:
    """Return who knows whom with every relation of its file and of what is drawn by chance put in."""
    network = script.network
    if network is None:
        return None
    edges: list[commands.Edge] = []
    try:
        if network.file is not None:
            names = [str(entry.persona["name"]) for entry in people if entry.persona and "name" in entry.persona]
            edges += networks.read(folder / network.file, network.directed, partial(_known, names))
        if network.generate is not None:
            world = network.generate.world
            there = [entry for entry in people if world is None or _same(entry.world or script.worlds[0].name, world)]
            personas = {
                str(traits["name"]): traits for entry in there if (traits := entry.persona) and "name" in traits
            }
            edges += networks.generate(network.generate, personas, script.seed)
    except UsageError as error:
        raise BadScenario(f"{where}: {error}") from None
    read = [Edge(between=(e.a, e.b), name=e.name, weight=e.weight, directed=e.directed) for e in edges]
    return Network(edges=[*network.edges, *read], source=network.source)


def _known(names: Sequence[str], name: str) -> None:
    for _, fault in missing([name], "", names, "person"):
        raise UsageError(fault)


def _same(one: str, other: str) -> bool:
    return canonical.slug(one) == canonical.slug(other)


def with_files(item: Item, folder: Path, where: str) -> Item:
    """Return a program item with what it names, relative to ``folder``: an image as a data URL, a fragment's traits.

    Raises BadScenario that names ``where``.
    """
    if isinstance(item, Add):
        return item.model_copy(update={"add": _person(item.add, folder, f"{where}.add", [])})
    if isinstance(item, Fragment) and item.fragment.file is not None:
        return _with_fragment(item.fragment, folder, f"{where}.fragment.file")
    if isinstance(item, SurveyItem) and isinstance(item.survey, str):
        return item.model_copy(update={"survey": _survey(folder, item.survey, f"{where}.survey")})
    if not isinstance(item, Broadcast | Say) or item.image is None or item.image.startswith(images.DATA):
        return item
    try:
        return item.model_copy(update={"image": url_of(folder / item.image)})
    except UsageError as error:
        raise BadScenario(f"{where}.image: {error}") from None


def _experiment(script: scenarios.Experiment | None, folder: Path, where: str) -> scenarios.Experiment | None:
    """Return an experiment with the files that its arms name read in."""
    if script is None:
        return None
    arms = []
    for number, arm in enumerate(script.arms):
        do = [with_files(item, folder, f"{where}.arms[{number}].do[{n}]") for n, item in enumerate(arm.do)]
        arms.append(arm.model_copy(update={"do": do}))
    return script.model_copy(update={"arms": arms})


def _with_fragment(merging: Merging, folder: Path, where: str) -> Fragment:
    assert merging.file is not None
    traits = _named(folder, merging.file, where).traits
    name = merging.name or fragment_name(merging.file)
    return Fragment(fragment=Merging(to=merging.to, traits=traits, name=name, prefer=merging.prefer))


def _survey(folder: Path, file: str, where: str) -> Survey:
    written = parse_text(_text(folder / file, f"{where}: {file}", BadScenario), str(folder / file))
    try:
        return survey_of(written, str(folder / file))
    except BadCommand as error:
        raise BadScenario(str(error)) from None


def _bounded(whole: Scenario, source: str) -> None:
    """Refuse a scenario that would be too large to be read again once its images are in it."""
    arms = [] if whole.experiment is None else [item for arm in whole.experiment.arms for item in arm.do]
    items = [*whole.program, *arms]
    pictured = sum(len(item.image or "") for item in items if isinstance(item, Broadcast | Say))
    texts = [*whole.documents, *(each for person in whole.people for each in person.documents)]
    written = sum(len(each.text.encode()) for each in texts if not isinstance(each, str))
    if written > LIMIT // 2:
        raise BadScenario(
            f"{source}: its documents take {written / 1e6:.1f} MB as text, and the most is {LIMIT // 2_000_000} MB: "
            "give them from Python, with sim.give_documents"
        )
    if pictured and pictured > LIMIT // 2:
        raise BadScenario(
            f"{source}: its images take {pictured / 1e6:.1f} MB as text, and the most is {LIMIT // 2_000_000} MB: "
            "make them smaller, or show them from Python or with 'troupe branch --image'"
        )


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
    mind, past = entry.mind, entry.past
    if entry.file is not None:
        read = _named(folder, entry.file, f"{where}.file")
        if read.fragment:
            raise BadScenario(f"{where}.file: {entry.file!r} is a fragment; name it under 'fragments'")
        traits = read.traits
        source = f"{where}.file: {entry.file}"
        mind, past = mind or mind_of(read.extra, source), [*past_of(read.extra, source), *past]
    origins = dict(entry.origins)
    for number, file in enumerate(entry.fragments):
        fragment = _named(folder, file, f"{where}.fragments[{number}]")
        merged = persona.merge(traits, fragment.traits, fragment_name(file), entry.prefer or "persona")
        _agreed(merged.conflicts, entry, f"{where}.fragments[{number}]")
        traits = merged.traits
        origins |= merged.origins
        conflicts += merged.conflicts
    return scenarios.Person(
        persona=traits,
        world=entry.world,
        origins=origins,
        mind=mind,
        past=past,
        faculties=entry.faculties,
        documents=_documents(entry.documents, folder, f"{where}.documents"),
    )


def _documents(named: Sequence[NamedDocument], folder: Path, where: str) -> list[NamedDocument]:
    """Return documents with the text of those that are files, or folders of files, relative to ``folder``."""
    found: list[NamedDocument] = []
    for number, each in enumerate(named):
        if not isinstance(each, str):
            found.append(each)
            continue
        try:
            found += [Document(**read) for read in read_documents(folder / each)]
        except UsageError as error:
            raise BadScenario(f"{where}[{number}]: {error}") from None
    return found


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
