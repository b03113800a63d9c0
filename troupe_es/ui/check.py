"""``check``: claims about people, judged from what happened up to any event."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from troupe_es import propositions
from troupe_es.controller.aside import Judgement
from troupe_es.controller.references import resolve
from troupe_es.errors import EveryTurnFailed, UsageError
from troupe_es.events.types import Verdict
from troupe_es.ui.going import asking
from troupe_es.ui.options import Means, command, instead, limits
from troupe_es.ui.render import console, indented, print_json, safe, title


@command("check")
@click.argument("ref")
@click.option("--claim", "claims", multiple=True, metavar="TEXT", help="A claim; {{name}} stands for --person.")
@click.option("--standard", multiple=True, metavar="NAME", help="A claim that ships with troupe, by name.")
@click.option("--given", multiple=True, metavar="TEXT", help="What must hold first, or nothing else is judged.")
@click.option(
    "--twice", is_flag=True, help="Judge each claim's denial too; where they contradict, it cannot be told."
)
@click.option("--person", "people", multiple=True, metavar="WHO", help="Whom it is about; nobody named: everybody.")
@click.option("--world", metavar="WORLD", help="Everybody in this world, where nobody is named.")
@click.option(
    "--last", type=click.IntRange(min=1), default=40, show_default=True, help="How many memories are shown."
)
@click.option("--again", is_flag=True, help="Judge the same once more, in the next draw.")
@instead("judges")
@click.option("--exit-code", is_flag=True, help="Exit with 1 when a claim does not hold.")
@limits
def check(
    ref: str,
    claims: tuple[str, ...],
    standard: tuple[str, ...],
    given: tuple[str, ...],
    twice: bool,
    people: tuple[str, ...],
    world: str | None,
    last: int,
    again: bool,
    exit_code: bool,
    means: Means,
    store: Path,
    as_json: bool,
) -> None:
    """Have claims about people judged by a model, in one call, at any event; the run is left as it is.

    Each gets yes or no, a score from 0 to 9, a reason, and the events it rests on. The same claims at the same event
    have the recorded verdicts. Standard claims: see --standard list.
    """
    if "list" in standard:
        _list(as_json)
        return
    put = [*claims, *map(propositions.standard, standard)]
    if not put:
        raise UsageError("there is nothing to check: give it a --claim, or a --standard one ('--standard list')")
    with asking(store, means) as held:
        found = held.store.check(
            ref,
            put,
            people,
            given=given,
            twice=twice,
            world=world,
            last=last,
            model=means.model,
            again=again,
            budget=means.limit,
        )
        point = resolve(held.store.log, ref)
    if as_json:
        print_json({**asdict(found), "verdicts": _plain(found.verdicts), **around(found)})
    elif found.failed is None:
        tell(found, str(point))
    if found.failed is not None:
        raise EveryTurnFailed(f"the judge gave no usable answer: {found.failed}")
    if exit_code and not found.holds:
        raise click.exceptions.Exit(1)


def _plain(verdicts: Sequence[Verdict]) -> list[dict[str, Any]]:
    return [verdict.model_dump() for verdict in verdicts]


def around(found: Judgement) -> dict[str, Any]:
    """Return as JSON what there is beside the verdicts on the claims, and what all of it comes to."""
    beside = {"given": _plain(found.given), "denials": _plain(found.denials)}
    return {**beside, "judged": found.judged, "answers": found.answers, "holds": found.holds}


def _list(as_json: bool) -> None:
    """Print the standard claims."""
    standards = propositions.standards()
    if as_json:
        print_json(standards)
        return
    for name, text in standards.items():
        click.echo(f"{name}\n    {text}")


def _tell_verdict(screen: Console, verdict: Verdict, answer: bool | None, before: str = "") -> None:
    rests = f" [events {', '.join(map(str, verdict.evidence))}]" if verdict.evidence else ""
    word = {True: "yes", False: "no ", None: "?  "}[answer]
    screen.print(safe(f"{word} {verdict.score}/9  {before}{verdict.claim}"))
    screen.print(indented(safe(f"{verdict.reason}{rests}")))


def tell(found: Judgement, point: str) -> None:
    """Print the verdicts."""
    screen = console(reading=True)
    screen.print(title(f"judged at {point}"))
    for verdict in found.given:
        _tell_verdict(screen, verdict, verdict.holds, "given: ")
    if not found.judged:
        screen.print("not judged: what is given does not hold")
    for verdict, answer in zip(found.verdicts, found.answers, strict=True):
        _tell_verdict(screen, verdict, answer)
        if answer is None:
            also = "its denial is found to hold, too" if verdict.holds else "its denial is not found to hold, either"
            screen.print(indented(safe(f"cannot be told: {also}")))
    source = "from the record, 0 calls" if found.recorded else "asked now, and recorded"
    screen.print(safe(f"{source}: {found.ref}", "dim"))
