"""What a person is shown: who they are, what they remember in order, and last the moment.

Prompts are extended, not rebuilt. The persona stands first and never moves; each closed turn adds one message of
what was perceived and one of what was done; only the last message is new each time. The memory window drops its
oldest part in blocks, so that most prompts share all but their tail with the one before, and a provider's prefix
cache can serve them.

A turn that a fork cut in the middle is shown what it was shown when it began.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from troupe_es import canonical
from troupe_es.agent import templates
from troupe_es.agent.paths import replace
from troupe_es.agent.persona import outline
from troupe_es.events import Event, types
from troupe_es.llm import Message, Response
from troupe_es.projections import Person, State
from troupe_es.projections.state import World

OMISSION = '{"omitted":"Some earlier memories are left out here."}'
MOST_NAMES = 50
MOST_ECHO = 2000
"""Characters of an unusable answer that are shown again."""


def turn(state: State, person: Person) -> Message:
    """Return the prompt for ``person``'s next turn."""
    world = state.worlds[person.world]
    others = [state.people[id].name for id in list(world.people)[: MOST_NAMES + 1] if id != person.id]
    moment = templates.MOMENT.substitute(
        time=state.clock.replace("T", " "),
        place=_place(state, world),
        here=canonical.told({"here": others[:MOST_NAMES]}),
        mind=canonical.told(person.mind.model_dump(mode="json")),
    )
    return Message("user", moment, remembered(state, person))


def _place(state: State, world: World) -> str:
    added = state.read(world.added).body
    assert isinstance(added, types.WorldAdded)
    return canonical.told([world.name, added.description] if added.description else [world.name])


def question(state: State, person: Person, words: str) -> Message:
    """Return the prompt that asks ``person`` in private."""
    asked = templates.QUESTION.substitute(
        time=state.clock.replace("T", " "), question=canonical.told({"question": words})
    )
    return Message("user", asked, remembered(state, person))


def again(prompt: Message, response: Response, reason: str) -> Message:
    """Return ``prompt`` with the unusable answer and the reason, to be asked once more."""
    echo = Message("assistant", response.text[:MOST_ECHO] or "(nothing)", prompt)
    return Message("user", templates.AGAIN.substitute(reason=reason), echo)


def traits(state: State, person: Person) -> dict[str, Any]:
    """Return the persona as it stands: as added, with every change since."""
    if "traits" not in person.cache:
        added = state.read(person.added).body
        assert isinstance(added, types.PersonAdded)
        current: dict[str, Any] = dict(added.persona)
        for seq in person.changes:
            change = state.read(seq).body
            assert isinstance(change, types.PersonChanged)
            current = replace(current, change.path, change.after)
        person.cache["traits"] = current
    found: dict[str, Any] = person.cache["traits"]
    return found


def system(state: State, person: Person) -> Message:
    """Return the first message: who the person is and how to act."""
    key = f"system/{state.settings.max_actions}"
    if key not in person.cache:
        text = templates.PERSON.substitute(
            name=" ".join(person.name.split()),
            persona=outline(traits(state, person)),
            most=state.settings.max_actions,
        )
        person.cache[key] = Message("system", text)
    found: Message = person.cache[key]
    return found


def remembered(state: State, person: Person) -> Message:
    """Return the prompt up to the present moment: the persona and the window on memory."""
    count = seen(state, person)
    start = window_start(count, state)
    parts: list[Sequence[int]] = [person.memory[:count]]
    if start > state.settings.memory_first:
        parts = [person.memory[: state.settings.memory_first], person.memory[start:count]]
    first = system(state, person)
    since, done, message = person.cache.get("window", (-1, 0, first))
    of = (first.hash, state.settings.memory_first)
    if (since, of) != (start, person.cache.get("window of")):
        done, message = 0, first
    writer = _Writer(state, person, message)
    for place, seq in _places(parts):
        if place <= done:
            continue
        writer.write(seq)
        if writer.closed:
            person.cache["window"], person.cache["window of"] = (start, place, writer.message), of
    return writer.finish()


def window_start(count: int, state: State) -> int:
    """Return where the latest part of the window begins among ``count`` memories: a multiple of the block."""
    settings = state.settings
    return max(0, (count - settings.memory_last) // settings.memory_block) * settings.memory_block


def seen(state: State, person: Person) -> int:
    """Return how many memories count for the next prompt: those from before the turn, if it is cut in the middle."""
    count = len(person.memory)
    turn = state.open_turn
    if turn is not None and turn.person == person.id:
        while count and person.memory[count - 1 : count][0] >= turn.started:
            count -= 1
    return count


def _places(parts: list[Sequence[int]]) -> Iterator[tuple[int, int | None]]:
    """Yield (place in the window, seq), with a None where memories are left out."""
    place = 0
    for index, part in enumerate(parts):
        if index:
            place += 1
            yield place, None
        for seq in part:
            place += 1
            yield place, seq


class _Writer:
    """Turns memories into messages: what was perceived, then what was done, closed by the end of each turn."""

    def __init__(self, state: State, person: Person, message: Message) -> None:
        self.state = state
        self.person = person
        self.message = message
        self.perceived: list[str] = []
        self.late: list[str] = []
        self.done: list[dict[str, str]] = []
        self.closed = False

    def write(self, seq: int | None) -> None:
        self.closed = False
        if seq is None:
            self.flush()
            self.perceived.append(OMISSION)
            return
        event = self.state.read(seq)
        match event.body:
            case types.ActionTaken() as action if event.actor == self.person.id:
                self.done.append(_own(action, self.state))
            case types.TurnEnded() as ended:
                self.flush(ended)
                self.closed = not self.perceived
            case _:
                (self.late if self.done else self.perceived).append(_heard(event, self.state))

    def flush(self, ended: types.TurnEnded | None = None) -> None:
        """Write what is pending; ``ended`` adds the state of mind that closed the turn."""
        if self.perceived:
            self.message = Message("user", "\n".join(self.perceived), self.message)
        if self.done or ended:
            said: dict[str, Any] = {"actions": [*self.done, {"type": "DONE", "content": "", "target": ""}]}
            if ended:
                said["cognitive_state"] = ended.mind.model_dump(mode="json")
            self.message = Message("assistant", canonical.told(said), self.message)
        self.perceived, self.late, self.done = self.late, [], []

    def finish(self) -> Message:
        """Return the prompt with everything written."""
        while self.perceived or self.done:
            self.flush()
        return self.message


def _own(action: types.ActionTaken, state: State) -> dict[str, str]:
    return {"type": action.kind, "content": action.content, "target": name_of(action.target, state)}


def _heard(event: Event, state: State) -> str:
    """One perceived thing as a line of JSON: a string that no content can break out of."""
    body = event.body
    if isinstance(body, types.StimulusGiven):
        return canonical.told({"stimulus": body.kind, "from": body.speaker, "content": body.content})
    assert isinstance(body, types.ActionTaken)
    kind = "SOCIAL" if body.kind == "REACH_OUT" else "CONVERSATION"
    said = {"stimulus": kind, "from": name_of(event.actor, state)}
    if body.target is not None:
        said["to"] = name_of(body.target, state)
    return canonical.told({**said, "content": body.content})


def name_of(id: str | None, state: State) -> str:
    """Return the display name of whoever has or had this id."""
    if id is None:
        return ""
    person = state.people.get(id)
    return person.name if person else state.gone.get(id, id)
