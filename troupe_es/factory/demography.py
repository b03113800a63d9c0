"""Finds the dimensions of a population in a demography file that somebody wrote in prose and percentages.

Such a file nests headings; where a heading's entries are all numbers that sum to 100 %, it is the distribution of
something people differ in, and is taken. Shares that sum to something else (people counted twice, cumulative shares,
one number alone) are left out, with the reason: whoever knows what they mean can say so in a population file.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from troupe_es.errors import BadPopulation
from troupe_es.factory import numbers
from troupe_es.factory.spec import OLDEST, Dimension, Spec, named

SAYS_NOTHING = {"distribution", "composition", "breakdown", "shares", "percentages"}
"""Words of a heading that do not say what is distributed."""

BESIDE = {"source", "note", "notes", "total", "year"}
"""Entries that stand beside the shares."""

MOST_ABOUT = 600


def is_demography(content: Any) -> bool:
    """Whether plain JSON ``content`` is such a file, and not one in the format of our own."""
    return (
        isinstance(content, Mapping) and isinstance(content.get("content"), Mapping) and "dimensions" not in content
    )


def read(content: Mapping[str, Any], source: str, only: Collection[str] = ()) -> Spec:
    """Return what a demography file says in numbers.

    Where it has a chapter on demographics, only that chapter is sampled, unless ``only`` names other dimensions.
    Raises BadPopulation where there is no distribution at all.
    """
    chapters: Mapping[str, Any] = content["content"]
    demographic = [name for name in chapters if "demograph" in name.lower()]
    found: dict[str, Dimension] = {}
    left_out: dict[str, str] = {}
    for path, table in _tables(chapters, ()):
        name = _name(path, found)
        try:
            dimension = _dimension(path, table)
        except BadPopulation as error:
            left_out[name] = str(error)
            continue
        if demographic and path[0] not in demographic and name not in only:
            left_out[name] = f"{'/'.join(path)}: is not in the chapter {demographic[0]!r}"
        else:
            found[name] = dimension
    if not found:
        raise BadPopulation(f"{source}: nothing in it is a distribution: shares in numbers that sum to 1 or to 100")
    return Spec(
        title=str(content.get("title") or ""),
        about=str(content.get("description") or "")[:MOST_ABOUT],
        dimensions=found,
        left_out=left_out,
    )


def _tables(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """Yield every heading under which at least two entries are numbers, with those entries that are no headings."""
    if isinstance(value, Mapping):
        plain = {str(label): entry for label, entry in value.items() if not isinstance(entry, Mapping | list)}
        plain = {label: entry for label, entry in plain.items() if label.lower() not in BESIDE}
        if sum(map(_percentage, plain.values())) > 1:
            yield path, plain
        for label, entry in value.items():
            yield from _tables(entry, (*path, str(label)))
    elif isinstance(value, Sequence) and not isinstance(value, str):
        lines = [line for line in value if isinstance(line, str) and _percentage(line.rpartition(":")[2])]
        if len(lines) > 1:
            yield path, numbers.entries(lines, "/".join(path))


def _percentage(value: Any) -> bool:
    if isinstance(value, str):
        return numbers.SHARE.fullmatch(value.strip()) is not None
    return isinstance(value, int | float) and not isinstance(value, bool)


def _dimension(path: tuple[str, ...], table: Mapping[str, Any]) -> Dimension:
    shares = numbers.shares(table, "/".join(path))
    percent = {label: round(100 * share, 10) for label, share in shares.items()}
    origin = "/".join(path)
    if "age" in named(origin).split("_") and all(numbers.bounds(label, OLDEST) for label in percent):
        return Dimension(ranges=dict(percent), until=OLDEST, origin=origin)
    return Dimension(shares=dict(percent), origin=origin)


def _name(path: tuple[str, ...], taken: Mapping[str, Any]) -> str:
    """Return a short name: the last heading that says something; with the one before it where that is taken."""
    words = ["_".join(word for word in named(heading).split("_") if word not in SAYS_NOTHING) for heading in path]
    said = [word for word in words if word]
    name = said[-1] if said else "share"
    return named("_".join(said[-2:])) if name in taken else named(name)
