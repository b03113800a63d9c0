"""The page of one person at an event: who they are, what they remember and feel, and a box to ask them just then."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from troupe_es.controller.store import Store
from troupe_es.errors import BadReference, TroupeError
from troupe_es.service.problems import told as without_places
from troupe_es.ui.web import pictures
from troupe_es.ui.web.acting import awaited, desk_of, unready
from troupe_es.ui.web.links import Links, with_query
from troupe_es.ui.web.reading import Reading
from troupe_es.ui.web.rendering import page, run_of
from troupe_es.ui.web.world import At, moment_of
from troupe_es.views import asked, events, expected, models, states
from troupe_es.views.documents import documents
from troupe_es.views.names import names
from troupe_es.views.runs import LEFT

router = APIRouter(include_in_schema=False)

WAITING = "The question is on its way; the answer will stand here. Load this page again in a moment."
RECORDING = (
    "{} is a recording: it can answer only what was asked in it, and this was not asked here. Name a model that "
    "answers instead; the improviser is free."
)
PERSON = "/runs/{simulation}/{branch}/people/{who}"


@router.get(PERSON, response_class=HTMLResponse)
def person(
    request: Request,
    store: Reading,
    simulation: str,
    branch: str,
    who: str,
    at: At = None,
    question: str = "",
    model: str = "",
    answer: str = "",
    told: str = "",
) -> Response:
    """Return the page of ``who`` at event ``at``; somebody who has left by the end is shown as they left.

    With a ``question`` it says what asking it may cost and offers to do so; ``answer`` names the side branch of one
    that was just asked.
    """
    return _shown(request, store, (simulation, branch, who, at), question, model, answer=answer, told=told)


def _shown(
    request: Request,
    store: Store,
    place: tuple[str, str, str, int | None],
    question: str,
    model: str,
    fault: str = "",
    answer: str = "",
    told: str = "",
) -> Response:
    """Return the page of somebody at a place; a ``fault`` is why a question could not be asked, which stays there."""
    simulation, branch, who, at = place
    moment = moment_of(store, simulation, branch, at)
    left = events.find(store, moment["life"], 0, True, LEFT, who) if at is None else None
    if left is not None and left > 1:
        return RedirectResponse(with_query(request.url.path, at=left - 1, question=question, model=model), 303)
    found = states.person(store, moment["ref"], who)
    to = Links(moment["ref"], moment["at"])
    estimate = None
    if not fault:
        estimate, fault = _estimate(store, moment["ref"], found["id"], question, model)
    interviews = [
        each
        for each in asked.asides(store, simulation, branch, "interview")
        if each["person"] == found["id"] and (each["at"] == moment["at"] or each["branch"] == answer)
    ]
    return page(
        request,
        "person.html",
        422 if request.method == "POST" else 200,
        nav="runs",
        notices=[{"kind": "cool", "text": WAITING}] if told == "asking" else [],
        run=run_of(simulation, branch, at),
        moment=moment,
        last=_last(store, moment, found),
        documents=documents(store, moment["ref"], found["id"]),
        found=found,
        order=names(store.log, store.log.branch(simulation, branch)),
        **_around(store, moment["ref"], found),
        picture=pictures.feelings(found, moment["at"], to.event),
        to=to,
        asking={"question": question, "model": model, "estimate": estimate, "fault": fault},
        models=models.choices(store),
        answerer=_answerer(store, moment["ref"], found["id"]),
        interviews=interviews,
        answer=answer,
    )


def _last(store: Store, moment: dict[str, Any], found: dict[str, Any]) -> int:
    """Return the last event at which somebody is there."""
    left = events.find(store, moment["life"], moment["at"], True, LEFT, found["id"])
    return int(moment["head"] if left is None else left - 1)


def _around(store: Store, ref: str, found: dict[str, Any]) -> dict[str, Any]:
    """Return the names of those somebody is related to, and of the world they are in."""
    state = store.at(ref)
    ids = {each[side] for each in found["relations"] for side in ("a", "b")}
    called = {id: state.people[id].name for id in ids if id in state.people}
    return {"names": called, "world": state.worlds[found["world"]].name}


def _estimate(store: Store, ref: str, who: str, question: str, model: str) -> tuple[dict[str, Any] | None, str]:
    """Return what a question may cost, or why it can't be asked."""
    if not question.strip():
        return None, ""
    try:
        found = expected.question(store, ref, who, question, model)
    except TroupeError as error:
        return None, str(error)
    if found["recording"] and not found["recorded"]:
        return None, RECORDING.format(found["model"])
    return (found, "") if found["recorded"] or not (why := unready(store, found["model"])) else (found, why)


def _answerer(store: Store, ref: str, who: str) -> dict[str, Any]:
    """Return who answers for somebody at a point, and whether that is a recording."""
    model = store.at(ref).settings.model_for(who, "ask")
    return {"model": model, "recording": expected.recording(store, model)}


@router.post(PERSON + "/ask")
def ask(
    request: Request,
    store: Reading,
    simulation: str,
    branch: str,
    who: str,
    question: Annotated[str, Form(min_length=1, max_length=4000)],
    at: Annotated[int, Form(ge=1)],
    model: Annotated[str, Form(max_length=200)] = "",
    again: Annotated[bool, Form()] = False,
) -> Response:
    """Ask somebody at an event, as ``troupe ask`` does, and show the answer on their page, or why there is none."""
    life = f"{simulation}/{branch}"
    place = (simulation, branch, who, at)
    estimate, why = _estimate(store, f"{life}@{at}", who, question, model)
    if estimate is None and why:
        return _shown(request, store, place, question, model, why)
    try:
        job = desk_of(request).ask(f"{life}@{at}", who, question, model=model, again=again)
        reply = awaited(request, job)
    except BadReference:
        raise
    except TroupeError as error:
        why = without_places(error, request.app.state.stores.path)
        return _shown(request, store, place, question, model, why)
    aside = reply["ref"].partition("@")[0].partition("/")[2] if reply else ""
    there = (Links(life).person(who) or "/").partition("?")[0]
    return RedirectResponse(with_query(there, at=at, answer=aside, told="" if reply else "asking") + "#asked", 303)
