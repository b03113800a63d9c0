"""A store with a run of 100 000 events, made in seconds and always the same.

    python tests/web/big.py FILE [EVENTS]

Its beginning is lived, so that there are prompts, answers, interventions and relations to look at; the rest is
written through the log's own append, because living it would take minutes and show nothing more. What is written
names requests and answers of the beginning and folds as any life does, but is not what decide would have decided:
``verify`` finds its chain whole and its first written step otherwise. At the end stand two forks that differ, an
interview and a survey, and folds are saved as a run saves them.
"""

import sys
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count, islice, pairwise
from pathlib import Path

from troupe_es import Improviser, Simulation, Store, commands
from troupe_es.events import Body, Draft, types

EVENTS = 100_000
NAME = "big"
BATCH = 2000
STEPS = 10**6
"""Of the run that is written: more than there will be, so it is unfinished, as the longest runs are."""

PEOPLE = ("Ana Reyes", "Bo Lind", "Cy Okafor", "Dee Marsh", "Eli Novak", "Fay Tanaka", "Gus Moreau", "Ida Holm")
SUBJECTS = ("tea", "the kettle", "the price", "a bicycle", "the weather", "the garden", "that advert", "her brother")
SAYINGS = (
    "I would try {0} once, if somebody else paid for it ({1}).",
    "What does {0} have to do with it? ({1})",
    "We said the same about {0} last week, and nothing came of it ({1}).",
    "I like {0}; I always have, and number {1} does not change that.",
)
SIGHTS = ("It begins to rain.", "The kettle whistles.", "Somebody opens the window.")
FEELINGS = ("curious", "a little bored", "amused", "wary", "at ease")


def build(path: Path, events: int = EVENTS) -> Path:
    """Write the store to ``path``, which must not be there, and return it."""
    with Store(path, Improviser()) as store:
        sim = begun(store)
        written(store, sim, events)
        finished(store, events)
    return path


def begun(store: Store) -> Simulation:
    """Live four steps of eight people in two places who know each other."""
    sim = store.begin(NAME, model="improviser", seed=11)
    for world in ("Kitchen", "Garden"):
        sim.add_world(world)
    for number, name in enumerate(PEOPLE):
        persona = {"name": name, "age": 25 + 5 * number, "beliefs": [f"{SUBJECTS[number]} is worth a word."]}
        sim.add_person(persona, "Garden" if number >= 6 else "Kitchen")
    for one, other in pairwise(PEOPLE):
        sim.relate(one, other, "neighbours")
    hint = commands.Stimulate("It is made two streets from here.", to=("Bo Lind",))
    sim.intervene("a-hint", {"step": {"at": 2}}, hint)
    sim.broadcast("Would you buy cold tea in a can?", world="Kitchen", speaker="Moderator")
    sim.run(4)
    return sim


def written(store: Store, sim: Simulation, events: int) -> None:
    """Append what looks like the rest of a long run, up to ``events`` events."""
    seq = sim.seq
    answers: dict[str, list[types.ModelAnswered]] = {id: [] for id in sim.state.people}
    for event in sim.events():
        if isinstance(event.body, types.ModelAnswered):
            answers[event.actor or ""].append(event.body)
    made = islice(life(answers, sim.state.step, datetime.fromisoformat(sim.state.clock)), events - seq)
    while batch := list(islice(made, BATCH)):
        seq += len(store.log.append(sim.branch, batch, seq))


def life(answers: dict[str, list[types.ModelAnswered]], step: int, clock: datetime) -> Iterator[Draft]:
    """Yield step after step, without end, of the people whose first answers these are."""
    yield Draft(types.RunRequested(steps=STEPS, edition=1), None, step, clock.isoformat())
    for turn in count(0, len(answers)):
        step, now, clock = step + 1, clock.isoformat(), clock + timedelta(minutes=1)
        yield Draft(types.StepStarted(schedule=list(answers)), None, step, now)
        for place, (id, own) in enumerate(answers.items(), 1):
            bodies = turn_of(id, turn + place, own[step % len(own)])
            yield from (Draft(body, id, step, now) for body in bodies)
        yield Draft(types.StepEnded(), None, step, now)
        if step % 50 == 0:
            sight = SIGHTS[step // 50 % len(SIGHTS)]
            given = types.StimulusGiven(kind="VISUAL", content=sight, world="kitchen", source="steering")
            yield Draft(given, None, step, clock.isoformat())


def turn_of(id: str, turn: int, answered: types.ModelAnswered) -> Iterator[Body]:
    """Yield what one person does, or that they fail to."""
    subject, saying = SUBJECTS[(turn + turn // 8) % len(SUBJECTS)], SAYINGS[turn % 7 % len(SAYINGS)]
    misfit = "no JSON in it" if turn % 499 == 0 else None
    yield answered.model_copy(update={"misfit": misfit})
    if misfit is not None:
        yield types.TurnFailed(reason=misfit, attempts=1)
        return
    yield types.ActionTaken(kind="THINK", content=f"Thought {turn} of {id} is about {subject}.")
    yield types.ActionTaken(kind="TALK", content=saying.format(subject, turn))
    mind = types.Mind(goals="to talk", attention=subject, emotions=FEELINGS[turn % len(FEELINGS)])
    yield types.TurnEnded(actions=2, mind=mind)


def finished(store: Store, events: int) -> None:
    """Save folds all along, and put forks, an interview and a survey beside the run, in its middle."""
    store.at(NAME)
    middle = f"{NAME}@step:{store.at(f'{NAME}@{events // 2}').step - 1}"
    for name, content in (("cheaper", "It costs half as much."), ("dearer", "It costs twice as much.")):
        store.branch(middle, name, commands.Stimulate(content, to=("Ana Reyes",))).resume(steps=2)
    store.ask(middle, "Ana Reyes", "What do you make of it?")
    question = {"id": "taste", "kind": "yes-no", "text": "Do you like tea?"}
    store.survey(middle, {"title": "Cold tea", "questions": [question]})


if __name__ == "__main__":
    began = time.perf_counter()
    build(Path(sys.argv[1]), *map(int, sys.argv[2:3]))
    print(f"{sys.argv[1]}: made in {time.perf_counter() - began:.1f} s")
