"""Who knows whom: read from a list of relations, or drawn by chance from a seed.

What is drawn here becomes a given event, so a replay draws nothing. Most kinds come from networkx, the extra
``networks``: D. J. Watts and S. H. Strogatz, "Collective dynamics of 'small-world' networks", Nature 393, 1998;
A.-L. Barabási and R. Albert, "Emergence of scaling in random networks", Science 286, 1999; V. Batagelj and
U. Brandes, "Efficient generation of large random networks", Physical Review E 71, 2005.
"""

import csv
import io
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from heapq import nsmallest
from itertools import combinations
from pathlib import Path
from typing import Any

from troupe_es.commands import Edge
from troupe_es.errors import UsageError
from troupe_es.extras import need
from troupe_es.scenario.staging import Generated

MOST_COMPARED = 3000
"""People whose personas are compared with each other: it takes time with the square of their number."""

WORD = re.compile(r"\w{4,}")
"""What two personas can have in common: words of four letters or more."""


def read(path: str | os.PathLike[str], directed: bool = False, known: Callable[[str], object] = str) -> list[Edge]:
    """Return the relations in the CSV file at ``path``: columns from, to and, if wanted, name and weight.

    Raises UsageError that names the file and the line, also where ``known``, which is handed every name, raises one.
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or 'it is not UTF-8'}") from None
    return list(_lines(text, str(path), directed, known))


def _lines(text: str, source: str, directed: bool, known: Callable[[str], object]) -> Iterator[Edge]:
    rows = csv.DictReader(io.StringIO(text, newline=""), skipinitialspace=True)
    columns = rows.fieldnames or []
    if not {"from", "to"} <= set(columns) <= {"from", "to", "name", "weight"}:
        first = ",".join(columns)
        raise UsageError(f"{source}: the first line must be 'from,to', or 'from,to,name,weight', not {first!r}")
    try:
        for row in rows:
            where = f"{source}: line {rows.line_num}"
            edge = _relation(row, where, directed)
            try:
                known(edge.a), known(edge.b)
            except UsageError as error:
                raise UsageError(f"{where}: {error}") from None
            yield edge
    except csv.Error as error:
        raise UsageError(f"{source}: line {rows.line_num}: {error}") from None


def _relation(row: Mapping[str | None, Any], where: str, directed: bool) -> Edge:
    if None in row or not (row["from"] or "").strip() or not (row["to"] or "").strip():
        raise UsageError(f"{where}: must name two people, and hold no more than there are columns")
    try:
        weight = float(row.get("weight") or 1)
    except ValueError:
        weight = 0.0
    if not 0 < weight < float("inf"):
        raise UsageError(f"{where}: the weight must be a number above 0, not {row['weight']!r}")
    return Edge(row["from"].strip(), row["to"].strip(), (row.get("name") or "").strip(), weight, directed)


def generate(wanted: Generated, people: Mapping[str, Mapping[str, Any]], seed: int) -> list[Edge]:
    """Return the relations of a network as ``wanted`` among ``people`` (personas by name), drawn from ``seed``.

    With similarity, weights say how alike two personas are: the words they share among all that either has.
    Raises UsageError for too few or too many people, and where networkx is not installed.
    """
    names, count = list(people), wanted.neighbours
    if wanted.kind == "complete":
        return [Edge(a, b, wanted.name) for a, b in combinations(names, 2)]
    if count >= len(names):
        raise UsageError(f"a network in which each knows {count} people needs more than {len(names)} of them")
    if wanted.kind == "similarity":
        return _alike(people, count, wanted.name)
    pairs = sorted(tuple(sorted(pair)) for pair in _drawn(wanted, len(names), seed))
    return [Edge(names[a], names[b], wanted.name) for a, b in pairs]


def _drawn(wanted: Generated, size: int, seed: int) -> Iterable[tuple[int, int]]:
    """Return the pairs of a network of ``size`` people, by their places."""
    networkx = need("networkx", "networks", f"{wanted.kind} networks")
    count = wanted.neighbours
    if wanted.kind in ("small-world", "ring") and count % 2:
        raise UsageError(f"in a {wanted.kind} network everybody knows as many on either side: {count} is odd")
    match wanted.kind:
        case "small-world":
            graph = networkx.watts_strogatz_graph(size, count, wanted.rewire, seed=seed)
        case "scale-free":
            graph = networkx.barabasi_albert_graph(size, max(1, count // 2), seed=seed)
        case "ring":
            graph = networkx.circulant_graph(size, [*range(1, count // 2 + 1)])
        case _:
            graph = networkx.fast_gnp_random_graph(size, count / (size - 1), seed=seed)
    pairs: Iterable[tuple[int, int]] = graph.edges()
    return pairs


def _alike(people: Mapping[str, Mapping[str, Any]], count: int, name: str) -> list[Edge]:
    """Relate everybody to the ``count`` people most like them (their Jaccard index), where there is any likeness."""
    if len(people) > MOST_COMPARED:
        raise UsageError(f"{len(people)} personas are too many to compare; the most is {MOST_COMPARED}")
    names = list(people)
    words = [frozenset(_words({**persona, "name": ""})) for persona in people.values()]
    pairs: dict[tuple[int, int], float] = {}
    for one in range(len(names)):
        likeness = [(-_jaccard(words[one], words[other]), other) for other in range(len(names)) if other != one]
        for less, other in nsmallest(count, likeness):
            if less:
                pairs[min(one, other), max(one, other)] = round(-less, 3) or 0.001
    return [Edge(names[a], names[b], name, weight) for (a, b), weight in sorted(pairs.items())]


def _jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    shared = len(one & other)
    return shared / (len(one) + len(other) - shared) if shared else 0.0


def _words(value: Any) -> Iterator[str]:
    """Yield the words that stand in a persona, in lower case."""
    if isinstance(value, str):
        yield from WORD.findall(value.casefold())
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _words(part)
    elif isinstance(value, Sequence):
        for part in value:
            yield from _words(part)
