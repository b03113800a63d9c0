"""What a small model may answer: the matter, a reason out of the person's own sentences, a stance, and then words.

The order is the point. A model that has to say first where it stands, and why, in words that were given to it, goes
on from there; one that may talk first talks as an assistant. The words are bounded by a pattern, so that an answer
always ends, and ends with a sentence.
"""

import json
from collections.abc import Collection, Sequence
from typing import Any

from troupe_es.acting import Misfit, json_object, record, text
from troupe_es.acts import Intent
from troupe_es.events import Mind
from troupe_es.llm import Response, Schema

POSITIONS = {
    "is for it": "I am for it.",
    "is against it": "I am against it.",
    "sees both sides": "I see both sides.",
    "wants to know more": "I want to know more first.",
    "is reminded of something": "That reminds me of something.",
}
"""Where a person can stand when somebody puts a matter to them: how others see it, and how they think it."""

MOVES = {
    "asks": "I want to ask something.",
    "answers": "I will answer that.",
    "agrees": "That is right.",
    "disagrees": "That is not how it is.",
    "tells a story": "That makes me think of something.",
}
"""The same for people who talk among themselves."""

STANCES = {**POSITIONS, **MOVES}
FEELINGS = {
    "is for it": "in favour",
    "is against it": "unwilling",
    "sees both sides": "in two minds",
    "wants to know more": "curious",
    "is reminded of something": "reminded",
    "asks": "curious",
    "answers": "open",
    "agrees": "at one",
    "disagrees": "at odds",
    "tells a story": "reminded",
}
"""What a stance feels like: a small model's own word for it would cost time and say less."""
MATTER = r"""^[^A-Z.!?:,'"\\{}<>\[\]\s][^.!?:,'"\\{}<>\[\]\n\r\t]{2,30}$"""
SENTENCE = r"""[A-Z'‘“I][^.!?"\\{}<>\[\]\n\r\t]{8,140}[.!?]"""
WORDS = f"^{SENTENCE}( {SENTENCE})?$"
"""One or two whole sentences."""


def turn(reasons: Sequence[str], stances: Collection[str]) -> Schema:
    """Return what a person with these sentences of their own may answer when it is their moment."""
    return Schema(
        "small-turn",
        record(
            about=text(pattern=MATTER),
            because=text(enum=list(reasons)),
            stance=text(enum=list(stances)),
            say=text(pattern=WORDS),
        ),
    )


def reply(reasons: Sequence[str]) -> Schema:
    """Return what they may answer when they are asked in private."""
    return Schema(
        "small-ask",
        record(because=text(enum=list(reasons)), answer=text(pattern=WORDS)),
    )


def read_turn(response: Response, reasons: Sequence[str], stances: Collection[str]) -> tuple[list[Intent], Mind]:
    """Return the thought, the words and the state of mind that an answer stands for. Raises Misfit."""
    said = _read(response)
    about, words = _words(said, "about"), _words(said, "say")
    taken, because = _one_of(said, "stance", stances), _one_of(said, "because", reasons)
    mind = Mind(goals=STANCES[taken], context=[about], attention=because, emotions=FEELINGS[taken])
    return [Intent("THINK", f"{STANCES[taken]} {because}"), Intent("TALK", words)], mind


def read_reply(response: Response) -> str:
    """Return the words of an answer to a question. Raises Misfit."""
    return _words(_read(response), "answer")


def stance(mind: Mind) -> str | None:
    """Return where a person with this state of mind stands; None if it did not come from here."""
    return next((stance for stance, thought in STANCES.items() if thought == mind.goals), None)


def told(mind: Mind, words: str) -> str:
    """Return the answer that led to ``mind`` and ``words``, as the model gave it."""
    about = mind.context[0] if mind.context else ""
    said = {"about": about, "because": mind.attention, "stance": stance(mind), "say": words}
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"))


def _read(response: Response) -> dict[str, Any]:
    if response.refusal or response.finish in ("refusal", "filter"):
        raise Misfit("it was refused.")
    if response.finish == "length":
        raise Misfit("it was cut off: be shorter.")
    return json_object(response.text)


def _one_of(said: dict[str, Any], key: str, choices: Collection[str]) -> str:
    value = said.get(key)
    if not isinstance(value, str) or value not in choices:
        raise Misfit(f"'{key}' must be one of: {' | '.join(choices)}")
    return value


def _words(said: dict[str, Any], key: str) -> str:
    value = said.get(key)
    if not isinstance(value, str) or not value.strip():
        raise Misfit(f"'{key}' must be a sentence or two.")
    return value.strip()
