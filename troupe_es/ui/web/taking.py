"""Downloads of a life: its events, its transcript, and one page that opens from disk; the API has the bundle."""

from collections.abc import Iterator
from contextvars import copy_context
from itertools import chain
from typing import Any, Literal

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse

from troupe_es.controller.references import resolve
from troupe_es.errors import UsageError
from troupe_es.ui.bundles import FORMS
from troupe_es.ui.web.reading import Reading

router = APIRouter(include_in_schema=False)

MOST = 100_000
"""Events of which a page that opens from disk is made here; the command line makes one of any life."""

MEGABYTES, SECONDS = 0.0006, 0.0002
"""What an event adds to such a page, and to the time it takes, as it is verified first: measured with 47 000."""

PIECE = 100_000
"""Characters that are sent at once."""

MEDIA = {"jsonl": "application/x-ndjson", "csv": "text/csv; charset=utf-8", "html": "text/html; charset=utf-8"}


@router.get("/runs/{simulation}/{branch}/export/{form}")
def export(
    request: Request, store: Reading, simulation: str, branch: str, form: Literal["jsonl", "csv", "html"]
) -> StreamingResponse:
    """Return a branch in another form, as ``troupe export --format`` writes it, to be kept as a file."""
    point = resolve(store.log, f"{simulation}/{branch}")
    if form == "html" and point.seq > MOST:
        raise UsageError(
            f"{point.branch} has {point.seq:,} events: a page of more than {MOST:,} is made on the command line, "
            f"'troupe export {point.branch} --format html -o FILE'"
        )
    parts = _pieces(_parts(request, str(point), form))
    first = next(parts, "")  # what cannot be told is told before anything is sent
    name = f"{simulation}.{form}" if branch == "main" else f"{simulation}-{branch}.{form}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-cache"}
    return StreamingResponse(chain([first], parts), media_type=MEDIA[form], headers=headers)


def _parts(request: Request, ref: str, form: str) -> Iterator[str]:
    """Yield the text, from a handle that is lent until it is all sent."""
    with request.app.state.stores.reading() as store:
        yield from FORMS[form](store, resolve(store.log, ref))


def _pieces(parts: Iterator[str]) -> Iterator[str]:
    """Yield the text in large pieces, all made in one context, whichever threads ask for them."""
    context, held, size = copy_context(), list[str](), 0
    while (part := context.run(next, parts, None)) is not None:
        held.append(part)
        size += len(part)
        if size >= PIECE:
            yield "".join(held)
            held, size = [], 0
    yield "".join(held)


def offers(simulation: str, branch: str, events: int) -> list[dict[str, Any]]:
    """Return what can be taken away of a branch: where it is, what it is called, what it is, and what it takes."""
    here = f"/runs/{simulation}/{branch}/export"
    size, seconds = round(events * MEGABYTES), round(events * SECONDS)
    takes = f"about {max(1, size)} MB and {max(1, seconds)} s" if events > MOST // 20 else ""
    offered = [
        (f"/api/branches/{simulation}/{branch}/export", "Bundle", "a .zip with everything, to import and verify", ""),
        (f"{here}/jsonl", "JSON lines", "every event", ""),
        (f"{here}/csv", "CSV", "the transcript", ""),
        (f"{here}/html", "HTML", "one page that opens from disk", takes),
    ]
    if events > MOST:
        offered.pop()
    return [{"href": href, "name": name, "what": what, "takes": takes} for href, name, what, takes in offered]
