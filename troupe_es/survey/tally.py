"""What a survey's answers come to, for everybody or group by group: how many said what, and the mean of numbers.

People are put into groups by a trait: a number by the bracket that holds it (``25-34``, ``65+``), a text by the label
that reads alike.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from troupe_es.events.types import SurveyQuestion

BRACKET = re.compile(r"^(\d+)\s*(?:[-–]\s*(\d+)|\+)$")
UNKNOWN = "(not known)"
"""The group of whoever does not have the trait."""

EVERYBODY = "everybody"


@dataclass(frozen=True)
class Tally:
    """What one group answered to one question.

    ``n`` people of the group answered. ``counts`` says how many gave each answer, ticked each option, ranked it
    first, or, as ``row: option``, chose it for a row; ``mean`` is that of numbers and places on a scale, ``means``
    what was spent on each option on average. What does not fit the kind of question is empty or None.
    """

    question: str
    group: str
    n: int
    counts: Mapping[str, int]
    mean: float | None
    means: Mapping[str, float]

    def words(self) -> str:
        """Return it in a line."""
        if not self.n:
            return "nobody answered"
        said = [f"{answer}: {count} ({count / self.n:.0%})" for answer, count in self.counts.items()]
        said += [f"{option}: {mean:.1f} on average" for option, mean in self.means.items()]
        mean = [] if self.mean is None else [f"mean {self.mean:.2f}"]
        return ", ".join([*mean, *said]) or "in their own words"


def label_of(trait: Any, labels: Sequence[str]) -> str:
    """Return the one of ``labels`` that a trait belongs to: the bracket that holds a number, or the same text."""
    if trait is None or isinstance(trait, dict | list):
        return UNKNOWN
    if isinstance(trait, int | float) and not isinstance(trait, bool):
        for label in labels:
            ends = BRACKET.match(label)
            if ends and int(ends[1]) <= trait < (int(ends[2]) + 1 if ends[2] else float("inf")):
                return label
    same = [label for label in labels if label.casefold() == str(trait).casefold()]
    return same[0] if same else str(trait)


def tally(
    questions: Sequence[SurveyQuestion],
    answers: Mapping[str, Mapping[str, Any]],
    groups: Mapping[str, str] | None = None,
    order: Sequence[str] = (),
) -> list[Tally]:
    """Return what each group answered to each question, groups in ``order`` and then by name.

    ``answers`` are by question and person, of those alone who gave one; ``groups`` is the group of each person; None:
    everybody is one.
    """
    if groups is None:
        return [_of(question, EVERYBODY, list(answers.get(question.id, {}).values())) for question in questions]
    places = {label: place for place, label in enumerate(order)}
    labels = sorted(set(groups.values()), key=lambda label: (places.get(label, len(places)), label))
    return [
        _of(question, label, [each for who, each in answers.get(question.id, {}).items() if groups.get(who) == label])
        for question in questions
        for label in labels
    ]


def _of(question: SurveyQuestion, group: str, answers: Sequence[Any]) -> Tally:
    counted = Counter(name for answer in answers for name in _named(question, answer))
    order = (
        [*question.options, *sorted(counted)] if question.kind == "likert" else [n for n, _ in counted.most_common()]
    )
    counts = {name: counted[name] for name in dict.fromkeys(order) if counted[name]}
    mean = fmean(answers) if answers and question.kind in ("number", "likert") else None
    shared = question.options if question.kind == "budget" and answers else []
    means = {option: fmean(answer[option] for answer in answers) for option in shared}
    return Tally(question.id, group, len(answers), counts, mean, means)


def _named(question: SurveyQuestion, answer: Any) -> Iterator[str]:
    """Yield what one answer adds to the counts."""
    match question.kind:
        case "yes-no" | "choice":
            yield answer
        case "likert":
            yield question.options[answer - 1]
        case "multiple":
            yield from answer
        case "rank":
            yield answer[0]
        case "matrix":
            yield from (f"{row}: {option}" for row, option in answer.items())
