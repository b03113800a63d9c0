"""A person as a file that takes their memory and state of mind along, and what such a file brings back.

The form is that of ``.agent.json`` with ``episodic_memory`` and ``mental_state`` beside the persona, as TinyTroupe
saves it. What is brought back is given again: a memory becomes something its person perceives at the beginning of
the new life; of what they did themselves, they recall that they did it.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from troupe_es import canonical, commands
from troupe_es.agent import prompts
from troupe_es.agent.persona import Persona
from troupe_es.errors import BadPersona
from troupe_es.events import Event, Mind, types
from troupe_es.events.base import FROZEN, StimulusKind
from troupe_es.projections import Person, State

Json: TypeAlias = dict[str, Any]


class Recollection(BaseModel):
    """Something a person brings along from an earlier life, as they perceive it."""

    model_config = FROZEN

    content: str = Field(min_length=1, description="what is recalled")
    kind: StimulusKind = Field("THOUGHT", description="how it was perceived")
    speaker: str = Field("", description="whose words these were, if anyone's in particular")


def specification(state: State, person: Person, *, memory: bool = False, mind: bool = False) -> Persona:
    """Return ``person`` as they stand in ``state``: the persona and, if asked for, what they remember and feel."""
    extra: Json = {}
    if mind:
        extra["mental_state"] = person.mind.model_dump(mode="json")
    if memory:
        found = (_item(state.read(seq), person, state) for seq in person.memory)
        extra["episodic_memory"] = {"memory": [item for item in found if item is not None]}
        if person.semantic:
            extra["semantic_memory"] = {"memory": [_learnt(state.read(seq)) for seq in person.semantic]}
    traits = prompts.traits(state, person)
    return Persona(traits["name"], traits, extra=extra)


def _item(event: Event, person: Person, state: State) -> Json | None:
    """Return a memory as the format has it, or None for what is none of its own (the end of a turn)."""
    body = event.body
    match body:
        case types.StimulusGiven():
            return _stimulus(event, body.kind, body.content, body.speaker)
        case types.ActionTaken() if event.actor == person.id:
            return _action(event, body.kind, body.content, prompts.name_of(body.target, state))
        case types.ActionTaken():
            kind = "SOCIAL" if body.kind == "REACH_OUT" else "CONVERSATION"
            return _stimulus(event, kind, body.content, prompts.name_of(event.actor, state))
        case types.FacultyUsed():
            return _action(event, body.kind, body.content, body.target)
        case types.ResultSeen():
            return _stimulus(event, "THOUGHT", f"{body.kind}: {body.content}", "")
    return None


def _learnt(event: Event) -> Json:
    """Return what a person made of their memories, as the format has it."""
    body = event.body
    assert isinstance(body, types.MemoryFormed | types.InsightFormed)
    return {"type": "information", "simulation_timestamp": event.time, "content": body.content}


def _stimulus(event: Event, kind: str, content: str, source: str) -> Json:
    said = {"stimuli": [{"type": kind, "content": content, "source": source}]}
    return {"role": "user", "type": "stimulus", "simulation_timestamp": event.time, "content": said}


def _action(event: Event, kind: str, content: str, target: str) -> Json:
    done = {"action": {"type": kind, "content": content, "target": target}}
    return {"role": "assistant", "type": "action", "simulation_timestamp": event.time, "content": done}


# reading


def mind_of(extra: Mapping[str, Any], source: str) -> Mind | None:
    """Return the state of mind that stands beside a persona, None if there is none. Raises BadPersona."""
    saved = extra.get("mental_state")
    if saved is None:
        return None
    if not isinstance(saved, Mapping):
        raise BadPersona(f"{source}: mental_state: must be an object")
    context = saved.get("context") or []
    words = {name: _words(saved.get(name)) for name in ("goals", "attention", "emotions")}
    try:
        return Mind(**words, context=[context] if isinstance(context, str) else context)
    except ValidationError as error:
        raise BadPersona(f"{source}: mental_state: {error.errors()[0]['msg']}") from None


def past_of(extra: Mapping[str, Any], source: str) -> list[Recollection]:
    """Return what a person brings along, in order, from what stands beside the persona. Raises BadPersona."""
    found: list[Recollection] = []
    for room in ("episodic_memory", "semantic_memory"):
        try:
            saved = _Memory.model_validate({} if extra.get(room) is None else extra[room])
            for item in [*saved.memory, *saved.episodic_buffer]:
                found += _recollections(item)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = ".".join(str(part) for part in (room, *first["loc"]))
            raise BadPersona(f"{source}: {where}: is no memory that can be read: {first['msg']}") from None
    return found


class _Saved(BaseModel):
    """What stands in a file of this format; there may be more."""

    model_config = ConfigDict(extra="ignore", defer_build=True)


class _Stimulus(_Saved):
    type: StimulusKind
    content: str | None = None
    source: str | None = None


class _Action(_Saved):
    type: str
    content: Any = None
    target: str | None = None


class _Content(_Saved):
    stimuli: list[_Stimulus] = Field(default_factory=list)
    action: _Action | None = None
    actions: list[_Action] = Field(default_factory=list)


class _Item(_Saved):
    content: str | _Content


class _Memory(_Saved):
    memory: list[_Item] = Field(default_factory=list)
    episodic_buffer: list[_Item] = Field(default_factory=list)


def _recollections(item: _Item) -> Iterator[Recollection]:
    """Yield what there are words for; the end of a turn is nothing to recall."""
    if isinstance(item.content, str):
        yield Recollection(content=item.content)
        return
    for stimulus in item.content.stimuli:
        if stimulus.content:
            yield Recollection(content=stimulus.content, kind=stimulus.type, speaker=stimulus.source or "")
    for action in [*([item.content.action] if item.content.action else []), *item.content.actions]:
        if action.type != "DONE" and (words := _recalled(action)):
            yield Recollection(content=words)


def brought(
    traits: dict[str, Any],
    world: str | None,
    origins: dict[str, str],
    mind: Mind | None,
    past: Sequence[Recollection],
) -> Iterator[commands.Command]:
    """Yield what adds a person with the state of mind and the memories that they bring along."""
    yield commands.AddPerson(traits, world, origins)
    id = canonical.slug(traits["name"])
    if mind is not None:
        yield commands.SetMind(id, mind)
    for each in past:
        yield commands.Stimulate(each.content, each.kind, None, (id,), each.speaker)


def _recalled(action: _Action) -> str:
    """Return how somebody recalls what they did."""
    content = _words(action.content)
    whom = f" to {action.target}" if action.target else ""
    match action.type:
        case "THINK":
            return content
        case "TALK":
            return f"I said{whom}: {content}"
        case "REACH_OUT":
            return f"I reached out{whom}: {content}"
    return f"I did {action.type}{whom}: {content}"


def _words(value: Any) -> str:
    """Return text as it is, several as one, and nothing for null."""
    if isinstance(value, list):
        return "; ".join(_words(each) for each in value)
    return "" if value is None else str(value)
