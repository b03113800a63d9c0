"""The page of validations: seals and truth, people who were judged, and a survey laid beside real answers."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response

from troupe_es.controller.store import Store
from troupe_es.controller.surveying import Surveyed
from troupe_es.errors import TroupeError, UsageError
from troupe_es.scenario.text import parse
from troupe_es.ui.web import links
from troupe_es.ui.web.acting import desk_of
from troupe_es.ui.web.reading import Reading
from troupe_es.ui.web.rendering import page
from troupe_es.views import validations

router = APIRouter(include_in_schema=False)

FILE = "answers.csv"
MOST = 900_000
"""Characters of real answers that a form takes."""


@router.get("/validation", response_class=HTMLResponse)
def validation(request: Request, store: Reading, survey: str = "") -> HTMLResponse:
    """Return the page; ``survey`` is the side branch that is chosen in its form."""
    return _page(request, store, {"survey": survey, "mapping": "", "answers": "", "by": ""})


@router.post("/validation")
def compare(
    request: Request,
    store: Reading,
    survey: Annotated[str, Form(max_length=300)],
    mapping: Annotated[str, Form(max_length=50_000)],
    answers: Annotated[str, Form(max_length=MOST)],
    by: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    """Compare a survey on record with real answers, as ``troupe validate`` does; nobody is asked."""
    given = {"survey": survey, "mapping": mapping, "answers": answers, "by": by}
    try:
        surveyed = validations.survey(store, survey)
        found = _compared(request, surveyed, given)
    except TroupeError as error:
        return _page(request, store, given, fault=str(error).replace("\\", "/"), status=422)
    return _page(request, store, given, found, surveyed)


def _compared(request: Request, surveyed: Surveyed, given: dict[str, str]) -> Any:
    """Return the comparison. The table lies in a folder of its own under a name of ours while it is read."""
    from troupe_es import validation  # only where it is used: it computes

    written = parse(given["mapping"], "mapping")
    if not isinstance(written, dict):
        raise UsageError("mapping: expected an object with 'questions'")
    groups = [each.strip() for each in given["by"].split(",") if each.strip()]
    with TemporaryDirectory() as folder:
        Path(folder, FILE).write_text(given["answers"], encoding="utf-8")
        table = {**written, "file": FILE}
        try:
            return validation.validate(
                desk_of(request).stores.writer, surveyed.at, table, folder=Path(folder), survey=surveyed, by=groups
            )
        except TroupeError as error:
            raise UsageError(str(error).replace(f"{folder}/", "")) from error


def _page(
    request: Request,
    store: Store,
    given: dict[str, str],
    found: Any = None,
    surveyed: Surveyed | None = None,
    fault: str = "",
    status: int = 200,
) -> HTMLResponse:
    return page(
        request,
        "validation.html",
        status,
        nav="validation",
        given=given,
        fault=fault,
        known=validations.validations(store),
        found=found,
        shares=[]
        if found is None or surveyed is None
        else [_shares(each, surveyed) for each in found.report.comparisons],
        to=links.Links(surveyed.ref if surveyed is not None else ""),
        life=links.life,
        event=links.event,
    )


def _shares(comparison: Any, surveyed: Surveyed) -> list[dict[str, Any]]:
    """Return the share of each answer on both sides, in the order of the options, numbers by size.

    ``events`` are those of the simulated answers; none where only a subgroup is compared.
    """
    simulated, real = comparison.simulated.shares, comparison.real.shares
    answers = list(dict.fromkeys([*comparison.question.options, *real, *simulated]))
    if not any(isinstance(answer, str) for answer in answers):
        answers.sort()
    return [
        {
            "answer": f"{each:g}" if isinstance(each, float) else each,
            "simulated": simulated.get(each, 0.0),
            "real": real.get(each, 0.0),
            "events": [] if comparison.subgroup else _events(surveyed, comparison.question.name, each),
        }
        for each in answers
    ]


def _events(surveyed: Surveyed, question: str, answer: str | float) -> list[int]:
    rows = [row for row in surveyed.rows if row.question == question and row.status == "answered"]
    return [row.event for row in rows if answer in (row.answer if isinstance(row.answer, list) else [row.answer])]
