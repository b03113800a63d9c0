"""What is found out of one replicate: what was said in it, a judged claim, or what registered code makes of it."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from troupe_es import canonical, registry
from troupe_es.controller.store import Store
from troupe_es.errors import UsageError
from troupe_es.events import Event, types
from troupe_es.experimentation.assignment import Blinding
from troupe_es.log import Budget
from troupe_es.numerals import counted
from troupe_es.projections import State
from troupe_es.scenario.experiment import Kind, Outcome
from troupe_es.world.patterns import MOST_TEXT, compiled

Value: TypeAlias = float | bool | str | None
"""What an outcome came to; None where it has no value."""

ALOUD = ("TALK", "REACH_OUT")


@dataclass(frozen=True)
class Lived:
    """One replicate of one arm at its end, as an outcome's function sees it.

    ``events`` are those since the arms parted, ``state`` is that at the end, ``ref`` names the point. ``note`` says
    what went wrong in it.
    """

    arm: str
    replicate: int
    ref: str
    seq: int
    state: State
    events: tuple[Event, ...]
    note: str = ""

    def said(self, of: Sequence[str] = ()) -> list[str]:
        """Return what was said aloud or to somebody since the arms parted, by those named, or by everybody."""
        whose = {canonical.slug(name) for name in of}
        return [
            event.body.content
            for event in self.events
            if isinstance(event.body, types.ActionTaken)
            and event.body.kind in ALOUD
            and (not whose or event.actor in whose)
        ]


@dataclass(frozen=True)
class Found:
    """The value of one outcome, and what is to be said of it, such as why there is none."""

    value: Value
    note: str = ""


def found(
    store: Store,
    outcome: Outcome,
    lived: Lived,
    blinding: Blinding | None = None,
    budget: Budget | None = None,
    seed: int = 0,
) -> Found:
    """Return what ``outcome`` is of a replicate; what asks a model asks it once, in a side branch.

    Where every turn of a run failed, no outcome has a value. Raises UsageError where a function returns what the
    outcome cannot be, and as ``Store.check`` does.
    """
    if lived.note:
        return Found(None, lived.note)
    if outcome.count is not None:
        pattern = compiled(outcome.count, any_case=False)
        times = sum(len(pattern.findall(text[:MOST_TEXT])) for text in lived.said(outcome.of))
        return Found(times > 0 if outcome.kind == "boolean" else float(times))
    if outcome.said is not None:
        return _answer(outcome, lived, blinding)
    if outcome.claim is not None:
        return _judged(store, outcome, lived, budget)
    if outcome.extract is not None:
        return _extracted(store, outcome, lived, blinding, budget)
    if outcome.question is not None:
        return _surveyed(store, outcome, lived, blinding, budget, seed)
    assert outcome.function is not None
    value = registry.find("outcome", outcome.function)(lived, **outcome.options)
    return _unblinded(outcome, read(value, outcome.kind, outcome.name), blinding)


def _answer(outcome: Outcome, lived: Lived, blinding: Blinding | None) -> Found:
    assert outcome.said is not None
    for text in lived.said(outcome.of):
        match = compiled(outcome.said, any_case=False).search(text[:MOST_TEXT])
        if match is not None:
            answer = match[1] if match.re.groups else match[0]
            return _unblinded(outcome, answer, blinding)
    return Found(None, "nobody said such a thing")


def _judged(store: Store, outcome: Outcome, lived: Lived, budget: Budget | None) -> Found:
    assert outcome.claim is not None
    judged = store.check(
        lived.ref, outcome.claim, outcome.of, given=outcome.given, twice=outcome.twice, budget=budget
    )
    if judged.failed is not None:
        return Found(None, f"not judged: {judged.failed}")
    for verdict in judged.given:
        if not verdict.holds:
            return Found(None, f"not judged: {verdict.claim!r}, which is given, does not hold: {verdict.reason}")
    [verdict], [answer] = judged.verdicts, judged.answers
    if answer is None:
        return Found(None, f"cannot be told: its denial {'holds, too' if verdict.holds else 'does not hold, either'}")
    return Found(float(verdict.score) if outcome.kind == "numeric" else answer, verdict.reason)


def _extracted(
    store: Store, outcome: Outcome, lived: Lived, blinding: Blinding | None, budget: Budget | None
) -> Found:
    assert outcome.extract is not None
    made = store.extract(lived.ref, [outcome.extract], outcome.of, budget=budget)
    if made.failed is not None:
        return Found(None, f"not extracted: {made.failed}")
    return _unblinded(outcome, read(made.values[0].value, outcome.kind, outcome.name), blinding)


def _surveyed(
    store: Store, outcome: Outcome, lived: Lived, blinding: Blinding | None, budget: Budget | None, seed: int
) -> Found:
    """The answers of all who were asked as one value: the replicate is the unit, not the person."""
    assert outcome.question is not None
    taken = store.survey(lived.ref, {"questions": [outcome.question], "seed": seed}, outcome.of, budget=budget)
    answers = list(taken.answers(outcome.question.id).values())
    if not answers:
        return Found(None, f"nobody answered: {taken.rows[0].reason}")
    note = (
        f"of {counted(len(answers), 'answer')}"
        if len(answers) == len(taken.rows)
        else f"of {len(answers)} of {len(taken.rows)}"
    )
    if outcome.kind == "numeric":
        numbers = [
            float(answer == "yes") if outcome.question.kind == "yes-no" else float(answer) for answer in answers
        ]
        return Found(math.fsum(numbers) / len(numbers), note)
    counts = Counter(map(str, answers))
    most = [answer for answer in outcome.question.options if counts[answer] == max(counts.values())]
    if len(most) > 1:
        names = [str(_unblinded(outcome, each, blinding).value or each) for each in most]
        return Found(None, f"as many said {' as '.join(names)}")
    found = _unblinded(outcome, most[0], blinding)
    return Found(found.value, found.note or note)


def _unblinded(outcome: Outcome, value: Value, blinding: Blinding | None) -> Found:
    if not outcome.unblind or blinding is None or value is None:
        return Found(value)
    name = blinding.unblinded(str(value))
    return Found(name, "" if name else f"{value!r} is none of the labels {', '.join(blinding.labels)}")


def read(value: Any, kind: Kind, name: str) -> Value:
    """Return what a function gave as a value of ``kind``; None stays None. Raises UsageError for anything else."""
    number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    fits = {"numeric": number, "boolean": isinstance(value, bool), "categorical": isinstance(value, str)}
    if value is not None and not fits[kind]:
        what = {"numeric": "a finite number", "boolean": "True or False", "categorical": "text"}[kind]
        raise UsageError(f"the outcome {name!r} is {kind}: its function must return {what} or None, not {value!r}")
    return float(value) if value is not None and kind == "numeric" else value
