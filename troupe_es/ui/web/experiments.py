"""The page of a simulation's experiment: what its arms differ in, each value a link to where it was found."""

from functools import partial
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from troupe_es.ui.web import links, pictures
from troupe_es.ui.web.kept import Kept
from troupe_es.ui.web.reading import Reading
from troupe_es.ui.web.rendering import page, run_of
from troupe_es.views.experiments import experiments as found_by

router = APIRouter(include_in_schema=False)


SHOWN, DOTS = 40, 150
"""Replicates of each arm that are listed, and that are drawn; the command line has all."""


KNOWN: Kept[dict[str, Any] | None] = Kept(8)
"""What experiments found, as long as nothing happens anywhere in their store."""


@router.get("/runs/{simulation}/experiments", response_class=HTMLResponse)
def experiments(request: Request, store: Reading, simulation: str) -> HTMLResponse:
    """Return the page of what the experiment in a simulation's scenario found."""
    store.log.simulation(simulation)
    key = (str(store.log.path), simulation, store.log.select("SELECT max(position) FROM events")[0][0])
    found = KNOWN.get(key, partial(found_by, store, simulation))
    outcomes = found["outcomes"] if found else []
    return page(
        request,
        "experiments.html",
        nav="runs",
        run=run_of(simulation, "main"),
        found=found,
        shown=min(found["replicates"], SHOWN) if found else 0,
        pictures={each["name"]: pictures.outcome(each, links.event, DOTS) for each in outcomes},
        life=links.life,
        at=links.event,
    )
