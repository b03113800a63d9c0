"""What others put into a running simulation's mailbox, taken up between two steps as given events.

Whoever does not hold a branch's lease cannot write its events; a row in the mailbox is how they speak to it. A
letter that the simulation cannot take is put into the journal with the reason, and the run goes on.
"""

import json
from dataclasses import asdict
from typing import Any

from pydantic import TypeAdapter

from troupe_es import canonical, commands
from troupe_es.log import Branch, Log

WORDS: dict[str, type[Any]] = {
    "say": commands.Stimulate,
    "change": commands.Change,
    "add-person": commands.AddPerson,
    "remove-person": commands.RemovePerson,
}


def post(log: Log, branch: Branch, command: commands.Command) -> int:
    """Put ``command`` into the mailbox of ``branch``; returns the letter's number.

    Raises ValueError for a command that cannot be sent by mail.
    """
    for word, kind in WORDS.items():
        if type(command) is kind:
            return log.post(branch, canonical.dumps({"command": word, **canonical.clean(asdict(command))[0]}))
    raise ValueError(f"a {type(command).__name__} cannot be sent by mail")


def read(payload: str) -> commands.Command:
    """Return the command a letter holds. Raises ValueError (pydantic's is one) for what is none."""
    content = json.loads(payload)
    word = content.pop("command", None) if isinstance(content, dict) else None
    if word not in WORDS:
        raise ValueError(f"a letter's command is one of {', '.join(WORDS)}, not {word!r}")
    command: commands.Command = TypeAdapter(WORDS[word]).validate_python(content)
    return command
