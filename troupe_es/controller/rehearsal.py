"""Lives a scenario in memory with made-up answers: real rules and real prompts, no store and no model.

For estimates and dry runs: how prompts grow, who is asked when, and what a bad answer leads to is not calculated
by a second set of rules; it happens.
"""

from collections.abc import Callable, Iterable
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from troupe_es import acts, commands
from troupe_es.controller.decide import Decision, decide, envelope, settle
from troupe_es.controller.giving import given
from troupe_es.events import Draft, Event, types
from troupe_es.llm import All, Message, Request, Response, toolcalls
from troupe_es.llm.improviser.model import improvise
from troupe_es.projections import State, apply, fold
from troupe_es.world.engine import following

IMAGE = 4000
"""Characters that an image counts for: about what providers make of one, in tokens."""

Answer: TypeAlias = Callable[[Request], Response]


@dataclass(frozen=True)
class Rehearsed:
    """One call: how long its prompt is, how much of it an earlier prompt began with (in characters), what it took.

    ``aside`` says that it is made in a side branch, after the step it names; ``arm`` is that of an experiment, which
    parted after the step ``since``.
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


class Rehearsal:
    """A life that leaves no trace; ``calls`` are the calls it would have made."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.events: list[Event] = []
        self.calls: list[Rehearsed] = []
        self.state = State(read=lambda seq: self.events[seq - 1])
        self._sizes: dict[bytes, int] = {}
        self._answers: dict[tuple[str, str, int], Response] = {}
        self._aside = False
        self._arm, self._since, self.draw = "", 0, 0

    def play(self, script: Iterable[commands.Command]) -> None:
        """Carry out every command of ``script``."""
        for command in script:
            if isinstance(command, commands.Aside):
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
                self._append(settle(self.state, act, decision, self.draw))

    def _play_aside(self, command: commands.Command) -> None:
        """Ask in a life of its own, which is forgotten afterwards."""
        before, lived = deepcopy(self.state), len(self.events)
        self._aside = True
        self._carry_out(command)
        self._aside = False
        self.state = before
        del self.events[lived:]

    def _append(self, drafts: Iterable[Draft]) -> None:
        for draft in drafts:
            event = Event(len(self.events) + 1, draft.body, draft.actor, draft.step, draft.time, draft.cause, b"")
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
            self._answers[once] = self._asked(asked)
        return self._answers[once]

    def _asked(self, asked: Request) -> Response:
        embedded = asked.kind == "embedding"
        response = Response(improvise(asked, 0), completion_tokens=0) if embedded else self.answer(asked)
        whole, same = self._measure(asked.prompt)
        address = asked.address or f"{self.state.step}/-/{asked.kind}/0/0"
        taken = response.completion_tokens or 0
        made = Rehearsed(address, asked.model, whole, same, taken, response.seconds)
        self.calls.append(replace(made, aside=self._aside, arm=self._arm, since=self._since))
        return response

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
