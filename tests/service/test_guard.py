"""Safe by default: who is not known, not from here, not signed in or too large gets nowhere, and nothing leaks."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from service.held import HOME
from starlette.testclient import TestClient

from troupe_es import errors
from troupe_es.service import create_app, guard, problems

TOKEN = "a token nobody guesses"
JSON = {"content-type": "application/json"}


@pytest.fixture
def locked(path: Path) -> Iterator[TestClient]:
    app = create_app(path, token=TOKEN)
    with TestClient(app, base_url=HOME, raise_server_exceptions=False, follow_redirects=False) as client:
        yield client


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "", "127.0.0.1.nip.io", "10.0.0.1"])
def test_a_name_that_was_pointed_here_is_not_served(client: TestClient, host: str) -> None:
    answer = client.get("/api/simulations", headers={"host": host})
    assert answer.status_code == 421 and "simulation" not in answer.text


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8765", "[::1]:80", "LOCALHOST:1"])
def test_this_machine_has_its_names(client: TestClient, host: str) -> None:
    assert client.get("/api/simulations", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://localhost:1"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_a_page_from_elsewhere_changes_nothing(client: TestClient, headers: dict[str, str]) -> None:
    answer = client.post("/api/branches/gallery/main/say", json={"text": "Hi"}, headers=headers)
    assert answer.status_code == 403
    assert client.get("/api/branches/gallery/main").json()["events"] == 272


def test_our_own_page_may(client: TestClient) -> None:
    sent = {"text": "Hi", "to": ["per-lund"]}
    answer = client.post("/api/branches/gallery/main/say", json=sent, headers={"origin": HOME})
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("media", ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain", ""])
def test_a_form_of_another_site_does_not_reach_the_api(client: TestClient, media: str) -> None:
    sent = b'{"text": "Hi"}'
    answer = client.post("/api/branches/gallery/main/say", content=sent, headers={"content-type": media})
    assert answer.status_code == 415


def test_a_form_without_our_token_is_refused(client: TestClient) -> None:
    assert client.post("/whatever", data={"text": "Hi"}).status_code == 403
    assert client.post("/whatever", data={"text": "Hi", "csrf": "0" * 64}).status_code == 403


def test_without_the_token_nobody_sees_anything(locked: TestClient) -> None:
    assert locked.get("/api/simulations").status_code == 401
    assert locked.get("/api/openapi.json").status_code == 401
    for wrong in ("Bearer", "Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer \u00e9"):
        assert locked.get("/api/simulations", headers={"authorization": wrong.encode()}).status_code == 401
    assert locked.get("/api/simulations", headers={"authorization": f"Bearer {TOKEN}"}).status_code == 200
    page = locked.get("/", headers={"accept": "text/html"})
    assert (page.status_code, page.headers["location"]) == (303, "/login")


def test_the_cookie_of_who_signed_in_does(locked: TestClient) -> None:
    locked.cookies.set(guard.SIGNED_IN, guard.signed_in(TOKEN))
    assert locked.get("/api/simulations").status_code == 200
    locked.cookies.set(guard.SIGNED_IN, guard.signed_in("another token"))
    assert locked.get("/api/simulations").status_code == 401
    assert TOKEN not in guard.signed_in(TOKEN)


@pytest.mark.parametrize("where", ["/api/simulations", "/api/nothing", "/nothing", "/api/branches/gallery/nope"])
def test_every_answer_says_how_it_may_be_used(client: TestClient, where: str) -> None:
    headers = client.get(where).headers
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy and "frame-ancestors 'none'" in policy and "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff" and headers["referrer-policy"] == "no-referrer"


def test_a_body_is_read_up_to_the_cap_and_no_further(client: TestClient) -> None:
    large = b'{"text": "' + b"a" * guard.MOST + b'"}'
    where = "/api/branches/gallery/main/say"
    assert client.post(where, content=large, headers=JSON).status_code == 413
    assert client.post(where, content=iter([large[:500_000]] * 3), headers=JSON).status_code == 413


def test_every_error_there_is_has_a_status() -> None:
    def below(kind: type[errors.TroupeError]) -> Iterator[type[errors.TroupeError]]:
        yield kind
        for child in kind.__subclasses__():
            yield from below(child)

    there = {kind for kind in below(errors.TroupeError) if kind.__module__ == errors.__name__}
    assert there == set(problems.STATUS)


@pytest.mark.parametrize("kind", sorted(problems.STATUS, key=lambda kind: kind.__name__))
def test_no_error_tells_a_place_or_a_key(kind: type[errors.TroupeError], tmp_path: Path) -> None:
    place = tmp_path / "troupe.db"
    words = f"{str(place)!r} and /home/ana/.config/key.txt with sk-abcdefghijklmnop1234567890, C:\\Users\\ana\\x.db"
    found = problems.problem_of(kind(words), place)
    for secret in (str(tmp_path), "/home", "ana/", "sk-abc", "Users"):
        assert secret not in found.detail
    assert found.type.startswith("urn:troupe-es:") and found.status >= 400


def test_what_nobody_expected_is_not_told(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("secret /etc/passwd")

    monkeypatch.setattr("troupe_es.views.lineage.lineage", broken)
    answer = client.get("/api/simulations/gallery/lineage")
    assert answer.status_code == 500 and "secret" not in answer.text and "Traceback" not in answer.text
    assert answer.headers["content-type"] == problems.MEDIA


@pytest.mark.parametrize(
    ("method", "where", "status"),
    [
        ("GET", "/api/nothing", 404),
        ("DELETE", "/api/simulations", 405),
        ("GET", "/api/branches/gallery/nope", 404),
        ("GET", "/api/branches/gallery/main/events/999999", 404),
        ("GET", "/api/branches/gallery/main/events?limit=0", 422),
        ("GET", "/api/branches/gallery/main/events?type=nope", 422),
        ("GET", "/api/branches/UPPER/main", 422),
        ("GET", "/api/branches/..%2f..%2fetc/passwd", 404),
        ("GET", "/api/jobs/none", 404),
        ("GET", "/api/jobs?wait=1", 422),
        ("GET", "/api/branches/gallery/main/export?at=-4", 422),
        ("GET", "/api/branches/gallery/main/events?person=nope", 404),
        ("GET", "/api/branches/gallery/main/matches?person=nope", 404),
        ("GET", "/api/branches/gallery/main/stream?person=nope", 404),
        ("GET", "/nothing", 404),
    ],
)
def test_every_refusal_is_a_problem_document(client: TestClient, method: str, where: str, status: int) -> None:
    answer = client.request(method, where)
    assert (answer.status_code, answer.headers["content-type"]) == (status, problems.MEDIA)
    assert answer.json()["status"] == status and answer.json()["title"] and answer.json()["detail"]


@pytest.mark.parametrize(
    ("where", "status"),
    [
        ("/api/simulations", 200),
        ("/api/branches/gallery/main/events/30", 200),
        ("/api/branches/gallery/main/stream", 200),
        ("/api/nothing", 404),
        ("/api/branches/gallery/main/say", 405),
    ],
)
def test_the_headers_alone_are_those_that_the_whole_would_have(client: TestClient, where: str, status: int) -> None:
    head = client.head(where)
    assert (head.status_code, head.content) == (status, b"")
    if "stream" not in where:
        assert dict(head.headers) == dict(client.get(where).headers)
    assert client.head(where, headers={"host": "evil.example"}).status_code == 421


def test_an_event_may_be_kept_because_it_never_changes(client: TestClient) -> None:
    where = "/api/branches/gallery/main/events/30"
    first = client.get(where)
    etag = first.headers["etag"]
    assert "immutable" in first.headers["cache-control"] and first.json()["hash"] in etag
    assert client.get(where, headers={"if-none-match": etag}).status_code == 304
    assert "31536000" in client.get(f"{where}?hash={first.json()['hash'][:16]}").headers["cache-control"]
    assert client.get(f"{where}?hash=00000000").status_code == 404
    assert client.get("/api/simulations").headers["cache-control"] == "no-store"
