"""How a life goes on from the command line: what it is held open with, how it may stop, and where it then stands."""

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import click

from troupe_es.controller.simulation import Simulation
from troupe_es.controller.store import Store
from troupe_es.errors import (
    BadReference,
    BudgetExceeded,
    Interrupted,
    MissingAnswer,
    ModelError,
    ModelRefused,
    Paused,
)
from troupe_es.events import types
from troupe_es.events.base import HUMAN
from troupe_es.llm.choose import model_of
from troupe_es.numerals import counted
from troupe_es.ui.failure import Failure
from troupe_es.ui.options import Means, raised, typed
from troupe_es.ui.render import console, facts, title
from troupe_es.ui.stage import Stage
from troupe_es.views.standing import standing

ANSWERS = """\
SELECT coalesce(sum(CASE type WHEN 'model-answered' THEN 1 ELSE json_array_length(payload, '$.of') END), 0)
FROM lives WHERE simulation = ? AND branch = ? AND type IN ('model-answered', 'memories-embedded')"""


@dataclass(frozen=True)
class Going:
    """A store held open for going on, and what shows it."""

    store: Store
    stage: Stage
    path: Path

    def life(self, sim: Simulation, paid: int = 0) -> dict[str, Any]:
        """Return where ``sim`` stands and what it took, as JSON; ``paid`` was paid through another handle."""
        paid += sim.paid
        [(answers,)] = self.store.log.select(ANSWERS, (sim.branch.simulation, sim.branch.name))
        return {**standing(sim), "calls": {"paid": paid, "recorded": answers - paid}}


@contextmanager
def going(path: Path, as_json: bool, means: Means, **more: Any) -> Iterator[Going]:
    """Open the store at ``path`` for a life to go on in; ``more`` are Store's settings."""
    told = partial(click.echo, err=True)
    with (
        Stage(lines=sys.stdout.isatty() and not as_json) as stage,
        Store(path, watch=stage, told=told, **means.settings, **more) as store,
    ):
        yield Going(store, stage, path)


@contextmanager
def asking(path: Path, means: Means, *words: str) -> Iterator[Going]:
    """Open the store at ``path`` for questions beside a life; a model that was named must be one to be set up.

    What is stopped from outside goes on with ``troupe WORDS``, where there are any.
    """
    again = [*words, *(["--model", means.model] if means.model else [])]
    with going(path, True, means) as held, resumable(path, *again, means=means) if words else nullcontext():
        if means.model:
            held.store.model(means.model)
        yield held


@contextmanager
def resumable(path: Path, *words: str, means: Means | None = None) -> Iterator[None]:
    """Say that ``troupe WORDS`` goes on, when what happens inside is stopped from outside.

    Where a budget stopped it, the words get twice the limit; the prices that were named are named again.
    """
    limit, prices = (means.limit, means.prices) if means else (None, None)
    try:
        yield
    except Paused as paused:
        click.echo(f"{paused}\nTo go on: {typed(path, *words)}", err=True)
        raise click.exceptions.Exit(paused.exit_code) from None
    except (BudgetExceeded, ModelError, Interrupted) as error:
        if isinstance(error, ModelRefused) or (isinstance(error, MissingAnswer) and error.stuck):
            raise  # it says what has to be set right before anything goes on
        more = []
        if isinstance(error, BudgetExceeded) and (limit or words[0] == "resume"):
            more = raised(limit, error)
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
                ("lived", f"{counted(life['steps'], 'step')}, {counted(life['events'], 'event')}"),
                ("answers", f"{calls['paid']} asked for now, {calls['recorded']} from the record ({life['model']})"),
            ]
        )
    )
    nexts = [["resume", ref]] if life["unfinished"] else [["transcript", ref, "--full"], ["verify", ref]]
    screen.print(facts([("next" if words is nexts[0] else "", typed(path, *words)) for words in nexts]))


def short(ref: str) -> str:
    """Return the branch a reference names, without what is usual."""
    return ref.partition("@")[0].removesuffix("/main")


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
