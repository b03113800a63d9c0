"""Scripts for hypothesis, and a cast that plays them: whole lives from a seed, cheap to make and to make again.

The cast answers as a function of (request, draw, address), as a model would whose temperature is 0: a prompt that
differs by one letter gets another answer, so that two lives are equal only if everything that was asked is. Now and
then it writes rubbish, talks to somebody who is not there, or says nothing. Whatever is said carries a mark
(``«…»``) that no other saying has; so the marks in a prompt tell what a person was shown.
"""

import json
import re
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from troupe_es import Response, Scripted, Settings, Simulation, Store, commands
from troupe_es.errors import EveryTurnFailed
from troupe_es.llm import Request

NAMES = ("Ana Reyes", "Bo Lind", "Cy Young", "Dee Park")
PLACES = ("Kitchen", "Garden")
MOST_CALLS = 3000
MARK = re.compile("«[^«»]*»")
KINDS = ("CONVERSATION", "SOCIAL", "LOCATION", "VISUAL", "THOUGHT", "INTERNAL_GOAL_FORMULATION")


def share(part: int) -> settings:
    """Return settings for a law whose examples cost ``part`` times as much as a usual one's."""
    return settings(
        max_examples=max(4, settings().max_examples // part),
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


@dataclass
class Cast:
    """Plays everybody; ``misfits`` is the share of answers that cannot be used."""

    seed: int = 0
    misfits: float = 0.15
    asked: Counter[tuple[str, int, str]] = field(default_factory=Counter)

    def __call__(self, request: Request, draw: int) -> str:
        assert len(self.asked) < MOST_CALLS, "a life of a few steps never ends"
        self.asked[request.hash, draw, request.address] += 1
        dice = Random(f"{self.seed}|{request.hash}|{draw}|{request.address}")
        if dice.random() < self.misfits:
            return dice.choice(["rubbish", '{"actions": []}', ""])
        mark = f"«{request.address} {draw} {dice.randrange(10**9)}»"
        if request.purpose == "ask":
            return json.dumps({"answer": mark})
        kinds = dice.choices(["THINK", "TALK", "REACH_OUT"], [2, 4, 1], k=dice.randrange(4))
        actions = [
            {"type": kind, "content": f"{mark[:-1]} {number}»", "target": dice.choice([*NAMES, "", "", "nobody"])}
            for number, kind in enumerate(kinds)
        ]
        return json.dumps(
            {"actions": [*actions, {"type": "DONE"}], "cognitive_state": {"goals": dice.choice(["tea", "rest"])}}
        )

    def model(self) -> Scripted:
        """Return a model that this cast stands behind."""
        return Scripted(self, "cast")


def dead() -> Scripted:
    """Return a model of the cast's name that must not be asked."""

    def asked(request: Request, draw: int) -> Response:
        raise AssertionError(f"a model was asked for {request.address}")

    return Scripted(asked, "cast")


@dataclass(frozen=True)
class Script:
    """What a script says from beginning to end."""

    settings: Settings
    seed: int
    commands: tuple[commands.Command, ...]

    def play(self, store: Store, name: str = "life", **how: object) -> Simulation:
        """Begin the simulation in ``store``, whose model is the cast, and give it every command."""
        sim = store.begin(name, seed=self.seed, settings=self.settings, **how)  # type: ignore[arg-type]
        for command in self.commands:
            with suppress(EveryTurnFailed):  # the run has ended all the same
                sim.command(command)
        return sim


def live_on(sim: Simulation) -> Simulation:
    """Finish what ``sim`` is in the middle of, whether its turns succeed or not."""
    with suppress(EveryTurnFailed):
        sim.resume()
    return sim


def persona(name: str) -> commands.AddPerson:
    """Return a person of this name, to be put into the only world."""
    return commands.AddPerson({"name": name})


def trio(order: str = "parallel", steps: int = 2, **more: object) -> Script:
    """Return a small fixed script: three people, one broadcast, one run."""
    said = (commands.Stimulate("Would you drink cold tea from a can? «0»", speaker="Moderator"),)
    people = tuple(persona(name) for name in NAMES[:3])
    settings = Settings(model="cast", order=order, **more)  # type: ignore[arg-type]
    return Script(settings, 7, (commands.AddWorld("Kitchen"), *people, *said, commands.Run(steps)))


@st.composite
def some_settings(draw: st.DrawFn) -> Settings:
    """Settings that matter to a prompt or a schedule; windows are small, so that lives outgrow them."""
    wide = draw(st.booleans())
    return Settings(
        model="cast",
        order=draw(st.sampled_from(["parallel", "sequential"])),
        attempts=draw(st.integers(1, 3)),
        max_actions=draw(st.integers(1, 4)),
        memory_first=10 if wide else draw(st.integers(0, 4)),
        memory_last=200 if wide else draw(st.integers(1, 6)),
        memory_block=40 if wide else draw(st.integers(1, 5)),
    )


class _Scene:
    """Who is where while a script is written; knows only what it put there itself."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.worlds = PLACES[: draw(st.integers(1, 2))]
        self.there: list[str] = []
        self.waiting = list(NAMES)
        self.said = 0
        self.named = 0

    def enter(self) -> commands.Command:
        name = self.waiting.pop(0)
        self.there.append(name)
        return commands.AddPerson({"name": name, "age": 30}, self.draw(st.sampled_from(self.worlds)))

    def someone(self) -> str:
        """The id of somebody who is there; an id never changes."""
        return self.draw(st.sampled_from(self.there)).lower().replace(" ", "-")

    def leave(self) -> commands.Command:
        person = self.someone()
        self.there = [name for name in self.there if name.lower().replace(" ", "-") != person]
        return commands.RemovePerson(person)

    def say(self) -> commands.Command:
        self.said += 1
        kind = self.draw(st.sampled_from(KINDS))
        content = f"Listen. «said {self.said}»"
        if self.draw(st.booleans()):
            return commands.Stimulate(content, kind, self.draw(st.sampled_from(self.worlds)), (), "Moderator")
        to = tuple(self.someone() for _ in range(self.draw(st.integers(1, 2))))
        return commands.Stimulate(content, kind, None, to, "A voice")

    def change(self) -> commands.Command:
        self.named += 1
        return self.draw(
            st.sampled_from(
                [
                    commands.Change(f"people.{self.someone()}.name", f"Zed Number{self.named}"),
                    commands.Change(f"people.{self.someone()}.age", 30 + self.named),
                    commands.Change("settings.order", "sequential"),
                    commands.Change("settings.order", "parallel"),
                    commands.Change("settings.memory_first", self.named),
                    commands.Change("settings.max_actions", 1),
                ]
            )
        )

    def run(self) -> commands.Command:
        return commands.Run(self.draw(st.integers(1, 2)), self.draw(st.integers(0, 3600)))

    def next(self) -> commands.Command:
        choices = [self.say, self.say, self.change, self.run]
        choices += [self.enter] if self.waiting else []
        choices += [self.leave] if len(self.there) > 1 else []
        return self.draw(st.sampled_from(choices))()


@st.composite
def scripts(draw: st.DrawFn, most: int = 5) -> Script:
    """Whole scripts: worlds, people who come, are renamed and leave, things said, changes, runs; a run at the end."""
    scene = _Scene(draw)
    people = [scene.enter() for _ in range(draw(st.integers(1, 3)))]
    items = [scene.next() for _ in range(draw(st.integers(1, most)))]
    worlds = [commands.AddWorld(name) for name in scene.worlds]
    return Script(draw(some_settings()), draw(st.integers(0, 9)), (*worlds, *people, *items, scene.run()))


casts = st.builds(Cast, st.integers(0, 999), st.sampled_from([0.0, 0.15, 0.4]))


@st.composite
def edits(draw: st.DrawFn, people: list[str]) -> commands.Command:
    """One thing that a fork may be begun with, where ``people`` (ids) are there."""
    choices: list[commands.Command] = [
        commands.Change("settings.max_actions", 1),
        commands.Change("settings.order", draw(st.sampled_from(["parallel", "sequential"]))),
    ]
    if people:
        who = draw(st.sampled_from(people))
        choices += [
            commands.Stimulate("Fire! «fire»", to=(who,)),
            commands.Stimulate("A letter. «letter»", "SOCIAL", to=tuple(people)),
            commands.Change(f"people.{who}.name", "Somebody Else"),
        ]
    if len(people) > 1:
        choices.append(commands.RemovePerson(draw(st.sampled_from(people))))
    return draw(st.sampled_from(choices))
