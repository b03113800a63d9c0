"""How the improviser judges claims and tells stories: by the words they have in common with what happened.

It understands neither. A short claim holds when most of its words were said; a long one is left to the dice.
"""

import json
from dataclasses import dataclass
from typing import Any

from troupe_es.llm.improviser import words
from troupe_es.llm.improviser.dice import Dice
from troupe_es.llm.protocol import Request

LONG = 8
"""Words of a claim from which on it is not about what was said."""

STEM = 5
"""Letters by which two words are taken for the same."""

NOT = "This is not so: "
"""What a denial begins with (``propositions.claims``)."""

MOST_EVIDENCE = 4
STOCK = frozenset(
    word[:STEM]
    for line in (
        "talk talks talked talking says said speaks spoke mentions mentioned mention brings brought asks asked",
        "somebody anybody everybody nobody person people conversation topic subject claim holds agrees",
    )
    for word in line.split()
)
ENDINGS = (
    "Then it was quiet, and everybody waited for somebody else to begin.",
    "Nobody had planned any of it. Now somebody had to say something.",
    "Outside a door fell shut. Inside, the first one drew breath.",
)


@dataclass(frozen=True)
class _Shown:
    """The lines of a prompt, by what they tell of."""

    events: list[dict[str, Any]]
    claims: list[dict[str, Any]]
    people: list[str]
    places: list[str]
    requirements: str


def verdicts(request: Request, dice: Dice) -> dict[str, Any]:
    """Return a verdict on each claim that the prompt puts."""
    shown = _read(request)
    names = _stems(" ".join(shown.people))
    return {"verdicts": [_verdict(claim, shown.events, names, dice) for claim in shown.claims]}


def _verdict(
    claim: dict[str, Any], events: list[dict[str, Any]], names: frozenset[str], dice: Dice
) -> dict[str, Any]:
    text = str(claim.get("text"))
    if text.startswith(NOT):
        denied = _verdict({**claim, "text": text.removeprefix(NOT)}, events, names, dice)
        return {**denied, "score": 9 - denied["score"], "holds": not denied["holds"]}
    wanted = _stems(text) - STOCK - names
    about = {who for event in events if (who := str(event.get("who"))) and who in text}
    shared = [
        (event["event"], _stems(str(event.get("content"))) & wanted)
        for event in events
        if not about or event.get("who") in about
    ]
    telling = [seq for seq, common in shared if common]
    if not wanted or len(wanted) > LONG:
        score = 3 + dice.below(6)
        reason = "As far as one can tell from this, on the whole."
    else:
        found = frozenset[str]().union(*(common for _, common in shared))
        score = round(9 * len(found) / len(wanted))
        reason = f"{len(found)} of the {len(wanted)} words that matter in it were said."
    return {
        "claim": claim["claim"],
        "reason": reason,
        "evidence": telling[-MOST_EVIDENCE:],
        "score": score,
        "holds": score >= 5,
    }


def story(request: Request, dice: Dice) -> dict[str, Any]:
    """Return a few sentences that bring those people together where they are."""
    shown = _read(request)
    people, place = shown.people, shown.places[0] if shown.places else ""
    there = f"{', '.join(people[:-1])} and {people[-1]}" if len(people) > 1 else "".join(people) or "Nobody"
    sentences = [f"{there} {'were' if len(people) > 1 else 'was'} {f'in the {place}' if place else 'there'}."]
    if shown.requirements:
        wanted = words.shorten(words.plain(shown.requirements), 200).rstrip(".")
        sentences.append(f"This is what it was to be about: {wanted}.")
    spoken = [event for event in shown.events if event.get("does") == "TALK"]
    for event in spoken[-2:]:
        said = words.shorten(words.plain(str(event.get("content"))), 160)
        sentences.append(f"“{said}”, {event.get('who')} had said.")
    return {"story": " ".join([*sentences, dice.pick(ENDINGS)])}


def _stems(text: str) -> frozenset[str]:
    return frozenset(word[:STEM] for word in words.content_words(text))


def _read(request: Request) -> _Shown:
    shown = _Shown([], [], [], [], "")
    requirements = ""
    for message in request.prompt.chain():
        for line in message.content.splitlines() if message.role == "user" else ():
            told = _json(line)
            if isinstance(told.get("event"), int):
                shown.events.append(told)
            elif isinstance(told.get("claim"), int):
                shown.claims.append(told)
            elif "person" in told:
                shown.people.append(words.plain(str(told["person"])))
            elif "place" in told:
                shown.places.append(words.plain(str(told["place"])))
            elif "requirements" in told:
                requirements = str(told["requirements"])
    return _Shown(shown.events, shown.claims, shown.people, shown.places, requirements)


def _json(line: str) -> dict[str, Any]:
    if not line.startswith("{"):
        return {}
    try:
        told = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}
