"""Looks something up in documents: they are cut into parts, and the parts ranked by their words (BM25).

A question that is a document's name reads that document from its beginning, or from the part it names.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from troupe_es.agent.faculties import documents
from troupe_es.agent.memory.ranking import Candidate, bm25, words
from troupe_es.errors import TroupeError
from troupe_es.llm import Request, Response, toolcalls

PART = 1200
"""Characters of one part of a document, about; parts end where paragraphs do, if they can."""

BEST = 5
"""Parts that a question brings to light."""

TOGETHER = 4
"""Parts that are read at once."""

DIGITS = 6
Blob = Callable[[str], bytes]


class Consultant:
    """Answers what is asked of documents; ``blob`` reads a text by its hash."""

    name = toolcalls.PREFIX + documents.CALL
    idempotent = True

    def __init__(self, blob: Blob) -> None:
        self.blob = blob

    async def complete(self, request: Request, draw: int) -> Response:
        """Return the parts that have to do with the question."""
        asked = toolcalls.arguments(request)
        try:
            texts = {name: self.blob(hash).decode() for name, hash in asked["documents"].items()}
        except (TroupeError, UnicodeDecodeError) as error:
            return toolcalls.answer("error", f"a document cannot be read: {error}")
        return toolcalls.answer("ok", {"passages": consult(asked["question"], texts)})


def consult(question: str, texts: dict[str, str]) -> list[dict[str, Any]]:
    """Return passages of ``texts`` (by the document's name), best first."""
    cut = {name: parts(text) for name, text in texts.items()}
    named = _named(question, cut)
    if named is not None:
        name, first = named
        return [_passage(name, place, cut, 1.0) for place in range(first, min(first + TOGETHER, len(cut[name])))]
    places = [(name, place) for name, each in cut.items() for place in range(len(each))]
    candidates = [_candidate(number, cut[name][place]) for number, (name, place) in enumerate(places)]
    scores = bm25(words(question), candidates)
    ranked = sorted(range(len(places)), key=lambda number: (-round(scores[number], DIGITS), number))
    return [
        _passage(*places[number], cut, round(scores[number], DIGITS))
        for number in ranked[:BEST]
        if scores[number] > 0
    ]


def parts(text: str) -> list[str]:
    """Return ``text`` in parts of about ``PART`` characters."""
    found, part = [], ""
    for piece in _pieces(text):
        if part and len(part) + len(piece) > PART:
            found.append(part)
            part = ""
        part = f"{part}\n\n{piece}" if part else piece
    return [*found, part] if part else found


def _pieces(text: str) -> Iterator[str]:
    """The paragraphs, long ones cut at sentences or, failing that, anywhere."""
    for paragraph in re.split(r"\n\s*\n", text):
        rest = paragraph.strip()
        while len(rest) > PART:
            end = max(rest.rfind(". ", 0, PART), rest.rfind("\n", 0, PART))
            end = end + 1 if end > PART // 2 else PART
            yield rest[:end].strip()
            rest = rest[end:].strip()
        if rest:
            yield rest


def _candidate(number: int, text: str) -> Candidate:
    terms = Counter(words(text))
    return Candidate(number, 0.0, 0.0, terms, terms.total())


def _passage(name: str, place: int, cut: dict[str, list[str]], score: float) -> dict[str, Any]:
    return {"document": name, "part": place + 1, "of": len(cut[name]), "text": cut[name][place], "score": score}


def _named(question: str, cut: dict[str, list[str]]) -> tuple[str, int] | None:
    """Return the document and the part that a question names, if it names any."""
    wanted, _, part = question.strip().casefold().partition("#")
    for name in cut:
        if wanted in (name.casefold(), name.casefold().rpartition(".")[0]):
            return name, int(part) - 1 if re.fullmatch(r"[1-9][0-9]{0,5}", part) else 0
    return None
