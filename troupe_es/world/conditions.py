"""Whether a condition holds: everything that the state alone can tell, and what only a model could.

Truth has three values here. What is cheap is looked at first, and a claim that nobody has judged yet is unknown
(None). So a model is asked only where its answer decides, and a replay finds the same question at the same place.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

from troupe_es import registry
from troupe_es.errors import BadCommand, TroupeError
from troupe_es.events import Event, types
from troupe_es.events.steering import LONGEST_LOOK, Condition, Judged, Verdict
from troupe_es.projections import Person, State
from troupe_es.world.patterns import compiled, found

MOST_EVIDENCE = 20
"""Most events that one condition names."""

DEEPEST = 5
"""Levels of conditions within conditions."""

Verdicts = Mapping[str, Verdict]
"""What a model found, by the claim as it was put."""


class Truth(NamedTuple):
    """Whether something holds (None: only a model can say), and the events that show it."""

    holds: bool | None
    evidence: tuple[int, ...] = ()


def look(state: State, when: Condition, who: Person | None, judged: Verdicts | None = None) -> Truth:
    """Say whether ``when`` holds now, of ``who`` if it is about one person; what needs no model comes first."""
    unknown = False
    evidence: list[int] = []
    for part in _parts(state, when, who, judged):
        truth = part()
        if truth.holds is False:
            return truth
        unknown = unknown or truth.holds is None
        evidence += truth.evidence
    return Truth(None if unknown else True, tuple(dict.fromkeys(evidence)))


def open_claims(state: State, when: Condition, who: Person | None) -> Iterator[Judged]:
    """Yield the claims on which it depends whether ``when`` holds."""
    if look(state, when, who).holds is not None:
        return
    if when.claim is not None:
        yield when.claim
    for part in (*when.all, *when.any):
        yield from open_claims(state, part, who)


def check(when: Condition, depth: int = 0) -> None:
    """Raise BadCommand for a condition that never can be looked at, or is none."""
    if depth > DEEPEST:
        raise BadCommand(f"conditions stand at most {DEEPEST} levels deep within each other")
    if not when.model_dump(exclude_defaults=True):
        raise BadCommand(f"a condition needs at least one of {', '.join(Condition.model_fields)}")
    if when.said is not None:
        compiled(when.said.pattern)
    if when.happened is not None and when.happened.event not in types.TYPES:
        raise BadCommand(f"there is no type of event {when.happened.event!r}")
    for word in (when.time.after, when.time.until) if when.time else ():
        if word is not None:
            _time(word)
    for part in (*when.all, *when.any):
        check(part, depth + 1)


def parts_of(when: Condition) -> Iterator[Condition]:
    """Yield ``when`` and every condition in it."""
    yield when
    for part in (*when.all, *when.any):
        yield from parts_of(part)


def _parts(
    state: State, when: Condition, who: Person | None, judged: Verdicts | None
) -> Iterator[Callable[[], Truth]]:
    """Yield what has to hold, the cheapest first."""
    if when.step is not None:
        yield lambda: _step(state, when)
    if when.time is not None:
        yield lambda: _moment(state, when)
    if when.happened is not None:
        yield lambda: _happened(state, when)
    if when.talked is not None:
        yield lambda: _talked(state, when, who)
    if when.quiet is not None:
        yield lambda: _quiet(state, when, who)
    if when.said is not None:
        yield lambda: _said(state, when, who)
    if when.function is not None:
        yield lambda: _function(state, when, who)
    for part in when.all:
        yield partial(look, state, part, who, judged)
    if when.any:
        yield lambda: _any(state, when, who, judged)
    if when.claim is not None:
        yield partial(_claim, when.claim, who, judged)


def _step(state: State, when: Condition) -> Truth:
    steps = when.step
    assert steps is not None
    now = state.step
    holds = (steps.at is None or now == steps.at) and now >= steps.since and (now - steps.since) % steps.every == 0
    return Truth(holds, _lately(state))


def _moment(state: State, when: Condition) -> Truth:
    moment = when.time
    assert moment is not None
    now = datetime.fromisoformat(state.clock)
    begun = moment.after is None or now >= _time(moment.after)
    return Truth(begun and (moment.until is None or now < _time(moment.until)), _lately(state))


def _time(word: str) -> datetime:
    try:
        time = datetime.fromisoformat(word)
    except ValueError:
        time = None
    if time is None or time.tzinfo is not None:
        raise BadCommand(f"{word!r} is no time without a zone; write it like 2026-01-05T09:00:00")
    return time


def _happened(state: State, when: Condition) -> Truth:
    assert when.happened is not None
    return Truth(state.steering.counts.get(when.happened.event, 0) >= when.happened.least, _lately(state))


def _talked(state: State, when: Condition, who: Person | None) -> Truth:
    talked = when.talked
    assert talked is not None
    by = talked.by or ([who.id] if who else [])
    people = [state.people[id].said for id in by if id in state.people]
    if (sum(people) if by else state.steering.said) < talked.least:
        return Truth(False)
    return Truth(True, tuple(event.seq for event in _sayings(state, 1, by))[-1:] or _lately(state))


def _quiet(state: State, when: Condition, who: Person | None) -> Truth:
    """Nothing was said in the last steps that the same person had not said in the same words before."""
    assert when.quiet is not None
    began = state.steering.began
    if len(began) < when.quiet:
        return Truth(False)
    known = set()
    for event in _sayings(state, LONGEST_LOOK, [who.id] if who else []):
        said = (event.actor, " ".join(_content(event).casefold().split()))
        if event.seq > began[-when.quiet] and said not in known:
            return Truth(False)
        known.add(said)
    return Truth(True, tuple(began[-when.quiet :]))


def _said(state: State, when: Condition, who: Person | None) -> Truth:
    said = when.said
    assert said is not None
    by = said.by or ([who.id] if who else [])
    hits = [event.seq for event in _sayings(state, said.steps, by) if found(said.pattern, _content(event))]
    return Truth(bool(hits), tuple(hits[-MOST_EVIDENCE:]))


def _function(state: State, when: Condition, who: Person | None) -> Truth:
    """A condition of the user's own says yes or no, or names the events that it rests on."""
    code = when.function
    assert code is not None
    answer = called("condition", code, state, who)
    if isinstance(answer, bool):
        return Truth(answer, _lately(state))
    seqs = tuple(answer) if isinstance(answer, Sequence) else None
    if seqs is None or not all(isinstance(seq, int) and 1 <= seq <= state.seq for seq in seqs):
        raise BadCommand(f"the condition {code.name!r} must return True, False or the numbers of events")
    return Truth(bool(seqs), seqs)


def called(kind: registry.Kind, code: types.Code, state: State, who: Person | None) -> Any:
    """Call the user's own code. Raises MissingCode, or BadCommand naming the code and what went wrong in it."""
    function = registry.find(kind, code.name)
    try:
        return function(state, who, **code.options)
    except TroupeError:
        raise
    except Exception as error:
        raise BadCommand(f"the {kind} {code.name!r} failed: {type(error).__name__}: {error}") from error


def _any(state: State, when: Condition, who: Person | None, judged: Verdicts | None) -> Truth:
    unknown = False
    for part in when.any:
        truth = look(state, part, who, judged)
        if truth.holds:
            return truth
        unknown = unknown or truth.holds is None
    return Truth(None if unknown else False)


def _claim(claim: Judged, who: Person | None, judged: Verdicts | None) -> Truth:
    if judged is None:
        return Truth(None)
    verdict = judged.get(filled(claim.claim, who))
    if verdict is None:
        return Truth(False)
    enough = claim.least is None or verdict.score >= claim.least
    return Truth(verdict.holds is claim.holds and enough, tuple(verdict.evidence))


def filled(text: str, who: Person | None) -> str:
    """Return ``text`` with ``{{target}}`` and ``{{name}}`` standing for one person's id and display name."""
    return text if who is None else text.replace("{{target}}", who.id).replace("{{name}}", who.name)


def _sayings(state: State, steps: int, by: Sequence[str]) -> Iterator[Event]:
    """Yield what people said or reached out with since the beginning of the last so many steps."""
    began = state.steering.began[-steps:]
    for seq in range(began[0], state.seq + 1) if began else ():
        event = state.read(seq)
        if isinstance(event.body, types.ActionTaken) and event.body.kind != "THINK" and (not by or event.actor in by):
            yield event


def _content(event: Event) -> str:
    assert isinstance(event.body, types.ActionTaken)
    return event.body.content


def _lately(state: State) -> tuple[int, ...]:
    """The beginning of the last step: what shows a condition that is about when."""
    return tuple(state.steering.began[-1:])
