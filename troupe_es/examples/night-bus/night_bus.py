"""The poll of ``scenario.yaml``, in Python: ``python night_bus.py``, then ``troupe profile night-bus``."""

from pathlib import Path

from troupe_es import Improviser, Settings, Simulation, Store
from troupe_es.controller.surveying import Surveyed

HERE = Path(__file__).parent
AGES = ["18-34", "35-64", "65+"]


def live(store: Store) -> Simulation:
    """Live it in ``store``, over its recording as far as that goes."""
    sim = store.begin("night-bus", model=Improviser(), seed=21, settings=Settings(max_tokens=500))
    sim.add_world("Ostry")
    sim.populate(HERE / "people.yaml", 8)
    sim.broadcast(
        "To every household. From May on a bus could climb the hill at midnight and at one, on Fridays and "
        "Saturdays. It would cost each household 19 euros a year, whether anybody in it is on the bus or in bed. "
        "The vote is on Sunday.",
        kind="VISUAL",
        speaker="A leaflet",
    )
    return sim


def ask_on(store: Store) -> Surveyed:
    """Take the poll, in a side branch: the town lives on as if nobody had asked."""
    return store.survey("night-bus", HERE / "poll.yaml")


if __name__ == "__main__":
    with Store("troupe.db") as store:
        live(store)
        taken = ask_on(store)
        for each in taken.tally(store.groups("night-bus", "age", AGES), AGES):
            print(f"{each.question:8} {each.group:6} n = {each.n}  {each.words()}")
        print(taken.note)
