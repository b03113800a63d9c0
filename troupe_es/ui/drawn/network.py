"""Who is where and knows whom: worlds as regions, people in them, relations as lines.

The layout depends on names and relations alone. People stand on a circle, in the order in which they know each
other, so that most lines are short; from a certain number on they stand in rows.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from troupe_es.ui.drawn.svg import Svg, element, linked, picture, words

ROUND = 12
"""Most people who stand on a circle."""

WIDE, MARGIN, HEAD, CELL = 1000.0, 12.0, 38.0, (132.0, 98.0)
DOT = 19.0
NAMED = 15
"""Most relations that are named in the picture; of more, only whoever points at a line is told."""


@dataclass(frozen=True)
class Node:
    """A person in a picture; ``active`` says that something happened to them just now, ``sign`` is their class."""

    id: str
    name: str
    world: str
    active: bool = False
    sign: str = ""


@dataclass(frozen=True)
class Tie:
    """A relation: from ``a`` to ``b`` or between them; ``name`` may be empty."""

    a: str
    b: str
    name: str = ""
    directed: bool = False


Place = tuple[float, float]


def network(
    worlds: Sequence[tuple[str, str, int]],
    people: Sequence[Node],
    ties: Sequence[Tie],
    href: Callable[[str], str | None],
) -> Svg:
    """Return the picture; ``worlds`` are id, name and how many people are there, drawn or not.

    ``href`` gives the page of a person. Lines to people who are not drawn are left out.
    """
    places: dict[str, Place] = {}
    regions: list[Svg] = []
    x, y, row, far = MARGIN, MARGIN, 0.0, 0.0
    for world, name, count in worlds:
        inside = [person for person in people if person.world == world]
        wide, high = _size(len(inside))
        if x > MARGIN and x + wide > WIDE:
            x, y, row = MARGIN, y + row + MARGIN, 0.0
        places |= _placed(_near(inside, ties), x, y + HEAD, wide, high - HEAD)
        regions.append(_region(name, count - len(inside), x, y, wide, high))
        x, row = x + wide + MARGIN, max(row, high)
        far = max(far, x)
    drawn = [tie for tie in ties if tie.a in places and tie.b in places]
    middles = _middles(people, places)
    lines = [_line(tie, places, middles, len(drawn) <= NAMED) for tie in drawn]
    dots = [_person(person, places[person.id], href) for person in people]
    label = f"{len(people)} people in {len(worlds)} worlds, {len(drawn)} relations; the same as a table below"
    return picture(label, far, y + row + MARGIN, _arrow(), *regions, *lines, *dots, class_="network")


def _size(count: int) -> tuple[float, float]:
    """Return how large the region of so many people is."""
    if count > ROUND:
        columns = _columns(count)
        return columns * CELL[0] + MARGIN, math.ceil(count / columns) * CELL[1] + HEAD
    radius = _radius(count)
    return max(2 * radius[0] + CELL[0] + MARGIN, 170.0), 2 * radius[1] + CELL[1] + HEAD


def _columns(count: int) -> int:
    return min(6, math.ceil(math.sqrt(count * 1.3)))


def _radius(count: int) -> Place:
    """Return the half axes of the ellipse that people stand on."""
    if count < 2:
        return 0.0, 0.0
    return max(95.0, count * 25.0), (0.0 if count == 2 else max(70.0, count * 18.0))


def _placed(people: Sequence[Node], x: float, y: float, wide: float, high: float) -> dict[str, Place]:
    count = len(people)
    if count > ROUND:
        columns = _columns(count)
        return {
            person.id: (
                x + MARGIN / 2 + (number % columns + 0.5) * CELL[0],
                y + (number // columns + 0.4) * CELL[1] + (number % columns % 2) * 9,
            )
            for number, person in enumerate(people)
        }
    middle, (across, down) = (x + wide / 2, y + high / 2 - 10), _radius(count)
    start = math.pi if count == 2 else -math.pi / 2
    turns = [start + 2 * math.pi * number / max(count, 1) for number in range(count)]
    return {
        person.id: (middle[0] + across * math.cos(turn), middle[1] + down * math.sin(turn))
        for person, turn in zip(people, turns, strict=True)
    }


def _near(people: Sequence[Node], ties: Sequence[Tie]) -> list[Node]:
    """Return people so that those who know each other stand beside each other."""
    known: Mapping[str, list[str]] = {person.id: [] for person in people}
    for tie in ties:
        if tie.a in known and tie.b in known:
            known[tie.a].append(tie.b)
            known[tie.b].append(tie.a)
    by_id, found = {person.id: person for person in people}, dict[str, None]()
    for person in people:
        ahead = [person.id]
        while ahead:
            id = ahead.pop()
            if id not in found:
                found[id] = None
                ahead += [other for other in reversed(known[id]) if other not in found]
    return [by_id[id] for id in found]


def _region(name: str, more: int, x: float, y: float, wide: float, high: float) -> Svg:
    said = f"and {more:,} more" if more else ""
    return element(
        "g",
        element("rect", x=x, y=y, width=wide, height=high, rx=14, class_="region"),
        words(name, x + 14, y + 22, "place", most=max(12, int(wide / 9))),
        *([words(said, x + wide - 14, y + high - 12, "faint", anchor="end")] if said else []),
    )


def _middles(people: Sequence[Node], places: Mapping[str, Place]) -> dict[str, Place]:
    """Return for each person the middle of those in their world."""
    found: dict[str, Place] = {}
    for world in dict.fromkeys(person.world for person in people):
        there = [person.id for person in people if person.world == world]
        spots = [places[id] for id in there]
        middle = sum(x for x, _ in spots) / len(spots), sum(y for _, y in spots) / len(spots)
        found |= dict.fromkeys(there, middle)
    return found


def _line(tie: Tie, places: Mapping[str, Place], middles: Mapping[str, Place], named: bool) -> Svg:
    """A line that bends outwards a little, so that it does not run through whoever stands between."""
    ends = (x1, y1), (x2, y2) = places[tie.a], places[tie.b]
    across, down = x2 - x1, y2 - y1
    length = math.hypot(across, down) or 1.0
    bend = min(44.0, length * 0.2)
    if middles[tie.a] == middles[tie.b]:
        x, y = (x1 + x2) / 2 - middles[tie.a][0], (y1 + y2) / 2 - middles[tie.a][1]
        bend = -bend if y * across < x * down else bend
    middle = (x1 + x2) / 2 - down / length * bend, (y1 + y2) / 2 + across / length * bend
    start, end = _off((x1, y1), middle), _off((x2, y2), middle)
    path = "M{:.1f} {:.1f}Q{:.1f} {:.1f} {:.1f} {:.1f}".format(*start, *middle, *end)
    said = f"{tie.a} {'to' if tie.directed else 'and'} {tie.b}" + (f": {tie.name}" if tie.name else "")
    arrow = "url(#arrow)" if tie.directed else None
    line = element("path", element("title", said), d=path, class_="tie", marker_end=arrow)
    if not (named and tie.name):
        return line
    beyond = 0.5 + 10 / max(abs(bend), 10.0)  # half way to where it bends the line lies; the name beside it
    top = [(one + other) / 2 * (1 - beyond) + off * beyond for one, other, off in zip(*ends, middle, strict=True)]
    return element("g", line, words(tie.name, top[0], top[1] + 4, "relation", most=18, anchor="middle"))


def _off(place: Place, towards: Place) -> Place:
    """Return where a line begins that must not run into the dot."""
    across, down = towards[0] - place[0], towards[1] - place[1]
    length = math.hypot(across, down) or 1.0
    return place[0] + across / length * (DOT + 2), place[1] + down / length * (DOT + 2)


def _person(person: Node, place: Place, href: Callable[[str], str | None]) -> Svg:
    x, y = place
    state = ", active now" if person.active else ""
    lines = _lines(person.name)
    return linked(
        href(person.id),
        person.name + state,
        *([element("circle", cx=x, cy=y, r=DOT + 4, class_="halo")] if person.active else []),
        element("circle", cx=x, cy=y, r=DOT, class_=f"person {person.sign}".strip()),
        words(_initials(person.name), x, y + 5.0, "initials", most=2, anchor="middle"),
        *(words(line, x, y + DOT + 18 + 13 * number, "name", most=17, anchor="middle") for number, line in lines),
    )


def _lines(name: str) -> list[tuple[int, str]]:
    """Return a name on one line, or on two where it is long."""
    for first, second in pairwise(name.split()):
        if len(name) > 13:
            return [(0, name[: name.index(second, len(first))].strip()), (1, name[name.index(second, len(first)) :])]
    return [(0, name)]


def _initials(name: str) -> str:
    parts = name.split()
    return "".join(part[0] for part in (parts[:1] + parts[-1:] if len(parts) > 1 else parts)).upper()


def _arrow() -> Svg:
    head = element("path", d="M0 0L8 4L0 8z", class_="arrow")
    size = {"viewBox": "0 0 8 8", "refX": 7, "refY": 4, "markerWidth": 7, "markerHeight": 7}
    shape = element("marker", head, id="arrow", orient="auto", **size)
    return element("defs", shape)
