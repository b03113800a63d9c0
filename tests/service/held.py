"""A model that can be held back, and a small scenario to be lived with it."""

import asyncio
import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from fastapi import FastAPI

from troupe_es import Improviser
from troupe_es.llm import Request, Response

HOME = "http://localhost"


class Gated:
    """The improviser, who answers nothing while ``gate`` is closed.

    ``asked`` says that somebody waits, and ``arrived`` counts them.
    """

    name = "gated"

    def __init__(self) -> None:
        self.inner = Improviser()
        self.gate, self.asked = threading.Event(), threading.Event()
        self.arrived = threading.Semaphore(0)
        self.gate.set()

    async def complete(self, request: Request, draw: int) -> Response:
        """Answer when the gate is open."""
        self.asked.set()
        self.arrived.release()
        while not self.gate.is_set():
            await asyncio.sleep(0.005)
        return await self.inner.complete(request, draw)


def scenario(name: str = "tiny", steps: int = 2, model: str = "improviser", **more: Any) -> dict[str, Any]:
    """Return a small scenario as JSON."""
    people = [{"persona": {"name": name}} for name in ("Ana Reyes", "Bo Lind")]
    program = [{"broadcast": "Who makes the tea?"}, {"run": steps}]
    return {
        **{"troupe": 1, "name": name, "model": model, "worlds": [{"name": "Kitchen"}]},
        **{"people": people, "program": program},
        **more,
    }


@contextmanager
def serving(app: FastAPI) -> Iterator[int]:
    """Serve ``app`` on a loopback port, in a thread; gives the port."""
    config = uvicorn.Config(app, port=0, log_level="warning", timeout_graceful_shutdown=5)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        thread.join(0.01)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        app.state.follower.end()
        server.should_exit = True
        thread.join()


def listen(port: int, where: str, last: int | None = None) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield what a stream tells: id and data of each event; closing it hangs up."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {} if last is None else {"Last-Event-ID": str(last)}
    connection.request("GET", where, headers=headers)
    response = connection.getresponse()
    assert response.status == 200 and response.headers["content-type"].startswith("text/event-stream")
    id = 0
    try:
        for line in response:
            if line.startswith(b"id: "):
                id = int(line[4:])
            elif line.startswith(b"data: "):
                yield id, json.loads(line[6:])
    finally:
        connection.close()
