"""The page of the world at an event: who is where and knows whom, as a picture and as a table."""

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from troupe_es.controller.references import Point, resolve
from troupe_es.controller.store import Store
from troupe_es.errors import BadReference
from troupe_es.ui.web import pictures
from troupe_es.ui.web.links import Links
from troupe_es.ui.web.reading import Reading
from troupe_es.ui.web.rendering import page, run_of
from troupe_es.views import events, places
from troupe_es.views.names import names

router = APIRouter(include_in_schema=False)

At = Annotated[int | None, Query(ge=1)]


@router.get("/runs/{simulation}/{branch}/world", response_class=HTMLResponse)
def world(
    request: Request, store: Reading, simulation: str, branch: str, at: At = None, people: int = 1
) -> HTMLResponse:
    """Return the page of the world at event ``at``; ``people`` is the page of its table."""
    moment = moment_of(store, simulation, branch, at)
    found = places.places(store, moment["ref"], people)
    to = Links(moment["ref"], moment["at"])
    return page(
        request,
        "world.html",
        nav="runs",
        run=run_of(simulation, branch, at),
        moment=moment,
        found=found,
        worlds={each["id"]: each["name"] for each in found["worlds"]},
        order=names(store.log, store.log.branch(simulation, branch)),
        picture=partial(pictures.places, found, to.person),
        to=to,
    )


def point_of(store: Store, simulation: str, branch: str, at: int | None) -> Point:
    """Return the point a page stands at, the head where none is named; one past the head is the head.

    Raises BadReference for a branch that is not there, or has no event yet.
    """
    point = resolve(store.log, f"{simulation}/{branch}")
    if not point.seq:
        raise BadReference(f"{point.branch} has no event yet")
    return point if at is None or at >= point.seq else resolve(store.log, f"{simulation}/{branch}@{at}")


def moment_of(store: Store, simulation: str, branch: str, at: int | None) -> dict[str, Any]:
    """Return where a page stands: ref, at, head, step and time, and the ends of the steps before and after it."""
    point = point_of(store, simulation, branch, at)
    life = f"{simulation}/{branch}"
    here = events.one(store, str(point), point.seq)
    ends = ("step-ended",)
    return {
        "ref": str(point),
        "life": life,
        "at": point.seq,
        "head": store.log.head(point.branch).seq,
        "step": here["step"],
        "time": here["time"],
        "event": here,
        "earlier": events.find(store, life, point.seq, False, ends),
        "later": events.find(store, life, point.seq, True, ends),
    }
