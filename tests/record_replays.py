"""Records what stands in ``replays/``, all through the live path: ``python -m tests.record_replays [NAME…]``.

Run it after a change of prompts or decisions while their edition is not released. Once it is, its recordings stay:
raise the edition, put the expected ``differences.json`` into each folder, and record new ones under new names.

Two kinds: the shipped scenarios with their answers written in advance, or the improviser's (and what their Python
files ask afterwards in side branches, and the arms of their experiments), and two more by the improviser, which have
what else must be verified for ever: ``forks`` has branches in the middle of a turn and of a step, edits, another
draw, questions to the past, and turns that fail after misfits; ``gallery`` has every type of event.
"""

import sys
from collections.abc import Callable
from functools import partial
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

from troupe_es import Improviser, Scripted, Settings, Store, commands, examples
from troupe_es.controller import bundle, reading
from troupe_es.llm import Request, Response

REPLAYS = Path(__file__).parents[1] / "replays"

PEOPLE = [
    {
        "name": "Ottilie Brandt",
        "age": 58,
        "occupation": {"title": "Locksmith"},
        "beliefs": ["A thing you cannot repair is only lent to you."],
        "preferences": {"interests": ["old doors", "choral singing"]},
    },
    {
        "name": "Rafael Nunes",
        "age": 31,
        "occupation": {"title": "Bicycle courier"},
        "beliefs": ["Whoever is quick gets the good table."],
        "preferences": {"interests": ["short cuts", "black coffee"]},
    },
    {
        "name": "Hana Sokolová",
        "age": 44,
        "occupation": {"title": "Librarian"},
        "beliefs": ["People lend out what they love."],
        "preferences": {"interests": ["maps", "swimming in rivers"]},
    },
]


def muddled(request: Request, draw: int) -> str | Response:
    """Answer as models do on a bad day: Rafael never usably, Ottilie at the second attempt, Hana at once."""
    turn = '{"actions":[{"type":"TALK","content":"I would want to see one first.","target":""}]}'
    attempt = int(request.address.split("/")[3])
    if request.person == "rafael-nunes":
        return ["Sure! Here is the JSON you asked for:", '{"actions": [{"type": "SHOUT", "content": "Now!"}]}', ""][
            attempt
        ]
    if request.person == "ottilie-brandt" and attempt == 0:
        return Response(turn[:40], finish="length", model="scripted:muddled")
    return f"```json\n{turn}\n```"


def script(name: str) -> ModuleType:
    """Return the Python file of a shipped scenario, as a module."""
    return loaded(examples.path(name) / f"{name.replace('-', '_')}.py")


def loaded(path: Path) -> ModuleType:
    """Return a Python file as a module, whatever can be imported here."""
    spec = spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def shipped(name: str, store: Store) -> str:
    """Live a shipped scenario with its answers, and ask what its Python file asks on; return the head's hash."""
    scenario = reading.load(examples.path(name) / "scenario.yaml").scenario
    head = store.play(scenario, model=examples.model(name)).head
    if hasattr(script(name), "ask_on"):
        script(name).ask_on(store)
    return head


def forks(store: Store) -> None:
    """Live a small world by the improviser, with a branch of every kind."""
    store.models["scripted:muddled"] = Scripted(muddled, "scripted:muddled")
    sim = store.begin("forks", model=Improviser(), seed=11, settings=Settings(memory_last=4, memory_block=2))
    sim.add_world("Repair café", "Tools on the wall, a kettle, one window.")
    for persona in PEOPLE:
        sim.add_person(persona)
    sim.broadcast("Would you share a cargo bike with the whole street?", speaker="Moderator")
    sim.run(2)
    sim.set("people.hana-sokolova.age", 45)
    sim.say("Somebody has left the bike out in the rain.", "Hana Sokolová", kind="VISUAL")
    sim.run(2, seconds=600)
    talk = _seq(sim.ref, store, 2, "action-taken")
    store.branch(f"forks@{talk}", "mid-turn").resume()
    turn = _seq(sim.ref, store, 2, "turn-ended")
    store.branch(f"forks@{turn}", "mid-step", commands.Stimulate("The bike is gone!", speaker="A boy")).resume()
    store.branch(f"forks@{turn}", "without-rafael", commands.RemovePerson("rafael-nunes")).resume()
    for other in store.replicates("forks@step:1", "again", 2):
        other.resume()
    slow = store.branch("forks@step:2", "one-by-one", commands.Change("settings.order", "sequential"))
    slow.resume()
    slow.run(2)
    deeper = store.branch(f"{slow.branch}@step:3", "deeper", commands.Stimulate("It rains.", "VISUAL"))
    deeper.resume()
    muddle = store.branch("forks@step:2", "muddled", commands.Change("settings.model", "scripted:muddled"))
    muddle.resume()
    muddle.run(1)
    store.ask("forks@step:1", "Ottilie", "Who would keep the key?")
    store.ask("forks@step:1", "Ottilie", "Who would keep the key?", again=True)
    store.ask(muddle.ref, "Hana Sokolová", "What did Rafael say?")


def _seq(ref: str, store: Store, step: int, type: str) -> int:
    """The first event of a type in a step."""
    sim = store.open(ref)
    return next(event.seq for event in sim.events() if event.step == step and event.body.type == type)


LIVES: dict[str, Callable[[Store], object]] = {
    "forks": forks,
    "gallery": lambda store: loaded(Path(__file__).with_name("gallery.py")).live(store),
}
"""What is no shipped scenario."""


def record(name: str, path: Path) -> None:
    """Record one and export it to ``path``; what was lived beside it (an audit's rewording) to a folder beside."""
    with Store(":memory:") as store:
        LIVES.get(name, partial(shipped, name))(store)
        for each in store.log.simulations():
            bundle.export(store.log, each.name, path.with_name(path.name + each.name.removeprefix(name)))


def main(names: list[str]) -> None:
    """Record the ones that are named, or all."""
    for name in names or [*examples.names(), *LIVES]:
        record(name, REPLAYS / name)
        print(f"recorded {REPLAYS / name}")


if __name__ == "__main__":
    main(sys.argv[1:])
