"""A part of a scenario that stands for the whole, so that an estimate of a large one takes a second too.

A sample of people stands for all in their world, and the first steps of a run for the rest. That is sound because of
the memory window: what a prompt shows is bounded, and is so after a few steps.
"""

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

from troupe_es import canonical, commands
from troupe_es.controller import interventions
from troupe_es.controller.rehearsal import Rehearsed
from troupe_es.events import Settings
from troupe_es.extraction.fields import fields_of
from troupe_es.projections import State
from troupe_es.scenario import Experiment, Scenario, commands_of_arm
from troupe_es.scenario import commands as commands_of
from troupe_es.scenario.asides import several
from troupe_es.scenario.experiment import OPTIONS
from troupe_es.scenario.items import Broadcast, Say
from troupe_es.survey import questions

MOST_PEOPLE = 40
"""People of one world who are rehearsed; more are stood for by them."""

LIVES = 12
"""Fewest lives that are rehearsed, as a rule."""

AT_ONCE = 8
"""Branches of an experiment that live at the same time, unless said otherwise."""


class Part:
    """What is rehearsed of a scenario, and how many calls each of its calls stands for.

    Of an experiment every arm is rehearsed once, for all its replicates, in the ``variations`` of an audit too, and
    once for each of the ``others``, the models that answer in the audit as well; ``wording`` are the texts that it
    has put in other words.
    """

    before: State | None = None
    """Where it goes on from, if it does not begin at the beginning."""

    fewest: int = LIVES
    """Fewest lives that are rehearsed to know how far they lie apart."""

    edits: Sequence[commands.Command] = ()
    """What is changed there first."""

    def __init__(self, scenario: Scenario, model: str, most: int, others: Sequence[str] = ()) -> None:
        script = commands_of(scenario)
        people = [command for command in script if isinstance(command, commands.AddPerson)]
        self.people = _sample(people)
        kept = set(self.people)
        self.total = len(people)
        planned = [len(command.people) for command in script if isinstance(command, commands.Populate)]
        self.made = sum(min(MOST_PEOPLE, count) for count in planned)
        self.standing = sum(planned) / self.made if self.made else 1.0
        design = scenario.experiment
        self.parting = None if design is None else design.at
        self.replicates, self.draw = (1, 0) if design is None else (design.replicates, design.draw)
        self.wording = [] if design is None or not design.audit else list(dict.fromkeys(_texts(design)))
        self.variations, self.reordered = (0, False) if design is None or not design.audit else _variations(design)
        arms = {} if design is None else dict(_arms(scenario, design))
        self.designed = list(arms)
        if design is not None:
            for other in dict.fromkeys(others):
                changed = [arm.model_copy(update={"model": other}) for arm in design.arms]
                answered = _arms(scenario, design.model_copy(update={"arms": changed}))
                arms |= {f"{arm} ({other})": lived for arm, lived in answered}
        every = [*script, *(command for lived in arms.values() for command in lived)]
        runs = [command.steps for command in every if isinstance(command, commands.Run)]
        whole = sum(runs) * (len(kept) + self.made)
        self.share = min(1.0, most / whole) if whole else 1.0
        self.steps: dict[tuple[str, int], float] = {}
        create = scenario.create(model)
        self.thin = 1.0
        everybody = len(people) + sum(planned)
        if len(kept) + self.made < everybody:
            create = replace(create, settings=self._thinned(create.settings, (len(kept) + self.made) / everybody))
        self.script: list[commands.Command] = [create]
        for command in script:
            self.script += self._kept(command, kept)
        self.arms = {
            arm: [left for command in lived for left in self._kept(command, kept, arm)] for arm, lived in arms.items()
        }
        self.turns = len(self.steps) * (len(kept) + self.made)
        self.crowd = everybody / (len(kept) + self.made) if everybody else 1.0
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

    def _kept(self, command: commands.Command, people: set[str], arm: str = "") -> list[commands.Command]:
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
            case commands.GiveSurvey(people=asked) if asked:
                left = tuple(id for id in asked if id in people)
                return [replace(command, people=left)] if left else []
            case commands.Extract(about=about) | commands.PutClaims(about=about) if about:
                there = [id for id in about if id in people]
                others = [id for id in people if id not in there]
                return [replace(command, about=tuple([*there, *others][: len(about)]))]
            case commands.Run(steps, only=only):
                left, anybody = tuple(id for id in only if id in people), people or self.made
                if left or (anybody and not only):
                    return [replace(command, steps=self._cut(steps, arm), only=left)]
                return []
        return [command]

    def _cut(self, steps: int, arm: str) -> int:
        """Return how many of a run's steps are rehearsed; the later half of them stands for those left out."""
        cut = min(steps, max(4, math.ceil(steps * self.share)))
        late = -(-cut // 2)
        done = sum(lived == arm for lived, _ in self.steps)
        for place in range(1, cut + 1):
            self.steps[arm, done + place] = 1 + (steps - cut) / late if place > cut - late else 1.0
        return cut

    def weight(self, call: Rehearsed) -> float:
        """Return how many calls ``call`` stands for."""
        reordered = self.reordered and call.aside and call.purpose == "ask" and call.arm in self.designed
        lives = self.lives(call.arm) + (self.replicates if reordered else 0)
        return lives * self.stands_for(call.person) * (1.0 if call.aside else self.step_for(call) * self.thin)

    def lives(self, arm: str) -> int:
        """Return how often what is common to all arms is lived, or one of them."""
        return 1 if not arm else self.replicates * (1 + self.variations if arm in self.designed else 1)

    def step_for(self, call: Rehearsed) -> float:
        """Return how many steps the one that ``call`` is made in stands for."""
        return self.steps.get((call.arm, call.step - call.since), 1.0)

    def stretch(self, arm: str, step: int, since: int) -> float:
        """Return how many times as much people do as is rehearsed: there are more of them, or more such steps."""
        place = (arm, step - since) if arm and step > since else ("", step)
        return self.crowd * self.thin * self.steps.get(place, 1.0)

    def stands_for(self, person: str) -> float:
        """Return how many people the one of this id stands for; of those who are made nobody knows ids before."""
        return self.people.get(person, 1.0 if person == "-" else self.standing)


def _arms(scenario: Scenario, design: Experiment) -> Iterator[tuple[str, list[commands.Command]]]:
    """Yield what happens in each arm, with its options in it, and what is asked at its end to know the outcomes."""
    options = "\n\n".join(f"{name}: {text}" for name, text in design.options.items())
    asked = [*_outcomes(design, scenario.seed)]
    for arm in design.arms:
        lived = commands_of_arm(scenario, arm, design.run)
        shown = [
            replace(each, content=each.content.replace(OPTIONS, options))
            if isinstance(each, commands.Stimulate)
            else each
            for each in lived
        ]
        yield arm.name, [*shown, *asked]


def _variations(design: Experiment) -> tuple[int, bool]:
    """Return how often an audit lives the experiment again: in other draws, other words, another order of options.

    Also whether it is questions alone that are asked again, in another order of theirs.
    """
    asked = [outcome.question for outcome in design.outcomes if outcome.question is not None]
    seen = ({tuple(questions.order(each, "somebody", seed)) for seed in range(9)} for each in asked)
    reordered = any(len(orders) > 1 for orders in seen)
    return 1 + any(_texts(design)) + bool(design.options), reordered and not design.options


def _texts(design: Experiment) -> Iterator[str]:
    """Yield what people hear in the arms, without the options."""
    for item in (item for arm in design.arms for item in arm.do):
        said = item.broadcast if isinstance(item, Broadcast) else item.say if isinstance(item, Say) else ""
        yield from (part.strip() for part in said.split(OPTIONS) if part.strip())


def _outcomes(design: Experiment, seed: int) -> Iterator[commands.Command]:
    """Yield what is asked of every replicate; what is counted in its words, and code, asks nobody."""
    for outcome in design.outcomes:
        people = tuple(map(canonical.slug, outcome.of))
        if outcome.claim is not None:
            yield commands.PutClaims((outcome.claim,), people, given=several(outcome.given), twice=outcome.twice)
        elif outcome.extract is not None:
            yield commands.Extract("", fields_of([outcome.extract]), people)
        elif outcome.question is not None:
            yield commands.GiveSurvey((outcome.question,), people, seed=seed)


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
