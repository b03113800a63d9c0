"""An experiment of three arms of ten replicates from twenty steps, in the test and in a process to be killed.

``python lives.py STORE URL`` runs it against a server and prints the table.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

from troupe_es import Store
from troupe_es import scenario as scenarios
from troupe_es.experimentation import Findings, experiment
from troupe_es.scenario import Scenario

PEOPLE = ("Ana Reyes", "Bo Lind")
STEPS, ARMS, REPLICATES, RUN = 20, 3, 10, 2
PREFIX = STEPS * len(PEOPLE)
SUFFIXES = ARMS * REPLICATES * RUN * len(PEOPLE)
CONTENT: dict[str, Any] = {
    "troupe": 1,
    "name": "tea",
    "seed": 7,
    "model": "improviser",
    "worlds": [{"name": "Kitchen"}],
    "people": [{"persona": {"name": name}} for name in PEOPLE],
    "program": [{"broadcast": "Would you drink cold tea from a can?"}, {"run": STEPS}],
    "experiment": {
        "arms": [
            {"name": "dear", "do": [{"broadcast": "It costs nine euros."}]},
            {"name": "cheap", "do": [{"broadcast": "It costs one euro."}]},
            {"name": "free", "do": [{"broadcast": "It costs nothing."}]},
        ],
        "replicates": REPLICATES,
        "run": RUN,
        "outcomes": [{"name": "words", "count": r"\w+"}],
    },
}


def script(**changed: Any) -> Scenario:
    """Return the scenario, its experiment with some fields changed."""
    content = {**CONTENT, "experiment": {**CONTENT["experiment"], **changed}}
    return scenarios.model_of(content, "test")


def run(store: Store) -> Findings:
    """Run the experiment with the model that a server plays."""
    return experiment(store, script(), model="openai:tester")


def main() -> int:
    """Run it, and print the table."""
    path, url = sys.argv[1:]
    os.environ["TROUPE_BASE_URL"] = url
    with Store(Path(path)) as store:
        print(json.dumps(run(store).table(), indent=0), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
