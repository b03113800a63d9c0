"""Who somebody is, read from the persona outline at the head of a prompt.

The outline is made for models and people to read, so this reads it as a person would: by headings, keys and
indentation, taking what it understands and leaving the rest. Each outline is read once and kept.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, TypeAlias

from troupe_es.llm.improviser import words

Kind: TypeAlias = Literal["belief", "interest", "like", "dislike", "goal", "fact", "trade"]
KINDS: tuple[tuple[str, Kind], ...] = (
    ("belief", "belief"),
    ("interest", "interest"),
    ("dislike", "dislike"),
    ("likes", "like"),
    ("favorite", "like"),
    ("goal", "goal"),
    ("fact", "fact"),
)
"""Which headings mean what; the first that stands in a path counts."""

SPOKEN = re.compile(r"^(?:you|your|i|my)\b", re.IGNORECASE)
OTHERS = re.compile(r"\b(?:he|she|his|her|him|hers|himself|herself)\b", re.IGNORECASE)
PERSONS = {
    "you are": "I am",
    "you were": "I was",
    "you're": "I'm",
    "your": "my",
    "yours": "mine",
    "yourself": "myself",
    "you": "I",
}
PERSON = re.compile(rf"\b(?:{'|'.join(sorted(PERSONS, key=len, reverse=True))})\b", re.IGNORECASE)
OBJECT = re.compile(
    r"(?<=[a-z] )you(?=$| (?:a|an|and|or|the|to|in|on|at|with|when|about|for|from|by)\b|[,;.])", re.IGNORECASE
)
NUMBER = re.compile(r"^\d+(?:\.\d+)?$")


@dataclass(frozen=True)
class Ground:
    """Something of their own that a person can bring up; ``text`` has no full stop."""

    kind: Kind
    text: str
    words: frozenset[str]


@dataclass(frozen=True)
class Character:
    """What the improviser knows of a person. The five factors are -1, 0 or 1."""

    name: str
    trade: str = ""
    grounds: tuple[Ground, ...] = ()
    goals: tuple[str, ...] = ()
    openness: int = 0
    conscientiousness: int = 0
    extraversion: int = 0
    agreeableness: int = 0
    neuroticism: int = 0

    @property
    def first(self) -> str:
        """The name others call them by."""
        return words.called(self.name)


@lru_cache(maxsize=512)
def read(system: str) -> Character:
    """Return the person that the system message ``system`` describes."""
    head, _, outline = system.partition("\n")
    found = re.match(r"You are (.{1,120}?)\.?\s*$", head)
    name = words.plain(found.group(1)) if found else "Somebody"
    grounds: list[Ground] = []
    goals: list[str] = []
    factors: dict[str, int] = {}
    trade = ""
    for path, text in leaves(outline):
        _weigh(path, text, factors)
        if not trade and "occupation" in path and path.endswith(("title", "occupation")):
            trade = _trade(text)
        kind = next((kind for mark, kind in KINDS if mark in path), None)
        spoken = _spoken(text, kind, name) if kind else ""
        if kind == "goal" and spoken:
            goals.append(spoken)
        if kind and spoken and len(grounds) < 60:
            grounds.append(Ground(kind, spoken, words.content_words(text)))
    return Character(name, trade, tuple(grounds), tuple(goals), **factors)


def leaves(outline: str) -> list[tuple[str, str]]:
    """Return the leaves of ``outline``, each with the headings and keys above it (``beliefs/food``)."""
    found: list[tuple[str, str]] = []
    stack: list[tuple[int, str]] = []
    for line in outline.splitlines():
        body = line.strip()
        if not body:
            continue
        bullet = body.startswith(("- ", "* ", "• "))
        depth = len(line) - len(line.lstrip())
        if body.startswith("#"):
            depth = body.index(" ") - 100 if " " in body else -99
            body = body.lstrip("# ") + ":"
        elif bullet:
            body = body[2:].strip()
        while stack and (stack[-1][0] > depth or (stack[-1][0] == depth and not bullet)):
            stack.pop()
        key, colon, value = body.partition(":")
        if colon and len(key) <= 40 and key.count(" ") <= 3 and (not value or value.startswith(" ")):
            key = key.strip().lower().replace(" ", "_")
            if value.strip():
                found.append(("/".join([*(name for _, name in stack), key]), value.strip()))
            else:
                stack.append((depth + bullet, key))
        else:
            found.append(("/".join(name for _, name in stack), body))
    return found


def _weigh(path: str, text: str, factors: dict[str, int]) -> None:
    for factor in ("openness", "conscientiousness", "extraversion", "agreeableness", "neuroticism"):
        if factor not in path or factor in factors or "explanation" in path:
            continue
        if NUMBER.match(text):
            value = float(text) * (100 if float(text) <= 1 else 1)
            factors[factor] = (value > 60) - (value < 40)
        elif text[:20].lower().startswith(("high", "very high", "low", "very low", "medium")):
            factors[factor] = ("high" in text[:9].lower()) - ("low" in text[:8].lower())


def _spoken(text: str, kind: Kind, name: str) -> str:
    """Return ``text`` as the person would say it of themselves, or nothing where that is not clear."""
    told = words.plain(re.split(r"(?<=\w\w)[.;:(](?:\s|$)|\s[—–(]\s?|—", text)[0]).strip(" .")
    told = re.sub(r"^(?:(?:you|he|she|they) )?(?:firmly |strongly )?believes? (?:that )?", "", told, flags=re.I)
    if SPOKEN.match(told) or kind not in ("belief", "fact"):  # a belief's "you" may be anybody
        told = OBJECT.sub("me", told)
        told = PERSON.sub(lambda found: PERSONS[found.group().lower()], told)
    elif kind == "fact":
        return ""
    if "?" in told or OTHERS.search(told) or words.called(name) in told or not 8 <= len(told) <= 110:
        return ""
    return re.sub(r"^[Tt]o (?=\w)", "", told) if kind == "goal" else words.capitalised(told)


def _trade(title: str) -> str:
    plain = words.plain(title.split("/")[0].split("(")[0]).strip(" .")
    return words.shorten(" ".join(words.decapitalised(word) for word in plain.split()), 50)
