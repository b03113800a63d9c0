"""Turns the interventions and stories of a scenario into commands, after checking every name they use."""

from collections.abc import Iterator, Sequence

from troupe_es import canonical, commands
from troupe_es.agent import persona
from troupe_es.errors import BadCommand, BadPersona
from troupe_es.events.types import Condition
from troupe_es.scenario import placing
from troupe_es.scenario.equipping import Equip, Unequip
from troupe_es.scenario.items import Add, Broadcast, Say, Set
from troupe_es.scenario.model import Doing, Intervention, Scenario
from troupe_es.scenario.staging import Move, Remove
from troupe_es.scenario.steering import Call, Stop, StoryItem
from troupe_es.world import conditions
from troupe_es.world.effects import effect_of

MARK = "{{"
"""What a name begins with that is filled in for each target."""


def command(intervention: Intervention, scenario: Scenario) -> commands.Intervene:
    """Return the command that adds ``intervention``, people and worlds by their ids."""
    each = intervention.each
    return commands.Intervene(
        intervention.name,
        _condition(intervention.when),
        tuple(effect_of(made) for item in intervention.do for made in _made(item, scenario)),
        each if each is None or isinstance(each, str) else tuple(map(canonical.slug, each)),
        intervention.once,
        intervention.every,
        intervention.last,
    )


def story(item: StoryItem) -> commands.Tell:
    """Return the command that has a story told."""
    telling = item.story
    world = None if telling.world is None else canonical.slug(telling.world)
    return commands.Tell(telling.requirements, telling.continues, world, False, telling.last)


def faults(
    intervention: Intervention, path: str, names: Sequence[str], worlds: Sequence[str]
) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with an intervention, with the path of each mistake."""
    each = intervention.each
    if each is not None and not isinstance(each, str):
        yield from _strangers(each, f"{path}.each", names)
    for place, part in _conditions(intervention.when, f"{path}.when"):
        yield from _strangers(part.said.by if part.said else (), f"{place}.said.by", names)
        yield from _strangers(part.talked.by if part.talked else (), f"{place}.talked.by", names)
    try:
        conditions.check(intervention.when)
    except BadCommand as error:
        yield f"{path}.when", str(error)
    for number, item in enumerate(intervention.do):
        yield from _unfit(item, f"{path}.do[{number}]", names, worlds, intervention.each is not None)


def _condition(when: Condition) -> Condition:
    """Return ``when`` with people by their ids."""
    changes: dict[str, object] = {"all": list(map(_condition, when.all)), "any": list(map(_condition, when.any))}
    for word, part in (("said", when.said), ("talked", when.talked)):
        if part is not None:
            changes[word] = part.model_copy(update={"by": list(map(canonical.slug, part.by))})
    return when.model_copy(update=changes)


def _conditions(when: Condition, path: str) -> Iterator[tuple[str, Condition]]:
    yield path, when
    for word, parts in (("all", when.all), ("any", when.any)):
        for number, part in enumerate(parts):
            yield from _conditions(part, f"{path}.{word}[{number}]")


def _made(item: Doing, scenario: Scenario) -> Iterator[commands.EffectCommand]:
    match item:
        case Broadcast():
            every = [None] if len(scenario.worlds) == 1 else [canonical.slug(world.name) for world in scenario.worlds]
            for world in every if item.world is None else [canonical.slug(item.world)]:
                yield commands.Stimulate(item.broadcast, item.kind, world=world, speaker=item.speaker)
        case Say():
            yield commands.Stimulate(item.say, item.kind, to=tuple(map(_id, item.to)), speaker=item.speaker)
        case Set(set=setting):
            yield commands.Change(setting.path, setting.value, setting.merge, setting.overwrite)
        case Equip():
            yield commands.Equip(item.equip, tuple(map(_id, item.to)), dict(item.options))
        case Unequip():
            yield commands.Unequip(item.unequip, tuple(map(_id, item.to)))
        case Add(add=joining):
            world = None if joining.world is None else canonical.slug(joining.world)
            yield commands.AddPerson(dict(joining.persona or {}), world, dict(joining.origins))
        case Remove():
            yield commands.RemovePerson(_id(item.remove))
        case Move(move=moving):
            yield commands.Move(_id(moving.who), canonical.slug(moving.to))
        case Call(call=calling):
            yield commands.CallEffect(calling.name, dict(calling.options))
        case Stop():
            yield commands.StopRun()


def _id(name: str) -> str:
    """A person's id; what stands for a target is left as it is."""
    return name if MARK in name else canonical.slug(name)


def _unfit(
    item: Doing, path: str, names: Sequence[str], worlds: Sequence[str], targets: bool
) -> Iterator[tuple[str, str]]:
    match item:
        case Broadcast() | Say() if item.image is not None:
            yield f"{path}.image", "an effect shows no image: put what there is to see into words"
        case Broadcast(world=world) if world is not None:
            yield from placing.missing([world], f"{path}.world", worlds, "world")
        case Move(move=moving):
            yield from placing.missing([moving.to], f"{path}.move.to", worlds, "world")
        case Add():
            yield from _joining(item, path)
        case Stop(stop=False):
            yield f"{path}.stop", "must be true"
    for where, name in _people(item, path):
        if MARK not in name:
            yield from placing.missing([name], where, names, "person")
        elif not targets:
            yield where, f"{name!r} stands for nobody where there is no 'each'"


def _people(item: Doing, path: str) -> Iterator[tuple[str, str]]:
    """Yield the names of people in an effect, each with its path."""
    match item:
        case Say(to=to) | Equip(to=to) | Unequip(to=to):
            yield from ((f"{path}.to[{number}]", name) for number, name in enumerate(to))
        case Remove():
            yield f"{path}.remove", item.remove
        case Move(move=moving):
            yield f"{path}.move.who", moving.who


def _joining(item: Add, path: str) -> Iterator[tuple[str, str]]:
    joining = item.add
    if joining.persona is None or joining.fragments or joining.documents:
        yield f"{path}.add", "an effect names no file: write the persona here"
        return
    if joining.mind is not None or joining.past or joining.faculties:
        yield f"{path}.add", "whoever comes as an effect brings a persona alone"
    try:
        persona.check(joining.persona, "")
    except BadPersona as error:
        yield f"{path}.add.persona", str(error)


def _strangers(people: Sequence[str], path: str, names: Sequence[str]) -> Iterator[tuple[str, str]]:
    for number, name in enumerate(people):
        yield from placing.missing([name], f"{path}[{number}]", names, "person")
