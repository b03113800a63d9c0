"""The page of what a life took: by model, purpose, person and step, paid against recorded, and every call."""

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from troupe_es.ui.web.kept import Kept
from troupe_es.ui.web.links import Links
from troupe_es.ui.web.reading import Reading
from troupe_es.ui.web.rendering import page, run_of, text
from troupe_es.ui.web.world import point_of
from troupe_es.views import costs as accounts
from troupe_es.views import events
from troupe_es.views.names import names

router = APIRouter(include_in_schema=False)

CALLS = ("model-answered", "memories-embedded")
PAGE = 40
MOST = 25
"""Rows of one table that are shown; the command line has all."""


KNOWN: Kept[dict[str, Any]] = Kept(8)


@router.get("/runs/{simulation}/{branch}/costs", response_class=HTMLResponse)
def costs(
    request: Request,
    store: Reading,
    simulation: str,
    branch: str,
    after: Annotated[int, Query(ge=0)] = 0,
    person: str = "",
) -> HTMLResponse:
    """Return the page of a branch's costs; its calls begin ``after`` an event, and are those of one ``person``."""
    point = point_of(store, simulation, branch, None)
    life = f"{simulation}/{branch}"
    called = names(store.log, point.branch)
    to = Links(life)

    def named(key: Any) -> Markup:
        return text(
            f"step {key}" if isinstance(key, int) else "nobody in particular" if key == "-" else called.get(key, key)
        )

    key = (str(store.log.path), point.branch.id, store.log.head(point.branch).hash)
    return page(
        request,
        "costs.html",
        nav="runs",
        run=run_of(simulation, branch),
        cost=KNOWN.get(key, partial(accounts.costs, store, life)),
        calls=events.page(store, life, after, PAGE, CALLS, person or None),
        after=after,
        person=person,
        called=called,
        order=called,
        named=named,
        most=MOST,
        to=to,
    )
