"""``run``, ``resume`` and ``step``: a life goes on, shown while it does."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from troupe_es.commands import Aside
from troupe_es.controller import reading
from troupe_es.controller.references import check_name, resolve
from troupe_es.errors import EveryTurnFailed
from troupe_es.ui import part
from troupe_es.ui.estimate import dry_run, expected
from troupe_es.ui.going import choose_model, going, resumable, short, tell
from troupe_es.ui.options import RECORD_MODES, Means, command, given, limits, typed
from troupe_es.ui.render import print_json


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
    help="none: never ask; once: only for a new simulation; new_episodes: what is missing; all: again in a new draw.",
)
@click.option("--dry-run", "dry", is_flag=True, help="List the calls with tokens and price; asks nobody.")
@click.option("--as", "played", multiple=True, metavar="NAME", help="Play this person yourself, here.")
@click.option(
    "--report", type=click.Path(path_type=Path), metavar="FILE", help="Write all that was found as one HTML page."
)
@limits
def run(
    scenario: Path,
    name: str | None,
    branch: str,
    fork: bool,
    record: Any,
    dry: bool,
    played: tuple[str, ...],
    report: Path | None,
    means: Means,
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
        dry_run(expected(lived, store, means), as_json)
        return
    others = [*script.settings.models.values(), *filter(None, [script.settings.embedder])]
    chosen = choose_model(means.model or script.model or "", store, script.name, branch, others)
    ref = script.name if branch == "main" else f"{script.name}/{branch}"
    studied = report is not None or loaded.truth is not None or any(isinstance(c, Aside) for c in loaded.commands)
    where = (("--branch", branch if branch != "main" else None), ("--name", name), ("--report", report))
    once_more = ["run", str(scenario), *given(("--fork", fork), ("--model", chosen), *where)]
    again = once_more if fork or report or loaded.truth else ["resume", ref]
    again += given(("--as", played))
    if report is not None:
        _study().ready(report)
    with (
        going(store, as_json, means, record=record, humans=humans) as held,
        resumable(store, *again, means=means),
    ):
        held.stage.know(held.store, script.name, branch)
        settings: dict[str, Any] = {
            "model": chosen,
            "branch": branch,
            "on_difference": "fork" if fork else "stop",
            "budget": means.limit,
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


@command("resume")
@click.argument("ref")
@click.option("--as", "played", multiple=True, metavar="NAME", help="Play this person yourself, here.")
@limits
def resume(
    ref: str,
    played: tuple[str, ...],
    means: Means,
    store: Path,
    as_json: bool,
) -> None:
    """Finish what REF is in the middle of, and what its scenario still has to come."""
    words = ["resume", ref, *given(("--as", played))]
    humans = part.seats(store, ref, played)
    with (
        going(store, as_json, means, humans=humans) as held,
        resumable(store, *words, means=means),
    ):
        point = resolve(held.store.log, ref)
        held.stage.know(held.store, point.branch.simulation, point.branch.name)
        for found in held.store.code(str(point)):
            if found.here is not None:
                click.echo(f"note: {found}", err=True)
        sim = held.store.resume(ref, budget=means.limit)
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
    means: Means,
    store: Path,
    as_json: bool,
) -> None:
    """Live on for some steps: those left of the run that is under way, then those of a new one."""
    with (
        going(store, as_json, means) as held,
        resumable(store, "resume", ref, means=means),
    ):
        point = resolve(held.store.log, ref)
        held.stage.know(held.store, point.branch.simulation, point.branch.name)
        sim = held.store.open(ref, budget=means.limit)
        sim.live_on(steps, seconds)
        life = held.life(sim)
    print_json(life) if as_json else tell(life, store)
