"""What a program asks aside, as commands, and what in it cannot be asked."""

from collections.abc import Iterable, Iterator, Sequence

from troupe_es import canonical, commands
from troupe_es.errors import BadCommand, BadScenario
from troupe_es.extraction.fields import fields_of
from troupe_es.scenario import placing
from troupe_es.scenario.asking import AsideItem, CheckItem, ExtractItem, SurveyItem
from troupe_es.scenario.tables import Truth
from troupe_es.scenario.wording import meant
from troupe_es.survey import questions
from troupe_es.survey.spec import Survey

ELSEWHERE = (
    "is asked aside, which no arm of an experiment can do: say under 'outcomes' what is found out of every arm"
)


def command(item: AsideItem) -> commands.Aside:
    """Return what is asked; people and worlds are named by their ids."""
    people = tuple(canonical.slug(name) for name in item.of)
    match item:
        case SurveyItem(survey=survey):
            assert isinstance(survey, Survey)
            return commands.GiveSurvey(
                tuple(survey.questions), people, survey.title, survey.introduction, survey.seed
            )
        case ExtractItem(world=world):
            return commands.Extract(item.objective, fields_of(item.extract), people, _id(world), item.limit)
        case CheckItem(check=claims, world=world):
            given = several(item.given)
            return commands.PutClaims(several(claims), people, _id(world), item.last, given, item.twice)


def several(texts: str | Sequence[str]) -> tuple[str, ...]:
    """Return the text, or the texts, that were written."""
    return (texts,) if isinstance(texts, str) else tuple(texts)


def _id(world: str | None) -> str | None:
    return None if world is None else canonical.slug(world)


def faults(item: AsideItem, path: str, names: Iterable[str], worlds: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield what cannot be asked, and who and what is not there."""
    for number, name in enumerate(item.of):
        yield from placing.missing([name], f"{path}.of[{number}]", names, "person")
    if isinstance(item, SurveyItem) and isinstance(item.survey, Survey):
        try:
            questions.checked(item.survey.questions)
        except BadCommand as error:
            yield f"{path}.survey", str(error)
    elif not isinstance(item, SurveyItem) and item.world is not None:
        yield from placing.missing([item.world], f"{path}.world", worlds, "world")


def compared(program: Sequence[object], truth: Truth) -> int:
    """Return which of a program's asides, from 0, is the survey whose answers are compared with real ones.

    Raises BadScenario where there is none that asks every question of the ``truth``.
    """
    asked = [item for item in program if isinstance(item, AsideItem)]
    surveys = {n: item.survey for n, item in enumerate(asked) if isinstance(item, SurveyItem)}
    whole = {n: survey for n, survey in surveys.items() if isinstance(survey, Survey)}
    if truth.survey is not None:
        titles = [survey.title for survey in whole.values()]
        whole = {n: survey for n, survey in whole.items() if survey.title == truth.survey}
        if not whole:
            raise BadScenario(f"no survey of the program is called {truth.survey!r}{meant(truth.survey, titles)}")
    if not whole:
        raise BadScenario("the program takes no survey whose answers could be compared: add a 'survey' to it")
    fitting = [n for n, survey in whole.items() if set(truth.questions) <= _ids(survey)]
    if not fitting:
        last = _ids(whole[max(whole)])
        missing = next(name for name in truth.questions if name not in last)
        raise BadScenario(f"the survey has no question {missing!r}{meant(missing, last)}")
    return fitting[-1]


def _ids(survey: Survey) -> set[str]:
    return {question.id for question in survey.questions}
