"""What was asked aside: interviews, surveys, extractions, claims, stories, texts, seals, each in its side branch.

The run is left as it is by all of them, so each stands beside the event it was asked at, with rows that name the
event of their own life they stand in.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from troupe_es.controller.store import Store
from troupe_es.controller.surveying import models_of
from troupe_es.events import Event, types
from troupe_es.extraction.reporting import standing_line
from troupe_es.log import Branch, Log
from troupe_es.views.names import names

KINDS: dict[type, str] = {
    types.QuestionAsked: "interview",
    types.ClaimsPut: "claims",
    types.StoryRequested: "story",
    types.ExtractionAsked: "extraction",
    types.SurveyGiven: "survey",
    types.LabelsAsked: "labels",
    types.RewritingAsked: "rewriting",
    types.PredictionSealed: "seal",
    types.TruthLoaded: "truth",
    types.MinibioAsked: "biography",
}
"""What a side branch is, by the event that asks."""


def asides(store: Store, simulation: str, branch: str | None = None, kind: str | None = None) -> list[dict[str, Any]]:
    """Return what was asked aside in a simulation, or of one ``branch`` of it, or of one ``kind``, oldest first.

    Each has ref, branch, of (the life it was asked of), at (the event), kind, event (that asks), models and note
    (the standing line), and by its kind: question and answer; title, questions and rows; verdicts; values; text;
    labels; names and sha256.
    """
    log = store.log
    known = {each.id: each for each in log.branches(simulation, ("main", "fork", "ask"))}
    found = []
    for each in known.values():
        parent = known.get(each.parent or 0)
        if each.kind != "ask" or parent is None or (branch is not None and parent.name != branch):
            continue
        found += [aside for aside in _asides(log, each, parent) if kind in (None, aside["kind"])]
    return found


def _asides(log: Log, branch: Branch, parent: Branch) -> Iterator[dict[str, Any]]:
    events = list(log.events(branch, branch.fork_seq + 1))
    given = next((event for event in events if type(event.body) in KINDS), None)
    if given is None:
        return  # somebody only prepared it: an interviewer was put there, say
    models = models_of(events)
    yield {
        "ref": f"{branch.simulation}/{branch.name}",
        "branch": branch.name,
        "of": f"{parent.simulation}/{parent.name}",
        "at": branch.fork_seq,
        "kind": KINDS[type(given.body)],
        "event": given.seq,
        "events": events[-1].seq,
        "created_at": branch.created_at,
        "models": models,
        "note": standing_line(*models) if models else "",
        **_content(given, events, names(log, branch)),
    }


def _content(given: Event, events: Sequence[Event], called: dict[str, str]) -> dict[str, Any]:
    ended = events[-1]
    body, last = given.body, ended.body
    match body:
        case types.QuestionAsked():
            said = last if isinstance(last, types.QuestionAnswered) else None
            about = {"person": body.person, "name": called.get(body.person, body.person), "question": body.question}
            return {**about, **_answered(said.answer if said else "", said.failed if said else None, said, ended)}
        case types.MinibioAsked():
            wrote = last if isinstance(last, types.MinibioWritten) else None
            about = {"person": body.person, "name": called.get(body.person, body.person), "question": ""}
            return {**about, **_answered(wrote.text if wrote else "", wrote.failed if wrote else None, wrote, ended)}
        case types.StoryRequested():
            told = last if isinstance(last, types.StoryTold) else None
            made = _answered(told.text if told else "", told.failed if told else None, told, ended)
            return {"question": body.requirements, "name": "", **made}
        case types.RewritingAsked():
            new = last if isinstance(last, types.Rewritten) else None
            made = _answered(new.text if new else "", new.failed if new else None, new, ended)
            return {"question": body.text, "name": "", **made}
        case types.SurveyGiven():
            return _survey(body, events, called)
        case types.ClaimsPut():
            judged = last if isinstance(last, types.ClaimsJudged) else None
            verdicts = (
                [{**each.model_dump(mode="json"), "event": ended.seq} for each in judged.verdicts] if judged else []
            )
            put = {"about": body.about, "claims": body.claims, "verdicts": verdicts}
            return {**put, **_state(judged.failed if judged else None, judged)}
        case types.ExtractionAsked():
            found = last if isinstance(last, types.Extracted) else None
            values = [{**each.model_dump(mode="json"), "event": ended.seq} for each in found.values] if found else []
            sought = {"about": body.about, "objective": body.objective, "values": values}
            return {**sought, **_state(found.failed if found else None, found)}
        case types.LabelsAsked():
            named = last if isinstance(last, types.LabelsGiven) else None
            return {"about": body.about, **_labels(body, named), **_state(named.failed if named else None, named)}
        case types.PredictionSealed():
            return {"sha256": body.sha256, "names": body.questions, "status": "noted"}
        case types.TruthLoaded():
            return {"sha256": body.sha256, "names": body.columns, "rows_read": body.n, "status": "noted"}
    return {}


def _answered(text: str, failed: str | None, body: Any, event: Event) -> dict[str, Any]:
    return {"answer": text, "answer_event": event.seq if body is not None else None, **_state(failed, body)}


def _state(failed: str | None, body: Any) -> dict[str, Any]:
    """Say how it ended; ``waiting`` where there is no answer yet, as after a stop."""
    status = "waiting" if body is None else "answered" if failed is None else "no answer"
    return {"status": status, "failed": failed}


def _labels(asked: types.LabelsAsked, given: types.LabelsGiven | None) -> dict[str, Any]:
    counts = Counter(given.of) if given else Counter[int]()
    labels = [{"label": label, "texts": counts[number]} for number, label in enumerate(given.labels if given else [])]
    return {"texts": len(asked.texts), "labels": labels}


def _survey(body: types.SurveyGiven, events: Sequence[Event], called: dict[str, str]) -> dict[str, Any]:
    rows = [_row(event, event.body, called) for event in events if isinstance(event.body, types.SurveyAnswered)]
    through = sum(isinstance(event.body, types.SurveyTaken) for event in events)
    questions = [
        {
            **question.model_dump(mode="json", include={"id", "kind", "text", "options", "rows"}),
            "counts": counts(question, [row for row in rows if row["question"] == question.id]),
        }
        for question in body.questions
    ]
    return {
        "title": body.title or "Survey",
        "questions": questions,
        "people": [{"id": id, "name": called.get(id, id)} for id in body.people],
        "rows": rows,
        "status": "answered" if through == len(body.people) else "waiting",
        "failed": None,
    }


def _row(event: Event, body: types.SurveyAnswered, called: dict[str, str]) -> dict[str, Any]:
    person = event.actor or ""
    return {
        "person": person,
        "name": called.get(person, person),
        "question": body.question,
        "answer": body.answer,
        "reason": body.failed or body.reason,
        "status": "skipped" if body.skipped else "answered" if body.failed is None else "no answer",
        "event": event.seq,
    }


def counts(question: types.SurveyQuestion, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return how many gave each answer, with its share of them, its label and their events, in the options' order.

    Nothing for what people answer in their own words, and for answers of several parts but ticked options.
    """
    given = [row for row in rows if row["status"] == "answered"]
    if question.kind not in ("yes-no", "choice", "multiple", "likert", "number") or not given:
        return []
    events: dict[Any, list[int]] = {}
    for row in given:
        for each in row["answer"] if isinstance(row["answer"], list) else [row["answer"]]:
            events.setdefault(each if isinstance(each, float | int) else str(each), []).append(row["event"])
    order: list[Any] = list(dict.fromkeys([*_options(question), *sorted(events, key=_sorting)]))
    words = dict(enumerate(question.options, 1)) if question.kind == "likert" else {}
    return [
        {"answer": each, "label": words.get(each, ""), "count": len(there), "share": len(there) / len(given)}
        | {"events": there}
        for each in order
        for there in [events.get(each, [])]
    ]


def _options(question: types.SurveyQuestion) -> list[Any]:
    match question.kind:
        case "yes-no":
            return ["yes", "no"]
        case "likert":
            return list(range(1, (len(question.options) or 5) + 1))
        case "choice" | "multiple":
            return list(question.options)
    return []


def _sorting(answer: Any) -> tuple[int, Any]:
    return (1, answer) if isinstance(answer, str) else (0, answer)
