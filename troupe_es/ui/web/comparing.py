"""The page of two lives beside each other, from the last event they share."""

from dataclasses import replace
from functools import partial
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from troupe_es.controller.diff import last_common
from troupe_es.controller.references import Point, resolve
from troupe_es.controller.store import Store
from troupe_es.projections import Line
from troupe_es.ui.web import links
from troupe_es.ui.web.reading import Reading
from troupe_es.ui.web.rendering import page
from troupe_es.views import differences
from troupe_es.views.events import what
from troupe_es.views.gist import words
from troupe_es.views.kept import Kept
from troupe_es.views.names import names

router = APIRouter(include_in_schema=False)

ROWS = 60
"""Rows of both lanes on one page."""

PEOPLE = 40
"""People whose states of mind are laid side by side."""

BRANCHES = 200
"""Branches that are offered to choose from."""

MOST = 5000
"""Events after the last common one that are compared of each life, unless all of it is asked for."""

KNOWN: Kept[dict[str, Any]] = Kept(6)
"""Comparisons: equal hashes are equal lives, so what was found of them stays true."""


@router.get("/compare", response_class=HTMLResponse)
def compare(
    request: Request, store: Reading, left: str = "", right: str = "", at: int | None = None, whole: bool = False
) -> HTMLResponse:
    """Return the comparison of two references, the lanes from around event ``at``; without them, a form."""
    offered = [str(each) for each in store.log.branches(None, ("main", "fork"))][-BRANCHES:]
    if not (left and right):
        return page(
            request, "compare.html", nav="compare", left=left, right=right, found=None, offered=offered, rows=[]
        )
    points, cut = _points(store, left, right, whole)
    key = (str(store.log.path), *(f"{point} {_hash(store, point)}" for point in points))
    found = KNOWN.get(key, partial(_compared, store, points))
    rows, place, begin = _window(found["lanes"], at)
    return page(
        request,
        "compare.html",
        nav="compare",
        left=left,
        right=right,
        offered=offered,
        found=found,
        order=found["called"],
        ids={name: id for id, name in found["called"].items()},
        cut=cut,
        whole=whole,
        rows=rows,
        place=place,
        begin=begin,
        of=len(found["lanes"]),
        before=_seq(found["lanes"], begin - ROWS) if begin else None,
        after=_seq(found["lanes"], begin + ROWS) if begin + ROWS < len(found["lanes"]) else None,
        event=links.event,
        life=links.life,
    )


def _points(store: Store, left: str, right: str, whole: bool) -> tuple[list[Point], bool]:
    """Return the ends of what is compared, and whether a long life is cut there."""
    points = [resolve(store.log, left), resolve(store.log, right)]
    last = last_common(store.log, *points) + MOST
    if whole or all(point.seq <= last for point in points):
        return points, False
    return [replace(point, seq=min(point.seq, last), at_head=False) for point in points], True


def _compared(store: Store, points: list[Point]) -> dict[str, Any]:
    """Return a comparison with what its page shows beside it."""
    found = differences.compare(store, str(points[0]), str(points[1]))
    called = {**names(store.log, points[1].branch), **names(store.log, points[0].branch)}
    return {
        **found,
        "lanes": _ended([_row(row) for row in found["lanes"]]),
        "called": called,
        "minds": _minds(store, found, called),
        "edits": {side: _edits(store, found, side) for side in ("left", "right")},
        "firsts": {side: _first(store, found, side) for side in ("left", "right")},
    }


def _hash(store: Store, point: Point) -> str:
    return store.log.event(point.branch, point.seq).hash.hex() if point.seq else ""


def _row(row: dict[str, Any]) -> dict[str, Any]:
    left, right = row["left"], row["right"]
    same = [
        {name: side[name] for name in ("who", "kind", "to", "content")} if side else None for side in (left, right)
    ]
    return {
        "step": row["step"],
        "left": _said(left),
        "right": _said(right),
        "differs": bool(left and right) and same[0] != same[1],
    }


def _ended(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Say in each row of which sides nothing comes any more, and where that begins."""
    for side in ("left", "right"):
        over = max((number for number, row in enumerate(rows) if row[side]), default=-1) + 1
        for number, row in enumerate(rows):
            word = "" if number < over else "here" if number == over else "before"
            row["over"] = {**row.get("over", {}), side: word}
    return rows


def _said(line: dict[str, Any] | None) -> dict[str, Any] | None:
    if line is None:
        return None
    return {**line, "what": what(Line(**line)), "thought": line["kind"] == "THINK"}


def _minds(store: Store, found: dict[str, Any], called: dict[str, str]) -> list[dict[str, Any]]:
    """Return what those who were reached feel and want at the end of both lives."""
    ends = [store.at(found[side]) for side in ("left", "right")]
    rows = []
    for each in found["reach"][:PEOPLE]:
        minds = [state.people[each["person"]].mind if each["person"] in state.people else None for state in ends]
        plain = [None if mind is None else {"emotions": mind.emotions, "goals": mind.goals} for mind in minds]
        feelings = [mind and mind["emotions"] for mind in plain]
        name = called.get(each["person"], each["person"])
        rows.append({**each, "name": name, "minds": plain, "apart": feelings[0] != feelings[1]})
    return rows


def _edits(store: Store, found: dict[str, Any], side: str) -> list[dict[str, Any]]:
    """Return what was changed on one side at the fork."""
    branch = resolve(store.log, found[side]).branch
    given = [each for each in found["given"][side] if each["payload"].get("source") == "fork"]
    return [{**each, "gist": words(store.log.event(branch, each["seq"]).body)} for each in given[:20]]


def _first(store: Store, found: dict[str, Any], side: str) -> dict[str, Any] | None:
    first = found["first"][side]
    if first is None:
        return None
    branch = resolve(store.log, found[side]).branch
    return {**first, "gist": words(store.log.event(branch, first["seq"]).body)}


def _seq(rows: list[dict[str, Any]], place: int) -> int:
    row = rows[max(0, min(place, len(rows) - 1))]
    found: int = min(side["seq"] for side in (row["left"], row["right"]) if side)
    return found


def _window(rows: list[dict[str, Any]], at: int | None) -> tuple[list[dict[str, Any]], int, int]:
    """Return the rows of the page that event ``at`` is on, which of them it is, and where that page begins."""
    if not rows:
        return [], 0, 0
    place = 0
    if at is not None:
        place = next((n for n in range(len(rows)) if _seq(rows, n) >= at), len(rows) - 1)
    begin = place // ROWS * ROWS
    return rows[begin : begin + ROWS], place - begin, begin
