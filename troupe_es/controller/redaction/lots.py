"""What is drawn for people, or sorted, by their ids: kept as it was where an id changes.

The order of a step, the order of a survey's options, and who of several goes first depend on ids. A simulation that
is written anew with other ids would be another life; so its first event says where people stood: not the places they
had among all digests, only some between the same neighbours. That tells no more than the order that was recorded, but
no less either: whoever guesses an old id can check the guess against it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from troupe_es.events import Event, types
from troupe_es.world.schedule import place

LAST = b"\xff" * 40
"""Behind every digest."""


@dataclass
class Drawn:
    """What was drawn in any branch of a simulation: for whom, in which steps of which draws, and options.

    ``sorted``: whether people ever went in the order of their ids.
    """

    people: set[str] = field(default_factory=set)
    steps: set[tuple[int, int]] = field(default_factory=set)
    options: dict[str, tuple[str, str]] = field(default_factory=dict)
    sorted: bool = False

    def see(self, events: Iterable[Event], draw: int) -> None:
        """Take in the events that a branch holds by itself, in its draw."""
        survey: types.SurveyGiven | None = None
        for event in events:
            match event.body:
                case types.PersonAdded() as added:
                    self.people.add(added.person)
                case types.StepStarted():
                    self.steps.add((draw, event.step))
                case types.EpisodeConsolidated() | types.ConsolidationFailed():
                    self.sorted = True
                case types.SurveyGiven() as survey:
                    pass
                case types.SurveyAnswered() as answered if survey is not None and event.actor is not None:
                    self._ordered(survey, answered, event.actor)

    def _ordered(self, survey: types.SurveyGiven, answered: types.SurveyAnswered, who: str) -> None:
        question = next(each for each in survey.questions if each.id == answered.question)
        names = question.rows if question.kind == "matrix" else question.options
        if names and question.kind != "likert" and question.shuffle:
            places = " ".join(str(names.index(each)) for each in answered.order)
            self.options[f"{survey.seed}/{who}/{question.id}"] = who, places


def kept(
    created: types.SimulationCreated, drawn: Drawn, ids: Mapping[str, str]
) -> tuple[dict[str, str], dict[str, str]]:
    """Return the lots and ranks that keep everybody's places where people ``ids`` have changed, by the new ones."""
    before = created.lots if isinstance(created, types.SimulationRedacted) else {}
    ranks = created.ranks if isinstance(created, types.SimulationRedacted) else {}
    lots = {key: lot for key, lot in before.items() if not any(f"/{id}/" in f"{key}/" for id in ids)}
    for draw, step in sorted(drawn.steps):
        digests = {id: place(id, created.seed, draw, step, before) for id in drawn.people}
        for id, found in _between(digests, ids).items():
            lots[f"step/{draw}/{step}/{ids[id]}"] = found.hex()
    for key, (who, places) in drawn.options.items():
        if who in ids:
            seed, _, question = key.split("/")
            lots[f"options/{seed}/{ids[who]}/{question}"] = places
    return lots, _ranks(drawn.people, ranks, ids) if drawn.sorted else {}


def _between(places: Mapping[str, bytes], changed: Mapping[str, str]) -> dict[str, bytes]:
    """Return a new place for everybody who has ``changed``, between the neighbours they have."""
    order = sorted(places, key=places.__getitem__)
    found: dict[str, bytes] = {}
    last = b""
    for number, id in enumerate(order):
        if id not in changed:
            last = places[id]
            continue
        after = next((places[other] for other in order[number:] if other not in changed), LAST)
        last = found[id] = middle(last, after)
    return found


def middle(low: bytes, high: bytes) -> bytes:
    """Return short bytes that sort between ``low`` and ``high``."""
    width = max(len(low), len(high)) + 1
    ends = [int.from_bytes(end.ljust(width, b"\0")) for end in (low, high)]
    half = (sum(ends) // 2).to_bytes(width)
    return next(half[:size] for size in range(1, width + 1) if low < half[:size] < high)


def _ranks(people: Iterable[str], before: Mapping[str, str], ids: Mapping[str, str]) -> dict[str, str]:
    """Return what stands for people where ids are sorted, so that everybody stays in line."""
    found: dict[str, str] = {}
    last = ""
    for id in sorted(people, key=lambda id: before.get(id, id)):
        if id in ids:
            last = found[ids[id]] = last + " "
        else:
            last = before.get(id, id)
            if id in before:
                found[id] = before[id]
    return found
