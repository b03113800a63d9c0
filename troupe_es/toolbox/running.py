"""Answers calls of tools as a model answers prompts: once, in a thread, within a time, whatever the tool does.

Nothing a tool does gets past here but a result: what it raises is an error it returned, what it returns is made JSON,
cleaned and cut, and where it takes too long nobody waits (a thread cannot be stopped; it ends with the process). A
tool that acts outside and took too long may have acted: its outcome is unknown.
"""

import asyncio
import inspect
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from pydantic_core import to_jsonable_python

from troupe_es import canonical, registry
from troupe_es.agent.faculties import documents, web
from troupe_es.llm import Model, Request, Response, toolcalls
from troupe_es.toolbox.consulting import Consultant
from troupe_es.tools import NOT_RUN, Lost, Tool, cut, plain
from troupe_es.tools.definition import CALL_KEY

LONGEST_FAULT = 1000
"""Characters of what a tool said when it failed."""


class Runner:
    """Answers the calls of one tool by calling its function."""

    def __init__(self, tool: Tool) -> None:
        self.tool = tool
        self.name = toolcalls.PREFIX + tool.name
        self.idempotent = tool.idempotent or not tool.side_effect

    async def complete(self, request: Request, draw: int) -> Response:
        """Call the tool once; every fault of it is an answer, too."""
        tool = self.tool
        try:
            arguments = tool.check(toolcalls.arguments(request))
        except Exception as error:
            return toolcalls.answer("error", f"the arguments do not fit: {told(error)}")
        if tool.keyed:
            arguments = {**arguments, CALL_KEY: toolcalls.key(request, draw)}
        done = in_thread(lambda: _outcome(tool, arguments), f"tool-{tool.name}")
        try:
            return await asyncio.wait_for(asyncio.wrap_future(done), tool.timeout)
        except TimeoutError:
            kind: toolcalls.Kind = "unknown" if tool.side_effect else "error"
            return toolcalls.answer(kind, f"no result within {tool.timeout:g} seconds")


class Withheld:
    """Stands for a tool that acts outside where it must not act: in a fork.

    ``recorded`` returns the answer that the parent has to the same call at the same place, if there is one.
    """

    idempotent = True

    def __init__(self, name: str, recorded: Callable[[Request], Response | None]) -> None:
        self.name = name
        self.recorded = recorded

    async def complete(self, request: Request, draw: int) -> Response:
        """Answer without acting."""
        return self.recorded(request) or toolcalls.answer("error", NOT_RUN)


def runner(name: str, blob: Callable[[str], bytes]) -> Model:
    """Return what answers calls of ``tool:NAME``; ``blob`` reads what is stored. Raises MissingCode."""
    called = name.removeprefix(toolcalls.PREFIX)
    if called == documents.CALL:
        return Consultant(blob)
    if called == web.CALL:
        from troupe_es.toolbox.fetching import Fetcher  # imports a client, which costs time

        return Fetcher()
    return Runner(registry.find("tool", called))


def in_thread(work: Callable[[], Response], name: str) -> "Future[Response]":
    """Return what ``work`` will return, done in a thread of its own that keeps no process from ending."""
    done: Future[Response] = Future()
    done.set_running_or_notify_cancel()
    threading.Thread(target=lambda: done.set_result(work()), name=name, daemon=True).start()
    return done


def _outcome(tool: Tool, arguments: dict[str, Any]) -> Response:
    try:
        found = tool.function(**arguments)
        if inspect.iscoroutine(found):
            found = asyncio.run(found)
        return toolcalls.answer("ok", kept(to_jsonable_python(found), tool.most))
    except Lost as error:
        return toolcalls.answer("unknown" if tool.side_effect else "error", told(error))
    except BaseException as error:  # it may even try to end the process
        return toolcalls.answer("error", told(error))


def kept(value: Any, most: int) -> Any:
    """Return a result as it is recorded: cleaned; what is longer than ``most`` characters as text that is cut.

    Raises ValueError or TypeError for what JSON cannot hold.
    """
    if isinstance(value, str):
        return cut(plain(value), most)
    text = canonical.dumps(canonical.clean(value)[0])
    return value if len(text) <= most else cut(plain(text), most)


def told(error: BaseException) -> str:
    """Return what went wrong, in words that can be recorded."""
    said = plain(" ".join(str(error).split()))
    return cut(said if isinstance(error, ValueError) and said else f"{type(error).__name__}: {said}", LONGEST_FAULT)
