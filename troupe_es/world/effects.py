"""What an intervention makes happen: commands as JSON and back, with the names of its target filled in."""

from collections.abc import Iterable, Iterator
from dataclasses import fields
from typing import Any

from pydantic import TypeAdapter, ValidationError

from troupe_es import canonical, commands
from troupe_es.errors import BadCommand
from troupe_es.events import types
from troupe_es.projections import Person, State
from troupe_es.world.conditions import called, filled

WORDS: dict[str, type[Any]] = {
    "say": commands.Stimulate,
    "set": commands.Change,
    "equip": commands.Equip,
    "unequip": commands.Unequip,
    "add-person": commands.AddPerson,
    "remove-person": commands.RemovePerson,
    "move-person": commands.Move,
    "stop": commands.StopRun,
    "call": commands.CallEffect,
}
"""What an effect can be, by its word."""


def effect_of(command: commands.EffectCommand) -> types.Effect:
    """Return ``command`` as an effect; what is a default is left out. Raises BadCommand for what can be none."""
    for word, kind in WORDS.items():
        if type(command) is kind:
            said = {each.name: getattr(command, each.name) for each in fields(command)}
            return types.Effect(do=word, what={name: _plain(said[name]) for name in _wanted(command, said)})
    raise BadCommand(f"{command!r} is no effect; an effect is one of {', '.join(WORDS)}")


def _wanted(command: Any, said: dict[str, Any]) -> Iterator[str]:
    """The names of what a command says beside its defaults."""
    for each in fields(command):
        default = each.default_factory() if callable(each.default_factory) else each.default
        if said[each.name] != default:
            yield each.name


def _plain(value: Any) -> Any:
    return canonical.clean(TypeAdapter(Any).dump_python(value, mode="json"))[0]


def command_of(effect: types.Effect) -> commands.EffectCommand:
    """Return the command that ``effect`` is. Raises BadCommand for what is none."""
    if effect.do not in WORDS:
        raise BadCommand(f"there is no effect {effect.do!r}; there are: {', '.join(WORDS)}")
    try:
        command: commands.EffectCommand = TypeAdapter(WORDS[effect.do]).validate_python(effect.what)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise BadCommand(f"the effect {effect.do!r}: {where}: {first['msg']}") from None
    if isinstance(command, commands.Stimulate) and isinstance(command.image, str):
        raise BadCommand("an effect shows no image of its own: put what there is to see into words")
    if isinstance(command, commands.Equip) and command.faculty == "documents":
        raise BadCommand("an effect brings no documents: give them beforehand, to those who may need them")
    return command


def happening(state: State, effects: Iterable[types.Effect], who: Person | None) -> list[types.Effect]:
    """Return what happens now: names filled in, the user's own code asked, and what ends the run last."""
    now: list[types.Effect] = []
    for effect in effects:
        one = types.Effect(do=effect.do, what=_filled(effect.what, who))
        if one.do == "call":
            now += _called(state, one, who)
        else:
            now.append(one)
    return sorted(now, key=lambda effect: effect.do == "stop")[: _until_stop(now)]


def _until_stop(effects: list[types.Effect]) -> int:
    """How many effects there are when the run is ended once at most."""
    stops = sum(effect.do == "stop" for effect in effects)
    return len(effects) - max(0, stops - 1)


def _called(state: State, effect: types.Effect, who: Person | None) -> list[types.Effect]:
    """Return what an effect of the user's own makes happen: the commands that its function returns."""
    call = command_of(effect)
    assert isinstance(call, commands.CallEffect)
    made = called("effect", types.Code(name=call.name, options=call.options), state, who)
    try:
        found = [effect_of(command) for command in made]
    except TypeError:
        raise BadCommand(f"the effect {call.name!r} must return a list of commands, not {made!r}") from None
    if any(one.do == "call" for one in found):
        raise BadCommand(f"the effect {call.name!r} calls another: let it return what happens")
    return found


def _filled(value: Any, who: Person | None) -> Any:
    if isinstance(value, str):
        return filled(value, who)
    if isinstance(value, list):
        return [_filled(item, who) for item in value]
    if isinstance(value, dict):
        return {key: _filled(item, who) for key, item in value.items()}
    return value
