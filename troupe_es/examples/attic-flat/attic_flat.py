"""The life of ``scenario.yaml``, in Python: ``python attic_flat.py``, then ``troupe transcript attic-flat``."""

from pathlib import Path

from troupe_es import Scripted, Settings, Simulation, Store
from troupe_es.controller.extracting import Extraction

HERE = Path(__file__).parent
COLUMNS = {
    "Name": "name",
    "Age": "age",
    "Work": "occupation.title",
    "Home": "residence",
    "Looking for": "looking_for",
}
FIELDS = [
    'view:choice(yes|no|if):whether they would go and see it; "if" where that hangs on something',
    "reason:text:what speaks most for it or against it",
    "ask_first:text:what they want to know before they go",
]


def live(store: Store) -> Simulation:
    """Live it in ``store``, over its recording as far as that goes."""
    sim = store.begin(
        "attic-flat",
        model=Scripted.from_file(HERE / "answers.yaml"),
        seed=3,
        start="2026-10-02T18:30:00",
        settings=Settings(order="sequential", max_tokens=700),
    )
    sim.add_world("Laundrette", "Eight machines, a bench, a board with cards. One of them says ATTIC.")
    sim.load_people(HERE / "people.csv", COLUMNS)
    sim.broadcast(
        "ATTIC. 41 square metres under slate, fifth floor, no lift. One can stand up in two thirds of it. Sun in the "
        "bath until eleven, bells on Sunday. 690 a month. Whoever takes it inherits a piano that nobody got down the "
        "stairs.",
        kind="VISUAL",
        speaker="A card on the board",
    )
    sim.run(1, seconds=10 * 60)
    return sim


def ask_on(store: Store) -> list[Extraction]:
    """Find out of each of them whether they would go and why, in side branches."""
    return [store.extract("attic-flat", FIELDS, who) for who in ("Lieke Sand", "Henrik Aaby", "Mira Osei")]


if __name__ == "__main__":
    with Store("troupe.db") as store:
        live(store)
        for found in ask_on(store):
            for row in found.table():
                print(row["field"], row["value"], "from events", row["events"])
