"""Who is where and knows whom: worlds as regions, people in them, relations as lines.

The layout depends on names and relations alone. People stand on a circle, in the order in which they know each
other, so that most lines are short; from a certain number on they stand in rows. No text lies on another: what has no
room is left out, and counted, so that a page can say that its table has it.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from troupe_es.ui.drawn.lines import DRAWN, Box, Place, Tie, lines, merged
from troupe_es.ui.drawn.svg import Svg, element, fitted, linked, picture, width, words
from troupe_es.ui.text import cut

__all__ = ["DOT", "Network", "Node", "Tie", "network"]

ROUND = 12
"""Most people who stand on a circle."""

WIDE, MARGIN, HEAD, CELL = 1000.0, 12.0, 38.0, (132.0, 98.0)
DOT = 19.0
NAME, SIZE, ONE_LINE = 126.0, 13.0, 104.0
"""How wide a name may be, the size of its letters, and up to where it stays on one line."""


@dataclass(frozen=True)
class Node:
    """A person in a picture; ``active`` says that something happened to them just now, ``sign`` is their class."""

    id: str
    name: str
    world: str
    active: bool = False
    sign: str = ""


class Network(NamedTuple):
    """A picture, how many relations' names had no room in it, and how many lines were too many to be drawn."""

    picture: Svg
    unnamed: int = 0
    undrawn: int = 0


def network(
    worlds: Sequence[tuple[str, str, int]],
    people: Sequence[Node],
    ties: Sequence[Tie],
    href: Callable[[str], str | None],
) -> Network:
    """Return the picture; ``worlds`` are id, name and how many people are there, drawn or not.

    ``href`` gives the page of a person. Lines to people who are not drawn are left out.
    """
    places: dict[str, Place] = {}
    regions: list[Svg] = []
    titles: list[Svg] = []
    taken: list[Box] = []
    x, y, row, far = MARGIN, MARGIN, 0.0, 0.0
    for world, name, count in worlds:
        inside = [person for person in people if person.world == world]
        more = count - len(inside)
        wide, high = _size(len(inside))
        if x > MARGIN and x + wide > WIDE:
            x, y, row = MARGIN, y + row + MARGIN, 0.0
        places |= _placed(_near(inside, ties), bool(ties), x, y + HEAD, wide, high - HEAD)
        high += 22 if more else 0
        regions.append(element("rect", x=x, y=y, width=wide, height=high, rx=14, class_="region"))
        titles += _titles(name, more, x, y, wide, high)
        taken += [Box(x, y, x + wide, y + HEAD - 6), *([Box(x, y + high - 28, x + wide, y + high)] if more else [])]
        x, row = x + wide + MARGIN, max(row, high)
        far = max(far, x)
    high = y + row + MARGIN
    known = merged([tie for tie in ties if tie.a in places and tie.b in places])
    shown = known if len(known) <= DRAWN else []
    taken += [box for person in people for box in _boxes(person, places[person.id])]
    called = {person.id: person.name for person in people}
    edge = Box(2, 2, far - 2, high - 2)
    drawn = lines(shown, places, _middles(people, places), taken, edge, DOT + 2, called)
    dots = [_person(person, places[person.id], href) for person in people]
    label = f"{len(people)} people in {len(worlds)} worlds, {len(shown)} relations; the same as a table below"
    whole = picture(
        label, far, high, _arrow(), *regions, *drawn.drawn, *titles, *drawn.names, *dots, class_="network"
    )
    return Network(whole, drawn.unnamed, len(known) - len(shown))


def _size(count: int) -> tuple[float, float]:
    """Return how large the region of so many people is."""
    if count > ROUND:
        columns = _columns(count)
        return columns * CELL[0] + MARGIN, math.ceil(count / columns) * CELL[1] + HEAD + MARGIN
    radius = _radius(count)
    return max(2 * radius[0] + CELL[0] + MARGIN, 170.0), 2 * radius[1] + CELL[1] + HEAD


def _columns(count: int) -> int:
    return min(6, math.ceil(math.sqrt(count * 1.3)))


def _radius(count: int) -> Place:
    """Return the half axes of the ellipse that people stand on."""
    if count < 2:
        return 0.0, 0.0
    return max(95.0, count * 25.0), (0.0 if count == 2 else max(70.0, count * 18.0))


def _placed(people: Sequence[Node], related: bool, x: float, y: float, wide: float, high: float) -> dict[str, Place]:
    count = len(people)
    if count > ROUND:
        columns = _columns(count)
        return {person.id: _cell(number, columns, related, x, y) for number, person in enumerate(people)}
    middle, (across, down) = (x + wide / 2, y + high / 2 - 10), _radius(count)
    start = math.pi if count == 2 else -math.pi / 2
    turns = [start + 2 * math.pi * number / max(count, 1) for number in range(count)]
    return {
        person.id: (middle[0] + across * math.cos(turn), middle[1] + down * math.sin(turn))
        for person, turn in zip(people, turns, strict=True)
    }


def _cell(number: int, columns: int, related: bool, x: float, y: float) -> Place:
    """Return a place in rows; of people who are related, to and fro: whoever comes next stands beside the last."""
    row, column = divmod(number, columns)
    column = columns - 1 - column if related and row % 2 else column
    return x + MARGIN / 2 + (column + 0.5) * CELL[0], y + (row + 0.4) * CELL[1] + column % 2 * 9


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


def _titles(name: str, more: int, x: float, y: float, wide: float, high: float) -> Iterator[Svg]:
    """Yield what a region is called, and how many people of it are not drawn."""
    yield words(fitted(name, (wide - 28) / 1.1, 14), x + 14, y + 22, "place")
    if more:
        yield words(f"and {more:,} more", x + wide - 14, y + high - 12, "faint", anchor="end")


def _middles(people: Sequence[Node], places: Mapping[str, Place]) -> dict[str, Place]:
    """Return for each person the middle of those in their world."""
    found: dict[str, Place] = {}
    for world in dict.fromkeys(person.world for person in people):
        there = [person.id for person in people if person.world == world]
        spots = [places[id] for id in there]
        middle = sum(x for x, _ in spots) / len(spots), sum(y for _, y in spots) / len(spots)
        found |= dict.fromkeys(there, middle)
    return found


def _person(person: Node, place: Place, href: Callable[[str], str | None]) -> Svg:
    x, y = place
    state = ", active now" if person.active else ""
    return linked(
        href(person.id),
        person.name + state,
        *([element("circle", cx=x, cy=y, r=DOT + 4, class_="halo")] if person.active else []),
        element("circle", cx=x, cy=y, r=DOT, class_=f"person {person.sign}".strip()),
        words(_initials(person.name), x, y + 5.0, "initials", most=2, anchor="middle"),
        *(words(said, x, base, "name", anchor="middle") for said, base in _said(person.name, y)),
    )


def _said(name: str, y: float) -> Iterator[tuple[str, float]]:
    """Yield the lines of a name below a dot, with where each stands: one, or two where it is long."""
    first, second = cut(name, 400), ""
    if width(first, SIZE) > ONE_LINE and " " in first:
        parts = first.split()
        fit = [n for n in range(1, len(parts)) if width(" ".join(parts[:n]), SIZE) <= NAME]
        first, second = " ".join(parts[: (fit or [1])[-1]]), " ".join(parts[(fit or [1])[-1] :])
    for number, said in enumerate(filter(None, (first, second))):
        yield fitted(said, NAME, SIZE), y + DOT + 18 + 13 * number


def _boxes(person: Node, place: Place) -> Iterator[Box]:
    """Yield what a person's dot and name cover."""
    x, y = place
    yield Box(x - DOT - 5, y - DOT - 5, x + DOT + 5, y + DOT + 5)
    for said, base in _said(person.name, y):
        half = width(said, SIZE) / 2
        yield Box(x - half, base - 12, x + half, base + 4)


def _initials(name: str) -> str:
    parts = name.split()
    return "".join(part[0] for part in (parts[:1] + parts[-1:] if len(parts) > 1 else parts)).upper()


def _arrow() -> Svg:
    head = element("path", d="M0 0L8 4L0 8z", class_="arrow")
    size = {"viewBox": "0 0 8 8", "refX": 7, "refY": 4, "markerWidth": 7, "markerHeight": 7}
    shape = element("marker", head, id="arrow", orient="auto", **size)
    return element("defs", shape)
