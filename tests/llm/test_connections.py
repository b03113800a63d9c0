"""What lies between the SDK and the wire: proxies, compressed answers, one client for each target."""

import asyncio
import gc
import gzip
import re
import socket
import sys
import threading
import weakref
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager, suppress
from typing import Any

import openai
import pytest
from servers.loopback import Loopback

from troupe_es.llm import Message, Request, connections
from troupe_es.llm.connections import Connection
from troupe_es.llm.endpoint import OpenAI
from troupe_es.llm.faults import Fault
from troupe_es.llm.target import Target

TEA = b'{"model": "m", "messages": [{"role": "user", "content": "Tea?"}]}'
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


BODIES = [b"{}", b'{"messages": []}', b"[]", '{"says": "K\u00e4se."}'.encode(), b"{}"]
PATHS = ["/chat/completions", "/embeddings"]


@asynccontextmanager
async def listening() -> AsyncIterator[tuple[str, list[bytes]]]:
    """Serve an empty answer to everybody; yields the address, and a list of what comes, byte for byte."""
    came: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                [length] = re.findall(rb"(?i)content-length: (\d+)", head)
                came.append(head + await reader.readexactly(int(length)))
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1", came


async def on_the_wire(clients: Sequence[Callable[..., Any]]) -> list[list[bytes]]:
    """Return for each kind of client the requests, byte for byte, in which it sends all BODIES to all PATHS."""
    found = []
    async with listening() as (url, came):
        for make in clients:
            connection = Connection(Target(url, "k"))
            connection._client = make(base_url=connection._address, api_key="k", http_client=connection.pool.http)
            for body in BODIES:
                for path in PATHS:
                    assert not isinstance(await connection.post(path, body, 5.0), Fault)
            await connection.aclose()
            found.append(came[:])
            came.clear()
    return found


def test_what_goes_over_the_wire_is_byte_for_byte_what_the_plain_client_of_the_sdk_sends() -> None:
    class Plain(openai.AsyncOpenAI):
        def frame(self, url: str) -> None:
            return None

    Plain.__name__ = "AsyncOpenAI"  # it is in a header
    plain, ours = asyncio.run(on_the_wire([Plain, connections.AsyncOpenAI]))
    assert len(plain) == len(BODIES) * len(PATHS)
    assert ours == plain


def test_a_request_is_built_by_the_sdk_until_two_to_an_address_came_out_alike(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    built: list[str] = []
    build = openai.AsyncOpenAI._build_request
    monkeypatch.setattr(
        openai.AsyncOpenAI,
        "_build_request",
        lambda self, options, **more: built.append(options.url.rpartition("/v1")[2]) or build(self, options, **more),
    )
    asyncio.run(on_the_wire([connections.AsyncOpenAI]))
    assert built == PATHS * 2


def test_what_an_sdk_puts_anew_into_each_request_is_never_sent_twice() -> None:
    class Marking(connections.AsyncOpenAI):
        def __init__(self, **given: Any) -> None:
            super().__init__(**given)
            self._idempotency_header = "Idempotency-Key"

    [ours] = asyncio.run(on_the_wire([Marking]))
    keys = {re.findall(rb"(?i)idempotency-key: (\S+)", request)[0] for request in ours}
    assert len(keys) == len(BODIES) * len(PATHS)


def test_azure_is_called_in_the_same_way_each_time() -> None:
    async def calls() -> list[bytes]:
        async with listening() as (url, came):
            connection = Connection(Target(url.removesuffix("/v1"), "k", "tea house", "2026-10-01"))
            for body in BODIES:
                assert not isinstance(await connection.post("/chat/completions", body, 5.0), Fault)
            assert connection._client.frame(f"{connection._address}/chat/completions")
            await connection.aclose()
            return came

    came = asyncio.run(calls())
    heads = {re.sub(rb"(?i)content-length: \d+", b"", head.partition(b"\r\n\r\n")[0]) for head in came}
    assert [call.partition(b"\r\n\r\n")[2] for call in came] == BODIES
    [head] = heads
    assert head.startswith(b"POST /openai/deployments/tea%20house/chat/completions?api-version=2026-10-01 ")
    assert b"api-key: k" in head


@pytest.mark.skipif(sys.platform != "linux", reason="other systems count those who wait to be let in otherwise")
def test_a_host_that_takes_no_connection_is_told_from_one_that_does_not_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(connections, "CONNECT", 0.2)

    async def faults(url: str) -> list[str]:
        connection = Connection(Target(url, "k"))
        found = [await connection.post("/chat/completions", TEA, 5.0) for _ in range(3)]  # by the SDK, and without it
        await connection.aclose()
        return [fault.reason for fault in found if isinstance(fault, Fault) and fault.overload]

    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, ExitStack() as stack:
        for _ in range(2):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        assert asyncio.run(faults(f"http://127.0.0.1:{full.getsockname()[1]}/v1")) == ["the connection timed out"] * 3


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


def test_a_call_that_is_over_is_freed_without_the_collector_of_cycles() -> None:
    async def calls(url: str) -> None:
        connection = Connection(Target(url, "k"))
        await connection.post("/chat/completions", TEA, 5.0)  # what opens a connection stays as long as that
        task = asyncio.create_task(connection.post("/chat/completions", TEA, 5.0))
        assert not isinstance(await task, Fault)
        left = weakref.ref(task)
        del task
        await asyncio.sleep(0)
        assert left() is None
        await connection.aclose()

    with Loopback(answer="{}") as server:
        gc.disable()
        try:
            asyncio.run(calls(server.url))
        finally:
            gc.enable()
