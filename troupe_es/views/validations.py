"""What a store knows of validations: sealed predictions, truth that was loaded, and people who were judged."""

from dataclasses import asdict
from typing import Any

from troupe_es.controller.store import Store
from troupe_es.controller.surveying import Surveyed, SurveyRow
from troupe_es.controller.validating import TOP
from troupe_es.errors import BadReference
from troupe_es.events import types
from troupe_es.views.asked import asides

INTERVIEW = "interview-"
"""What the side branch is called in which a person remembers the interview that they are judged by."""


def validations(store: Store) -> dict[str, Any]:
    """Return ``notes`` (seals and truth, in the order of the log), ``people`` who were judged, and ``surveys``.

    Each person has score (0 to 1, null where the judge gave no usable answer), verdicts, and where that stands. Each
    survey is one that real answers can be compared with.
    """
    people: list[dict[str, Any]] = []
    surveys: list[dict[str, Any]] = []
    for simulation in store.log.simulations():
        for each in asides(store, simulation.name):
            if each["kind"] == "claims" and each["of"].partition("/")[2].startswith(INTERVIEW):
                people.append(_judged(each))
            elif each["kind"] == "survey" and each["status"] == "answered":
                surveys.append({name: each[name] for name in ("ref", "title", "of", "at", "note", "questions")})
    return {"notes": [asdict(note) for note in store.notes()], "people": people, "surveys": surveys}


def _judged(found: dict[str, Any]) -> dict[str, Any]:
    scores = [verdict["score"] for verdict in found["verdicts"]]
    return {
        "person": (found["about"] or [""])[0],
        "score": sum(scores) / (TOP * len(scores)) if scores else None,
        "verdicts": found["verdicts"],
        "failed": found["failed"],
        "ref": found["ref"],
        "event": found["events"],
        "interview": found["of"],
        "note": found["note"],
    }


def survey(store: Store, ref: str) -> Surveyed:
    """Return the survey in the side branch ``ref`` as it is on record.

    Raises BadReference where no survey stands.
    """
    simulation, _, branch = ref.partition("@")[0].partition("/")
    for each in asides(store, simulation, None, "survey"):
        if each["branch"] == branch:
            fields = ("person", "question", "answer", "reason", "event", "status")
            rows = [SurveyRow(*(row[name] for name in fields)) for row in each["rows"]]
            at = f"{each['of']}@{each['at']}"
            given = store.log.event(store.log.branch(simulation, branch), each["event"]).body
            assert isinstance(given, types.SurveyGiven)
            return Surveyed(each["title"], rows, ref, True, each["models"], at, given.questions)
    raise BadReference(f"{ref!r} is no survey of this store")
