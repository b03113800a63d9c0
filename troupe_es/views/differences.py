"""Two lives beside each other, from the last event they share."""

from itertools import zip_longest
from typing import Any

from troupe_es.controller.diff import Difference, Side
from troupe_es.controller.store import Store
from troupe_es.projections import Line
from troupe_es.views.events import as_dict


def compare(store: Store, left: str, right: str) -> dict[str, Any]:
    """Return how two lives differ: the last common event, the first difference, its cause, and both since then.

    ``reach`` has for each person the first event since that reached them, left and right; ``lanes`` have what was
    perceived, thought and said, row beside row, step by step.
    """
    found = store.diff(left, right)
    sides = {"left": found.left, "right": found.right}
    people = dict.fromkeys([*found.right.reached, *found.left.reached])
    return {
        "left": found.left.ref,
        "right": found.right.ref,
        "same": found.same,
        "common": found.common,
        "cause": found.cause,
        "first": {name: as_dict(side.first) if side.first else None for name, side in sides.items()},
        "given": {name: [as_dict(event) for event in side.given] for name, side in sides.items()},
        "events": {name: side.events for name, side in sides.items()},
        "reach": [
            {"person": person, "left": found.left.reached.get(person), "right": found.right.reached.get(person)}
            for person in people
        ],
        "costs": {name: dict(vars(side.cost)) for name, side in sides.items()},
        "lanes": _lanes(found),
    }


def _lanes(found: Difference) -> list[dict[str, Any]]:
    sides = (found.left.lines, found.right.lines)
    rows = []
    for step in sorted({line.step for side in sides for line in side}):
        lanes = [[line for line in side if line.step == step] for side in sides]
        rows += [{"step": step, "left": _line(one), "right": _line(other)} for one, other in zip_longest(*lanes)]
    return rows


def _line(line: Line | None) -> dict[str, Any] | None:
    return None if line is None else line._asdict()


def told(found: Difference) -> dict[str, Any]:
    """Return a difference as the command line's ``--json`` has it."""
    sides = {"left": _side(found.left), "right": _side(found.right)}
    return {"same": found.same, "common": found.common, "cause": found.cause, **sides}


def _side(side: Side) -> dict[str, Any]:
    return {
        "ref": side.ref,
        "events": side.events,
        "first": as_dict(side.first) if side.first else None,
        "given": [as_dict(event) for event in side.given],
        "reached": side.reached,
        "lines": [line._asdict() for line in side.lines],
        "cost": vars(side.cost),
    }
