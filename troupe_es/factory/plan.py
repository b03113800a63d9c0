"""From a specification to the command that has its people made, and from those made to what was achieved."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from troupe_es import commands
from troupe_es.agent import paths
from troupe_es.errors import BadCommand, BadPopulation
from troupe_es.events.types import Sampled, Share
from troupe_es.factory import sampling
from troupe_es.factory.spec import Band, Dimension, Spec

MOST_PEOPLE = 100_000


def plan(spec: Spec, count: int, seed: int, world: str | None = None) -> commands.Populate:
    """Return the command that has ``count`` people made as ``spec`` says. Raises BadPopulation as ``draw`` does."""
    if not 1 <= count <= MOST_PEOPLE:
        raise BadPopulation(f"a population has 1 to {MOST_PEOPLE} people, not {count}")
    where = {name: dimension.at or name for name, dimension in spec.dimensions.items()}
    _apart(where)
    drawing = sampling.draw(spec, count, seed)
    people = tuple({where[name]: value for name, value in person.items()} for person in drawing.people)
    sampled = [
        Sampled(
            of=[name],
            at=[where[name]],
            kind=_kind(spec.dimensions[name]),
            shares=[_share(band, share) for band, share in aims],
        )
        for name, aims in drawing.targets.items()
    ]
    sampled += [
        Sampled(of=names, at=[where[name] for name in names], kind="joint", shares=_cells(cells))
        for names, cells in drawing.joint
    ]
    return commands.Populate(people, spec.title, spec.about, spec.told, world, seed, tuple(sampled))


def _share(band: Band, share: float) -> Share:
    if not band.numeric:
        return Share(labels=[band.label], target=min(1.0, share))
    low, high = (round(end * band.unit, 9) for end in (band.low, band.high))
    return Share(labels=[band.label], target=min(1.0, share), low=low, high=high)


def _cells(cells: Iterable[tuple[Sequence[str], float]]) -> list[Share]:
    return [Share(labels=list(labels), target=min(1.0, share)) for labels, share in cells]


def _kind(dimension: Dimension) -> Any:
    return "ranges" if dimension.ranges is not None else "several" if dimension.several is not None else "shares"


def _apart(where: Mapping[str, str]) -> None:
    """Refuse two dimensions that would be the same trait, or one within the other."""
    taken: dict[tuple[str, ...], str] = {}
    for name, at in where.items():
        keys = tuple(paths.split(at))
        if keys[0] == "name":
            raise BadPopulation(f"dimensions.{name}.at: names are not sampled; everybody gets one that nobody has")
        for other, known in taken.items():
            if keys[: len(other)] == other or other[: len(keys)] == keys:
                raise BadPopulation(f"dimensions.{name}.at: {at!r} is a trait that {known!r} settles already")
        taken[keys] = name


@dataclass(frozen=True)
class Achieved:
    """How a share came out: ``target`` and ``share`` are of 1, ``deviation`` is in percentage points."""

    dimension: str
    label: str
    target: float
    count: int
    of: int

    @property
    def share(self) -> float:
        """The share of people who have it."""
        return self.count / self.of if self.of else 0.0

    @property
    def deviation(self) -> float:
        """How far it is from what was aimed at, in percentage points."""
        return 100 * (self.share - self.target)


def achieved(sampled: Iterable[Sampled], personas: Sequence[Mapping[str, Any]]) -> list[Achieved]:
    """Return for each share that was aimed at how it came out in ``personas``, by the traits they have now."""
    aims = list(sampled)
    bands = {(each.of[0], share.labels[0]): share for each in aims if each.kind != "joint" for share in each.shares}
    found = []
    for each in aims:
        values = [[_value(persona, at) for at in each.at] for persona in personas]
        for share in each.shares:
            wanted = [bands[name, label] for name, label in zip(each.of, share.labels, strict=True)]
            count = sum(all(map(_is, row, wanted)) for row in values)
            found.append(
                Achieved(" and ".join(each.of), " / ".join(share.labels), share.target, count, len(personas))
            )
    return found


def _value(persona: Mapping[str, Any], at: str) -> Any:
    try:
        return paths.read(persona, at)
    except BadCommand:
        return None


def _is(value: Any, band: Share) -> bool:
    """Whether a trait is what a band says: a number in its range, the text, or one of a list."""
    if band.low is not None and band.high is not None:
        return isinstance(value, int | float) and band.low <= value <= band.high
    return band.labels[0] in value if isinstance(value, list) else value == band.labels[0]
