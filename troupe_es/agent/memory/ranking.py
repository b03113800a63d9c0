"""Ranking memories: how recent, how relevant, how important, each from 0 to 1, and the weighted mean of the three.

After Park et al. (2023), Generative Agents: recency decays exponentially in simulated hours. Relevance is BM25
(Robertson and Zaragoza 2009) over words, as a share of the best, or the cosine of two vectors, where less than none
counts as none. Scores are rounded before they are compared, and equal ones stand in the order of their events, so
the order is the same on every machine and with or without numpy.
"""

import heapq
import math
import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.util import find_spec
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from troupe_es.events import types
from troupe_es.llm.vectors import Vector

DECAY = 0.995
"""What is left of a memory's recency after a simulated hour."""

SATURATION, LENGTH = 1.2, 0.75
"""BM25's k1 (how soon more of the same word adds nothing) and b (how much a long text is held against it)."""

DIGITS = 6
MANY = 1000
"""From so many vectors on, numpy compares them if it is installed."""

WORD = re.compile(r"\w+")


class Weights(BaseModel):
    """How much each score counts."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    recency: float = Field(1.0, ge=0, le=1000)
    relevance: float = Field(1.0, ge=0, le=1000)
    importance: float = Field(1.0, ge=0, le=1000)


class Candidate(NamedTuple):
    """A memory to be ranked: its event, when it was (in simulated hours), its importance, its words and how many."""

    seq: int
    moment: float
    importance: float
    terms: Mapping[str, int]
    length: int


def words(text: str) -> list[str]:
    """Return the words of ``text`` as they are compared."""
    return WORD.findall(text.casefold())


def bm25(query: Sequence[str], documents: Sequence[Candidate]) -> list[float]:
    """Return how relevant each document is to the words of ``query``: a share of the best one's score."""
    scores = [0.0] * len(documents)
    mean = sum(document.length for document in documents) / len(documents) if documents else 0.0
    for word in sorted(set(query)):
        found = [(place, times) for place, each in enumerate(documents) if (times := each.terms.get(word))]
        rarity = math.log(1 + (len(documents) - len(found) + 0.5) / (len(found) + 0.5))
        for place, times in found:
            longer = 1 - LENGTH + LENGTH * documents[place].length / mean
            scores[place] += rarity * times * (SATURATION + 1) / (times + SATURATION * longer)
    best = max(scores, default=0.0)
    return [score / best for score in scores] if best else scores


def cosines(query: Vector | None, vectors: Sequence[Vector | None]) -> list[float]:
    """Return how alike each vector is to ``query``, from 0 to 1; 0 for what is no vector of the same length."""
    if query is None:
        return [0.0] * len(vectors)
    fitting = [vector for vector in vectors if vector is not None and len(vector) == len(query)]
    alike = iter(_by_numpy(query, fitting) if len(fitting) >= MANY and _numpy() else _plain(query, fitting))
    return [
        max(0.0, round(next(alike), DIGITS)) if vector is not None and len(vector) == len(query) else 0.0
        for vector in vectors
    ]


def ranked(
    candidates: Sequence[Candidate], relevance: Sequence[float], now: float, weights: Weights, top: int
) -> list[types.Found]:
    """Return the ``top`` candidates, best first, with their scores; ``now`` is in simulated hours."""
    total = weights.recency + weights.relevance + weights.importance
    scored = []
    for each, relevant in zip(candidates, relevance, strict=True):
        recent = DECAY ** max(0.0, now - each.moment)
        score = weights.recency * recent + weights.relevance * relevant + weights.importance * each.importance
        scored.append((-round(score / total, DIGITS), each.seq, recent, relevant, each.importance))
    return [
        types.Found(
            seq=seq,
            score=-score,
            scores={
                "recency": round(recent, DIGITS),
                "relevance": round(relevant, DIGITS),
                "importance": round(important, DIGITS),
            },
        )
        for score, seq, recent, relevant, important in heapq.nsmallest(top, scored)
    ]


@cache
def _numpy() -> bool:
    return find_spec("numpy") is not None


def _plain(query: Vector, vectors: Sequence[Vector]) -> list[float]:
    length = _length(query)
    return [_dot(query, each) / (length * _length(each) or 1.0) for each in vectors]


def _dot(one: Vector, other: Vector) -> float:
    return math.fsum(a * b for a, b in zip(one, other, strict=True))


def _length(vector: Vector) -> float:
    return math.sqrt(_dot(vector, vector))


def _by_numpy(query: Vector, vectors: Sequence[Vector]) -> list[float]:
    import numpy  # an extra, and slow to import

    matrix = numpy.stack([numpy.asarray(each, dtype=numpy.float64) for each in vectors])
    asked = numpy.asarray(query, dtype=numpy.float64)
    lengths = numpy.linalg.norm(matrix, axis=1) * numpy.linalg.norm(asked)
    lengths[lengths == 0] = 1.0
    found: list[float] = (matrix @ asked / lengths).tolist()
    return found
