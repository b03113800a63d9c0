"""Decides one person: a model makes up what is not settled; what is settled stands, whatever the model says.

Nobody's prompt depends on who else was made, so that all can be made at once. Names are told apart afterwards: the
model offers several, and in the order of their numbers each person gets the first that nobody has.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from itertools import pairwise
from string import Template
from typing import Any

from troupe_es import canonical
from troupe_es.acting import Acting, Form, Misfit, json_object, listed, record, text
from troupe_es.acts import Newcomer
from troupe_es.agent import paths, persona
from troupe_es.agent.outline import line
from troupe_es.errors import BadPersona
from troupe_es.events import types
from troupe_es.factory.sequences import drawn, shuffled
from troupe_es.llm import Effect, Message, Response, Schema
from troupe_es.projections import State

INVENT = Template((files(__package__) / "invent.txt").read_text(encoding="utf-8").rstrip("\n"))
TRAITS: dict[str, Any] = {
    "age": {"type": "integer"},
    "gender": text(),
    "nationality": text(),
    "residence": text(),
    "education": text(),
    "long_term_goals": listed(text()),
    "occupation": record(title=text(), organization=text(), description=text()),
    "style": text(),
    "personality": record(
        traits=listed(text()),
        big_five=record(
            openness=text(), conscientiousness=text(), extraversion=text(), agreeableness=text(), neuroticism=text()
        ),
    ),
    "preferences": record(interests=listed(text()), likes=listed(text()), dislikes=listed(text())),
    "skills": listed(text()),
    "beliefs": listed(text()),
    "behaviors": record(
        general=listed(text()),
        routines=record(
            morning=listed(text()), workday=listed(text()), evening=listed(text()), weekend=listed(text())
        ),
    ),
    "health": text(),
    "relationships": listed(record(name=text(), description=text())),
    "other_facts": listed(text()),
}
"""What a model makes up of a person, in the format of persona files."""

LETTERS = "ABCDEFGHIJKLMNOPRSTVWYZ"
ROOM = 2500
"""Tokens that a whole person may take, whatever a turn may."""

LONGEST = 2000
"""Most characters of one text."""

MOST_NAME = 80
PLACE = re.compile("0|[1-9][0-9]?")
"""A place in a list; longer numbers, such as a year, are names."""


def make(acting: Acting, planned: types.PopulationPlanned, number: int) -> Effect[None]:
    """Decide who the person with this number is."""
    settled = planned.people[number - 1]
    model = acting.state.settings.model_for("-", "generation")
    made = yield from acting.ask("generation", model, _form(planned, settled, number))
    if made is None:
        acting.happen(types.PersonNotMade(number=number, reason=acting.reason, attempts=acting.asked))
    else:
        acting.happen(Newcomer(number, *made))


def welcomed(state: State, planned: types.PopulationPlanned, come: Newcomer) -> types.PersonMade:
    """Return the event with which somebody comes, under the first of their names that nobody has or had."""
    name = next(each for each in _names(come, planned.seed) if _free(state, each))
    traits: dict[str, Any] = {"name": name, **{key: value for key, value in come.persona.items() if key != "name"}}
    id = canonical.slug(name)
    return types.PersonMade(
        number=come.number, person=id, name=name, world=planned.world, persona=traits, fragments={}
    )


def _names(come: Newcomer, seed: int) -> Iterator[str]:
    """Yield the names somebody could have; when those are used up, with a letter in the middle, then a number."""
    yield from come.names
    first, _, rest = come.names[0].partition(" ")
    for place in shuffled(len(LETTERS), seed, "middle", come.number):
        yield f"{first} {LETTERS[place]}. {rest}".strip()
    number = 2
    while True:
        yield f"{come.names[0]} {number}"
        number += 1


def _free(state: State, name: str) -> bool:
    id = canonical.slug(name)
    return id not in state.people and id not in state.gone and not state.names.find(name.casefold(), None)


def _form(
    planned: types.PopulationPlanned, settled: Mapping[str, Any], number: int
) -> Form[tuple[tuple[str, ...], Any]]:
    schema = _schema(frozenset(settled))
    population = {"title": planned.title, "about": planned.about}
    told = [{"population": population}, *([{"all": planned.particulars}] if planned.particulars else [])]
    system = Message("system", _system(schema) + "\n\n" + "\n".join(map(canonical.told, told)))
    initials = [LETTERS[drawn(planned.seed, kind, number) % len(LETTERS)] for kind in ("given", "family")]
    given = {"settled": nested(settled), **({} if "name" in settled else {"initials": initials})}
    asked = canonical.dumps(given)  # keys sorted: that is how a recording has them, too
    prompt = Message("user", f"{asked}\nMake up this person. Answer with the JSON object alone.", system)
    return Form(prompt, schema, lambda response: _read(response, schema, settled), room=ROOM)


@cache
def _schema(settled: frozenset[str]) -> Schema:
    """Return what is asked of a model: all traits but those that are settled as a whole."""
    names = {} if "name" in settled else {"names": listed(text())}
    return Schema("person", record(**names, **{name: form for name, form in TRAITS.items() if name not in settled}))


def _system(schema: Schema) -> str:
    return INVENT.substitute(fields=canonical.told(_example(schema.body)))


def _example(form: Mapping[str, Any]) -> Any:
    """Return what an answer looks like."""
    match form["type"]:
        case "object":
            return {name: _example(part) for name, part in form["properties"].items()}
        case "array":
            return [_example(form["items"])]
        case "integer":
            return 0
    return "…"


def _read(response: Response, schema: Schema, settled: Mapping[str, Any]) -> tuple[tuple[str, ...], dict[str, Any]]:
    """Return the names and the persona of an answer, with what is settled put into it. Raises Misfit."""
    if response.refusal or response.finish in ("refusal", "filter"):
        raise Misfit("you refused, or were stopped. Nobody real is meant: make up an ordinary person.")
    if response.finish == "length":
        raise Misfit("the answer was cut off because it was too long. Write shorter sentences and shorter lists.")
    answer = canonical.clean(json_object(response.text))[0]
    traits = _fitting(answer, schema.body, "")
    names = traits.pop("names", None) or [str(settled.get("name", ""))]
    for path, value in settled.items():
        put(traits, path, value)
    good = tuple(dict.fromkeys(line(name).strip() for name in names if name.strip() and len(name) <= MOST_NAME))
    if not good:
        raise Misfit("names: there is none that is a name on one line.")
    try:
        persona.check({"name": good[0], **traits}, "")
    except BadPersona as error:
        raise Misfit(str(error)) from None
    return good, traits


def _fitting(value: Any, form: Mapping[str, Any], path: str) -> Any:
    """Return ``value`` as far as ``form`` knows it. Raises Misfit naming the path of what is missing or wrong."""
    kind, here = form["type"], path or "the object"
    if kind == "object":
        if not isinstance(value, dict):
            raise Misfit(f"{here}: must be an object.")
        missing = [name for name in form["properties"] if value.get(name) is None]
        if missing:
            raise Misfit(f"{here}: {', '.join(missing)} must be there.")
        parts = form["properties"].items()
        return {name: _fitting(value[name], part, f"{path}.{name}" if path else name) for name, part in parts}
    if kind == "array":
        if not isinstance(value, list) or not value or len(value) > 50:
            raise Misfit(f"{here}: must be a list with something in it.")
        return [_fitting(each, form["items"], f"{here}.{number}") for number, each in enumerate(value)]
    if kind == "integer":
        if isinstance(value, bool) or not isinstance(value, int):
            raise Misfit(f"{here}: must be a whole number.")
        return value
    if not isinstance(value, str) or not value.strip() or len(value) > LONGEST:
        raise Misfit(f"{here}: must be a text of at most {LONGEST} characters that is not empty.")
    return value.strip()


def nested(settled: Mapping[str, Any]) -> dict[str, Any]:
    """Return traits by path as the persona they are in."""
    found: dict[str, Any] = {}
    for path, value in settled.items():
        put(found, path, value)
    return found


def put(traits: dict[str, Any], path: str, value: Any) -> None:
    """Put ``value`` at ``path``; what is missing on the way is made: an object, a list where a place comes next."""
    keys = paths.split(path)
    inside: dict[str, Any] | list[Any] = traits
    for key, after in pairwise(keys):
        found = _at(inside, key)
        listed = PLACE.fullmatch(after) is not None and not isinstance(found, dict)
        if not isinstance(found, list if listed else dict):
            found = [] if listed else {}
            _set(inside, key, found)
        inside = found
    _set(inside, keys[-1], value)


def _at(inside: dict[str, Any] | list[Any], key: str) -> Any:
    if isinstance(inside, dict):
        return inside.get(key)
    return inside[int(key)] if int(key) < len(inside) else None


def _set(inside: dict[str, Any] | list[Any], key: str, value: Any) -> None:
    """Set a value; in a list that is shorter, at its end: an empty cell before it leaves no hole."""
    if isinstance(inside, dict):
        inside[key] = value
    elif int(key) < len(inside):
        inside[int(key)] = value
    else:
        inside.append(value)
