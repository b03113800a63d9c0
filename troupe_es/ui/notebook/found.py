"""What was found by comparing, asking and experimenting, for a notebook."""

import json
from collections.abc import Iterable
from itertools import zip_longest
from typing import Any

from troupe_es.controller.aside import Judgement, Reply, Story
from troupe_es.controller.diff import Difference, Side
from troupe_es.controller.surveying import Surveyed
from troupe_es.errors import UsageError
from troupe_es.experimentation import Findings, compare
from troupe_es.numerals import counted
from troupe_es.projections import Line
from troupe_es.ui.notebook.markup import Html, Shown, element, facts, folded, joined, listed, table
from troupe_es.views.gist import gist

MOST = 40
"""Rows of the two lanes that are shown."""


def difference(found: Difference) -> Shown:
    """Return two lives beside each other, from the last event they share."""
    left, right = found.left, found.right
    title = f"{left.ref} against {right.ref}"
    about = facts(
        [("the same", f"up to event {found.common}" if found.common else "nothing"), ("cause", found.cause)]
    )
    if found.same:
        return Shown(title, about)
    first = listed(f"{side.ref}: {_first(side)}" for side in (left, right))
    columns = ("", left.ref, right.ref)
    pairs = list(zip_longest(*(_spoken(side) for side in (left, right))))
    lanes = table((left.ref, right.ref), [(_said(one), _said(other)) for one, other in pairs[:MOST]])
    return Shown(title, joined((about, first, lanes, table(columns, _numbers(left, right)))))


def _first(side: Side) -> str:
    if side.first is None:
        return "ends there"
    return f"event {side.first.seq}, {side.first.actor or ''} {side.first.body.type}: {gist(side.first)}"


def _spoken(side: Side) -> list[Line]:
    return [line for line in side.lines if line.kind != "THINK"]


def _said(line: Line | None) -> Html | str:
    if line is None:
        return ""
    return joined(
        (element("span", f"{line.seq} ", class_="quiet"), element("b", line.who or "·"), f" {line.content}")
    )


def _numbers(left: Side, right: Side) -> Iterable[tuple[object, ...]]:
    yield "events", left.events, right.events
    yield "people reached", len(left.reached), len(right.reached)
    for name in ("calls", "paid", "prompt_tokens", "completion_tokens"):
        yield name.replace("_", " "), getattr(left.cost, name), getattr(right.cost, name)


def findings(found: Findings) -> Shown:
    """Return what the arms of an experiment came to, with the values they rest on."""
    arms, times = counted(len(found.design.arms), "arm"), counted(found.design.replicates, "replicate")
    columns = ("arm", "replicate", "outcome", "value", "at", "note")
    rows = [(row.arm, row.replicate, row.outcome, _plain(row.value), row.ref, row.note) for row in found.rows]
    try:
        said = [sentence for each in compare(found) for sentence in each.sentences()]
    except UsageError as error:  # without the extra, the table is still worth having
        said = [f"Not compared: {error}"]
    parts = (listed(said), folded(counted(len(rows), "value"), table(columns, rows)), _note(found.note))
    return Shown(f"{arms} × {times}, parted at {found.prefix}", joined(parts))


def surveyed(found: Surveyed) -> Shown:
    """Return a survey's answers, a row for each person and question."""
    columns = ("person", "question", "answer", "reason", "event")
    rows = [
        (
            row.person,
            row.question,
            _plain(row.answer) if row.status == "answered" else row.status,
            row.reason,
            row.event,
        )
        for row in found.rows
    ]
    return Shown(found.title or "Survey", joined((table(columns, rows), _note(found.note))))


def aside(found: Reply | Judgement | Story) -> Shown:
    """Return what was asked of the past."""
    origin = element("p", f"{found.ref}{', from the record' if found.recorded else ''}", class_="quiet")
    if isinstance(found, Reply):
        said = joined((element("b", f"{found.person}: "), found.failed or found.answer))
        return Shown(found.question, joined((element("p", said), origin)))
    if isinstance(found, Story):
        return Shown("A story", joined((element("p", found.failed or found.text), origin)))
    told = {True: "yes", False: "no", None: "cannot be told"}
    judged = zip(found.verdicts, found.answers, strict=True)
    rows = [(f"given: {each.claim}", told[each.holds], each.score, each.reason) for each in found.given]
    rows += [(each.claim, told[answer], each.score, each.reason) for each, answer in judged]
    verdicts = element("p", found.failed) if found.failed else table(("claim", "holds", "of 9", "because"), rows)
    return Shown("It holds" if found.holds else "It does not hold", joined((verdicts, origin)))


def _plain(value: Any) -> Any:
    simple = value is None or (isinstance(value, str | int | float) and not isinstance(value, bool))
    return value if simple else json.dumps(value, ensure_ascii=False)


def _note(words: str) -> Html:
    return element("p", words, class_="note")
