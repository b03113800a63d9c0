"""How each kind of question is answered: the JSON Schema of the answer, and how it is read.

What people write is taken as far as it is clear: an option in another case, a number as a text. What is not: an
option that is not there, two where one is asked for, a number outside its range, a budget that does not add up. The
reason is put to them with the next attempt.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict

from troupe_es.acting import Misfit, listed, read_as, record, text
from troupe_es.events.types import SurveyQuestion
from troupe_es.llm import Response, Schema

LONGEST = 20_000
"""Characters of one answer, at most."""

YES_NO = ("yes", "no")


class _Answer(BaseModel):
    model_config = ConfigDict(extra="ignore", defer_build=True)

    reason: Any = ""
    answer: Any


def schema(question: SurveyQuestion, order: Sequence[str]) -> Schema:
    """Return the JSON Schema of an answer: the reason, then the answer itself."""
    return Schema("survey", record(reason=text(), answer=SCHEMAS[question.kind](question, list(order))))


def read(response: Response, question: SurveyQuestion) -> tuple[Any, str]:
    """Return the answer and the reason given for it. Raises Misfit."""
    found = read_as(_Answer, response)
    if found.answer is None:
        raise Misfit("the answer is missing; give one.")
    reason = found.reason if isinstance(found.reason, str) else ""
    return READERS[question.kind](question, found.answer), reason[:LONGEST]


def how(question: SurveyQuestion) -> str:
    """Say in words what an answer has to be."""
    match question.kind:
        case "text":
            return "Answer in your own words."
        case "yes-no":
            return "Answer yes or no."
        case "choice":
            return "Choose exactly one of the options, letter by letter."
        case "multiple":
            return f"Tick {_ticks(question)}, each letter by letter, as a list."
        case "likert":
            scale = "; ".join(f"{n} = {option}" for n, option in enumerate(question.options, 1))
            return f"Answer with a whole number from 1 to {len(question.options)}: {scale}."
        case "number":
            return f"Answer with a {'whole ' if question.whole else ''}number{_range(question)}."
        case "rank":
            return "Put all options in order, the one you prefer first, as a list."
        case "matrix":
            return "For each of the rows choose exactly one of the options, as an object."
    return f"Divide exactly {question.total:g} among the options, as an object with a number for each, 0 included."


def _ticks(question: SurveyQuestion) -> str:
    least, most = question.least, question.most or len(question.options)
    if least == most:
        return f"exactly {least} of the options"
    return f"{least} to {most} of the options" if least else f"as many of the options as apply, at most {most}"


def _range(question: SurveyQuestion) -> str:
    low = "" if question.low is None else f" from {question.low:g}"
    return low + ("" if question.high is None else f" up to {question.high:g}")


def _range_schema(question: SurveyQuestion, order: list[str]) -> dict[str, Any]:
    limits = {"minimum": question.low, "maximum": question.high}
    kind = "integer" if question.whole else "number"
    return {"type": kind, **{key: value for key, value in limits.items() if value is not None}}


SCHEMAS: dict[str, Callable[[SurveyQuestion, list[str]], dict[str, Any]]] = {
    "text": lambda question, order: text(),
    "yes-no": lambda question, order: text(enum=list(YES_NO)),
    "choice": lambda question, order: text(enum=order),
    "multiple": lambda question, order: listed(text(enum=order)),
    "likert": lambda question, order: {"type": "integer", "minimum": 1, "maximum": len(order)},
    "number": _range_schema,
    "rank": lambda question, order: listed(text(enum=order)),
    "matrix": lambda question, order: record(**{row: text(enum=question.options) for row in order}),
    "budget": lambda question, order: record(**{option: {"type": "number", "minimum": 0} for option in order}),
}


def _text(question: SurveyQuestion, answer: Any) -> str:
    if not isinstance(answer, str) or not answer.strip() or len(answer) > LONGEST:
        raise Misfit(f"the answer must be a text of 1 to {LONGEST} characters.")
    return answer.strip()


def _one_of(options: Sequence[str], answer: Any) -> str:
    """Return the option that is meant. Raises Misfit for several, and for one that is not there."""
    if isinstance(answer, list) and len(answer) == 1:
        [answer] = answer
    if isinstance(answer, list):
        raise Misfit("that are several answers; choose exactly one of the options.")
    wanted = " ".join(answer.split()).casefold() if isinstance(answer, str) else None
    for option in options:
        if " ".join(option.split()).casefold() == wanted:
            return option
    what = repr(answer[:100]) if isinstance(answer, str) else "like that"
    raise Misfit(f"there is no option {what}; the options are {', '.join(map(repr, options))}.")


def _yes_no(question: SurveyQuestion, answer: Any) -> str:
    if isinstance(answer, bool):
        return YES_NO[not answer]
    return _one_of(YES_NO, answer)


def _several(options: Sequence[str], answer: Any) -> list[str]:
    given = answer if isinstance(answer, list) else [answer]
    found = [_one_of(options, each) for each in given[: len(options) + 1]]
    if len(set(found)) < len(found):
        raise Misfit("name every option at most once.")
    return found


def _multiple(question: SurveyQuestion, answer: Any) -> list[str]:
    found = _several(question.options, answer)
    if not question.least <= len(found) <= (question.most or len(question.options)):
        raise Misfit(f"you ticked {len(found)} options; tick {_ticks(question)}.")
    return [option for option in question.options if option in found]


def _rank(question: SurveyQuestion, answer: Any) -> list[str]:
    found = _several(question.options, answer)
    missing = [option for option in question.options if option not in found]
    if missing:
        raise Misfit(f"{missing[0]!r} is not in your order; put all options in order.")
    return found


def _number(answer: Any) -> float:
    if isinstance(answer, str):
        try:
            answer = float(answer.strip().removesuffix("%"))
        except ValueError:
            answer = None
    if isinstance(answer, bool) or not isinstance(answer, int | float) or abs(answer) > 1e15 or math.isnan(answer):
        raise Misfit("the answer must be one number, without words.")
    return int(answer) if answer == int(answer) else answer


def _likert(question: SurveyQuestion, answer: Any) -> int:
    labels = [option.casefold() for option in question.options]
    if isinstance(answer, str) and answer.strip().casefold() in labels:
        return labels.index(answer.strip().casefold()) + 1
    value = _number(answer)
    if value != int(value) or not 1 <= value <= len(question.options):
        raise Misfit(f"{value:g} is not on the scale; give a whole number from 1 to {len(question.options)}.")
    return int(value)


def _ranged(question: SurveyQuestion, answer: Any) -> float:
    value = _number(answer)
    low, high = question.low, question.high
    if (low is not None and value < low) or (high is not None and value > high):
        raise Misfit(f"{value:g} is out of range; give a number{_range(question)}.")
    if question.whole and value != int(value):
        raise Misfit(f"{value:g} is no whole number; give one.")
    return value


def _entries(names: Sequence[str], answer: Any) -> dict[str, Any]:
    """Return an entry for each of ``names``, in their order. Raises Misfit."""
    if not isinstance(answer, dict):
        raise Misfit("the answer must be an object.")
    entries = {_one_of(names, name): entry for name, entry in answer.items()}
    missing = [name for name in names if name not in entries]
    if missing:
        raise Misfit(f"{missing[0]!r} is missing; answer for each of {', '.join(map(repr, names))}.")
    return {name: entries[name] for name in names}


def _matrix(question: SurveyQuestion, answer: Any) -> dict[str, str]:
    entries = _entries(question.rows, answer)
    return {row: _one_of(question.options, entry) for row, entry in entries.items()}


def _budget(question: SurveyQuestion, answer: Any) -> dict[str, float]:
    shares = {option: _number(entry) for option, entry in _entries(question.options, answer).items()}
    if any(share < 0 for share in shares.values()):
        raise Misfit("no share can be less than 0.")
    total, spent = question.total or 0.0, math.fsum(shares.values())
    if not math.isclose(spent, total, rel_tol=1e-9, abs_tol=1e-9):
        raise Misfit(f"your shares add up to {spent:g}, not to {total:g}; divide exactly {total:g}.")
    return shares


READERS: dict[str, Callable[[SurveyQuestion, Any], Any]] = {
    "text": _text,
    "yes-no": _yes_no,
    "choice": lambda question, answer: _one_of(question.options, answer),
    "multiple": _multiple,
    "likert": _likert,
    "number": _ranged,
    "rank": _rank,
    "matrix": _matrix,
    "budget": _budget,
}
