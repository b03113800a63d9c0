"""A human takes part in the terminal: what they perceive is printed, and the line they type is what they do."""

import asyncio
import sys
import threading
from collections.abc import Iterable
from pathlib import Path

import click

from troupe_es import canonical
from troupe_es.controller.store import Store
from troupe_es.errors import Interrupted, UsageError
from troupe_es.events.base import HUMAN
from troupe_es.llm.human import Asked
from troupe_es.scenario import Scenario
from troupe_es.ui.options import typed
from troupe_es.ui.text import line

HELP = "plain words are said aloud; /think …, /to NAME: …, /reach NAME: …; an empty line is silence"


class Terminal:
    """Reaches whoever sits at this terminal; one person is asked at a time."""

    def __init__(self) -> None:
        self.turn = asyncio.Lock()
        self.told = False

    async def ask(self, asked: Asked) -> str:
        """Print what ``asked`` shows and return the line that is typed. Raises Interrupted where no more come."""
        async with self.turn:
            self._show(asked)
            return await self._typed()

    def _show(self, asked: Asked) -> None:
        if not self.told:
            click.echo(f"({HELP})", err=True)
            self.told = True
        click.echo("\n".join(line(each) for each in asked.perceived), err=True)
        click.echo(f"{asked.person}> ", nl=False, err=True)

    async def _typed(self) -> str:
        """Return the next line, read in a thread of its own: nothing waits for it when the run is stopped."""
        loop = asyncio.get_running_loop()
        came: asyncio.Future[str] = loop.create_future()

        def read() -> None:
            text = sys.stdin.readline()
            loop.call_soon_threadsafe(arrived, text)

        def arrived(text: str) -> None:
            if not came.done():
                came.set_result(text)

        threading.Thread(target=read, name="troupe-terminal", daemon=True).start()
        text = await came
        if not text:
            raise Interrupted("the input has ended, and with it this person's part; resume goes on")
        return text.rstrip("\r\n")


def cast(script: Scenario, names: Iterable[str]) -> tuple[Scenario, dict[str, Terminal]]:
    """Return the scenario with the people of these names played by a human, and how each is reached (by id)."""
    known = [str((person.persona or {}).get("name", "")) for person in script.people]
    ids = [_id(name, known) for name in names]
    models = {**script.settings.models, **{f"person:{id}": HUMAN for id in ids}}
    settings = script.settings.model_copy(update={"models": models})
    return (script.model_copy(update={"settings": settings}) if ids else script), seated(ids)


def seated(ids: Iterable[str]) -> dict[str, Terminal]:
    """Return this terminal as the channel of the people with these ids."""
    terminal = Terminal()
    return dict.fromkeys(ids, terminal)


def seats(path: Path, ref: str, played: tuple[str, ...]) -> dict[str, Terminal]:
    """Return how the people who are ``played`` here are reached. Raises UsageError for one no human plays."""
    if not played:
        return {}
    with Store(path, write=False) as store:
        state = store.at(ref)
    people = [state.person(name) for name in played]
    for person in people:
        model = state.settings.model_for(person.id, "turn")
        if model != HUMAN:
            change = f"settings.models.person:{person.id}={HUMAN}"
            raise UsageError(
                f"{person.name} is played by {model}, not by a human; to change that from here on: "
                f"{typed(path, 'set', ref, change)}"
            )
    return seated(person.id for person in people)


def _id(name: str, known: list[str]) -> str:
    wanted = name.strip().casefold()
    for matches in (
        [each for each in known if wanted in (each.casefold(), canonical.slug(each))],
        [each for each in known if each.casefold().split(" ", 1)[0] == wanted],
    ):
        if len(matches) == 1:
            return str(canonical.slug(matches[0]))
    raise UsageError(f"--as {name!r}: nobody of that name takes part; there are: {', '.join(known) or 'none'}")
