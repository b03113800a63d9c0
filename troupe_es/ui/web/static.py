"""The style sheet, the modules and the picture of a mark, served from the package: nothing comes from elsewhere."""

import hashlib
from functools import cache
from importlib.resources import files

from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException

router = APIRouter(include_in_schema=False)

KINDS = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}
FOR_EVER = "public, max-age=31536000, immutable"
ASK_FIRST = "no-cache"
"""Modules import each other by name alone, so a browser asks whether they are still the same."""


@router.get("/assets/{name}")
def asset(request: Request, name: str, v: str = "") -> Response:
    """Return a file of ``assets/``, by its name among those that are there."""
    found = contents().get(name)
    if found is None:
        raise HTTPException(404, f"there is no asset {name!r}")
    content, mark = found
    headers = {"Cache-Control": FOR_EVER if v and mark.startswith(v) else ASK_FIRST, "ETag": f'"{mark}"'}
    if request.headers.get("if-none-match") == f'"{mark}"':
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=KINDS[name.rpartition(".")[2]], headers=headers)


@cache
def contents() -> dict[str, tuple[bytes, str]]:
    """Return every asset with its SHA-256, by its name: no path from a client ever reaches the file system."""
    held = {}
    for each in (files("troupe_es.ui.web") / "assets").iterdir():
        if each.name.rpartition(".")[2] in KINDS:
            content = each.read_bytes()
            held[each.name] = (content, hashlib.sha256(content).hexdigest())
    return held
