"""How the improviser takes part in surveys, finds values and sorts texts: by the words that stand there, and dice.

It understands none of it. An answer on a scale follows the stance that somebody takes on the words of the question,
so that the same person answers alike; what is found is what was said last; a label is a word that texts share.
"""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from troupe_es.llm.improviser import answers, performance, words
from troupe_es.llm.improviser.dice import Dice
from troupe_es.llm.improviser.fitting import Fitting
from troupe_es.llm.improviser.scene import Scene
from troupe_es.llm.protocol import Request

MOST_EVIDENCE = 4
REASON = 120
"""Characters of the reason for an answer."""


def survey(request: Request, scene: Scene, dice: Dice) -> dict[str, Any]:
    """Return an answer to the question that is put last, in the format of the request."""
    assert request.schema is not None
    told = _lines(request.prompt.content)
    asked: dict[str, Any] = next((line for line in reversed(told) if "question" in line), {})
    form = request.schema.body["properties"]["answer"]
    reason = answers.reply(scene, dice, str(asked.get("question", "")))
    lean = performance.cast(scene, dice, str(asked.get("question", ""))).leaning
    return {"reason": words.shorten(reason, REASON), "answer": _answer(form, asked, lean, reason, dice)}


def _answer(form: dict[str, Any], asked: dict[str, Any], lean: int, reason: str, dice: Dice) -> Any:
    if form["type"] == "integer" and {"minimum", "maximum"} <= form.keys():
        low, high = int(form["minimum"]), int(form["maximum"])
        drift = dice.below(3) - 1 if high - low > 2 else 0
        return max(low, min(high, low + round((high - low) * (lean + 2) / 4) + drift))
    if form.get("enum") == ["yes", "no"]:
        return "yes" if lean > 0 or (lean == 0 and dice.chance(50)) else "no"
    if form["type"] == "array":
        options, pick = dice.shuffled(asked.get("options", [])), asked.get("pick")
        if not isinstance(pick, list):
            return options
        return options[: max(1, pick[0]) + dice.below(pick[1] - max(1, pick[0]) + 1)]
    if form["type"] == "object" and "total" in asked:
        return _shares(list(form["properties"]), float(asked["total"]), dice)
    return Fitting(form, dice, lambda: reason).value()


def _shares(options: Sequence[str], total: float, dice: Dice) -> dict[str, float]:
    """Divide ``total`` into shares that add up to it, whole ones where it is whole."""
    weights = [1 + dice.below(9) for _ in options]
    parts = [total * weight // sum(weights) for weight in weights]
    parts[0] += total - sum(parts)
    return dict(zip(options, parts, strict=True))


def extraction(request: Request, dice: Dice) -> dict[str, Any]:
    """Return a value for each field that is sought, resting on events that were shown."""
    lines = [line for message in request.prompt.chain() if message.role == "user" for line in _lines(message.content)]
    fields = [line for line in lines if "field" in line and "part" not in line]
    found = [line for line in lines if "part" in line and "field" in line]
    if found or not any("event" in line for line in lines):
        return {"found": {field["field"]: _joined(field, found) for field in fields}}
    spoken = [line for line in lines if line.get("does") in ("TALK", "REACH_OUT", "SURVEY")]
    told = spoken or [line for line in lines if "content" in line]
    return {"found": {field["field"]: _found(field, told, dice) for field in fields}}


def _found(field: dict[str, Any], told: Sequence[dict[str, Any]], dice: Dice) -> dict[str, Any]:
    if not told:
        return {"evidence": [], "value": None}
    last = list(told[-MOST_EVIDENCE:])
    said = [words.shorten(words.plain(str(line["content"])), 160) for line in last]
    kinds: dict[str, Callable[[], Any]] = {
        "integer": lambda: len(told),
        "number": lambda: len(told),
        "boolean": lambda: dice.chance(50),
        "list": lambda: list(dict.fromkeys(said)),
        "choice": lambda: dice.pick(field.get("options") or [None]),
    }
    value = kinds.get(str(field.get("type")), lambda: said[-1])()
    return {"evidence": [line["event"] for line in last], "value": value}


def _joined(field: dict[str, Any], found: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Put together what was found in the parts: counts are added, lists joined, of all else the last stands."""
    mine = [line for line in found if line["field"] == field["field"]]
    if not mine:
        return {"evidence": [], "value": None}
    evidence = sorted({seq for line in mine for seq in line["evidence"]})
    values = [line["value"] for line in mine]
    if field.get("type") in ("integer", "number"):
        return {"evidence": evidence, "value": sum(values)}
    if field.get("type") == "list":
        return {"evidence": evidence, "value": list(dict.fromkeys(item for value in values for item in value))}
    return {"evidence": mine[-1]["evidence"], "value": values[-1]}


def labels(request: Request) -> dict[str, Any]:
    """Return labels that are words which texts share, each text with the most shared of its words."""
    lines = _lines(request.prompt.content)
    texts = [str(line["text"]) for line in lines if "number" in line]
    most = next((int(line["most_labels"]) for line in lines if "most_labels" in line), 1)
    held = [set(words.content_words(text)) for text in texts]
    counts = Counter(word for each in held for word in each)
    ranked = sorted(counts, key=lambda word: (-counts[word], word))[: max(0, most - 1)]
    names = [*ranked, "other"]
    of = [next((n for n, word in enumerate(ranked, 1) if word in each), len(names)) for each in held]
    return {"labels": names, "of": of}


def rewriting(request: Request) -> dict[str, Any]:
    """Return a text with what was wanted of it said before and after it: it cannot write."""
    told = {
        name: value
        for message in request.prompt.chain()
        for line in _lines(message.content)
        for name, value in line.items()
    }
    text, style, wanted = (str(told.get(name, "")) for name in ("text", "style", "requirements"))
    begun = f"In a manner that is {words.plain(style)}: " if style else "" if wanted else "In other words: "
    ended = f"\n\nTo this belongs: {words.plain(wanted)}" if wanted else ""
    return {"text": begun + text + ended}


def _lines(content: str) -> list[dict[str, Any]]:
    """Return the objects among the lines of a message."""
    found = []
    for line in content.splitlines():
        if line.startswith("{"):
            try:
                value = json.loads(line)
            except (ValueError, RecursionError):
                continue
            if isinstance(value, dict):
                found.append(value)
    return found
