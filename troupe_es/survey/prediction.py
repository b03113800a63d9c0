"""A prediction in one form of bytes, so that its hash can be written down before the truth is known.

A hash that lies in the maker's own hands proves nothing to others: only one that was published does.
"""

import hashlib
import math
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from troupe_es import canonical
from troupe_es.errors import UsageError

FORMAT = "troupe-prediction/1"
DECIMALS = 12

Prediction: TypeAlias = Mapping[str, Mapping[Any, float]]
"""The share of each answer, 0 to 1, by question."""


def shares(given: Iterable[tuple[str, Any]]) -> dict[str, dict[str, float]]:
    """Return the share of each answer by question, of (question, answer), one for each person who answered it.

    An answer counts as a whole: what is no text (a ranking, ticked options) as canonical JSON. Raises UsageError for
    no answers at all.
    """
    counts: dict[str, Counter[str]] = {}
    for question, answer in given:
        counts.setdefault(question, Counter())[answer if isinstance(answer, str) else canonical.dumps(answer)] += 1
    if not counts:
        raise UsageError("nobody answered anything, so there is nothing to predict from")
    return {
        question: {answer: count / found.total() for answer, count in found.items()}
        for question, found in counts.items()
    }


def canonical_bytes(prediction: Prediction) -> bytes:
    """Return ``prediction`` (by question, the share of each answer) as canonical UTF-8 JSON.

    The order of questions and answers makes no difference, 1 and 1.0 are the same answer, shares count to 12 decimals
    and answers of share 0 are left out. Raises UsageError for a share outside 0 to 1, or two answers of one name.
    """
    questions: dict[str, dict[str, float]] = {}
    for question, predicted in prediction.items():
        labels = [label(answer) for answer in predicted]
        if len(set(labels)) < len(labels):
            raise UsageError(f"question {question!r}: an answer stands there twice")
        read = {name: _share(question, share) for name, share in zip(labels, predicted.values(), strict=True)}
        questions[question] = {name: share for name, share in read.items() if share}
    return canonical.dumps({"format": FORMAT, "questions": questions}).encode()


def sealed(prediction: Prediction) -> str:
    """Return the SHA-256 of the canonical bytes of ``prediction`` in hexadecimal, to be published."""
    return hashlib.sha256(canonical_bytes(prediction)).hexdigest()


def label(answer: Any) -> str:
    """Return the one name of an answer: 1 and 1.0 are the same."""
    return str(int(answer)) if isinstance(answer, float) and answer.is_integer() else str(answer)


def _share(question: str, share: Any) -> float:
    if (
        isinstance(share, bool)
        or not isinstance(share, int | float)
        or not (0 <= share <= 1 and math.isfinite(share))
    ):
        raise UsageError(f"question {question!r}: {share!r} is no share: give a number between 0 and 1")
    return round(float(share), DECIMALS)
