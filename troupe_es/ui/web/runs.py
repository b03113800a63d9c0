"""The first page: every simulation with its branches as a tree, what is under way, and how to begin another."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from troupe_es.controller.store import Store
from troupe_es.errors import ScriptDiffers
from troupe_es.log.rows import Simulation
from troupe_es.ui.web import samples
from troupe_es.ui.web.reading import Reading
from troupe_es.ui.web.rendering import page
from troupe_es.ui.web.timeline import TOLD
from troupe_es.views import models, runs

router = APIRouter(include_in_schema=False)

LATELY = 8
"""Jobs of this service that are listed."""

PAGE, FEW, BRANCHES = 12, 5, 60
"""Simulations on a page, the fewest branches of each there, and most branches of all of them, or of one alone."""

LIVES: tuple[Literal["main", "fork"], ...] = ("main", "fork")


@router.get("/", response_class=HTMLResponse)
def overview(
    request: Request,
    store: Reading,
    told: str = "",
    simulation: str = "",
    number: Annotated[int, Query(alias="page", ge=1, le=10**9)] = 1,
    examples: bool = False,
    starter: bool = False,
) -> HTMLResponse:
    """Return a page of all runs, the latest first, or all branches of one ``simulation``.

    ``examples`` lists what is shipped to be played; ``starter`` puts a small scenario into the form.
    """
    notices = [{"kind": "good", "text": TOLD[told]}] if told in TOLD else []
    more: dict[str, Any] = {"text": samples.starter()} if starter else {}
    return shown(request, store, notices=notices, only=simulation, number=number, examples=examples, **more)


def shown(
    request: Request,
    store: Store,
    status: int = 200,
    only: str = "",
    number: int = 1,
    examples: bool = False,
    **values: Any,
) -> HTMLResponse:
    """Return the page, with what somebody has begun to write in its forms."""
    known = [store.log.simulation(only)] if only else store.log.simulations()[::-1]
    of, most = (len(store.log.branches(only, LIVES)), BRANCHES) if only else (len(known), PAGE)
    pages = max(1, -(-of // most))
    begin = (min(number, pages) - 1) * most
    part = slice(begin, begin + most)
    here = known if only else known[part]
    few = slice(max(FEW, BRANCHES // max(1, len(here))))
    simulations = [_run(store, each, part if only else few) for each in here]
    given = {
        "text": "",
        "model": "",
        "name": "",
        "calls": "",
        "money": "",
        "estimate": None,
        "differs": False,
        **values,
    }
    return page(
        request,
        "runs.html",
        status,
        nav="runs",
        simulations=simulations,
        only=only,
        of=of,
        number=min(number, pages),
        pages=pages,
        running=any(branch["status"] == "running" for each in simulations for _, branch in each["tree"]),
        jobs=_jobs(request),
        limit=limit,
        examples=samples.offered() if examples or not known else [],
        models=models.choices(store),
        currency=store.prices.currency,
        **given,
    )


def _run(store: Store, found: Simulation, part: slice) -> dict[str, Any]:
    """Return a simulation with a part of its branches, of which alone it is found out how far they are."""
    branches = store.log.branches(found.name, LIVES)
    known = {each.id: each for each in branches}
    parents = {each.id: known[each.parent].name if each.parent in known else None for each in branches}
    order = list(tree([{"branch": each.name, "parent": parents[each.id], "row": each} for each in branches]))
    return {
        "simulation": found.name,
        "about": runs.about(store, found.scenario, found.name),
        "tree": [(depth, runs.branch_of(store, each["row"])) for depth, each in order[part]],
        "of": len(order),
        "main": runs.branch_of(store, order[0][1]["row"]) if order else None,
    }


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
    known = [] if jobs is None else list(jobs.known.values())[::-1]
    told = [job for job in known if not isinstance(job.error, ScriptDiffers)]  # nothing was begun, and that was said
    return [job.plain() for job in told[:LATELY]]
