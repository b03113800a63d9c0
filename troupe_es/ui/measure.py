"""How long a turn takes on this machine: two people of a shipped scenario, two steps, thrown away afterwards."""

import statistics
import time
from itertools import pairwise
from typing import Any

from troupe_es import examples
from troupe_es.controller import reading
from troupe_es.controller.store import Store
from troupe_es.events import Event, types
from troupe_es.scenario.items import RunSteps


def measure(model: str) -> dict[str, Any]:
    """Return the model's name in the log and the seconds of its turns, the first one with loading and starting.

    Raises as ``Store.play`` does.
    """
    whole = reading.load(examples.path("elevenses") / "scenario.yaml").scenario
    opening = [whole.program[0], RunSteps(run=2)]
    short = whole.model_copy(update={"people": whole.people[:2], "program": opening, "budget": None})
    ended = [time.perf_counter()]

    def watch(event: Event) -> None:
        if isinstance(event.body, types.TurnEnded | types.TurnFailed):
            ended.append(time.perf_counter())

    with Store(":memory:", watch=watch) as store:
        name = store.play(short, model=model).state.settings.model
    seconds = [later - sooner for sooner, later in pairwise(ended)]
    return {"model": name, "first": round(seconds[0], 2), "turn": round(statistics.median(seconds[1:]), 2)}
