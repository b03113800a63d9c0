"""A prediction in one form of bytes, so that its hash can be written down before the truth is known.

A hash that lies in the maker's own hands proves nothing to others: only one that was published does.
"""

import hashlib
import math
from collections.abc import Mapping
from typing import Any

from troupe_es import canonical
from troupe_es.errors import UsageError
from troupe_es.validation.answers import Answers

FORMAT = "troupe-prediction/1"
DECIMALS = 12


def predicted(answers: Mapping[str, Answers]) -> dict[str, dict[str, float]]:
    """Return the distribution per question that simulated ``answers`` predict: the share of each answer.

    Rankings count by their first choice; the shares of a multiple choice are of people, and may sum to more than 1.
    Raises UsageError for a question that nobody answered.
    """
    for name, given in answers.items():
        if not given.values:
            raise UsageError(f"question {name!r}: nobody answered, so there is nothing to predict from")
    return {
        name: {_label(option): count / len(given.values) for option, count in given.counts().items()}
        for name, given in answers.items()
    }


def canonical_bytes(prediction: Mapping[str, Mapping[Any, float]]) -> bytes:
    """Return ``prediction`` (by question, the share of each answer) as canonical UTF-8 JSON.

    The order of questions and answers makes no difference, 1 and 1.0 are the same answer, shares count to 12 decimals
    and answers of share 0 are left out. Raises UsageError for a share outside 0 to 1, or two answers of one name.
    """
    questions: dict[str, dict[str, float]] = {}
    for question, shares in prediction.items():
        labels = [_label(answer) for answer in shares]
        if len(set(labels)) < len(labels):
            raise UsageError(f"question {question!r}: an answer stands there twice")
        read = {label: _share(question, share) for label, share in zip(labels, shares.values(), strict=True)}
        questions[question] = {label: share for label, share in read.items() if share}
    return canonical.dumps({"format": FORMAT, "questions": questions}).encode()


def sealed(prediction: Mapping[str, Mapping[Any, float]]) -> str:
    """Return the SHA-256 of the canonical bytes of ``prediction`` in hexadecimal, to be published."""
    return hashlib.sha256(canonical_bytes(prediction)).hexdigest()


def _share(question: str, share: Any) -> float:
    if (
        isinstance(share, bool)
        or not isinstance(share, int | float)
        or not (0 <= share <= 1 and math.isfinite(share))
    ):
        raise UsageError(f"question {question!r}: {share!r} is no share: give a number between 0 and 1")
    return round(float(share), DECIMALS)


def _label(answer: Any) -> str:
    return str(int(answer)) if isinstance(answer, float) and answer.is_integer() else str(answer)
