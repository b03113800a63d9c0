"""Lives a scenario in memory with made-up answers: real rules and real prompts, no store and no model.

For estimates and dry runs: how prompts grow, who is asked when, and what a bad answer leads to is not calculated
by a second set of rules; it happens.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from troupe_es import acts, commands
from troupe_es.controller.decide import Decision, decide, envelope, settle
from troupe_es.controller.giving import given
from troupe_es.events import Draft, Event, types
from troupe_es.extraction.material import HAPPENED
from troupe_es.llm import All, Message, Request, Response, toolcalls
from troupe_es.llm.improviser.model import improvise
from troupe_es.projections import State, apply, fold
from troupe_es.propositions import apart
from troupe_es.world.engine import following

IMAGE = 4000
"""Characters that an image counts for: about what providers make of one, in tokens."""

FINEST = 1000
"""Fewest tokens of history that an extraction is rehearsed with at once: so that hardly an event is cut."""

Answer: TypeAlias = Callable[[Request], Response]
Stretch: TypeAlias = Callable[[str, int, int], float]
"""How many times as much people do as is rehearsed: in an arm, in this step, where it parted after that one."""

AROUND = 60
"""Characters that are told of an event in a history beside what was said."""


@dataclass(frozen=True)
class Rehearsed:
    """One call: how long its prompt is, how much of it an earlier prompt began with (in characters), what it took.

    ``aside`` says that it is made in a side branch, after the step it names; ``arm`` is that of an experiment, which
    parted after the step ``since``. ``attempt`` is how often the same has been asked for by then. It stands for
    ``times`` such calls, where a longer history would take more.
    """

    address: str
    model: str
    prompt: int
    same: int
    completion: int
    seconds: float
    aside: bool = False
    arm: str = ""
    since: int = 0
    attempt: int = 1
    times: float = 1.0

    @property
    def step(self) -> int:
        """The step it is made in."""
        return int(self.address.split("/")[0])

    @property
    def person(self) -> str:
        """Who it is made for."""
        return self.address.split("/")[1]

    @property
    def purpose(self) -> str:
        """What it is for."""
        return self.address.split("/")[2]


def read_nothing(seq: int) -> Event:
    """Stand for a reader while a state is copied, which copies no store."""
    raise LookupError(f"event {seq} is read of a state that is being copied")


class Rehearsal:
    """A life that leaves no trace; ``calls`` are the calls it would have made.

    Where it is a part of a larger one, with ``crowd`` times as many people, ``stretch`` says how much more there is
    to go through for who extracts something: then as much less is shown at once, and each prompt counts as the whole
    one that it stands for. One that goes on from the state ``before`` leaves that state as it is; its ``events`` are
    those after it.
    """

    def __init__(
        self,
        answer: Answer,
        stretch: Stretch = lambda arm, step, since: 1.0,
        crowd: float = 1.0,
        before: State | None = None,
    ) -> None:
        self.answer = answer
        self.stretch = stretch
        self.crowd = crowd
        self.events: list[Event] = []
        self.calls: list[Rehearsed] = []
        self.past, step = (0, 0) if before is None else (before.seq, before.step)
        self.state = State(read=lambda seq: self.events[seq - 1]) if before is None else self._from(before)
        self._sizes: dict[bytes, int] = {}
        self._answers: dict[tuple[str, str, int], Response] = {}
        self._made: dict[tuple[str, str, int], int] = {}
        self._aside = False
        self._arm, self._since, self.draw = "", step, 0
        self._longer, self._more, self._crowd = 1.0, 1.0, 1.0

    def _from(self, before: State) -> State:
        """Return a copy of ``before``, which reads what happened up to it where that one does."""
        read, past = before.read, self.past
        state = deepcopy(replace(before, read=read_nothing))
        state.read = lambda seq: read(seq) if seq <= past else self.events[seq - past - 1]
        return state

    def edit(self, edits: Iterable[commands.Command]) -> None:
        """Carry out what a fork changes, of which nothing comes yet. Raises BadCommand for what cannot be."""
        for command in edits:
            self._append([envelope(self.state, given(self.state, command, "fork"))])

    def live(self) -> None:
        """Live out what is under way."""
        self._live()

    def play(self, script: Iterable[commands.Command]) -> None:
        """Carry out every command of ``script``."""
        for command in script:
            if isinstance(command, commands.PutClaims):
                self._judge(command)
            elif isinstance(command, commands.Aside):
                self._play_aside(command)
            else:
                self._carry_out(command)

    def part(self, arm: str, script: Iterable[commands.Command], at: str | None, draw: int) -> None:
        """Carry out the ``script`` of an experiment's ``arm``, which parts ``at`` some point, and forget it."""
        before, lived = self.state, self.events
        self.events = lived[: self._parting(at)]
        self.state = fold(self.events, State(read=before.read))
        self._arm, self._since, self.draw = arm, self.state.step, draw
        self._live()  # what was under way there ends first
        self.play(script)
        self.state, self.events = before, lived
        self._arm, self._since, self.draw = "", 0, 0

    def _parting(self, at: str | None) -> int:
        """Return how many events there are before ``at``: @EVENT, @step:N, or None for the end."""
        if at is None or not at.startswith("@step:"):
            return len(self.events) if at is None else int(at[1:])
        step = int(at.removeprefix("@step:"))
        for event in self.events:
            if event.step == step and isinstance(event.body, types.StepEnded):
                return event.seq
            if event.step > step:
                return event.seq - 1
        return len(self.events)

    def _carry_out(self, command: commands.Command) -> None:
        self._append([envelope(self.state, given(self.state, command, "script"))])
        self._live()

    def _live(self) -> None:
        while acts := list(following(self.state)):
            for act, decision in [(act, self._decide(act)) for act in acts]:
                drafts = list(settle(self.state, act, decision, self.draw))
                self._count([draft.body for draft in drafts])
                self._append(drafts)

    def _count(self, bodies: Iterable[types.Body]) -> None:
        """Note which attempt each call of one act was: what is of no use, or falls short, is asked for again."""
        before: Counter[tuple[str, ...]] = Counter()
        for body in bodies:
            if isinstance(body, types.ModelAnswered):
                word = tuple(body.address.split("/")[2::2])  # the purpose, and the place in a fan-out
                before[word] += 1
                number = self._made.get((body.request, body.address, self.draw if body.address else 0))
                if number is not None:
                    self.calls[number] = replace(self.calls[number], attempt=before[word])
                if body.misfit is None:
                    before[word] = 0
            elif isinstance(body, types.ActionsJudged):
                before["turn", "0"] = body.attempt
            else:
                before.clear()

    def _judge(self, command: commands.PutClaims) -> None:
        """Have claims judged aside as ``Store.check`` does: nothing after what was not judged, or does not hold."""
        given, claims, denials = apart(command)
        before = [] if given is None else self._verdicts(given)
        if given is not None and not (before and all(verdict.holds for verdict in before)):
            return
        if self._verdicts(claims) and denials is not None:
            self._verdicts(denials)

    def _verdicts(self, command: commands.PutClaims) -> list[types.Verdict]:
        judged = self._play_aside(command)
        assert isinstance(judged, types.ClaimsJudged)
        return judged.verdicts

    def _play_aside(self, command: commands.Command) -> types.Body:
        """Ask in a life of its own, which is forgotten afterwards; return what came of it."""
        before, lived = deepcopy(self.state), len(self.events)
        self._aside = True
        self._carry_out(self._finer(command) if isinstance(command, commands.Extract) else command)
        self._aside = False
        self.state = before
        last = self.events[-1].body
        del self.events[lived:]
        return last

    def _finer(self, command: commands.Extract) -> commands.Extract:
        """Return an extraction that goes through the part that is rehearsed in as many parts as there would be."""
        whole = max(1.0, self._history())
        limit = max(min(command.limit, FINEST), math.ceil(command.limit / whole))
        self._longer = command.limit / limit
        self._more = whole / self._longer
        self._crowd = 1.0 if command.about else self.crowd
        return replace(command, limit=limit)

    def _history(self) -> float:
        """Return how many times as long as the history that was rehearsed the whole one is."""
        sizes, whole = AROUND, float(AROUND)
        for event in self.events:
            content = getattr(event.body, "content", None)
            if content is not None:
                given = isinstance(event.body, types.StimulusGiven)  # once, whoever perceives it
                size = len(content) + AROUND
                sizes += size
                whole += size * (1.0 if given else self.stretch(self._arm, event.step, self._since))
        return whole / sizes

    def _append(self, drafts: Iterable[Draft]) -> None:
        for draft in drafts:
            event = Event(
                self.past + len(self.events) + 1, draft.body, draft.actor, draft.step, draft.time, draft.cause, b""
            )
            self.events.append(event)
            apply(self.state, event)

    def _decide(self, act: acts.Act) -> Decision:
        effect, sent = decide(self.state, act), None
        try:
            while True:
                sent = self._answered(effect.send(sent))
        except StopIteration as stop:
            decision: Decision = stop.value
            return decision

    def _answered(self, asked: Request | All) -> Any:
        if isinstance(asked, All):
            return [self._answered(request) for request in asked.requests]
        if asked.kind == "tool":
            return toolcalls.answer("unknown", "this is a rehearsal: no tool is called")
        once = asked.hash, asked.address, 0 if asked.shareable else self.draw
        if once not in self._answers:
            self._made[once] = len(self.calls)
            self._answers[once] = self._asked(asked)
        return self._answers[once]

    def _asked(self, asked: Request) -> Response:
        embedded = asked.kind == "embedding"
        response = Response(improvise(asked, 0), completion_tokens=0) if embedded else self.answer(asked)
        whole, same = self._measure(asked.prompt)
        address = asked.address or f"{self.state.step}/-/{asked.kind}/0/0"
        taken = response.completion_tokens or 0
        more, times = self._gone_through(asked)
        made = Rehearsed(address, asked.model, whole + more, same, taken, response.seconds, times=times)
        self.calls.append(replace(made, aside=self._aside, arm=self._arm, since=self._since))
        return response

    def _gone_through(self, asked: Request) -> tuple[int, float]:
        """Return what is to be added to an extraction's prompt, whose second message is the history or the findings.

        Also how many calls it stands for. Only a history is followed by what is asked about it.
        """
        if asked.purpose != "extraction":
            return 0, 1.0
        messages = asked.prompt.chain()
        text = messages[1].content
        if len(messages) == 2 or messages[2].role != "user":
            return round(len(text) * (self._more - 1)), 1.0
        people, _, history = text.partition(HAPPENED)
        return round(len(people) * (self._crowd - 1) + len(history) * (self._longer - 1)), self._more

    def _measure(self, prompt: Message) -> tuple[int, int]:
        """Return how long a prompt is, and how much of its beginning was asked before."""
        new: list[Message] = []
        message: Message | None = prompt
        while message is not None and message.hash not in self._sizes:
            new.append(message)
            message = message.parent
        whole = same = self._sizes[message.hash] if message else 0
        for added in reversed(new):
            whole += len(added.content) if added.role != "image" else IMAGE
            self._sizes[added.hash] = whole
        return whole, same
