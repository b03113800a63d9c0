"""A chat completions server on loopback, for everything that must be tested against a real socket.

It answers by content: the same messages get the same answer (the improviser's), whoever asks and whenever. Each
call that arrives is written down at once, a line ``HASH OUTCOME``, so that a test knows what was paid for even
when somebody was killed in the middle. Faults are laid down as ``KIND[*TIMES][~TEXT]``: what goes wrong, how
often (always, if not said), and for which prompts (all, if not said). The kinds are in ``FAULTS``.

In a test: ``with Loopback(faults=["429*2"]) as server: OpenAI("m", base_url=server.url)``. In a process of its
own: ``python tests/servers/loopback.py --port 0 --count-file F``, which prints its port, and is steered by
``POST /control {"faults": […], "latency": …}``.
"""

import argparse
import asyncio
import json
import os
import threading
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from troupe_es import canonical
from troupe_es.llm import Message, Request, Schema, tokens
from troupe_es.llm.improviser import Improviser

STATUSES = {400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 429: "Too Many Requests"}
FAULTS = {
    "400": "a request the server rejects",
    "401": "the key is wrong; the answer quotes it, as some servers do",
    "403": "no access",
    "404": "no such model",
    "429": "too many requests, with Retry-After",
    "quota": "429 that no waiting cures",
    "500": "an internal error",
    "503": "overloaded, with Retry-After",
    "reset": "the connection is reset",
    "cut": "the connection ends in the middle of the answer",
    "hang": "no answer, ever",
    "broken": "the body is no JSON",
    "html": "a page of a proxy instead of an answer",
    "no-schema": "response_format of type json_schema is refused",
    "no-format": "any response_format is refused",
    "no-max-tokens": "max_tokens is refused, max_completion_tokens wanted",
    "no-max-completion-tokens": "the other way round",
    "filter": "the answer is filtered",
    "filtered-prompt": "the prompt is filtered, in Azure's way: status 400",
    "refusal": "the model refuses",
    "length": "the answer is cut at the limit",
    "empty": "no choices",
    "null": "no content",
    "surrogate": "a lone surrogate in the answer",
    "prose": "an answer that is no JSON",
}


class Fault:
    """One laid-down fault; ``take`` says whether it befalls this call, and counts."""

    def __init__(self, text: str) -> None:
        rest, _, self.text = text.partition("~")
        self.kind, _, times = rest.partition("*")
        self.left = int(times) if times else -1
        if self.kind not in FAULTS:
            raise ValueError(f"{self.kind!r} is no fault; there are {', '.join(FAULTS)}")

    def take(self, call: "Call") -> bool:
        """Say whether ``call`` meets this fault, and count it."""
        if not self.left or self.text not in call.whole or not self._concerns(call.body):
            return False
        self.left -= 1
        return True

    def _concerns(self, body: dict[str, Any]) -> bool:
        form: str | None = body.get("response_format", {}).get("type")
        match self.kind:
            case "no-schema":
                return form == "json_schema"
            case "no-format":
                return form is not None
            case "no-max-tokens":
                return "max_tokens" in body
            case "no-max-completion-tokens":
                return "max_completion_tokens" in body
        return True


@dataclass
class Call:
    """One request for a completion, as it arrived."""

    body: dict[str, Any]
    key: str

    @property
    def whole(self) -> str:
        """All messages as one text."""
        return "\n".join(str(message["content"]) for message in self.body["messages"])

    @property
    def hash(self) -> str:
        """SHA-256 (hex) of the messages alone."""
        return canonical.digest_json("loopback/1", self.body["messages"])

    def request(self) -> Request:
        """Rebuild the request as far as it was sent; the address was not."""
        prompt: Message | None = None
        for message in self.body["messages"]:
            prompt = Message(message["role"], message["content"], prompt)
        assert prompt is not None
        form = self.body.get("response_format", {}).get("json_schema")
        name = "ask" if '{"question":' in prompt.content else "turn"
        schema = Schema(form["name"], form["schema"]) if form else Schema(name, {})
        limit = self.body.get("max_completion_tokens") or self.body.get("max_tokens") or 1024
        return Request(prompt, self.body["model"], f"0/-/{name}/0/0", limit, schema=schema)


class Loopback:
    """The server. ``latency`` is in seconds; ``spread`` adds up to so much, by content, so that answers overtake
    each other the same way each time. ``key`` is the only one accepted, if given."""

    def __init__(
        self,
        *,
        port: int = 0,
        count_file: Path | None = None,
        faults: list[str] | tuple[str, ...] = (),
        latency: float = 0.0,
        spread: float = 0.0,
        retry_after: str = "0",
        key: str = "",
    ) -> None:
        self.port = port
        self.faults = [Fault(text) for text in faults]
        self.latency = latency
        self.spread = spread
        self.retry_after = retry_after
        self.key = key
        self.calls: list[Call] = []
        self.outcomes: Counter[str] = Counter()
        self._file = os.open(count_file, os.O_WRONLY | os.O_APPEND | os.O_CREAT) if count_file else None
        self._seen: set[bytes] = set()
        self._model = Improviser()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._open: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        """The base URL to give to a client."""
        return f"http://127.0.0.1:{self.port}/v1"

    def __enter__(self) -> "Loopback":
        ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(ready)), daemon=True)
        self._thread.start()
        assert ready.wait(10), "the loopback server did not start"
        return self

    def __exit__(self, *_: object) -> None:
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join(10)
        if self._file is not None:
            os.close(self._file)

    async def _serve(self, ready: threading.Event) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopped = asyncio.Event()
        server = await asyncio.start_server(self._connection, "127.0.0.1", self.port, backlog=1024)
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        await self._stopped.wait()
        server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    def forever(self) -> None:
        """Serve until killed, after printing the port."""
        ready = threading.Event()
        thread = threading.Thread(target=lambda: (ready.wait(), print(self.port, flush=True)), daemon=True)
        thread.start()
        asyncio.run(self._serve(ready))

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            while await self._exchange(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client is gone, perhaps killed: that is what this server is for
        finally:
            self._open.discard(task)
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Read one request and answer it; returns whether the connection lives on."""
        head = await reader.readuntil(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        content = await reader.readexactly(int(headers.get("content-length", 0)))
        path = first.split(" ")[1].split("?")[0]
        if path == "/control":
            self._steer(json.loads(content))
            return await self._send(writer, 200, {"calls": len(self.calls), "outcomes": self.outcomes})
        if not path.endswith("/chat/completions"):
            return await self._send(writer, 200, {"object": "list", "data": [{"id": "m", "object": "model"}]})
        key = headers.get("api-key") or headers.get("authorization", "").removeprefix("Bearer ")
        call = Call(json.loads(content), key)
        return await self._answer(writer, call)

    def _steer(self, wanted: dict[str, Any]) -> None:
        if "faults" in wanted:
            self.faults = [Fault(text) for text in wanted["faults"]]
        self.latency = wanted.get("latency", self.latency)

    async def _answer(self, writer: asyncio.StreamWriter, call: Call) -> bool:
        kind = next((fault.kind for fault in self.faults if fault.take(call)), "answered")
        if self.key and call.key != self.key:
            kind = "401"
        self.calls.append(call)
        self.outcomes[kind] += 1
        if self._file is not None:
            os.write(self._file, f"{call.hash} {kind}\n".encode())
        await asyncio.sleep(self.latency + self.spread * int(call.hash[:4], 16) / 0xFFFF)
        return await self._play(writer, call, kind)

    async def _play(self, writer: asyncio.StreamWriter, call: Call, kind: str) -> bool:
        match kind:
            case "reset":
                writer.transport.abort()
                return False
            case "hang":
                await asyncio.sleep(3600)
                return False
            case "cut":
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 999\r\n\r\n{")
                await writer.drain()
                return False
            case "broken":
                return await self._send(writer, 200, b'{"choices": [{"message": ')
            case "html":
                return await self._send(writer, 200, b"<html>Please log in</html>", mime="text/html")
            case "429" | "503" | "quota":
                error = {"message": "slow down", "code": "insufficient_quota" if kind == "quota" else "rate"}
                wait = "" if kind == "quota" else f"Retry-After: {self.retry_after}\r\n"
                status = 503 if kind == "503" else 429
                return await self._send(writer, status, {"error": error}, extra=wait)
        refused = _error(kind, call)
        if refused:
            return await self._send(writer, *refused)
        return await self._send(writer, 200, await self._completion(call, kind))

    async def _completion(self, call: Call, kind: str) -> dict[str, Any]:
        request = call.request()
        answer = await self._model.complete(request, 0)
        message, finish = _message(kind, answer.text)
        chain = request.prompt.chain()
        known = next((known for known in reversed(chain) if known.hash in self._seen), None)
        self._seen.update(part.hash for part in chain)
        cached = tokens.of_prompt(known) if known else 0
        usage = {
            "prompt_tokens": answer.prompt_tokens,
            "completion_tokens": answer.completion_tokens,
            "total_tokens": (answer.prompt_tokens or 0) + (answer.completion_tokens or 0),
            "prompt_tokens_details": {"cached_tokens": cached},
        }
        choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish}
        return {
            "id": f"chatcmpl-{call.hash[:12]}",
            "object": "chat.completion",
            "created": 0,
            "model": request.model,
            "choices": [] if kind == "empty" else [choice],
            "usage": usage,
        }

    async def _send(
        self,
        writer: asyncio.StreamWriter,
        status: int,
        body: dict[str, Any] | bytes,
        *,
        mime: str = "application/json",
        extra: str = "",
    ) -> bool:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        reason = STATUSES.get(status, "OK" if status == 200 else "Error")
        head = f"HTTP/1.1 {status} {reason}\r\nContent-Type: {mime}\r\nContent-Length: {len(content)}\r\n{extra}\r\n"
        writer.write(head.encode() + content)
        await writer.drain()
        return True


def _error(kind: str, call: Call) -> tuple[int, dict[str, Any]] | None:
    """Return status and body of an error that needs no more than that."""
    limits = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens'."
    told: dict[str, tuple[int, str, str]] = {
        "400": (400, "this model's context is full", "context_length_exceeded"),
        "401": (401, f"Incorrect API key provided: {call.key}", "invalid_api_key"),
        "403": (403, "not yours", "forbidden"),
        "404": (404, "The model does not exist", "model_not_found"),
        "500": (500, f"something broke for {call.key}", "internal"),
        "no-schema": (400, "'response_format' of type 'json_schema' is not supported", "unsupported"),
        "no-format": (422, "body.response_format: extra inputs are not permitted", "extra_forbidden"),
        "no-max-tokens": (400, limits, "unsupported_parameter"),
        "no-max-completion-tokens": (400, "Unrecognized argument: max_completion_tokens", "unknown"),
        "filtered-prompt": (400, "The prompt triggered the content management policy", "content_filter"),
    }
    if kind not in told:
        return None
    status, message, code = told[kind]
    return status, {"error": {"message": message, "code": code, "type": "error"}}


def _message(kind: str, text: str) -> tuple[dict[str, Any], str]:
    """Return the message and finish reason of a completion with the answer ``text``."""
    match kind:
        case "filter":
            return {"content": text[: len(text) // 3]}, "content_filter"
        case "refusal":
            return {"content": None, "refusal": "I can't take part in that."}, "stop"
        case "length":
            return {"content": text[: len(text) // 2]}, "length"
        case "null":
            return {"content": None}, "stop"
        case "surrogate":
            return {"content": f'{text[:-1]},"odd":"\ud800"}}'}, "stop"
        case "prose":
            return {"content": "Sure! Here is what I would do. First, I'd think."}, "stop"
    return {"content": text}, "stop"


def main() -> None:
    """Serve from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--count-file", type=Path)
    parser.add_argument("--fault", action="append", default=[], metavar="KIND[*TIMES][~TEXT]")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds")
    parser.add_argument("--spread", type=float, default=0.0, help="seconds")
    parser.add_argument("--retry-after", default="0")
    parser.add_argument("--key", default="")
    given = vars(parser.parse_args())
    Loopback(faults=given.pop("fault"), **given).forever()


if __name__ == "__main__":
    main()
