"""Small pictures of numbers: a share as a bar, values as dots on one axis, and what lasted how long."""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from troupe_es.ui.drawn.svg import Svg, element, linked, picture, words

WIDE, LEFT, ROW = 680.0, 120.0, 60.0
UP = 28.0
"""How far dots of equal values rise above each other."""

COLOURS = 8
"""Classes ``c0`` to ``c7`` that a style sheet gives colours to."""


def bar(share: float) -> Svg:
    """Return ``share`` (0 to 1) as a bar; the number stands beside it."""
    filled = element("rect", width=100 * min(max(share, 0.0), 1.0), height=10, class_="first")
    hidden = {"aria_hidden": "true", "focusable": "false"}
    return element("svg", filled, viewBox="0 0 100 10", preserveAspectRatio="none", class_="bar", **hidden)


@dataclass(frozen=True)
class Dot:
    """One value, what it is of, and the page that shows where it comes from."""

    value: float
    label: str
    href: str | None


@dataclass(frozen=True)
class Lane:
    """The values of one arm; ``mean`` and ``interval`` are drawn below them, where they are known."""

    name: str
    dots: Sequence[Dot]
    mean: float | None = None
    interval: tuple[float, float] | None = None


def lanes(label: str, arms: Sequence[Lane], axis: str) -> Svg:
    """Return a lane of dots for each arm, on one axis. Equal values stand beside each other."""
    values = [dot.value for arm in arms for dot in arm.dots]
    values += [end for arm in arms for end in (*(arm.interval or ()), *(() if arm.mean is None else (arm.mean,)))]
    ticks = _ticks(min(values, default=0.0), max(values, default=1.0))
    low, high = ticks[0], ticks[-1]

    def place(value: float) -> float:
        return LEFT + (WIDE - LEFT - 24) * (value - low) / (high - low)

    bottom = ROW * len(arms) + 14
    grid = [
        element(
            "g",
            element("line", x1=place(tick), x2=place(tick), y1=8, y2=bottom, class_="grid"),
            words(f"{tick:g}", place(tick), bottom + 16, "faint", anchor="middle"),
        )
        for tick in ticks
    ]
    rows = [_lane(arm, 8 + ROW * (number + 0.5), place) for number, arm in enumerate(arms)]
    foot = words(axis, LEFT + (WIDE - LEFT - 24) / 2, bottom + 36, "faint", most=80, anchor="middle")
    return picture(label, WIDE, bottom + 46, *grid, *rows, foot, class_="lanes")


def _lane(arm: Lane, y: float, place: Callable[[float], float]) -> Svg:
    same, seen = Counter(dot.value for dot in arm.dots), Counter[float]()
    dots = []
    for dot in sorted(arm.dots, key=lambda dot: dot.value):
        up = seen[dot.value] * min(9.0, UP / max(1, same[dot.value] - 1))
        seen[dot.value] += 1
        circle = element("circle", cx=place(dot.value), cy=y + 6 - up, r=5, class_="dot")
        dots.append(linked(dot.href, dot.label, circle))
    drawn: list[Svg] = []
    if arm.interval is not None:
        ends = place(arm.interval[0]), place(arm.interval[1])
        drawn.append(element("line", x1=ends[0], x2=ends[1], y1=y + 20, y2=y + 20, class_="interval"))
    if arm.mean is not None:
        drawn.append(element("path", d=_diamond(place(arm.mean), y + 20), class_="mean"))
    return element("g", words(arm.name, LEFT - 14, y + 4, "name", most=16, anchor="end"), *drawn, *dots)


def _diamond(x: float, y: float) -> str:
    return f"M{x - 6:.1f} {y:.1f}L{x:.1f} {y - 6:.1f}L{x + 6:.1f} {y:.1f}L{x:.1f} {y + 6:.1f}z"


def _ticks(low: float, high: float) -> list[float]:
    """Return four to nine round numbers around ``low`` and ``high``."""
    if high <= low:
        low, high = low - 0.5, high + 0.5
    power = 10.0 ** math.floor(math.log10((high - low) / 4))
    step = next(factor * power for factor in (1, 2, 5, 10) if (high - low) / (factor * power) <= 7)
    first, last = math.floor(low / step), math.ceil(high / step)
    return [round(number * step, 9) for number in range(first, last + 1)]


@dataclass(frozen=True)
class Stretch:
    """What held from one event to another; equal texts have one colour."""

    first: int
    last: int
    text: str
    href: str | None


def strip(label: str, stretches: Sequence[Stretch]) -> Svg:
    """Return what followed what, each as long as it lasted, with its words as far as there is room."""
    start, end = stretches[0].first, max(stretches[-1].last, stretches[0].first + 1)
    colours = {text: number % COLOURS for number, text in enumerate(dict.fromkeys(each.text for each in stretches))}
    scale = (WIDE - 2) / (end - start)
    parts = []
    for each in stretches:
        x, wide = 1 + (each.first - start) * scale, max(2.0, (each.last - each.first) * scale)
        box = element("rect", x=x, y=1, width=max(1.0, wide - 1), height=34, rx=4, class_=f"c{colours[each.text]}")
        room = int((wide - 12) / 7.2)
        said = [words(each.text, x + 7, 22, "on", most=room)] if room > 3 else []
        parts.append(linked(each.href, f"from event {each.first}: {each.text or 'nothing said'}", box, *said))
    marks = [words(f"event {start}", 1, 52, "faint"), words(f"event {end}", WIDE - 1, 52, "faint", anchor="end")]
    return picture(label, WIDE, 58, *parts, *marks, class_="strip")
