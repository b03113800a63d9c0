"""One life of a process: runs a simulation of our own against a server, to be killed while it does.

``python lives.py STORE URL ORDER [BRANCH]`` says ``ready`` when all is imported, a line for each event as it is
committed, and the head at the end. A life that follows a killed one runs the same script again: what is recorded
is lived through, the rest is asked for.
"""

import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Any, cast

from troupe_es import Model, Settings, Simulation, Store, TroupeError
from troupe_es.events import Event
from troupe_es.events.types import Order

NAME = "allotments"
MODEL = "openai:tester"
STEPS = 4
PEOPLE: list[dict[str, Any]] = [
    {
        "name": "Ines Marlow",
        "age": 61,
        "occupation": {"title": "retired bus driver"},
        "beliefs": ["Whoever digs a bed decides what grows in it."],
        "preferences": {"interests": ["leeks", "radio plays"]},
    },
    {
        "name": "Tobias Wrenn",
        "age": 34,
        "occupation": {"title": "school cook"},
        "beliefs": ["Food that is shared tastes better."],
        "preferences": {"interests": ["pickling", "football"]},
    },
    {
        "name": "Amara Voss",
        "age": 45,
        "occupation": {"title": "surveyor"},
        "beliefs": ["A rule nobody wrote down is no rule."],
        "preferences": {"interests": ["maps", "cycling"]},
    },
    {
        "name": "Kofi Lindqvist",
        "age": 27,
        "occupation": {"title": "nurse on night shift"},
        "beliefs": ["People who work nights are forgotten when things are decided."],
        "preferences": {"interests": ["tomatoes", "sleep"]},
    },
    {
        "name": "Petra Okafor",
        "age": 52,
        "occupation": {"title": "bookbinder"},
        "beliefs": ["Old trees have a right to stay."],
        "preferences": {"interests": ["pears", "choirs"]},
    },
]


def prepare(store: Store, model: str | Model, order: Order, branch: str = "main") -> Simulation:
    """Run the script up to where people begin to act, over whatever is recorded of it."""
    sim = store.begin(NAME, model=model, seed=5, settings=Settings(order=order), branch=branch)
    sim.add_world("Shed", "A shed between the beds, with five chairs.")
    for persona in PEOPLE:
        sim.add_person(persona)
    sim.broadcast("The council offers a second tap or a new hedge. Which one?", speaker="Warden")
    return sim


def announce(event: Event) -> None:
    """Say that an event is committed."""
    print(event.seq, event.body.type, flush=True)


def main() -> int:
    """Live, and say how it ended; what stops it says its exit code."""
    path, url, order, *branch = sys.argv[1:]
    os.environ["TROUPE_BASE_URL"] = url
    import_module("troupe_es.llm.endpoint")  # a second or so, which is no part of the life
    print("ready", flush=True)
    try:
        with Store(Path(path), watch=announce) as store:
            sim = prepare(store, MODEL, cast(Order, order), *branch)
            sim.run(STEPS)
            print("head", sim.head, flush=True)
    except TroupeError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
