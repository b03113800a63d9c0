"""What others put into a running simulation's mailbox, taken up between two steps as given events.

Whoever does not hold a branch's lease cannot write its events; a row in the mailbox is how they speak to it. A
letter that the simulation cannot take is put into the journal with the reason, and the run goes on. Two letters are
no commands: one asks the process that runs the branch to pause, one brings a human's answer.
"""

import asyncio
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

from pydantic import TypeAdapter

from troupe_es import canonical, commands
from troupe_es.controller import blobs
from troupe_es.llm.human import Asked
from troupe_es.log import Branch, Log

POLL = 0.1
"""Seconds between looks into the mailbox for a human's answer."""


@dataclass(frozen=True)
class Pause:
    """Asks ``owner``, the process that runs the branch, to stop at the next step's boundary; nobody else."""

    owner: str


@dataclass(frozen=True)
class Answer:
    """A human's words, in answer to the request at this address."""

    address: str
    request: str
    words: str


Letter: TypeAlias = commands.Command | Pause | Answer

WORDS: dict[str, type[Any]] = {
    "say": commands.Stimulate,
    "change": commands.Change,
    "add-person": commands.AddPerson,
    "remove-person": commands.RemovePerson,
    "add-fragment": commands.AddFragment,
    "set-mind": commands.SetMind,
    "intervene": commands.Intervene,
    "call-off": commands.CallOff,
    "tell": commands.Tell,
    "add-world": commands.AddWorld,
    "move": commands.Move,
    "relate": commands.Relate,
    "unrelate": commands.Unrelate,
    "skip": commands.Skip,
    "equip": commands.Equip,
    "unequip": commands.Unequip,
    "pause": Pause,
    "answer": Answer,
}


def post(log: Log, branch: Branch, letter: Letter) -> int:
    """Put ``letter`` into the mailbox of ``branch``; returns its number.

    An image goes into the store first, and the letter names it. Raises ValueError for a command that cannot be sent
    by mail, UsageError for an image that is none.
    """
    for word, kind in WORDS.items():
        if type(letter) is kind:
            content = asdict(letter if isinstance(letter, Pause | Answer) else blobs.kept(log, letter))
            plain = TypeAdapter(Any).dump_python(content, mode="json")
            return log.post(branch, canonical.dumps({"command": word, **canonical.clean(plain)[0]}))
    raise ValueError(f"a {type(letter).__name__} cannot be sent by mail")


def read(payload: str) -> Letter:
    """Return what a letter says. Raises ValueError (pydantic's is one) for what is none."""
    content = json.loads(payload)
    word = content.pop("command", None) if isinstance(content, dict) else None
    if word not in WORDS:
        raise ValueError(f"a letter's command is one of {', '.join(WORDS)}, not {word!r}")
    letter: Letter = TypeAdapter(WORDS[word]).validate_python(content)
    return letter


class ByMail:
    """Reaches a human through the store: what they are asked stands there, and another process answers by mail.

    ``told`` is told whom a run is waiting for.
    """

    def __init__(self, log: Log, branch: Branch, told: Callable[[str], None]) -> None:
        self.log = log
        self.branch = branch
        self.told = told

    async def ask(self, asked: Asked) -> str:
        """Wait for the letter that answers, and return its words; it stays until they are recorded."""
        self.told(f"waiting for {asked.person}, a human: troupe say {self.branch} 'WORDS' --as {asked.person}")
        while (answer := self._answer(asked)) is None:
            await asyncio.sleep(POLL)
        return answer

    def _answer(self, asked: Asked) -> str | None:
        for mail in self.log.mail(self.branch):
            try:
                letter = read(mail.payload)
            except ValueError:
                continue  # whoever takes the mail says why
            if isinstance(letter, Answer) and (letter.address, letter.request) == (asked.address, asked.request):
                return letter.words
        return None
