"""How alike actions are in their words, and whether somebody is about to repeat themselves.

Likeness is the Jaccard index (Jaccard, 1901) of the sets of words: those in both over those in either, from 0 to 1;
case, order and punctuation count for nothing. Two without any words are alike.
"""

import re
from collections.abc import Iterator

from troupe_es.acting import Acting, Part
from troupe_es.acts import Intent
from troupe_es.events import Body, types
from troupe_es.projections import Person, State

WORD = re.compile(r"\w+")
LOOKED_AT = 200
"""The latest memories among which earlier actions are looked for: a long life costs no more than a short one."""


def likeness(one: str, other: str) -> float:
    """Return how alike two texts are in their words, from 0 to 1."""
    ours, theirs = (set(WORD.findall(text.casefold())) for text in (one, other))
    return len(ours & theirs) / len(ours | theirs) if ours or theirs else 1.0


def repeated(acting: Acting, person: Person, intent: Intent) -> float | None:
    """Return how like the last action of its kind and target an ``intent`` is, if that is too much; else None."""
    most = acting.state.settings.repetition
    if most is None:
        return None
    wanted = _meant(acting.state, person, intent)
    for kind, target, content in earlier(acting, person):
        if (kind, target) == wanted:
            alike = likeness(content, intent.content)
            return alike if alike >= most else None
    return None


def earlier(acting: Acting, person: Person) -> Iterator[tuple[str, str | None, str]]:
    """Yield (kind, target, content) of what ``person`` did, the latest first, this turn included."""
    for part in reversed(acting.parts):
        if isinstance(part, Intent):
            yield *_meant(acting.state, person, part), part.content
    turn = acting.state.open_turn
    for seq in reversed(person.memory[-LOOKED_AT:]):
        event = acting.state.read(seq)
        mine = event.actor == person.id and (turn is None or seq < turn.started)
        if mine and (done := _done(event.body)) is not None:
            yield done


def _done(body: Body | Part) -> tuple[str, str | None, str] | None:
    match body:
        case types.ActionTaken():
            return body.kind, body.target, body.content
        case types.FacultyUsed():
            return body.kind, body.target, body.content
    return None


def _meant(state: State, person: Person, intent: Intent) -> tuple[str, str | None]:
    """Return the kind of an action and whom it is for, as far as names tell: by id, or None for everybody."""
    if intent.kind == "THINK":
        return intent.kind, None
    if intent.kind not in ("TALK", "REACH_OUT"):
        return intent.kind, intent.target
    among = state.worlds[person.world].people if intent.kind == "TALK" else None
    found = state.find(intent.target, among)
    return intent.kind, found.id if found is not None and found is not person else None
