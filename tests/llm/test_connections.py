"""What lies between the SDK and the wire: proxies, compressed answers, one client for each target."""

import asyncio
import gzip
import socket
import threading
from collections.abc import Iterator

import pytest
from servers.loopback import Loopback

from troupe_es.llm import Message, Request, connections
from troupe_es.llm.connections import Connection
from troupe_es.llm.endpoint import OpenAI
from troupe_es.llm.faults import Fault
from troupe_es.llm.target import Target

ANSWER = b'{"choices": [{"message": {"content": "Tea, please."}}], "model": "m"}'


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    connections._proxy.cache_clear()
    yield
    connections._proxy.cache_clear()


def ask(url: str) -> str:
    model = OpenAI("m", base_url=url, api_key="k", patience=0.1)

    async def once() -> str:
        try:
            return (await model.complete(Request(Message("user", "Tea?"), "m", "1/ana/ask/0/0"), 0)).text
        finally:
            await model.aclose()

    return asyncio.run(once())


@pytest.mark.parametrize("name", ["http_proxy", "all_proxy"])
def test_calls_go_through_the_proxy_that_the_environment_names(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with Loopback() as proxy:
        monkeypatch.setenv(name, f"127.0.0.1:{proxy.port}")
        assert ask("http://models.invalid/v1")
    assert len(proxy.calls) == 1


def test_a_host_that_needs_no_proxy_is_called_directly(monkeypatch: pytest.MonkeyPatch) -> None:
    with Loopback() as proxy, Loopback() as server:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.port}")
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        assert ask(server.url)
    assert (len(proxy.calls), len(server.calls)) == (0, 1)


def exchanged(content: bytes, *more: str) -> object:
    """Return what becomes of one answer with this body and these headers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            peer, _ = listener.accept()
            with peer:
                peer.recv(65536)
                head = ["HTTP/1.1 200 OK", f"Content-Length: {len(content)}", *more, "", ""]
                peer.sendall("\r\n".join(head).encode() + content)

        thread = threading.Thread(target=serve)
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"

        async def once() -> object:
            connection = Connection(Target(url, "k"))
            try:
                return await connection.post("/chat/completions", b"{}", 5.0)
            finally:
                await connection.aclose()

        try:
            return asyncio.run(once())
        finally:
            thread.join()


def test_a_compressed_answer_is_read() -> None:
    reply = exchanged(gzip.compress(ANSWER), "Content-Encoding: gzip")
    assert not isinstance(reply, Fault)
    assert reply.content == ANSWER  # type: ignore[attr-defined]


def test_an_answer_that_is_small_on_the_wire_only_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "LARGEST", 10_000)
    reply = exchanged(gzip.compress(b" " * 1_000_000), "Content-Encoding: gzip")
    assert isinstance(reply, Fault)
    assert "more than 10000 bytes" in reply.reason


def test_an_answer_that_only_says_it_is_compressed_is_a_fault() -> None:
    assert isinstance(exchanged(ANSWER, "Content-Encoding: gzip"), Fault)


def test_the_client_of_a_target_is_made_once() -> None:
    async def clients() -> None:
        one, same, other = (Connection(Target("http://127.0.0.1:9/v1", key)) for key in ("k", "k", "l"))
        assert one._client is same._client
        assert one._client is not other._client
        for connection in (one, same, other):
            await connection.aclose()

    asyncio.run(clients())
