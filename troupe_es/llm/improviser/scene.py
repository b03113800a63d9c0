"""What is going on, read from a prompt: what was perceived, by whom it was said, who is here, what is asked.

Only the tail of a prompt is read (a life may be long), and each message once.
"""

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from troupe_es.llm.improviser import character, words
from troupe_es.llm.protocol import Message, Request

REMEMBERED = 24
"""How many stimuli back the improviser remembers."""
AGENDA = 4
"""How many of those may set the subject."""
REPEATED = 8
"""How many of their own last answers a person avoids repeating."""


@dataclass(frozen=True)
class Heard:
    """One perceived stimulus."""

    kind: str
    speaker: str
    content: str
    to: str = ""

    @property
    def spoken(self) -> bool:
        """Whether these are words, not a sight, a place or a thought."""
        return self.kind == "CONVERSATION"

    @property
    def sight(self) -> str:
        """The stimulus as one remark, without a full stop."""
        return words.shorten(f"{self.speaker} {self.content}".strip(), 120).rstrip(" .")


@dataclass(frozen=True)
class Scene:
    """A prompt as the improviser understands it.

    ``heard`` is in order; ``fresh`` is what of it came since one's own last answer; ``air`` is all that was
    heard and one's own last answers in one text, so as not to repeat it.
    """

    me: character.Character
    heard: tuple[Heard, ...]
    fresh: tuple[Heard, ...]
    here: tuple[str, ...]
    question: str
    air: str

    def names(self) -> set[str]:
        """Return the names of everybody here or heard, word by word, in lower case."""
        everybody = {*self.here, self.me.name, *(heard.speaker for heard in self.heard)}
        return {part for name in everybody for part in name.lower().split()}

    def agenda(self, stock: frozenset[str]) -> tuple[str, ...]:
        """Return what the talk is about, likeliest first: what outsiders brought up, or else anybody.

        What consists of words in ``stock`` alone is nobody's subject.
        """
        inside = self.here or {heard.speaker for heard in self.heard if heard.speaker}
        outside = [heard for heard in self.heard if heard.speaker not in inside] or self.heard
        weights: dict[str, int] = {}
        for late, heard in enumerate(outside[-AGENDA:]):
            for phrase in words.phrases(heard.content):
                weights[phrase.text] = max(weights.get(phrase.text, -9), phrase.weight + 2 * late)
        names = self.names()
        split = {text: set(text.lower().split()) for text in weights}
        usable = [text for text, parts in split.items() if not names & parts and parts - stock]
        longer = set().union(*(split[text] for text in usable if " " in text))
        found = [text for text in usable if text not in longer]
        return tuple(sorted(found, key=lambda text: -weights[text])[:8])


def read(request: Request) -> Scene:
    """Return the scene that the prompt of ``request`` sets."""
    heard: list[Heard] = []  # newest first, like own
    own: list[str] = []
    here: tuple[str, ...] = ()
    question = ""
    fresh = 0
    message: Message | None = request.prompt
    while message is not None and (len(heard) < REMEMBERED or not own):
        if message.role == "assistant":
            fresh = fresh if own else len(heard)
            own.append(message.content)
        elif message.role == "user":
            seen = _perceived(message.content)
            heard.extend(reversed(seen.heard))
            here, question = here or seen.here, question or seen.question
        message = message.parent
    me = character.read(_first(request.prompt).content)
    rest = [item for item in heard if item.speaker != me.name]
    new = sum(item.speaker != me.name for item in heard[: fresh if own else None])
    others = tuple(name for name in here if name != me.name)
    air = "\n".join([*own[:REPEATED], *(item.content for item in rest)])
    return Scene(me, tuple(rest[::-1]), tuple(rest[:new][::-1]), others, question, air)


@dataclass(frozen=True)
class _Seen:
    heard: tuple[Heard, ...] = ()
    here: tuple[str, ...] = ()
    question: str = ""


@lru_cache(maxsize=8192)
def _perceived(content: str) -> _Seen:
    heard: list[Heard] = []
    here: tuple[str, ...] = ()
    question = ""
    for line in content.splitlines():
        value = _json(line)
        if "stimulus" in value:
            texts = [words.plain(str(value.get(key) or "")) for key in ("stimulus", "from", "content", "to")]
            heard.append(Heard(*texts))
        elif isinstance(value.get("here"), list):
            here = tuple(words.plain(str(name)) for name in value["here"])
        elif "question" in value:
            question = words.plain(str(value["question"]))
    return _Seen(tuple(heard), here, question)


def _json(line: str) -> dict[str, Any]:
    """Return the object on ``line``, or an empty one: most lines of a prompt are prose, and that is fine."""
    start = line.find("{")
    if start < 0:
        return {}
    try:
        value = json.loads(line[start:])
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _first(message: Message) -> Message:
    while message.parent is not None:
        message = message.parent
    return message
