"""The life of ``scenario.yaml``, in Python: ``python market_hall.py``, then ``troupe transcript market-hall``."""

from pathlib import Path

from troupe_es import Scripted, Settings, Simulation, Store
from troupe_es.agent.persona import merge
from troupe_es.controller.reading import load_persona

HERE = Path(__file__).parent


def live(store: Store) -> Simulation:
    """Live it in ``store``, over its recording as far as that goes."""
    sim = store.begin(
        "market-hall",
        model=Scripted.from_file(HERE / "answers.yaml"),
        seed=309,
        start="2026-04-23T19:00:00",
        settings=Settings(order="sequential", max_tokens=700),
    )
    sim.add_world(
        "Market hall",
        "After closing. Folding chairs between the stalls, forty people, three stools under stall 14's awning.",
    )
    sister = load_persona(HERE / "people/pryce.agent.json")
    for politics in ("public", "open", "rooted"):
        fragment = load_persona(HERE / f"fragments/{politics}.fragment.json")
        merged = merge(sister.traits, fragment.traits, politics, "fragment")  # only the names differ
        sim.add_person(merged.traits, fragments=merged.origins)
    sim.broadcast(
        "The motion: that the town borrow four million pounds and buy this hall back from the fund it sold "
        "it to. One minute each. I shall ring.",
        speaker="Mr Havard, in the chair",
    )
    sim.run(2, seconds=3 * 60)
    sim.broadcast(
        "I have a letter here, come this morning, and I am asked to read it. The fund will sell to the "
        "stallholders themselves, for one million nine, if thirty of them sign by Friday. So, ladies, not "
        "the town: you. Do you sign?",
        speaker="Mr Havard, in the chair",
    )
    sim.run(1, seconds=3 * 60)
    return sim


if __name__ == "__main__":
    with Store("troupe.db") as store:
        live(store)
