"""The life of ``scenario.yaml``, in Python: ``python night_shift.py``, then ``troupe transcript night-shift``."""

from pathlib import Path

from troupe_es import Scripted, Settings, Simulation, Store
from troupe_es.scenario import Budget

HERE = Path(__file__).parent


def live(store: Store) -> Simulation:
    """Live it in ``store``, over its recording as far as that goes."""
    sim = store.begin(
        "night-shift",
        model=Scripted.from_file(HERE / "answers.yaml"),
        seed=25,
        start="2026-03-05T07:55:00",
        settings=Settings(order="sequential", max_tokens=900),
        budget=Budget(calls=60, tokens=300_000),
    )
    sim.add_world(
        "Hospital canteen",
        "Five to eight in the morning. The day staff are queuing for coffee; the table by the window is the"
        " only one that does not wobble. The car park is on the other side of the glass.",
    )
    sim.load_person(HERE / "people/siobhan-keane.agent.json")
    sim.load_person(HERE / "people/ines-duarte.agent.json")
    sim.say(
        "The guide has twelve questions, and the first eight are about breaks. There are twenty-five "
        "minutes. Marek has asked, twice, that you come back with what she thinks of the three o'clock "
        "prompt.",
        "Ines Duarte",
        kind="THOUGHT",
    )
    sim.broadcast(
        "Two teas, a recorder with its red light on, and the first sun for three days, low and straight in the eyes.",
        kind="VISUAL",
    )
    sim.run(3, seconds=4 * 60)
    sim.say(
        'Your phone lights up under your hand. Sister Agnew: "Any chance at all of tonight? Time and a '
        'half. Sorry to ask. X"',
        "Siobhan Keane",
        kind="VISUAL",
    )
    sim.run(2, seconds=4 * 60)
    return sim


if __name__ == "__main__":
    with Store("troupe.db") as store:
        live(store)
