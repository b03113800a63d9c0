"""The page of what was asked aside of a life: interviews, surveys, extractions, claims, stories, labels."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import BaseModel, Field, field_validator

from troupe_es.controller.store import Store
from troupe_es.errors import TroupeError, UsageError
from troupe_es.scenario import Budget
from troupe_es.scenario.text import parse
from troupe_es.service.problems import told as without_places
from troupe_es.ui.web.acting import awaited, desk_of, unready
from troupe_es.ui.web.links import Links, with_query
from troupe_es.ui.web.reading import Reading
from troupe_es.ui.web.rendering import page, run_of
from troupe_es.ui.web.world import At, point_of
from troupe_es.views import models, onward, places
from troupe_es.views.asked import asides
from troupe_es.views.names import names

router = APIRouter(include_in_schema=False)

PAGE = 8
"""Things that were asked on one page."""

WAITING = "The survey is on its way; the answers will stand here. Load this page again in a moment."
EXAMPLE = """title: Cold tea
questions:
  - {id: drinks, kind: yes-no, text: Do you drink cold tea?}
  - {id: why, kind: text, text: Why?}
"""

ANSWERS = 20
"""Answers to one question on one page."""


@router.get("/runs/{simulation}/{branch}/asked", response_class=HTMLResponse)
def asked(
    request: Request,
    store: Reading,
    simulation: str,
    branch: str,
    kind: str = "",
    number: Annotated[int, Query(alias="page")] = 1,
    one: str = "",
    at: At = None,
    told: str = "",
) -> HTMLResponse:
    """Return the page of what was asked of a branch: all, of one ``kind``, or in ``one`` side branch."""
    giving = Giving(at=at) if at else Giving()
    return _shown(request, store, simulation, branch, kind, number, one, told=told, giving=giving)


class Giving(BaseModel):
    """A survey that is to be given, as the form says it."""

    survey: str = Field("", max_length=200_000)
    at: int | None = Field(None, ge=1)
    people: str = Field("", max_length=20_000)
    model: str = Field("", max_length=200)
    calls: int | None = Field(None, ge=1)
    do: Literal["estimate", "give"] = "estimate"

    @field_validator("at", "calls", mode="before")
    @classmethod
    def _absent(cls, value: Any) -> Any:
        return None if value == "" else value

    def whom(self) -> list[str]:
        """Return who is asked; nobody named: everybody."""
        return [name.strip() for name in self.people.replace("\n", ",").split(",") if name.strip()]

    def questions(self) -> dict[str, Any]:
        """Return the survey. Raises UsageError for what is none."""
        found = parse(self.survey, "survey")
        if not isinstance(found, dict):
            raise UsageError("survey: must be an object with a title and questions")
        return found


@router.post("/runs/{simulation}/{branch}/asked")
def give(
    request: Request, store: Reading, simulation: str, branch: str, giving: Annotated[Giving, Form()]
) -> Response:
    """Say what a survey may cost, or give it as ``troupe survey`` does, and show what was answered."""
    point = point_of(store, simulation, branch, giving.at)
    try:
        if giving.do == "estimate":
            estimate = onward.survey(store, str(point), giving.questions(), giving.whom(), giving.model)
            return _shown(request, store, simulation, branch, giving=giving, estimate=estimate)
        people = [store.at(str(point)).person(who).id for who in giving.whom()]
        budget = Budget(calls=giving.calls) if giving.calls else None
        desk = desk_of(request)
        job = desk.survey(str(point), giving.questions(), people, model=giving.model, budget=budget)
        found = awaited(request, job)
    except TroupeError as error:
        why = without_places(error, request.app.state.stores.path)
        return _shown(request, store, simulation, branch, giving=giving, fault=why)
    aside = found["ref"].partition("@")[0].partition("/")[2] if found else ""
    there = f"/runs/{simulation}/{branch}/asked"
    return RedirectResponse(with_query(there, one=aside, told="" if found else "asking"), 303)


def _shown(
    request: Request,
    store: Store,
    simulation: str,
    branch: str,
    kind: str = "",
    number: int = 1,
    one: str = "",
    *,
    giving: Giving,
    told: str = "",
    fault: str = "",
    estimate: dict[str, Any] | None = None,
) -> HTMLResponse:
    point = point_of(store, simulation, branch, None)
    everything = asides(store, simulation, branch)
    kinds = dict.fromkeys(each["kind"] for each in everything)
    found = [each for each in everything if kind in ("", each["kind"]) and one in ("", each["branch"])]
    pages = 1 if one else max(1, -(-len(found) // PAGE))
    begin = (max(1, number) - 1) * ANSWERS if one else 0
    number = min(max(1, number), pages)
    return page(
        request,
        "asked.html",
        422 if fault else 200,
        nav="runs",
        notices=[{"kind": "cool", "text": WAITING}] if told == "asking" else [],
        giving=giving,
        fault=fault,
        estimate=estimate,
        unready=unready(store, giving.model) if estimate else "",
        models=models.choices(store),
        example=EXAMPLE,
        head=point.seq,
        people=places.places(store, str(point))["people"],
        order=names(store.log, point.branch),
        run=run_of(simulation, branch),
        found=found[(number - 1) * PAGE : number * PAGE],
        total=len(found),
        everything=len(everything),
        kinds=list(kinds),
        kind=kind,
        number=number,
        pages=pages,
        begin=begin,
        answers=ANSWERS,
        to=Links(f"{simulation}/{branch}"),
    )
