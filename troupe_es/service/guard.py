"""Who may ask, and what every answer says: an ASGI layer before all routes.

A page from elsewhere in the same browser must not reach the service: the Host header is one we are known by (a name
that was pointed at this machine by somebody else is not), what changes anything comes from our own origin, is JSON or
a form with our token in it, and no other site may frame, sniff or run anything. With a token, everybody says it.
Bodies are read to the end before a route sees them, and never further than the cap.
"""

import asyncio
import hashlib
import hmac
import io
import ipaddress
import re
import secrets
from collections.abc import Iterable
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from troupe_es.service.problems import plain, urn

SAFE = ("GET", "HEAD", "OPTIONS")
MOST = 1_000_000
"""Bytes of a body, where no path says otherwise."""

MOST_OF = {
    "/api/simulations": 12_000_000,
    "/api/estimate": 12_000_000,
    "/api/imports": 200_000_000,
    "/imports": 200_000_000,
    "/scenarios": 12_000_000,
}
"""Bytes of a body for scenarios and bundles."""

SESSION, SIGNED_IN = "troupe_session", "troupe_signed_in"
OPEN = ("/login", "/assets/")
"""What is seen before one has signed in."""

HEADERS = {
    "content-security-policy": (
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
FIELD = re.compile(rb'(?i)\r\ncontent-disposition: *form-data; *name="csrf"\r\n\r\n([0-9a-f]{1,64})\r\n--')
"""The token in a form with a file: nobody who does not know it can put it into a body, wherever it stands."""

BEGINNING = 65_536
"""Bytes of such a form among which its token is: our forms have it before the file."""

PIECE, WHOLE = 30.0, 600.0
"""Seconds that a client has to send the next piece of a body, and all of it."""


class Guard:
    """Lets through what may come in, and sets the headers of what goes out.

    ``hosts`` are the names we are known by beside this machine's own; ``token`` is what everybody must say. With a
    token, any numeric address will do: a name that was pointed here is what the check is against.
    """

    def __init__(self, app: ASGIApp, *, hosts: Iterable[str] = (), token: str | None = None) -> None:
        self.app = app
        self.hosts = {*LOOPBACK, *(host.lower() for host in hosts)}
        self.token = token
        self.secret = secrets.token_bytes(32)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a refusal, or hand on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        session, fresh = self._session(headers)
        scope.setdefault("state", {})["csrf"] = self._csrf(session)

        async def outgoing(message: Message) -> None:
            if message["type"] == "http.response.start":
                _dress(MutableHeaders(scope=message), scope, session if fresh else None)
            await send(message)

        refusal = self._refusal(scope, headers)
        if refusal is None:
            body, refusal = await _body(scope, headers, receive)
            refusal = refusal or self._form(scope, headers, session, body)
            receive = _again(body, receive)
        answering: Send = outgoing
        if scope["method"] == "HEAD":
            scope, receive, answering = _headers_only(scope, outgoing)
        await (refusal or self.app)(scope, receive, answering)

    def _refusal(self, scope: Scope, headers: Headers) -> Response | None:
        host, path = headers.get("host", ""), scope["path"]
        if not self._known(host):
            return plain(
                421, "this service is not known by that name: --allow-host NAME lets it be", urn("UnknownHost")
            )
        if scope["method"] not in SAFE and not _own(headers, host):
            return plain(403, "a page of another site may not do this", urn("OtherOrigin"))
        if self.token is not None and not path.startswith(OPEN) and not self._says(headers):
            if path.startswith("/api/") or "text/html" not in headers.get("accept", ""):
                realm = {"www-authenticate": 'Bearer realm="troupe"'}
                return plain(401, "say the token: Authorization: Bearer TOKEN", urn("TokenNeeded"), realm)
            return RedirectResponse("/login", 303)
        return None

    def _known(self, host: str) -> bool:
        name = re.sub(r":\d+$", "", host.lower())
        if name in self.hosts:
            return True
        try:
            ipaddress.ip_address(name.strip("[]"))
        except ValueError:
            return False
        return self.token is not None

    # signing in

    def _says(self, headers: Headers) -> bool:
        assert self.token is not None
        scheme, _, said = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return hmac.compare_digest(said.strip().encode(), self.token.encode())
        return hmac.compare_digest(_cookie(headers, SIGNED_IN).encode(), signed_in(self.token).encode())

    def _session(self, headers: Headers) -> tuple[str, bool]:
        known = _cookie(headers, SESSION)
        return (known, False) if re.fullmatch(r"[\w-]{20,64}", known) else (secrets.token_urlsafe(24), True)

    def _csrf(self, session: str) -> str:
        return hmac.new(self.secret, session.encode(), hashlib.sha256).hexdigest()

    def _form(self, scope: Scope, headers: Headers, session: str, body: bytes) -> Response | None:
        """Refuse what changes something and is neither JSON (the API) nor a form of ours (the pages)."""
        if scope["method"] in SAFE:
            return None
        media = headers.get("content-type", "").partition(";")[0].strip().lower()
        if scope["path"].startswith("/api/"):
            if media in FORMS or (media == "text/plain") or (body and not media):
                return plain(415, "the API takes application/json (a bundle: application/zip)")
            return None
        said = ""
        if media == FORMS[0]:
            said = parse_qs(body.decode("utf-8", "replace")).get("csrf", [""])[0]
        elif media == FORMS[1] and (field := FIELD.search(body, 0, BEGINNING)):
            said = field[1].decode()
        if not hmac.compare_digest(said.encode(), self._csrf(session).encode()):
            return plain(403, "this form is too old: load the page again, then send it", urn("StaleForm"))
        return None


def signed_in(token: str) -> str:
    """Return the value of the cookie that says somebody knew the token; the token itself is not in it."""
    return hmac.new(token.encode(), b"troupe-signed-in", hashlib.sha256).hexdigest()


def _cookie(headers: Headers, name: str) -> str:
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(name)
    except CookieError:
        return ""
    return found.value if found is not None else ""


def _own(headers: Headers, host: str) -> bool:
    """Whether a request comes from our own pages, or from no page at all."""
    origin = headers.get("origin")
    if origin is not None:
        return urlsplit(origin).netloc.lower() == host.lower() and origin != "null"
    return headers.get("sec-fetch-site", "none") in ("none", "same-origin")


def _dress(headers: MutableHeaders, scope: Scope, session: str | None) -> None:
    for name, value in HEADERS.items():
        headers.setdefault(name, value)
    headers.setdefault("cache-control", "no-store" if scope["path"].startswith("/api/") else "no-cache")
    if session is not None and headers.get("content-type", "").startswith("text/html"):
        headers.append("set-cookie", f"{SESSION}={session}; Path=/; HttpOnly; SameSite=Strict")


async def _body(scope: Scope, headers: Headers, receive: Receive) -> tuple[bytes, Response | None]:
    """Return the whole body, or the answer to one that is too large or does not come."""
    if scope["method"] in ("GET", "HEAD"):
        return b"", None
    most = MOST_OF.get(scope["path"], MOST)
    refusal = plain(413, f"at most {most:,} bytes are taken here")
    declared = headers.get("content-length", "")
    if declared.isdigit() and int(declared) > most:
        return b"", refusal
    body = io.BytesIO()
    try:
        async with asyncio.timeout(WHOLE):
            while body.tell() <= most:
                async with asyncio.timeout(PIECE):
                    message = await receive()
                body.write(message.get("body", b""))
                if not message.get("more_body"):  # that was the last, or the client is gone
                    break
    except TimeoutError:
        return b"", plain(408, "the body of this request does not come: send it again")
    return (b"", refusal) if body.tell() > most else (body.getvalue(), None)


def _headers_only(scope: Scope, send: Send) -> tuple[Scope, Receive, Send]:
    """Return a HEAD as the GET it stands for: the headers go out and it is over, even where a stream would begin."""
    over = asyncio.Event()

    async def head(message: Message) -> None:
        if message["type"] == "http.response.start":
            await send(message)
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            over.set()

    async def gone() -> Message:
        await over.wait()
        return {"type": "http.disconnect"}

    return {**scope, "method": "GET"}, gone, head


def _again(body: bytes, receive: Receive) -> Receive:
    """Return what hands the body on, once, and then whatever comes."""
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again
