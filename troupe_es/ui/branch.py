"""``branch`` and ``ask``: what would have been, and what somebody thought, at any event."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from troupe_es import commands
from troupe_es.controller.editing import instead_of_humans, parted
from troupe_es.controller.references import Point, resolve
from troupe_es.controller.store import Store
from troupe_es.errors import EveryTurnFailed, UsageError
from troupe_es.log import Branch, Budget
from troupe_es.numerals import counted
from troupe_es.ui import edits
from troupe_es.ui.going import Going, asking, going, resumable, short
from troupe_es.ui.options import Means, command, instead, limits, typed
from troupe_es.ui.render import console, facts, indented, print_json, safe, title

REST = "rest"


@command("branch")
@click.argument("ref")
@click.option("--name", required=True, metavar="NAME", help="The new branch's name.")
@click.option("--set", "sets", multiple=True, metavar="PATH=VALUE", help="settings.NAME or people.WHO.TRAIT.")
@click.option("--say", "says", multiple=True, metavar="TEXT", help="Words that everyone hears, or only --to.")
@click.option("--to", multiple=True, metavar="WHO", help="Who hears --say.")
@click.option("--speaker", default="", metavar="NAME", help="Whose words --say are.")
@click.option(
    "--image", type=click.Path(path_type=Path), metavar="FILE", help="What is seen with --say, by models that see."
)
@click.option("--drop", "drops", multiple=True, metavar="WHO", help="Take somebody out.")
@click.option("--model", default="", metavar="M", help="Who answers from here on.")
@click.option("--edit", "file", type=click.Path(path_type=Path), metavar="FILE", help="A YAML list of program items.")
@click.option(
    "--replicates", type=click.IntRange(min=1), metavar="R", help="R branches, NAME-1…, each in a new draw."
)
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
    image: Path | None,
    drops: tuple[str, ...],
    file: Path | None,
    replicates: int | None,
    draw: int | None,
    refresh: bool,
    steps: str | None,
    means: Means,
    store: Path,
    as_json: bool,
) -> None:
    """Fork at REF as branch NAME, with edits made there; copies nothing.

    An untouched fork lives the same life as its parent, from the record. Only what comes out otherwise is asked for.
    """
    count = _steps(steps)
    if sum((replicates is not None, draw is not None, refresh)) > 1:
        raise UsageError("--replicates, --draw and --refresh each choose draws: give one of them")
    with going(store, as_json, means) as held:
        point = resolve(held.store.log, ref)
        changes = edits.from_options(sets, drops, says, to, speaker, means.model, image)
        if means.model:
            changes += instead_of_humans(held.store.at(ref), means.model)
        if file is not None:
            changes += edits.from_file(file, held.store.at(ref))
        now, later = parted(changes)
        if means.model and (count or later):
            held.store.model(means.model)
        if refresh:
            draw = held.store.log.next_draw(point.branch, point.seq)
        opened = _open(held.store, ref, name, now, replicates, draw)
        shared = held.store.budget(f"branch {name}", means.limit)
        lives = [_go_on(held, each, later, count, shared) for each in opened]
    if as_json:
        print_json({"forked_at": str(point), "branches": lives})
    else:
        _tell(point, lives, store)


def _steps(given: str | None) -> int | str | None:
    """Read what --run was given: a number, REST, or None where it was not given at all."""
    if given is None or given == REST:
        return given
    if not given.isdecimal() or int(given) < 1:
        raise UsageError(f"--run {given!r}: give a number of steps, or nothing for all that is left")
    return int(given)


def _open(
    store: Store, ref: str, name: str, now: list[commands.Command], replicates: int | None, draw: int | None
) -> list[Branch]:
    """Open the branches, all or none."""
    with store.log.transaction():
        if replicates is not None:
            return [sim.branch for sim in store.replicates(ref, name, replicates, *now)]
        return [store.branch(ref, name, *now, draw=draw).branch]


def _go_on(
    held: Going, branch: Branch, later: list[commands.Command], count: int | str | None, limit: Budget | None
) -> dict[str, Any]:
    """Let a new branch live on as far as was asked for; return where it stands."""
    ref = str(branch)
    held.stage.know(held.store, branch.simulation, branch.name)
    with resumable(held.path, "resume", ref):
        sim = held.store.open(ref, budget=limit)
        for command in later:
            if isinstance(command, commands.Run):
                sim.live_on(command.steps, command.seconds)  # a run may be under way already
            else:
                sim.command(command)
        if count == REST:
            rest = held.store.resume(ref, budget=limit)
            return {**held.life(rest, sim.paid), "draw": branch.draw}
        if isinstance(count, int):
            sim.live_on(count)
        return {**held.life(sim), "draw": branch.draw}


def _tell(point: Point, lives: list[dict[str, Any]], path: Path) -> None:
    screen = console()
    screen.print()
    for life in lives:
        calls = life["calls"]
        screen.print(title(f"{life['ref']}, forked from {point}, draw {life['draw']}"))
        lived = f"{counted(life['events'] - point.seq, 'event')} since, up to step {life['steps']}"
        screen.print(
            facts(
                [
                    ("head", life["head"]),
                    ("lived", lived),
                    (
                        "answers",
                        f"{calls['paid']} asked for now, {calls['recorded']} from the record ({life['model']})",
                    ),
                ]
            )
        )
    ref, parent = short(lives[0]["ref"]), short(str(point))
    nexts = [["diff", parent, ref]]
    if lives[0]["events"] == point.seq or lives[0]["unfinished"]:
        nexts.insert(0, ["resume", ref])
    screen.print(facts([("next" if words is nexts[0] else "", typed(path, *words)) for words in nexts]))


@command("ask")
@click.argument("ref")
@click.argument("who")
@click.argument("question")
@click.option("--again", is_flag=True, help="Ask the same once more, in the next draw.")
@instead("answers")
@limits
def ask(
    ref: str,
    who: str,
    question: str,
    again: bool,
    means: Means,
    store: Path,
    as_json: bool,
) -> None:
    """Ask WHO a QUESTION in private, at any event; nobody else hears it and the run is left as it is.

    The same question at the same event returns the recorded answer.
    """
    with asking(store, means) as held:
        reply = held.store.ask(ref, who, question, model=means.model, again=again, budget=means.limit)
        point = resolve(held.store.log, ref)
    if as_json:
        print_json(asdict(reply))
    elif reply.failed is None:
        screen = console(reading=True)
        screen.print(title(f"{reply.person}, asked in private at {point}"))
        screen.print(indented(safe(reply.answer)))
        source = "from the record, 0 calls" if reply.recorded else "asked now, and recorded"
        screen.print(safe(f"{source}: {reply.ref}", "dim"))
    if reply.failed is not None:
        raise EveryTurnFailed(f"{reply.person} gave no usable answer: {reply.failed}")
