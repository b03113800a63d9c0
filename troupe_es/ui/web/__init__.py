"""Pages over a store, rendered here and useful without JavaScript; they say what the API says, in HTML."""

from fastapi import FastAPI

from troupe_es.ui.web import deeds, login, moment, more, runs, samples, static, taking, timeline
from troupe_es.ui.web.refusals import pages_for_errors

ROUTERS = (
    *(static.router, login.router, runs.router, deeds.router, samples.router),
    *more.ROUTERS,
    *(timeline.router, taking.router, moment.router),
)


def mount(app: FastAPI) -> None:
    """Put the pages onto a service that ``create_app`` made."""
    for router in ROUTERS:
        app.include_router(router)
    pages_for_errors(app)
