"""Calls of tools as requests and answers: what is asked of a tool, what came of it, and the key of one call.

A tool is a model called ``tool:NAME`` that answers requests of kind ``tool``: the prompt is one message, the
canonical JSON of the arguments; the answer is canonical JSON with one key: ``ok`` (what the tool returned), ``error``
(why it failed), or ``unknown`` (nobody knows whether it ran: a process died between sending the call and keeping the
answer, and what acts outside is not made to act twice). Tools cost nothing and count in no budget.

A tool that can be called again with the same key and acts once says so with an attribute ``idempotent = True``; it
is sent a lost call again, and takes ``key`` along to where it acts.
"""

import json
from typing import Any, Literal, NamedTuple, TypeAlias

from troupe_es import canonical
from troupe_es.llm.protocol import Message, Request, Response

PREFIX = "tool:"
Kind: TypeAlias = Literal["ok", "error", "unknown"]
KINDS: tuple[Kind, ...] = ("ok", "error", "unknown")


class Outcome(NamedTuple):
    """What came of a call: ``value`` is what the tool returned, or the reason as a sentence."""

    kind: Kind
    value: Any


def call(name: str, arguments: dict[str, Any], address: str) -> Request:
    """Return the request that calls the tool ``name`` at a logical address; yield it like any other.

    Raises TypeError or ValueError for arguments that JSON cannot hold.
    """
    if not address:
        raise ValueError(f"a call of the tool {name!r} needs an address: what acts outside is not shared")
    return Request(Message("user", canonical.dumps(arguments)), PREFIX + name, address, max_tokens=0, kind="tool")


def arguments(request: Request) -> dict[str, Any]:
    """Return the arguments of a call."""
    found: dict[str, Any] = json.loads(request.prompt.content)
    return found


def key(request: Request, draw: int) -> str:
    """Return what names this one call (hex), for tools that act once for each key: the same when it is sent again."""
    return canonical.digest_json("troupe/tool-call/1", [request.hash, request.address, draw])


def answer(kind: Kind, value: Any) -> Response:
    """Return the answer that says what came of a call. Raises TypeError or ValueError for what JSON cannot hold."""
    return Response(canonical.dumps({kind: canonical.clean(value)[0]}))


def outcome(response: Response) -> Outcome:
    """Read an answer; one that is of no tool (a script's, say) is an error that says so."""
    try:
        found = json.loads(response.text)
    except (ValueError, RecursionError):
        found = None
    if isinstance(found, dict) and len(found) == 1:
        for kind in KINDS:
            if kind in found:
                return Outcome(kind, found[kind])
    return Outcome("error", "the tool's answer is none: it must be JSON with one of the keys ok, error, unknown")
