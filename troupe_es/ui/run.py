"""``run``, ``resume`` and ``step``: a life goes on, shown while it does."""

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import click

from troupe_es.commands import Aside
from troupe_es.controller import reading
from troupe_es.controller.references import check_name, resolve
from troupe_es.controller.simulation import Simulation
from troupe_es.controller.store import Store
from troupe_es.errors import (
    BadReference,
    BudgetExceeded,
    EveryTurnFailed,
    Interrupted,
    ModelError,
    ModelRefused,
    Paused,
)
from troupe_es.events import types
from troupe_es.events.base import HUMAN
from troupe_es.llm.choose import model_of
from troupe_es.scenario import Budget
from troupe_es.ui import part
from troupe_es.ui.estimate import dry_run, expected
from troupe_es.ui.failure import Failure
from troupe_es.ui.options import RECORD_MODES, command, limits, raised, typed
from troupe_es.ui.render import console, facts, print_json, title
from troupe_es.ui.stage import Stage

ANSWERS = """\
SELECT coalesce(sum(CASE type WHEN 'model-answered' THEN 1 ELSE json_array_length(payload, '$.of') END), 0) AS n
FROM lives WHERE simulation = ? AND branch = ? AND type IN ('model-answered', 'memories-embedded')"""


@dataclass(frozen=True)
class Going:
    """A store held open for going on, and what shows it."""

    store: Store
    stage: Stage
    path: Path

    def life(self, sim: Simulation, paid: int = 0) -> dict[str, Any]:
        """Return where ``sim`` stands and what it took, as JSON; ``paid`` was paid through another handle."""
        state, paid = sim.state, sim.paid + paid
        answers = next(self.store.log.db.query(ANSWERS, [sim.branch.simulation, sim.branch.name]))["n"]
        return {
            "ref": sim.ref,
            "head": sim.head,
            "events": sim.seq,
            "steps": state.step,
            "unfinished": state.running is not None,
            "calls": {"paid": paid, "recorded": answers - paid},
            "model": state.settings.model,
        }


@contextmanager
def going(path: Path, as_json: bool, **more: Any) -> Iterator[Going]:
    """Open the store at ``path`` for a life to go on in; ``more`` are Store's settings."""
    told = partial(click.echo, err=True)
    with (
        Stage(lines=sys.stdout.isatty() and not as_json) as stage,
        Store(path, watch=stage, told=told, **more) as store,
    ):
        yield Going(store, stage, path)


@contextmanager
def resumable(path: Path, *words: str, limit: Budget | None = None, prices: Path | None = None) -> Iterator[None]:
    """Say that ``troupe WORDS`` goes on, when what happens inside is stopped from outside.

    Where a budget stopped it, the words get twice the ``limit``; the ``prices`` that were named are named again.
    """
    try:
        yield
    except Paused as paused:
        click.echo(f"{paused}\nTo go on: {typed(path, *words)}", err=True)
        raise click.exceptions.Exit(paused.exit_code) from None
    except ModelRefused:
        raise  # it says in one line what has to be set right before anything goes on
    except (BudgetExceeded, ModelError, Interrupted) as error:
        more = raised(limit) if isinstance(error, BudgetExceeded) and (limit or words[0] == "resume") else []
        more += ["--prices", str(prices)] if prices else []
        raise Failure(f"{error}\nTo go on: {typed(path, *words, *more)}", error.exit_code) from error


def tell(life: dict[str, Any], path: Path) -> None:
    """Print where a life stands, what it took, and what to do next."""
    screen = console()
    calls, ref = life["calls"], short(life["ref"])
    screen.print()
    screen.print(title(life["ref"]))
    screen.print(
        facts(
            [
                ("head", life["head"]),
                ("lived", f"{life['steps']} steps, {life['events']} events"),
                ("answers", f"{calls['paid']} asked for now, {calls['recorded']} from the record ({life['model']})"),
            ]
        )
    )
    nexts = [["resume", ref]] if life["unfinished"] else [["transcript", ref, "--full"], ["verify", ref]]
    screen.print(facts([("next" if words is nexts[0] else "", typed(path, *words)) for words in nexts]))


def short(ref: str) -> str:
    """Return the branch a reference names, without what is usual."""
    return ref.partition("@")[0].removesuffix("/main")


@command("run")
@click.argument("scenario", type=click.Path(path_type=Path))
@click.option("--model", default="", metavar="M", help="Who answers: improviser, MODEL, openai:MODEL or azure:NAME.")
@click.option("--name", metavar="NAME", help="Another name for the simulation than the scenario's.")
@click.option("--branch", default="main", show_default=True, metavar="NAME", help="Go over and on with this branch.")
@click.option("--fork", is_flag=True, help="Where the script differs from its recording: fork instead of stopping.")
@click.option(
    "--record",
    type=click.Choice(RECORD_MODES),
    default="new_episodes",
    show_default=True,
    help="none: never ask; once: only for a new simulation; new_episodes: what is missing; all: everything anew.",
)
@click.option("--dry-run", "dry", is_flag=True, help="List the calls with tokens and price; asks nobody.")
@click.option("--as", "played", multiple=True, metavar="NAME", help="Play this person yourself, here.")
@click.option(
    "--report", type=click.Path(path_type=Path), metavar="FILE", help="Write all that was found as one HTML page."
)
@limits
def run(
    scenario: Path,
    model: str,
    name: str | None,
    branch: str,
    fork: bool,
    record: Any,
    dry: bool,
    played: tuple[str, ...],
    report: Path | None,
    limit: Budget | None,
    prices: Path | None,
    concurrency: int,
    store: Path,
    as_json: bool,
) -> None:
    """Run a SCENARIO file (YAML or JSON).

    A simulation that is in the store already is passed over without asking anybody, and gone on with where its
    recording ends. An edited scenario stops at the first difference, or forks there with --fork. What it asks aside
    (surveys, extractions, claims) leaves the run as it is; with real answers under 'validation' they are compared.
    """
    loaded = reading.load(scenario)
    script = loaded.scenario
    if name is not None:
        script = script.model_copy(update={"name": check_name(name)})
    script, humans = part.cast(script, played)
    if dry:
        lived = script.model_copy(update={"experiment": None})  # which another command runs
        dry_run(expected(lived, model, store, prices, concurrency), as_json)
        return
    others = [*script.settings.models.values(), *filter(None, [script.settings.embedder])]
    chosen = choose_model(model or script.model or "", store, script.name, branch, others)
    ref = script.name if branch == "main" else f"{script.name}/{branch}"
    studied = report is not None or loaded.truth is not None or any(isinstance(c, Aside) for c in loaded.commands)
    once_more = ["run", str(scenario), *(["--fork"] if fork else []), "--model", chosen]
    once_more += ["--branch", branch] if branch != "main" else []
    named = (("--name", name), ("--report", report))
    once_more += [word for option, value in named if value is not None for word in (option, str(value))]
    again = once_more if fork or report or loaded.truth else ["resume", ref]
    again += [word for name in played for word in ("--as", name)]
    if report is not None:
        _study().ready(report)
    with (
        going(store, as_json, record=record, prices=prices, concurrency=concurrency, humans=humans) as held,
        resumable(store, *again, limit=limit, prices=prices),
    ):
        held.stage.know(held.store, script.name, branch)
        settings: dict[str, Any] = {
            "model": chosen,
            "branch": branch,
            "on_difference": "fork" if fork else "stop",
            "budget": limit,
            "estimate": True,
        }
        found = _study().lived(held.store, replace(loaded, scenario=script), settings, report) if studied else None
        sim = found.simulation if found is not None else held.store.play(script, **settings)
        life = held.life(sim)
    if as_json:
        print_json(life if found is None else {**life, **_study().plain(found, report)})
    else:
        if found is not None:
            _study().tell(found, report)
        tell(life, store)
    if found is not None and found.failed:
        raise EveryTurnFailed(f"nothing usable came of {'; '.join(found.failed)}")
    if humans and not any(terminal.told for terminal in humans.values()):
        said = f"nobody was asked: all that {' and '.join(played)} would say is on record"
        click.echo(f"note: {said}; --record all asks anew", err=True)


def _study() -> Any:
    from troupe_es.ui import study  # only where it is used: it computes and draws

    return study


def choose_model(named: str, path: Path, simulation: str, branch: str, others: Iterable[str] = ()) -> str:
    """Return who answers: who is named, or whoever the recording was begun with.

    Raises UsageError with the choices where there is neither, or where the model of a new simulation cannot be set
    up, or one of the ``others`` it needs beside it: before anything is written.
    """
    begun_with = recorded_model(path, simulation, branch) if path.exists() else ""
    for each in (named, *others) if not begun_with else ():
        if each != HUMAN:
            model_of(each, os.environ)
    return named or begun_with


def recorded_model(path: Path, simulation: str, branch: str) -> str:
    """Return the model a recording was begun with, empty if there is no recording."""
    with Store(path, write=False) as store:
        try:
            first = store.log.event(store.log.branch(simulation, branch), 1).body
        except BadReference:
            return ""
    return first.settings.model if isinstance(first, types.SimulationCreated) else ""


@command("resume")
@click.argument("ref")
@click.option("--as", "played", multiple=True, metavar="NAME", help="Play this person yourself, here.")
@limits
def resume(
    ref: str,
    played: tuple[str, ...],
    limit: Budget | None,
    prices: Path | None,
    concurrency: int,
    store: Path,
    as_json: bool,
) -> None:
    """Finish what REF is in the middle of, and what its scenario still has to come."""
    words = ["resume", ref, *(word for name in played for word in ("--as", name))]
    humans = part.seats(store, ref, played)
    with (
        going(store, as_json, prices=prices, concurrency=concurrency, humans=humans) as held,
        resumable(store, *words, limit=limit, prices=prices),
    ):
        point = resolve(held.store.log, ref)
        held.stage.know(held.store, point.branch.simulation, point.branch.name)
        for found in held.store.code(str(point)):
            if found.here is not None:
                click.echo(f"note: {found}", err=True)
        sim = held.store.resume(ref, budget=limit)
        life = held.life(sim)
    if as_json:
        print_json(life)
        return
    tell(life, store)
    if life["events"] == point.seq:
        click.echo(f"Nothing was under way. To live on: {typed(store, 'step', short(life['ref']), '-n', '3')}")


@command("step")
@click.argument("ref")
@click.option("-n", "steps", type=click.IntRange(min=1), default=1, show_default=True, help="How many steps.")
@click.option(
    "--seconds",
    type=click.IntRange(min=0),
    default=60,
    show_default=True,
    help="Simulated seconds of each step, where a new run begins.",
)
@limits
def step(
    ref: str,
    steps: int,
    seconds: int,
    limit: Budget | None,
    prices: Path | None,
    concurrency: int,
    store: Path,
    as_json: bool,
) -> None:
    """Live on for some steps: those left of the run that is under way, then those of a new one."""
    with (
        going(store, as_json, prices=prices, concurrency=concurrency) as held,
        resumable(store, "resume", ref, limit=limit, prices=prices),
    ):
        point = resolve(held.store.log, ref)
        held.stage.know(held.store, point.branch.simulation, point.branch.name)
        sim = held.store.open(ref, budget=limit)
        sim.live_on(steps, seconds)
        life = held.life(sim)
    print_json(life) if as_json else tell(life, store)
