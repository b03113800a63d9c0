"""What a person is shown: who they are, what they remember in order, and last the moment.

Prompts are extended, not rebuilt. The persona stands first and never moves; each closed turn adds one message of
what was perceived and one of what was done; only the last message is new each time. The memory window drops its
oldest part in blocks, so that most prompts share all but their tail with the one before, and a provider's prefix
cache can serve them.

A turn that a fork cut in the middle is shown what it was shown when it began.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, cast

from troupe_es import canonical
from troupe_es.agent import company, templates
from troupe_es.agent.faculty import offered
from troupe_es.agent.memory import window
from troupe_es.agent.outline import line
from troupe_es.agent.paths import replace
from troupe_es.agent.persona import outline
from troupe_es.events import Body, Event, types
from troupe_es.llm import Message, images
from troupe_es.projections import Person, State

UNSEEN = "(an image you cannot see)"
LINES = 8192
"""Lines kept at hand: what a room heard is told to everyone in it."""


def turn(state: State, person: Person, sees: bool = False) -> Message:
    """Return the prompt for ``person``'s next turn; ``sees`` is whether the model takes images."""
    moment = templates.MOMENT.substitute(
        time=state.clock.replace("T", " "),
        place=company.place(state, person.world),
        here=company.told(state, person),
        mind=canonical.told(person.mind.model_dump(mode="json")),
    )
    return Message("user", moment, remembered(state, person, sees))


def question(state: State, person: Person, words: str, sees: bool = False) -> Message:
    """Return the prompt that asks ``person`` in private; ``sees`` as above."""
    asked = templates.QUESTION.substitute(
        time=state.clock.replace("T", " "), question=canonical.told({"question": words})
    )
    return Message("user", asked, remembered(state, person, sees))


def minibio(state: State, person: Person) -> Message:
    """Return the prompt that asks for a short biography: of the persona as it stands, and of nothing else."""
    text = templates.MINIBIO.substitute(name=line(person.name), persona=outline(traits(state, person)))
    return Message("user", text)


def further(answered: Message, results: Sequence[types.ResultSeen]) -> Message:
    """Return the prompt that goes on after an answer whose actions had ``results``."""
    lines = "\n".join(_result(result) for result in results)
    return Message("user", templates.FURTHER.substitute(results=lines), answered)


def traits(state: State, person: Person) -> dict[str, Any]:
    """Return the persona as it stands: as added, with every change since."""
    if "traits" not in person.cache:
        added = state.read(person.added).body
        assert isinstance(added, types.PersonAdded)
        current: dict[str, Any] = dict(added.persona)
        for seq in person.changes:
            for path, after in changes(state.read(seq).body):
                current = replace(current, path, after)
        person.cache["traits"] = current
    found: dict[str, Any] = person.cache["traits"]
    return found


def changes(body: Body) -> list[tuple[str, Any]]:
    """Return what an event sets in a persona: paths and values, in order."""
    if isinstance(body, types.FragmentMerged):
        return [(change.path, change.after) for change in body.changes]
    assert isinstance(body, types.PersonChanged)
    return [(body.path, body.after)]


def system(state: State, person: Person) -> Message:
    """Return the first message: who the person is and how to act."""
    key = f"system/{state.settings.max_actions}"
    if key not in person.cache:
        text = templates.PERSON.substitute(
            name=" ".join(person.name.split()),
            persona=outline(traits(state, person)),
            most=state.settings.max_actions,
        )
        offers = [f"- {line(kind)}: {offer.use}" for kind, (_, offer) in offered(state, person).items()]
        if offers:
            text = templates.FACULTIES.substitute(system=text, offers="\n".join(offers))
        person.cache[key] = Message("system", text)
    found: Message = person.cache[key]
    return found


def remembered(state: State, person: Person, sees: bool) -> Message:
    """Return the prompt up to the present moment: the persona and the window on memory.

    An image stands in a message of its own after what was perceived with it, for models that see; others are told
    that there is one.
    """
    count = seen(state, person)
    start = window.start(state, person, count)
    shown: Sequence[int | None] = person.memory[:count]
    if start > state.settings.memory_first:
        shown = [*person.memory[: state.settings.memory_first], None, *person.memory[start:count]]
    first = system(state, person)
    since, done, message = person.cache.get("window", (-1, 0, first))
    of = (first.hash, state.settings.memory_first, sees, state.settings.episode is None)
    if (since, of) != (start, person.cache.get("window of")):
        done, message = 0, first
    writer = _Writer(state, person, message, sees, start)
    for place in writer.write(shown, done):
        person.cache["window"], person.cache["window of"] = (start, place, writer.message), of
    return writer.finish()


def seen(state: State, person: Person) -> int:
    """Return how many memories count for the next prompt: those from before the turn, if it is cut in the middle."""
    count = len(person.memory)
    turn = state.open_turn
    if turn is not None and turn.person == person.id:
        while count and person.memory[count - 1 : count][0] >= turn.started:
            count -= 1
    return count


class _Writer:
    """Turns memories into messages: what was perceived, then what was done, closed by the end of each turn."""

    def __init__(self, state: State, person: Person, message: Message, sees: bool, start: int) -> None:
        self.state = state
        self.person = person
        self.message = message
        self.sees = sees
        self.start = start
        self.perceived: list[str | types.Picture] = []
        self.late: list[str | types.Picture] = []
        self.done: list[dict[str, str]] = []

    def write(self, shown: Sequence[int | None], done: int) -> Iterator[int]:
        """Write what is shown after the first ``done``; yields the place of each end of a turn that closes it."""
        told, who = self.state.told, self.person.id
        for place, seq in enumerate(shown[done:], done + 1):
            said = told.get(seq or 0)
            if said is not None and said[0] != who:
                (self.late if self.done else self.perceived).append(said[1])
            elif seq is None:
                self._leave_out()
            elif self._write(seq):
                yield place

    def _write(self, seq: int) -> bool:
        """Write one memory; say whether it is the end of a turn that closes it."""
        event = self.state.read(seq)
        match event.body:
            case types.ActionTaken() if event.actor != self.person.id:
                (self.late if self.done else self.perceived).append(_heard_by_all(event, self.state))
            case types.ActionTaken() as action:
                self.done.append(_own(action, self.state))
            case types.FacultyUsed() as used:
                self.done.append({"type": used.kind, "content": used.content, "target": used.target})
            case types.PersonWent() as went:
                self.done.append(_went(went, self.state))
                self.late.append(company.located(self.state, went.world))
            case types.ResultSeen() as result:
                self.flush()
                self.perceived.append(_result(result))
            case types.TurnEnded() as ended:
                self.flush(ended)
                return not self.perceived
            case _:
                (self.late if self.done else self.perceived).extend(_heard(event, self.state, self.sees))
        return False

    def _leave_out(self) -> None:
        """Write what stands in place of the memories that are left out."""
        self.flush()
        *before, last = window.left_out(self.state, self.person, self.start)
        for lines in before:
            self.perceived += lines
            self.flush()
        self.perceived += last

    def flush(self, ended: types.TurnEnded | None = None) -> None:
        """Write what is pending; ``ended`` adds the state of mind that closed the turn."""
        self._show()
        if self.done or ended:
            said: dict[str, Any] = {"actions": [*self.done, {"type": "DONE", "content": "", "target": ""}]}
            if ended:
                said["cognitive_state"] = ended.mind.model_dump(mode="json")
            self.message = Message("assistant", canonical.told(said), self.message)
        self.perceived, self.late, self.done = self.late, [], []

    def _show(self) -> None:
        """Write what was perceived: lines in one message, as far as no image comes between them."""
        for kind, parts in groupby(self.perceived, type):
            if kind is str:
                self.message = Message("user", "\n".join(cast(Iterator[str], parts)), self.message)
                continue
            for picture in cast(Iterator[types.Picture], parts):
                self.message = images.message(picture.sha256, picture.media, self.message)

    def finish(self) -> Message:
        """Return the prompt with everything written."""
        while self.perceived or self.done:
            self.flush()
        return self.message


def shown(event: Event, state: State, person: Person) -> str:
    """Return one thing that ``person`` remembers as a line of JSON."""
    match event.body:
        case types.ActionTaken() as action if event.actor == person.id:
            return canonical.told(_own(action, state))
        case types.FacultyUsed() as used:
            return canonical.told({"type": used.kind, "content": used.content, "target": used.target})
        case types.PersonWent() as went:
            return canonical.told(_went(went, state))
        case types.ResultSeen() as result:
            return _result(result)
        case types.TurnEnded() as ended:
            return canonical.told({"cognitive_state": ended.mind.model_dump(mode="json")})
    line = _heard(event, state, False)[0]
    assert isinstance(line, str)
    return line


def _result(result: types.ResultSeen) -> str:
    return canonical.told({"stimulus": "RESULT", "of": result.kind, "content": result.content})


def _own(action: types.ActionTaken, state: State) -> dict[str, str]:
    return {"type": action.kind, "content": action.content, "target": name_of(action.target, state)}


def _went(went: types.PersonWent, state: State) -> dict[str, str]:
    return {"type": "MOVE_TO", "content": "", "target": state.worlds[went.world].name}


def _heard(event: Event, state: State, sees: bool) -> list[str | types.Picture]:
    """One perceived thing as a line of JSON, a string that no content can break out of, and the image with it."""
    body = event.body
    if not isinstance(body, types.StimulusGiven):
        return [_said(event, state)]
    if body.image is None or sees:
        line = _line(body.kind, body.speaker, None, body.content)
        return [line] if body.image is None else [line, body.image]
    told = {"stimulus": body.kind, "from": body.speaker, "content": body.content}
    return [canonical.told({**told, "image": UNSEEN})]


def _heard_by_all(event: Event, state: State) -> str:
    """Return what somebody said as a line, which is kept: everyone who hears it is told the same."""
    if len(state.told) >= LINES:
        state.told.clear()
    line = _said(event, state)
    state.told[event.seq] = (event.actor, line)
    return line


def _said(event: Event, state: State) -> str:
    body = event.body
    if isinstance(body, types.PersonMoved):
        return company.located(state, body.world)
    if isinstance(body, types.AppointmentMade):
        return _invited(event, body, state)
    assert isinstance(body, types.ActionTaken)
    kind = "SOCIAL" if body.kind == "REACH_OUT" else "CONVERSATION"
    to = None if body.target is None else name_of(body.target, state)
    return _line(kind, name_of(event.actor, state), to, body.content)


def _invited(event: Event, body: types.AppointmentMade, state: State) -> str:
    attendees = [name_of(id, state) for id in body.attendees]
    told = {**body.model_dump(exclude={"type", "repaired"}), "attendees": attendees}
    return canonical.told({"stimulus": "INVITATION", "from": name_of(event.actor, state), "appointment": told})


def _line(stimulus: str, speaker: str, to: str | None, content: str) -> str:
    said = {"stimulus": stimulus, "from": speaker}
    if to is not None:
        said["to"] = to
    return canonical.told({**said, "content": content})


def name_of(id: str | None, state: State) -> str:
    """Return the display name of whoever has or had this id."""
    if id is None:
        return ""
    person = state.people.get(id)
    return person.name if person else state.gone.get(id, id)
