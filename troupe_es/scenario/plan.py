"""Turns a self-contained scenario into commands, after checking every name it uses."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeAlias

from pydantic import ValidationError

from troupe_es import canonical, commands
from troupe_es.agent import persona
from troupe_es.errors import BadCommand, BadPersona, BadScenario
from troupe_es.events.types import Settings
from troupe_es.scenario.model import Broadcast, Item, RunSteps, Say, Scenario, Set
from troupe_es.scenario.wording import meant

People: TypeAlias = dict[str, dict[str, Any]]
"""Personas by the person's id."""


def commands_of(scenario: Scenario) -> list[commands.Command]:
    """Return what makes the worlds and people, then the program; ``Scenario.create`` gives what comes first.

    People and worlds are named by their ids. Raises BadScenario when files are still to be read.
    """
    if not scenario.self_contained:
        raise BadScenario(f"{scenario.name}: names files that have not been read yet")
    worlds = [commands.AddWorld(world.name, world.description) for world in scenario.worlds]
    people = [
        commands.AddPerson(dict(person.persona or {}), _id(person.world), dict(person.origins))
        for person in scenario.people
    ]
    program = [command for item in scenario.program for command in _item(item, scenario)]
    return [*worlds, *people, *program]


def check(scenario: Scenario, source: str) -> None:
    """Raise BadScenario for names that stand for nothing or for two things, and for unfit personas.

    What only files can tell is checked once they are read.
    """
    for path, what in _faults(scenario):
        raise BadScenario(f"{source}: {path}: {what}")


def _item(item: Item, scenario: Scenario) -> Iterator[commands.Command]:
    if isinstance(item, Broadcast):
        for world in _reached(item, scenario):
            yield commands.Stimulate(item.broadcast, item.kind, world=world, speaker=item.speaker)
    elif isinstance(item, Say):
        to = tuple(canonical.slug(name) for name in item.to)
        yield commands.Stimulate(item.say, item.kind, to=to, speaker=item.speaker)
    elif isinstance(item, RunSteps):
        yield commands.Run(item.run, item.each)
    else:
        yield commands.Change(item.set.path, item.set.value)


def _reached(item: Broadcast, scenario: Scenario) -> list[str | None]:
    """The worlds in which a broadcast is heard; None stands for the only one."""
    if len(scenario.worlds) == 1:
        return [None]
    return [_id(item.world)] if item.world else [_id(world.name) for world in scenario.worlds]


def _id(name: str | None) -> str | None:
    return None if name is None else canonical.slug(name)


def _faults(scenario: Scenario) -> Iterator[tuple[str, str]]:
    worlds = [world.name for world in scenario.worlds]
    yield from _twice(worlds, "worlds[{}].name", "world")
    yield from _personas(scenario)
    yield from _places(scenario, worlds)
    known = [person.persona for person in scenario.people if person.persona]
    names = [str(traits["name"]) for traits in known]
    yield from _twice(names, "people[{}]", "person")
    if scenario.self_contained:
        people = {canonical.slug(name): traits for name, traits in zip(names, known, strict=True)}
        yield from _for_nobody(scenario.settings.models, "settings.models", people)
        for number, item in enumerate(scenario.program):
            yield from _unknown(item, f"program[{number}]", names, people)


def _twice(names: Sequence[str], path: str, what: str) -> Iterator[tuple[str, str]]:
    seen: dict[str, str] = {}
    for number, name in enumerate(names):
        id = canonical.slug(name)
        if id in seen:
            same = "is there already" if seen[id] == name else f"would have the same id as {seen[id]!r}"
            yield path.format(number), f"a {what} named {name!r} {same}"
        seen.setdefault(id, name)


def _personas(scenario: Scenario) -> Iterator[tuple[str, str]]:
    for number, person in enumerate(scenario.people):
        if person.persona is None:
            continue
        try:
            persona.check(person.persona, "")
        except BadPersona as error:
            yield f"people[{number}].persona", str(error)


def _places(scenario: Scenario, worlds: list[str]) -> Iterator[tuple[str, str]]:
    for number, person in enumerate(scenario.people):
        if person.world is not None:
            yield from _no_such(person.world, worlds, f"people[{number}].world", "world")
        elif len(worlds) > 1:
            yield f"people[{number}].world", f"is required, as there are {len(worlds)} worlds"
    for number, item in enumerate(scenario.program):
        if isinstance(item, Broadcast) and item.world is not None:
            yield from _no_such(item.world, worlds, f"program[{number}].world", "world")


def _unknown(item: Item, path: str, names: list[str], people: People) -> Iterator[tuple[str, str]]:
    if isinstance(item, Say):
        for number, name in enumerate(item.to):
            yield from _no_such(name, names, f"{path}.to[{number}]", "person")
    elif isinstance(item, Set):
        yield from _unset(item, f"{path}.set", people)


def _no_such(name: str, known: list[str], path: str, what: str) -> Iterator[tuple[str, str]]:
    if canonical.slug(name) not in map(canonical.slug, known):
        yield path, f"no {what} is named {name!r}{meant(name, known)}"


def _unset(item: Set, path: str, people: People) -> Iterator[tuple[str, str]]:
    room, _, rest = item.set.path.partition(".")
    if room == "settings":
        yield from _unset_setting(rest, item.set.value, path, people)
    elif room == "people" and "." in rest:
        who, trait = rest.split(".", 1)
        yield from _unset_trait(who, trait, item.set.value, path, people)
    else:
        yield f"{path}.path", f"must be settings.NAME or people.PERSON.TRAIT, not {item.set.path!r}"


def _unset_setting(setting: str, value: Any, path: str, people: People) -> Iterator[tuple[str, str]]:
    name, _, key = setting.partition(".")
    if name not in Settings.model_fields:
        yield f"{path}.path", f"no setting is named {name!r}{meant(name, Settings.model_fields)}"
        return
    yield from _for_nobody([key], f"{path}.path", people)
    try:
        Settings.model_validate({name: ({} if value is None else {key: value}) if key else value})
    except ValidationError as error:
        yield f"{path}.value", error.errors()[0]["msg"].replace("Input should be", "must be")


def _for_nobody(keys: Iterable[str], path: str, people: People) -> Iterator[tuple[str, str]]:
    """The keys of ``settings.models`` that name a person who is not there."""
    for key in keys:
        who = key.removeprefix("person:")
        if who != key and who not in people:
            yield path, f"nobody has the id {who!r}{meant(who, people)}"


def _unset_trait(who: str, trait: str, value: Any, path: str, people: People) -> Iterator[tuple[str, str]]:
    """Try the change on a copy, for the changes after it."""
    if who not in people:
        yield f"{path}.path", f"nobody has the id {who!r}{meant(who, people)}"
        return
    try:
        people[who] = persona.replace(people[who], trait, value)
    except BadCommand as error:
        yield path, str(error)
