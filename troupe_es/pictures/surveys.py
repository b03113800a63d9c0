"""Answers to a survey's questions: the picture that each kind of question is seen best in."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from troupe_es.events.types import SurveyQuestion
from troupe_es.experimentation.statistics.results import shown
from troupe_es.numerals import counted
from troupe_es.pictures.charts import binned, distribution
from troupe_es.pictures.drawing import INK, SIMULATED, Label, Picture, legible, wrapped
from troupe_es.pictures.population import profile

YES_NO = ("yes", "no")


def answered(question: SurveyQuestion, answers: Sequence[Any], *, foot: str = "") -> Picture | None:
    """Return the picture of simulated ``answers`` to ``question``; None for free texts, and where nobody answered.

    Of a ranking it shows what came first, of a matrix a small chart for each row, of a budget the mean share of each
    option with everybody's own as dots. ``foot`` should be the standing line.
    """
    if not answers or question.kind == "text":
        return None
    title, people = question.text, len(answers)
    match question.kind:
        case "number":
            numbers = binned([float(each) for each in answers])
            return distribution(numbers, title, axis=f"answer{_range(question)}", foot=foot)
        case "multiple":
            ticked = _counts(question.options, [option for each in answers for option in each])
            return distribution(ticked, title, axis="options ticked", foot=foot, of=people)
        case "rank":
            first = _counts(question.options, [each[0] for each in answers])
            return distribution(first, title, axis="put first", foot=foot)
        case "matrix":
            rows = {row: _counts(question.options, [each[row] for each in answers]) for row in question.rows}
            return profile(rows, title, foot=foot)
        case "budget":
            whole = f"given, of {shown(question.total or 100.0)} in all"
            return spending(question.options, answers, title, axis=whole, foot=foot)
        case "likert":
            named = {number: f"{number}: {option}" for number, option in enumerate(question.options, 1)}
            counts = _counts(list(named.values()), [named[each] for each in answers])
            return distribution(counts, title, axis=f"on a scale of 1 to {len(named)}", foot=foot)
    options = YES_NO if question.kind == "yes-no" else question.options
    return distribution(_counts(options, answers), title, foot=foot)


def scale(question: SurveyQuestion) -> str:
    """Return what the ends of a scale stand for."""
    low, high = question.options[0], question.options[-1]
    return f"answer, from 1 ({low}) to {len(question.options)} ({high})"


def _range(question: SurveyQuestion) -> str:
    low, high = (None if end is None else shown(end) for end in (question.low, question.high))
    ends = (f"{low} or more" if high is None else f"{low} to {high}") if low is not None else f"up to {high}"
    return "" if low is None and high is None else f", {ends} being allowed"


def _counts(options: Sequence[str], answers: Sequence[str]) -> dict[Label, int]:
    """Return how often each option was given; those that nobody gave are there too."""
    found = Counter(answers)
    return {option: found[option] for option in options}


def spending(
    options: Sequence[str], answers: Sequence[Mapping[str, float]], title: str, *, axis: str = "given", foot: str = ""
) -> Picture:
    """Return what people gave to each option: a bar for the mean, a dot for each of them; ``axis`` has the unit."""
    given = {option: [float(each.get(option, 0.0)) for each in answers] for option in options}
    means = [sum(values) / len(values) for values in given.values()]

    def paint(figure: Any) -> None:
        axes = figure.add_subplot()
        axes.barh(range(len(options)), means, height=0.6, color=SIMULATED)
        for place, values in enumerate(given.values()):
            axes.plot(values, [place] * len(values), "o", color=INK, markeredgecolor="white", markersize=5)
        axes.set_yticks(range(len(options)), [wrapped(option, 26, 2) for option in options])
        axes.set_ylim(len(options) - 0.4, -0.6)
        axes.set_xlim(left=0)
        axes.grid(visible=False, axis="y")
        axes.tick_params(axis="y", length=0)
        axes.set_xlabel(legible(axis))

    subtitle = f"n = {counted(len(answers), 'person')}; bars are means, dots are people"
    alt = "; ".join(f"{option}: mean {shown(mean)}" for option, mean in zip(options, means, strict=True))
    return Picture(title, subtitle, foot, f"{title}. {subtitle}. {alt}.", 8.0, 1.8 + 0.5 * len(options), paint)
