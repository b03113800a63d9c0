"""The calendar, in simulated time: a person enters appointments, and those who are invited perceive them and have
them in their own calendars from then on.

An appointment is an event. A calendar is what the fold keeps of them for each person, and in the turn that makes one
also what the act has made so far: a turn that a fork cut in the middle sees what it saw when it was whole.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from troupe_es import canonical
from troupe_es.acting import Acting, Misfit
from troupe_es.acts import Intent
from troupe_es.agent.faculties.content import failed, object_in, read
from troupe_es.agent.faculty import Offer
from troupe_es.errors import BadCommand
from troupe_es.events import types
from troupe_es.llm import Effect
from troupe_es.projections import Person, State
from troupe_es.tools import plain

CREATE, LIST, FIND = "CREATE_EVENT", "LIST_EVENTS", "FIND_EVENT"
OFFERS = (
    Offer(
        CREATE,
        'enter an appointment into your calendar. "content" is a JSON object {"title":"...",'
        '"start":"2026-01-05T14:00","end":"2026-01-05T15:00","attendees":["Full Name"],"place":"...","notes":"..."}; '
        "only title and start are required. Attendees learn of it.",
    ),
    Offer(
        LIST,
        'list your appointments. "content" is empty for those to come, or a JSON object '
        '{"from":"2026-01-05","to":"2026-01-09"}.',
    ),
    Offer(FIND, 'find appointments of yours. "content" is words of their title, place or notes.'),
)
HOUR = timedelta(hours=1)
DAY = len("2026-01-05")
MOST = 50
"""Appointments that one look at a calendar shows."""


class _Wanted(BaseModel):
    model_config = ConfigDict(extra="ignore", defer_build=True)

    title: str = Field(min_length=1, max_length=200)
    start: str
    end: str = ""
    attendees: list[str] = Field(default_factory=list, max_length=100)
    place: str = Field("", max_length=200)
    notes: str = Field("", max_length=2000)


class Calendar:
    """Enters, lists and finds appointments; it has no options."""

    def check(self, options: Mapping[str, Any]) -> None:
        """Refuse options."""
        if options:
            raise BadCommand(f"a calendar has no options, but {', '.join(options)} is given")

    def offers(self, options: Mapping[str, Any]) -> tuple[Offer, ...]:
        """Return the three actions."""
        return OFFERS

    def perform(self, acting: Acting, person: Person, intent: Intent, options: Mapping[str, Any]) -> Effect[None]:
        """Enter an appointment, or look some up; nobody is asked."""
        try:
            acting.happen(_done(acting, person, intent))
        except Misfit as error:
            acting.happen(failed(intent, f"The calendar could not do that: {error}"))
        yield from ()


def _done(acting: Acting, person: Person, intent: Intent) -> types.AppointmentMade | types.ResultSeen:
    if intent.kind == CREATE:
        return _made(acting.state, person, read(_Wanted, intent.content))
    entries = sorted(_calendar(acting, person), key=lambda entry: (entry[1].start, entry[0] or 0))
    if intent.kind == FIND:
        return _told(intent.kind, [entry for entry in entries if _fits(entry[1], intent.content)])
    start, end = _window(acting.state, intent.content)
    return _told(intent.kind, [entry for entry in entries if start <= entry[1].end and entry[1].start <= end])


def _made(state: State, person: Person, wanted: _Wanted) -> types.AppointmentMade:
    start = _moment(wanted.start, "start")
    try:
        end = _moment(wanted.end, "end") if wanted.end.strip() else start + HOUR
    except OverflowError:
        raise Misfit("start: is beyond all calendars.") from None
    if end < start:
        raise Misfit("end: is before the start.")
    attendees = []
    for name in wanted.attendees:
        found = state.find(name)
        apart = state.worlds[person.world].access == "network"
        if found is None or (apart and found.id != person.id and found.id not in person.near):
            raise Misfit(f"attendees: nobody who can be reached is known as {name[:60]!r}.")
        if found.id != person.id:
            attendees.append(found.id)
    title, place = (" ".join(plain(words).split()) for words in (wanted.title, wanted.place))
    if not title:
        raise Misfit("title: must have something in it.")
    return types.AppointmentMade(
        title=title,
        start=start.isoformat(),
        end=end.isoformat(),
        attendees=list(dict.fromkeys(attendees)),
        place=place,
        notes=plain(wanted.notes),
    )


def _moment(words: str, what: str) -> datetime:
    """Return a time of the simulated world, to the second."""
    try:
        moment = datetime.fromisoformat(words.strip())
    except ValueError:
        raise Misfit(f"{what}: {words[:40]!r} is no time; write it like 2026-01-05T14:00.") from None
    if moment.tzinfo is not None:
        raise Misfit(f"{what}: leave the time zone out.")
    return moment.replace(microsecond=0)


def _window(state: State, content: str) -> tuple[str, str]:
    """Return from when to when is looked, as ISO texts, which sort as times do."""
    asked = object_in(content) if "{" in content else {}
    start = _moment(str(asked["from"]), "from").isoformat() if asked.get("from") else state.clock
    if not asked.get("to"):
        return start, "9999-12-31T23:59:59"
    words = str(asked["to"]).strip()
    end = _moment(words, "to").isoformat()
    return start, f"{end[:DAY]}T23:59:59" if len(words) <= DAY else end


def _calendar(acting: Acting, person: Person) -> Iterator[tuple[int | None, types.AppointmentMade]]:
    """The appointments of ``person`` as the turn began, then those it has made, which have no number yet."""
    turn = acting.state.open_turn
    begun = turn.started if turn is not None and turn.person == person.id else None
    for seq in person.calendar:
        body = acting.state.read(seq).body
        if isinstance(body, types.AppointmentMade) and (begun is None or seq < begun):
            yield seq, body
    for part in acting.parts:
        if isinstance(part, types.AppointmentMade):
            yield None, part


def _fits(entry: types.AppointmentMade, content: str) -> bool:
    text = f"{entry.title} {entry.place} {entry.notes}".casefold()
    words = content.casefold().split()
    return bool(words) and all(word in text for word in words)


def _told(kind: str, entries: list[tuple[int | None, types.AppointmentMade]]) -> types.ResultSeen:
    """Return what is seen of a calendar, each appointment as an object."""
    shown = entries[:MOST]
    content = canonical.told([entry.model_dump(exclude={"type", "repaired"}) for _, entry in shown])
    if len(entries) > MOST:
        content += f" and {len(entries) - MOST} more"
    found = [types.Found(seq=seq, score=1.0) for seq, _ in shown if seq is not None]
    return types.ResultSeen(kind=kind, content=content if entries else "no appointments", found=found)
