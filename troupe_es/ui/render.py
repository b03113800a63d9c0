"""Words on the screen: consoles, tables, and transcripts in which everybody has a colour.

Foreign text only ever enters as ``rich.text.Text`` made of ``shown`` text: never as markup, never raw.
"""

import os
import re
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from troupe_es.projections import Line
from troupe_es.ui.text import as_json, cut, line, readable, shown

READING = 100
"""Widest a transcript gets: longer lines are hard to read."""

WIDE = 1000
"""Width of tables that are piped on: nothing is cut."""

COLOURS = ("cyan", "magenta", "green", "yellow", "blue", "bright_red", "bright_cyan", "bright_magenta")
NAME_WIDTH = 18
TRAILING = re.compile(" +$", re.MULTILINE)


class Trimmed:
    """A stream that is piped on: rich fills table rows with spaces, which nobody wants in a file."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream

    def write(self, text: str) -> int:
        """Write ``text`` without spaces at the ends of lines."""
        written: int = self.stream.write(TRAILING.sub("", text))
        return written

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


def console(*, reading: bool = False, stderr: bool = False) -> Console:
    """Return a console that takes text as it is; ``reading`` keeps it to a width that reads well."""
    stream: Any = sys.stderr if stderr else sys.stdout
    width = None
    if not stream.isatty():
        stream = Trimmed(stream)
        if "COLUMNS" not in os.environ:
            width = READING if reading else WIDE
    made = Console(file=stream, highlight=False, markup=False, emoji=False, width=width)
    if reading and made.width > READING:
        made.width = READING
    return made


def say(text: str) -> None:
    """Print a sentence of ours, in which nothing foreign is harmful."""
    console().print(safe(text), soft_wrap=True)


def print_json(value: object) -> None:
    """Write ``value`` as JSON, and nothing else."""
    sys.stdout.write(as_json(value) + "\n")


def safe(text: object, style: str = "") -> Text:
    """Return foreign text as what it is, in a style of ours."""
    return Text(shown(text), style=style)


def one_line(text: object, style: str = "", most: int | None = None) -> Text:
    """Return foreign text on one line, cut where it is longer than ``most``."""
    return Text(line(text) if most is None else cut(text, most), style=style)


def table(*columns: str, right: Sequence[str] = ()) -> Table:
    """Return an empty table with these columns; those in ``right`` hold numbers."""
    made = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in columns:
        made.add_column(name, justify="right" if name in right else "left", overflow="fold")
    return made


def facts(pairs: Iterable[tuple[str, object]]) -> Table:
    """Return names and values beside each other; a value that is no Text is made one."""
    made = Table.grid(padding=(0, 2, 0, 0))
    made.add_column(style="dim", no_wrap=True)
    made.add_column(overflow="fold")
    for name, value in pairs:
        made.add_row(name, value if isinstance(value, Text | Table) else safe(value))
    return made


def title(text: str) -> Text:
    """Return a heading of ours."""
    return Text(shown(text), style="bold")


def indented(what: Table | Text, by: int = 2) -> Padding:
    """Return ``what`` moved to the right."""
    return Padding(what, (0, 0, 0, by))


def beside(left: str, right: str, rows: Iterable[tuple[Text, Text]], width: int) -> Table:
    """Return two lanes of equal width under their titles."""
    made = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name in (left, right):
        made.add_column(Text(shown(name)), width=max(20, width // 2 - 2), overflow="fold")
    for row in rows:
        made.add_row(*row)
    return made


class Cast:
    """Who has which colour: by order of appearance, the same in every view of a life."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self.styles: dict[str, str] = {}
        for name in names:
            self.style(name)

    def style(self, name: str) -> str:
        """Return the colour of ``name``."""
        if name not in self.styles:
            self.styles[name] = COLOURS[len(self.styles) % len(COLOURS)]
        return self.styles[name]


def words(said: Line) -> Text:
    """Return what a line says, thoughts dimmed, with whom it is said to where that is not everyone."""
    match said.kind:
        case "THINK":
            return Text(f"thinks: {shown(said.content)}", style="dim italic")
        case "FAILED":
            return Text(f"gave no usable answer: {shown(said.content)}", style="red")
        case "TALK" | "CONVERSATION":
            start = "" if said.to in ("everyone", "") else f"(to {line(said.to)}) "
        case "QUESTION":
            start = f"(asked in private, to {line(said.to)}) "
        case "ANSWER":
            start = "(in private) "
        case "REACH_OUT":
            start = f"(reaches out to {line(said.to) or 'nobody'}) "
        case "WRITE_DOCUMENT":
            return Text("(writes a document)", style="dim")  # which follows, in its own words
        case _:
            start = f"({line(said.kind).lower()}{f', to {line(said.to)}' if said.to else ''}) "
    return Text.assemble((start, "dim"), shown(readable(said.content) if said.kind == "RESULT" else said.content))


class Page:
    """Prints the lines of a transcript one after another, with a heading for every step."""

    def __init__(self, console: Console, names: Iterable[str] = ()) -> None:
        self.console = console
        self.cast = Cast(names)
        self.step: int | None = None
        self.who: str | None = None

    def print(self, said: Line) -> None:
        """Print one line."""
        if said.step != self.step:
            self.step, self.who = said.step, None
            when = line(said.time[:16].replace("T", " "))
            name = f"step {said.step}" if said.step else "before the first step"
            self.console.print(Text(f"\n── {name} · {when} ", style="dim"))
        row = Table.grid(padding=(0, 2, 0, 0))
        row.add_column(justify="right", width=5, style="dim")
        row.add_column(width=NAME_WIDTH, overflow="fold")
        row.add_column(overflow="fold")
        who = said.who or ("Interviewer" if said.kind == "QUESTION" else "·")
        name = "" if who == self.who else who  # what somebody does in one go stands under their name
        self.who = who
        row.add_row(str(said.seq), one_line(name, f"bold {self.cast.style(who)}", NAME_WIDTH * 2), words(said))
        self.console.print(row)
