"""People whose traits somebody knows already: rows of a table as personas, which a model may flesh out."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from troupe_es import canonical, commands
from troupe_es.agent import paths, persona
from troupe_es.errors import BadPersona, BadPopulation
from troupe_es.factory.people import put
from troupe_es.factory.spec import Spec


def personas(rows: Iterable[Mapping[str, Any]], columns: Mapping[str, str], source: str) -> list[dict[str, Any]]:
    """Return a persona for each row of a table, by ``columns``: from a column's name to the trait it is, by path.

    Columns that are not named are left out, and so are empty cells. Several columns that are the ``name`` are put
    together. Who has no name is called ``Person 7`` by the number of the row; a name that is there twice gets a
    number. Raises BadPopulation naming the row or the column.
    """
    made, taken = [], set[str]()
    for number, row in enumerate(rows, 1):
        unknown = [column for column in columns if column not in row]
        if unknown:
            raise BadPopulation(
                f"{source}: row {number}: has no column {unknown[0]!r}; it has: {', '.join(map(str, row))}"
            )
        traits: dict[str, Any] = {}
        names = [str(row[column]).strip() for column, at in columns.items() if at == "name" and _there(row[column])]
        for column, at in columns.items():
            if at != "name" and _there(row[column]):
                put(traits, at, _cell(at, row[column]))
        made.append({"name": _unlike(" ".join(names) or f"Person {number}", taken), **traits})
        try:
            persona.check(made[-1], "")
        except BadPersona as error:
            raise BadPopulation(f"{source}: row {number}: {error}") from None
    if not made:
        raise BadPopulation(f"{source}: has no rows")
    return made


def _there(value: Any) -> bool:
    return value is not None and value == value and str(value).strip() != ""  # NaN is not itself


def _cell(at: str, value: Any) -> Any:
    """Return what JSON can hold of a cell; an age that is written in digits is a number."""
    if at == "age" and isinstance(value, str):
        return next((kind(value) for kind in (int, float) if _reads(kind, value)), value)
    return value if isinstance(value, str | bool | int | float | list | dict) else str(value)


def _reads(kind: type[int] | type[float], text: str) -> bool:
    try:
        return math.isfinite(kind(text))
    except ValueError:
        return False


def _unlike(name: str, taken: set[str]) -> str:
    found, number = name, 2
    while canonical.slug(found) in taken:
        found, number = f"{name} {number}", number + 1
    taken.add(canonical.slug(found))
    return found


def flesh_out(
    known: Sequence[Mapping[str, Any]], spec: Spec, world: str | None = None, seed: int = 0
) -> commands.Populate:
    """Return the command that has a model make up the rest of people of whom names and some traits are known."""
    people = tuple(_by_path(persona) for persona in known)
    return commands.Populate(people, spec.title, spec.about, spec.told, world, seed)


def _by_path(persona: Mapping[str, Any], at: tuple[str, ...] = ()) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in persona.items():
        if isinstance(value, Mapping) and value:
            found |= _by_path(value, (*at, key))
        else:
            found[paths.join((*at, key))] = value
    return found
