"""The service: one store, its routes, and what stands round them."""

import json
import os
import threading
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus
from importlib.metadata import version
from typing import Any

from anyio.to_thread import current_default_thread_limiter
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.concurrency import run_in_threadpool

from troupe_es.controller.states import EVERY
from troupe_es.errors import TroupeError
from troupe_es.llm import Model
from troupe_es.llm.prices import Source
from troupe_es.service import acting, problems, reading
from troupe_es.service.desk import Desk
from troupe_es.service.follow import Follower
from troupe_es.service.guard import Guard
from troupe_es.service.jobs import Jobs
from troupe_es.service.problems import MEDIA, Problem
from troupe_es.service.stores import Stores

TITLE = "troupe-es"
SUMMARY = "Simulations of people: their events, states and branches, and what can be done with them."
AT_ONCE = 100
"""Requests that are worked on at once; those that wait for a job are among them."""

ALWAYS = (401, 421, 422)
"""What every operation may answer: the token is not said, the host is not known, a parameter is not taken."""

SENT = (400, 403, 408, 409, 413, 415, 503)
"""What those that change something may answer beside that."""

ASKING = (402, 502)
"""What those may that ask a model, and are waited for."""

REFUSALS = sorted({*ALWAYS, *SENT, *ASKING, 404})
"""Each is a problem document."""

TELLING = ("/api/diff", "/api/imports", "/api/simulations")
"""Where a name can stand elsewhere than in the path."""


def create_app(
    store: str | os.PathLike[str],
    *,
    token: str | None = None,
    hosts: Iterable[str] = (),
    models: Sequence[Model] = (),
    prices: Source | None = None,
    web: bool = False,
    **more: Any,
) -> FastAPI:
    """Return the service over the store file at ``store``, which is made if it is not there.

    ``token`` is what every request must say; None: nothing, for use on this machine alone. ``hosts`` are names it is
    known by beside this machine's own. ``models`` are models at hand, ``web`` lets people fetch pages; ``more`` goes
    to ``Store``. Raises as ``Store`` does.
    """
    stores = Stores(store, models, prices, web=web, **more)
    jobs = Jobs(stores)

    @asynccontextmanager
    async def alive(app: FastAPI) -> AsyncIterator[None]:
        current_default_thread_limiter().total_tokens = AT_ONCE
        threading.Thread(target=_warm, args=(stores,), name="snapshots", daemon=True).start()
        yield
        app.state.follower.end()
        await run_in_threadpool(jobs.close)
        await app.state.follower.close()
        stores.close()

    app = FastAPI(
        title=TITLE,
        version=version("troupe-es"),
        summary=SUMMARY,
        lifespan=alive,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
        redirect_slashes=False,
    )
    app.state.stores, app.state.jobs, app.state.desk = stores, jobs, Desk(stores, jobs)
    app.state.follower = Follower(stores)
    app.state.store_name, app.state.store_path, app.state.token = stores.path.name, stores.path, token
    app.include_router(reading.router)
    app.include_router(acting.router)
    problems.install(app, stores.path)
    app.add_middleware(Guard, hosts=tuple(hosts), token=token)
    app.openapi = lambda: openapi(app)  # type: ignore[method-assign]  # as FastAPI's documentation has it
    return app


def published() -> str:
    """Return the OpenAPI as ``schema/openapi.json`` holds it."""
    app = FastAPI(title=TITLE, summary=SUMMARY)
    app.include_router(reading.router)
    app.include_router(acting.router)
    return json.dumps(openapi(app), indent=2, ensure_ascii=False) + "\n"


def openapi(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI of the API, refusals included; the pages are not in it."""
    if app.openapi_schema is None:
        made = get_openapi(title=app.title, version="1", summary=app.summary, routes=app.routes)
        schemas = made["components"]["schemas"]
        for name in ("HTTPValidationError", "ValidationError"):
            schemas.pop(name, None)
        schemas["Problem"] = Problem.model_json_schema()
        content = {MEDIA: {"schema": {"$ref": "#/components/schemas/Problem"}}}
        made["components"]["responses"] = {
            f"Refusal{status}": {"description": HTTPStatus(status).phrase, "content": content} for status in REFUSALS
        }
        made["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        made["security"] = [{}, {"token": []}]
        for path, methods in made["paths"].items():
            for method, operation in methods.items():
                refused = sorted(_refusals(method, path, operation["responses"]))
                refusals = {str(status): {"$ref": f"#/components/responses/Refusal{status}"} for status in refused}
                operation["responses"] = {**operation["responses"], **refusals}
        app.openapi_schema = made
    return app.openapi_schema


def _refusals(method: str, path: str, answers: Mapping[str, Any]) -> set[int]:
    """Return the statuses with which an operation may refuse."""
    found = {*ALWAYS, *(SENT if method == "post" else ())}
    if "{" in path or (path in TELLING and (method == "post" or path == "/api/diff")):
        found.add(404)
    if path.endswith(("/export", "/expected")):
        found.add(409)  # an answer that its log names is not there; nobody is there yet who could go on
    if {"200", "202"} <= answers.keys() and not path.endswith(("/verify", "/imports")):
        found |= {*ASKING}
    return found


def _warm(stores: Stores) -> None:
    """Save folds of long branches that have none (imported ones), so that any state is near a saved one."""
    try:
        with stores.open() as store:
            for branch in store.log.branches(None, ("main", "fork")):
                if store.log.head(branch).seq > EVERY and store.log.holder(branch) is None:
                    store.at(str(branch))
    except TroupeError:
        return  # a cache: without it a state takes longer
