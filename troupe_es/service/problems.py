"""What went wrong, as problem documents (RFC 9457): one table from error to status, and never a path or a key.

A problem's ``type`` is a URN of the error's name, its ``detail`` the error's own sentence, in which the place of the
store is only its name. What nobody expected is told to the service's own log, and to the client that it happened.
"""

import logging
import re
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from troupe_es import errors

MEDIA = "application/problem+json"
logger = logging.getLogger("troupe_es.service")

STATUS: dict[type[errors.TroupeError], int] = {
    errors.UsageError: 422,
    errors.BadScenario: 422,
    errors.BadPersona: 422,
    errors.BadPopulation: 422,
    errors.BadReference: 404,
    errors.BadCommand: 409,
    errors.MissingCode: 422,
    errors.BadBundle: 422,
    errors.NameTaken: 409,
    errors.StoreError: 500,
    errors.NotAStore: 500,
    errors.StoreTooNew: 500,
    errors.StoreDamaged: 500,
    errors.StoreUnwritable: 503,
    errors.Conflict: 409,
    errors.WrongPosition: 409,
    errors.LeaseHeld: 409,
    errors.Refuted: 409,
    errors.Diverged: 409,
    errors.ScriptDiffers: 409,
    errors.BudgetExceeded: 402,
    errors.ModelError: 502,
    errors.ModelUnreachable: 502,
    errors.ModelRefused: 502,
    errors.MissingAnswer: 409,
    errors.EveryTurnFailed: 502,
    errors.Interrupted: 503,
    errors.Paused: 409,
    errors.TroupeError: 500,
}
"""The status of every error there is; a test holds it complete."""

SAID = {
    404: "there is nothing at this address",
    405: "this method is not for this address: 'allow' has those that are",
}
"""What is said where only the status is known."""

CREDENTIALS = re.compile(r"(?i)\b(?:sk|key|token|bearer)[-_ =:]+[A-Za-z0-9_\-.]{12,}")
FOLDERS = re.compile(r"(?<![\w/.:])(?:/[\w.@+~-]+){2,}/?|\b[A-Za-z]:\\[^\s'\"]+")
"""What looks like a place on this machine: its last name is shown."""


class Problem(BaseModel):
    """An error, as RFC 9457 has it."""

    type: str = Field(description="a URN of the kind of error, or about:blank where the status says it all")
    title: str
    status: int
    detail: str = ""
    errors: list[dict[str, str]] = Field(default_factory=list, description="of wrong input: where, and what is wrong")


class Refused(Exception):
    """Carries a problem that a job met to whoever waited for it."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.detail)
        self.problem = problem


def problem_of(error: BaseException, place: Path | None = None) -> Problem:
    """Return the problem that an error is; ``place`` is where the store lies, and is not told."""
    if isinstance(error, errors.TroupeError):
        kind = type(error)
        status = STATUS.get(kind) or next(STATUS[each] for each in kind.__mro__ if each in STATUS)
        return Problem(type=urn(kind.__name__), title=words(kind.__name__), status=status, detail=told(error, place))
    logger.error("an unexpected error", exc_info=error)
    return Problem(
        type="about:blank",
        title="Internal Server Error",
        status=500,
        detail="something unexpected happened; the service's own log says what. Everything recorded so far is kept.",
    )


def told(error: BaseException, place: Path | None) -> str:
    """Return an error's sentence without places on this machine and without what looks like a key."""
    text = str(error)
    for known in (str(place.absolute()), str(place)) if place is not None else ():
        text = text.replace(known, place.name if place is not None else "")
    text = FOLDERS.sub(lambda found: re.split(r"[/\\]", found[0].rstrip("/\\"))[-1], text)
    return CREDENTIALS.sub("(not shown)", text)


def urn(name: str) -> str:
    """Return the URN of an error's name: ``BadReference`` is ``urn:troupe-es:bad-reference``."""
    return "urn:troupe-es:" + re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()


def words(name: str) -> str:
    """Return an error's name in words."""
    return re.sub(r"(?<!^)(?=[A-Z])", " ", name).capitalize()


def plain(
    status: int, detail: str, kind: str = "about:blank", headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """Return the answer for what the status says well enough, or for a ``kind`` of problem of its own."""
    title = HTTPStatus(status).phrase
    return answer(Problem(type=kind, title=title, status=status, detail=detail), headers)


def answer(problem: Problem, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """Return a problem as an answer."""
    content: dict[str, Any] = problem.model_dump()
    if not problem.errors:
        del content["errors"]
    return JSONResponse(content, problem.status, dict(headers or {}), MEDIA)


def install(app: FastAPI, place: Path) -> None:
    """Let every error of ``app`` be answered by a problem document."""

    def known(request: Request, error: Exception) -> JSONResponse:
        return answer(problem_of(error, place))

    def refused(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        detail = str(error.detail)
        if detail == HTTPStatus(error.status_code).phrase:  # nobody has said more
            detail = f"{request.method} {request.url.path}: {SAID.get(error.status_code, detail)}"
        return plain(error.status_code, detail, headers=error.headers)

    def wrong(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        found = [
            {"where": ".".join(str(part) for part in each["loc"]), "what": str(each["msg"])}
            for each in error.errors()[:20]
        ]
        first = f"{found[0]['where']}: {found[0]['what']}" if found else ""
        return answer(Problem(type=urn("BadInput"), title="Bad input", status=422, detail=first, errors=found))

    def met(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, Refused)
        return answer(error.problem)

    app.add_exception_handler(Refused, met)
    app.add_exception_handler(errors.TroupeError, known)
    app.add_exception_handler(HTTPException, refused)
    app.add_exception_handler(RequestValidationError, wrong)
    app.add_exception_handler(Exception, known)
