"""What simulated answers predict, to be sealed before the truth is known."""

from collections.abc import Mapping

from troupe_es.errors import UsageError
from troupe_es.survey.prediction import canonical_bytes, label, sealed
from troupe_es.validation.answers import Answers

__all__ = ["canonical_bytes", "predicted", "sealed"]


def predicted(answers: Mapping[str, Answers]) -> dict[str, dict[str, float]]:
    """Return the distribution per question that simulated ``answers`` predict: the share of each answer.

    Rankings count by their first choice; the shares of a multiple choice are of people, and may sum to more than 1.
    Raises UsageError for a question that nobody answered.
    """
    for name, given in answers.items():
        if not given.values:
            raise UsageError(f"question {name!r}: nobody answered, so there is nothing to predict from")
    return {
        name: {label(option): count / len(given.values) for option, count in given.counts().items()}
        for name, given in answers.items()
    }
