"""The window on memory: what a prompt shows of a long life, and what stands in place of the rest.

Its start moves seldom, so that prompts share their beginning: in blocks of a fixed size or, where episodes are
consolidated, from the end of one to the end of a later one. Then what was kept of the episodes left out stands in
their place, a message for each, so that one episode more leaves those before it as they are.
"""

from bisect import bisect_left, bisect_right

from troupe_es import canonical
from troupe_es.events import types
from troupe_es.projections import Person, State

OMISSION = '{"omitted":"Some earlier memories are left out here."}'
DISTILLED = '{"omitted":"Some earlier memories are left out here. This is what you remember from before:"}'
SHOWN = 8
"""At least so many of the latest episodes left out are told by what was kept of them; at most, nearly twice."""


def start(state: State, person: Person, count: int) -> int:
    """Return where the latest part of the window begins among the first ``count`` memories of ``person``."""
    settings = state.settings
    if settings.episode is None:
        return max(0, (count - settings.memory_last) // settings.memory_block) * settings.memory_block
    over = bisect_right(person.ends.refs, count - settings.memory_last)
    return person.ends.refs[over - 1] if over else 0


def left_out(state: State, person: Person, start: int) -> list[list[str]]:
    """Return the lines that stand in place of what is left out before ``start``, by message.

    The last ones stand at the head of what is shown again.
    """
    if state.settings.episode is None:
        return [[OMISSION]]
    over = bisect_right(person.ends.refs, start)
    begin = max(0, (over - SHOWN) // SHOWN) * SHOWN
    told = [[line(state, seq) for seq in _formed(person, number)] for number in range(begin, over)]
    kept = [lines for lines in told if lines]
    return [[DISTILLED], *kept, []] if kept else [[OMISSION]]


def line(state: State, seq: int) -> str:
    """Return a semantic memory as a line of JSON."""
    body = state.read(seq).body
    if isinstance(body, types.MemoryFormed):
        return canonical.told({"memory": body.kind, "content": body.content})
    assert isinstance(body, types.InsightFormed)
    return canonical.told({"memory": "insight", "content": body.content})


def _formed(person: Person, number: int) -> list[int]:
    """What was kept of the episode of this number, and understood since the one before it."""
    before = person.episodes.refs[number - 1] if number else 0
    formed = person.semantic.refs
    return list(formed[bisect_right(formed, before) : bisect_left(formed, person.episodes.refs[number])])
