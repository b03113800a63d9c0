"""The page of one event: what happened, what a model was asked and said, what changed, what led here and on."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from troupe_es.controller.references import resolve
from troupe_es.controller.store import Store
from troupe_es.errors import BadReference
from troupe_es.events import types
from troupe_es.ui.web.reading import Reading
from troupe_es.ui.web.rendering import page, run_of
from troupe_es.ui.web.timeline import group_of
from troupe_es.views import calls, causes, changes, events, states
from troupe_es.views.names import names

router = APIRouter(include_in_schema=False)

MANY = 40
"""People of a world that are named on the page; the page of the world has all."""


@router.get("/runs/{simulation}/{branch}/events/{seq}", response_class=HTMLResponse)
def event(request: Request, store: Reading, simulation: str, branch: str, seq: int) -> HTMLResponse:
    """Return the page of an event."""
    ref = f"{simulation}/{branch}"
    found = events.one(store, ref, seq)
    now = states.glance(store, f"{ref}@{seq}", found["actor"], MANY)
    call = calls.call(store, ref, seq)
    called = names(store.log, resolve(store.log, ref).branch)
    return page(
        request,
        "moment.html",
        order=called,
        called=called,
        nav="runs",
        run=run_of(simulation, branch, seq),
        event=found,
        image=bool(_picture(store, ref, seq)),
        head=store.log.head(resolve(store.log, ref).branch).seq,
        group=group_of,
        call=call,
        models=[call["model"]] if call else [now["model"]],
        changes=changes.change(store, ref, seq),
        causes=causes.causes(store, ref, seq),
        now=now,
        mind=now["person"],
        neighbours=_neighbours(store, ref, found),
        many=MANY,
    )


@router.get("/runs/{simulation}/{branch}/events/{seq}/image")
def image(store: Reading, simulation: str, branch: str, seq: int) -> Response:
    """Return what people were shown with an event: a picture of the store, which can be nothing but a picture."""
    found = _picture(store, f"{simulation}/{branch}", seq)
    if found is None:
        raise BadReference(f"event {seq} of {simulation}/{branch} shows no picture")
    headers = {"Content-Security-Policy": "default-src 'none'; sandbox", "X-Content-Type-Options": "nosniff"}
    return Response(store.log.read_blob(found.sha256), media_type=found.media, headers=headers)


def _picture(store: Store, ref: str, seq: int) -> types.Picture | None:
    body = store.log.event(resolve(store.log, ref).branch, seq).body
    return body.image if isinstance(body, types.StimulusGiven) else None


def _neighbours(store: Store, ref: str, event: dict[str, Any]) -> list[tuple[str, int | None, int | None]]:
    """What to go on to: the events of the same type, and of the same person, before and after."""
    seq, actor = event["seq"], event["actor"]
    looked_for = [("of this type", [event["type"]], None)] + ([("of this person", [], actor)] if actor else [])
    return [
        (words, events.find(store, ref, seq, False, kinds, who), events.find(store, ref, seq, True, kinds, who))
        for words, kinds, who in looked_for
    ]
