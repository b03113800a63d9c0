"""Records what a local model answered into ``replays/``: ``python -m tests.record_local [NAME…]``.

It needs the extra ``local`` and the weights named below (``troupe model get`` fetches them), and some minutes: about
nine seconds a turn on two idle cores. The recordings are a real model's, good and bad; they are never polished. The
name of the model in them holds the beginning of the weights' SHA-256; the manifest has all of it, with the engine and
its settings. A model answers otherwise each time, so recording again gives another conversation, and another outcome.
"""

import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from troupe_es import Store, commands, examples
from troupe_es.agent.small import answers
from troupe_es.controller import bundle, reading
from troupe_es.controller.simulation import Simulation
from troupe_es.events import types
from troupe_es.llm import published
from troupe_es.scenario import Scenario

REPLAYS = Path(__file__).parents[1] / "replays"
MODEL = published.entry("qwen2.5-coder-1.5b-instruct")
NAME = f"local:{Path(MODEL.file).stem}@{MODEL.sha256[:12]}"
SCENARIOS = Path(__file__).parent / "scenarios"
WARNED, ADVISED = "warns you: it is dangerous for your hearts", "advises it: it is good for your hearts"
LATER = (
    "The makers have rung. It costs nothing, no app and no record is kept, and the only thing it ever sends is "
    "one message to the one person you choose yourself. Would you have it now?"
)


def scenario(name: str, people: int | None = None, items: int | None = None) -> Scenario:
    """Return a shipped scenario under a name of its own, with its first people and program items."""
    whole = reading.load(examples.path(name) / "scenario.yaml").scenario
    cut = {"people": whole.people[:people], "program": whole.program[:items], "budget": None}
    return whole.model_copy(update={"name": f"{name}-local", **cut})


def elevenses(store: Store) -> None:
    """Four people, six steps."""
    store.play(scenario("elevenses"), model=NAME)


def night_shift(store: Store) -> None:
    """Two people, five steps, and a question to the nurse before the message came."""
    store.play(scenario("night-shift"), model=NAME)
    store.ask("night-shift-local@step:3", "siobhan-keane", "Would you tell your husband how tired you are?")


def turned(store: Store) -> None:
    """Three people for two steps; then the same two steps twice, with and without one sentence of the moderator."""
    about = "Three people are shown a plug that tells the family when a kettle stays cold, twice: once with an offer."
    opening = scenario("elevenses", people=3, items=2).model_copy(update={"name": "turned-local", "about": about})
    sim = store.play(opening, model=NAME)
    other = store.branch(sim.ref, "free", commands.Stimulate(LATER, speaker="Priya, the moderator"))
    for life in (sim, other):
        life.run(2, seconds=300)
        print(f"  {life.ref}: {_stances(life)}")


def winter_swim(store: Store) -> None:
    """Three people, a word each and a vote; then the vote again, with one sentence of the doctor's changed.

    What is in ``replays/`` is one of four recordings, three of which turn the vote; README.md judges them.
    """
    sim = store.play(reading.load(SCENARIOS / "winter-swim.yaml").scenario, model=NAME)
    *_, vote = (event for event in sim.events() if isinstance(event.body, types.StimulusGiven))
    other = store.branch(f"{sim.ref.partition('@')[0]}@{vote.seq - 1}", "advised")
    other.broadcast(vote.body.content.replace(WARNED, ADVISED), speaker=vote.body.speaker)
    other.run(1, seconds=300)
    for life in (sim, other):
        print(f"  {life.ref}: {_stances(life, 1)}")


def _stances(sim: Simulation, steps: int = 2) -> dict[str, int]:
    """Where people stood at the end of their turns in the last ``steps`` steps."""
    first = sim.state.step - steps
    last = [event for event in sim.events() if event.body.type == "turn-ended" and event.step > first]
    return dict(Counter(str(answers.stance(event.body.mind)) for event in last))


LIVES: dict[str, Callable[[Store], None]] = {
    "elevenses-local": elevenses,
    "night-shift-local": night_shift,
    "turned-local": turned,
    "winter-swim-local": winter_swim,
}


def record(name: str, path: Path) -> None:
    """Record one, verify it, and export it to ``path``."""
    with Store(":memory:") as store:
        LIVES[name](store)
        for branch in store.log.branches(name, ("main", "fork", "ask")):
            assert store.verify(f"{name}/{branch.name}").holds
        bundle.export(store.log, name, path)


def main(names: list[str]) -> None:
    """Record the ones that are named, or all."""
    for name in names or LIVES:
        record(name, REPLAYS / name)
        print(f"recorded {REPLAYS / name}")


if __name__ == "__main__":
    main(sys.argv[1:])
