"""The life of ``scenario.yaml``, in Python: ``python umbrellas.py``, then ``troupe transcript umbrellas``."""

from pathlib import Path

from troupe_es import Scripted, Settings, Simulation, Store, commands

HERE = Path(__file__).parent


def live(store: Store) -> Simulation:
    """Live it in ``store``, over its recording as far as that goes."""
    sim = store.begin(
        "umbrellas",
        model=Scripted.from_file(HERE / "answers.yaml"),
        seed=494,
        start="2026-04-09T10:00:00",
        settings=Settings(order="sequential", max_tokens=900),
    )
    sim.add_world(
        "Lost property",
        "A room without windows under platform four. Shelves of black umbrellas to the ceiling, a ledger, a"
        " table, and on the table a brass counter bell.",
    )
    sim.load_person(HERE / "people/jo-marchetti.agent.json")
    sim.load_person(HERE / "people/kwame-asante.agent.json")
    sim.load_person(HERE / "people/wendy-sorley.agent.json")
    sim.intervene(
        "first-app",
        {"said": {"pattern": r"\bapps?\b"}},
        commands.Stimulate(
            "That is the bell. It was always going to be rung at the first app, and it says so on the card under it. "
            "From here on: nothing with a battery in it, nothing that anyone has to remember. There is one sheet of "
            "paper. It goes to whoever has said least.",
            speaker="The area manager",
        ),
        commands.Equip("word-processor", ("jo-marchetti",)),
    )
    sim.intervene("finished", {"happened": {"event": "document-written"}}, commands.StopRun())
    sim.broadcast(
        "Head office gives you a morning. There are 4,112 umbrellas past their ninety days. What could be "
        "made of them that somebody needs? Anything goes.",
        speaker="The area manager",
    )
    sim.run(5, seconds=10 * 60)
    return sim


if __name__ == "__main__":
    with Store("troupe.db") as store:
        live(store)
