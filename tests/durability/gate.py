"""A loopback server whose answers wait at a gate: a test decides what happens while calls are in flight."""

import asyncio
import threading
from asyncio import StreamWriter
from pathlib import Path
from typing import Any, Self

from durability.killing import PATIENCE
from servers.loopback import Call, Loopback


class Gate(Loopback):
    """Counts ``arrived`` calls, and answers none while ``opened`` is not set."""

    def __init__(self, count_file: Path, **more: Any) -> None:
        super().__init__(count_file=count_file, **more)
        self.arrived = threading.Semaphore(0)
        self.opened = threading.Event()

    def __enter__(self) -> Self:
        super().__enter__()
        return self

    def wait_for_calls(self, number: int) -> None:
        """Wait until so many more calls have arrived."""
        for _ in range(number):
            assert self.arrived.acquire(timeout=PATIENCE), "the server was not asked"

    async def _play(self, writer: StreamWriter, call: Call, kind: str) -> bool:
        self.arrived.release()
        while not self.opened.is_set():
            await asyncio.sleep(0.005)
        return await super()._play(writer, call, kind)
