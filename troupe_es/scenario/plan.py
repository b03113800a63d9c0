"""Turns a self-contained scenario into commands, after checking every name it uses."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from pydantic import ValidationError

from troupe_es import canonical, commands
from troupe_es.agent import persona
from troupe_es.agent.specification import brought
from troupe_es.errors import BadCommand, BadPersona, BadScenario
from troupe_es.events.types import Settings
from troupe_es.scenario import asides, equipping, intervening, placing, populating
from troupe_es.scenario.asking import AsideItem
from troupe_es.scenario.equipping import Equipping
from troupe_es.scenario.items import Add, Broadcast, Fragment, Person, RunSteps, Say, Set, Setting
from troupe_es.scenario.model import Arm, Experiment, Intervene, Item, Scenario
from troupe_es.scenario.populating import Population
from troupe_es.scenario.staging import Remove, Staged
from troupe_es.scenario.steering import CallingOff, StoryItem
from troupe_es.scenario.wording import meant

People: TypeAlias = dict[str, dict[str, Any]]
"""Personas by the person's id."""


def commands_of(scenario: Scenario) -> list[commands.Command]:
    """Return what makes the worlds and people, then the program; ``Scenario.create`` gives what comes first.

    A ``commands.Aside`` among them is asked in a side branch. People and worlds are named by their ids. Raises
    BadScenario when files are still to be read.
    """
    if not scenario.self_contained:
        raise BadScenario(f"{scenario.name}: names files that have not been read yet")
    worlds = [commands.AddWorld(world.name, world.description, world.access) for world in scenario.worlds]
    people = [command for person in scenario.people for command in _joining(person)]
    made = [] if scenario.population is None else [populating.command(scenario.population, scenario.seed)]
    related = placing.related(scenario.network, [person.persona or {} for person in scenario.people])
    shared = equipping.gifts(scenario.faculties, scenario.documents)
    own = [command for person in scenario.people for command in _gifts(person, scenario)]
    added = [intervening.command(each, scenario) for each in scenario.interventions]
    program = [command for item in scenario.program for command in _item(item, scenario)]
    return [*worlds, *people, *made, *related, *shared, *own, *added, *program]


def commands_of_arm(scenario: Scenario, arm: Arm, steps: int) -> list[commands.Command]:
    """Return what happens in one arm of an experiment that parts from ``scenario``, ``steps`` of living on included.

    ``{{options}}`` still stands in it. Raises BadScenario as ``commands_of`` does.
    """
    run = [RunSteps(run=steps)] if steps else []
    whole = scenario.model_copy(update={"program": [*scenario.program, *arm.do, *run]})
    change = [] if arm.model is None else [commands.Change("settings.model", arm.model)]
    return [*change, *commands_of(whole)[len(commands_of(scenario)) :]]


def _gifts(person: Person, scenario: Scenario) -> Iterator[commands.Command]:
    """What one person can do beside others; their own documents stand beside everybody's."""
    id = canonical.slug(str((person.persona or {}).get("name")))
    texts = [*scenario.documents, *person.documents] if person.documents else []
    return equipping.gifts(person.faculties, texts, (id,))


def _joining(person: Person) -> list[commands.Command]:
    traits, origins = dict(person.persona or {}), dict(person.origins)
    return list(brought(traits, _id(person.world), origins, person.mind, person.past))


def check(scenario: Scenario, source: str) -> None:
    """Raise BadScenario for names that stand for nothing or for two things, and for unfit personas.

    What only files can tell is checked once they are read.
    """
    for path, what in _faults(scenario):
        raise BadScenario(f"{source}: {path}: {what}")


def _item(item: Item, scenario: Scenario) -> Iterator[commands.Command]:
    if isinstance(item, Broadcast):
        for world in _reached(item, scenario):
            yield commands.Stimulate(item.broadcast, item.kind, world=world, speaker=item.speaker, image=item.image)
    elif isinstance(item, Say):
        to = tuple(canonical.slug(name) for name in item.to)
        yield commands.Stimulate(item.say, item.kind, to=to, speaker=item.speaker, image=item.image)
    elif isinstance(item, RunSteps):
        yield commands.Run(item.run, item.each, tuple(canonical.slug(name) for name in item.only))
    elif isinstance(item, Fragment):
        merging = item.fragment
        name = merging.name or "fragment"
        yield commands.AddFragment(canonical.slug(merging.to), name, dict(merging.traits or {}), merging.prefer)
    elif isinstance(item, Add):
        yield from _joining(item.add)
        yield from _gifts(item.add, scenario)
    elif isinstance(item, Equipping):
        yield equipping.command(item)
    elif isinstance(item, Staged):
        yield placing.command(item)
    elif isinstance(item, Intervene):
        yield intervening.command(item.intervene, scenario)
    elif isinstance(item, CallingOff):
        yield commands.CallOff(item.call_off)
    elif isinstance(item, StoryItem):
        yield intervening.story(item)
    elif isinstance(item, AsideItem):
        yield asides.command(item)
    else:
        yield commands.Change(item.set.path, item.set.value, item.set.merge, item.set.overwrite)


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
        if scenario.network is not None:
            yield from placing.faults(scenario.network, names)
        if scenario.population is not None:
            yield from populating.faults(scenario.population, scenario.seed, names)
        yield from equipping.faults(scenario.documents, "documents")
        for number, person in enumerate(scenario.people):
            yield from equipping.faults([*scenario.documents, *person.documents], f"people[{number}].documents")
        for number, each in enumerate(scenario.interventions):
            yield from intervening.faults(each, f"interventions[{number}]", names, worlds)
        yield from _watched(scenario)
        for number, item in enumerate(scenario.program):
            if isinstance(item, Equipping):
                yield from placing.missing(equipping.to_whom(item), f"program[{number}].to", names, "person")
            yield from _unknown(item, f"program[{number}]", names, people)
            yield from _steered(item, f"program[{number}]", names, worlds)
            if isinstance(item, AsideItem):
                yield from asides.faults(item, f"program[{number}]", names, worlds)
            yield from _staged(item, f"program[{number}]", names, worlds, people)
    if scenario.experiment is not None:
        for number, arm in enumerate(scenario.experiment.arms):
            yield from _arm(arm, f"experiment.arms[{number}]", scenario)
        if scenario.self_contained and scenario.population is None:
            yield from _nobody(scenario.experiment, names)


def _arm(arm: Arm, where: str, scenario: Scenario) -> Iterator[tuple[str, str]]:
    """The faults of one arm: those that its items would have at the end of the program."""
    for number, item in enumerate(arm.do):
        if isinstance(item, AsideItem):
            yield f"{where}.do[{number}]", asides.ELSEWHERE
    before = len(scenario.program)
    whole = scenario.model_copy(update={"program": [*scenario.program, *arm.do], "experiment": None})
    for path, what in _faults(whole):
        place = re.match(r"program\[(\d+)\]", path)
        if place is not None and int(place[1]) >= before:
            yield f"{where}.do[{int(place[1]) - before}]{path[place.end() :]}", what


def _nobody(experiment: Experiment, names: list[str]) -> Iterator[tuple[str, str]]:
    """The people of outcomes who are nowhere: neither at the end of the program nor in an arm."""
    joining = [item.add.persona for arm in experiment.arms for item in arm.do if isinstance(item, Add)]
    there = [*names, *(str(traits.get("name")) for traits in joining if traits)]
    for number, outcome in enumerate(experiment.outcomes):
        for place, name in enumerate(outcome.of):
            yield from _no_such(name, there, f"experiment.outcomes[{number}].of[{place}]", "person")


def _staged(item: Item, path: str, names: list[str], worlds: list[str], people: People) -> Iterator[tuple[str, str]]:
    """The faults of who joins and who goes; those who joined are there for the items after it."""
    if isinstance(item, Staged):
        yield from placing.unknown(item, path, names, worlds)
    if isinstance(item, Remove):
        names[:] = [name for name in names if canonical.slug(name) != canonical.slug(item.remove)]
    if isinstance(item, Add) and item.add.persona is not None:
        yield from _unfit(item.add.persona, f"{path}.add.persona")
        yield from _place(item.add, f"{path}.add", worlds)
        name = str(item.add.persona.get("name"))
        if canonical.slug(name) in people:
            yield f"{path}.add", f"there is or was a person with the id of {name!r} already"
        names.append(name)
        people[canonical.slug(name)] = dict(item.add.persona)


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
        if person.persona is not None:
            yield from _unfit(person.persona, f"people[{number}].persona")


def _unfit(traits: Mapping[str, Any], path: str) -> Iterator[tuple[str, str]]:
    try:
        persona.check(traits, "")
    except BadPersona as error:
        yield path, str(error)


def _places(scenario: Scenario, worlds: list[str]) -> Iterator[tuple[str, str]]:
    for number, person in enumerate(scenario.people):
        yield from _place(person, f"people[{number}]", worlds)
    if scenario.population is not None:
        yield from _place(scenario.population, "population", worlds)
    for number, item in enumerate(scenario.program):
        if isinstance(item, Broadcast) and item.world is not None:
            yield from _no_such(item.world, worlds, f"program[{number}].world", "world")


def _place(person: Person | Population, path: str, worlds: list[str]) -> Iterator[tuple[str, str]]:
    if person.world is not None:
        yield from _no_such(person.world, worlds, f"{path}.world", "world")
    elif len(worlds) > 1:
        yield f"{path}.world", f"is required, as there are {len(worlds)} worlds"


def _unknown(item: Item, path: str, names: list[str], people: People) -> Iterator[tuple[str, str]]:
    if isinstance(item, Say):
        for number, name in enumerate(item.to):
            yield from _no_such(name, names, f"{path}.to[{number}]", "person")
    elif isinstance(item, RunSteps):
        for number, name in enumerate(item.only):
            yield from _no_such(name, names, f"{path}.only[{number}]", "person")
    elif isinstance(item, Fragment):
        yield from _unmerged(item, f"{path}.fragment", people)
    elif isinstance(item, Set):
        yield from _unset(item, f"{path}.set", people)


def _steered(item: Item, path: str, names: list[str], worlds: list[str]) -> Iterator[tuple[str, str]]:
    if isinstance(item, Intervene):
        yield from intervening.faults(item.intervene, f"{path}.intervene", names, worlds)
    elif isinstance(item, StoryItem) and item.story.world is not None:
        yield from _no_such(item.story.world, worlds, f"{path}.story.world", "world")


def _watched(scenario: Scenario) -> Iterator[tuple[str, str]]:
    """Interventions that are there twice, or are called off where they are not there."""
    named = [(f"interventions[{number}].name", each.name) for number, each in enumerate(scenario.interventions)]
    for number, item in enumerate(scenario.program):
        if isinstance(item, Intervene):
            named.append((f"program[{number}].intervene.name", item.intervene.name))
        elif isinstance(item, CallingOff):
            named.append((f"program[{number}].call_off", item.call_off))
    there: set[str] = set()
    for path, name in named:
        off = path.endswith("call_off")
        if off != (name in there):
            yield path, f"no intervention is named {name!r}" if off else f"an intervention {name!r} is there already"
        (there.discard if off else there.add)(name)


def _no_such(name: str, known: list[str], path: str, what: str) -> Iterator[tuple[str, str]]:
    yield from placing.missing([name], path, known, what)


def _unset(item: Set, path: str, people: People) -> Iterator[tuple[str, str]]:
    room, _, rest = item.set.path.partition(".")
    if room == "settings":
        yield from _unset_setting(rest, item.set.value, path, people)
    elif room == "people" and "." in rest:
        who, trait = rest.split(".", 1)
        yield from _unset_trait(who, trait, item.set, path, people)
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


def _unset_trait(who: str, trait: str, setting: Setting, path: str, people: People) -> Iterator[tuple[str, str]]:
    """Try the change on a copy, for the changes after it."""
    if who not in people:
        yield f"{path}.path", f"nobody has the id {who!r}{meant(who, people)}"
        return
    try:
        people[who] = persona.define(people[who], trait, setting.value, setting.merge, setting.overwrite)
    except BadCommand as error:
        yield path, str(error)


def _unmerged(item: Fragment, path: str, people: People) -> Iterator[tuple[str, str]]:
    """Try the merge on a copy, for the changes after it."""
    merging, who = item.fragment, canonical.slug(item.fragment.to)
    if who not in people:
        yield f"{path}.to", f"no person is named {merging.to!r}{meant(merging.to, people)}"
        return
    try:
        persona.check(merging.traits, "", fragment=True)
    except BadPersona as error:
        yield f"{path}.traits", str(error)
        return
    merged = persona.merge(people[who], merging.traits or {}, merging.name or "fragment", merging.prefer or "persona")
    if merged.conflicts and merging.prefer is None:
        yield path, f"{merged.conflicts[0]}; decide with 'prefer: persona' or 'prefer: fragment'"
    people[who] = merged.traits
