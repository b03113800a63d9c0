"""A human as one of the people: whoever takes part is asked like a model, and their words are recorded like one's.

They are shown what the person perceives, and write in lines: plain words are said aloud, ``/think …`` is thought,
``/to NAME …`` is said to one person, ``/reach NAME …`` makes contact; nothing is silence. How they are reached (the
terminal, another process) is a channel that whoever sets up the model hands in. They cost nothing.
"""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from troupe_es import canonical
from troupe_es.errors import MissingAnswer
from troupe_es.events.base import HUMAN
from troupe_es.llm.protocol import Request, Response

SEEN = {
    "CONVERSATION": "{who}says: {content}",
    "SOCIAL": "{who}reaches out: {content}",
    "LOCATION": "you are at: {content}",
    "VISUAL": "you see: {content}",
    "THOUGHT": "you think: {content}",
    "INTERNAL_GOAL_FORMULATION": "you want: {content}",
}
LONGEST_NAME = 4
"""Most words of a name before a colon: more of them are something that is said."""


@dataclass(frozen=True)
class Asked:
    """What a human is asked: as whom, what for, and what there is to perceive since they last acted."""

    person: str
    purpose: str
    perceived: list[str]
    address: str
    request: str


class Channel(Protocol):
    """A way to reach a human."""

    async def ask(self, asked: Asked) -> str:
        """Return the words that come back, however long it takes."""
        ...


class Human:
    """Answers as whoever is at the other end: of the channel for the person (by id), else of ``mail``."""

    name = HUMAN

    def __init__(self, channels: Mapping[str, Channel], mail: Channel | None = None) -> None:
        self.channels = channels
        self.mail = mail

    async def complete(self, request: Request, draw: int) -> Response:
        """Return what the human wrote, in the format that is asked for; waits until they have."""
        channel = self.channels.get(request.person, self.mail)
        if channel is None:
            raise MissingAnswer(f"{request.person} is played by a human, and nobody is there to be asked")
        begun = time.monotonic()
        words = await channel.ask(asked(request))
        return Response(
            text=written(words, request.schema.name if request.schema else ""),
            model=self.name,
            prompt_tokens=0,
            completion_tokens=0,
            seconds=time.monotonic() - begun,
        )


def asked(request: Request) -> Asked:
    """Return what a human is asked by ``request``."""
    chain = [(message.role, message.content) for message in request.prompt.chain()]
    return Asked(request.person, request.purpose, perceived(chain), request.address, request.hash)


def perceived(chain: Sequence[tuple[str, str]]) -> list[str]:
    """Return, in plain lines, what a prompt of (role, content) pairs shows since its person last acted."""
    since: list[str] = []
    for role, content in chain[1:]:
        since = [] if role == "assistant" else [*since, *content.split("\n")]
    return [line for each in since if (line := _plain(each))]


def _plain(line: str) -> str:
    """Return one line of a prompt as a human reads it; how a model is to answer is not for them."""
    try:
        seen = json.loads(line)
    except ValueError:
        return line if line.startswith(("It is ", "That answer ")) and "moment" not in line else ""
    if not isinstance(seen, dict):
        return ""
    if "question" in seen:
        choice = "".join(f"; {key}: {', '.join(map(str, seen[key]))}" for key in ("rows", "options") if key in seen)
        return f"you are asked in private: {seen['question']}{choice}"
    if "here" in seen:
        return f"here: {', '.join(map(str, seen['here'])) or 'nobody else'}"
    if seen.get("stimulus") == "RESULT":
        return f"{seen.get('of')}: {seen.get('content')}"
    who = f"{seen['from']} " if seen.get("from") else ""
    told = SEEN.get(str(seen.get("stimulus")), "")
    return told.format(who=who or "somebody ", content=seen.get("content", ""))


def written(words: str, form: str) -> str:
    """Return what a human wrote as the JSON that a turn (``form``) or an answer is; anything else as it stands."""
    if form == "ask":
        return canonical.told({"answer": words.strip() or "(says nothing)"})
    if form == "survey":
        return canonical.told({"reason": "", "answer": _typed(words)})
    if form != "turn":
        return words
    actions = [_action(line.strip()) for line in words.splitlines() if line.strip()]
    return canonical.told({"actions": [*actions, {"type": "DONE", "content": "", "target": ""}]})


def _typed(words: str) -> Any:
    """Return an answer as it was meant: a list or an object where it is written as one, else the words."""
    try:
        value = json.loads(words)
    except (ValueError, RecursionError):
        return words.strip()
    return value if isinstance(value, list | dict) else words.strip()


def _action(line: str) -> dict[str, Any]:
    word, _, rest = line.partition(" ")
    if word == "/think" and rest.strip():
        return {"type": "THINK", "content": rest.strip(), "target": ""}
    if word in ("/to", "/reach") and rest.strip():
        name, _, content = _named(rest.strip())
        return {"type": "TALK" if word == "/to" else "REACH_OUT", "content": content.strip(), "target": name}
    return {"type": "TALK", "content": line, "target": ""}


def _named(rest: str) -> tuple[str, str, str]:
    """Part a name from the words: what stands before a colon, else the first word."""
    name, colon, words = rest.partition(":")
    return (name, colon, words) if colon and len(name.split()) <= LONGEST_NAME else rest.partition(" ")
