"""The life of ``scenario.yaml``, in Python: ``python tandem.py``, then ``troupe transcript tandem``."""

from pathlib import Path

from troupe_es import Scripted, Settings, Simulation, Store

HERE = Path(__file__).parent


def live(store: Store) -> Simulation:
    """Live it in ``store``, over its recording as far as that goes."""
    sim = store.begin(
        "tandem",
        model=Scripted.from_file(HERE / "answers.yaml"),
        seed=15,
        start="2026-02-14T15:20:00",
        settings=Settings(order="sequential", max_tokens=700),
    )
    sim.add_world(
        "Garage",
        "Cold, tidy, half empty. Boxes labelled on two sides. On the wall, under a sheet, something as long"
        " as the wall.",
    )
    sim.load_person(HERE / "people/noor-terlouw.agent.json")
    sim.load_person(HERE / "people/bas-terlouw.agent.json")
    sim.broadcast(
        "The sheet comes off. It is the tandem, green, both saddles still set to their heights of that time.",
        kind="VISUAL",
    )
    sim.run(3, seconds=2 * 60)
    return sim


if __name__ == "__main__":
    with Store("troupe.db") as store:
        live(store)
