"""The life of ``scenario.yaml``, in Python: ``python lift.py``, then ``troupe transcript lift``."""

from pathlib import Path

from troupe_es import Scripted, Settings, Simulation, Store

HERE = Path(__file__).parent


def live(store: Store) -> Simulation:
    """Live it in ``store``, over its recording as far as that goes."""
    sim = store.begin(
        "lift",
        model=Scripted.from_file(HERE / "answers.yaml"),
        seed=13,
        start="2026-01-30T18:30:00",
        settings=Settings(order="sequential", max_tokens=1200),
    )
    sim.add_world(
        "Second-floor landing",
        'A folding table outside flat 12. On the lift door a notice, "Please bear with us", dated 1 December.',
    )
    sim.load_person(HERE / "people/gideon-frayne.agent.json")
    sim.load_person(HERE / "people/samira-nasr.agent.json")
    sim.equip("word-processor")
    sim.broadcast(
        "The tenants' meeting has asked the two of you to write one letter, from the whole house, tonight. One page.",
        speaker="Notice on the landing",
    )
    sim.run(3, seconds=15 * 60)
    return sim


if __name__ == "__main__":
    with Store("troupe.db") as store:
        live(store)
