"""Commands in, events out: what each command means in a given state.

A command from outside becomes one given event, or is refused and nothing has happened. What the engine lets run is
decided in two halves: ``decide`` may yield requests, and sees the state as it was when the act began; ``settle``
turns its result into events, in schedule order, when it is committed.
"""

from datetime import datetime, timedelta
from typing import Any, TypeAlias

from pydantic import ValidationError

from troupe_es import canonical, commands
from troupe_es.agent import prompts, turn
from troupe_es.agent.paths import read as read_trait
from troupe_es.agent.persona import check, replace
from troupe_es.commands import EDITION
from troupe_es.errors import BadCommand
from troupe_es.events import Body, Draft, Given, Mind, Settings, types
from troupe_es.llm import Effect
from troupe_es.projections import Person, State
from troupe_es.world import engine
from troupe_es.world.resolve import resolve

Decision: TypeAlias = "turn.Asked[tuple[list[commands.Intent], Mind]] | turn.Asked[str] | None"


def given(state: State, command: commands.Command, source: types.Source) -> Given:
    """Return the event that ``command`` is in ``state``. Raises BadCommand, and then nothing has happened."""
    if not state.created and not isinstance(command, commands.Create):
        raise BadCommand("a simulation must be created before anything else can happen in it")
    match command:
        case commands.Create(seed, start, settings):
            if state.created:
                raise BadCommand("this simulation is created already")
            if not settings.model:
                raise BadCommand("no model is chosen; the improviser needs no key: Settings(model='improviser')")
            _check_start(start)
            return types.SimulationCreated(source=source, seed=seed, start=start, settings=settings)
        case commands.AddWorld(name, description):
            id = _free(canonical.slug(name), state.worlds, "world")
            return types.WorldAdded(source=source, world=id, name=name, description=description)
        case commands.AddPerson():
            return _add_person(state, command, source)
        case commands.RemovePerson(person):
            return types.PersonRemoved(source=source, person=state.person(person).id)
        case commands.Change(path, value):
            return _change(state, path, value, source)
        case commands.Stimulate():
            return _stimulate(state, command, source)
        case commands.Run(steps, seconds):
            return _run(state, steps, seconds, source)
        case commands.Ask(person, question):
            asked = state.person(person).id
            return types.QuestionAsked(source=source, person=asked, question=question, edition=EDITION)


def _check_start(start: str) -> None:
    try:
        plain = datetime.fromisoformat(start).tzinfo is None and start[10:11] in ("", "T")
    except ValueError:
        plain = False
    if not plain:
        raise BadCommand(f"start: {start!r} is no time without a zone; write it like 2026-01-05T09:00:00")


def envelope(state: State, body: Given) -> Draft:
    """Put a given event into its envelope: it happens now, in the step that is open or the last one."""
    start = body.start if isinstance(body, types.SimulationCreated) else state.clock
    return Draft(body, None, state.step, start, None)


def decide(state: State, act: commands.Act) -> Effect[Decision]:
    """Decide ``act``: yields requests to models and returns what came of them."""
    match act:
        case commands.TakeTurn(person):
            return (yield from turn.take_turn(state, state.people[person]))
        case commands.AnswerQuestion(person):
            assert state.question is not None
            asked = state.read(state.question.asked).body
            assert isinstance(asked, types.QuestionAsked)
            return (yield from turn.answer_question(state, state.people[person], asked.question))
    return None


def settle(state: State, act: commands.Act, decision: Decision, draw: int) -> list[Draft]:
    """Return the events of ``act``; those a fork already has of it are left out."""
    match act:
        case commands.StartStep():
            return [engine.start_step(state, draw)]
        case commands.EndStep():
            return [engine.end_step(state)]
        case commands.EndRun():
            return [engine.end_run(state)]
    person = state.people[act.person]
    assert decision is not None
    bodies: list[Body] = [*decision.answers]
    if isinstance(act, commands.AnswerQuestion):
        bodies.append(_answered(person, decision))
    else:
        bodies += _turn(state, person, decision)
    done = state.open_turn.events if state.open_turn else 0
    left = bodies[done:] or bodies[-1:]  # an edit in mid-turn may have made it shorter: it still has to end
    cause = _cause(state, person)
    return [Draft(body, person.id, state.step, state.clock, cause) for body in left]


def _cause(state: State, person: Person) -> int | None:
    """What made the person act: the question, the last thing that reached them, or else the step itself."""
    if state.open_turn is not None:
        return state.open_turn.cause
    if state.question is not None:
        return state.question.asked
    if person.fresh:
        return person.heard
    return state.open_step.started if state.open_step else None


def _answered(person: Person, asked: turn.Asked[Any]) -> Body:
    failed = asked.reason if asked.value is None else None
    return types.QuestionAnswered(person=person.id, answer=asked.value or "", failed=failed)


def _turn(state: State, person: Person, asked: turn.Asked[Any]) -> list[Body]:
    if asked.value is None:
        return [types.TurnFailed(reason=asked.reason, attempts=len(asked.answers))]
    intents, mind = asked.value
    actions = resolve(state, person, intents)
    return [*actions, types.TurnEnded(actions=len(actions), mind=mind)]


def _add_person(state: State, command: commands.AddPerson, source: types.Source) -> Given:
    persona = command.persona
    check(persona, "persona.")
    name = persona["name"]
    taken = {**dict.fromkeys(state.people), **dict.fromkeys(state.gone)}
    id = _free(canonical.slug(name), taken, "person")
    world = _world(state, command.world)
    return types.PersonAdded(
        source=source, person=id, name=name, world=world, persona=persona, fragments=command.fragments
    )


def _free(id: str, taken: dict[str, Any], what: str) -> str:
    if id in taken:
        raise BadCommand(f"there is a {what} {id!r} already; give this one another name")
    return id


def _world(state: State, name: str | None) -> str:
    """Return the id of the named world, or of the only one."""
    if name is None:
        if len(state.worlds) == 1:
            return next(iter(state.worlds))
        there = ", ".join(state.worlds) or "none"
        raise BadCommand(f"name a world: this simulation has {len(state.worlds)} ({there})")
    for world in state.worlds.values():
        if name in (world.id, world.name):
            return world.id
    raise BadCommand(f"there is no world {name!r}; there are: {', '.join(state.worlds) or 'none'}")


def _stimulate(state: State, command: commands.Stimulate, source: types.Source) -> Given:
    to = list(dict.fromkeys(state.person(name).id for name in command.to))
    return types.StimulusGiven(
        source=source,
        kind=command.kind,
        content=command.content,
        world=None if to else _world(state, command.world),
        to=to,
        speaker=command.speaker,
    )


def _run(state: State, steps: int, seconds: int, source: types.Source) -> Given:
    if state.running is not None:
        left = state.running.steps - state.running.done
        raise BadCommand(f"a run is under way with {left} of its steps left: resume it first")
    if not state.people:
        raise BadCommand("there is nobody in this simulation yet: add people before running it")
    if steps < 1 or seconds < 0:
        raise BadCommand(f"a run needs at least 1 step of 0 or more seconds, not {steps} of {seconds}")
    try:
        datetime.fromisoformat(state.clock) + timedelta(seconds=steps * seconds)
    except OverflowError:
        raise BadCommand(f"{steps} steps of {seconds} seconds go beyond the year 9999: make them shorter") from None
    return types.RunRequested(source=source, steps=steps, seconds=seconds, edition=EDITION)


def _change(state: State, path: str, value: Any, source: types.Source) -> Given:
    room, _, rest = path.partition(".")
    if room == "settings":
        return _change_setting(state, rest, value, source)
    if room == "people":
        name, _, trait = rest.partition(".")
        person = state.person(name)
        persona = prompts.traits(state, person)
        replace(persona, trait, value)
        before = _trait(persona, trait)
        return types.PersonChanged(source=source, person=person.id, path=trait, before=before, after=value)
    raise BadCommand(f"{path!r} cannot be set: a path begins with 'settings.' or 'people.ID.'")


def _trait(persona: dict[str, Any], path: str) -> Any:
    try:
        return read_trait(persona, path)
    except BadCommand:
        return None


def _change_setting(state: State, path: str, value: Any, source: types.Source) -> Given:
    name, _, key = path.partition(".")
    known = state.settings.model_dump(mode="json")
    if name not in known or (key and not isinstance(known[name], dict)):
        raise BadCommand(f"there is no setting {path!r}; there are: {', '.join(known)}")
    if key.startswith("person:"):
        key = f"person:{state.person(key.removeprefix('person:')).id}"
    before = known[name].get(key) if key else known[name]
    wanted = _with_entry(known[name], key, value) if key else value
    try:
        changed = Settings.model_validate({**known, name: wanted}).model_dump(mode="json")[name]
    except ValidationError as error:
        raise BadCommand(f"settings.{path}: {error.errors()[0]['msg']}, not {value!r}") from None
    after = changed.get(key) if key else changed
    where = f"settings.{name}.{key}" if key else f"settings.{name}"
    return types.SettingsChanged(source=source, path=where, before=before, after=after)


def _with_entry(entries: dict[str, Any], key: str, value: Any) -> dict[str, Any]:
    """Return ``entries`` with ``value`` under ``key``; null takes the entry out."""
    return {name: entry for name, entry in {**entries, key: value}.items() if entry is not None}
