"""Who is meant by a name: an index of whole and first names, so that nobody is looked for among everybody."""

from collections.abc import Collection, Iterator, Set
from itertools import islice


class Names:
    """The ids of people by what they are called, in any case."""

    __slots__ = ("first", "whole")

    def __init__(self) -> None:
        self.whole: dict[str, dict[str, None]] = {}
        self.first: dict[str, dict[str, None]] = {}

    def add(self, id: str, name: str) -> None:
        """Enter who is called ``name``; an id is a name too."""
        for index, key in self._keys(id, name):
            index.setdefault(key, {})[id] = None

    def drop(self, id: str, name: str) -> None:
        """Take out who was called ``name``."""
        for index, key in self._keys(id, name):
            index[key].pop(id, None)
            if not index[key]:
                del index[key]

    def _keys(self, id: str, name: str) -> Iterator[tuple[dict[str, dict[str, None]], str]]:
        called = name.casefold()
        for key in {called, id}:
            yield self.whole, key
        yield self.first, called.split(" ", 1)[0]

    def find(self, wanted: str, among: Set[str] | None = None) -> str | None:
        """Return the one id that ``wanted`` (in lower case) stands for; None where it is nobody or several people.

        A whole name goes before a first name. ``among`` are those who can be meant.
        """
        for index in (self.whole, self.first):
            found = _two(index.get(wanted, {}).keys(), among)
            if len(found) == 1:
                return found[0]
        return None


def _two(ids: Set[str], among: Set[str] | None) -> list[str]:
    """Return at most two of ``ids`` that are ``among`` the others too, looking through the fewer."""
    if among is None:
        return list(islice(ids, 2))
    few: Collection[str]
    few, many = (ids, among) if len(ids) <= len(among) else (among, ids)
    return list(islice((id for id in few if id in many), 2))
