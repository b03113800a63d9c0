"""How a page does what changes a store or asks somebody: it calls what the API calls, and waits a while for it."""

from typing import Any

from fastapi import Request

from troupe_es.controller.store import Store
from troupe_es.errors import UsageError
from troupe_es.service.desk import Desk
from troupe_es.service.jobs import Job

PATIENCE = 20.0
"""Seconds that a page waits for an answer; what takes longer goes on, and is found where it is recorded."""


def desk_of(request: Request) -> Desk:
    """Return where things are done."""
    desk: Desk = request.app.state.desk
    return desk


def awaited(request: Request, job: Job) -> dict[str, Any] | None:
    """Return what came of a job, None where it takes longer than a page waits. Raises what went wrong in it."""
    desk_of(request).jobs.wait(job, PATIENCE)
    if job.error is not None:
        raise job.error
    return job.result


def unready(store: Store, model: str) -> str:
    """Return why ``model`` cannot be asked from here, as where no key is set; empty where it can, or is not named."""
    try:
        if model:
            store.model(model)
    except UsageError as error:
        return str(error)
    return ""
