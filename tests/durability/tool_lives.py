"""A process that calls a tool which acts and never answers: ``python tool_lives.py STORE FILE``, to be killed.

What the tool does in the world is a line in FILE: the key of the call.
"""

import asyncio
import sys
from pathlib import Path

from troupe_es.controller.driver import Driver, Place
from troupe_es.llm import Request, Response, toolcalls
from troupe_es.log import Branch, Log

NAME = "harbour"
CALL = toolcalls.call("bell", {"times": 2}, "1/ana-reyes/tool.bell/0/0")


class Bell:
    """Rings, and answers if it is ``quick``."""

    name = "tool:bell"

    def __init__(self, file: Path, *, quick: bool = True, idempotent: bool = False) -> None:
        self.file = file
        self.quick = quick
        self.idempotent = idempotent

    async def complete(self, request: Request, draw: int) -> Response:
        """Ring."""
        with self.file.open("a") as file:
            file.write(toolcalls.key(request, draw) + "\n")
        print("rang", flush=True)
        if not self.quick:
            await asyncio.Event().wait()
        return toolcalls.answer("ok", "rang")


def place(log: Log) -> Place:
    """Where the call is made."""
    known = {simulation.name for simulation in log.simulations()}
    branch: Branch = log.branch(NAME, "main") if NAME in known else log.create_simulation(NAME)
    return Place(branch.id, branch.draw, {})


def call(store: Path, bell: Bell) -> toolcalls.Outcome:
    """Make the call through a driver of its own."""
    with Log.open(store) as log:
        return toolcalls.outcome(asyncio.run(Driver(log, lambda name: bell).answer(CALL, place(log))))


if __name__ == "__main__":
    call(Path(sys.argv[1]), Bell(Path(sys.argv[2]), quick=False))
