"""Who did and said what, in order: the lines that people read, from the events alone."""

import json
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from troupe_es.events import Event, types


class Line(NamedTuple):
    """One line of a transcript. ``to`` is a display name, ``everyone``, or empty for what reaches nobody."""

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
        line = line_of(event, names)
        if line is not None:
            yield line


def line_of(event: Event, names: dict[str, str]) -> Line | None:
    """Return the line ``event`` is, or None; display names by id are kept up to date in ``names``."""
    if isinstance(event.body, types.PersonAdded):
        names[event.body.person] = event.body.name
    elif isinstance(event.body, types.PersonChanged) and event.body.path == "name":
        names[event.body.person] = str(event.body.after)
    elif isinstance(event.body, types.FragmentMerged):
        for change in event.body.changes:
            if change.path == "name":
                names[event.body.person] = str(change.after)
    return _line(event, names)


def _line(event: Event, names: dict[str, str]) -> Line | None:
    body = event.body
    who = names.get(event.actor or "", event.actor or "")

    def line(who: str, kind: str, to: str, content: str) -> Line:
        return Line(event.seq, event.step, event.time, who, kind, to, content)

    match body:
        case types.StimulusGiven():
            to = "everyone" if body.world is not None else ", ".join(names.get(id, id) for id in body.to)
            return line(body.speaker, body.kind, to, body.content)
        case types.MinibioWritten():
            return line("", "MINIBIO", names.get(body.person, body.person), body.failed or body.text)
        case types.PersonMoved():
            return line("", "LOCATION", names.get(body.person, body.person), body.world)
        case types.PersonWent():
            return line(who, "MOVE_TO", "", body.world)
        case types.ActionTaken():
            aloud = "everyone" if body.kind == "TALK" else ""  # to reach out to nobody reaches nobody
            return line(who, body.kind, names.get(body.target or "", body.target or aloud), body.content)
        case types.DocumentWritten():
            return line(who, "DOCUMENT", "", f"{body.title}\n\n{body.content}")
        case types.AppointmentMade():
            guests = ", ".join(names.get(id, id) for id in body.attendees)
            return line(who, "APPOINTMENT", guests, f"{body.title}, {body.start} to {body.end}")
        case types.FacultyUsed():
            return line(who, body.kind, body.target, body.content)
        case types.ResultSeen():
            return line("", "RESULT", who, body.content)
        case types.MemoryFormed():
            return line(who, "MEMORY", "", body.content)
        case types.InsightFormed():
            return line(who, "INSIGHT", "", body.content)
        case types.TurnFailed():
            return line(who, "FAILED", "", body.reason)
        case types.InterventionFired():
            return line("", "INTERVENTION", names.get(body.target or "", body.target or ""), body.name)
        case types.StoryTold() if not body.effects:  # else people hear it
            return line("", "STORY", "", body.text if body.failed is None else f"({body.failed})")
        case types.Rewritten():
            return line("", "REWRITTEN", "", body.text if body.failed is None else f"({body.failed})")
        case types.QuestionAsked():
            return line("", "QUESTION", names.get(body.person, body.person), body.question)
        case types.SurveyAnswered() if not body.skipped:
            said = body.answer if isinstance(body.answer, str) else json.dumps(body.answer, ensure_ascii=False)
            content = f"{body.question}: {said}" + (f" ({body.reason})" if body.reason else "")
            return line(who, "SURVEY", "", content if body.failed is None else f"{body.question}: ({body.failed})")
        case types.Extracted():
            return line("", "EXTRACTED", "", "; ".join(_value(value) for value in body.values))
        case types.QuestionAnswered():
            return line(who, "ANSWER", "", body.answer if body.failed is None else f"({body.failed})")
    return None


def _value(found: types.FoundValue) -> str:
    said = found.value if isinstance(found.value, str) else json.dumps(found.value, ensure_ascii=False)
    return f"{found.field}: {said}"
