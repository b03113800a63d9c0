"""The page of what a life took: by model, purpose, person and step, paid against recorded, and every call."""

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from troupe_es.controller.store import Store
from troupe_es.events import types
from troupe_es.log import Branch
from troupe_es.log.history import MOST as MOST_EVENTS
from troupe_es.ui.web.links import Links
from troupe_es.ui.web.reading import Reading
from troupe_es.ui.web.rendering import page, run_of, text
from troupe_es.ui.web.world import point_of
from troupe_es.views import costs as accounts
from troupe_es.views import events, rows
from troupe_es.views.kept import Kept
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

    made = _made(store, point.branch)

    def named(key: Any) -> Markup:
        if isinstance(key, int):
            return text(f"step {key}")
        if key.startswith("+"):
            return text(f"the making of {made.get(key, f'person {key[1:]}')}")
        return text("nobody in particular" if key == "-" else called.get(key, key))

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


def _made(store: Store, branch: Branch) -> dict[str, str]:
    """Return whom calls were made for that stand under a number in a plan, +1 and so on: those who came of them."""
    wanted = rows.Filter(("person-made", "person-not-made"))
    found = rows.forward(store.log, branch, 0, MOST_EVENTS, wanted, rows.LIMIT)
    each = ((f"+{number}", row.event.body) for number, row in enumerate(found, 1))
    return {key: body.name for key, body in each if isinstance(body, types.PersonMade)}
