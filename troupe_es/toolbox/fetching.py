"""Fetches a page for a person: a bounded piece of one page of an allowed host, as text.

The list of hosts is checked again here, for the page and for each page it leads to. A name is resolved once, and the
connection goes to an address that was looked at: a private one only if the list names it as a number.
"""

import asyncio
import ipaddress
import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import urljoin, urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from troupe_es.agent.faculties import web
from troupe_es.llm import Request, Response, toolcalls
from troupe_es.toolbox.page import text_of, tidied
from troupe_es.toolbox.running import told
from troupe_es.tools import plain
from troupe_es.tools.web import refused

LARGEST = 2_000_000
"""Bytes of a page that are read."""

LONGEST = 20_000
"""Characters of its text that are recorded."""

SECONDS = 20.0
LEADS = 3
"""Times that a page may lead to another one."""

READABLE = ("text/", "application/xhtml+xml", "application/json", "application/xml")
AGENT = "troupe-es"


class Fetcher:
    """Answers requests for pages."""

    name = toolcalls.PREFIX + web.CALL
    idempotent = True

    async def complete(self, request: Request, draw: int) -> Response:
        """Fetch a page; every fault is an answer, too."""
        asked = toolcalls.arguments(request)
        try:
            page = await asyncio.wait_for(_fetch(asked["url"], asked["hosts"]), SECONDS)
        except TimeoutError:
            return toolcalls.answer("error", f"no answer within {SECONDS:g} seconds")
        except Exception as error:  # a server can make the client raise anything
            return toolcalls.answer("error", told(error))
        return toolcalls.answer("ok", page)


class _Looked(AbstractResolver):
    """Resolves names to addresses that may be connected to."""

    def __init__(self, hosts: Sequence[str]) -> None:
        self.hosts = hosts
        self.names = ThreadedResolver()

    async def resolve(self, host: str, port: int = 0, family: Any = 0) -> list[ResolveResult]:
        found = await self.names.resolve(host, port, family)
        allowed = [each for each in found if public(each["host"], self.hosts)]
        if not allowed:
            raise ValueError(f"{host} is a private address, and the list does not name it as a number")
        return allowed

    async def close(self) -> None:
        await self.names.close()


def public(address: str, hosts: Sequence[str]) -> bool:
    """Say whether a connection may go to ``address``: a public one, or one that ``hosts`` names."""
    number = ipaddress.ip_address(address.partition("%")[0])
    mapped = getattr(number, "ipv4_mapped", None)
    outside = (mapped or number).is_global and not number.is_multicast
    return outside or number in map(_number, hosts)


def _number(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return the address that an entry is as a number, without its port, or None for a name."""
    try:
        return ipaddress.ip_address(urlsplit(f"//{host}").hostname or "")
    except ValueError:
        return None


async def _fetch(url: str, hosts: Sequence[str]) -> dict[str, Any]:
    connector = aiohttp.TCPConnector(resolver=_Looked(hosts), use_dns_cache=False)
    async with aiohttp.ClientSession(
        connector=connector, trust_env=False, headers={"User-Agent": AGENT}, cookie_jar=aiohttp.DummyCookieJar()
    ) as session:
        for _ in range(LEADS + 1):
            _look_at(url, hosts)
            async with session.get(url, allow_redirects=False) as answer:
                if answer.status in (301, 302, 303, 307, 308):
                    url = urljoin(url, answer.headers.get("Location", ""))
                    continue
                return await _page(url, answer)
    raise ValueError(f"the page leads on more than {LEADS} times")


def _look_at(url: str, hosts: Sequence[str]) -> None:
    """Raise ValueError for an address that may not be fetched; names are looked at when they are resolved."""
    reason = refused(url, hosts)
    if reason is not None:
        raise ValueError(f"{reason} ({url[:200]})")
    try:
        number = ipaddress.ip_address(urlsplit(url).hostname or "")
    except ValueError:
        return  # a name
    if not public(str(number), hosts):
        raise ValueError(f"{number} is a private address, and the list does not name it")


async def _page(url: str, answer: aiohttp.ClientResponse) -> dict[str, Any]:
    if answer.status != 200:
        raise ValueError(f"the server answered {answer.status}")
    if not answer.content_type.startswith(READABLE):
        raise ValueError(f"the page is {answer.content_type}, and no text")
    content = b""
    async for piece in answer.content.iter_chunked(65_536):
        content += piece
        if len(content) > LARGEST:
            break
    whole = content[:LARGEST].decode(answer.charset or "utf-8", "replace")
    title, text = text_of(whole) if "html" in answer.content_type else ("", tidied(whole))
    if answer.content_type == "application/json":
        text = _json(whole)
    return {"url": url, "title": plain(title)[:300], "text": plain(text)[:LONGEST]}


def _json(whole: str) -> str:
    """Return JSON on one line, or as it is if it is none."""
    try:
        return json.dumps(json.loads(whole), ensure_ascii=False)
    except (ValueError, RecursionError):
        return whole
