"""Tools of an MCP server: each becomes a tool like any other, called through one session that is kept open.

The operator enables a server; no scenario can name one. The session lives in a thread with a loop of its own, because
it has to be opened and closed where it is used, and calls come from wherever a run is. The server's words are foreign
text: they are made plain before a model reads them.
"""

import asyncio
import atexit
import os
import shlex
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TextIO

from troupe_es import canonical, registry
from troupe_es.errors import UsageError
from troupe_es.extras import need
from troupe_es.tools import Elsewhere, Tool, plain
from troupe_es.tools.definition import NAME, Lost, untitled

OPENING = 30.0
"""Seconds that a server has to answer for the first time, and to end."""


def mcp_tools(
    command: Sequence[str] | str | None = None,
    *,
    url: str | None = None,
    env: Mapping[str, str] | None = None,
    prefix: str = "",
    elsewhere: Elsewhere = "refuse",
    timeout: float = 30.0,
    most: int = 4000,
) -> list[Tool]:
    """Return the tools of an MCP server, to be handed to ``Store(tools=…)``.

    The server is a ``command`` that speaks over its stdin and stdout (as a list, or as one line), or the ``url`` of
    one that speaks streamable HTTP. ``env`` are variables for the command, which inherits few; ``prefix`` goes before
    the tools' names. A tool that the server does not call read-only acts outside, and ``elsewhere`` says what then
    holds in forks. ``timeout`` is in seconds; ``most`` is the most characters of a result that are kept.
    Raises UsageError for a server that cannot be reached, or if the extra ``mcp`` is not installed.
    """
    if (command is None) == (url is None):
        raise UsageError("name an MCP server by its command or by its url, one of them")
    server = _Server(_target(command, url, env))
    made = []
    for told in server.tools:
        name = prefix + canonical.slug(told.name).replace("-", "_").replace(".", "_")
        if not NAME.match(name):
            raise UsageError(f"the MCP server's tool {told.name!r} cannot be called {name!r} here: give a prefix")
        hints = told.annotations
        made.append(
            Tool(
                name=name,
                description=" ".join(plain(told.description or "").split()),
                arguments=untitled(dict(told.input_schema)),
                function=_calling(server, told.name, timeout + 1),  # whoever calls it gives up first
                side_effect=not (hints is not None and hints.read_only_hint),
                elsewhere=elsewhere,
                idempotent=bool(hints is not None and hints.idempotent_hint),
                timeout=timeout,
                most=most,
                fingerprint=registry.fingerprint(_Definition(told.model_dump_json())),
            )
        )
    return made


class _Definition:
    """What stands for the code of a tool that runs elsewhere: what its server says of it."""

    def __init__(self, text: str) -> None:
        self.fingerprint = canonical.digest("troupe/mcp-tool/1", text.encode()).hex()


def _target(command: Sequence[str] | str | None, url: str | None, env: Mapping[str, str] | None) -> Any:
    mcp = need("mcp", "mcp", "MCP servers")
    if command is None:
        return url
    words = shlex.split(command) if isinstance(command, str) else list(command)
    if not words:
        raise UsageError("the command of an MCP server is empty")
    parameters = mcp.StdioServerParameters(
        command=words[0], args=words[1:], env=dict(env) if env is not None else None
    )
    return mcp.stdio_client(parameters, errlog=_complaints())


def _complaints() -> TextIO:
    """Where a server's stderr goes: to ours, or nowhere where ours is no file (in a notebook)."""
    try:
        sys.stderr.fileno()
    except (OSError, ValueError, AttributeError):
        return Path(os.devnull).open("w", encoding="utf-8")
    return sys.stderr


def _calling(server: "_Server", name: str, timeout: float) -> Callable[..., Any]:
    def call(**arguments: Any) -> Any:
        return server.call(name, arguments, timeout)

    return call


class _Server:
    """One session with a server, opened when it is made and closed when the process ends."""

    def __init__(self, target: Any) -> None:
        self.target = target
        self.tools: list[Any] = []
        self.client: Any = None
        self.opened: Future[None] = Future()
        self.thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="mcp", daemon=True)
        self.thread.start()
        try:
            self.opened.result(OPENING)
        except Exception as error:
            self.close()
            raise UsageError(f"the MCP server cannot be reached: {_told(error)}") from None
        atexit.register(self.close)

    async def _serve(self) -> None:
        client = need("mcp", "mcp", "MCP servers").Client
        self.loop, self.ended = asyncio.get_running_loop(), asyncio.Event()
        try:
            async with client(self.target) as self.client:
                self.tools = await self._listed()
                self.opened.set_result(None)
                await self.ended.wait()
        except BaseException as error:
            if self.opened.done():
                raise
            self.opened.set_exception(error)

    async def _listed(self) -> list[Any]:
        found, cursor = [], None
        while True:
            page = await self.client.list_tools(cursor=cursor)
            found += page.tools
            cursor = page.next_cursor
            if cursor is None:
                return found

    def call(self, name: str, arguments: dict[str, Any], timeout: float) -> Any:
        """Call a tool and return what came back: structured if it is, else its text."""
        if not self.thread.is_alive():
            raise ValueError("the MCP server is gone")
        work = self.client.call_tool(name, arguments, read_timeout_seconds=timeout)
        try:
            result = asyncio.run_coroutine_threadsafe(work, self.loop).result()
        except Exception as error:
            raise Lost(f"the MCP server did not answer: {_told(error)}") from error
        texts = [part.text if part.type == "text" else f"[{part.type}]" for part in result.content]
        if result.is_error:
            raise ValueError("\n".join(texts) or "the tool failed and said nothing")
        found = result.structured_content
        if found is None:
            return "\n".join(texts)
        return found["result"] if set(found) == {"result"} else found  # how a plain value comes

    def close(self) -> None:
        """End the session, and with it a server that was started for it."""
        if self.thread.is_alive() and hasattr(self, "ended"):
            self.loop.call_soon_threadsafe(self.ended.set)
            self.thread.join(OPENING)


def _told(error: BaseException) -> str:
    """Return what went wrong, of a group the first."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return str(error) or type(error).__name__
