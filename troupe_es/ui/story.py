"""``story``: a story that begins at any event, or goes on from it."""

from dataclasses import asdict
from pathlib import Path

import click

from troupe_es.controller.references import resolve
from troupe_es.errors import EveryTurnFailed
from troupe_es.ui.going import asking
from troupe_es.ui.options import Means, command, instead, limits
from troupe_es.ui.render import console, indented, print_json, safe, title


@command("story")
@click.argument("ref")
@click.option("--continue", "continues", is_flag=True, help="Go on from what happened, instead of setting a scene.")
@click.option("--requirements", default="", metavar="TEXT", help="What the story is to be like.")
@click.option("--world", metavar="WORLD", help="Where it is set; absent: in all worlds.")
@click.option(
    "--last", type=click.IntRange(min=1), default=100, show_default=True, help="How many memories it goes on from."
)
@click.option("--again", is_flag=True, help="Have it told once more, in the next draw.")
@instead("tells it")
@limits
def story(
    ref: str,
    continues: bool,
    requirements: str,
    world: str | None,
    last: int,
    again: bool,
    means: Means,
    store: Path,
    as_json: bool,
) -> None:
    """Have a story told with the people of REF, at any event; nobody there hears it and the run is left as it is.

    The same story asked for at the same event is the recorded one. A 'story' item in a scenario is heard.
    """
    with asking(store, means) as held:
        told = held.store.story(
            ref,
            requirements,
            continues=continues,
            world=world,
            last=last,
            model=means.model,
            again=again,
            budget=means.limit,
        )
        point = resolve(held.store.log, ref)
    if as_json:
        print_json(asdict(told))
    elif told.failed is None:
        screen = console(reading=True)
        screen.print(title(f"told at {point}"))
        screen.print(indented(safe(told.text)))
        source = "from the record, 0 calls" if told.recorded else "asked now, and recorded"
        screen.print(safe(f"{source}: {told.ref}", "dim"))
    if told.failed is not None:
        raise EveryTurnFailed(f"there is no usable story: {told.failed}")
