"""The rows of ``scenario.yaml``, in Python: ``python repair_cafe.py`` writes forms.csv and talk.jsonl."""

from pathlib import Path

from troupe_es import Improviser, Settings, Simulation, Store
from troupe_es.controller.exporting import Table, export
from troupe_es.controller.surveying import Surveyed

HERE = Path(__file__).parent


def live(store: Store) -> Simulation:
    """Live it in ``store``, over its recording as far as that goes."""
    sim = store.begin("repair-cafe", model=Improviser(), seed=8, settings=Settings(max_tokens=500))
    sim.add_world("Church hall", "A queue, an urn of tea, three volunteers with soldering irons. Numbers are called.")
    sim.populate(HERE / "people.yaml", 6)
    sim.broadcast(
        "It will be half an hour. Tell whoever is beside you what you have brought, and why you kept it.",
        speaker="The volunteer at the door",
    )
    sim.run(1, seconds=30 * 60)
    return sim


def ask_on(store: Store) -> Surveyed:
    """Have everybody fill in the form, in a side branch."""
    return store.survey("repair-cafe", HERE / "intake.yaml")


def write(store: Store, folder: Path) -> list[Path]:
    """Write the forms, a row a person, and what was said; each row says that it is synthetic, and who answered."""
    forms = ask_on(store)
    traits = store.traits("repair-cafe", ["age", "occupation.title"])
    talk = store.reduce("repair-cafe", {"TALK": ["step", "who", "content"]})
    return [
        export(Table(forms.wide(traits), forms.title, forms.note), folder / "forms.csv"),
        export(Table(talk, "Talk in the queue", forms.note), folder / "talk.jsonl"),
    ]


if __name__ == "__main__":
    with Store("troupe.db") as store:
        live(store)
        print(*write(store, Path()), sep="\n")
