"""The web: a page is fetched once, from a host that is listed, and nothing else is reached."""

import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies.answers import HOSTILE
from strategies.using import alone, holds_everywhere, of, player, seen, turn

from troupe_es.errors import BadCommand
from troupe_es.toolbox import fetching
from troupe_es.toolbox.fetching import public
from troupe_es.tools.web import refused


class Pages(BaseHTTPRequestHandler):
    """Serves a page, a page that leads elsewhere, what is no text, and more than anybody reads."""

    asked: list[str]

    def do_GET(self) -> None:
        self.server.asked.append(self.path)  # type: ignore[attr-defined]
        moved = {"/here": "/page", "/away": "http://192.0.2.1/", "/round": "/round"}
        if self.path in moved:
            self.send_response(302)
            self.send_header("Location", moved[self.path])
            self.end_headers()
            return
        kind, content = {
            "/page": (
                "text/html; charset=utf-8",
                "<title>Fish</title><p>Herring\u2028is cheap.</p><script>x</script>",
            ),
            "/json": ("application/json", '{"a":\n 1}'),
            "/image": ("image/png", "PNG"),
            "/long": ("text/plain", "x" * 3_000_000),
            "/odd": ("text/plain; charset=martian", "x"),
        }.get(self.path, ("text/plain", ""))
        self.send_response(200 if content else 404)
        self.send_header("Content-Type", kind)
        self.end_headers()
        self.wfile.write(content.encode())

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    made = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    made.asked = []  # type: ignore[attr-defined]
    thread = threading.Thread(target=made.serve_forever)
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


def fetched(server: ThreadingHTTPServer, url: str, hosts: list[str] | None = None):
    """Let somebody fetch ``url`` (a path is one of the server's), and return what they perceive."""
    here = f"127.0.0.1:{server.server_port}"
    whole = f"http://{here}{url}" if url.startswith("/") else url.replace("PORT", str(server.server_port))
    with alone(player(turn(("FETCH", whole)))) as (store, sim):
        sim.equip(
            "web", hosts=[here] if hosts is None else [h.replace("PORT", str(server.server_port)) for h in hosts]
        )
        sim.run(1)
        asked = list(server.asked)  # type: ignore[attr-defined]
        holds_everywhere(store, sim)
        assert server.asked == asked  # type: ignore[attr-defined]  # nothing is fetched again
        [result] = seen(sim)
        return result, bool([each for each in of(sim, "model-answered") if each.model == "tool:web.fetch"])


def test_a_page_is_fetched_once_as_text_and_recorded(server: ThreadingHTTPServer) -> None:
    result, called = fetched(server, "/page")
    assert called
    assert not result.failed
    told = json.loads(result.content)
    assert (told["title"], told["text"]) == ("Fish", "Herring is cheap.")
    assert server.asked == ["/page"]  # type: ignore[attr-defined]


@pytest.mark.parametrize(("path", "text"), [("/here", "Herring is cheap."), ("/json", '{"a": 1}'), ("/long", "xxx")])
def test_what_is_allowed_is_read_within_limits(server: ThreadingHTTPServer, path: str, text: str) -> None:
    result, _ = fetched(server, path)
    assert json.loads(result.content)["text"].startswith(text)
    assert len(result.content) < 7000


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/away", "not allowed here"),
        ("/round", "leads on more than"),
        ("/image", "image/png"),
        ("/gone", "answered 404"),
        ("/odd", "martian"),
    ],
)
def test_what_is_not_allowed_or_no_page_is_a_failed_result(server: ThreadingHTTPServer, path: str, told: str) -> None:
    result, called = fetched(server, path)
    assert called
    assert result.failed
    assert told in result.content


@pytest.mark.parametrize(
    "url",
    [
        "http://192.0.2.1/",
        "http://127.0.0.1/",
        "http://localhost:PORT/page",
        "http://127.0.0.1:PORT@192.0.2.1/",
        "http://me:secret@127.0.0.1:PORT/page",
        "http://127.0.0.1:PORT\\@192.0.2.1/",
        "ftp://127.0.0.1:PORT/page",
        "file:///etc/passwd",
        "http://127.0.0.1:PORT/pa ge",
        "127.0.0.1:PORT/page",
        "",
    ],
)
def test_another_address_is_refused_and_nobody_is_asked(server: ThreadingHTTPServer, url: str) -> None:
    result, called = fetched(server, url)
    assert result.failed
    assert not called
    assert server.asked == []  # type: ignore[attr-defined]


def test_a_name_that_leads_to_a_private_address_is_refused_unless_that_is_listed(
    server: ThreadingHTTPServer,
) -> None:
    result, called = fetched(server, "http://localhost:PORT/page", ["localhost:PORT"])
    assert called
    assert "private address" in result.content
    assert server.asked == []  # type: ignore[attr-defined]
    allowed, _ = fetched(server, "http://localhost:PORT/page", ["localhost:PORT", "127.0.0.1"])
    assert not allowed.failed


def test_nobody_waits_for_ever_for_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "SECONDS", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        here = f"127.0.0.1:{silent.getsockname()[1]}"
        with alone(player(turn(("FETCH", f"http://{here}/")))) as (_, sim):
            sim.equip("web", hosts=[here])
            sim.run(1)
            assert ["no answer within" in each.content for each in seen(sim)] == [True]


@pytest.mark.parametrize("hosts", [[], "example.org", ["http://example.org"], ["*"], ["*.org"], ["a b"], [3], [""]])
def test_a_list_of_hosts_that_is_none_is_refused(hosts: object) -> None:
    with alone(player()) as (_, sim), pytest.raises(BadCommand):
        sim.equip("web", hosts=hosts)


@given(
    st.text(max_size=40) | st.sampled_from(HOSTILE) | st.from_regex(r"https?://[^/]{1,20}/.{0,10}", fullmatch=True)
)
def test_no_address_is_allowed_whose_host_is_not_listed(url: str) -> None:
    hosts = ["example.org", "example.org:8000"]
    if refused(url, hosts) is None:
        assert url.lower().startswith(("http://example.org", "https://example.org"))


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "192.168.0.1", "169.254.169.254", "0.0.0.0", "::1", "fe80::1", "::ffff:127.0.0.1"],
)
def test_private_addresses_are_not_public_unless_listed(address: str) -> None:
    assert not public(address, ["example.org"])
    assert public(address, [f"[{address}]:80" if ":" in address else f"{address}:80"])


def test_public_addresses_are() -> None:
    assert public("8.8.8.8", [])
    assert public("2606:4700::1111", [])
