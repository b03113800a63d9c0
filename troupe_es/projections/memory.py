"""What a person has perceived and done, as references to events: never copies of their text.

Appending costs the same however much is remembered. Saved, full blocks of references are sealed: each block names
the one before it, so saving again writes only what is new.
"""

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence

BLOCK = 1024
"""References in one sealed block."""

Put = Callable[[bytes], str]
Get = Callable[[str], bytes]


class Memory:
    """An append-only list of event sequence numbers, in the order in which they were perceived."""

    __slots__ = ("refs", "seals")

    def __init__(self, refs: Sequence[int] = ()) -> None:
        self.refs = array("Q", refs)
        self.seals: list[str] = []

    def append(self, seq: int) -> None:
        """Remember the event at ``seq``."""
        self.refs.append(seq)

    def extend(self, seqs: Iterable[int]) -> None:
        """Remember several events, in this order."""
        self.refs.extend(seqs)

    def __len__(self) -> int:
        return len(self.refs)

    def __iter__(self) -> Iterator[int]:
        return iter(self.refs)

    def __getitem__(self, part: slice) -> Sequence[int]:
        return self.refs[part]

    def save(self, put: Put) -> dict[str, object]:
        """Return this memory as JSON; full blocks go through ``put``, each at most once in a life."""
        while (len(self.seals) + 1) * BLOCK <= len(self.refs):
            start = len(self.seals) * BLOCK
            previous = bytes.fromhex(self.seals[-1]) if self.seals else bytes(32)
            self.seals.append(put(previous + self.refs[start : start + BLOCK].tobytes()))
        rest = self.refs[len(self.seals) * BLOCK :]
        return {"sealed": self.seals[-1] if self.seals else None, "rest": rest.tolist()}

    @classmethod
    def load(cls, saved: dict[str, object], get: Get) -> "Memory":
        """Return the memory that ``save`` wrote. Raises KeyError when a block is gone."""
        memory = cls()
        blocks: list[tuple[str, bytes]] = []
        sealed = saved["sealed"]
        while sealed:
            assert isinstance(sealed, str)
            content = get(sealed)
            blocks.append((sealed, content[32:]))
            sealed = content[:32].hex() if any(content[:32]) else None
        for seal, content in reversed(blocks):
            memory.seals.append(seal)
            memory.refs.frombytes(content)
        rest = saved["rest"]
        assert isinstance(rest, list)
        memory.refs.extend(rest)
        return memory
