"""One life in which every type of event occurs, for ``replays/gallery``: whatever changes, it keeps verifying.

Three people hang an exhibition. The improviser plays them, but for the answers in ``CHOSEN``: those that are to be
bad, and those that make somebody do one particular thing. Code of one's own is in a second, small life that is not
recorded (``coded``): a bundle with it would verify only where that code is.
"""

import json
from typing import Any

from troupe_es import Response, Scripted, Settings, Simulation, Store, commands, registry, tool
from troupe_es.events import TYPES
from troupe_es.llm import Request
from troupe_es.llm.improviser.model import improvise

NAME = "scripted:gallery"
"""The model that plays everybody."""

NOT_YET: set[str] = set()
"""Types that nothing makes yet."""

REWRITTEN = {"simulation-redacted"}
"""Types that stand only in a store that was written anew (``controller/test_redact``)."""

CODED = {"code-enabled"}
"""Types that are in ``coded`` alone."""

PEOPLE: list[dict[str, Any]] = [
    {
        "name": "Ines Carvalho",
        "age": 52,
        "occupation": {"title": "Curator"},
        "beliefs": ["A picture needs an empty wall more than a frame."],
    },
    {
        "name": "Per Lund",
        "age": 38,
        "occupation": {"title": "Museum guard"},
        "preferences": {"interests": ["crosswords", "night trains"]},
    },
    {
        "name": "Mina Okafor",
        "age": 27,
        "occupation": {"title": "Painter"},
        "preferences": {"likes": ["wet paint"], "dislikes": ["speeches"]},
    },
]
TOVE = {"name": "Tove Falk", "age": 44, "occupation": {"title": "Journalist"}}
LOAN = "The red painting is lent until the end of June. It may not hang near a window, nor be touched."
PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ"
    "AAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
)
SURVEY = {
    "title": "The opening",
    "introduction": "Nobody else will read this.",
    "questions": [
        {"id": "visit", "kind": "yes-no", "text": "Will anybody come?"},
        {"id": "why", "text": "Why not?", "when": "visit == 'no'"},
        {"id": "many", "kind": "number", "text": "How many?", "low": 0, "when": "visit == 'yes'"},
        {"id": "walls", "kind": "multiple", "text": "Which walls are good?", "options": ["long", "short", "none"]},
        {"id": "mood", "kind": "likert", "text": "I am looking forward to it.", "options": ["no", "neither", "yes"]},
    ],
}


def turn(*actions: tuple[str, Any], target: str = "") -> str:
    """Return a turn of these actions: (kind, content), the content as text or as an object."""
    said = [{"type": kind, "content": content, "target": target} for kind, content in actions]
    mind = {"goals": "Open on time.", "context": [], "attention": "the red painting", "emotions": "a little nervous"}
    return json.dumps({"actions": [*said, {"type": "DONE"}], "cognitive_state": mind})


AGAIN = "The red painting goes on the long wall, and nothing goes beside it."
PLAN = {"title": "Hanging plan", "content": "Long wall: the red one. Nothing else."}
EVENING = {"title": "Opening", "start": "2026-05-08T19:00", "attendees": ["Per Lund"], "place": "Hall"}
JUDGED = {"claim": 1, "reason": "She says so herself.", "evidence": [], "score": 8, "holds": True}
CHOSEN: dict[str, str | Response] = {
    "1/ines-carvalho/turn/0": turn(("TALK", AGAIN), ("WRITE_DOCUMENT", PLAN), ("CREATE_EVENT", EVENING)),
    "1/mina-okafor/turn/0": turn(("CONSULT", "May the red painting be touched?"), ("TELL_HOURS", {"day": "Friday"})),
    "1/mina-okafor/turn/1": turn(("REACH_OUT", "Until the end of June only!"), target="Ines Carvalho"),
    "1/mina-okafor/judging/0": json.dumps({"verdicts": [JUDGED]}),
    "2/per-lund/turn/0": "Sure! Here is the JSON you asked for:",
    "2/per-lund/turn/1": Response("", finish="refusal", refusal="I cannot play a guard.", model=NAME),
    "2/ines-carvalho/turn/0": turn(("TALK", AGAIN)),
    "3/ines-carvalho/turn/0": turn(("RECALL", "the red painting")),
    "3/per-lund/turn/0": turn(("MOVE_TO", ""), target="Courtyard"),
    "3/per-lund/ask/1": "I would rather not say.",
    "3/per-lund/ask/2": "I said that I would rather not say.",
    "per-lund/consolidation": "Nothing worth keeping.",
    "+2/generation": '{"names": []}',
}
"""Answers by step, person, word of the address and number, or wherever that person is asked for that."""


def played(request: Request, draw: int) -> str | Response:
    """Answer as was chosen, or else as the improviser does."""
    step, person, word, number, *_ = [*request.address.split("/"), "", "", ""]
    chosen = CHOSEN.get(f"{step}/{person}/{word}/{number}", CHOSEN.get(f"{person}/{word}"))
    return improvise(request, draw) if chosen is None else chosen


def live(store: Store) -> None:
    """Live the exhibition, with its branches and all that is asked about it, as ``gallery``."""
    store.models.setdefault(NAME, Scripted(played, NAME))
    sim = store.begin("gallery", model=NAME, seed=23, start="2026-05-04T09:00:00", settings=_settings())
    _hang(sim)
    _equip(sim)
    _intervene(sim)
    sim.broadcast("Where does the red painting go?", speaker="Director", world="Hall")
    sim.see("A red painting, leaning against the wall.", PIXEL, world="Hall")
    sim.run(2, 600)
    sim.set("settings.checks", ["persona", "similarity"])
    sim.run(5, 600)
    sim.set("settings.checks", [])
    sim.skip(3600)
    sim.story("The evening of the opening.", continues=True)
    sim.command(commands.Populate(({"age": 61}, {"age": 19}), title="Visitors", world="Courtyard"))
    sim.remove_person("Mina Okafor")
    sim.define("Per Lund", "name", "Per Lundqvist")
    sim.run(1, 600, only=["Ines Carvalho", "Per Lundqvist"])
    _branch(store, sim)
    _ask(store)
    registry.forget("tool", tell_hours.name)


def _settings() -> Settings:
    return Settings(
        attempts=2,
        episode=5,
        reflect=1,
        repetition=0.9,
        embedder=NAME,
        memory_first=2,
        memory_last=4,
        memory_block=2,
    )


def _hang(sim: Simulation) -> None:
    """Worlds, people, and what is said of them."""
    sim.add_world("Hall", "White walls, one ladder, a crate that is still shut.")
    sim.add_world("Courtyard", "Gravel and a chestnut tree.", access="network")
    for persona in PEOPLE:
        sim.add_person(persona, "Hall")
    sim.relate("Ines Carvalho", "Per Lund", "colleague")
    sim.relate("Per Lund", "Mina Okafor", "stranger")
    sim.unrelate("Per Lund", "Mina Okafor")
    sim.define("Per Lund", "age", 39)
    sim.add_fragment("Mina Okafor", {"skills": ["Mixing reds that stay wet for days"]}, "reds")
    sim.move_to("Mina Okafor", "Courtyard")
    sim.move_to("Mina Okafor", "Hall")


@tool(side_effect=False)
def tell_hours(day: str) -> str:
    """Tell when the exhibition is open."""
    return f"{day}: 10 to 18"


def _equip(sim: Simulation) -> None:
    sim.equip("recall")
    sim.equip("word-processor", to=["Ines Carvalho"])
    sim.equip("calendar", to=["Ines Carvalho"])
    sim.equip("moving")
    sim.equip("documents", to=["Mina Okafor"], documents=[{"name": "Loan", "text": LOAN}])
    sim.give_tools(tell_hours, to=["Mina Okafor"])
    sim.equip("calendar", to=["Per Lund"])
    sim.unequip("calendar", to=["Per Lund"])


def _intervene(sim: Simulation) -> None:
    """Every effect that there is, one that fails, and conditions that a model is asked about."""
    sim.intervene(
        "visit",
        {"step": {"at": 1}},
        commands.AddPerson(TOVE, "Courtyard"),
        commands.Move("Tove Falk", "Hall"),
        commands.Stimulate("A journalist stands in the door.", "VISUAL", "Hall"),
        commands.Change("people.per-lund.style", "Stiff, since a journalist is listening."),
        commands.Change("settings.max_actions", 10),
        commands.Equip("calendar", ("tove-falk",)),
        commands.Unequip("calendar", ("tove-falk",)),
        commands.Move("nobody-at-all", "Hall"),
    )
    sim.intervene("parrot", {"claim": {"claim": "A parrot recites the alphabet."}}, commands.StopRun(), last=6)
    proud = {"step": {"at": 1}, "claim": {"claim": "{{name}} is proud.", "least": 5}}
    sim.intervene("praise", proud, commands.Stimulate("Well done!", to=("{{target}}",)), each=["Mina Okafor"])
    sim.intervene("end", {"step": {"at": 4}}, commands.RemovePerson("tove-falk"), commands.StopRun())
    sim.intervene("alarm", {"step": {"at": 2}}, commands.Stimulate("Fire!", world="Hall"))
    sim.call_off("alarm")
    sim.set_mind("Per Lund", sim.state.people["per-lund"].mind.model_copy(update={"emotions": "half asleep"}))


def _branch(store: Store, sim: Simulation) -> None:
    """Fork in the middle of a turn, a consolidation, a recall, the effects and the making of people."""
    for number, type in enumerate(
        ("result-seen", "memory-formed", "actions-judged", "person-move-caused", "person-made", "person-went"), 1
    ):
        seq = next(event.seq for event in sim.events() if event.body.type == type)
        store.branch(f"gallery@{seq}", f"cut-{number}").resume()
    slow = store.branch("gallery@step:2", "one-by-one", commands.Change("settings.order", "sequential"))
    slow.resume()
    slow.run(1, 600)
    store.branch("gallery@step:1", "quiet", commands.CallOff("visit")).resume(1)


def _ask(store: Store) -> None:
    """Ask the past, each in a side branch."""
    store.ask("gallery@step:2", "Ines", "What hangs on the long wall?")
    store.check("gallery@step:2", ["Somebody talks of a painting.", "{{name}} is asleep."], "Per Lund")
    store.story("gallery@step:1", "Before anybody came.")
    store.minibio("gallery", "Per Lundqvist")
    places = store.extract("gallery@step:2", ["wall:text:where the red painting goes", "visitors:integer"])
    store.normalise(places.ref, ["the long wall", "long wall", "outside"], 2, about="places for a painting")
    store.rewrite("gallery@step:3", LOAN, requirements="who lends it", style="friendly", context="It is Mina's.")
    store.survey("gallery@step:3", SURVEY)
    store.seal("gallery", {"visit": {"yes": 0.25, "no": 0.75}})
    store.truth_loaded("gallery", "0" * 64, ["visit"], 12)


def quiet(state: Any, people: list[str]) -> list[str]:
    """Let only the first two act."""
    return people[:2]


def coded(store: Store) -> None:
    """Live with a schedule of one's own, registered for as long as it takes, as ``coded``."""
    store.models.setdefault(NAME, Scripted(played, NAME))
    registry.register("schedule", "gallery-quiet", quiet)
    sim = store.begin("coded", model=NAME)
    sim.add_world("Hall")
    for persona in PEOPLE:
        sim.add_person(persona)
    sim.enable("schedule", "gallery-quiet")
    sim.run(1)
    registry.forget("schedule", "gallery-quiet")


WANTED = set(TYPES) - NOT_YET - REWRITTEN
"""The types that are to be seen in the two lives."""
