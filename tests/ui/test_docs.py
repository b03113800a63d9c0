"""Every command has help, its line in ``troupe --help`` is its own, and the README knows it."""

import re
from pathlib import Path

import click
import pytest
from ui.conftest import Troupe

from troupe_es.ui.cli import COMMANDS, main

README = Path(__file__).parents[2] / "README.md"


def loaded(name: str) -> click.Command:
    command = main.get_command(click.Context(main), name)
    assert command is not None
    return command


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_has_help(name: str, troupe: Troupe) -> None:
    command = loaded(name)
    assert command.name == name
    assert command.help
    whole = [*command.commands.values()] if isinstance(command, click.Group) else [command]
    for part in whole:
        assert part.help
        options = {option for parameter in part.params for option in parameter.opts}
        assert {"--json", "--debug"} <= options
        assert "--store" in options or command is not part  # what is no work on a store names none
        assert [p.opts[0] for p in part.params if isinstance(p, click.Option) and not p.help] == []
    assert COMMANDS[name][1] in " ".join(troupe("--help").stdout.split())


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_stands_in_the_readme(name: str) -> None:
    assert re.search(rf"^\|.*`troupe {name}\b", README.read_text(encoding="utf-8"), re.MULTILINE)


def test_the_readme_names_no_option_that_is_not_there() -> None:
    """Rows that begin with one command name its options."""
    for row in re.findall(r"^\| `troupe .*$", README.read_text(encoding="utf-8"), re.MULTILINE):
        names = re.findall(r"`troupe ([a-z-]+)", row)
        known = {option for name in names for parameter in loaded(name).params for option in parameter.opts}
        assert set(re.findall(r"--[a-z-]+", row)) <= known, row
