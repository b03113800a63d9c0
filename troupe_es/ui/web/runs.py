"""The first page: every simulation with its branches as a tree, what is under way, and how to begin another."""

from collections.abc import Iterator
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from troupe_es.controller.store import Store
from troupe_es.ui.web.reading import Reading
from troupe_es.ui.web.rendering import page
from troupe_es.ui.web.timeline import TOLD
from troupe_es.views import runs

router = APIRouter(include_in_schema=False)

LATELY = 8
"""Jobs of this service that are listed."""


@router.get("/", response_class=HTMLResponse)
def overview(request: Request, store: Reading, told: str = "") -> HTMLResponse:
    """Return the page of all runs."""
    notices = [{"kind": "good", "text": TOLD[told]}] if told in TOLD else []
    return shown(request, store, notices=notices)


def shown(request: Request, store: Store, status: int = 200, **values: Any) -> HTMLResponse:
    """Return the page, with what somebody has begun to write in its forms."""
    simulations = runs.runs(store)[::-1]
    given = {"text": "", "model": "", "name": "", "calls": "", "money": "", "estimate": None, **values}
    return page(
        request,
        "runs.html",
        status,
        nav="runs",
        simulations=[{**each, "tree": list(tree(each["branches"]))} for each in simulations],
        running=any(branch["status"] == "running" for each in simulations for branch in each["branches"]),
        jobs=_jobs(request),
        limit=limit,
        currency=store.prices.currency,
        **given,
    )


def tree(branches: list[dict[str, Any]]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield branches as a tree is read, each with its depth."""
    known = {each["branch"] for each in branches}
    below: dict[str | None, list[dict[str, Any]]] = {}
    for each in branches:
        parent = each["parent"]
        below.setdefault(parent if parent is None or parent in known else "main", []).append(each)
    rest = [(0, each) for each in reversed(below.get(None, []))]
    while rest:
        depth, each = rest.pop()
        yield depth, each
        rest += [(depth + 1, child) for child in reversed(below.get(each["branch"], []))]


def limit(budget: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return the limit that is nearest to being spent: what of, how much, of how much."""
    if budget is None:
        return None
    limits = [
        {"of": of, "spent": budget["spent"][of], "most": budget[of]}
        for of in ("money", "tokens", "calls")
        if budget[of]
    ]
    return max(limits, key=lambda each: each["spent"] / each["most"], default=None)


def _jobs(request: Request) -> list[dict[str, Any]]:
    jobs = getattr(request.app.state, "jobs", None)
    return [] if jobs is None else [job.plain() for job in list(jobs.known.values())[::-1][:LATELY]]
