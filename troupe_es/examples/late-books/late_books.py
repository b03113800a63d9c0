"""The audited experiment of ``scenario.yaml``, in Python: ``python late_books.py``."""

from pathlib import Path

from troupe_es import Scripted, Settings, Simulation, Store
from troupe_es.experimentation import Audit, audit

HERE = Path(__file__).parent
OVERDUE = "Dear reader, a book you borrowed is overdue. "
STREET = "Nine of ten people in your street have brought theirs back."

DESIGN = {
    "name": "note",
    "arms": [
        {
            "name": "plain",
            "do": [{"broadcast": OVERDUE + "Please bring it back.", "speaker": "The card"}],
        },
        {"name": "neighbours", "do": [{"broadcast": OVERDUE + STREET, "speaker": "The card"}]},
    ],
    "audit": True,
    "replicates": 3,
    "outcomes": [
        {
            "name": "brings it back",
            "question": {
                "id": "back",
                "kind": "yes-no",
                "text": "Will you bring the book back this week?",
            },
        },
        {
            "name": "day",
            "of": ["Deniz Kaya"],
            "question": {
                "id": "day",
                "kind": "choice",
                "text": "If you went: when?",
                "options": ["Tuesday evening", "Saturday morning"],
            },
        },
    ],
}


def live(store: Store) -> Simulation:
    """Live what all arms have in common in ``store``, over its recording as far as that goes."""
    sim = store.begin(
        "late-books",
        model=Scripted.from_file(HERE / "answers.yaml"),
        seed=4,
        settings=Settings(max_tokens=400),
    )
    sim.add_world("Hallways", "Each of them stands in their own hallway with the post in one hand.")
    sim.add_person(
        {
            "name": "Agnes Moll",
            "age": 71,
            "occupation": {"title": "Retired cellist"},
            "beliefs": ["A book that has been on my shelf for eleven years has moved in."],
        }
    )
    sim.add_person(
        {
            "name": "Deniz Kaya",
            "age": 38,
            "occupation": {"title": "Locksmith"},
            "beliefs": ["I have twins; there are no days, there are only gaps."],
        }
    )
    sim.broadcast("Between the bills lies a card from the library.", kind="LOCATION")
    return sim


def ask_on(store: Store) -> Audit:
    """Run the experiment, and again in other draws, in other words, and with the days in another order."""
    return audit(store, "late-books", DESIGN)


if __name__ == "__main__":
    with Store("troupe.db") as store:
        live(store)
        audited = ask_on(store)
        for moved in audited.movements:
            print(moved.outcome, moved.arm, moved.variation, moved.moved)
        print(*audited.conclusions.values(), sep="\n")
        print(audited.note)
