"""A process that plays a scenario with a survey, asked of a server, to be killed meanwhile.

``python study_lives.py STORE URL`` says ``ready``, a line for each event as it is committed, and last the head. The
next one goes on.
"""

import os
import sys
from importlib import import_module
from pathlib import Path

from troupe_es import Store, scenario
from troupe_es.events import Event

NAME = "tea"
PEOPLE = 8
SCRIPT = scenario.model_of(
    {
        "troupe": 1,
        "name": NAME,
        "worlds": [{"name": "Kitchen"}],
        "people": [{"persona": {"name": f"Person {letter}"}} for letter in "ABCDEFGH"],
        "program": [
            {"broadcast": "Would you buy cold tea?"},
            {"run": 1},
            {
                "survey": {
                    "title": "Tea",
                    "questions": [
                        {"id": "buy", "kind": "yes-no", "text": "Would you buy it?"},
                        {"id": "price", "kind": "number", "low": 0, "high": 9, "text": "What would you pay?"},
                    ],
                }
            },
            {"extract": ["mood"]},
        ],
    },
    NAME,
)
CALLS = PEOPLE * (1 + 2) + 1


def announce(event: Event) -> None:
    """Say that an event is committed."""
    print(event.seq, event.body.type, flush=True)


def main() -> None:
    """Play it."""
    path, url = sys.argv[1:]
    os.environ["TROUPE_BASE_URL"] = url
    import_module("troupe_es.llm.endpoint")  # a second or so, which is no part of the life
    print("ready", flush=True)
    with Store(Path(path), watch=announce, concurrency=4) as store:
        sim = store.play(SCRIPT, model="openai:tester", estimate=False)
        heads = [store.at(each.ref).head.hex() for each in sim.found]
        print("found", *heads, "head", sim.head, flush=True)


if __name__ == "__main__":
    main()
