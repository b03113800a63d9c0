"""What the commands share: the store, ``--json``, ``--debug``, limits, and how to name the next command."""

import os
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from troupe_es.scenario import Budget

F = TypeVar("F", bound=Callable[..., Any])

DEFAULT_STORE = "troupe.db"
STORE_VARIABLE = "TROUPE_STORE"
RECORD_MODES = ("none", "once", "new_episodes", "all")


def command(name: str) -> Callable[[Callable[..., Any]], click.Command]:
    """Make a function a command of ``troupe``: it is handed ``store`` (a path) and ``as_json``."""

    def decorate(function: Callable[..., Any]) -> click.Command:
        options = [
            click.Option(
                ["--store"],
                type=click.Path(path_type=Path),
                default=DEFAULT_STORE,
                envvar=STORE_VARIABLE,
                metavar="FILE",
                show_default=True,
                help=f"The store; also ${STORE_VARIABLE}.",
            ),
            click.Option(["--json", "as_json"], is_flag=True, help="Machine-readable output."),
            click.Option(
                ["--debug"], is_flag=True, expose_value=False, callback=_debug, help="Tracebacks of errors."
            ),
        ]
        made: click.Command = click.command(name)(function)
        made.params += options
        return made

    return decorate


def _debug(ctx: click.Context, option: click.Parameter, value: bool) -> None:
    ctx.meta["troupe.debug"] = value


def limits(function: F) -> F:
    """Add ``--calls``, ``--tokens`` and ``--concurrency``."""
    positive = click.IntRange(min=1)
    for option in (
        click.option("--concurrency", type=positive, default=16, metavar="N", help="Most model calls in flight."),
        click.option("--tokens", type=positive, metavar="N", help="Stop before it takes more tokens (exit 3)."),
        click.option("--calls", type=positive, metavar="N", help="Stop before it takes more model calls (exit 3)."),
    ):
        function = option(function)
    return function


def budget(calls: int | None, tokens: int | None) -> Budget | None:
    """Return the limits that were given, None if none was."""
    return Budget(calls=calls, tokens=tokens) if calls or tokens else None


def typed(store: Path, *words: str) -> str:
    """Return the command line ``troupe WORDS`` exactly as it must be typed for this store."""
    usual = os.environ.get(STORE_VARIABLE) or DEFAULT_STORE
    return shlex.join(["troupe", *words, *([] if str(store) == usual else ["--store", str(store)])])
