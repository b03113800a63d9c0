"""Where a life stands that somebody holds, as plain data."""

from typing import Any

from troupe_es.controller.simulation import Simulation


def standing(sim: Simulation) -> dict[str, Any]:
    """Return where ``sim`` stands: its head, how many events and steps it has, and whether a run is under way."""
    state = sim.state
    return {
        "ref": sim.ref,
        "head": sim.head,
        "events": sim.seq,
        "steps": state.step,
        "unfinished": state.running is not None,
        "model": state.settings.model,
    }
