"""The life of ``scenario.yaml``, in Python: ``python tide_mill.py``, then ``troupe transcript tide-mill``."""

from pathlib import Path

from troupe_es import Scripted, Settings, Simulation, Store

HERE = Path(__file__).parent


def live(store: Store) -> Simulation:
    """Live it in ``store``, over its recording as far as that goes."""
    sim = store.begin(
        "tide-mill",
        model=Scripted.from_file(HERE / "answers.yaml"),
        seed=41,
        start="2026-03-12T19:30:00",
        settings=Settings(order="sequential", max_tokens=900),
    )
    sim.add_world(
        "Back room of the bakery",
        "A scrubbed table, three chairs, a plate of what did not sell. Through the window the mill, dark, "
        "at low water.",
    )
    sim.load_person(HERE / "people/hester-quill.agent.json")
    sim.load_person(HERE / "people/idris-bello.agent.json")
    sim.load_person(HERE / "people/lotte-vink.agent.json")
    sim.give_documents([HERE / "documents/prospectus.md", HERE / "documents/news.md"])
    sim.broadcast(
        "On tonight's paper: the share offer of the tide mill. The club has 6,000 pounds. You have the "
        "prospectus and a piece from Monday's paper. First round: what did you find? Second round: how "
        "much, and on what condition?",
        speaker="The agenda",
    )
    sim.run(2, seconds=15 * 60)
    return sim


if __name__ == "__main__":
    with Store("troupe.db") as store:
        live(store)
