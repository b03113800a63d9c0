"""Two lives compared by cause: the first thing that differs, what made it differ, whom it reached, what it cost.

Equal hashes mean equal lives, so the last common event is found by bisection and nothing before it is read.
"""

from dataclasses import dataclass, field
from itertools import takewhile

from troupe_es.controller import mismatch
from troupe_es.controller.references import Point
from troupe_es.controller.states import state_at
from troupe_es.events import Event, Given, types
from troupe_es.log import Log
from troupe_es.numerals import counted
from troupe_es.projections import Line, Person, apply
from troupe_es.projections.transcript import line_of


@dataclass(frozen=True)
class Cost:
    """What a stretch of a life took."""

    calls: int = 0
    paid: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0


@dataclass
class Side:
    """One of the two lives, from the last common event on."""

    ref: str
    events: int = 0
    first: Event | None = None
    given: list[Event] = field(default_factory=list)
    reached: dict[str, int] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)
    cost: Cost = Cost()


@dataclass(frozen=True)
class Difference:
    """How two lives differ. ``common`` is the last event they share (0: none); ``cause`` says why they part."""

    common: int
    cause: str
    left: Side
    right: Side

    @property
    def same(self) -> bool:
        """Whether one life is the other, as far as both go."""
        return self.left.first is None and self.right.first is None


def diff(log: Log, left: Point, right: Point) -> Difference:
    """Compare two points' lives."""
    common = last_common(log, left, right)
    sides = _side(log, left, common), _side(log, right, common)
    return Difference(common, _cause(*sides), *sides)


def last_common(log: Log, left: Point, right: Point) -> int:
    """Return the last event that both lives share, 0 if there is none: a bisection over the chain."""
    low, high = 0, min(left.seq, right.seq)
    while low < high:
        middle = (low + high + 1) // 2
        if log.event(left.branch, middle).hash == log.event(right.branch, middle).hash:
            low = middle
        else:
            high = middle - 1
    return low


def _side(log: Log, point: Point, common: int) -> Side:
    """Live one side from the last common event on, once.

    Reached is who perceived or did anything since, with the first such event of each; whoever has left since is
    looked at when they leave.
    """
    side = Side(str(point), point.seq - common)
    state = state_at(log, point.branch, common)
    names = state.gone | {person.id: person.name for person in state.people.values()}
    cost = [0, 0, 0, 0]
    left: list[Person] = []
    for event in log.events(point.branch, common + 1, point.seq):
        side.first = side.first or event
        if event.body.given:
            side.given.append(event)
        if isinstance(event.body, types.ModelAnswered):
            _add(cost, log, point, event.seq, event.body)
        if isinstance(event.body, types.PersonRemoved):
            left.append(state.people[event.body.person])
        line = line_of(event, names)
        if line is not None:
            side.lines.append(line)
        apply(state, event)
    side.cost = Cost(*cost)
    first = {
        person.id: [seq for seq in person.memory if seq > common][:1] for person in [*left, *state.people.values()]
    }
    side.reached = dict(sorted(((id, seqs[0]) for id, seqs in first.items() if seqs), key=lambda pair: pair[1]))
    return side


def _add(cost: list[int], log: Log, point: Point, seq: int, body: types.ModelAnswered) -> None:
    draw = log.draw_at(point.branch, seq - 1)
    answer = log.answer(body.answer, body.request, draw, body.address)
    cost[0] += 1
    if answer is not None:
        cost[1] += log.paid_by(answer) == point.branch.id
        cost[2] += answer.prompt_tokens or 0
        cost[3] += answer.completion_tokens or 0


def _cause(left: Side, right: Side) -> str:
    """Say why two lives part, from the first event of each, or all that a fork began with."""
    one, other = left.first, right.first
    if one is None and other is None:
        return "nothing differs"
    if one is None or other is None:
        longer, shorter = (right, left) if one is None else (left, right)
        return f"{shorter.ref} ends where {longer.ref} goes on; up to there they are the same life"
    given = [side for side, event in ((left, one), (right, other)) if event.body.given]
    if len(given) == 2 and mismatch.same(one.body, other.body):
        hands = f"{left.ref}: {_hand(one)}; {right.ref}: {_hand(other)}"
        return f"the same was given ({_told(one)}), but by another hand: {hands}"
    if given:
        return "; ".join(f"{side.ref}: {_edits(side)}" for side in given)
    if isinstance(one.body, types.ModelAnswered) and isinstance(other.body, types.ModelAnswered):
        return _answers(one, other)
    return f"the same moment was decided otherwise: {one.body.type} against {other.body.type}"


def _answers(one: Event, other: Event) -> str:
    left, right = one.body, other.body
    assert isinstance(left, types.ModelAnswered) and isinstance(right, types.ModelAnswered)
    if left.request != right.request:
        return f"{other.actor} was asked something else (model {right.model} instead of {left.model})"
    return f"{other.actor} was asked the same and answered otherwise: another draw"


def _edits(side: Side) -> str:
    """Name what a fork began with; of what did not come with a fork, the first."""
    first = side.given[0].seq
    begun = [event for place, event in enumerate(side.given) if event.seq == first + place]
    edits = takewhile(lambda event: isinstance(event.body, Given) and event.body.source == "fork", begun)
    return ", ".join(map(_told, list(edits) or begun[:1]))


def _told(event: Event) -> str:
    match event.body:
        case types.StimulusGiven() as body:
            to = body.world or ", ".join(body.to)
            return f"{body.kind} given to {to}: {body.content}"
        case types.PersonAdded() as body:
            return f"{body.name} came to {body.world}"
        case types.PersonRemoved() as body:
            return f"{body.person} was taken out"
        case types.PersonMoved() as body:
            return f"{body.person} was moved to {body.world}"
        case types.FragmentMerged() as body:
            return f"{body.person} was given the fragment {body.fragment!r}"
        case types.FacultyGiven() as body:
            return f"{body.faculty} was given to {_whom(body.to)}"
        case types.FacultyTaken() as body:
            return f"{body.faculty} was taken from {_whom(body.to)}"
        case types.InterventionAdded() as body:
            return f"the intervention {body.name!r} was added"
        case types.InterventionRemoved() as body:
            return f"the intervention {body.name!r} was called off"
        case types.PersonChanged() as body:
            return f"{body.person}.{body.path} was set to {body.after!r} (it was {body.before!r})"
        case types.SettingsChanged() as body:
            return f"{body.path} was set to {body.after!r} (it was {body.before!r})"
        case types.RunRequested() as body:
            return f"a run of {counted(body.steps, 'step')} was asked for by {_hand(event)}"
    return f"{event.body.type} was given"


HANDS = {"script": "the script", "command": "a command", "steering": "somebody outside", "fork": "the fork"}


def _hand(event: Event) -> str:
    """Whose hand gave an event."""
    return HANDS[event.body.source] if isinstance(event.body, Given) else "no hand"


def _whom(to: list[str] | None) -> str:
    return "everybody" if to is None else ", ".join(to)
