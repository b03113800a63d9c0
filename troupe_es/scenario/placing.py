"""Turns what a scenario says of worlds into commands, and finds names in it that stand for nobody."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from troupe_es import canonical, commands
from troupe_es.scenario import staging
from troupe_es.scenario.staging import Network, Staged
from troupe_es.scenario.wording import meant


def command(item: Staged) -> commands.Command:
    """Return what ``item`` makes happen; people and worlds are named by their ids."""
    match item:
        case staging.Remove(remove=who):
            return commands.RemovePerson(canonical.slug(who))
        case staging.Move(move=moving):
            return commands.Move(canonical.slug(moving.who), canonical.slug(moving.to))
        case staging.Relate(relate=edge):
            return commands.Relate((_edge(edge),))
        case staging.Unrelate(unrelate=ending):
            a, b = map(canonical.slug, ending.between)
            return commands.Unrelate(a, b, ending.name, ending.directed)
        case staging.Skip(skip=span):
            return commands.Skip(span.total or 0)


def _edge(edge: staging.Edge) -> commands.Edge:
    a, b = map(canonical.slug, edge.between)
    return commands.Edge(a, b, edge.name, edge.weight, edge.directed)


def related(network: Network | None, people: Sequence[Mapping[str, Any]]) -> list[commands.Command]:
    """Return the one command that relates everybody as ``network`` says, or none; ``people`` are personas."""
    if network is None:
        return []
    edges = [_edge(edge) for edge in network.edges]
    if network.source == "relationships":
        edges += told(people)
    return [commands.Relate(tuple(edges))] if edges else []


def told(people: Sequence[Mapping[str, Any]]) -> Iterator[commands.Edge]:
    """Yield an edge for each relationship with somebody who is there, by its description.

    What one is to another is told from one side, so the edge goes one way; the way back has no name, unless the
    other's persona gives it one.
    """
    ids = _called([str(persona["name"]) for persona in people])
    named = {
        (canonical.slug(str(persona["name"])), id): description
        for persona in people
        for name, description in _relationships(persona)
        if (id := ids.get(name.strip().casefold()))
    }
    for (a, b), description in named.items():
        if a == b:
            continue
        yield commands.Edge(a, b, description, directed=True)
        if (b, a) not in named:
            yield commands.Edge(b, a, directed=True)


def _called(names: Sequence[str]) -> dict[str, str]:
    """Return ids by whole names, and by first names that only one has."""
    firsts = [name.casefold().split(" ", 1)[0] for name in names]
    shared = Counter(firsts)
    found = {first: canonical.slug(name) for first, name in zip(firsts, names, strict=True) if shared[first] == 1}
    return found | {name.strip().casefold(): canonical.slug(name) for name in names}


def _relationships(persona: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the name and description of each relationship a persona speaks of; keys in any case."""
    told = persona.get("relationships")
    for entry in told if isinstance(told, list) else []:
        if isinstance(entry, Mapping):
            fields = {str(key).casefold(): value for key, value in entry.items()}
            if isinstance(fields.get("name"), str):
                yield fields["name"], str(fields.get("description") or "")


def unknown(item: Staged, path: str, names: Iterable[str], worlds: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield what ``item`` names that is not there."""
    match item:
        case staging.Remove(remove=who):
            yield from missing([who], f"{path}.remove", names, "person")
        case staging.Move(move=moving):
            yield from missing([moving.who], f"{path}.move.who", names, "person")
            yield from missing([moving.to], f"{path}.move.to", worlds, "world")
        case staging.Relate(relate=edge):
            yield from _pair(edge.between, f"{path}.relate.between", names)
        case staging.Unrelate(unrelate=ending):
            yield from _pair(ending.between, f"{path}.unrelate.between", names)


def faults(network: Network, names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield what ``network`` says that cannot be."""
    ids = {canonical.slug(name) for name in names}
    for number, edge in enumerate(network.edges):
        two = {canonical.slug(name) for name in edge.between}
        if len(two) < 2 or not two <= ids:
            yield from _pair(edge.between, f"network.edges[{number}].between", names)


def _pair(between: tuple[str, str], path: str, names: Iterable[str]) -> Iterator[tuple[str, str]]:
    yield from missing(between, path, names, "person")
    if canonical.slug(between[0]) == canonical.slug(between[1]):
        yield path, f"{between[0]!r} cannot be related to themselves"


def missing(wanted: Iterable[str], path: str, known: Iterable[str], what: str) -> Iterator[tuple[str, str]]:
    """Yield every one of ``wanted`` that is no name in ``known``."""
    ids = {canonical.slug(name) for name in known}
    for name in wanted:
        if canonical.slug(name) not in ids:
            yield path, f"no {what} is named {name!r}{meant(name, known)}"
