"""What stands before every route: no page is open before one signs in, no form of somebody else's does anything."""

import asyncio
import re
from collections.abc import Iterator
from functools import partial
from http.cookies import SimpleCookie
from pathlib import Path

import pytest
import uvicorn
from fastapi.routing import APIRoute
from service.held import HOME
from starlette.requests import Request
from starlette.responses import Response
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send
from uvicorn.server import ServerState

from troupe_es.service import acting, create_app, guard, patience, reading
from troupe_es.service.guard import BEGINNING, MOST, OPEN, SESSION, Guard
from troupe_es.ui import web

FORM = {"content-type": "application/x-www-form-urlencoded"}
FILE = {"content-type": "multipart/form-data; boundary=x"}
PART = '--x\r\nContent-Disposition: form-data; name="{}"\r\n\r\n{}\r\n'


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """What is behind the guard: a page of one word, the token that its forms would hold."""
    size = len(await Request(scope, receive).body())
    await Response(scope["state"]["csrf"], headers={"x-size": str(size)}, media_type="text/html")(
        scope, receive, send
    )


def behind(*hosts: str, token: str | None = None, base: str = HOME) -> TestClient:
    """Return somebody who asks what is behind a guard of its own."""
    return TestClient(Guard(echo, hosts=hosts, token=token), base_url=base, follow_redirects=False)


@pytest.fixture(scope="module")
def locked(kept: Path) -> Iterator[TestClient]:
    """Somebody who does not know the token of a service with all its pages."""
    app = create_app(kept, token="a token nobody guesses")
    web.mount(app)
    yield TestClient(app, base_url=HOME, follow_redirects=False)
    app.state.stores.close()


def routes(method: str) -> Iterator[str]:
    """Yield where the service answers to a method, with something in the place of every name."""
    for route in (route for router in (reading.router, acting.router, *web.ROUTERS) for route in router.routes):
        if isinstance(route, APIRoute) and method in route.methods:
            yield re.sub(r"{(\w+)(?::\w+)?}", lambda name: "1" if name[1] in ("seq", "id") else "gallery", route.path)


def test_no_route_is_open_before_one_has_signed_in(locked: TestClient) -> None:
    asked = [(method, path) for method in ("GET", "POST") for path in routes(method)]
    shut = [each for each in asked if not each[1].startswith(OPEN)]
    assert len(shut) > 60 and {path for _, path in set(asked) - set(shut)} == {"/login", "/assets/gallery"}
    for method, path in shut:
        assert locked.request(method, path).status_code == 401, (method, path)
        page = locked.request(method, path, headers={"accept": "text/html"})
        assert (page.status_code, page.headers.get("location")) in ((401, None), (303, "/login")), (method, path)
        assert "gallery" not in page.text


def test_no_form_of_the_pages_is_taken_from_elsewhere_or_without_our_token(kept: Path) -> None:
    app = create_app(kept)
    web.mount(app)
    client = TestClient(app, base_url=HOME)
    paths = [path for path in routes("POST") if not path.startswith("/api/")]
    assert len(paths) > 8
    for path in paths:
        assert client.post(path, content=b"", headers={**FORM, "origin": "http://evil.example"}).status_code == 403
        for media in ({}, FORM, FILE, {"content-type": "application/json"}):
            assert client.post(path, content=b"", headers=media).status_code == 403, (path, media)
    app.state.stores.close()


def test_with_a_token_numeric_addresses_will_do_and_names_will_not() -> None:
    client = behind(token="x" * 20)
    for host, status in (
        ("10.0.0.1:8765", 401),
        ("[fe80::1]:80", 401),
        ("10.0.0.1.nip.io", 421),
        ("evil.example", 421),
    ):
        assert client.get("/", headers={"host": host}).status_code == status, host


@pytest.mark.parametrize("host", ["team.example", "TEAM.example:8765", "Team.Example"])
def test_a_name_that_is_allowed_is_served_in_any_case_and_on_any_port(host: str) -> None:
    for allowed in ("team.example", "Team.EXAMPLE"):
        assert behind(allowed).get("/", headers={"host": host}).status_code == 200
    assert behind().get("/", headers={"host": host}).status_code == 421


def form(token: str, media: dict[str, str]) -> bytes:
    """Return a form with a token and something else."""
    if media == FORM:
        return f"csrf={token}&text=Hi".encode()
    return (PART.format("csrf", token) + PART.format("text", "Hi") + "--x--\r\n").encode()


@pytest.mark.parametrize("media", [FORM, FILE], ids=["form", "file"])
def test_a_forms_token_is_that_of_one_session_of_one_process(media: dict[str, str]) -> None:
    ours, process = behind(), Guard(echo)
    token = ours.get("/").text
    theirs = TestClient(ours.app, base_url=HOME)
    restarted = TestClient(process, base_url=HOME, cookies=dict(ours.cookies))
    for client, status in ((ours, 200), (theirs, 403), (restarted, 403)):
        assert client.post("/imports", content=form(token, media), headers=media).status_code == status
    assert len({token, theirs.get("/").text, restarted.get("/").text}) == 3


@pytest.mark.parametrize("media", [FORM, FILE], ids=["form", "file"])
def test_a_token_is_in_the_body_and_never_in_the_address(media: dict[str, str]) -> None:
    client = behind()
    token = client.get("/").text
    assert client.post("/say", content=form(token, media), headers=media).status_code == 200
    assert client.post(f"/say?csrf={token}", content=form("", media), headers=media).status_code == 403
    late = (PART.format("text", "x" * BEGINNING) + PART.format("csrf", token) + "--x--\r\n").encode()
    assert client.post("/say", content=late, headers=FILE).status_code == 403


def test_the_sessions_cookie_is_for_our_own_pages_alone() -> None:
    client = behind()
    [cookie] = SimpleCookie(client.get("/").headers["set-cookie"]).values()
    assert (cookie.key, cookie["path"], cookie["samesite"], cookie["httponly"]) == (SESSION, "/", "Strict", True)
    assert len(cookie.value) >= 20
    assert "set-cookie" not in client.get("/").headers
    for made_up in ("short", "x" * 65, "a b" * 10):
        assert "set-cookie" in behind().get("/", headers={"cookie": f'{SESSION}="{made_up}"'}).headers


def test_pages_are_asked_for_anew_and_answers_of_the_api_not_kept() -> None:
    for path, kept in (("/", "no-cache"), ("/runs/a/main", "no-cache"), ("/api/simulations", "no-store")):
        assert behind().get(path).headers["cache-control"] == kept


def test_nothing_may_be_loaded_sent_or_framed_but_what_is_ours() -> None:
    headers = behind().get("/").headers
    policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
    assert policy == {
        "default-src": "'self'",
        "img-src": "'self' data:",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }
    assert headers["cross-origin-opener-policy"] == headers["cross-origin-resource-policy"] == "same-origin"


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("/api/simulations", 12_000_000),
        ("/api/estimate", 12_000_000),
        ("/api/imports", 200_000_000),
        ("/imports", 200_000_000),
        ("/api/branches/a/main/say", 1_000_000),
    ],
)
def test_a_body_may_be_as_long_as_its_path_says_and_no_byte_longer(path: str, most: int) -> None:
    client = behind()
    media = {"content-type": "application/json"} if path.startswith("/api/") else FORM
    sent = form(client.get("/").text, FORM)
    assert client.post(path, content=sent, headers={**media, "content-length": str(most)}).status_code == 200
    assert client.post(path, content=sent, headers={**media, "content-length": str(most + 1)}).status_code == 413


def test_a_body_without_a_length_may_be_as_long_too() -> None:
    media = {"content-type": "application/json"}
    for size, status in ((MOST, 200), (MOST + 1, 413)):
        parts = iter([b"x" * 400_000, b"x" * 400_000, b"x" * (size - 800_000)])
        answer = behind().post("/api/x", content=parts, headers=media)
        assert (answer.status_code, answer.headers.get("x-size")) == (status, str(size) if status == 200 else None)


@pytest.mark.parametrize(("piece", "whole"), [(0.01, 60.0), (60.0, 0.01)])
def test_a_body_that_does_not_come_is_not_waited_for(
    piece: float, whole: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "PIECE", piece)
    monkeypatch.setattr(guard, "WHOLE", whole)
    sent: list[Message] = []

    async def receive() -> Message:
        await asyncio.Event().wait()
        raise AssertionError("the client says nothing")

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"host", b"localhost"), (b"content-type", b"application/json")]
    scope = {"type": "http", "method": "POST", "path": "/api/x", "query_string": b"", "headers": headers}
    asyncio.run(asyncio.wait_for(Guard(echo)(scope, receive, send), 30))
    assert sent[0]["status"] == 408


def test_half_a_head_is_not_waited_for_and_a_slow_answer_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "HEAD", 0.02)
    cut = asyncio.Event()

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        await cut.wait()
        await Response("late")(scope, receive, send)

    async def asked() -> list[bytes]:
        config = uvicorn.Config(slow, http=patience.Patient, log_level="error")
        config.load()
        make = partial(patience.Patient, config=config, server_state=ServerState(), app_state={})
        server = await asyncio.get_running_loop().create_server(make, "127.0.0.1", 0)
        address = server.sockets[0].getsockname()[:2]
        whole, its = await asyncio.open_connection(*address)
        its.write(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        got = []
        for begun in (b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: a\r\nX: "):
            reader, writer = await asyncio.open_connection(*address)
            writer.write(begun)
            got.append(await reader.read())
            writer.close()
        cut.set()
        got.append(await whole.read())
        its.close()
        server.close()
        return got

    *halves, answer = asyncio.run(asyncio.wait_for(asked(), 30))
    assert halves == [b"", b"", b""] and answer.endswith(b"late")
