"""What went wrong, as a page for people: where a page is answered with a problem document, they see its words.

One layer around the service does it, so that what the guard refuses (a form that is too old) is a page, too; the API
goes on giving problem documents.
"""

import json
import re
from inspect import isawaitable
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import Response
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from troupe_es.service.problems import MEDIA, problem_of
from troupe_es.ui.web.rendering import page

HEADINGS = {
    401: "Please sign in",
    402: "The budget is spent",
    403: "This is not allowed",
    404: "There is nothing here",
    405: "This can't be done here",
    409: "Not now",
    413: "This is too big",
    500: "Something went wrong",
    502: "The model could not be reached",
    503: "One moment, please",
}
RUN = re.compile(r"/runs/[a-z0-9][a-z0-9._-]*/[a-z0-9][a-z0-9._-]*(?=/)")
"""A page of a run, behind which something was asked for."""

REPLACED = (b"content-type", b"content-length")


def pages_for_errors(app: FastAPI) -> None:
    """Answer with a page where a page was asked for, and as before where not."""
    app.add_middleware(Refusals)
    otherwise: Any = app.exception_handlers[Exception]  # what nobody expected is answered outside of all layers

    async def unexpected(request: Request, error: Exception) -> Response:
        if not is_page(request.url.path):
            found = otherwise(request, error)
            answered: Response = await found if isawaitable(found) else found
            return answered
        problem = problem_of(error, request.app.state.stores.path)
        return refusal(request, problem.status, problem.detail)

    app.add_exception_handler(Exception, unexpected)


class Refusals:
    """Turns problem documents into pages, where pages are."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on; a problem is held until it is whole, and sent as a page."""
        if scope["type"] != "http" or not is_page(scope["path"]):
            await self.app(scope, receive, send)
            return
        held: list[Message] = []

        async def outgoing(message: Message) -> None:
            if held or _is_problem(message):
                held.append(message)
            else:
                await send(message)

        await self.app(scope, receive, outgoing)
        if held:
            await _answer(scope, held, send)


def is_page(path: str) -> bool:
    """Say whether people ask for what is there: the API and the files of the pages live under their own paths."""
    return not path.startswith(("/api/", "/assets/"))


def refusal(request: Request, status: int, why: str) -> Response:
    """Return the page of an error."""
    heading = HEADINGS.get(status, "This can't be done")
    found = RUN.match(request.url.path)
    return page(request, "refusal.html", status, heading=heading, why=why, code=status, run=found and found.group())


def _is_problem(message: Message) -> bool:
    if message["type"] != "http.response.start":
        return False
    return Headers(raw=message["headers"]).get("content-type", "").startswith(MEDIA)


async def _answer(scope: Scope, held: list[Message], send: Send) -> None:
    """Send the page of a problem, with the headers that the problem came with."""
    start, *parts = held
    problem = json.loads(b"".join(part.get("body", b"") for part in parts))
    made = refusal(Request(scope), start["status"], problem.get("detail") or problem["title"])
    kept = [(name, value) for name, value in start["headers"] if name.lower() not in REPLACED]
    own = [(name, value) for name, value in made.raw_headers if name in REPLACED]
    await send({"type": "http.response.start", "status": start["status"], "headers": [*kept, *own]})
    await send({"type": "http.response.body", "body": made.body})
