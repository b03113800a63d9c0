"""The experiment of ``scenario.yaml``, in Python: ``python crooked_carrots.py``."""

from pathlib import Path

from troupe_es import Scripted, Settings, Simulation, Store
from troupe_es.experimentation import Findings, compare, experiment

HERE = Path(__file__).parent

PEOPLE = [
    ("Hedda Brun", 34, "Primary school teacher", "What makes children laugh at table gets eaten."),
    ("Wim Aerts", 45, "Piano mover", "I buy with a grin, and stop grinning at the till."),
    ("Piet Okoro", 21, "Student", "The first one will do."),
]
COME_UP = "Three advertisements for the same box of vegetables come up, one below the other."
PRICE = " Under each of them it says: ten kilos, 14 euros, on your doorstep on Thursday."

DESIGN = {
    "name": "ads",
    "arms": [
        {"name": "bare", "do": [{"broadcast": COME_UP + "\n\n{{options}}"}]},
        {"name": "priced", "do": [{"broadcast": COME_UP + PRICE + "\n\n{{options}}"}]},
    ],
    "options": {
        "uncle": "This week's box has a potato that looks like your uncle. Send us a picture of both.",
        "waste": "A third of every field is ploughed under for its looks. Eat what was going to be a secret.",
        "thrift": "The carrots have legs. The price has none. Same field, same day, a third off.",
    },
    "blind": True,
    "replicates": 6,
    "outcomes": [
        {
            "name": "clicked",
            "question": {
                "id": "clicks",
                "kind": "choice",
                "text": "Which one would you click on?",
                "options": ["Option A", "Option B", "Option C"],
                "shuffle": False,
            },
            "unblind": True,
        },
        {
            "name": "would order",
            "question": {"id": "orders", "kind": "yes-no", "text": "Would you order a box this week?"},
        },
    ],
}


def live(store: Store) -> Simulation:
    """Live what all arms have in common in ``store``, over its recording as far as that goes."""
    sim = store.begin(
        "crooked-carrots",
        model=Scripted.from_file(HERE / "answers.yaml"),
        seed=12,
        settings=Settings(max_tokens=400),
    )
    sim.add_world("Kitchens", "Everybody is at home, by themselves, with a telephone in one hand.")
    for name, age, title, belief in PEOPLE:
        sim.add_person({"name": name, "age": age, "occupation": {"title": title}, "beliefs": [belief]})
    sim.broadcast("The kettle is on. You have four minutes and a telephone.", kind="LOCATION")
    return sim


def ask_on(store: Store) -> Findings:
    """Run the experiment: twelve branches from where everybody's life stands now."""
    return experiment(store, "crooked-carrots", DESIGN)


if __name__ == "__main__":
    with Store("troupe.db") as store:
        live(store)
        findings = ask_on(store)
        for row in findings.rows:
            print(row.arm, row.replicate, row.outcome, row.value, "shown as", " > ".join(row.order))
        for each in compare(findings):  # pip install 'troupe-es[stats]'
            print(*each.sentences(), sep="\n")
        print(findings.note)
