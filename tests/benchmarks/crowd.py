"""What a turn costs in a crowd of which few act, beside what it costs in a room of ten.

    python tests/benchmarks/crowd.py [PEOPLE]

A small world of people who know four others each; in every step one in a hundred acts, drawn from those whom
something new has reached, and says something that reaches their neighbours. The model is a function in this process.
CPU time per turn of the runs alone; nothing is asserted, because seconds depend on the machine. Read the ratio.
"""

import gc
import json
import resource
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from troupe_es import Scripted, Settings, Simulation, Store
from troupe_es.llm import Request

STEPS = 20
ROOM = 10
WORDS = "I would rather walk to the harbour than wait for that tram again, and you know it."
TRADES = ("baker", "nurse", "joiner", "clerk", "pilot", "tailor", "porter")


def answer(request: Request, draw: int) -> str:
    """Say something that nobody has said before."""
    said = {"type": "TALK", "content": f"{WORDS} {request.address}", "target": ""}
    mind = {"goals": "a quiet day", "context": [], "attention": "the tram", "emotions": "calm"}
    return json.dumps({"actions": [said, {"type": "DONE"}], "cognitive_state": mind})


def crowd(store: Store, people: int, active: int) -> Simulation:
    """Begin a small world in which something has reached ``active`` people."""
    settings = Settings(model="cast", who="active", subset=active)
    sim = store.begin("crowd", seed=1, settings=settings)
    sim.add_world("Town", "A town by the sea.", access="network")
    for number in range(people):
        trade = TRADES[number % len(TRADES)]
        sim.add_person({"name": f"Person {number}", "age": 20 + number % 60, "occupation": {"title": trade}})
    sim.network("small-world", 4)
    sim.say("The tram is late again.", *[f"person-{number * people // active}" for number in range(active)])
    return sim


def measured(people: int, active: int, steps: int) -> tuple[float, float]:
    """Return CPU seconds per turn of ``steps`` steps, and of making the world per person."""
    with tempfile.TemporaryDirectory() as folder, Store(Path(folder) / "crowd.db", Scripted(answer, "cast")) as store:
        begun = time.process_time()
        sim = crowd(store, people, active)
        made = (time.process_time() - begun) / people
        gc.collect()
        begun = time.process_time()
        sim.run(steps)
        spent = time.process_time() - begun
        turns = sum(event.body.type == "turn-ended" for event in sim.events())
    assert turns == steps * active
    return spent / turns, made


def main() -> None:
    """Print what a turn costs in either world, and the ratio."""
    people = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    measured(ROOM, ROOM, 5)  # whatever is made once is made before
    room = median(measured(ROOM, ROOM, STEPS)[0] for _ in range(9))
    many, made = measured(people, people // 100, STEPS)
    print(f"{ROOM:>8,} people, all act:       {room * 1e3:6.2f} ms CPU per turn")
    print(f"{people:>8,} people, 1 in 100 acts: {many * 1e3:6.2f} ms CPU per turn; {made * 1e3:.2f} to add a person")
    print(f"ratio {many / room:.2f} (aim: 1.5); {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
