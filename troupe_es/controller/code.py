"""Whether the user's own code that a log names is here, and is what it was.

A log cannot hold code. What it holds of a tool is enough to decide again without it; a faculty, a condition, an
effect, a schedule and a rule are called by the decisions themselves.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from troupe_es import registry
from troupe_es.agent.faculty import gift
from troupe_es.events import Body, Event, types

SHORT = 12
"""Digits of a fingerprint that are shown."""


@dataclass(frozen=True)
class Finding:
    """Code that is missing (``here`` is None) or was changed since event ``seq`` recorded it."""

    seq: int
    kind: registry.Kind
    name: str
    recorded: str
    here: str | None

    def __str__(self) -> str:
        begin = f"the {self.kind} {self.name!r} was recorded with code {self.recorded[:SHORT]} (event {self.seq})"
        if self.here is not None:
            return f"{begin}, and here it is {self.here[:SHORT]}: what is decided with it may differ"
        return f"{begin}, and it is not here: {registry.remedy(self.kind)}"

    @property
    def wrong(self) -> bool:
        """Whether there is anything to say."""
        return self.here != self.recorded


def finding(event: Event) -> list[Finding]:
    """Return what is wrong with the code that ``event`` names."""
    return [each for each in _compared(event) if each.wrong]


def findings(events: Iterable[Event]) -> list[Finding]:
    """Return what is wrong with the code that ``events`` name, as the last of them to name it recorded it."""
    latest = {(each.kind, each.name): each for event in events for each in _compared(event)}
    return [each for each in latest.values() if each.wrong]


def _compared(event: Event) -> Iterator[Finding]:
    """The code that ``event`` names, beside what stands for it here."""
    for kind, name, recorded in _named(event.body):
        known = registry.known(kind, name)
        yield Finding(event.seq, kind, name, recorded, known.fingerprint if known is not None else None)


def _named(body: Body) -> Iterator[tuple[registry.Kind, str, str]]:
    """The code that a body names: its kind, its name and its fingerprint."""
    if isinstance(body, types.CodeEnabled):
        yield body.kind, body.name, body.fingerprint
    elif (given := gift(body)) is not None and given.fingerprint is not None:
        family, _, tool = given.faculty.partition(":")
        yield ("tool", tool, given.fingerprint) if family == "tool" else ("faculty", given.faculty, given.fingerprint)
    elif isinstance(body, types.InterventionAdded):
        for called, fingerprint in body.fingerprints.items():
            kind, _, name = called.partition(" ")
            yield ("effect" if kind == "effect" else "condition"), name, fingerprint
