"""Schedules and rules of the user's own: plain functions of the state, registered by name and enabled by an event.

A schedule is ``(state, people) -> people``: of those who may act in a step, in the order drawn for it, who acts, and
in which order; the one enabled last stands. A rule is ``(state, person, intent) -> intent or None``: what comes of
what somebody wants to think, say or reach out for; None: nothing, and nobody else hears of it. Rules are asked in
the order in which they were enabled. Neither may depend on anything but what it is handed.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from troupe_es import registry
from troupe_es.acts import Intent
from troupe_es.errors import BadCommand, TroupeError
from troupe_es.projections import Person, State


def scheduled(state: State, people: list[str]) -> list[str]:
    """Return who of ``people`` acts, as the schedule in force has it. Raises MissingCode, BadCommand."""
    enabled = _enabled(state, "schedule")
    if not enabled:
        return people
    name, schedule = enabled[-1]
    acting: list[str] = _called("schedule", name, lambda: list(schedule(state, list(people))))
    if len(set(acting)) < len(acting) or not set(acting) <= set(people):
        raise BadCommand(f"the schedule {name!r} must return ids it was handed, each once, and returned {acting!r}")
    return acting


def ruled(state: State, person: Person, intent: Intent) -> Intent | None:
    """Return what the rules in force make of what ``person`` wants. Raises MissingCode, BadCommand."""
    for name, rule in _enabled(state, "rule"):
        made = _called("rule", name, partial(rule, state, person, intent))
        if made is None:
            return None
        if not isinstance(made, Intent) or made.kind != intent.kind:
            raise BadCommand(f"the rule {name!r} must return an Intent of the same kind or None, not {made!r}")
        intent = made
    return intent


def _enabled(state: State, kind: registry.Kind) -> Sequence[tuple[str, Callable[..., Any]]]:
    """The code of one kind that is in force, by name, in the order enabled."""
    keys = sorted((seq, key) for key, seq in state.code.items() if key.startswith(f"{kind}:"))
    names = [key.partition(":")[2] for _, key in keys]
    return [(name, registry.find(kind, name)) for name in names]


def _called(kind: str, name: str, call: Callable[[], Any]) -> Any:
    try:
        return call()
    except TroupeError:
        raise
    except Exception as error:
        raise BadCommand(f"the {kind} {name!r} failed: {type(error).__name__}: {error}") from error
