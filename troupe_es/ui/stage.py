"""Shows a life while it goes on: lines on stdout where that is a terminal, what is waited for on stderr.

Whatever is shown has been committed before: stopping in the middle loses nothing. Piped output gets neither.
"""

import sys
from types import TracebackType
from typing import Self

from rich.status import Status

from troupe_es.controller.store import Store
from troupe_es.errors import BadReference
from troupe_es.events import Event, types
from troupe_es.projections import Line
from troupe_es.projections.transcript import line_of
from troupe_es.ui.render import Page, console, one_line, safe


class Stage:
    """Watches a store; ``spoken`` is the text of the last line, for whoever sets the pace."""

    def __init__(self, *, lines: bool) -> None:
        self.names: dict[str, str] = {}
        self.waiting: list[str] = []
        self.step = 0
        self.spoken = ""
        self.status: Status | None = None
        if sys.stderr.isatty():
            self.status = Status("", console=console(reading=True, stderr=True))
        both = self.status is not None and sys.stdout.isatty()  # one terminal: lines go above what is waited for
        screen = self.status.console if self.status and both else console(reading=True)
        self.page = Page(screen) if lines else None

    def know(self, store: Store, simulation: str, branch: str) -> None:
        """Learn the names of those who are in a life already."""
        try:
            people = store.at(f"{simulation}/{branch}").people.values()
        except BadReference:
            return  # it is about to begin
        self.names |= {person.id: person.name for person in people}
        if self.page is not None:
            self.page = Page(self.page.console, self.names.values())

    def __call__(self, event: Event) -> None:
        """Show one event."""
        said = line_of(event, self.names)
        if said is not None:
            self.say(said)
        self._wait_for(event)

    def say(self, said: Line) -> None:
        """Show one line."""
        self.spoken += said.content
        if self.page is not None:
            self.page.print(said)

    def note(self, text: str) -> None:
        """Show a sentence of ours among the lines."""
        if self.page is not None:
            self.page.console.print(safe(text, "dim"))

    def _wait_for(self, event: Event) -> None:
        body = event.body
        if isinstance(body, types.StepStarted):
            self.waiting = list(body.schedule)
            self.step = event.step
        elif isinstance(body, types.SurveyGiven):
            self.waiting = list(body.people)
        elif isinstance(body, types.TurnEnded | types.TurnFailed | types.SurveyTaken) and event.actor in self.waiting:
            self.waiting.remove(event.actor)
        if self.status is not None:
            self.status.update(one_line(self._waited_for(event.seq), "dim"))

    def _waited_for(self, seq: int) -> str:
        text = f"event {seq}"
        if self.waiting:
            more = f" and {len(self.waiting) - 1} more" if len(self.waiting) > 1 else ""
            text = f"step {self.step} · {text} · waiting for {self.names.get(self.waiting[0], '')}{more}"
        return text

    def __enter__(self) -> Self:
        if self.status is not None:
            self.status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.status is not None:
            self.status.stop()
