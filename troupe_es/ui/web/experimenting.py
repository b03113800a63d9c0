"""Running the experiment of a stored scenario from its page, what it may cost first."""

from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from troupe_es import examples
from troupe_es.controller.store import Store
from troupe_es.errors import TroupeError, UsageError
from troupe_es.events import types
from troupe_es.llm import Model
from troupe_es.scenario import Scenario
from troupe_es.service.lives import conducted
from troupe_es.service.problems import told as without_places
from troupe_es.ui.web.acting import desk_of, unready
from troupe_es.ui.web.deeds import FIRST, budget_of, cost
from troupe_es.ui.web.experiments import shown
from troupe_es.ui.web.reading import Reading

router = APIRouter(include_in_schema=False)


@router.post("/experiments/{simulation}")
def conduct(
    request: Request,
    store: Reading,
    simulation: str,
    do: Annotated[Literal["estimate", "run"], Form()] = "estimate",
    calls: Annotated[str, Form(max_length=20)] = "",
) -> Response:
    """Say what the experiment of a simulation may cost, or run what of it was not lived yet."""
    try:
        script, model = _planned(store, simulation)
        if do == "estimate":
            return shown(request, store, simulation, estimate=_estimate(store, script, model))
        budget = budget_of(calls)
        if isinstance(model, str) and (why := unready(store, model)):
            raise UsageError(why)
    except TroupeError as error:
        return shown(request, store, simulation, 422, fault=without_places(error, request.app.state.stores.path))

    jobs = desk_of(request).jobs
    work = partial(conducted, script=script, model=model, budget=budget)
    jobs.wait(jobs.start("experiment", f"{simulation}/main", work), FIRST)
    return RedirectResponse(f"/experiments/{simulation}", 303)


def _planned(store: Store, simulation: str) -> tuple[Scenario, str | Model]:
    """Return the scenario with its experiment, and who answers as in the run. Raises UsageError for none."""
    script = store.scenario(simulation)
    if script is None or script.experiment is None:
        raise UsageError(f"the scenario of {simulation} describes no experiment")
    created = store.log.event(store.log.branch(simulation), 1).body
    assert isinstance(created, types.SimulationCreated)
    model = created.settings.model
    if model == f"scripted:{simulation}" and simulation in examples.names():
        return script, examples.model(simulation)  # a shipped example has its answers at hand
    return script, model


def _estimate(store: Store, script: Scenario, model: str | Model) -> str:
    name = model if isinstance(model, str) else model.name
    return f"{cost(store.estimate(script, model=name, quick=True))} What is on record already costs nothing."
