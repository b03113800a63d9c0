"""The life of ``scenario.yaml``, in Python: ``python wedding_cake.py``, then ``troupe transcript wedding-cake``."""

from pathlib import Path

from troupe_es import Scripted, Settings, Simulation, Store

HERE = Path(__file__).parent


def live(store: Store) -> Simulation:
    """Live it in ``store``, over its recording as far as that goes."""
    sim = store.begin(
        "wedding-cake",
        model=Scripted.from_file(HERE / "answers.yaml"),
        seed=4,
        start="2026-05-30T14:05:00",
        settings=Settings(order="sequential", max_tokens=900),
    )
    sim.add_world(
        "Saloon of the foot ferry",
        "Benches, a heater that cannot be turned down, one table, on it a cake in three tiers. Outside "
        "there is fog and nothing else. The engine has stopped.",
    )
    sim.load_person(HERE / "people/tilde-holm.agent.json")
    sim.load_person(HERE / "people/yusuf-demirci.agent.json")
    sim.load_person(HERE / "people/renata-bassi.agent.json")
    sim.broadcast(
        "The engine coughs, and stops. It is very quiet. Somewhere in the fog a bell rings, once.",
        kind="SOCIAL",
    )
    sim.run(1, seconds=10 * 60)
    sim.story("Short. Something comes out of the fog. Nobody is rescued yet.", continues=True)
    sim.run(2, seconds=5 * 60)
    return sim


if __name__ == "__main__":
    with Store("troupe.db") as store:
        live(store)
