"""The page of what was asked aside of a life: interviews, surveys, extractions, claims, stories, labels."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from troupe_es.ui.web.links import Links
from troupe_es.ui.web.reading import Reading
from troupe_es.ui.web.rendering import page, run_of
from troupe_es.ui.web.world import point_of
from troupe_es.views.asked import asides
from troupe_es.views.names import names

router = APIRouter(include_in_schema=False)

PAGE = 8
"""Things that were asked on one page."""

ANSWERS = 20
"""Answers to one question on one page."""


@router.get("/runs/{simulation}/{branch}/asked", response_class=HTMLResponse)
def asked(
    request: Request,
    store: Reading,
    simulation: str,
    branch: str,
    kind: str = "",
    number: Annotated[int, Query(alias="page")] = 1,
    one: str = "",
) -> HTMLResponse:
    """Return the page of what was asked of a branch: all, of one ``kind``, or in ``one`` side branch."""
    point = point_of(store, simulation, branch, None)
    everything = asides(store, simulation, branch)
    kinds = dict.fromkeys(each["kind"] for each in everything)
    found = [each for each in everything if kind in ("", each["kind"]) and one in ("", each["branch"])]
    pages = 1 if one else max(1, -(-len(found) // PAGE))
    begin = (max(1, number) - 1) * ANSWERS if one else 0
    number = min(max(1, number), pages)
    return page(
        request,
        "asked.html",
        nav="runs",
        order=names(store.log, point.branch),
        run=run_of(simulation, branch),
        found=found[(number - 1) * PAGE : number * PAGE],
        total=len(found),
        everything=len(everything),
        kinds=list(kinds),
        kind=kind,
        number=number,
        pages=pages,
        begin=begin,
        answers=ANSWERS,
        to=Links(f"{simulation}/{branch}"),
    )
