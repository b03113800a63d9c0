"""Where pages find each other: events and people of a life, and other lives of the store."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode


def life(ref: str) -> str:
    """Return the page of the branch that a reference names."""
    simulation, _, branch = ref.partition("@")[0].partition("/")
    return f"/runs/{quote(simulation)}/{quote(branch or 'main')}"


def event(ref: str, seq: int) -> str:
    """Return the page of an event."""
    return f"{life(ref)}/events/{seq}"


def with_query(path: str, **values: Any) -> str:
    """Return ``path`` with a query of what is not empty."""
    given: Mapping[str, Any] = {name: value for name, value in values.items() if value not in (None, "")}
    return f"{path}?{urlencode(given)}" if given else path


class Links:
    """What ``pieces.html`` asks for a place: the pages of one life at one moment."""

    def __init__(self, ref: str, at: int | None = None) -> None:
        self.ref = ref
        self.at = at

    def event(self, seq: int, ref: str | None = None) -> str:
        """Return the page of an event, of this life if no other is named."""
        return event(ref or self.ref, seq)

    def person(self, id: str | None) -> str | None:
        """Return the page of a person at this moment."""
        return None if id is None else with_query(f"{life(self.ref)}/people/{quote(id, safe='')}", at=self.at)
