"""Surveys at any event: people are asked at once, each by themselves, and the run is left as it is."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

from troupe_es import canonical, commands
from troupe_es.controller.aside import Aside, Limits
from troupe_es.controller.references import resolve
from troupe_es.errors import UsageError
from troupe_es.events import Event, types
from troupe_es.extraction.reporting import standing_line
from troupe_es.llm import Model
from troupe_es.scenario import text
from troupe_es.survey.spec import Survey, survey_of

Status: TypeAlias = Literal["answered", "skipped", "no answer"]


@dataclass(frozen=True)
class SurveyRow:
    """What one person answered to one question: None where it was skipped, or where no usable answer came.

    ``person`` is an id; ``event`` is the event that says so; ``reason`` is theirs, or why there is no answer.
    """

    person: str
    question: str
    answer: Any
    reason: str
    event: int
    status: Status


@dataclass(frozen=True)
class Surveyed:
    """A survey's results as a tidy table, a row for each person and question, in their order."""

    title: str
    rows: list[SurveyRow]
    ref: str
    recorded: bool
    models: list[str]

    @property
    def note(self) -> str:
        """The line that stands on every export of these answers."""
        return standing_line(*self.models)

    @property
    def failed(self) -> bool:
        """Whether nobody gave a usable answer to anything they were asked."""
        return all(row.status != "answered" for row in self.rows)

    def table(self) -> list[dict[str, Any]]:
        """Return the rows as objects: person, question, answer, reason, event, status."""
        return [asdict(row) for row in self.rows]

    def answers(self, question: str) -> dict[str, Any]:
        """Return what people answered to ``question``, by person, those alone who did."""
        return {row.person: row.answer for row in self.rows if row.question == question and row.status == "answered"}


class Surveying(Aside):
    """The surveys that a store can take."""

    def survey(
        self,
        ref: str,
        survey: Survey | Mapping[str, Any] | str | os.PathLike[str],
        people: Sequence[str] | None = None,
        *,
        model: str | Model = "",
        again: bool = False,
        budget: Limits | None = None,
    ) -> Surveyed:
        """Ask people (everybody, if none are named) the questions of ``survey`` at any point.

        Each is asked one question after the other and sees their own earlier answers; all are asked at once, in one
        side branch. The same survey at the same event is on record, and goes on where it was stopped; ``again`` takes
        the next draw. ``model`` answers for those who have no model of their own. ``survey`` is also the path of a
        file, or what one would hold. Raises BadCommand for a question that cannot be asked, BadReference, and as
        ``Simulation.run`` does.
        """
        asked = load(survey) if isinstance(survey, str | os.PathLike) else survey_of(survey, "survey")
        point = resolve(self.log, ref)
        command = commands.GiveSurvey(
            tuple(asked.questions),
            tuple(people or ()),
            canonical.clean(asked.title)[0],
            canonical.clean(asked.introduction)[0],
            asked.seed,
        )
        sim, known = self._put_aside(point, "survey", command, "ask", model, again, budget)
        events = list(self.log.events(sim.branch, point.seq + 1, sim.seq))
        rows = [_row(event, event.body) for event in events if isinstance(event.body, types.SurveyAnswered)]
        return Surveyed(asked.title, rows, sim.ref, known and not sim.paid, models_of(events))


def load(path: str | os.PathLike[str]) -> Survey:
    """Return the survey in a YAML or JSON file. Raises UsageError that names the file and what is wrong."""
    file = Path(path)
    try:
        written = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file}: cannot be read: {getattr(error, 'strerror', None) or 'it is not UTF-8'}") from None
    return survey_of(text.parse(written, str(file)), str(file))


def models_of(events: Iterable[Event]) -> list[str]:
    """Return every model that answered in ``events``, each once, in order."""
    answered = (event.body for event in events if isinstance(event.body, types.ModelAnswered))
    return list(dict.fromkeys(body.model for body in answered))


def _row(event: Event, body: types.SurveyAnswered) -> SurveyRow:
    status: Status = "skipped" if body.skipped else "answered" if body.failed is None else "no answer"
    return SurveyRow(event.actor or "", body.question, body.answer, body.failed or body.reason, event.seq, status)
