"""Pictures of what views say, with links to where it is said."""

from collections.abc import Callable
from itertools import groupby
from typing import Any

from troupe_es.ui.drawn.marks import Dot, Lane, Stretch, lanes, strip
from troupe_es.ui.drawn.network import Network, Node, Tie, network
from troupe_es.ui.drawn.svg import Svg
from troupe_es.ui.web.rendering import hue

Href = Callable[[str], str | None]
EventHref = Callable[[int], str | None]


def places(found: dict[str, Any], href: Href) -> Network:
    """Return who is where and knows whom; ``found`` is what ``views.places`` says, ``href`` the page of a person."""
    worlds = [(world["id"], world["name"], world["people"]) for world in found["worlds"]]
    people = [Node(**each, sign=hue(each["id"])) for each in found["drawn"]]
    return network(worlds, people, [Tie(**each) for each in found["relations"]], href)


def feelings(person: dict[str, Any], seq: int, href: EventHref) -> Svg | str:
    """Return what somebody felt and for how long, up to event ``seq``; an empty text where they never said."""
    said = [row for row in person["emotions_over_time"] if row["emotions"]]
    if not said:
        return ""
    rows = [next(same) for _, same in groupby(said, lambda row: row["emotions"])]
    ends = [*(row["seq"] for row in rows[1:]), max(seq, rows[-1]["seq"] + 1)]
    stretches = [
        Stretch(row["seq"], end, row["emotions"], href(row["seq"])) for row, end in zip(rows, ends, strict=True)
    ]
    return strip(f"Emotions of {person['name']} from event {rows[0]['seq']} to {ends[-1]}", stretches)


def outcome(found: dict[str, Any], href: Callable[[str, int], str], most: int) -> Svg | str:
    """Return the values of a numeric outcome by arm, dots for at most so many replicates of each arm.

    An empty text for other outcomes, and where there is no value.
    """
    if found["kind"] != "numeric" or not any(arm["values"] for arm in found["arms"]):
        return ""
    arms = [
        Lane(
            arm["arm"],
            [
                Dot(
                    float(row["value"]),
                    f"{arm['arm']}, replicate {row['replicate']}: {row['value']:g}",
                    href(row["where"]["ref"].partition("@")[0], row["where"]["event"]),
                )
                for row in arm["values"][:most]
            ],
            arm["mean"],
        )
        for arm in found["arms"]
    ]
    said = "; ".join(f"{arm.name}: mean {arm.mean:.3g}" for arm in arms if arm.mean is not None)
    return lanes(f"{found['name']} by arm. {said}. The same as a table below", arms, found["name"])
