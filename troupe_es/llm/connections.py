"""Connections to model servers through the ``openai`` package: one pool for each event loop, one TLS context for all.

Clients of models come and go with stores and branches; connections and their handshakes outlive them, so the SDK's
clients are handed an HTTP client that they share. The SDK is called by its documented ``post``, with bytes to send
and its HTTP response to get back: that takes less than half the CPU of ``chat.completions.create``, which makes typed
objects of everything, and nobody reads them here. It sends once; trying again is decided elsewhere, and counted.

Importing this module imports the SDK, which takes most of a second: do so when the first call is made.
"""

import asyncio
import atexit
import ssl
import threading
from collections.abc import AsyncIterator
from contextlib import suppress
from contextvars import ContextVar
from functools import lru_cache
from typing import Any
from urllib.parse import quote
from weakref import WeakKeyDictionary, WeakSet

import aiohttp
import httpx2
import openai

from troupe_es.llm.faults import Fault, bottom, root
from troupe_es.llm.target import Target

CONNECT = 10.0
"""Seconds to connect."""

MOST = 1000
"""Connections of one pool; what a provider gets is for its limiter to decide."""

IDLE = 30.0
"""Seconds that a connection is kept for the next call."""

BODY = 30.0
"""Seconds that an answer may take to arrive after its headers, as it is sent whole."""

LARGEST = 16_000_000
"""Bytes of an answer that are read; no completion is larger."""

TIMEOUT = openai.Timeout(None, connect=CONNECT)

_limit: ContextVar[asyncio.Timeout] = ContextVar("limit")
"""The time limit of the attempt that this task makes."""


class Pool:
    """Connections of one event loop, and whose they are; closed when the last user leaves."""

    def __init__(self) -> None:
        self.http = openai.DefaultAioHttpClient(
            limits=httpx2.Limits(max_connections=MOST, keepalive_expiry=IDLE),
            timeout=TIMEOUT,
            verify=_tls(),
            follow_redirects=False,
            event_hooks={"response": [_begin]},
        )
        self.users: WeakSet[Any] = WeakSet()


class Connection:
    """The ``openai`` client of one model in the running loop."""

    def __init__(self, target: Target) -> None:
        self.pool = _pool()
        self.pool.users.add(self)
        self._client = _client(target, self.pool.http)

    async def post(self, content: bytes, seconds: float) -> httpx2.Response | Fault:
        """Ask for a completion once; return what came back, whatever its status.

        No error of the SDK gets out of here: they hold the request, and the request holds the key.
        """
        try:
            async with asyncio.timeout(seconds) as limit:
                _limit.set(limit)
                return await self._client.post("/chat/completions", cast_to=httpx2.Response, content=content)
        except TimeoutError:
            return Fault(f"no answer in {seconds:.3g} s", overload=True)
        except openai.APIStatusError as error:
            return error.response
        except (openai.APIConnectionError, aiohttp.ClientError, OSError) as error:
            # the transport calls a reset a time-out too, so what counts is what lies below
            silent = isinstance(bottom(error), TimeoutError)
            return Fault("the connection timed out" if silent else root(error), overload=silent)

    async def aclose(self) -> None:
        """Leave the pool."""
        users = self.pool.users
        if self in users:
            users.discard(self)
            if not users:
                _pools.pop(asyncio.get_running_loop(), None)
                await self.pool.http.aclose()


class Bounded(httpx2.AsyncByteStream):
    """The body of an answer, up to ``LARGEST`` bytes."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        received = 0
        async for part in self._stream:
            received += len(part)
            if received > LARGEST:
                raise httpx2.ReadError(f"the answer has more than {LARGEST} bytes")
            yield part

    async def aclose(self) -> None:
        await self._stream.aclose()


_pools: WeakKeyDictionary[asyncio.AbstractEventLoop, Pool] = WeakKeyDictionary()
_lock = threading.Lock()


def _pool() -> Pool:
    """Return the running loop's pool."""
    loop = asyncio.get_running_loop()
    with _lock:
        pool = _pools.get(loop)
        if pool is None:
            pool = _pools[loop] = Pool()
    return pool


@lru_cache
def _tls() -> ssl.SSLContext:
    return httpx2.create_ssl_context()


async def _begin(response: httpx2.Response) -> None:
    """Bound what follows the headers of an answer, in time and size."""
    limit, latest = _limit.get(), asyncio.get_running_loop().time() + BODY
    limit.reschedule(min(limit.when() or latest, latest))
    response.stream = Bounded(response.stream)


def _client(target: Target, http: httpx2.AsyncClient) -> openai.AsyncOpenAI:
    """Return a client of the SDK; what it would read from the environment by itself is for OpenAI only."""
    told = {"OpenAI-Organization": target.organization, "OpenAI-Project": target.project}
    shared: dict[str, Any] = {
        "api_key": target.key,
        "default_headers": {name: value or openai.omit for name, value in told.items()},
        "http_client": http,
        "max_retries": 0,
        "timeout": TIMEOUT,
    }
    if target.deployment is None:
        return openai.AsyncOpenAI(base_url=target.url, **shared)
    deployment = quote(target.deployment, safe="")
    return openai.AsyncAzureOpenAI(
        azure_endpoint=target.url, azure_deployment=deployment, api_version=target.version, **shared
    )


@atexit.register
def _close_all() -> None:
    """Close what nobody has closed, in loops that still run: else their end is complained about."""
    for loop, pool in list(_pools.items()):
        if loop.is_running():
            with suppress(TimeoutError):
                asyncio.run_coroutine_threadsafe(pool.http.aclose(), loop).result(1.0)
