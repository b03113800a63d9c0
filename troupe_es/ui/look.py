"""``runs``, ``log``, ``transcript`` and ``replay``: what happened, for reading."""

import sys
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import click

from troupe_es.controller.references import Point, resolve
from troupe_es.controller.store import Store
from troupe_es.events import TYPES, Event, payload_of
from troupe_es.log import Branch, Kind
from troupe_es.projections import Line
from troupe_es.ui.options import command, typed
from troupe_es.ui.render import Page, console, one_line, print_json, safe, table
from troupe_es.ui.text import as_json as to_json
from troupe_es.views.events import as_dict
from troupe_es.views.gist import gist

SAID = ("TALK", "REACH_OUT", "CONVERSATION", "SOCIAL", "LOCATION", "VISUAL", "QUESTION", "ANSWER", "SURVEY")
SHOWN = (*SAID, "DOCUMENT", "INTERVENTION", "STORY", "REWRITTEN")
"""What a transcript shows that is not full: what was said, written and told, and what stepped in."""

PACE = 0.03
"""Seconds of reading time for one character."""

LONGEST = 6.0
"""Most seconds to wait after one line."""


@command("runs")
@click.option("--all", "everything", is_flag=True, help="Interviews (throw-away branches) too.")
def runs(everything: bool, store: Path, as_json: bool) -> None:
    """List simulations and their branches, each fork under what it was forked from."""
    with Store(store, write=False) as held:
        kinds: tuple[Kind, ...] = ("main", "fork", "ask") if everything else ("main", "fork")
        branches = held.log.branches(None, kinds)
        rows = [(depth, _row(held, branch)) for depth, branch in _tree(branches)]
    if as_json:
        print_json([row for _, row in rows])
        return
    made = table("run", "events", "step", "last", "model", "draw", "head", right=("events", "step", "draw"))
    for depth, row in rows:
        name = row["simulation"] if not depth else "  " * depth + f"└ {row['branch']} @{row['fork_seq']}"
        numbers = [str(row["events"]), str(row["step"])]
        rest = [one_line(row["last"]), one_line(row["model"]), str(row["draw"]), row["head"][:12]]
        made.add_row(safe(name), *numbers, *rest)
    console().print(made if rows else f"The store is empty. To begin: {typed(store, 'demo')}")


def _tree(branches: list[Branch]) -> Iterator[tuple[int, Branch]]:
    """Yield branches in the order of a tree, with their depth; one whose parent is not listed hangs below main."""
    known = {branch.id for branch in branches}
    roots = {branch.simulation_id: branch.id for branch in branches if branch.parent is None}

    def below(parent: int | None) -> list[Branch]:
        return [b for b in branches if (b.parent if b.parent in known else roots[b.simulation_id]) == parent]

    def walk(branch: Branch, depth: int) -> Iterator[tuple[int, Branch]]:
        yield depth, branch
        for child in below(branch.id):
            if child.id != branch.id:
                yield from walk(child, depth + 1)

    for branch in branches:
        if branch.parent is None:
            yield from walk(branch, 0)


def _row(store: Store, branch: Branch) -> dict[str, Any]:
    head = store.log.head(branch)
    last = store.log.event(branch, head.seq) if head.seq else None
    parent = store.log.branch_of(branch.parent).name if branch.parent is not None else None
    return {
        "simulation": branch.simulation,
        "branch": branch.name,
        "kind": branch.kind,
        "parent": parent,
        "fork_seq": branch.fork_seq,
        "draw": branch.draw,
        "events": head.seq,
        "head": head.hash.hex(),
        "step": last.step if last else 0,
        "last": last.body.type if last else "",
        "model": store.at(f"{branch.simulation}/{branch.name}").settings.model if last else "",
        "created_at": branch.created_at,
    }


@command("log")
@click.argument("ref")
@click.option(
    "--type", "kinds", multiple=True, type=click.Choice(sorted(TYPES)), metavar="TYPE", help="Only this type."
)
@click.option("--person", metavar="WHO", help="Only what this person did.")
@click.option("--text", metavar="TEXT", help="Only events that hold this text (any case).")
@click.option("--after", type=click.IntRange(min=0), default=0, metavar="SEQ", help="Only events after this one.")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="At most so many.")
def log(
    ref: str,
    kinds: tuple[str, ...],
    person: str | None,
    text: str | None,
    after: int,
    limit: int | None,
    store: Path,
    as_json: bool,
) -> None:
    """List the events of REF, one a line; --json gives them whole."""
    with Store(store, write=False) as held:
        point = resolve(held.log, ref)
        actor = held.at(ref).person(person).id if person else None
        events = _chosen(held.log.events(point.branch, after + 1, point.seq), kinds, actor, text)
        some = islice(events, limit)
        _list_json(some) if as_json else _list(some)


def _chosen(events: Iterator[Event], kinds: tuple[str, ...], actor: str | None, text: str | None) -> Iterator[Event]:
    wanted = text.casefold() if text else None
    for event in events:
        if kinds and event.body.type not in kinds:
            continue
        if actor is not None and event.actor != actor:
            continue
        if wanted is not None and wanted not in payload_of(event.body).casefold():
            continue
        yield event


def _list(events: Iterator[Event]) -> None:
    screen = console()
    for event in events:
        head = f"{event.seq:>6}  {event.step:>4}  {event.body.type:<18}  {(event.actor or '')[:18]:<18}  "
        row = safe(head, "dim").append_text(one_line(gist(event)))
        if screen.is_terminal:
            screen.print(row, no_wrap=True, overflow="ellipsis")
        else:
            screen.print(row, soft_wrap=True)


def _list_json(events: Iterator[Event]) -> None:
    """Write a JSON list an event at a time, so that a long log needs no memory."""
    sys.stdout.write("[")
    for number, event in enumerate(events):
        sys.stdout.write(("," if number else "") + "\n" + to_json(as_dict(event), indent=None))
    sys.stdout.write("\n]\n")


@command("transcript")
@click.argument("ref")
@click.option("--full", is_flag=True, help="Thoughts and failed turns too.")
def transcript(ref: str, full: bool, store: Path, as_json: bool) -> None:
    """Show who said what up to REF; with --full what they thought, too."""
    with Store(store, write=False) as held:
        lines = [line for line in held.transcript(ref) if full or line.kind in SHOWN]
        names = [person.name for person in held.at(ref).people.values()]
    if as_json:
        print_json([line._asdict() for line in lines])
        return
    page = Page(console(reading=True), names)
    for line in lines:
        page.print(line)


@command("replay")
@click.argument("ref")
@click.option(
    "--speed",
    type=click.FloatRange(min=0),
    metavar="X",
    help="1 is reading speed, 2 twice that, 0 at once; 1 on a terminal, else 0.",
)
def replay(ref: str, speed: float | None, store: Path, as_json: bool) -> None:
    """Play REF back from the record, at reading speed; asks no model."""
    with Store(store, write=False) as held:
        point: Point = resolve(held.log, ref)
        lines = held.transcript(ref)
        names = [person.name for person in held.at(ref).people.values()]
    if as_json:
        print_json([line._asdict() for line in lines])
        return
    speed = (1.0 if sys.stdout.isatty() else 0.0) if speed is None else speed
    page = Page(console(reading=True), names)
    for number, line in enumerate(lines):
        if number and speed:
            time.sleep(reading_time(lines[number - 1]) / speed)
        page.print(line)
    click.echo(f"\n{point}: played from the record, 0 calls")


def reading_time(line: Line) -> float:
    """Return how many seconds it takes to read a line."""
    return min(LONGEST, 0.4 + PACE * len(line.content))
