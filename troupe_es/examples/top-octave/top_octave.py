"""The life of ``scenario.yaml``, in Python: ``python top_octave.py``, then ``troupe transcript top-octave``."""

from pathlib import Path

from troupe_es import Reply, Scripted, Settings, Simulation, Store

HERE = Path(__file__).parent


def live(store: Store) -> Simulation:
    """Live it in ``store``, over its recording as far as that goes."""
    sim = store.begin(
        "top-octave",
        model=Scripted.from_file(HERE / "answers.yaml"),
        seed=4,
        start="2026-06-30T17:00:00",
        settings=Settings(order="sequential", max_tokens=700, memory_first=0, memory_last=4, memory_block=1),
    )
    sim.add_world(
        "Empty concert hall",
        "Two chairs beside the concert grand. The lid is up, the house lights are on, nobody has swept yet.",
    )
    sim.load_person(HERE / "people/anselm-brix.agent.json")
    sim.think(
        "Anselm Brix",
        "1979: Hauff teaches me to set the temperament from one fork while the radiators tick. A piano is "
        "never in tune, he says, it is out of tune politely.",
    )
    sim.think(
        "Anselm Brix",
        "The flood of 1997: eleven pianos under water to the pedals, and I tuned the twelfth by candle for "
        "a wedding.",
    )
    sim.think(
        "Anselm Brix",
        "A November six years ago: at the top C I hear the hammer knock, and no note. I tell nobody. I "
        "learn to set the last octave by the beat of the strings in my fingertip, and by arithmetic.",
    )
    sim.think(
        "Anselm Brix",
        "The winter after, Teresa Almada plays the Schubert. When it is over and the hall is empty she "
        "presses the top C once, looks at me, and closes the lid.",
    )
    sim.think("Anselm Brix", "Lina, last summer: Grandpa, why do you tilt your head when I whisper on this side?")
    sim.equip("recall", to=["Anselm Brix"])
    sim.broadcast(
        "C1. Your name, your trade, and the first thing you did on a working day.",
        speaker="Archivist",
    )
    sim.run(1, seconds=5 * 60)
    sim.broadcast(
        "C2. Which tool would you not lend to anybody?",
        speaker="Archivist",
    )
    sim.run(1, seconds=5 * 60)
    sim.broadcast(
        "C3. A mistake in your work that nobody noticed.",
        speaker="Archivist",
    )
    sim.run(1, seconds=5 * 60)
    sim.broadcast(
        "C4. What should we ask whoever comes after you?",
        speaker="Archivist",
    )
    sim.run(1, seconds=5 * 60)
    return sim


def ask_on(store: Store) -> Reply:
    """Ask what is not on the form, at the end of step 3, in a side branch: the interview stays as it is."""
    return store.ask("top-octave@step:3", "Anselm Brix", "Why have you never spoken to her about it?")


if __name__ == "__main__":
    with Store("troupe.db") as store:
        live(store)
        ask_on(store)
