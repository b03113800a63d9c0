"""A model on this machine: the engine as a child process, spoken to like any other server.

The engine starts at the first call, once per process and file of weights, listens on loopback with a key that
nobody else knows, and ends with whoever used it last, with this process, and with a crash of this process.
"""

import asyncio
import atexit
import json
import os
import secrets
import subprocess
import sys
import tempfile
import threading
from dataclasses import replace
from importlib.metadata import version
from importlib.util import find_spec
from typing import IO, Any

from troupe_es.errors import ModelUnreachable, UsageError
from troupe_es.llm import local_server
from troupe_es.llm.endpoint import OpenAI
from troupe_es.llm.protocol import Request, Response, Schema
from troupe_es.llm.weights import Weights

ENGINE = "xllamacpp"
"""The package that the extra ``local`` installs."""
CONTEXT = 8192
"""Tokens that a prompt and its answer have together; more would take memory that a small machine has not got."""
SLOTS = 1
"""Answers written at the same time: the memory holds one prompt, and the cores are busy with one."""
PATIENCE = 3600.0
"""Seconds one answer may take: on a slow machine many calls wait for the same engine."""
DYING = 1.0
"""Seconds that a process may take to die after its connections did."""
TAIL = 2000
"""Characters of what the engine wrote last that are shown when it died."""
COMPACT = {"x-guidance": {"whitespace_flexible": False}}
"""Tells the engine's grammar to leave no white space between tokens: small models pretty-print without end."""


class Engine:
    """One child process that serves one file of weights. ``start`` returns once it listens."""

    def __init__(self, found: Weights) -> None:
        self.weights = found
        self.users: set[int] = set()
        self.key = secrets.token_urlsafe(32)
        self.url = ""
        self._process: subprocess.Popen[str] | None = None
        self._written: IO[bytes] | None = None
        self._starting = threading.Lock()

    @property
    def pid(self) -> int | None:
        """The child's process id while it lives."""
        alive = self._process is not None and self._process.poll() is None
        return self._process.pid if alive and self._process else None

    def start(self) -> str:
        """Return the engine's address, starting it if it does not run. Raises ModelUnreachable if it cannot."""
        with self._starting:
            if self.pid is None:
                self.stop()
                self.url = self._started()
            return self.url

    def _started(self) -> str:
        self._written = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the child
        command = [sys.executable, "-m", "troupe_es.llm.local_server"]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": self._written}
        environ = {**os.environ, "OMP_WAIT_POLICY": "passive"}  # spinning threads stall a busy machine
        self._process = subprocess.Popen(command, text=True, env=environ, **pipes)  # type: ignore[call-overload]  # noqa: S603 - ours
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        asked = {
            "path": str(self.weights.path),
            "name": self.weights.name,
            "key": self.key,
            "context": CONTEXT,
            "cores": cores(),
            "slots": SLOTS,
        }
        try:
            self._process.stdin.write(json.dumps(asked) + "\n")
            self._process.stdin.flush()
            url = self._process.stdout.readline().strip()
        except OSError:  # it ended before it read what to do
            url = ""
        if not url:
            self._process.wait()
            raise ModelUnreachable(self.obituary())
        return url

    def ended(self) -> bool:
        """Say whether the child has died, giving a dying one a moment."""
        try:
            return self._process is None or self._process.wait(DYING) is not None
        except subprocess.TimeoutExpired:
            return False

    def obituary(self) -> str:
        """Say that the engine ended, how, and what it wrote last."""
        process, written = self._process, self._written
        kept = "every answer so far is kept, and `troupe resume` starts it again"
        if process is None or written is None:  # another call has started it again meanwhile
            return f"the engine of {self.weights.name} ended; {kept}"
        size = written.seek(0, os.SEEK_END)
        written.seek(max(0, size - TAIL))
        tail = written.read().decode(errors="replace").strip() or "nothing"
        return f"the engine of {self.weights.name} ended (exit code {process.poll()}); {kept}. It said last:\n{tail}"

    def stop(self) -> None:
        """End the child, if there is one."""
        self.url = ""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()
        if self._written is not None:
            self._written.close()
            self._written = None

    def forget(self) -> None:
        """Let go of a child that is the parent process's, not ours."""
        if self._process is not None:
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    pipe.close()
            self._process.returncode = 0
            self._process = None


_engines: dict[str, Engine] = {}


@atexit.register
def _stop_all() -> None:
    while _engines:
        _engines.popitem()[1].stop()


def _forget_all() -> None:
    while _engines:
        _engines.popitem()[1].forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_all)


class Local:
    """A local model. ``name`` is ``local:STEM@SHA12``; the engine starts at the first call."""

    def __init__(self, found: Weights) -> None:
        if find_spec(ENGINE) is None:
            raise UsageError("a local model needs an engine that is not installed: pip install 'troupe-es[local]'")
        self.weights = found
        self.name = found.name
        self._client: OpenAI | None = None
        self._url = ""

    @property
    def engine(self) -> Engine:
        """The engine of these weights, which other models of this process may use too."""
        engine = _engines.setdefault(self.weights.sha256, Engine(self.weights))
        engine.users.add(id(self))
        return engine

    @property
    def provenance(self) -> dict[str, Any]:
        """What answers here is made with: weights, engine, and its settings where a request says nothing."""
        settings = {"context": CONTEXT, **local_server.sampling(CONTEXT)}
        return {
            "weights": self.weights.sha256,
            "engine": f"{ENGINE} {version(ENGINE)}",
            "settings": settings,
        }

    async def complete(self, request: Request, draw: int) -> Response:
        """Answer ``request``; raises ModelUnreachable when the engine cannot start or dies.

        Raises UsageError for an embedding.
        """
        if request.kind == "embedding":
            raise UsageError(f"{self.name!r} plays people and makes no vectors: for these, name 'local-embedder'")
        engine = self.engine
        client = await self._connected(engine)
        try:
            return await client.complete(_compact(request), draw)
        except ModelUnreachable:
            if not await asyncio.to_thread(engine.ended):
                raise
        raise ModelUnreachable(engine.obituary())

    async def aclose(self) -> None:
        """Close the connection, and end the engine if nobody else uses it."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None
        engine = _engines.get(self.weights.sha256)
        if engine is not None:
            engine.users.discard(id(self))
            if not engine.users:
                del _engines[self.weights.sha256]
                engine.stop()

    async def _connected(self, engine: Engine) -> OpenAI:
        listening = engine.url if engine.pid is not None else ""
        url = listening or await asyncio.to_thread(engine.start)
        if self._client is None or self._url != url:
            left, self._url = self._client, url
            self._client = OpenAI(
                self.name,
                base_url=f"{url}/v1",
                api_key=engine.key,
                timeout=PATIENCE,
                patience=0.0,
                concurrency=SLOTS,  # the others wait here, where an end of the run can call them off
            )
            if left is not None:
                await left.aclose()
        return self._client


def _compact(request: Request) -> Request:
    """Return ``request`` as it is sent; what is recorded is the request as it was asked."""
    if request.schema is None:
        return request
    schema = Schema(request.schema.name, {**request.schema.body, **COMPACT})
    return replace(request, schema=schema)


def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
