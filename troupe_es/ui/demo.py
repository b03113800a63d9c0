"""``demo``: the main job with nothing configured, a conversation written in advance, lived as if live.

It is a real run: the answers come from a file instead of a model, at a pace at which one can read along, and
everything is recorded, verified and open to branches. Stop it in the middle and it goes on there.
"""

import asyncio
import sys
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from troupe_es import examples
from troupe_es.controller import reading
from troupe_es.controller.replay import Report
from troupe_es.controller.store import Store
from troupe_es.errors import BadReference, Diverged
from troupe_es.events import types
from troupe_es.llm import Model, Request, Response
from troupe_es.log import Branch
from troupe_es.numerals import counted
from troupe_es.ui import demo_study
from troupe_es.ui.going import resumable
from troupe_es.ui.options import command, typed
from troupe_es.ui.render import console, facts, print_json, safe, title
from troupe_es.ui.stage import Stage

NAME = "elevenses"
"""What is played when nothing is named."""

TURN = (3, "maureen-tull")
"""Where that conversation turns: the step, and whose words turn it."""

IMPROVISED = "The improviser answers, by dice: these are nobody's opinions."
WHAT_IF = "unsaid"
SECONDS = 0.0025
"""Seconds of waiting for each character just shown: the whole conversation takes well under a minute."""


class Paced:
    """A model that waits until what was said before can be read."""

    def __init__(self, model: Model, stage: Stage, speed: float) -> None:
        self.model = model
        self.stage = stage
        self.speed = speed
        self.name = model.name

    async def complete(self, request: Request, draw: int) -> Response:
        """Answer as the model does, after the pause."""
        said, self.stage.spoken = self.stage.spoken, ""
        if self.speed:
            await asyncio.sleep(len(said) * SECONDS / self.speed)
        return await self.model.complete(request, draw)


@command("demo")
@click.argument("name", default=NAME, metavar="[NAME]")
@click.option("--list", "listing", is_flag=True, help="List what can be played, and play nothing.")
@click.option(
    "--speed",
    type=click.FloatRange(min=0),
    metavar="X",
    help="1 takes under a minute, 0.3 is leisurely, 0 is at once; 1 on a terminal, else 0.",
)
def demo(name: str, listing: bool, speed: float | None, store: Path, as_json: bool) -> None:
    """Play a shipped scenario as if live, verify it, and show what to try next.

    Without NAME it is a focus group. Answers were written in advance, or the improviser makes them up; no model, no
    key and no network are needed. Run it again and it passes over what is recorded.
    """
    if listing:
        _list(as_json)
        return
    pace = (1.0 if sys.stdout.isatty() else 0.0) if speed is None else speed
    loaded = reading.load(examples.path(name) / "scenario.yaml")
    script, answers = loaded.scenario, examples.model(name)
    screen = console(reading=True)
    if not as_json:
        _open(screen, name, script.about, getattr(answers, "note", IMPROVISED))
    with Stage(lines=not as_json) as stage, Store(store, watch=stage) as held, resumable(store, "demo", name):
        before = _recorded(held, name, stage, store, as_json)
        found = demo_study.lived(held, loaded, Paced(answers, stage, pace))
        sim = found.simulation
        report = held.verify(f"{name}/main@{sim.seq}")
        tries = demo_study.tries(found) or _next(held, sim.branch)
        nexts = {about: typed(store, *words) for about, words in tries.items()}
    if not report.holds:
        raise Diverged(f"{sim.ref} does not verify: {typed(store, 'verify', name)} shows where")
    found = demo_study.conducted(found, answers, store)
    if as_json:
        more = demo_study.plain(found)
        print_json({**_json(sim.ref, report, before, sim.paid, list(nexts.values())), **more})
        return
    demo_study.tell(found, store)
    _close(screen, report, before, nexts, found.branches)


def _list(as_json: bool) -> None:
    about = {name: reading.load(examples.path(name) / "scenario.yaml").scenario.about for name in examples.names()}
    if as_json:
        print_json(about)
        return
    screen = console(reading=True)
    for name, sentence in about.items():
        screen.print(title(name))
        screen.print(safe(f"  {sentence}"))


def _open(screen: Console, name: str, about: str, note: str) -> None:
    screen.print(title(f"{name}: {about}"))
    screen.print(safe(f"No model is at work here. {note}", "dim"))


def _recorded(held: Store, name: str, stage: Stage, store: Path, as_json: bool) -> int:
    """Show what is in the store already, at once; return how many events that is."""
    try:
        seq = held.log.head(held.log.branch(name)).seq
    except BadReference:
        return 0
    stage.know(held, name, "main")
    for line in held.transcript(name):
        stage.say(line)
    stage.spoken = ""
    if seq and not as_json:
        stage.note(f"(up to here from the record in {store}: {counted(seq, 'event')}, nothing asked)")
    return seq


def _next(held: Store, branch: Branch) -> dict[str, list[str]]:
    """Three commands to try, by what they are about: a look, a branch, and the difference it makes."""
    name = branch.simulation
    taken = {known.name for known in held.log.branches(name)}
    fork = next(fork for n in range(1, len(taken) + 2) if (fork := WHAT_IF + (f"-{n}" if n > 1 else "")) not in taken)
    diff = {"What that changed:": ["diff", name, f"{name}/{fork}"]}
    if name != NAME:
        other = ["branch", f"{name}@step:1", "--name", fork, "--model", "improviser", "--run", "1"]
        return {
            "Who said and thought what:": ["transcript", name, "--full"],
            "Had it gone on otherwise after the first step (from there on the improviser speaks, at random):": other,
        } | diff
    step, who = TURN
    first = next(
        event.seq
        for event in held.log.events(branch)
        if event.step == step and event.actor == who and isinstance(event.body, types.ModelAnswered)
    )
    gone = ["branch", f"{name}@{first - 1}", "--name", fork, "--drop", who, "--model", "improviser", "--run"]
    return {
        "What Maureen thought and said, event by event:": ["log", name, "--person", who, "--type", "action-taken"],
        "Had she gone home before it turned (from there on the improviser speaks, at random):": gone,
    } | diff


def _json(ref: str, report: Report, before: int, paid: int, nexts: list[str]) -> dict[str, Any]:
    return {
        "ref": ref,
        "head": report.head,
        "events": report.events,
        "from_record": before,
        "answers_given": paid,
        "verified": report.holds,
        "calls": 0,
        "next": nexts,
    }


def _close(screen: Console, report: Report, before: int, nexts: dict[str, str], beside: int) -> None:
    given = report.events - report.decided
    screen.print()
    if before == report.events:
        screen.print("Everything was on record already; the run passed over it and asked nobody.")
    screen.print(
        facts(
            [
                ("verified", f"{report.events} events: {given} given, {report.decided} decided again and identical"),
                ("", f"{counted(report.answers, 'answer')} from the record, 0 calls"),
                *(
                    [("", f"and {counted(beside, 'branch')} more, each decided again and identical")]
                    if beside
                    else []
                ),
                ("head", report.head),
            ]
        )
    )
    screen.print()
    screen.print(title("Try next"))
    for words, line in nexts.items():
        screen.print(safe(f"  {words}", "dim"))
        screen.print(safe(f"  {line}", "bold"), soft_wrap=True)
