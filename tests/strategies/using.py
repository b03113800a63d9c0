"""Somebody who uses faculties: a model that does what a test says, once it is told what came of the last thing."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from troupe_es import Response, Scripted, Simulation, Store
from troupe_es.llm import Request

Action = tuple[str, Any]


def turn(*actions: Action) -> str:
    """Return a turn of these actions: (kind, content), the content as text or as an object."""
    said = [{"type": kind, "content": content, "target": ""} for kind, content in actions]
    return json.dumps({"actions": [*said, {"type": "DONE"}], "cognitive_state": {}})


def player(*turns: str, other: Callable[[Request], str] | None = None) -> Scripted:
    """Return a model named ``cast`` that answers somebody's first turn with the first of ``turns``, and so on.

    It counts the rounds of a turn from the address, so that it answers the same wherever it is asked the same.
    ``other`` answers what is asked for in any other purpose.
    """

    def answer(request: Request, draw: int) -> str:
        if request.purpose != "turn":
            assert other is not None, f"nobody said what to answer to {request.address}"
            return other(request)
        number = int(request.address.split("/")[3])
        return turns[number] if number < len(turns) else turn()

    return Scripted(answer, "cast")


def dead(request: Request, draw: int) -> Response:
    """Answer nobody."""
    raise AssertionError(f"a model was asked for {request.address}")


@contextmanager
def alone(model: Scripted, *, path: str = ":memory:", **more: Any) -> Iterator[tuple[Store, Simulation]]:
    """Open a store with one person in one place, who is played by ``model``."""
    with Store(path, model, **more) as store:
        sim = store.begin("life", model="cast")
        sim.add_world("Kitchen")
        sim.add_person({"name": "Ana Reyes"})
        yield store, sim


def of(sim: Simulation, *types: str) -> list[Any]:
    """Return the bodies of these types."""
    return [event.body for event in sim.events() if event.body.type in types]


def seen(sim: Simulation) -> list[Any]:
    """Return what came of using faculties."""
    return of(sim, "result-seen")


def holds_everywhere(store: Store, sim: Simulation) -> None:
    """Check that a life verifies with no model, and that an untouched fork at every event of its last run lives it
    again, unpaid."""
    store.models = {"cast": Scripted(dead, "cast")}
    report = store.verify(f"{sim.branch.simulation}/{sim.branch.name}")
    assert report.holds, (report.divergences, report.blocked)
    begun = max(event.seq for event in sim.events() if event.body.type == "run-requested")
    for at in range(begun, sim.seq):
        fork = store.branch(f"{sim.branch.simulation}/{sim.branch.name}@{at}", f"fork-{sim.branch.name}-{at}")
        fork.resume()
        assert (fork.head, fork.paid) == (sim.head, 0), at
        assert store.verify(fork.ref).holds
