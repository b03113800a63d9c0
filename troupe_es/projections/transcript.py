"""Who did and said what, in order: the lines that people read, from the events alone."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from troupe_es.events import Event, types


class Line(NamedTuple):
    """One line of a transcript. ``to`` is a display name, ``everyone``, or empty for what is not said."""

    seq: int
    step: int
    time: str
    who: str
    kind: str
    to: str
    content: str


def transcript(events: Iterable[Event]) -> Iterator[Line]:
    """Yield a line for everything perceived, thought, said, asked and answered.

    Takes events from the first one on, because names are learnt from them.
    """
    names: dict[str, str] = {}
    for event in events:
        body = event.body
        if isinstance(body, types.PersonAdded):
            names[body.person] = body.name
        elif isinstance(body, types.PersonChanged) and body.path == "name":
            names[body.person] = str(body.after)
        line = _line(event, names)
        if line is not None:
            yield line


def _line(event: Event, names: dict[str, str]) -> Line | None:
    body = event.body
    who = names.get(event.actor or "", event.actor or "")

    def line(who: str, kind: str, to: str, content: str) -> Line:
        return Line(event.seq, event.step, event.time, who, kind, to, content)

    match body:
        case types.StimulusGiven():
            to = "everyone" if body.world is not None else ", ".join(names.get(id, id) for id in body.to)
            return line(body.speaker, body.kind, to, body.content)
        case types.ActionTaken():
            said = names.get(body.target, body.target) if body.target is not None else "everyone"
            return line(who, body.kind, "" if body.kind == "THINK" else said, body.content)
        case types.TurnFailed():
            return line(who, "FAILED", "", body.reason)
        case types.QuestionAsked():
            return line("", "QUESTION", names.get(body.person, body.person), body.question)
        case types.QuestionAnswered():
            return line(who, "ANSWER", "", body.answer if body.failed is None else f"({body.failed})")
    return None
