"""Signing in where the service has a token: what a browser then says is not the token itself."""

import hmac
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from troupe_es.service.guard import SIGNED_IN, signed_in
from troupe_es.ui.web.rendering import page

router = APIRouter(include_in_schema=False)


@router.get("/login", response_class=HTMLResponse)
def form(request: Request) -> HTMLResponse:
    """Return the page where one signs in."""
    return page(request, "login.html", nav="login")


@router.post("/login")
def sign_in(request: Request, token: Annotated[str, Form(max_length=1000)] = "") -> Response:
    """Sign a browser in that knows the token."""
    known: str | None = request.app.state.token
    if known is None:
        return RedirectResponse("/", 303)
    if not hmac.compare_digest(token.strip().encode(), known.encode()):
        notices = [{"kind": "bad", "text": "That is not the token. Whoever started the service has been told it."}]
        return page(request, "login.html", 403, nav="login", notices=notices)
    answer = RedirectResponse("/", 303)
    answer.set_cookie(
        SIGNED_IN, signed_in(known), httponly=True, samesite="strict", secure=request.url.scheme == "https", path="/"
    )
    return answer
