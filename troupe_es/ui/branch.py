"""``branch`` and ``ask``: what would have been, and what somebody thought, at any event."""

from pathlib import Path
from typing import Any

import click

from troupe_es.controller.references import Point, check_name, resolve
from troupe_es.controller.simulation import Simulation
from troupe_es.controller.store import Store
from troupe_es.errors import UsageError
from troupe_es.scenario import Budget
from troupe_es.ui import edits
from troupe_es.ui.options import budget, command, limits, typed
from troupe_es.ui.render import Cast, Page, console, facts, print_json, safe, say, title
from troupe_es.ui.run import Going, going, live_on, resumable, short

REST = "rest"


@command("branch")
@click.argument("ref")
@click.option("--name", required=True, metavar="NAME", help="The new branch's name.")
@click.option("--set", "sets", multiple=True, metavar="PATH=VALUE", help="settings.NAME or people.WHO.TRAIT.")
@click.option("--say", "says", multiple=True, metavar="TEXT", help="Words that everyone hears, or only --to.")
@click.option("--to", multiple=True, metavar="WHO", help="Who hears --say.")
@click.option("--speaker", default="", metavar="NAME", help="Whose words --say are.")
@click.option("--drop", "drops", multiple=True, metavar="WHO", help="Take somebody out.")
@click.option("--model", default="", metavar="M", help="Who answers from here on.")
@click.option("--edit", "file", type=click.Path(path_type=Path), metavar="FILE", help="A YAML list of program items.")
@click.option("--replicates", type=click.IntRange(min=1), metavar="R", help="R branches, NAME-1…, each in a new draw.")
@click.option("--draw", type=click.IntRange(min=0), metavar="D", help="Draw D instead of the parent's.")
@click.option("--refresh", is_flag=True, help="The next unused draw: everything is asked anew.")
@click.option(
    "--run",
    "steps",
    is_flag=False,
    flag_value=REST,
    metavar="[STEPS]",
    help="Go on: so many steps, or without a number all that is under way and the scenario's rest.",
)
@limits
def branch(
    ref: str,
    name: str,
    sets: tuple[str, ...],
    says: tuple[str, ...],
    to: tuple[str, ...],
    speaker: str,
    drops: tuple[str, ...],
    model: str,
    file: Path | None,
    replicates: int | None,
    draw: int | None,
    refresh: bool,
    steps: str | None,
    calls: int | None,
    tokens: int | None,
    concurrency: int,
    store: Path,
    as_json: bool,
) -> None:
    """Fork at REF as branch NAME, with edits made there; copies nothing.

    An untouched fork lives the same life as its parent, from the record. Only what comes out otherwise is asked for.
    """
    count = _steps(steps)
    if sum((replicates is not None, draw is not None, refresh)) > 1:
        raise UsageError("--replicates, --draw and --refresh each choose draws: give one of them")
    with going(store, as_json, concurrency=concurrency) as held:
        point = resolve(held.store.log, check_ref(ref))
        changes = edits.from_options(sets, drops, says, to, speaker, model)
        if file is not None:
            changes += edits.from_file(file, held.store.at(ref))
        now, later = edits.parted(changes)
        if model and (count or later):
            held.store.model(model)
        limit = budget(calls, tokens)
        sims = _open(held.store, point, ref, name, replicates, draw, refresh, now, limit)
        lives = [_go_on(held, sim, later, count, limit) for sim in sims]
    if as_json:
        print_json({"forked_at": str(point), "branches": lives})
        return
    _tell(point, lives, store)


def check_ref(ref: str) -> str:
    """Return ``ref``; its form is checked where it is resolved."""
    return ref


def _steps(given: str | None) -> int | str | None:
    if given is None or given == REST:
        return given
    if not given.isdecimal() or int(given) < 1:
        raise UsageError(f"--run {given!r}: a number of steps, or nothing for all that is left")
    return int(given)
