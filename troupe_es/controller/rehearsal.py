"""Lives a scenario in memory with made-up answers: real rules and real prompts, no store and no model.

For estimates and dry runs: how prompts grow, who is asked when, and what a bad answer leads to is not calculated
by a second set of rules; it happens.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

from troupe_es import acts, commands
from troupe_es.controller.decide import Decision, decide, envelope, settle
from troupe_es.controller.giving import given
from troupe_es.events import Draft, Event
from troupe_es.llm import All, Message, Request, Response, toolcalls
from troupe_es.llm.improviser.model import improvise
from troupe_es.projections import State, apply
from troupe_es.world.engine import following

IMAGE = 4000
"""Characters that an image counts for: about what providers make of one, in tokens."""

Answer: TypeAlias = Callable[[Request], Response]


@dataclass(frozen=True)
class Rehearsed:
    """One call: how long its prompt is, how much of it an earlier prompt began with (in characters), what it took."""

    address: str
    model: str
    prompt: int
    same: int
    completion: int
    seconds: float

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

    def play(self, script: Iterable[commands.Command]) -> None:
        """Carry out every command of ``script``."""
        for command in script:
            self._append([envelope(self.state, given(self.state, command, "script"))])
            while acts := list(following(self.state)):
                for act, decision in [(act, self._decide(act)) for act in acts]:
                    self._append(settle(self.state, act, decision, 0))

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
        embedded = asked.kind == "embedding"
        response = Response(improvise(asked, 0), completion_tokens=0) if embedded else self.answer(asked)
        shared = asked.shareable and asked.prompt.hash in self._sizes  # asked for once, whoever needs it
        whole, same = self._measure(asked.prompt)
        if not shared:
            address = asked.address or f"{self.state.step}/-/{asked.kind}/0/0"
            taken = response.completion_tokens or 0
            self.calls.append(Rehearsed(address, asked.model, whole, same, taken, response.seconds))
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
