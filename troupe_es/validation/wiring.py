"""A simulation's answers against real ones: asked for or read, compared, and what the log shows of which came first.

The people of a survey are put into the groups of the real table by their traits (``survey.tally``).
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from troupe_es.agent.paths import read as read_trait
from troupe_es.agent.prompts import traits
from troupe_es.controller.aside import Limits
from troupe_es.controller.store import Store
from troupe_es.controller.surveying import Surveyed
from troupe_es.controller.surveying import load as load_survey
from troupe_es.controller.validating import Note, shares_of
from troupe_es.errors import BadCommand, UsageError
from troupe_es.llm import Model
from troupe_es.scenario.tables import Column, Table
from troupe_es.survey.spec import Survey, survey_of
from troupe_es.survey.tally import UNKNOWN, label_of
from troupe_es.validation.answers import LISTS, Answers, Question, answers
from troupe_es.validation.loading import load, table_of
from troupe_es.validation.prediction import predicted, sealed
from troupe_es.validation.report import Report, compare_all
from troupe_es.validation.verdict import Margins

UNNAMED = "unknown"
"""The model that gave the answers in a file, where nobody says which."""

PUBLISHED = (
    "A log is the word of whoever holds it: to others only a hash that was published before the truth was known"
    " proves this order."
)


@dataclass(frozen=True)
class Validation:
    """A comparison with people; ``order`` says what the log shows of seals and truth, in whole sentences."""

    report: Report
    order: list[str]
    truth: str
    survey: Surveyed | None

    @property
    def good(self) -> bool:
        """Whether every question is a good match for everybody together."""
        return all(each.verdict.good for each in self.report.comparisons if not each.subgroup)

    def text(self) -> str:
        """Return all of it in plain words."""
        return "\n".join([self.report.text(), *self.order]) + "\n"


def validate(
    store: Store,
    ref: str,
    real: Table | Mapping[str, Any],
    *,
    folder: Path = Path(),
    survey: Surveyed | Survey | Mapping[str, Any] | str | Path | None = None,
    simulated: Path | None = None,
    by: Sequence[str] = (),
    answered_by: str = "",
    model: str | Model = "",
    margins: Margins | None = None,
    budget: Limits | None = None,
) -> Validation:
    """Compare simulated answers with those of ``real``, whose file is in ``folder``; the run is left as it is.

    The answers are those to ``survey``, taken at ``ref`` (what is on record costs nothing), or what came of one that
    was taken there; its questions have the names of the mapping's. Or they are those in the file ``simulated``, read
    by the same mapping, which ``answered_by`` gave.
    ``by`` are groups or columns of the real table; ``NAME=TRAIT`` says by which trait people are in it. When the real
    answers are read is noted in the log at ``ref``, after the survey. Raises UsageError for what cannot be read or
    compared, BadReference, and as ``Store.survey`` does.
    """
    if (survey is None) == (simulated is None):
        raise UsageError("give either a survey to be taken, or a file of simulated answers")
    paths = dict(_group(entry) for entry in by)
    table = table_of(real, "the real answers")
    table = table.model_copy(update={"groups": {**{name: name for name in paths}, **table.groups}})
    if not (folder / table.file).is_file():
        raise UsageError(f"{folder / table.file}: cannot be read: No such file")
    surveyed = None if survey is None else _surveyed(store, ref, survey, table, model, budget)
    alone = None if simulated is None else load(_of_file(table, simulated, list(paths)))
    truth, noted = _truth(store, ref, table, folder)
    found = alone if surveyed is None else of_survey(surveyed, truth, table, _grouped(store, ref, paths, truth))
    assert found is not None
    named = answered_by or UNNAMED if surveyed is None else ", ".join(surveyed.models)
    report = compare_all(found, truth, model=named, by=list(paths), margins=margins)
    return Validation(report, order(store.notes(), _hashes(surveyed, found), noted), noted, surveyed)


def _group(entry: str) -> tuple[str, str]:
    name, _, path = entry.partition("=")
    return name.strip(), path.strip() or name.strip()


def _surveyed(
    store: Store,
    ref: str,
    survey: Surveyed | Survey | Mapping[str, Any] | str | Path,
    table: Table,
    model: str | Model,
    budget: Limits | None,
) -> Surveyed:
    asked: Surveyed | Survey
    if isinstance(survey, Surveyed):
        asked = survey
    else:
        asked = load_survey(survey) if isinstance(survey, str | Path) else survey_of(survey, "survey")
    names = [question.id for question in asked.questions]
    missing = [name for name in table.questions if name not in names]
    if missing:
        there = ", ".join(map(repr, names))
        raise UsageError(f"the survey has no question {missing[0]!r}, which the mapping names; it has {there}")
    found = asked if isinstance(asked, Surveyed) else store.survey(ref, asked, model=model, budget=budget)
    if found.failed:
        raise UsageError(f"nobody gave a usable answer: there is nothing to compare ({found.ref})")
    return found


def _truth(store: Store, ref: str, table: Table, folder: Path) -> tuple[dict[str, Answers], str]:
    """Return the real answers, and where the log notes that they were read."""
    sha256 = hashlib.sha256((folder / table.file).read_bytes()).hexdigest()
    truth = load(table, folder)
    columns = [
        name for column in table.questions.values() for name in (column.column, *column.columns.values()) if name
    ]
    people = max(len(given.values) + given.missing for given in truth.values())
    store.truth_loaded(ref, sha256, sorted({*columns, *table.groups.values()}), people)
    return truth, sha256


def of_survey(
    survey: Surveyed, truth: Mapping[str, Answers], table: Table, groups: Mapping[str, Mapping[str, str]]
) -> dict[str, Answers]:
    """Return the answers to each question of ``truth`` from a survey's rows, each person in their ``groups``.

    The mapping's codes hold for the survey's answers too. Raises UsageError for one that cannot be compared.
    """
    found = {}
    for name, real in truth.items():
        rows = [row for row in survey.rows if row.question == name]
        column = table.questions[name]
        values = [_value(real.question, column, row.answer) if row.status == "answered" else None for row in rows]
        labels = {group: [of[row.person] for row in rows] for group, of in groups.items()}
        found[name] = answers(real.question, values, groups=labels, source=survey.ref)
    return found


def _value(question: Question, column: Column, answer: Any) -> Any:
    if isinstance(answer, dict) or isinstance(answer, list) != (question.kind in LISTS):
        raise UsageError(f"question {question.name!r}: {answer!r} is no {question.kind} answer: leave it out")
    if isinstance(answer, list):
        return [column.codes.get(str(part), part) for part in answer]
    return column.codes.get(str(answer), answer)


def _grouped(
    store: Store, ref: str, paths: Mapping[str, str], truth: Mapping[str, Answers]
) -> dict[str, dict[str, str]]:
    """Return for each group which label each person of the simulation has, by their trait."""
    state = store.at(ref)
    personas = {person.id: traits(state, person) for person in state.people.values()}
    found = {}
    for group, path in paths.items():
        labels = next(iter(truth.values())).labels(group)
        of = {id: label_of(_trait(persona, path), labels) for id, persona in personas.items()}
        if set(of.values()) == {UNKNOWN}:
            raise UsageError(f"nobody has a trait {path!r} to be grouped by: write it as {group}=TRAIT")
        found[group] = of
    return found


def _trait(persona: dict[str, Any], path: str) -> Any:
    try:
        return read_trait(persona, path)
    except BadCommand:
        return None


def _hashes(survey: Surveyed | None, found: Mapping[str, Answers]) -> list[str]:
    """Return every hash under which these answers can have been sealed."""
    whole = [sealed(shares_of(survey))] if survey is not None else []
    return [*whole, *([sealed(predicted(found))] if all(each.values for each in found.values()) else [])]


def _of_file(table: Table, file: Path, groups: Sequence[str]) -> Table:
    """Return how ``file`` is read by the mapping of another; only ``groups`` need to be there."""
    return table.model_copy(update={"file": str(file), "groups": {name: table.groups[name] for name in groups}})


def order(notes: Sequence[Note], predictions: Sequence[str], truth: str) -> list[str]:
    """Return what a store's log shows of which came first, the seal of one of ``predictions`` or the ``truth``."""
    loaded = next(note for note in notes if note.kind == "truth-loaded" and note.sha256 == truth)
    seal = next((note for note in notes if note.kind == "prediction-sealed" and note.sha256 in predictions), None)
    read = f"real answers {truth[:12]}… first read {loaded.at} ({loaded.ref})"
    if seal is None:
        return [f"No prediction from these answers was sealed: there is no hash to have been published; {read}."]
    what = f"prediction {seal.sha256} sealed {seal.at} ({seal.ref})"
    if seal.position < loaded.position:
        return [f"The log shows this order: {what}, then {read}.", PUBLISHED]
    return [f"The log shows this order: {read}, then {what}: sealed after the truth was there, it predicts nothing."]
