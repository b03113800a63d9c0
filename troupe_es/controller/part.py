"""A part of a scenario that stands for the whole, so that an estimate of a large one takes a second too.

A sample of people stands for all in their world, and the first steps of a run for the rest. That is sound because of
the memory window: what a prompt shows is bounded, and is so after a few steps.
"""

import math
from collections import defaultdict
from collections.abc import Sequence

from troupe_es import canonical, commands
from troupe_es.controller.rehearsal import Rehearsed
from troupe_es.scenario import Scenario
from troupe_es.scenario import commands as commands_of

MOST_PEOPLE = 40
"""People of one world who are rehearsed; more are stood for by them."""


class Part:
    """What is rehearsed of a scenario, and how many calls each of its calls stands for."""

    def __init__(self, scenario: Scenario, model: str, most: int) -> None:
        script = commands_of(scenario)
        people = [command for command in script if isinstance(command, commands.AddPerson)]
        self.people = _sample(people)
        kept = set(self.people)
        runs = [command.steps for command in script if isinstance(command, commands.Run)]
        whole = sum(runs) * len(kept)
        self.share = min(1.0, most / whole) if whole else 1.0
        self.steps: dict[int, float] = {}
        self.script: list[commands.Command] = [scenario.create(model)]
        for command in script:
            self.script += self._kept(command, kept)
        self.turns = len(self.steps) * len(kept)
        self.sampled = self.share < 1 or len(kept) < len(people)
        self.sequential = scenario.settings.order == "sequential"

    def _kept(self, command: commands.Command, people: set[str]) -> list[commands.Command]:
        match command:
            case commands.AddPerson(persona):
                return [command] if canonical.slug(persona["name"]) in people else []
            case commands.Stimulate(to=to) if to:
                left = tuple(id for id in to if id in people)
                return (
                    [commands.Stimulate(command.content, command.kind, None, left, command.speaker)] if left else []
                )
            case commands.Change(path) if path.startswith("people."):
                return [command] if path.split(".")[1] in people else []
            case commands.Run(steps, seconds):
                return [commands.Run(self._cut(steps), seconds)] if people else []
        return [command]

    def _cut(self, steps: int) -> int:
        """Return how many of a run's steps are rehearsed; the later half of them stands for those left out."""
        cut = min(steps, max(4, math.ceil(steps * self.share)))
        late = -(-cut // 2)
        done = len(self.steps)
        for place in range(1, cut + 1):
            self.steps[done + place] = 1 + (steps - cut) / late if place > cut - late else 1.0
        return cut

    def weight(self, call: Rehearsed) -> float:
        """Return how many calls ``call`` stands for."""
        return self.steps.get(call.step, 1.0) * self.people.get(call.person, 1.0)


def _sample(people: Sequence[commands.AddPerson]) -> dict[str, float]:
    """Return who is rehearsed, evenly over short and long personas, and for how many each of them stands."""
    worlds: dict[str | None, list[commands.AddPerson]] = defaultdict(list)
    for person in people:
        worlds[person.world].append(person)
    chosen: dict[str, float] = {}
    for there in worlds.values():
        ranked = sorted(there, key=lambda person: len(canonical.dumps(person.persona)))
        count = min(MOST_PEOPLE, len(there))
        for place in range(count):
            person = ranked[int((place + 0.5) * len(there) / count)]
            chosen[canonical.slug(person.persona["name"])] = len(there) / count
    return chosen
