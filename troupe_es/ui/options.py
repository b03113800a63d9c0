"""What the commands share: the store, ``--json``, ``--debug``, means, and how to name the next command."""

import os
import shlex
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import wraps
from pathlib import Path
from typing import Any

import click

from troupe_es.errors import BudgetExceeded
from troupe_es.llm.limiter import MOST
from troupe_es.llm.prices import MICRO
from troupe_es.scenario import Budget

DEFAULT_STORE = "troupe.db"
STORE_VARIABLE = "TROUPE_STORE"
PLUGINS_VARIABLE = "TROUPE_PLUGINS"
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
            click.Option(
                ["--plugin"],
                multiple=True,
                envvar=PLUGINS_VARIABLE,
                metavar="MODULE",
                expose_value=False,
                callback=_plugins,
                help=f"Import code of your own, a module or FILE.py; also ${PLUGINS_VARIABLE}.",
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


def _money(ctx: click.Context, option: click.Parameter, value: str | None) -> Decimal | None:
    """Read an amount above zero, exact to the millionth."""
    if value is None:
        return None
    try:
        amount = Decimal(value)
        if Decimal(0) < amount < 10**12 and amount == round(amount, 6):
            return amount
    except InvalidOperation:
        pass  # then it is no number
    raise click.BadParameter(f"{value!r} is no amount of money; write it like 2.50", ctx, option)


def prices_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--prices``."""
    return click.option(
        "--prices",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Prices over those that ship; also $TROUPE_PRICES.",
    )(function)


def _plugins(ctx: click.Context, option: click.Parameter, value: tuple[str, ...]) -> None:
    if value:
        from troupe_es.toolbox import plugins  # only where it is used

        for name in value:
            plugins.load(name)


def _servers(ctx: click.Context, option: click.Parameter, value: tuple[str, ...]) -> None:
    """Register the tools of MCP servers: the operator enabled them."""
    if value:
        from troupe_es import registry
        from troupe_es.toolbox.servers import mcp_tools  # only where it is used

        for server in value:
            by_url = server.startswith(("http://", "https://"))
            for tool in mcp_tools(url=server) if by_url else mcp_tools(server):
                registry.register("tool", tool.name, tool)


def _debug(ctx: click.Context, option: click.Parameter, value: bool) -> None:
    ctx.meta["troupe.debug"] = value


@dataclass(frozen=True)
class Means:
    """How much a command may take, and who answers: empty where ``--model`` named nobody."""

    limit: Budget | None
    prices: Path | None
    concurrency: int
    model: str

    @property
    def settings(self) -> dict[str, Any]:
        """What the store is opened with."""
        return {"prices": self.prices, "concurrency": self.concurrency}


def instead(does: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Add ``--model``, which ``limits`` hands on among the means: who ``does`` it."""
    return click.option(
        "--model", default="", metavar="M", help=f"Who {does}, instead of the model that is set there."
    )


def limits(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--calls``, ``--tokens``, ``--money``, ``--prices`` and ``--concurrency``: handed on as ``means``.

    So is ``--model``, where the command has it.
    """
    positive = click.IntRange(min=1)

    command = function

    @wraps(command)
    def limited(
        *,
        calls: int | None,
        tokens: int | None,
        money: Decimal | None,
        prices: Path | None,
        concurrency: int,
        model: str = "",
        **more: Any,
    ) -> Any:
        limit = Budget(calls=calls, tokens=tokens, money=money) if calls or tokens or money else None
        return command(means=Means(limit, prices, concurrency, model), **more)

    function = limited
    for option in (
        click.option(
            "--mcp",
            multiple=True,
            metavar="COMMAND",
            expose_value=False,
            callback=_servers,
            help="Let an MCP server's tools be used: its command, or its URL.",
        ),
        click.option("--concurrency", type=positive, default=MOST, metavar="N", help="Most model calls in flight."),
        prices_option,
        click.option("--money", callback=_money, metavar="M", help="Stop before it takes more money (exit 3)."),
        click.option("--tokens", type=positive, metavar="N", help="Stop before it takes more tokens (exit 3)."),
        click.option("--calls", type=positive, metavar="N", help="Stop before it takes more model calls (exit 3)."),
    ):
        function = option(function)
    return function


def given(*options: tuple[str, Any]) -> list[str]:
    """Return the words that give these options once more: none for what was not given, or is as usual (None)."""
    every = [(name, each) for name, value in options for each in (value if isinstance(value, tuple) else (value,))]
    return [word for name, each in every if each not in (None, "", False) for word in (name, *_value(each))]


def _value(given: Any) -> list[str]:
    return [] if given is True else [str(given)]


def raised(limit: Budget | None, stopped: BudgetExceeded) -> list[str]:
    """Return the options that let a stopped run go on: what was given twice, or twice what the next call may take."""
    if limit is None:
        return ["--calls", "100"]
    given = limit.model_dump(exclude_none=True)
    if stopped.what in given:
        cost = Decimal(stopped.cost) / MICRO if stopped.what == "money" else stopped.cost
        given[stopped.what] = max(given[stopped.what], cost)
    return [word for name, amount in given.items() for word in (f"--{name}", str(amount * 2))]


def typed(store: Path, *words: str) -> str:
    """Return the command line ``troupe WORDS`` exactly as it must be typed here, for this store."""
    usual = os.environ.get(STORE_VARIABLE) or DEFAULT_STORE
    return shlex.join([program(), *words, *([] if str(store) == usual else ["--store", str(store)])])


def program() -> str:
    """Return how this program is called: by its name, or, where the shell would not find it, as it was called."""
    called = sys.argv[0]
    return called if Path(called).name == "troupe" and shutil.which("troupe") is None else "troupe"
