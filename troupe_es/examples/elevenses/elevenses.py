"""The life of ``scenario.yaml``, in Python: ``python elevenses.py``, then ``troupe transcript elevenses``."""

from pathlib import Path

from troupe_es import Scripted, Settings, Simulation, Store
from troupe_es.agent.persona import merge
from troupe_es.controller.reading import load_persona
from troupe_es.scenario import Budget

HERE = Path(__file__).parent


def live(store: Store) -> Simulation:
    """Live it in ``store``, over its recording as far as that goes."""
    sim = store.begin(
        "elevenses",
        model=Scripted.from_file(HERE / "answers.yaml"),
        seed=32696,
        start="2026-03-03T18:30:00",
        settings=Settings(order="sequential", max_tokens=900),
        budget=Budget(calls=120, tokens=600_000),
    )
    sim.add_world(
        "Upstairs room at the library",
        "A long table, five chairs, rain on the skylight, a plate of biscuits that nobody has started. In "
        "the middle of the table lies a white plug with a small grey light.",
    )
    maureen = load_persona(HERE / "people/maureen-tull.agent.json")
    alone = load_persona(HERE / "fragments/lives-alone.fragment.json")
    merged = merge(maureen.traits, alone.traits, "lives-alone")
    sim.add_person(merged.traits, fragments=merged.origins)
    sim.load_person(HERE / "people/dev-sandhu.agent.json")
    sim.load_person(HERE / "people/ruth-adeyemi.agent.json")
    sim.load_person(HERE / "people/callum-reid.agent.json")
    sim.broadcast(
        "Evening, everybody, and thank you for coming out in this. I'm Priya. I don't work for the people "
        "who make the thing, so you can't hurt my feelings. It's called Elevenses. It's a plug that goes "
        "between the wall and the kettle of somebody who lives on their own. If the kettle hasn't gone on "
        "by eleven in the morning, it sends a message to up to three people that the family has picked. No "
        "camera, no microphone, nothing round anybody's neck. So, first reaction, honestly: who is it for, "
        "and would it come into your house, or your mum's or your dad's?",
        speaker="Priya, the moderator",
    )
    sim.run(2, seconds=5 * 60)
    sim.broadcast(
        "Thank you. Let me turn the box over. It's forty-nine pounds, and then it's four pounds a month. "
        "For the four pounds the family gets an app with every boil in it, the time of each one, going back"
        " a year, so that you can see things change: later mornings, cups at three in the night. It's the "
        "part the makers are proudest of. What is it worth to you?",
        speaker="Priya, the moderator",
    )
    sim.run(2, seconds=5 * 60)
    sim.broadcast(
        "We've ten minutes. The makers get one line from each of you. Would you have it, for yourself or "
        "for yours? And what's the one change that decides it?",
        speaker="Priya, the moderator",
    )
    sim.run(2, seconds=5 * 60)
    return sim


if __name__ == "__main__":
    with Store("troupe.db") as store:
        live(store)
