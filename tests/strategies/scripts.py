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
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from pictures import URL

from troupe_es import Response, Scripted, Settings, Simulation, Store, commands
from troupe_es.errors import EveryTurnFailed
from troupe_es.events import Mind
from troupe_es.llm import Request
from troupe_es.llm.vectors import encoded

NAMES = ("Ana Reyes", "Bo Lind", "Cy Young", "Dee Park")
PLACES = ("Kitchen", "Garden")
PEOPLE = (*NAMES, "", "", "nobody")
TARGETS = {"MOVE_TO": (*PLACES, "nowhere")}
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
        if request.kind == "embedding":
            return encoded(dice.uniform(-1, 1) for _ in range(4))
        if request.purpose in ("consolidation", "reflection"):
            return kept(request, dice)
        if request.purpose == "judging":
            checks = json.loads(request.schema.text)["schema"]["properties"]["scores"]["required"]
            return json.dumps({"scores": {check: {"score": dice.randrange(10), "reason": "so"} for check in checks}})
        if request.purpose == "generation":
            return json.dumps(made_up(request.schema.body, dice))
        mark = f"«{request.address} {draw} {dice.randrange(10**9)}»"
        if request.purpose == "ask":
            return json.dumps({"answer": mark})
        kinds = dice.choices(["THINK", "TALK", "REACH_OUT"], [2, 4, 1], k=dice.randrange(4))
        if request.schema is not None and '"RECALL"' in request.schema.text:
            kinds = dice.choices([*kinds, "RECALL", "RECALL_WITH_FULL_SCAN"], k=len(kinds) or 1)
        if request.schema is not None and '"MOVE_TO"' in request.schema.text:
            kinds = dice.choices([*kinds, "MOVE_TO"], k=len(kinds) or 1)
        made = [kind for kind in MADE if request.schema is not None and f'"{kind}"' in request.schema.text]
        kinds = dice.choices([*kinds, *made], k=len(kinds) or 1) if made else kinds
        actions = [
            {
                "type": kind,
                "content": content(kind, f"{mark[:-1]} {number}»", dice),
                "target": dice.choice(TARGETS.get(kind, PEOPLE)),
            }
            for number, kind in enumerate(kinds)
        ]
        return json.dumps(
            {"actions": [*actions, {"type": "DONE"}], "cognitive_state": {"goals": dice.choice(["tea", "rest"])}}
        )

    def model(self) -> Scripted:
        """Return a model that this cast stands behind."""
        return Scripted(self, "cast")


def content(kind: str, mark: str, dice: Random) -> str:
    """Return what somebody who uses a faculty tells it; now and then it cannot be done."""
    match kind:
        case "WRITE_DOCUMENT":
            return json.dumps({"title": dice.choice(["Plan", "Letter", ""]), "content": mark})
        case "CREATE_EVENT":
            start = dice.choice(["2026-01-05", "2026-01-05T09:01", "2027-02-03T10:00:00", "soon"])
            return json.dumps({"title": mark, "start": start, "attendees": dice.choices(PEOPLE, k=dice.randrange(3))})
        case "LIST_EVENTS":
            return dice.choice(["", '{"from": "2026-01-06"}', '{"to": "2026-01-05"}', '{"from": "never"}'])
        case "FIND_EVENT":
            return dice.choice(["ana", "1", mark])
        case "CONSULT":
            return dice.choice(["tea", "notes", "notes#2", "nothing such"])
    return mark


MADE = ("WRITE_DOCUMENT", "CREATE_EVENT", "LIST_EVENTS", "FIND_EVENT", "CONSULT", "LIST_DOCUMENTS", "FETCH")
"""What people can do with the faculties of ``making``."""


def kept(request: Request, dice: Random) -> str:
    """Return memories or insights that point at what was shown; now and then at what was not."""
    assert request.schema is not None
    shown = int(re.findall('"maximum":([0-9]+)', request.schema.text)[-1])

    def one() -> dict[str, object]:
        sources = [dice.randint(1, shown + (dice.random() < 0.05)) for _ in range(dice.randint(1, 3))]
        kind = dice.choice(["fact", "Opinion", "feeling"])
        content = f"I keep {dice.randrange(10**6)} of tea, said Ana."
        return {"kind": kind, "content": content, "importance": dice.randint(0, 9), "sources": sources}

    key = "memories" if request.purpose == "consolidation" else "insights"
    return json.dumps({key: [one() for _ in range(dice.randint(1, 3))]})


def made_up(form: dict[str, Any], dice: Random) -> Any:
    """Return somebody who fits ``form``; a few names are common, so that people have to be told apart."""
    match form["type"]:
        case "object":
            found = {name: made_up(part, dice) for name, part in form["properties"].items()}
            return {**found, **({"names": [f"Kim {dice.choice('AB')}"]} if "names" in found else {})}
        case "array":
            return [made_up(form["items"], dice)]
        case "integer":
            return dice.randrange(100)
    return f"something {dice.randrange(10**6)}"


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


def making(script: Script) -> Script:
    """Return ``script`` with everything that people can make and look up, and documents for whoever is there."""
    notes = "Tea is hot.\n\n" + "Bread is not. " * 200
    texts = [{"name": "notes", "text": notes}, {"name": "b", "text": "Cold tea."}]
    gifts = (
        commands.Equip("word-processor"),
        commands.Equip("calendar"),
        commands.Equip("documents", options={"documents": texts}),
        commands.Equip("web", options={"hosts": ["example.org"]}),
    )
    return Script(script.settings, script.seed, (*gifts, *script.commands))


def remembering(script: Script, **more: object) -> Script:
    """Return ``script`` with everything on that memory can do, in small: episodes, reflection, recall, vectors."""
    small = {"episode": 3, "reflect": 2, "embedder": "cast", "memory_first": 1, "memory_last": 2, **more}
    first = commands.Equip("recall", options={"top": 3})
    return Script(script.settings.model_copy(update=small), script.seed, (first, *script.commands))


def going_about(script: Script) -> Script:
    """Return ``script`` with people who can go about, between a world in which only some know each other and another.

    Two more are there from the beginning, and know one person each.
    """
    last = max(n for n, c in enumerate(script.commands) if isinstance(c, commands.AddWorld)) + 1
    worlds = [commands.AddWorld(PLACES[0], access="network"), commands.AddWorld(PLACES[1])]
    more = [commands.AddPerson({"name": name}, PLACES[0]) for name in ("Eve Moss", "Fay Holt")]
    known = commands.Relate((commands.Edge("eve-moss", "ana-reyes"), commands.Edge("fay-holt", "eve-moss")))
    first, *others = script.commands[last:]
    begun = (*worlds, commands.Equip("moving"), *more, first, known)
    busy = script.settings.model_copy(update={"who": "all", "subset": None, "max_actions": 4})
    return Script(busy, script.seed, (*begun, *others))


def peopled(script: Script, *counts: int) -> Script:
    """Return ``script`` with people made just before it ends: so many each time, a trait of each being settled."""
    first = next(each.name for each in script.commands if isinstance(each, commands.AddWorld))
    made = [
        commands.Populate(tuple({"age": 20 + n, "home.town": "Ems"} for n in range(count)), "Town", world=first)
        for count in counts
    ]
    *before, last = script.commands
    return Script(script.settings, script.seed, (*before, *made, last))


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
        who=draw(st.sampled_from(["all", "all", "active"])),
        subset=draw(st.sampled_from([None, None, 2])),
        attempts=draw(st.integers(1, 3)),
        max_actions=draw(st.integers(1, 4)),
        episode=draw(st.sampled_from([None, None, 3])),
        reflect=draw(st.sampled_from([None, 1])),
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
        self.known: set[tuple[str, str]] = set()

    def added(self) -> list[commands.Command]:
        """The worlds; in some of them people can speak only to those they know."""
        access = st.sampled_from(["open", "open", "network"])
        return [commands.AddWorld(name, access=self.draw(access)) for name in self.worlds]

    def move(self) -> commands.Command:
        return commands.Move(self.someone(), self.draw(st.sampled_from(self.worlds)))

    def equip(self) -> commands.Command:
        return commands.Equip("moving", self.draw(st.sampled_from([(), (self.someone(),)])))

    def relate(self) -> commands.Command:
        edges = []
        for _ in range(self.draw(st.integers(1, 3))):
            a, b = self.draw(
                st.permutations(self.there).map(lambda names: [n.lower().replace(" ", "-") for n in names])
            )[:2]
            directed = self.draw(st.booleans())
            self.known.add((a, b))
            edges.append(commands.Edge(a, b, self.draw(st.sampled_from(["", "friend"])), directed=directed))
        return commands.Relate(tuple(edges))

    def unrelate(self) -> commands.Command:
        a, b = self.draw(st.sampled_from(sorted(self.known)))
        self.known -= {(a, b), (b, a)}
        return commands.Unrelate(a, b)

    def skip(self) -> commands.Command:
        return commands.Skip(self.draw(st.integers(1, 10_000)))

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
        self.known = {pair for pair in self.known if person not in pair}
        return commands.RemovePerson(person)

    def say(self) -> commands.Command:
        self.said += 1
        kind = self.draw(st.sampled_from(KINDS))
        content = f"Listen. «said {self.said}»"
        image = URL if kind == "VISUAL" and self.draw(st.booleans()) else None
        if self.draw(st.booleans()):
            return commands.Stimulate(content, kind, self.draw(st.sampled_from(self.worlds)), (), "Moderator", image)
        to = tuple(self.someone() for _ in range(self.draw(st.integers(1, 2))))
        return commands.Stimulate(content, kind, None, to, "A voice", image)

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
                    commands.Change("settings.repetition", 0.3),
                    commands.Change("settings.checks", ["persona", "similarity"]),
                    commands.Change(f"people.{self.someone()}.likes", [f"tea {self.named}"], merge=True),
                    commands.AddFragment(self.someone(), "f", {"age": self.named, "likes": ["rain"]}, "fragment"),
                    commands.AddFragment(
                        self.someone(), "f", {"name": f"Zoe {self.named}", "skills": []}, "fragment"
                    ),
                    commands.SetMind(self.someone(), Mind(goals=f"want {self.named}")),
                ]
            )
        )

    def run(self) -> commands.Command:
        only = (self.someone(),) if self.there and self.draw(st.integers(0, 3)) == 0 else ()
        return commands.Run(self.draw(st.integers(1, 2)), self.draw(st.integers(0, 3600)), only)

    def next(self) -> commands.Command:
        choices = [self.say, self.say, self.change, self.run, self.move, self.skip, self.equip]
        choices += [self.relate, self.relate] if len(self.there) > 1 else []
        choices += [self.unrelate] if self.known else []
        choices += [self.enter] if self.waiting else []
        choices += [self.leave] if len(self.there) > 1 else []
        return self.draw(st.sampled_from(choices))()


@st.composite
def scripts(draw: st.DrawFn, most: int = 5) -> Script:
    """Whole scripts: worlds, people who come, are renamed, get to know each other, go about and leave, things said,
    changes, time that passes, runs; a run at the end."""
    scene = _Scene(draw)
    people = [scene.enter() for _ in range(draw(st.integers(1, 3)))]
    items = [scene.next() for _ in range(draw(st.integers(1, most)))]
    worlds = scene.added()
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
        choices.append(commands.Relate((commands.Edge(people[0], people[-1], "friend"),)))
        choices.append(commands.Move(people[0], PLACES[0]))
    return draw(st.sampled_from(choices))
