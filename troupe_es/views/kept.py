"""What was worked out once and stays true: events never change, so it is kept for all who read the same store.

Several handles of one file share what they know where ``share`` says so, as the service's readers do.
"""

from array import array
from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

from troupe_es.log import Log

T = TypeVar("T")


class Kept(Generic[T]):
    """At most ``most`` things by their keys; the one that was not looked at for longest goes first."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._held: OrderedDict[Hashable, T] = OrderedDict()
        self._lock = Lock()

    def find(self, key: Hashable, absent: T) -> T:
        """Return what is kept under ``key``, ``absent`` where nothing is."""
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
            return self._held.get(key, absent)

    def put(self, key: Hashable, made: T) -> T:
        """Keep ``made``, and return it."""
        with self._lock:
            self._held[key] = made
            self._held.move_to_end(key)
            while len(self._held) > self.most:
                self._held.popitem(last=False)
        return made

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return what is kept under ``key``, made now where nothing is."""
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
                return self._held[key]
        return self.put(key, make())


class Memory:
    """What is known of one store: of lives, up to which event; of their events, where those of a kind are."""

    def __init__(self) -> None:
        self.lived: Kept[dict[str, Any]] = Kept(5000)
        self.names: Kept[tuple[int, dict[str, str]]] = Kept(200)
        self.kinds: Kept[dict[str, int]] = Kept(50)
        self.densities: Kept[dict[str, Any]] = Kept(50)
        self.matches: Kept[tuple[int, array[int]]] = Kept(12)


_memories: "WeakKeyDictionary[Log, Memory]" = WeakKeyDictionary()


def memory(log: Log) -> Memory:
    """Return what is known of the store behind a handle."""
    return _memories.setdefault(log, Memory())


def share(log: Log, other: Log) -> None:
    """Let two handles of one file know what either learns."""
    _memories[log] = memory(other)
