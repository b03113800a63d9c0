"""Commands from outside become given events: what each means in a given state, or why it cannot be."""

from collections.abc import Container, Iterable
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from troupe_es import canonical, commands, registry
from troupe_es.agent import prompts
from troupe_es.agent.faculty import equipped
from troupe_es.agent.paths import read as read_trait
from troupe_es.agent.persona import check, define, merge
from troupe_es.commands import EDITION
from troupe_es.controller import asking, interventions, places, populating
from troupe_es.errors import BadCommand, BadPersona
from troupe_es.events import Given, Settings, types
from troupe_es.llm import images
from troupe_es.projections import State


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
        case commands.AddWorld(name, description, access):
            id = _free(canonical.slug(name), (state.worlds,), "world")
            return types.WorldAdded(source=source, world=id, name=name, description=description, access=access)
        case commands.Move():
            return places.move(state, command, source)
        case commands.Relate():
            return places.relate(state, command, source)
        case commands.Unrelate():
            return places.unrelate(state, command, source)
        case commands.Skip(seconds):
            return places.skip(state, seconds, source)
        case commands.AddPerson():
            return _add_person(state, command, source)
        case commands.RemovePerson(person):
            return types.PersonRemoved(source=source, person=state.person(person).id)
        case commands.Change():
            return _change(state, command, source)
        case commands.AddFragment():
            return _merge(state, command, source)
        case commands.SetMind(person, mind):
            return types.MindGiven(source=source, person=state.person(person).id, mind=mind)
        case commands.Stimulate():
            return _stimulate(state, command, source)
        case commands.Equip(name, to, options):
            options, code = equipped(name, options)
            named = _named(state, to)
            return types.FacultyGiven(source=source, faculty=name, to=named, options=options, fingerprint=code)
        case commands.Enable(kind, name):
            code = registry.registered(kind, name).fingerprint
            return types.CodeEnabled(source=source, kind=kind, name=name, fingerprint=code)
        case commands.Unequip(name, to):
            return types.FacultyTaken(source=source, faculty=name, to=_named(state, to))
        case commands.Run():
            return _run(state, command, source)
        case commands.AskMinibio(person):
            return types.MinibioAsked(source=source, person=state.person(person).id, edition=EDITION)
        case commands.Intervene():
            return interventions.intervene(state, command, source)
        case commands.CallOff(name):
            return interventions.call_off(state, name, source)
        case commands.PutClaims():
            return interventions.put_claims(state, command, source)
        case commands.Tell():
            return interventions.request_story(state, command, source)
        case commands.Populate():
            return populating.plan(state, command, source)
        case commands.Extract():
            return asking.extract(state, command, source)
        case commands.GiveSurvey():
            return asking.give_survey(state, command, source)
        case commands.Label():
            return asking.label(state, command, source)
        case commands.Rewrite():
            return asking.rewrite(state, command, source)
        case commands.Seal(sha256, form, questions):
            return types.PredictionSealed(
                source=source, sha256=sha256, format=form, questions=sorted(questions), edition=EDITION
            )
        case commands.LoadTruth(sha256, columns, n):
            return types.TruthLoaded(source=source, sha256=sha256, columns=sorted(columns), n=n, edition=EDITION)
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


def _add_person(state: State, command: commands.AddPerson, source: types.Source) -> Given:
    persona = command.persona
    check(persona, "persona.")
    name = persona["name"]
    id = _free(canonical.slug(name), (state.people, state.gone), "person")
    world = places.world(state, command.world)
    return types.PersonAdded(
        source=source, person=id, name=name, world=world, persona=persona, fragments=command.fragments
    )


def _named(state: State, names: tuple[str, ...]) -> list[str] | None:
    """Return the ids of the named people, each once; nobody named: None."""
    return list(dict.fromkeys(state.person(name).id for name in names)) or None


def _free(id: str, taken: Iterable[Container[str]], what: str) -> str:
    if any(id in there for there in taken):
        raise BadCommand(f"there is a {what} {id!r} already; give this one another name")
    return id


def _pictured(command: commands.Stimulate) -> types.Picture | None:
    """Return the image that ``command`` brings, by its hash."""
    image = command.image
    if image is not None and command.kind != "VISUAL":
        raise BadCommand(f"an image is seen: its kind is VISUAL, not {command.kind}")
    if not isinstance(image, str):
        return image
    content = images.read_url(image)
    return types.Picture(sha256=images.hash_of(content), media=images.media_of(content))


def _stimulate(state: State, command: commands.Stimulate, source: types.Source) -> Given:
    to = _named(state, command.to) or []
    return types.StimulusGiven(
        source=source,
        kind=command.kind,
        content=command.content,
        world=None if to else places.world(state, command.world),
        to=to,
        speaker=command.speaker,
        image=_pictured(command),
    )


def _run(state: State, command: commands.Run, source: types.Source) -> Given:
    steps, seconds = command.steps, command.seconds
    if state.running is not None:
        left = state.running.steps - state.running.done
        raise BadCommand(f"a run is under way with {left} of its steps left: resume it first")
    if not state.people:
        raise BadCommand("there is nobody in this simulation yet: add people before running it")
    if steps < 1 or seconds < 0:
        raise BadCommand(f"a run needs at least 1 step of 0 or more seconds, not {steps} of {seconds}")
    places.check_end(state, steps * seconds, f"{steps} steps of {seconds} seconds")
    only = _named(state, command.only)
    return types.RunRequested(source=source, steps=steps, seconds=seconds, edition=EDITION, only=only)


def _change(state: State, command: commands.Change, source: types.Source) -> Given:
    path, value = command.path, command.value
    room, _, rest = path.partition(".")
    if room == "settings":
        if command.merge or not command.overwrite:
            raise BadCommand(f"{path!r} is a setting: it is set, and cannot be merged; traits can")
        return _change_setting(state, rest, value, source)
    if room == "people":
        name, _, trait = rest.partition(".")
        person = state.person(name)
        persona = prompts.traits(state, person)
        before = _trait(persona, trait)
        value = _trait(define(persona, trait, value, command.merge, command.overwrite), trait)
        return types.PersonChanged(source=source, person=person.id, path=trait, before=before, after=value)
    raise BadCommand(f"{path!r} cannot be set: a path begins with 'settings.' or 'people.ID.'")


def _merge(state: State, command: commands.AddFragment, source: types.Source) -> Given:
    """Return what merging a fragment into a persona comes to. Raises BadCommand where the caller has to choose."""
    person = state.person(command.person)
    before = prompts.traits(state, person)
    try:
        check(command.traits, f"{command.name}: ", fragment=True)
    except BadPersona as error:
        raise BadCommand(str(error)) from None
    merged = merge(before, command.traits, command.name, command.prefer or "persona")
    if merged.conflicts and command.prefer is None:
        told = "\n".join(f"  {conflict}" for conflict in merged.conflicts)
        raise BadCommand(
            f"{person.name} and the fragment disagree; choose with prefer='persona' or prefer='fragment':\n{told}"
        )
    found = merged.traits
    return types.FragmentMerged(
        source=source,
        person=person.id,
        fragment=command.name,
        changes=[
            types.TraitChange(path=path, before=_trait(before, path), after=read_trait(found, path))
            for path in merged.origins
        ],
        conflicts=[types.SetAside(path=c.path, kept=c.kept, offered=c.offered) for c in merged.conflicts],
    )


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
