"""The page of a simulation's experiments: what their arms differ in, each value a link to where it was found.

Its address begins with ``experiments``, so that a branch may be called anything.
"""

from functools import partial
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from troupe_es.controller.store import Store
from troupe_es.ui.drawn.svg import Svg
from troupe_es.ui.web import links, pictures
from troupe_es.ui.web.reading import Reading
from troupe_es.ui.web.rendering import page, run_of
from troupe_es.views.arms import arms
from troupe_es.views.experiments import experiments as found_by
from troupe_es.views.kept import Kept

router = APIRouter(include_in_schema=False)


SHOWN, DOTS, VALUES = 40, 150, 12
"""Replicates of each arm that are listed, and that are drawn; the command line has all. Values that are counted."""


KNOWN: Kept[tuple[dict[str, Any] | None, list[dict[str, Any]]]] = Kept(8)
"""What experiments found, as long as nothing happens anywhere in their store."""


@router.get("/experiments/{simulation}", response_class=HTMLResponse)
def experiments(request: Request, store: Reading, simulation: str) -> HTMLResponse:
    """Return the page of what the experiment in a simulation's scenario found, and of all others in its log."""
    return shown(request, store, simulation)


def shown(
    request: Request, store: Store, simulation: str, status: int = 200, estimate: str = "", fault: str = ""
) -> HTMLResponse:
    """Return the page, with what running the experiment may cost, or why it cannot be run."""
    store.log.simulation(simulation)
    key = (str(store.log.path), simulation, store.log.select("SELECT max(position) FROM events")[0][0])
    found, others = KNOWN.get(key, partial(_all, store, simulation))
    return page(
        request,
        "experiments.html",
        status,
        nav="runs",
        estimate=estimate,
        fault=fault,
        job=_job(request, simulation),
        run=run_of(simulation, "main"),
        found=found,
        others=others,
        shown=SHOWN,
        most_values=VALUES,
        pictures={each["name"]: _drawn(each) for each in (found["outcomes"] if found else [])},
        drawn=_drawn,
        life=links.life,
        at=links.event,
    )


def _job(request: Request, simulation: str) -> dict[str, Any] | None:
    """Return the latest time that the experiment was run from here, None where it was not."""
    known = [job for job in list(request.app.state.jobs.known.values()) if job.what == "experiment"]
    return next((job.plain() for job in reversed(known) if job.ref == f"{simulation}/main"), None)


def _all(store: Store, simulation: str) -> tuple[dict[str, Any] | None, list[dict[str, Any]]]:
    found = found_by(store, simulation)
    return found, arms(store, simulation, {life["branch"] for life in found["lives"]} if found else ())


def _drawn(outcome: dict[str, Any]) -> Svg | str:
    return pictures.outcome(outcome, links.event, DOTS)
