"""The routes that change something or ask somebody; what takes long is a job."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Query, Request, Response

from troupe_es import commands
from troupe_es import scenario as scenarios
from troupe_es.errors import UsageError
from troupe_es.experimentation.design import replicates
from troupe_es.scenario import Scenario
from troupe_es.service import bodies, contract
from troupe_es.service.desk import Desk
from troupe_es.service.jobs import Job
from troupe_es.service.problems import Refused
from troupe_es.service.queries import known
from troupe_es.service.reading import Branch, Sim, ref_of
from troupe_es.service.stores import Reader

router = APIRouter(prefix="/api", dependencies=[Depends(known)])

LONGEST = 60.0
Wait = Annotated[float, Query(ge=0, le=LONGEST, description="seconds to wait for the end; what goes on is 202")]
ACCEPTED: dict[int | str, dict[str, Any]] = {202: {"model": contract.Job, "description": "it goes on: look again"}}


def desk(request: Request) -> Desk:
    """Return where requests come in."""
    found: Desk = request.app.state.desk
    return found


def answered(request: Request, response: Response, job: Job, wait: float) -> dict[str, Any]:
    """Return a job once it is over (raising what stopped it), or as one that goes on."""
    desk(request).jobs.wait(job, wait)
    response.headers["Location"] = f"/api/jobs/{job.id}"
    if job.status == "running":
        response.status_code = 202
    elif job.problem is not None:
        raise Refused(job.problem)
    return job.plain()


def script_of(body: bodies.Estimating) -> Scenario:
    """Return the scenario that was sent, which names no file. Raises BadScenario, UsageError."""
    if (body.scenario is None) == (body.text is None):
        raise UsageError("send either 'scenario' (JSON) or 'text' (YAML or JSON)")
    if body.text is not None:
        found = scenarios.parse(body.text, "scenario")
    else:
        found = scenarios.model_of(body.scenario, "scenario")
    if not found.self_contained:
        raise UsageError("scenario: it names files, and over HTTP everything must stand in it")
    if found.experiment is not None:
        replicates(found)  # finds functions that nobody enabled here, and questions that cannot be asked
    return found


@router.post("/simulations", response_model=contract.Job, responses=ACCEPTED)
def start(request: Request, response: Response, body: bodies.Start, wait: Wait = 0) -> Any:
    """Run a scenario, over its recording as far as that goes, and its experiment if it has one.

    An edited scenario meets its recording where it differs: the job fails there, or goes on in a branch if
    ``on_difference`` is ``fork``. At most 1 000 000 steps are asked for at once, in at most 1 000 lives.
    """
    given = (script_of(body), body.model, body.name, body.budget.budget(), body.on_difference)
    job = desk(request).start(*given)
    return answered(request, response, job, wait)


@router.post("/estimate", response_model=dict[str, Any])
def estimate(store: Reader, body: bodies.Estimating) -> Any:
    """What a scenario may take, as bands; asks nobody."""
    script = script_of(body)
    found = store.estimate(script, model=body.model, quick=True)
    return {"scenario": script.name, "model": body.model or script.model or "", **found.summary()}


@router.post("/branches/{sim}/{branch}/run", response_model=contract.Job, responses=ACCEPTED)
def run(
    request: Request, response: Response, sim: Sim, branch: Branch, body: bodies.Going | None = None, wait: Wait = 0
) -> Any:
    """Go on: so many steps, or all that is under way and what the scenario has yet to come."""
    given = body or bodies.Going()
    job = desk(request).go_on(ref_of(sim, branch), given.steps, given.seconds, given.budget.budget())
    return answered(request, response, job, wait)


@router.post("/branches/{sim}/{branch}/resume", response_model=contract.Job, responses=ACCEPTED)
def resume(
    request: Request,
    response: Response,
    sim: Sim,
    branch: Branch,
    body: bodies.Limited | None = None,
    wait: Wait = 0,
) -> Any:
    """Finish what is under way, and what the scenario has yet to come."""
    job = desk(request).go_on(ref_of(sim, branch), budget=(body or bodies.Limited()).budget.budget())
    return answered(request, response, job, wait)


@router.post("/branches/{sim}/{branch}/step", response_model=contract.Job, responses=ACCEPTED)
def step(
    request: Request,
    response: Response,
    sim: Sim,
    branch: Branch,
    body: bodies.Stepping | None = None,
    wait: Wait = 0,
) -> Any:
    """Live on for some steps."""
    given = body or bodies.Stepping()
    job = desk(request).go_on(ref_of(sim, branch), given.steps, given.seconds, given.budget.budget())
    return answered(request, response, job, wait)


@router.post("/branches/{sim}/{branch}/pause", response_model=contract.Pausing, status_code=202)
def pause(request: Request, sim: Sim, branch: Branch) -> Any:
    """Ask whoever runs the branch to stop between two steps."""
    return {"pausing": desk(request).pause(ref_of(sim, branch))}


@router.post("/branches/{sim}/{branch}/say", response_model=contract.Steered)
def say(request: Request, sim: Sim, branch: Branch, body: bodies.Saying) -> Any:
    """Say something to the people of a life, also while it runs: it comes with the next step."""
    return desk(request).say(ref_of(sim, branch), **body.model_dump())


@router.post("/branches/{sim}/{branch}/set", response_model=contract.Steered)
def set_(request: Request, sim: Sim, branch: Branch, body: bodies.Setting) -> Any:
    """Set a value by path, also while the life runs."""
    return desk(request).set(ref_of(sim, branch), body.path, body.value, body.merge)


@router.post("/branches/{sim}/{branch}/answer", status_code=204)
def answer(request: Request, sim: Sim, branch: Branch, body: bodies.Answering) -> None:
    """Answer as a person whom a human plays and for whom a run waits."""
    desk(request).answer(ref_of(sim, branch), body.person, body.words)


@router.post("/branches/{sim}/{branch}/branch", response_model=contract.Opened, status_code=201)
def fork(request: Request, response: Response, sim: Sim, branch: Branch, body: bodies.Branching) -> Any:
    """Fork, with edits; let it live on if that is asked for."""
    edits: list[commands.Command] = [
        *(commands.RemovePerson(who) for who in body.drop),
        *(commands.Change(path, value) for path, value in body.set.items()),
        *(commands.Stimulate(words, to=tuple(body.to)) for words in body.say),
        *([commands.Change("settings.model", body.model)] if body.model else []),
    ]
    point, opened, job = desk(request).branch(
        ref_of(sim, branch, body.at),
        body.name,
        edits,
        items=body.edits,
        model=body.model,
        replicates=body.replicates,
        draw=body.draw,
        refresh=body.refresh,
        run=body.run,
        budget=body.budget.budget(),
    )
    response.headers["Location"] = f"/api/branches/{opened[0]}"
    return {
        "forked_at": str(point),
        "branches": [str(each) for each in opened],
        "job": job.plain() if job is not None else None,
    }


@router.post("/branches/{sim}/{branch}/ask", response_model=contract.Job, responses=ACCEPTED)
def ask(request: Request, response: Response, sim: Sim, branch: Branch, body: bodies.Asking, wait: Wait = 30) -> Any:
    """Ask somebody in private, at any event; the run is left as it is."""
    job = desk(request).ask(
        ref_of(sim, branch, body.at),
        body.person,
        body.question,
        model=body.model,
        again=body.again,
        budget=body.budget.budget(),
    )
    return answered(request, response, job, wait)


@router.post("/branches/{sim}/{branch}/survey", response_model=contract.Job, responses=ACCEPTED)
def survey(
    request: Request, response: Response, sim: Sim, branch: Branch, body: bodies.Surveying, wait: Wait = 30
) -> Any:
    """Put typed questions to people, at any event; the run is left as it is."""
    job = desk(request).survey(
        ref_of(sim, branch, body.at),
        body.survey,
        body.people,
        model=body.model,
        again=body.again,
        budget=body.budget.budget(),
    )
    return answered(request, response, job, wait)


@router.post("/branches/{sim}/{branch}/extract", response_model=contract.Job, responses=ACCEPTED)
def extract(
    request: Request, response: Response, sim: Sim, branch: Branch, body: bodies.Extracting, wait: Wait = 30
) -> Any:
    """Find typed values in what happened, up to any event; the run is left as it is."""
    job = desk(request).extract(
        ref_of(sim, branch, body.at),
        body.fields,
        body.people,
        world=body.world,
        objective=body.objective,
        model=body.model,
        again=body.again,
        budget=body.budget.budget(),
    )
    return answered(request, response, job, wait)


@router.post("/branches/{sim}/{branch}/verify", response_model=contract.Job, responses=ACCEPTED)
def verify(
    request: Request, response: Response, sim: Sim, branch: Branch, strict: bool = False, wait: Wait = 30
) -> Any:
    """Decide a life again from the record, asking no model."""
    return answered(request, response, desk(request).verify(ref_of(sim, branch), strict), wait)


BINARY = {"application/zip": {"schema": {"type": "string", "format": "binary"}}}
ZIP: dict[int | str, dict[str, Any]] = {200: {"content": BINARY, "description": "a bundle"}}


@router.get("/branches/{sim}/{branch}/export", response_class=Response, responses=ZIP)
def export(request: Request, sim: Sim, branch: Branch) -> Any:
    """A branch with those it came from, as a bundle to import and verify elsewhere."""
    content = desk(request).export(sim, [branch])
    named = {"Content-Disposition": f'attachment; filename="{sim}.zip"'}
    return Response(content, media_type="application/zip", headers=named)


@router.get("/simulations/{sim}/export", response_class=Response, responses=ZIP)
def export_all(request: Request, sim: Sim) -> Any:
    """A simulation with all its branches, as a bundle."""
    content = desk(request).export(sim)
    named = {"Content-Disposition": f'attachment; filename="{sim}.zip"'}
    return Response(content, media_type="application/zip", headers=named)


@router.post("/imports", response_model=contract.Job, responses=ACCEPTED)
def take_in(
    request: Request,
    response: Response,
    content: Annotated[bytes, Body(media_type="application/zip")],
    name: Annotated[str | None, Query(alias="as", max_length=100, description="another name for it")] = None,
    wait: Wait = 30,
) -> Any:
    """Verify a bundle and bring it into the store."""
    return answered(request, response, desk(request).take_in(content, name), wait)


@router.get("/jobs", response_model=list[contract.Job])
def jobs(request: Request) -> Any:
    """What goes on in the background, and what did since the service began."""
    return [job.plain() for job in list(desk(request).jobs.known.values())]


@router.get("/jobs/{id}", response_model=contract.Job)
def job(request: Request, id: str, wait: Wait = 0) -> Any:
    """One job; ``wait`` for its end."""
    jobs = desk(request).jobs
    return jobs.wait(jobs.job(id), wait).plain()
