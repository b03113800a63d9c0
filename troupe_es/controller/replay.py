"""Verifying is living it all again: given events are fed in, everything else is decided anew and must come out
the same, hash for hash, with the recorded answers, no network and no key.

A chain that holds only shows that nobody changed the file since; that the log follows from its beginnings is shown
by deciding it again. For a run of an older edition the differences are reported, not held against it: its promise
is the chain and the digest.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from troupe_es.acting import Unanswered
from troupe_es.acts import Act
from troupe_es.agent.faculty import faculty
from troupe_es.commands import EDITION
from troupe_es.controller import code
from troupe_es.controller.code import Finding
from troupe_es.controller.decide import decide, envelope, settle
from troupe_es.controller.driver import recorded, response_of
from troupe_es.controller.states import Reader
from troupe_es.errors import BadCommand, MissingAnswer, MissingCode, StoreTooNew
from troupe_es.events import TYPES, Body, Draft, Event, Given, Stored, is_given, read, seal, types
from troupe_es.llm import All, Effect, Message, Request, Response
from troupe_es.log import Branch, Damage, Log
from troupe_es.log.notes import REDACTED
from troupe_es.projections import State, apply
from troupe_es.world.engine import following

NAMING = frozenset({"model-answered", "memories-embedded"})
"""The events that name answers."""


@dataclass(frozen=True)
class Divergence:
    """The first event of an act that would be decided otherwise, both ways, and what was asked both ways."""

    seq: int
    what: str
    recorded: Stored | None
    decided: Stored | None
    recorded_prompt: list[tuple[str, str]] = field(default_factory=list)
    decided_prompt: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class Report:
    """What verifying found. ``divergences`` refute the recording; ``differences`` are those of older editions.

    ``code`` is the user's own code that is missing here or was changed since; ``blocked`` says what could not be
    decided again without it. ``before`` are the heads (hex) it had before words were taken out of it, as noted.
    """

    ref: str
    head: str = ""
    events: int = 0
    decided: int = 0
    answers: int = 0
    edition: int = EDITION
    damages: list[Damage] = field(default_factory=list)
    divergences: list[Divergence] = field(default_factory=list)
    differences: list[Divergence] = field(default_factory=list)
    code: list[Finding] = field(default_factory=list)
    blocked: str = ""
    before: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Whether the recording is intact and re-execution reproduces it."""
        return not self.damages and not self.divergences and not self.blocked


class Seen:
    """The recorded events from some point on, looked at before they are lived through."""

    def __init__(self, rows: Iterator[Stored]) -> None:
        self.rows = rows
        self.ahead: list[Stored] = []

    def peek(self, index: int = 0) -> Stored | None:
        while len(self.ahead) <= index:
            row = next(self.rows, None)
            if row is None:
                return None
            self.ahead.append(row)
        return self.ahead[index]

    def take(self) -> Stored:
        row = self.peek()
        assert row is not None
        del self.ahead[0]
        return row


class Replay:
    """One re-execution of a branch up to ``stop``."""

    def __init__(
        self, log: Log, branch: Branch, stop: int | None = None, progress: Callable[[int], None] | None = None
    ) -> None:
        self.log = log
        self.branch = branch
        self.seen = Seen(log.rows(branch, 1, stop))
        self.segments = log.lineage(branch)
        self.state = State()
        self.reader = Reader(log, branch)
        self.state.read = self.reader
        self.progress = progress
        self.report = Report(f"{branch.simulation}/{branch.name}")
        self.requests: dict[str, Request] = {}
        self.unanswered = ""

    def run(self) -> Report:
        """Return the report. Raises StoreTooNew for a recording of a later edition than this program's."""
        report = self.report
        while (row := self.seen.peek()) is not None:
            try:
                if not (self._given(row) if is_given(row.type) else self._act(row)):
                    break
            except MissingCode as error:
                report.blocked = f"nothing after event {self.state.seq} could be decided again: {error}"
                break
            except (BadCommand, KeyError, ValueError) as error:
                what = f"event {row.seq} ({row.type}) does not fit what came before it: {error}"
                report.divergences.append(Divergence(row.seq, what, row, None))
                break
        report.head = self.state.head.hex()
        report.events = self.state.seq
        report.edition = self.state.edition
        return report

    def _given(self, row: Stored) -> bool:
        """Live through what came from outside, if it can have come here; say whether to go on."""
        fault = self._fault(row, read(row).body)
        if fault is not None and not self._differs(fault):
            return False
        self._pass()
        return True

    def _fault(self, row: Stored, body: Body) -> Divergence | None:
        """Why ``body`` cannot have been given here, as far as that can be told."""
        if not isinstance(body, Given):
            return None  # of a type that nobody knows
        draft = envelope(self.state, body)
        if (row.actor, row.step, row.time, row.cause) != draft[1:]:
            return self._divergence(row, seal(draft, row.seq, self.state.head), draft)
        if isinstance(body, types.FacultyGiven):
            _fits(body)
        if isinstance(body, types.RunRequested) and self.state.running is not None:
            what = f"event {row.seq} ({row.type}) asks for a run while another is under way"
            return Divergence(row.seq, what, row, None)
        return None

    def _pass(self) -> Event:
        """Live through the next recorded event as it stands."""
        event = read(self.seen.take())
        self.report.code += code.finding(event)
        apply(self.state, event)
        self.reader.keep(event)
        if self.state.edition > EDITION:
            raise StoreTooNew(
                f"event {event.seq} of {self.report.ref} was decided by edition {self.state.edition}, and this "
                f"program knows up to {EDITION}: please update troupe-es"
            )
        if self.progress is not None and event.seq % 1000 == 0:
            self.progress(event.seq)
        return event

    def _act(self, row: Stored) -> bool:
        """Decide the next act again and compare it with what is recorded; say whether to go on."""
        act = next(following(self.state), None)
        if act is None:
            return self._differs(
                Divergence(row.seq, f"nothing may happen here, but a {row.type} is recorded", row, None)
            )
        self.requests.clear()
        self.unanswered = ""
        for draft in self._decide(act, row.seq):
            found = self.seen.peek()
            if found is None or is_given(found.type):
                return True  # the recording ends, or somebody spoke, in the middle of this act
            made = seal(draft, found.seq, self.state.head)
            if made != found:
                return self._differs(self._divergence(found, made, draft))
            self._pass()
            self.report.decided += 1
        found = self.seen.peek()
        if self.unanswered and found is not None and not is_given(found.type):
            return self._differs(Divergence(found.seq, self.unanswered, found, None))
        return True

    def _differs(self, divergence: Divergence) -> bool:
        """Report it; go on behind the act only where an older edition decided it."""
        if self.state.edition >= EDITION:
            self.report.divergences.append(divergence)
            return False
        self.report.differences.append(divergence)
        while (row := self.seen.peek()) is not None and not is_given(row.type):
            self._pass()
            if self.state.open_turn is None:
                break
        return True

    # answers from the record

    def _decide(self, act: Act, seq: int) -> list[Draft]:
        answers = self._answers()
        decision = drive(decide(self.state, act), lambda request: self._answer(request, answers))
        return settle(self.state, act, decision, self._draw(seq))

    def _draw(self, seq: int) -> int:
        """The draw in force where event ``seq`` was appended."""
        for segment in self.segments:
            if seq >= segment.first_seq and (segment.last_seq is None or seq <= segment.last_seq):
                return segment.draw
        raise AssertionError(f"event {seq} lies outside its lineage")

    def _answers(self) -> dict[str, tuple[str, str]]:
        """The answers recorded for the act that comes next, by address."""
        turn = self.state.open_turn
        answers = dict(turn.answers) if turn else {}
        index = 0
        while (row := self.seen.peek(index)) is not None and not is_given(row.type) and not TYPES[row.type].closes:
            index += 1
            if row.type not in NAMING:
                continue  # what else is recorded is looked at when it is its turn
            body = read(row).body
            if isinstance(body, types.ModelAnswered):
                answers.setdefault(body.key, (body.request, body.answer))
            elif isinstance(body, types.MemoriesEmbedded):
                answers |= {each.request: (each.request, each.answer) for each in body.of}
        return answers

    def _answer(self, request: Request, answers: dict[str, tuple[str, str]]) -> Response:
        try:
            named = request.named or answers.get(request.key)
            if named is None:
                raise MissingAnswer(f"the record holds no answer for {request.key}, which would be asked here")
            response = response_of(recorded(self.log, *named))
        except MissingAnswer as error:
            self.unanswered = str(error)
            raise Unanswered(request.key) from None
        self.requests[request.key] = request
        self.report.answers += 1
        return response

    def _divergence(self, found: Stored, made: Stored, draft: Draft) -> Divergence:
        fields = [name for name in Stored._fields if name != "hash" and getattr(found, name) != getattr(made, name)]
        what = f"event {found.seq} ({found.type}) would be decided otherwise: {', '.join(fields) or 'hash'} differ"
        what = "; ".join([what, *(str(each) for each in self.report.code if each.kind != "tool")])
        asked = self._prompts(found, draft)
        return Divergence(found.seq, what, found, made, *asked)

    def _prompts(self, found: Stored, draft: Draft) -> Sequence[list[tuple[str, str]]]:
        """The prompt as it was sent, and as it would be sent now."""
        if not isinstance(draft.body, types.ModelAnswered):
            return [], []
        body = read(found).body
        then = self.log.prompt(body.request) if isinstance(body, types.ModelAnswered) else []
        return then, shown(self.requests[draft.body.key].prompt)


def _fits(given: types.FacultyGiven) -> None:
    """Raise BadCommand for options that the faculty does not take; one that is not here says so when it is used."""
    try:
        faculty(given.faculty).check(given.options)
    except MissingCode:
        pass


def shown(prompt: Message) -> list[tuple[str, str]]:
    """Return a prompt as (role, content) pairs."""
    return [(message.role, message.content) for message in prompt.chain()]


def drive(effect: Effect[Any], answer: Callable[[Request], Response]) -> Any:
    """Run a decision on recorded answers alone."""
    try:
        asked = next(effect)
        while True:
            found: list[Response] = []
            try:
                for request in asked.requests if isinstance(asked, All) else [asked]:
                    found.append(answer(request))  # noqa: PERF401 - what came before one that fails must be kept
            except Unanswered as cut:
                cut.before = found
                asked = effect.throw(cut)
            else:
                asked = effect.send(found if isinstance(asked, All) else found[0])
    except StopIteration as stop:
        return stop.value


def verify(
    log: Log,
    branch: Branch,
    stop: int | None = None,
    *,
    strict: bool = False,
    progress: Callable[[int], None] | None = None,
) -> Report:
    """Check the chain and every checksum of ``branch``, then decide it all again, up to event ``stop``.

    ``strict`` makes differences of older editions divergences. Asks no model. Raises StoreTooNew.
    """
    damages = log.check(branch)
    replay = Replay(log, branch, stop, progress)
    replay.report.before = [str(note.payload["head"]) for note in log.journal(branch, REDACTED)]
    if damages:
        replay.report.damages = damages
        return replay.report
    report = replay.run()
    if strict:
        report.divergences += report.differences
        report.differences = []
    return report
