"""``diff``: two lives beside each other, from the last event they share."""

from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Any

import click
from rich.text import Text

from troupe_es.controller.diff import Difference, Side
from troupe_es.controller.store import Store
from troupe_es.numerals import counted
from troupe_es.projections import Line
from troupe_es.ui.options import command
from troupe_es.ui.render import Cast, beside, console, facts, one_line, print_json, safe, table, title, words
from troupe_es.views.differences import told
from troupe_es.views.gist import gist

MOST = 40
"""Rows of lines shown without --full."""


@command("diff")
@click.argument("left")
@click.argument("right")
@click.option("--exit-code", is_flag=True, help="End with 1 where they differ.")
@click.option("--full", is_flag=True, help="All lines, thoughts too.")
@click.pass_context
def diff(ctx: click.Context, left: str, right: str, exit_code: bool, full: bool, store: Path, as_json: bool) -> None:
    """Compare the lives LEFT and RIGHT: what differs first, why, whom it reached, what was said, what it cost."""
    with Store(store, write=False) as held:
        found = held.diff(left, right)
    print_json(told(found)) if as_json else _tell(found, full)
    if exit_code and not found.same:
        ctx.exit(1)


def _tell(found: Difference, full: bool) -> None:
    screen = console(reading=True)
    screen.print(title(f"{found.left.ref}  against  {found.right.ref}"))
    screen.print(facts([("the same", f"up to event {found.common}" if found.common else "nothing")]))
    screen.print(facts([("cause   ", found.cause)]))
    if found.same:
        return
    screen.print(facts([("first   ", _first(found.left)), ("", _first(found.right))]))
    screen.print()
    screen.print(_reach(found))
    screen.print()
    rows = list(_lanes(found, full))
    shown = rows if full else rows[:MOST]
    screen.print(beside(found.left.ref, found.right.ref, shown, screen.width))
    if len(shown) < len(rows) or not full:
        rest = f"{counted(len(rows) - len(shown), 'more row')}; " if len(shown) < len(rows) else ""
        screen.print(Text(f"({rest}--full shows all, thoughts too)", style="dim"))
    screen.print()
    screen.print(_costs(found))


def _first(side: Side) -> str:
    event = side.first
    if event is None:
        return f"{side.ref}: ends there"
    who = f"{event.actor} " if event.actor else ""
    return f"{side.ref}: event {event.seq}, {who}{event.body.type}: {gist(event)}"


def _reach(found: Difference) -> Any:
    """Who perceived or did something in either life since, and the first such event in each."""
    made = table("reached", found.left.ref, found.right.ref, right=(found.left.ref, found.right.ref))
    people = dict.fromkeys([*found.right.reached, *found.left.reached])
    for person in people:
        first = [side.reached.get(person) for side in (found.left, found.right)]
        made.add_row(one_line(person), *(f"from event {seq}" if seq else "–" for seq in first))
    return made


def _lanes(found: Difference, full: bool) -> Iterator[tuple[Text, Text]]:
    """Yield rows of lines beside each other, step by step."""
    cast = Cast(line.who for side in (found.left, found.right) for line in side.lines if line.kind == "TALK")
    sides = [[line for line in side.lines if full or line.kind != "THINK"] for side in (found.left, found.right)]
    for step in sorted({line.step for side in sides for line in side}):
        yield Text(f"step {step}", style="dim"), Text(f"step {step}", style="dim")
        lanes = [[line for line in side if line.step == step] for side in sides]
        for one, other in zip_longest(*lanes):
            yield _cell(one, cast), _cell(other, cast)


def _cell(said: Line | None, cast: Cast) -> Text:
    if said is None:
        return Text("")
    name = one_line(said.who or "·", f"bold {cast.style(said.who)}")
    return name.append("  ").append_text(words(said))


def _costs(found: Difference) -> Any:
    numbers = ("events", "calls", "paid", "prompt tokens", "completion tokens")
    made = table("since then", *numbers, right=numbers)
    for side in (found.left, found.right):
        cost = side.cost
        counts = (side.events, cost.calls, cost.paid, cost.prompt_tokens, cost.completion_tokens)
        made.add_row(safe(side.ref), *(f"{count:,}" for count in counts))
    return made
