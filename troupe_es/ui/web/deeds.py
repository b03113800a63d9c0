"""What the forms do: the service's desk does it, and a page says how it went. All of it works without JavaScript."""

from typing import Annotated, Any
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, File, Form, Request
from fastapi import UploadFile as Uploaded
from fastapi.responses import RedirectResponse, Response
from pydantic import ValidationError
from starlette.datastructures import UploadFile

from troupe_es.controller.bands import Band, Estimate
from troupe_es.controller.store import Store
from troupe_es.errors import ScriptDiffers, TroupeError, UsageError
from troupe_es.scenario import Budget, Scenario
from troupe_es.service.acting import script_of
from troupe_es.service.bodies import Limits, Start
from troupe_es.service.jobs import Job
from troupe_es.service.problems import told as without_places
from troupe_es.ui.web.acting import desk_of
from troupe_es.ui.web.reading import Reading
from troupe_es.ui.web.rendering import micro, number
from troupe_es.ui.web.runs import shown

router = APIRouter(include_in_schema=False)

FIRST = 1.0
"""Seconds to wait for what is short, so that its end, or what stops it, can be said at once."""

TAKING = 20.0
"""Seconds to wait for a bundle to be verified, or for a scenario that was begun before to find its recording."""

Upload = Annotated[Uploaded | str | None, File()]
"""A file that was chosen; a browser sends an empty text where none was."""


Back = Annotated[str, Form(max_length=4000)]
"""The query of the page a form stood on: where its reader was, and how they saw it."""

KEPT = ("at", "by", "type", "person", "text", "view")
"""What of it they find again."""


def _back(path: str, told: str, query: str = "") -> Response:
    kept = [(name, value) for name, value in parse_qsl(query.removeprefix("?")) if name in KEPT]
    return RedirectResponse(f"{path}?{urlencode([*kept, ('told', told)])}", 303)


def _problem(job: Job) -> str | None:
    """What stopped a job, if anything did; the sentence is without places of this machine."""
    return job.problem.detail if job.problem is not None else None


@router.post("/scenarios")
def begin(
    request: Request,
    store: Reading,
    text: Annotated[str, Form()] = "",
    model: Annotated[str, Form()] = "",
    name: Annotated[str, Form()] = "",
    calls: Annotated[str, Form()] = "",
    money: Annotated[str, Form()] = "",
    do: Annotated[str, Form()] = "run",
    file: Upload = None,
) -> Response:
    """Begin a run of a scenario that was pasted or chosen, or say what it would cost."""
    text = _sent(file) or text
    written: dict[str, Any] = {"text": text, "model": model, "name": name, "calls": calls, "money": money}
    desk = desk_of(request)
    try:
        script = _script(text)
        if do == "estimate":
            told = cost(store.estimate(script, model=model, quick=True))
            return shown(request, store, estimate=told, **written)
        target = name or script.name
        before = _head(store, target)
        job = desk.start(script, model, name or None, budget_of(calls, money), "fork" if do == "fork" else "stop")
    except (TroupeError, ValueError) as error:
        why = without_places(error, request.app.state.stores.path)
        return shown(request, store, 422, notices=[{"kind": "bad", "text": why}], **written)
    desk.jobs.wait(job, FIRST if before is None else TAKING)  # a new run is there to be looked at
    if isinstance(job.error, ScriptDiffers):
        return shown(request, store, 422, notices=[_differs(job)], differs=True, **written)
    after = _head(store, target)
    if after is None or (after == before and _problem(job) is not None):
        why = _problem(job) or "The run is about to begin: it is listed here as soon as it has."
        kind = "bad" if _problem(job) else "cool"
        return shown(request, store, 422, notices=[{"kind": kind, "text": why}], **written)
    return _back(*_begun(job, target, before, after))


def _begun(job: Job, target: str, before: str | None, after: str) -> tuple[str, str]:
    """Return where a run that was begun is seen, and what is said there."""
    life = str((job.result or {}).get("ref", f"{target}/main")).partition("@")[0]
    if before is None:
        return f"/runs/{target}/main", "started"
    if life != f"{target}/main":
        return f"/runs/{life}", "forked"
    told = "again" if job.status == "running" else "there" if after == before else "gone-on"
    return f"/runs/{target}/main", told


def _differs(job: Job) -> dict[str, str]:
    what = (_problem(job) or "").partition("Give it another name")[0].rstrip()
    more = "Begin it under another name, undo the edit, or let it part there as a branch: nothing was begun yet."
    return {"kind": "warn", "text": f"{what}\n{more}", "href": "#begin", "link": "To the form"}


@router.post("/imports")
def take_in(request: Request, store: Reading, name: Annotated[str, Form()] = "", file: Upload = None) -> Response:
    """Bring a bundle in."""
    try:
        if not isinstance(file, UploadFile) or not file.size:
            raise UsageError("choose a bundle: a .zip that was exported here or elsewhere")
        job = desk_of(request).jobs.wait(desk_of(request).take_in(file.file.read(), name or None), TAKING)
        why = _problem(job)
    except TroupeError as error:
        why = without_places(error, request.app.state.stores.path)
    if why is not None:
        return shown(request, store, 422, notices=[{"kind": "bad", "text": why}])
    return _back("/", "imported")


@router.post("/runs/{simulation}/{branch}/say")
def say(
    request: Request,
    simulation: str,
    branch: str,
    text: Annotated[str, Form(min_length=1, max_length=100_000)],
    to: Annotated[str, Form()] = "",
    back: Back = "",
) -> Response:
    """Say something to everybody, or to one person."""
    done = desk_of(request).say(f"{simulation}/{branch}", text, [to] if to else [])
    return _back(f"/runs/{simulation}/{branch}", "posted" if done["posted"] else "said", back)


@router.post("/runs/{simulation}/{branch}/answer")
def answer(
    request: Request,
    simulation: str,
    branch: str,
    person: Annotated[str, Form()],
    words: Annotated[str, Form(max_length=100_000)] = "",
    back: Back = "",
) -> Response:
    """Answer as a person whom a human plays and for whom the run waits."""
    desk_of(request).answer(f"{simulation}/{branch}", person, words)
    return _back(f"/runs/{simulation}/{branch}", "answered", back)


@router.post("/runs/{simulation}/{branch}/pause")
def pause(request: Request, simulation: str, branch: str, back: Back = "") -> Response:
    """Ask whoever runs the branch to stop between two steps."""
    desk_of(request).pause(f"{simulation}/{branch}")
    return _back(f"/runs/{simulation}/{branch}", "pausing", back)


@router.post("/runs/{simulation}/{branch}/resume")
def resume(request: Request, simulation: str, branch: str, back: Back = "") -> Response:
    """Go on with what is under way, and what the scenario has yet to come."""
    return _gone_on(request, simulation, branch, None, "resumed", back)


@router.post("/runs/{simulation}/{branch}/step")
def step(request: Request, simulation: str, branch: str, back: Back = "") -> Response:
    """Go on for one step."""
    return _gone_on(request, simulation, branch, 1, "stepping", back)


def _gone_on(request: Request, simulation: str, branch: str, steps: int | None, told: str, back: str) -> Response:
    desk = desk_of(request)
    job = desk.jobs.wait(desk.go_on(f"{simulation}/{branch}", steps), FIRST)
    if job.error is not None and isinstance(job.error, TroupeError):
        raise job.error
    return _back(f"/runs/{simulation}/{branch}", told, back)


def _sent(file: Any) -> str:
    """Return the text of a file that was chosen; empty where none was."""
    return file.file.read().decode("utf-8", "replace") if isinstance(file, UploadFile) and file.size else ""


def _script(text: str) -> Scenario:
    if not text.strip():
        raise UsageError("paste a scenario, or choose a file")
    return script_of(Start(text=text))


def budget_of(calls: str, money: str = "") -> Budget | None:
    """Return the limits somebody wrote, None for none. Raises UsageError for what is no number."""
    given = {name: value.strip() for name, value in (("calls", calls), ("money", money)) if value.strip()}
    try:
        return Limits.model_validate(given).budget()
    except ValidationError as error:
        name = str(error.errors()[0]["loc"][0])
        raise UsageError(f"{given[name]!r} is no number that can limit {name}") from None


def _head(store: Store, name: str) -> str | None:
    """Return the hash of the last event of a simulation's main branch, None where nothing has happened in it."""
    if not any(each.name == name for each in store.log.simulations()):
        return None
    head = store.log.head(store.log.branch(name))
    return head.hash.hex() if head.seq else None


def cost(found: Estimate) -> str:
    """Return an estimate in one sentence: the middle, and between what eight in ten such lives stay."""
    parts = [
        f"{_band(found.calls)} calls",
        f"{_band(found.prompt_tokens)} tokens in",
        f"{_band(found.completion_tokens)} out",
    ]
    if found.money is not None:
        low, mid, high = (micro(each) for each in (found.money.low, found.money.mid, found.money.high))
        parts.append(f"{mid} {found.currency} ({low} to {high})" if found.money.high else "no money")
    said = "About " + ", ".join(parts) + "; eight in ten such runs stay in these bounds."
    return said + (f" No price is known of {', '.join(found.unpriced)}." if found.unpriced else "")


def _band(band: Band) -> str:
    if band.low == band.high:
        return number(band.mid)
    return f"{number(band.mid)} ({number(band.low)} to {number(band.high)})"
