"""A part of a scenario that stands for the whole, so that an estimate of a large one takes a second too.

A sample of people stands for all in their world, and the first steps of a run for the rest. That is sound because of
the memory window: what a prompt shows is bounded, and is so after a few steps.
"""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from troupe_es import canonical, commands
from troupe_es.controller import interventions
from troupe_es.controller.rehearsal import Rehearsed
from troupe_es.events import Settings
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
        self.total = len(people)
        planned = [len(command.people) for command in script if isinstance(command, commands.Populate)]
        self.made = sum(min(MOST_PEOPLE, count) for count in planned)
        self.standing = sum(planned) / self.made if self.made else 1.0
        runs = [command.steps for command in script if isinstance(command, commands.Run)]
        whole = sum(runs) * (len(kept) + self.made)
        self.share = min(1.0, most / whole) if whole else 1.0
        self.steps: dict[int, float] = {}
        create = scenario.create(model)
        self.thin = 1.0
        everybody = len(people) + sum(planned)
        if len(kept) + self.made < everybody:
            create = replace(create, settings=self._thinned(create.settings, (len(kept) + self.made) / everybody))
        self.script: list[commands.Command] = [create]
        for command in script:
            self.script += self._kept(command, kept)
        self.turns = len(self.steps) * (len(kept) + self.made)
        self.sampled = self.share < 1 or len(kept) + self.made < everybody
        self.sequential = scenario.settings.order == "sequential"

    def _thinned(self, settings: Settings, share: float) -> Settings:
        """Let as large a share of the sample act as of all; who of them something reaches, a sample cannot tell."""
        wanted = settings.subset
        if wanted is None:
            return settings.model_copy(update={"who": "all"})
        subset = max(1, round(wanted * share))
        self.thin = wanted * share / subset
        return settings.model_copy(update={"who": "all", "subset": subset})

    def _kept(self, command: commands.Command, people: set[str]) -> list[commands.Command]:
        match command:
            case commands.Relate(edges):
                known = [edge for edge in edges if edge.a in people and edge.b in people]
                if len(people) < self.total <= 2 * len(edges):
                    known = _ring(sorted(people), round(len(edges) / self.total))
                return [commands.Relate(tuple(known))] if known else []
            case commands.Unrelate():
                return [command] if len(people) == self.total else []
            case commands.RemovePerson(person) | commands.Move(person):
                return [command] if person in people else []
            case commands.AddPerson(persona):
                return [command] if canonical.slug(persona["name"]) in people else []
            case commands.Stimulate(to=to) if to:
                left = tuple(id for id in to if id in people)
                return [replace(command, to=left)] if left else []
            case commands.Change(path) if path.startswith("people."):
                return [command] if path.split(".")[1] in people else []
            case commands.AddFragment(person) | commands.SetMind(person):
                return [command] if person in people else []
            case commands.Intervene():
                about = interventions.among(command, people)
                return [about] if about is not None else []
            case commands.Populate(planned):
                return [replace(command, people=planned[:MOST_PEOPLE])]
            case commands.Run(steps, only=only):
                left, there = tuple(id for id in only if id in people), people or self.made
                return [replace(command, steps=self._cut(steps), only=left)] if left or (there and not only) else []
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
        return self.steps.get(call.step, 1.0) * self.stands_for(call.person) * self.thin

    def stands_for(self, person: str) -> float:
        """Return how many people the one of this id stands for; of those who are made nobody knows ids before."""
        return self.people.get(person, 1.0 if person == "-" else self.standing)


def _ring(people: list[str], each: int) -> list[commands.Edge]:
    """Relate a sample among themselves, so that each knows about as many as people do: their own are not in it."""
    places = range(1, min(max(1, each), len(people) // 2) + 1)
    return [commands.Edge(one, people[(n + place) % len(people)]) for n, one in enumerate(people) for place in places]


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
