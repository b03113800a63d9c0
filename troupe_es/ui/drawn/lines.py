"""Lines between people, and the names of relations on them: beside their own line and on top of nothing else.

Two people have one line for all that holds both ways, and one for each direction that holds more. A name is put where
there is room along its line; where there is none, it is left out and counted, because a name that lies over another
says nothing of either.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from troupe_es.ui.drawn.svg import Svg, element, fitted, width, words

DRAWN = 80
"""Most lines that can be told apart; of more, none is drawn."""

NAMED = 40
"""Most lines whose names are looked for a place."""

SIZE, LONGEST = 11.5, 150.0
ALONG = (0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74)
ASIDE = (0.0, 12.0, -12.0, 22.0, -22.0)
POINTS = 14

Place = tuple[float, float]


@dataclass(frozen=True)
class Tie:
    """A relation: from ``a`` to ``b`` or between them; ``name`` may be empty."""

    a: str
    b: str
    name: str = ""
    directed: bool = False


class Box(NamedTuple):
    """A rectangle: its left upper and its right lower corner."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: "Box") -> bool:
        """Whether both cover some place."""
        across = self.left < other.right and other.left < self.right
        return across and self.top < other.bottom and other.top < self.bottom

    def holds(self, place: Place) -> bool:
        """Whether a place is in it."""
        return self.left <= place[0] <= self.right and self.top <= place[1] <= self.bottom


class Curve(NamedTuple):
    """A line from a dot to a dot, bent towards ``middle``."""

    start: Place
    middle: Place
    end: Place

    def at(self, share: float) -> Place:
        """Return the place that lies ``share`` of the way along it."""
        a, b, c = (1 - share) ** 2, 2 * share * (1 - share), share**2
        (x1, y1), (x2, y2), (x3, y3) = self
        return a * x1 + b * x2 + c * x3, a * y1 + b * y2 + c * y3

    def points(self) -> list[Place]:
        """Return places along it, near enough to each other to say what it runs through."""
        return [self.at(number / POINTS) for number in range(POINTS + 1)]


class Lines(NamedTuple):
    """Lines as they are drawn, the names on them, and how many relations' names are left out."""

    drawn: list[Svg]
    names: list[Svg]
    unnamed: int


def merged(ties: Sequence[Tie]) -> list[Tie]:
    """Return one tie for all relations that two people have in the same direction, their names after each other."""
    names: dict[tuple[str, str, bool], dict[str, None]] = {}
    for tie in ties:
        ends = (tie.a, tie.b) if tie.directed or tie.a <= tie.b else (tie.b, tie.a)
        names.setdefault((*ends, tie.directed), {})[tie.name] = None
    return [Tie(a, b, ", ".join(filter(None, said)), directed) for (a, b, directed), said in names.items()]


def lines(
    ties: Sequence[Tie],
    places: Mapping[str, Place],
    middles: Mapping[str, Place],
    taken: Sequence[Box],
    within: Box,
    off: float,
    called: Mapping[str, str],
) -> Lines:
    """Return lines for what ``merged`` made; ``off`` is how far from a person's place a line begins.

    Names keep clear of the boxes that are ``taken`` and of each other, and stay ``within`` the picture. ``called``
    are the names of people: who points at a line is told them.
    """
    curves = _curves(ties, places, middles, off)
    drawn = [_line(tie, curve, called) for tie, curve in zip(ties, curves, strict=True)]
    wanted = [number for number, tie in enumerate(ties) if tie.name]
    if len(wanted) > NAMED:
        return Lines(drawn, [], len(wanted))
    paths, boxes, names = [curve.points() for curve in curves], list(taken), []
    for number in wanted:
        others = [place for one, path in enumerate(paths) if one != number for place in path]
        said = fitted(ties[number].name, LONGEST, SIZE)
        found = _room(said, curves[number], boxes, others, within)
        if found is not None:
            boxes.append(found)
            x, y = (found.left + found.right) / 2, found.bottom - 4
            names.append(words(said, x, y, "relation", anchor="middle"))
    return Lines(drawn, names, len(wanted) - len(names))


def _curves(
    ties: Sequence[Tie], places: Mapping[str, Place], middles: Mapping[str, Place], off: float
) -> list[Curve]:
    """Bend lines outwards a little, each further of the same two people to another side or further."""
    seen: dict[frozenset[str], int] = {}
    found = []
    for tie in ties:
        pair = frozenset((tie.a, tie.b))
        again = seen[pair] = seen.get(pair, -1) + 1
        ends = sorted(pair)
        curve = _curve(places[ends[0]], places[ends[-1]], middles[ends[0]], middles[ends[-1]], again, off)
        found.append(curve if tie.a == ends[0] else Curve(*curve[::-1]))
    return found


def _curve(one: Place, other: Place, near: Place, far: Place, again: int, off: float) -> Curve:
    across, down = other[0] - one[0], other[1] - one[1]
    length = math.hypot(across, down) or 1.0
    bend = min(44.0, length * 0.2) * (1, -1, 2)[again % 3]
    half = (one[0] + other[0]) / 2, (one[1] + other[1]) / 2
    if near == far and (half[1] - near[1]) * across < (half[0] - near[0]) * down:
        bend = -bend
    middle = half[0] - down / length * bend, half[1] + across / length * bend
    return Curve(_off(one, middle, off), middle, _off(other, middle, off))


def _off(place: Place, towards: Place, far: float) -> Place:
    """Return where a line begins that must not run into the dot."""
    across, down = towards[0] - place[0], towards[1] - place[1]
    length = math.hypot(across, down) or 1.0
    return place[0] + across / length * far, place[1] + down / length * far


def _line(tie: Tie, curve: Curve, called: Mapping[str, str]) -> Svg:
    (x1, y1), (x2, y2), (x3, y3) = curve
    path = f"M{x1:.1f} {y1:.1f}Q{x2:.1f} {y2:.1f} {x3:.1f} {y3:.1f}"
    said = f"{called[tie.a]} {'to' if tie.directed else 'and'} {called[tie.b]}"
    said += f": {tie.name}" if tie.name else ""
    arrow = "url(#arrow)" if tie.directed else None
    return element("path", element("title", said), d=path, class_="tie", marker_end=arrow)


def _room(said: str, curve: Curve, boxes: Sequence[Box], others: Sequence[Place], within: Box) -> Box | None:
    """Return where a name lies over nothing: if there is such a place, one that no other line runs through."""
    free = None
    for box in _tried(width(said, SIZE) + 6, curve):
        inside = within.left <= box.left and box.right <= within.right and box.bottom <= within.bottom
        if inside and within.top <= box.top and not any(box.meets(each) for each in boxes):
            if not any(box.holds(place) for place in others):
                return box
            free = free or box
    return free


def _tried(wide: float, curve: Curve) -> Iterator[Box]:
    """Yield boxes on the line and beside it, the best first."""
    across, down = curve.end[0] - curve.start[0], curve.end[1] - curve.start[1]
    length = math.hypot(across, down) or 1.0
    for aside in ASIDE:
        for share in ALONG:
            x, y = curve.at(share)
            x, y = x - down / length * aside, y + across / length * aside
            yield Box(x - wide / 2, y - 8, x + wide / 2, y + 8)
