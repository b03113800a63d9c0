"""A persona in a few sentences of the first person, which is all that a small model can hold on to.

Personas speak to the person (*you watch for a good while before you speak*), about them, or in words that are no
sentence; here they become *I watch…*, as well as rules for English can do it. What does not lend itself stays out.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from troupe_es.agent.outline import line

LONGEST = 160
"""Characters of one sentence at most; longer ones are left out, as half a sentence says something else."""
REASONS = 5
"""How many of their own sentences a person may give as a reason; among more, a small model loses its way."""

OBJECT = (
    "to|for|with|at|on|of|from|about|by|than|without|around|near|behind|after|before|against|like|makes?|made|lets?|"
    "tells?|told|ask(?:s|ed)?|gives?|gave|given|rings?|rang|call(?:s|ed)?|helps?|sees?|saw|wants?|needs?|taught|"
    "keeps?|leaves?|left|watch(?:es)?|knows?"
)
"""After these words (in the form in which they stand before *you*), *you* is *me*."""
PHRASES = (
    (r"\byou are\b", "I am"),
    (r"\byou were\b", "I was"),
    (r"\byou[’']re\b", "I'm"),
    (r"\b(you[’'](?=(?:ve|ll|d)\b))", "I'"),
    (r"\byourself\b", "myself"),
    (r"\byours\b", "mine"),
    (r"\byour\b", "my"),
    (rf"\b({OBJECT}|\w+ing) you\b", r"\1 me"),
    (r"\byou(?=\s*(?:[.,;:!?]|$))", "me"),
    (r"\byou\b", "I"),
)
RULES = tuple((re.compile(pattern, re.IGNORECASE), new) for pattern, new in PHRASES)
STARTS = re.compile(r"(?:^|(?<=[.!?] ))(me|my|mine|myself)\b")
ARTICLE = re.compile(r"^(?:A|An|The)\b")
AIM = re.compile(r"to\s+(?=\w)", re.IGNORECASE)


def first_person(text: str) -> str:
    """Return ``text`` with *you* turned into *I*."""
    for pattern, new in RULES:
        text = pattern.sub(new, text)
    return STARTS.sub(lambda match: match[0].capitalize(), text)


def introduction(name: str, traits: Mapping[str, Any]) -> list[str]:
    """Return who the person is: name, age, work and home in one sentence, then how they speak and are."""
    age = traits.get("age")
    title = _title(traits)
    home = _short(traits.get("residence")) or _short(traits.get("country_of_residence"))
    who = f"I am {' '.join(name.split())}"
    who += f", {age}" if isinstance(age, int | float) else ""
    who += f", {title[:1].lower() + title[1:]}" if title else ""
    who += f", from {ARTICLE.sub(lambda found: found[0].lower(), home)}" if home else ""
    manner = [*_sentences(traits.get("style")), *_sentences(_at(traits, "personality", "traits"))][:2]
    known = [*_sentences(traits.get("health")), *_sentences(traits.get("other_facts"))][:2]
    return [_whole(who), *(_whole(first_person(sentence)) for sentence in [*manner, *known])]


def reasons(traits: Mapping[str, Any]) -> list[str]:
    """Return the sentences a person may act on, all of them their own, each once, the most telling last.

    A small model likes best what it read last.
    """
    found = dict.fromkeys(_whole(text) for text in _sources(traits) if 0 < len(text) <= LONGEST)
    return list(found)[:REASONS][::-1] or ["I have no opinion about it yet."]


def _sources(traits: Mapping[str, Any]) -> Iterator[str]:
    """What a person could give as a reason, most telling first: what they believe, then some of each kind."""
    beliefs = [first_person(text) for text in _sentences(traits.get("beliefs"))]
    goals = [_aim(text) for text in _sentences(traits.get("long_term_goals"))]
    likes = [f"I like {_inside(text)}" for text in _sentences(_at(traits, "preferences", "likes"))]
    dislikes = [f"I dislike {_inside(text)}" for text in _sentences(_at(traits, "preferences", "dislikes"))]
    yield from (*beliefs, *goals[:1], *dislikes[:1], *likes[:1])
    yield from (*goals[1:], *dislikes[1:], *likes[1:])
    yield from (f"I care about {_inside(text)}" for text in _sentences(_at(traits, "preferences", "interests")))
    yield from (first_person(text) for text in _sentences(traits.get("other_facts")))
    yield from (first_person(text) for text in _sentences(_at(traits, "personality", "traits")))


def _aim(text: str) -> str:
    return first_person(AIM.sub("I want to ", text, count=1) if AIM.match(text) else text)


def _inside(text: str) -> str:
    """Return ``text`` as it stands within a sentence."""
    kept = text[:1].isupper() and text[1:2].isupper()
    return first_person(text if kept else text[:1].lower() + text[1:])


def _title(traits: Mapping[str, Any]) -> str:
    occupation = traits.get("occupation")
    title = occupation.get("title") if isinstance(occupation, Mapping) else occupation
    return _short(title)


def _short(value: Any) -> str:
    return " ".join(line(value).split()).rstrip(".") if isinstance(value, str) and len(value) <= LONGEST else ""


def _sentences(value: Any) -> list[str]:
    """Return what a trait says, one sentence or phrase each, whatever kind of value it is."""
    if isinstance(value, str):
        plain = " ".join(line(value).replace("\\n", " ").split())
        return [part for part in re.split(r"(?<=[.!?])\s+", plain) if part]
    if isinstance(value, Mapping):
        return [sentence for item in value.values() for sentence in _sentences(item)]
    if isinstance(value, list):
        return [
            " ".join(line(item).split()) if isinstance(item, str) else "" for item in value if isinstance(item, str)
        ]
    return []


def _at(traits: Mapping[str, Any], *keys: str) -> Any:
    found: Any = traits
    for key in keys:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found


def _whole(text: str) -> str:
    """Return ``text`` as a sentence: a capital first, an end mark last."""
    text = text.strip()
    return text[:1].upper() + text[1:] + ("" if text[-1:] in ".!?" else ".")
