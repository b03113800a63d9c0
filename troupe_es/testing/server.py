"""A server of chat completions and embeddings on loopback, for everything that must be tested against a real socket.

It answers by content: the same messages get the same answer (the improviser's, or ``answer`` if given), whoever asks
and whenever. Each call that arrives is written down at once, a line ``HASH OUTCOME``, so that a test knows what was
paid for even when somebody was killed in the middle. What goes wrong, when and how often is laid down by ``faults``.

In a test: ``with Loopback(faults=["429*2"]) as server: OpenAI("m", base_url=server.url)``. In a process of its own:
``python -m troupe_es.testing.server --fault any%30``, which prints its port, and is steered by
``POST /control {"faults": […], "latency": …}``. Any client of the chat completions API can talk to it.
"""

import argparse
import asyncio
import json
import os
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from troupe_es import canonical
from troupe_es.llm import Message, Request, Schema, tokens, vectors
from troupe_es.llm.improviser import Improviser
from troupe_es.testing import replies
from troupe_es.testing.faults import FAULTS, GROUPS, Fault

STATUSES = {400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 429: "Too Many Requests"}
ASKED_TO_WAIT = frozenset({"429", "503"})
"""Kinds that come with Retry-After."""


@dataclass
class Call:
    """One request for a completion or an embedding, as it arrived."""

    body: dict[str, Any]
    key: str

    @property
    def whole(self) -> str:
        """All messages as one text, or the text to embed."""
        return "\n".join(text(message) for message in self.messages)

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The messages; the text to embed is one."""
        return self.body.get("messages") or [{"role": "user", "content": self.body["input"]}]

    @cached_property
    def hash(self) -> str:
        """SHA-256 (hex) of the messages alone."""
        return canonical.digest_json("loopback/1", self.messages)

    def request(self) -> Request:
        """Rebuild the request as far as it was sent: without the address, and without images."""
        if "input" in self.body:
            return vectors.embedding(self.body["input"], self.body["model"])
        prompt: Message | None = None
        for message in self.messages:
            prompt = Message(message["role"], text(message), prompt)
        assert prompt is not None
        form = self.body.get("response_format", {}).get("json_schema")
        name = "ask" if '{"question":' in prompt.content else "turn"
        schema = Schema(form["name"], form["schema"]) if form else Schema(name, {})
        limit = self.body.get("max_completion_tokens") or self.body.get("max_tokens") or 1024
        return Request(prompt, self.body["model"], f"0/-/{name}/0/0", limit, schema=schema)


def text(message: dict[str, Any]) -> str:
    """Return the words of a message, without its images."""
    content = message["content"]
    return content if isinstance(content, str) else "\n".join(part.get("text", "") for part in content)


class Bucket:
    """A rate limit of so many calls a second, with one second's worth in stock, told in headers."""

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self.level = max(1.0, rate)
        self.at = time.monotonic()

    def take(self) -> bool:
        """Say whether one more call may pass."""
        now = time.monotonic()
        self.level = min(max(1.0, self.rate), self.level + (now - self.at) * self.rate)
        self.at = now
        if self.level < 1:
            return False
        self.level -= 1
        return True

    def headers(self) -> str:
        """Return the lines that tell what is left, in OpenAI's way."""
        whole = max(1.0, self.rate)
        told = {
            "limit": f"{whole:g}",
            "remaining": int(self.level),
            "reset": f"{(whole - self.level) / self.rate:.3f}s",
        }
        return "".join(f"x-ratelimit-{name}-requests: {value}\r\n" for name, value in told.items())


class Loopback:
    """The server. ``latency`` is in seconds; ``spread`` adds up to so much, by content, so that answers overtake
    each other the same way each time. ``key`` is the only one accepted, if given. ``rate`` is how many calls a
    second are let through. ``answer`` is what is always answered, if given; ``keep`` is whether calls are kept in
    ``calls``."""

    def __init__(
        self,
        *,
        port: int = 0,
        count_file: Path | None = None,
        faults: Sequence[str] = (),
        latency: float = 0.0,
        spread: float = 0.0,
        retry_after: str = "0",
        key: str = "",
        rate: float = 0.0,
        answer: str = "",
        keep: bool = True,
    ) -> None:
        self.port = port
        self.faults = [Fault(text) for text in faults]
        self.latency = latency
        self.spread = spread
        self.retry_after = retry_after
        self.key = key
        self.answer = answer
        self.keep = keep
        self.calls: list[Call] = []
        self.outcomes: Counter[str] = Counter()
        self._bucket = Bucket(rate) if rate else None
        self._times: Counter[str] = Counter()
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
        thread = threading.Thread(target=lambda: (ready.wait(), print(self.port, flush=True)), daemon=True)  # noqa: T201
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
            return await self._send(writer, 200, {"calls": self.outcomes.total(), "outcomes": self.outcomes})
        if not path.endswith(("/chat/completions", "/embeddings")):
            return await self._send(writer, 200, {"object": "list", "data": [{"id": "m", "object": "model"}]})
        key = headers.get("api-key") or headers.get("authorization", "").removeprefix("Bearer ")
        call = Call(json.loads(content), key)
        return await self._answer(writer, call)

    def _steer(self, wanted: dict[str, Any]) -> None:
        if "faults" in wanted:
            self.faults = [Fault(text) for text in wanted["faults"]]
        self.latency = wanted.get("latency", self.latency)

    async def _answer(self, writer: asyncio.StreamWriter, call: Call) -> bool:
        kind = self._befalls(call)
        if self.keep:
            self.calls.append(call)
        self.outcomes[kind] += 1
        if self._file is not None:
            os.write(self._file, f"{call.hash} {kind}\n".encode())
        late = self.spread * int(call.hash[:4], 16) / 0xFFFF if self.spread else 0.0
        await asyncio.sleep(self.latency + late)
        return await self._play(writer, call, kind)

    def _befalls(self, call: Call) -> str:
        """Return what becomes of ``call``."""
        if self.key and call.key != self.key:
            return "401"
        if self._bucket and not self._bucket.take():
            return "429"
        if not self.faults:
            return "answered"
        times = self._times[call.hash]
        self._times[call.hash] += 1
        taken = (fault.take(call.body, call.whole, call.hash, times) for fault in self.faults)
        return next((kind for kind in taken if kind), "answered")

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
        refused = replies.error(kind, call.key)
        if refused:
            wait = f"Retry-After: {self.retry_after}\r\n" if kind in ASKED_TO_WAIT else ""
            return await self._send(writer, *refused, extra=wait)
        return await self._send(writer, 200, await self._completion(call, kind))

    async def _completion(self, call: Call, kind: str) -> dict[str, Any]:
        if self.answer:
            usage = (tokens.of_text(call.whole), tokens.of_text(self.answer), 0)
            return replies.completion(call.body["model"], self.answer, kind, f"chatcmpl-{id(call)}", usage)
        request = call.request()
        answer = await self._model.complete(request, 0)
        if request.kind == "embedding":
            form = call.body.get("encoding_format", "float")
            return replies.embedding(request.model, answer.text, form, kind, answer.prompt_tokens or 0)
        chain = request.prompt.chain()
        known = next((known for known in reversed(chain) if known.hash in self._seen), None)
        self._seen.update(part.hash for part in chain)
        cached = tokens.of_prompt(known) if known else 0
        usage = (answer.prompt_tokens or 0, answer.completion_tokens or 0, cached)
        return replies.completion(request.model, answer.text, kind, f"chatcmpl-{call.hash[:12]}", usage)

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
        told = extra + (self._bucket.headers() if self._bucket else "")
        head = f"HTTP/1.1 {status} {reason}\r\nContent-Type: {mime}\r\nContent-Length: {len(content)}\r\n{told}\r\n"
        writer.write(head.encode() + content)
        await writer.drain()
        return True


def main() -> None:
    """Serve from the command line."""
    kinds = "\n".join(f"  {kind:26}{what}" for kind, what in FAULTS.items())
    parser = argparse.ArgumentParser(
        prog="python -m troupe_es.testing.server",
        description="A chat completions server on loopback that misbehaves as it is told to. Prints its port.",
        epilog=f"kinds of faults:\n{kinds}\n  {', '.join(GROUPS)}: one of a group, drawn by content",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--port", type=int, default=0, help="any free one, if not given")
    parser.add_argument("--count-file", type=Path, help="gets a line HASH OUTCOME for each call")
    parser.add_argument("--fault", action="append", default=[], metavar="KIND[*TIMES][%%PERCENT][~TEXT]")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds")
    parser.add_argument("--spread", type=float, default=0.0, help="seconds on top, at most, by content")
    parser.add_argument("--retry-after", default="0", help="what 429 and 503 ask to wait")
    parser.add_argument("--key", default="", help="the only key accepted")
    parser.add_argument("--rate", type=float, default=0.0, help="calls a second, told in headers")
    parser.add_argument("--answer", default="", help="what is always answered")
    given = vars(parser.parse_args())
    Loopback(faults=given.pop("fault"), keep=False, **given).forever()


if __name__ == "__main__":
    main()
