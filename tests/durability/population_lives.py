"""A process that has a population made by a server, to be killed meanwhile: ``python population_lives.py STORE URL``.

It says ``ready``, a line for each event as it is committed, and last the head. The next one goes on.
"""

import os
import sys
from importlib import import_module
from pathlib import Path

from troupe_es import Store
from troupe_es.events import Event
from troupe_es.factory.spec import read

NAME = "town"
COUNT = 40
SPEC = read(
    {
        "title": "Ems",
        "dimensions": {
            "age": {"ranges": {"18-64": 75, "65+": 25}},
            "gender": {"shares": {"female": 55, "male": 45}},
        },
    },
    "town",
)


def announce(event: Event) -> None:
    """Say that an event is committed."""
    print(event.seq, event.body.type, flush=True)


def main() -> None:
    """Have the people made."""
    path, url = sys.argv[1:]
    os.environ["TROUPE_BASE_URL"] = url
    import_module("troupe_es.llm.endpoint")  # a second or so, which is no part of the life
    print("ready", flush=True)
    with Store(Path(path), watch=announce, concurrency=8) as store:
        made = store.population(NAME, SPEC, COUNT, seed=5, model="openai:tester")
        print("made", len(made.personas), "head", store.at(NAME).head.hex(), flush=True)


if __name__ == "__main__":
    main()
