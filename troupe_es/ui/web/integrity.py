"""The page of proof: the head hash and what it shows, and verifying, which is living it all again from the record."""

from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from troupe_es.errors import BadReference
from troupe_es.ui.web.acting import desk_of
from troupe_es.ui.web.links import Links
from troupe_es.ui.web.reading import Reading
from troupe_es.ui.web.rendering import page, run_of
from troupe_es.ui.web.world import point_of
from troupe_es.views import lineage

router = APIRouter(include_in_schema=False)

PATH = "/runs/{simulation}/{branch}/integrity"
LEAST = 8
"""Fewest digits of a hash that say anything."""


@router.get(PATH, response_class=HTMLResponse)
def integrity(request: Request, store: Reading, simulation: str, branch: str, head: str = "") -> HTMLResponse:
    """Return the page of a branch; ``head`` is a hash that was written down elsewhere, to be compared."""
    point = point_of(store, simulation, branch, None)
    here = store.log.head(point.branch)
    digits = head.strip().lower()
    return page(
        request,
        "integrity.html",
        nav="runs",
        run=run_of(simulation, branch),
        seq=here.seq,
        head=here.hash.hex(),
        parents=lineage.ancestors(store, point.branch),
        asked=digits,
        fits=len(digits) >= LEAST and here.hash.hex().startswith(digits),
        job=_latest(request, f"{point.branch}"),
        to=Links(f"{simulation}/{branch}"),
    )


def _latest(request: Request, life: str) -> dict[str, Any] | None:
    """Return the last verification of a life in this process."""
    jobs = desk_of(request).jobs.known.values()
    found = [job for job in list(jobs) if job.what == "verify" and job.ref.partition("@")[0] == life]
    if not found:
        return None
    job = found[-1].plain()
    return {**job, "upto": int(job["ref"].partition("@")[2] or 0), "reached": found[-1].reached}


@router.post(PATH)
def verify(request: Request, simulation: str, branch: str) -> RedirectResponse:
    """Begin to verify a branch; its page says what was found."""
    life = f"{simulation}/{branch}"
    desk = desk_of(request)
    if not any(
        each.what == "verify" and each.status == "running" and each.ref.partition("@")[0] == life
        for each in list(desk.jobs.known.values())
    ):
        job = desk.verify(life)
        desk.jobs.wait(job, 1.5)
    return RedirectResponse(f"/runs/{quote(simulation)}/{quote(branch)}/integrity#found", 303)


@router.get(PATH + "/found")
def found(request: Request, simulation: str, branch: str) -> dict[str, Any]:
    """Return how the last verification stands, for a page that waits for it. Raises BadReference where none is."""
    job = _latest(request, f"{simulation}/{branch}")
    if job is None:
        raise BadReference(f"{simulation}/{branch} was not verified since the service began")
    return {"status": job["status"], "reached": job["reached"], "of": job["upto"]}
