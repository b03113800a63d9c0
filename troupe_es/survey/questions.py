"""What a question must be, and the order in which one person sees its options."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TypeAlias

from troupe_es import canonical
from troupe_es.errors import BadCommand
from troupe_es.events.types import SurveyQuestion
from troupe_es.survey import rules

AGREEMENT = ("Strongly disagree", "Disagree", "Neither agree nor disagree", "Agree", "Strongly agree")
"""The scale of a Likert question that names none."""

CHOOSING = ("choice", "multiple", "likert", "rank", "matrix", "budget")
MOST_OPTIONS = 100
NONE: Mapping[str, str] = MappingProxyType({})
Questions: TypeAlias = Sequence[SurveyQuestion]


def checked(questions: Questions) -> list[SurveyQuestion]:
    """Return ``questions`` with every default filled in. Raises BadCommand naming the one that cannot be asked."""
    known: set[str] = set()
    found = []
    for question in questions:
        where = f"question {question.id!r}"
        if question.id in known:
            raise BadCommand(f"{where}: there are two of this id; give each its own")
        if question.when:
            rules.check(question.when, known, where)
        if question.kind == "likert" and not question.options:
            question = question.model_copy(update={"options": list(AGREEMENT)})
        if question.kind == "budget" and question.total is None:
            question = question.model_copy(update={"total": 100.0})
        fault = _fault(question)
        if fault:
            raise BadCommand(f"{where} ({question.kind}): {fault}")
        known.add(question.id)
        found.append(question)
    if not found:
        raise BadCommand("a survey needs at least one question")
    return found


def _fault(question: SurveyQuestion) -> str:
    """Why ``question`` cannot be asked, in words; empty if it can."""
    kind, options, rows = question.kind, question.options, question.rows
    for what, names in (("options", options), ("rows", rows)):
        if len({_plain(name) for name in names}) < len(names) or not all(map(_plain, names)):
            return f"its {what} must differ from each other and say something"
        if len(names) > MOST_OPTIONS:
            return f"there are more than {MOST_OPTIONS} {what}"
    if kind in CHOOSING and len(options) < 2:
        return "name at least two options"
    if kind not in CHOOSING and options:
        return "it has no options; a choice or multiple has"
    if (kind == "matrix") != bool(rows):
        return "a matrix, and nothing else, has rows"
    return _limits(question)


def _limits(question: SurveyQuestion) -> str:
    low, high, most = question.low, question.high, question.most
    if (low is not None or high is not None) and question.kind != "number":
        return "only a number has a low and a high end"
    if low is not None and high is not None and low > high:
        return f"its low end {low:g} lies above its high end {high:g}"
    if question.kind != "multiple" and (question.least or most is not None):
        return "'least' and 'most' are limits of multiple"
    if question.least > (most if most is not None else len(question.options)) and question.kind == "multiple":
        return "it must be possible to tick 'least' options"
    if question.kind != "budget" and question.total is not None:
        return "only a budget has a total"
    return ""


def _plain(name: str) -> str:
    return " ".join(name.split()).casefold()


def order(question: SurveyQuestion, person: str, seed: int, lots: Mapping[str, str] = NONE) -> list[str]:
    """Return the options (of a matrix, the rows) in the order ``person`` sees them; a scale keeps its own.

    Every order is as likely, by the digest of (seed, person, question) and each option's place. ``lots`` hold those
    kept from before a person's id was redacted.
    """
    names = question.rows if question.kind == "matrix" else question.options
    if question.kind == "likert" or not question.shuffle:
        return list(names)
    kept = lots.get(f"options/{seed}/{person}/{question.id}")
    if kept is not None:
        return [names[int(place)] for place in kept.split()]
    key = f"{seed}/{person}/{question.id}".encode()
    places = sorted(range(len(names)), key=lambda n: canonical.digest("troupe/options/1", key, str(n).encode()))
    return [names[place] for place in places]
