"""The life of ``scenario.yaml``, and what it asks aside, in Python: ``python cold_soup.py`` writes the report too."""

from pathlib import Path

from troupe_es import Settings, Simulation, Store
from troupe_es.controller.populations import load_spec

HERE = Path(__file__).parent


def live(store: Store) -> Simulation:
    """Live it in ``store``, over its recording as far as that goes."""
    sim = store.begin(
        "cold-soup",
        model="improviser",
        seed=20,
        start="2026-06-06T10:00:00",
        settings=Settings(max_tokens=600),
    )
    sim.add_world(
        "Covered market",
        "A hall with a glass roof on a warm Saturday. Fish, flowers, cheese, and one stall that is new.",
    )
    sim.populate(load_spec(HERE / "shoppers.yaml"), 20)
    sim.broadcast(
        "This is Verde, a chilled soup of cucumber, green pepper and parsley in a half-litre bottle. You drink it "
        "cold, as it is. It keeps for five days in the refrigerator, and costs 4.90 euros.",
        speaker="Stallholder",
    )
    sim.run(1, seconds=10 * 60)
    return sim


def ask_on(store: Store) -> list[str]:
    """Ask aside what the scenario asks, seal the answers and compare them; return what the log shows of the order."""
    from troupe_es import validation  # only where it is used: it computes

    survey = store.survey("cold-soup", HERE / "survey.yaml")
    store.extract(
        "cold-soup",
        [
            "objections:list:what people say against the soup",
            "tone:choice(curious|indifferent|dismissive):how people speak of it on the whole",
        ],
        objective="What stands in the way of buying Verde",
    )
    store.check("cold-soup", "Somebody finds the soup too expensive.")
    store.seal("cold-soup", survey)
    truth = {
        "file": "made-up-answers.csv",
        "questions": {
            "buy": {
                "column": "How likely",
                "kind": "ordinal",
                "options": [1, 2, 3, 4, 5],
                "codes": {"certainly not": 1, "probably not": 2, "perhaps": 3, "probably": 4, "certainly": 5},
            },
            "price": {"column": "Price", "kind": "numeric"},
            "occasion": {
                "column": "Occasion",
                "options": ["At lunch", "In the evening", "After sport", "With guests"],
            },
        },
        "groups": {"gender": "Gender", "age": "Age"},
    }
    return validation.validate(store, "cold-soup", truth, folder=HERE, survey=survey).order


def study(store: Store) -> str:
    """Do all of that from the scenario file, and return the report as a page."""
    from troupe_es import pictures, validation  # as above

    return pictures.of_study(validation.study(store, HERE / "scenario.yaml"))


if __name__ == "__main__":
    with Store("troupe.db") as store:
        live(store)
        ask_on(store)
        Path("report.html").write_text(study(store), encoding="utf-8")
