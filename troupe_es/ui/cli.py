"""``troupe``: the group of commands, what they end with, and how errors are told.

A command's code is imported when the command is called: ``troupe --help`` must not wait for what it does not use.
"""

import gc
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import click

from troupe_es.ui.failure import told

SECTIONS: dict[str, dict[str, tuple[str, str]]] = {
    "Live": {
        "demo": ("demo:demo", "Play a shipped recording as if live: no key, no network."),
        "new": ("new:new", "Write a scenario and two people to start from."),
        "run": ("run:run", "Run a scenario file, over its recording as far as that goes."),
        "resume": ("run:resume", "Finish what is under way, and the rest of the scenario."),
        "step": ("run:step", "Live on for some steps."),
        "population": ("population:population", "Make people as shares say; target against achieved."),
        "person": ("population:person", "Make one person from a description."),
        "say": ("steer:say_", "Say something to the people in a life, also while it runs."),
        "set": ("steer:set_", "Set a setting or a trait, also while it runs."),
        "pause": ("steer:pause", "Ask a run to stop between two steps."),
        "pending": ("steer:pending", "List whom a run waits for to say something."),
        "estimate": ("estimate:estimate", "Estimate calls, tokens, money and time, before anybody is asked."),
    },
    "Look": {
        "runs": ("look:runs", "List simulations and their branches."),
        "log": ("look:log", "List events, filtered by type, person or text."),
        "show": ("show:show", "Show the state at a point, a person, or an event with its prompt."),
        "transcript": ("look:transcript", "Show who said what."),
        "replay": ("look:replay", "Play a recorded run back at reading speed; asks no model."),
        "rows": ("rows:rows", "Reduce a life to the rows of a table; asks no model."),
        "profile": ("profile:profile", "Show how the traits of a population are distributed."),
        "cost": ("cost:cost", "Show calls, tokens and money, paid and recorded, against the estimate."),
    },
    "What if": {
        "branch": ("branch:branch", "Fork at any event, with edits, and go on from there."),
        "experiment": ("experiment:experiment", "Live several arms from one point on, and compare them."),
        "diff": ("diff:diff", "Compare two lives: first difference, cause, reach, cost."),
        "ask": ("branch:ask", "Ask somebody in private, at any event; the run is left as it is."),
        "check": ("check:check", "Have claims judged, at any event; the run is left as it is."),
        "survey": ("survey:survey", "Ask people typed questions, at any event; the run is left as it is."),
        "extract": ("extract:extract", "Find typed values, at any event; the run is left as it is."),
        "label": ("rows:label", "Sort free text in a table under few labels; the run is left as it is."),
        "rewrite": ("rewrite:rewrite", "Have a text enriched, restyled or reworded; the run is left as it is."),
        "report": ("report:report", "Report on what happened, with interviews; the run is left as it is."),
        "story": ("story:story", "Have a story told, from any event; the run is left as it is."),
        "validate": ("validate:validate", "Compare answers with real ones; seal predictions; check people."),
    },
    "Prove and carry": {
        "verify": ("verify:verify", "Check the hash chain and decide everything again, without a model."),
        "export": ("bundles:export", "Write a recording as a bundle, or events as JSON lines or CSV."),
        "export-document": ("documents:export_document", "Write a document that somebody wrote to a file."),
        "import": ("bundles:import_", "Read a bundle into the store, verified."),
    },
    "Set up": {
        "serve": ("serve:serve", "Serve the store over HTTP: an API and pages to look at."),
        "model": ("model:model", "List local models, or fetch one from its publisher."),
        "stores": ("keep:stores", "Show what the store holds, by simulation."),
        "remove": ("keep:remove", "Write a new store without a simulation."),
        "redact": ("redact:redact", "Write a new store without a person's data."),
        "doctor": ("doctor:doctor", "Show versions, the store, and which models are configured."),
        "schema": ("doctor:schema", "Write or check the published schemas."),
    },
}
"""Every command by section: where its code is, and its one line of help (a test holds both together)."""

YOUNG = 200_000
"""New objects after which Python looks for cycles among them (its own number is 700).

A call in flight has a hundred, and none of them is garbage: this is a few times what all that may be have.
"""

COMMANDS = {name: entry for section in SECTIONS.values() for name, entry in section.items()}


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Look for cycles of garbage seldom: what a command imports and makes is no garbage, and the looking takes long.

    That is for a program to decide, so it is done here and nowhere below, and undone in the end.
    """
    before = gc.get_threshold()
    gc.set_threshold(YOUNG)
    try:
        yield
    finally:
        gc.set_threshold(*before)


class Troupe(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(f"troupe_es.ui.{module}"), name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that ``args`` begin with; a wrong name gets near ones named."""
        if args[0] not in COMMANDS and not args[0].startswith("-"):
            raise click.exceptions.NoSuchCommand(args[0], possibilities=list(COMMANDS), ctx=ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands by section, without importing them."""
        for title, commands in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(name.ljust(10), about) for name, (_, about) in commands.items()])

    def main(self, *args: Any, **extra: Any) -> Any:
        """Run the command line; what a stream cannot show is escaped, never a crash."""
        for stream in (sys.stdout, sys.stderr):
            reconfigure = getattr(stream, "reconfigure", None)
            if reconfigure is not None:
                reconfigure(errors="backslashreplace")
        with seldom_collected():
            return super().main(*args, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command and turn whatever goes wrong into one message and an exit code."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except BaseException as error:
            if ctx.meta.get("troupe.debug"):
                click.echo("".join(traceback.format_exception(error)), err=True, nl=False)
            raise told(error) from error


@click.group(
    cls=Troupe,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="A REF is SIMULATION[/BRANCH][@SEQ] or SIMULATION[/BRANCH]@step:N: the state after that event. "
    "Exit codes: 0 done, 1 what was asked is false, 2 wrong input, 3 budget, 4 model unreachable, 5 every turn "
    "failed, 130 Ctrl-C.",
)
@click.version_option(package_name="troupe-es", prog_name="troupe", message="%(prog)s %(version)s")
@click.pass_context
def main(ctx: click.Context) -> None:
    """Simulate people with language models: replay, branch, ask the past, verify.

    'troupe demo' needs no key, no network and no configuration.
    """
