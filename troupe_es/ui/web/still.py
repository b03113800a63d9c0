"""A run as one HTML file that opens from disk: nothing is fetched, and nothing but what stands in it can run.

Its policy allows the one style sheet and the one script inside it, by their hashes, and nothing else. Everything can
be read without the script, and every text is escaped like on the pages.
"""

import base64
import hashlib
from collections.abc import Callable, Iterator
from importlib.metadata import version
from importlib.resources import files
from itertools import groupby
from typing import Any

from markupsafe import Markup

from troupe_es.controller.references import Point, resolve
from troupe_es.controller.store import Store
from troupe_es.events import Event
from troupe_es.extraction.reporting import standing_line
from troupe_es.projections.transcript import line_of
from troupe_es.ui.web import pictures
from troupe_es.ui.web.rendering import coloured, environment, text
from troupe_es.views import asked, costs, integrity, lineage, places, states
from troupe_es.views.events import what, words
from troupe_es.views.names import names

PEOPLE = 300
"""People whose whole description is in the file."""

NOBODY = "nobody in particular"
STYLES = ("troupe.css", "pieces.css", "still.css")


def still(store: Store, ref: str, progress: Callable[[int], None] | None = None) -> Iterator[str]:
    """Yield the HTML of a life up to the event that ``ref`` names, a part at a time.

    It is verified before anything is written, and what that found stands in the file; ``progress`` is told how far
    that is. Raises BadReference.
    """
    point = resolve(store.log, ref)
    found = integrity.verify(store, str(point), progress=progress)
    with coloured(names(store.log, point.branch)):
        yield from environment().get_template("still.html").generate(_content(store, point, found))


def _content(store: Store, point: Point, report: dict[str, Any]) -> dict[str, Any]:
    style = _asset(*STYLES)
    script = _asset("still.js")
    state = store.at(str(point))
    who = places.places(store, str(point))
    worlds = {world["id"]: world["name"] for world in who["worlds"]}
    to = Inside(point, list(state.people)[:PEOPLE])
    branch = point.branch
    at_head = point.seq == store.log.head(branch).seq
    tree = lineage.lineage(store, branch.simulation)
    return {
        "policy": f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; base-uri 'none'; "
        "form-action 'none'",
        "style": Markup(style),  # noqa: S704 - ours, from the package
        "script": Markup(script),  # noqa: S704 - the same
        "version": version("troupe-es"),
        "ref": str(point),
        "simulation": branch.simulation,
        "branch": branch.name,
        "seq": point.seq,
        "step": state.step,
        "time": state.clock,
        "head": state.head.hex(),
        "complete": at_head,
        "note": standing_line(*models) if (models := _models(store, point)) else "",
        "who": who,
        "worlds": worlds,
        "picture": pictures.places(who, to.person),
        "people": lambda: _people(store, point, to),
        "shown_people": PEOPLE,
        "asides": [each for each in asked.asides(store, branch.simulation, branch.name) if each["at"] <= point.seq],
        "parents": lineage.ancestors(store, branch),
        "lineage": tree,
        "tree": lambda node: _tree(node, branch.name),
        "cost": costs.costs(store, str(branch)) if at_head else None,
        "named": lambda key: _named(key, names(store.log, branch)),
        "report": report,
        "transcript": lambda: _transcript(store, point),
        "events": lambda: _events(store, point),
        "to": to,
    }


class Inside:
    """Where things are found in the file itself: events by number, people by id; other lives are not in it."""

    def __init__(self, point: Point, people: list[str]) -> None:
        self.life = f"{point.branch.simulation}/{point.branch.name}"
        self.last = point.seq
        self.people = dict.fromkeys(people)

    def event(self, seq: int, ref: str | None = None) -> str | None:
        """Return the place of an event, None where it is not in this file."""
        here = ref is None or ref.partition("@")[0] == self.life
        return f"#e{seq}" if here and 0 < seq <= self.last else None

    def person(self, id: str | None) -> str | None:
        """Return the place of a person, None where they are not in this file."""
        return f"#p-{id}" if id in self.people else None


def _asset(*each: str) -> str:
    return "\n".join((files("troupe_es.ui.web") / "assets" / name).read_text(encoding="utf-8") for name in each)


def _hash(content: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"


def _models(store: Store, point: Point) -> list[str]:
    """Return every model that answered in this life, in the order of its first answer."""
    sql = "SELECT json_extract(payload, '$.model') FROM lives WHERE simulation = ? AND branch = ? AND seq <= ?"
    wanted = (point.branch.simulation, point.branch.name, point.seq)
    return [
        model
        for (model,) in store.log.select(f"{sql} AND type = 'model-answered' GROUP BY 1 ORDER BY min(seq)", wanted)
    ]


def _people(store: Store, point: Point, to: Inside) -> Iterator[dict[str, Any]]:
    for id in to.people:
        person = states.person(store, str(point), id)
        yield {**person, "picture": pictures.feelings(person, point.seq, to.event)}


def _named(key: Any, called: dict[str, str]) -> Markup:
    """Return what a row of costs is about: people by what they are called."""
    return text(NOBODY if key == "-" else called.get(key, key) if isinstance(key, str) else f"step {key}")


def _tree(node: dict[str, Any], here: str) -> Markup:
    """Return a branch and those that part from it, as nested lists."""
    parted = Markup(" parts at event {}").format(node["fork"]) if node["parent"] else ""
    mark = Markup(" <span class='badge cool'>this one</span>") if node["branch"] == here else ""
    below = Markup("").join(_tree(child, here) for child in node["branches"])
    inside = Markup("<ul>{}</ul>").format(below) if below else ""
    said = Markup("{} <span class='soft small'>{} events,{} draw {}</span>{}")
    return Markup("<li>{}{}</li>").format(
        said.format(
            text(node["branch"]), node["events"], Markup("{},").format(parted) if parted else "", node["draw"], mark
        ),
        inside,
    )


def _transcript(store: Store, point: Point) -> Iterator[dict[str, Any]]:
    """Yield the steps of the transcript, each with its lines."""

    def lines() -> Iterator[dict[str, Any]]:
        called: dict[str, str] = {}
        for event in store.log.events(point.branch, 1, point.seq):
            line = line_of(event, called)
            if line is not None:
                yield {
                    "seq": line.seq,
                    "step": line.step,
                    "time": line.time,
                    "who": line.who,
                    "actor": event.actor,
                    "what": what(line),
                    "said": line.content,
                    "thought": line.kind in ("THINK", "MEMORY", "INSIGHT"),
                }

    for step, group in groupby(lines(), lambda line: line["step"]):
        held = list(group)
        yield {"step": step, "time": held[0]["time"], "lines": held}


def _events(store: Store, point: Point) -> Iterator[dict[str, Any]]:
    """Yield the steps of the log, each with its events."""
    called = names(store.log, point.branch)
    events = store.log.events(point.branch, 1, point.seq)
    for step, group in groupby(events, lambda event: event.step):
        held = [_row(event, called) for event in group]
        yield {"step": step, "first": held[0]["seq"], "rows": held}


def _row(event: Event, called: dict[str, str]) -> dict[str, Any]:
    said = words(event, called)
    return {
        "seq": event.seq,
        "type": event.body.type,
        "who": said["who"],
        "said": said["said"],
        "cause": event.cause,
        "hash": event.hash.hex()[:12],
    }
