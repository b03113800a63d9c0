"""Connections to model servers through the ``openai`` package: one pool for each event loop, one TLS context for all.

Clients of models come and go with stores and branches; connections and their handshakes outlive them, so the SDK's
clients are handed an HTTP client that they share, and are shared themselves by all that call the same target. The SDK
knows how a provider is addressed, and builds the first two calls to an address by its documented ``post``, with bytes
to send and its HTTP response to get back. What it put round the two bodies, address and headers, is the same then for
every call; the next ones are sent so without it, which takes half a millisecond less of CPU. An SDK that puts
something new into each request goes on building them all. What both send through is a session of ``aiohttp``, whose
cost does not grow with the calls in flight. It sends once; trying again is decided elsewhere, and counted.

Importing this module imports the SDK, which takes most of a second: do so when the first call is made.
"""

import asyncio
import atexit
import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress
from contextvars import ContextVar
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias
from urllib.parse import quote
from urllib.request import getproxies, proxy_bypass
from weakref import WeakKeyDictionary, WeakSet

import aiohttp
import httpx2
import openai
from multidict import CIMultiDict
from yarl import URL

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

LENGTH = "content-length"

TIMEOUT = openai.Timeout(None, connect=CONNECT)

ONCE: Any = {"params": {}, "headers": {}, "max_retries": 0, "timeout": TIMEOUT}
"""What holds for each call. It is what the client itself was told, and saves it copying its own defaults."""

_limit: ContextVar[asyncio.Timeout] = ContextVar("limit")
"""The time limit of the attempt that this task makes."""


class Reply(NamedTuple):
    """What came back, whatever its status; ``content`` is no longer compressed."""

    status: int
    headers: Mapping[str, str]
    content: bytes


class Frame(NamedTuple):
    """What stands around the body of a call: where it goes, and its headers."""

    url: URL
    headers: CIMultiDict[str]


class Session:
    """Sends, with as little as can be in between. Proxies are those of the environment."""

    def __init__(self) -> None:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=MOST, keepalive_timeout=IDLE, ssl=_tls()),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT),
            cookie_jar=aiohttp.DummyCookieJar(),
        )

    async def send(self, method: str, frame: Frame, content: bytes) -> tuple[Reply, aiohttp.ClientResponse]:
        """Send once and read all of the answer, up to ``LARGEST`` bytes; return it, and as the session has it."""
        headers = frame.headers.copy()
        headers[LENGTH] = str(len(content))
        async with self._session.request(
            method,
            frame.url,
            data=aiohttp.BytesPayload(content),
            headers=headers,
            allow_redirects=False,
            proxy=_proxy(frame.url.scheme, frame.url.host),
        ) as reply:
            if not reply.content.is_eof():
                _begin()
            content = await _whole(reply)
        return Reply(reply.status, reply.headers, content), reply

    async def aclose(self) -> None:
        """Close the connections."""
        await self._session.close()


async def _whole(reply: aiohttp.ClientResponse) -> bytes:
    """Read all of an answer, in one go if it says that it is none of the largest."""
    told = reply.content_length
    if told is not None and told <= LARGEST and "content-encoding" not in reply.headers:
        return await reply.read()
    parts, size = [], 0
    async for part in reply.content.iter_any():
        parts.append(part)
        size += len(part)
        if size > LARGEST:
            raise aiohttp.ClientPayloadError(f"the answer has more than {LARGEST} bytes")
    return b"".join(parts)


class Direct(httpx2.AsyncClient):
    """What the SDK sends through: a session of aiohttp with nothing in between.

    ``httpx2`` itself would merge addresses, headers and cookies and look for redirects and authentication with each
    call; the SDK has done that already, or there is none.
    """

    def __init__(self, session: Session) -> None:
        super().__init__(transport=httpx2.MockTransport(_unused), timeout=TIMEOUT, trust_env=False)
        self._session = session

    def build_request(self, method: str, url: httpx2.URL | str, **given: Any) -> httpx2.Request:
        """Put a request together from what the SDK has merged."""
        headers, content = given["headers"], given.get("content")
        return httpx2.Request(method, _url(str(url), given.get("params")), headers=headers, content=content)

    async def send(self, request: httpx2.Request, **_: Any) -> httpx2.Response:
        """Send ``request`` once and read all of its answer, up to ``LARGEST`` bytes."""
        reply, came = await self._session.send(request.method, _frame(request), request.content)
        told = [(name, value) for name, value in came.raw_headers if name.lower() != b"content-encoding"]
        return httpx2.Response(reply.status, headers=told, content=reply.content, request=request)


def _frame(request: httpx2.Request) -> Frame:
    return Frame(URL(str(request.url), encoded=True), CIMultiDict(request.headers.multi_items()))


def _unused(_: httpx2.Request) -> httpx2.Response:
    raise AssertionError("everything is sent through the session")


@lru_cache(maxsize=64)
def _parsed(url: str) -> httpx2.URL:
    return httpx2.URL(url)


def _url(url: str, params: Mapping[str, Any] | None) -> httpx2.URL:
    return _parsed(url).copy_merge_params(params) if params else _parsed(url)


@lru_cache(maxsize=64)
def _proxy(scheme: str, host: str) -> str | None:
    """Return the proxy that the environment names for ``host``, as it did when the first call went there."""
    proxies = getproxies()
    found = None if proxy_bypass(host) else proxies.get(scheme) or proxies.get("all")
    return found if found is None or "://" in found else f"http://{found}"


class Framing:
    """What a client of the SDK is that remembers what it put round the bodies of the last calls to each address."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self._built: dict[str, list[Frame]] = {}

    def frame(self, url: str) -> Frame | None:
        """Return what stands round each call to ``url``; None if the last two were not alike but for their bodies."""
        last = self._built.get(url, [])
        return last[0] if len(last) == 2 and last[0] == last[1] else None

    def _build_request(self, options: Any, **more: Any) -> httpx2.Request:
        """Build a request with the body that ``options`` bring: ``Connection.post`` gives nothing else."""
        asked = options.url
        built: httpx2.Request = super()._build_request(options, **more)  # type: ignore[misc]
        made = _frame(built)
        made.headers[LENGTH] = ""
        self._built[asked] = [*self._built.get(asked, [])[-1:], made]
        return built


class AsyncOpenAI(Framing, openai.AsyncOpenAI):
    """The SDK's client, with its own name: that is in a header too."""


class AsyncAzureOpenAI(Framing, openai.AsyncAzureOpenAI):
    """The same for Azure."""


Client: TypeAlias = AsyncOpenAI | AsyncAzureOpenAI


class Pool:
    """Connections of one event loop, and whose they are; closed when the last user leaves."""

    def __init__(self) -> None:
        self.session = Session()
        self.http = Direct(self.session)
        self.users: WeakSet[Any] = WeakSet()
        self._clients: dict[Target, Client] = {}

    def client(self, target: Target) -> Client:
        """Return the SDK's client for ``target``, made once: what it finds out first takes longer than a call."""
        if target not in self._clients:
            self._clients[target] = _client(target, self.http)
        return self._clients[target]

    async def aclose(self) -> None:
        """Close the connections."""
        await self.http.aclose()
        await self.session.aclose()


class Connection:
    """The ``openai`` client of one model in the running loop."""

    def __init__(self, target: Target) -> None:
        self.pool = _pool()
        self.pool.users.add(self)
        self._client = self.pool.client(target)
        self._address = str(self._client.base_url).rstrip("/")

    async def post(self, path: str, content: bytes, seconds: float) -> Reply | Fault:
        """Send ``content`` to ``path`` once; return what came back, whatever its status.

        No error of the SDK gets out of here: they hold the request, and the request holds the key.
        """
        url = self._address + path
        try:
            async with asyncio.timeout(seconds) as limit:
                before = _limit.set(limit)
                try:
                    frame = self._client.frame(url)
                    if frame is None:
                        return await self._built(url, content)
                    return (await self.pool.session.send("POST", frame, content))[0]
                finally:
                    _limit.reset(before)  # the task's context must not keep what knows the task: that is a cycle
        except (openai.APIConnectionError, aiohttp.ClientError) as error:
            # the SDK calls a reset a time-out too, so what counts is what lies below
            silent = isinstance(error, aiohttp.ServerTimeoutError) or isinstance(bottom(error), TimeoutError)
            return Fault("the connection timed out" if silent else root(error), overload=silent)
        except TimeoutError:
            return Fault(f"no answer in {seconds:.3g} s", overload=True)
        except OSError as error:
            return Fault(root(error))

    async def _built(self, url: str, content: bytes) -> Reply:
        """Have the SDK build and send it."""
        try:
            came = await self._client.post(url, cast_to=httpx2.Response, content=content, options=ONCE)
        except openai.APIStatusError as error:
            came = error.response
        return Reply(came.status_code, came.headers, came.content)

    async def aclose(self) -> None:
        """Leave the pool."""
        users = self.pool.users
        if self in users:
            users.discard(self)
            if not users:
                _pools.pop(asyncio.get_running_loop(), None)
                await self.pool.aclose()


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


def _begin() -> None:
    """Bound the time of what follows the headers of an answer."""
    limit, latest = _limit.get(), asyncio.get_running_loop().time() + BODY
    limit.reschedule(min(limit.when() or latest, latest))


def _client(target: Target, http: httpx2.AsyncClient) -> Client:
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
        return AsyncOpenAI(base_url=target.url, **shared)
    deployment = quote(target.deployment, safe="")
    return AsyncAzureOpenAI(
        azure_endpoint=target.url, azure_deployment=deployment, api_version=target.version, **shared
    )


@atexit.register
def _close_all() -> None:
    """Close what nobody has closed, in loops that still run: else their end is complained about."""
    for loop, pool in list(_pools.items()):
        if loop.is_running():
            with suppress(TimeoutError):
                asyncio.run_coroutine_threadsafe(pool.aclose(), loop).result(1.0)
