"""What a branch changes at its fork: program items turned into commands, and what of them happens only later.

A list of edits is read as the program of a scenario made of the people and worlds that are there, so every name in it
is checked and every mistake told the same way.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from troupe_es import commands
from troupe_es import scenario as scenarios
from troupe_es.agent.prompts import traits
from troupe_es.controller.reading import with_files
from troupe_es.errors import UsageError
from troupe_es.events.base import HUMAN
from troupe_es.projections import State


def edits_of(items: Any, source: str, state: State, folder: Path | None = None) -> list[commands.Command]:
    """Return the commands that a list of program items stands for in ``state``.

    What they name is read from ``folder``; without one they name no file. Raises UsageError, BadScenario.
    """
    if not isinstance(items, list):
        raise UsageError(f"{source}: must be a list of program items, as in a scenario: '- say: …', '- run: 2'")
    people = [
        {"persona": {**traits(state, person), "name": person.id}, "world": person.world}
        for person in state.people.values()
    ]
    worlds = [{"name": world.id} for world in state.worlds.values()]
    content = {"troupe": 1, "name": "edits", "worlds": worlds, "people": people, "program": items}
    script = scenarios.model_of(content, source)
    if folder is not None:
        program = [with_files(item, folder, f"{source}: [{number}]") for number, item in enumerate(script.program)]
        script = script.model_copy(update={"program": program})
        scenarios.check(script, source)
    edits = scenarios.commands(script)[len(worlds) + len(people) :]
    if any(isinstance(edit, commands.Aside) for edit in edits):
        raise UsageError(
            f"{source}: what is asked aside is no edit: open the branch, then ask with 'troupe survey' etc."
        )
    return edits


def parted(edits: Sequence[commands.Command]) -> tuple[list[commands.Command], list[commands.Command]]:
    """Return what is changed at the fork, and what happens from the first run on."""
    for number, edit in enumerate(edits):
        if isinstance(edit, commands.Run | commands.Tell):
            return list(edits[:number]), list(edits[number:])
    return list(edits), []


def instead_of_humans(state: State, model: str) -> list[commands.Command]:
    """Return what lets ``model`` answer from here on for everybody whom a human plays."""
    played = [key for key, other in state.settings.models.items() if other == HUMAN]
    return [commands.Change(f"settings.models.{key}", model) for key in played if model != HUMAN]
