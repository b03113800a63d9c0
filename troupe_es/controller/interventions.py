"""What commands that steer mean in a given state, or why they cannot be: interventions, claims and stories."""

import re
from collections.abc import Callable, Container, Sequence
from dataclasses import replace
from typing import Any, Literal

from pydantic import ValidationError

from troupe_es import commands, registry
from troupe_es.agent.faculties import documents
from troupe_es.commands import EDITION
from troupe_es.controller import places
from troupe_es.errors import BadCommand
from troupe_es.events import types
from troupe_es.projections import State
from troupe_es.propositions import fill
from troupe_es.world import conditions
from troupe_es.world.effects import command_of

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")


def condition(when: dict[str, Any] | types.Condition) -> types.Condition:
    """Return a condition that is written as in a scenario file. Raises BadCommand naming the wrong field."""
    if isinstance(when, types.Condition):
        return when
    try:
        return types.Condition.model_validate(when)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise BadCommand(f"when.{'.'.join(map(str, first['loc']))}: {first['msg']}") from None


def intervene(state: State, command: commands.Intervene, source: types.Source) -> types.InterventionAdded:
    """Return the intervention, people by their ids. Raises BadCommand, BadReference, MissingCode."""
    name = command.name
    if not NAME.fullmatch(name):
        raise BadCommand(f"{name!r} is no name of an intervention: write it in a-z, 0-9 and ._-")
    if name in state.steering.interventions:
        raise BadCommand(f"there is an intervention {name!r} already; call it off first, or choose another name")
    if not command.effects:
        raise BadCommand(f"the intervention {name!r} does nothing: name an effect")
    if command.every < 1 or command.last < 1:
        raise BadCommand(f"the intervention {name!r}: 'every' and 'last' are at least 1")
    conditions.check(command.when)
    for part in conditions.parts_of(command.when) if command.each is None else ():
        if part.claim is not None:
            fill(part.claim.claim, {})
    return types.InterventionAdded(
        source=source,
        name=name,
        when=_with_names(command.when, lambda names: _ids(state, names)),
        effects=list(command.effects),
        each=_each(state, command.each),
        once=command.once,
        every=command.every,
        last=command.last,
        fingerprints=_fingerprints(command),
    )


def among(command: commands.Intervene, people: Container[str]) -> commands.Intervene | None:
    """Return the intervention as far as it is about ``people`` (ids); None where it is about none of them."""
    each = command.each
    if isinstance(each, tuple):
        each = tuple(id for id in each if id in people)
    return None if each == () else replace(command, each=each, when=_among(command.when, people))


def _among(when: types.Condition, people: Container[str]) -> types.Condition:
    return _with_names(when, lambda names: [id for id in names if id in people])


def call_off(state: State, name: str, source: types.Source) -> types.InterventionRemoved:
    """Return the end of an intervention. Raises BadCommand naming those there are."""
    if name not in state.steering.interventions:
        there = ", ".join(state.steering.interventions) or "none"
        raise BadCommand(f"there is no intervention {name!r}; there are: {there}")
    return types.InterventionRemoved(source=source, name=name)


def put_claims(state: State, command: commands.PutClaims, source: types.Source) -> types.ClaimsPut:
    """Return the claims with every name filled in. Raises BadCommand, BadReference."""
    if not command.claims or command.last < 1:
        raise BadCommand("there is nothing to judge: put at least one claim, and show at least one memory")
    if command.given or command.twice:
        raise BadCommand("what is given and denials are judged aside: with Store.check, or in a program or outcome")
    people = [state.person(name) for name in dict.fromkeys(command.about)]
    variables = {"name": _listed([person.name for person in people]), "target": ", ".join(p.id for p in people)}
    return types.ClaimsPut(
        source=source,
        claims=[fill(claim, variables) for claim in command.claims],
        about=[person.id for person in people] or None,
        world=None if command.world is None else places.world(state, command.world),
        last=command.last,
        edition=EDITION,
    )


def request_story(state: State, command: commands.Tell, source: types.Source) -> types.StoryRequested:
    """Return the request for a story. Raises BadCommand."""
    busy = state.open_step is not None or state.open_turn is not None or state.steering.pending is not None
    if busy and not command.aside:
        raise BadCommand("a story is heard between two steps: ask for it when the step is over, or tell it aside")
    if command.last < 1:
        raise BadCommand("a story that goes on needs at least one memory to go on from")
    return types.StoryRequested(
        source=source,
        requirements=command.requirements,
        continues=command.continues,
        world=None if command.world is None else places.world(state, command.world),
        aside=command.aside,
        last=command.last,
        edition=EDITION,
    )


def _each(state: State, each: tuple[str, ...] | Literal["everyone"] | None) -> list[str] | Literal["everyone"] | None:
    if each is None or each == "everyone":
        return each
    if not each:
        raise BadCommand("'each' names nobody: leave it out, or write 'everyone'")
    return _ids(state, each)


def _ids(state: State, names: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(state.person(name).id for name in names))


def _with_names(when: types.Condition, change: Callable[[list[str]], list[str]]) -> types.Condition:
    """Return ``when`` with the names in it changed, at every level."""
    changes: dict[str, object] = {
        "all": [_with_names(part, change) for part in when.all],
        "any": [_with_names(part, change) for part in when.any],
    }
    for word, part in (("said", when.said), ("talked", when.talked)):
        if part is not None:
            changes[word] = part.model_copy(update={"by": change(part.by)})
    return when.model_copy(update=changes)


def _fingerprints(command: commands.Intervene) -> dict[str, str]:
    """The code of the user's own that it names, by kind and name. Raises MissingCode."""
    codes: list[tuple[registry.Kind, str]] = [
        ("condition", part.function.name) for part in conditions.parts_of(command.when) if part.function is not None
    ]
    for effect in command.effects:
        made = command_of(effect)
        if isinstance(made, commands.CallEffect):
            codes.append(("effect", made.name))
        if isinstance(made, commands.Equip) and made.faculty == documents.NAME:
            raise BadCommand("documents come from outside, not as an effect: equip people with them before")
    return {f"{kind} {name}": registry.registered(kind, name).fingerprint for kind, name in codes}


def _listed(names: list[str]) -> str:
    """Return names as one says them: ``Ana, Bo and Cy``; nobody named are the people."""
    if not names:
        return "the people"
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
