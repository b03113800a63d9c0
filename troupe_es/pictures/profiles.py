"""What is drawn of a population's profile: which traits, and of each which values; of one population, or of two."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from troupe_es.errors import UsageError
from troupe_es.pictures.drawing import Label, Picture
from troupe_es.pictures.population import contrast, profile
from troupe_es.profiling import Facet, Profile, beside, compare

T = TypeVar("T")
OTHERS = "(any other)"
MOST_DRAWN = 12
"""Traits in a picture of two populations: those that differ most."""


def of_profile(found: Profile, title: str, top: int = 5) -> Picture:
    """Return a picture of the numbers and categories that half of the people have, the ``top`` categories of each.

    Raises UsageError where there are none.
    """
    counts = {path: (facet, facet.counts) for path, facet in found.facets.items() if _counted(facet, found)}
    if not counts:
        raise UsageError(f"{title}: there is nothing to draw: no trait that half of the people have is counted")
    return profile({path: _commonest(facet, each, top, sum) for path, (facet, each) in counts.items()}, title)


def of_profiles(one: Profile, other: Profile, names: tuple[str, str], top: int = 5) -> Picture:
    """Return a picture of two populations beside each other, what they differ most in first: 12 traits at most.

    Numbers are in the same ranges for both; of categories the ``top`` ones are drawn, and how many have any other.
    Raises UsageError where there is nothing ``comparable``.
    """
    paths = comparable(one, other)
    if not paths:
        raise UsageError(
            f"{' and '.join(names)}: there is nothing to draw: no trait that half of both have is counted"
        )
    facets = {path: (one.facets[path], other.facets[path]) for path in paths[:MOST_DRAWN]}
    shown = {path: _commonest(pair[0], beside(*pair), top, _both) for path, pair in facets.items()}
    foot = f"The {len(shown)} traits that differ most, of {len(paths)}." if len(shown) < len(paths) else ""
    return contrast(shown, " against ".join(names), names, foot=foot)


def comparable(one: Profile, other: Profile) -> list[str]:
    """Return the numbers and categories that half of the people of both have, what differs most first."""
    there = [each.path for each in compare(one, other) if each.distance is not None]
    return [path for path in there if _counted(one.facets[path], one) and _counted(other.facets[path], other)]


def _counted(facet: Facet, found: Profile) -> bool:
    often = 2 * facet.present >= found.people
    return often and facet.kind in ("number", "category") and facet.path != "name"


def _commonest(facet: Facet, counts: Mapping[str, T], top: int, added: Callable[[Sequence[T]], T]) -> dict[Label, T]:
    """Return the ``top`` categories, and how many have any other: shares are those of everybody. Ranges stay."""
    ranked: list[tuple[Label, T]] = list(counts.items())
    if facet.kind == "number" or len(ranked) <= top:
        return dict(ranked)
    return {**dict(ranked[:top]), OTHERS: added([count for _, count in ranked[top:]])}


def _both(pairs: Sequence[tuple[int, int]]) -> tuple[int, int]:
    return sum(here for here, _ in pairs), sum(there for _, there in pairs)
