"""Reports at any event: people are interviewed aside, findings extracted, and all is put together in Markdown."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from troupe_es import commands
from troupe_es.controller.aside import Judgement, Limits
from troupe_es.controller.exporting import Row, Table, markdown
from troupe_es.controller.extracting import Extracting, Extraction
from troupe_es.controller.references import resolve
from troupe_es.controller.surveying import Surveyed, Surveying, SurveyRow, models_of
from troupe_es.events.types import SurveyQuestion
from troupe_es.extraction import reporting
from troupe_es.extraction.fields import Fields
from troupe_es.llm import Model
from troupe_es.projections import Line, transcript
from troupe_es.survey.spec import Survey
from troupe_es.toolbox import office

Found: TypeAlias = Surveyed | Extraction | Judgement
"""What comes of an aside."""

SPOKEN = ("TALK", "REACH_OUT", "SURVEY")


@dataclass(frozen=True)
class Report:
    """A report, and what it was made of; ``failed`` says why a part of it is missing.

    ``note`` is its standing line, ``body`` the rest of it as Markdown.
    """

    title: str
    note: str
    body: str
    interviews: Surveyed | None
    findings: Extraction | None
    failed: list[str]

    @property
    def text(self) -> str:
        """The whole report as Markdown."""
        return f"# {reporting.plain(self.title)}\n\n*{reporting.plain(self.note)}*\n\n{self.body}\n"

    def write(self, path: str | os.PathLike[str]) -> None:
        """Write it to a new file whose name ends in .md, .html, .docx or .json. Raises UsageError."""
        office.write(office.Document(self.title, self.note, self.body, "", "", 0), Path(path))


class Reporting(Surveying, Extracting):
    """The reports that a store can be asked for."""

    def found(self, ref: str, command: commands.Aside, budget: Limits | None = None) -> Found:
        """Carry out in a side branch at ``ref`` what a script asks aside. Raises as ``survey`` and ``extract`` do."""
        match command:
            case commands.GiveSurvey():
                return self._surveyed(ref, command, budget=budget)
            case commands.Extract():
                return self._extracted(ref, command, budget=budget)
            case commands.PutClaims():
                return self._checked(ref, command, budget=budget)

    def report(
        self,
        ref: str,
        title: str,
        *,
        questions: Sequence[str] = (),
        people: Sequence[str] | None = None,
        fields: Fields = (),
        objective: str = "",
        interactions: int = 0,
        tables: Mapping[str, Sequence[Row]] | None = None,
        model: str | Model = "",
        budget: Limits | None = None,
    ) -> Report:
        """Report on what happened up to any point; the run is left as it is.

        ``questions`` are put to ``people`` (everybody, if none are named) aside; ``fields`` are found in what
        happened and in those interviews; the last ``interactions`` things that were said are quoted; ``tables`` are
        the user's own. What was asked before at this point is on record. Raises as ``survey`` and ``extract`` do.
        """
        point = resolve(self.log, ref)
        limits = self.budget(f"report {ref}", budget)
        asked = [SurveyQuestion(id=f"q{number}", text=text) for number, text in enumerate(questions, 1)]
        interviews = (
            self.survey(ref, Survey(title=title, questions=asked), people, model=model, budget=limits)
            if asked
            else None
        )
        after = interviews.ref if interviews else ref
        about = tuple(people or ())
        findings = (
            self.extract(after, fields, about, objective=objective or title, model=model, budget=limits)
            if fields
            else None
        )
        past = self._state(point)
        names = {person.id: person.name for person in past.people.values()}
        texts = {each.id: each.text for each in asked}
        models = self._models(after if findings is None else findings.ref)
        material = reporting.Material(
            str(point),
            [(found.field, found.value, found.evidence) for found in findings.values] if findings else (),
            [_quotation(row, names, texts) for row in interviews.rows] if interviews else (),
            self._spoken(ref, interactions),
            {name: markdown(Table(rows)) for name, rows in (tables or {}).items()},
        )
        failed = [row.reason for row in interviews.rows if row.status == "no answer"] if interviews else []
        failed += [findings.failed] if findings is not None and findings.failed is not None else []
        body = reporting.report(material)
        return Report(title, reporting.standing_line(*models), body, interviews, findings, failed)

    def _spoken(self, ref: str, last: int) -> list[Line]:
        """Return the last things that were said up to a point."""
        if not last:
            return []
        point = resolve(self.log, ref)
        lines = [line for line in transcript(self.log.events(point.branch, 1, point.seq)) if line.kind in SPOKEN]
        return lines[-last:]

    def _models(self, ref: str) -> list[str]:
        """Return every model that answered up to a point, in order."""
        point = resolve(self.log, ref)
        events = self.log.events(point.branch, 1, point.seq)
        return models_of(events)


def _quotation(row: SurveyRow, names: Mapping[str, str], texts: Mapping[str, str]) -> reporting.Quotation:
    said = str(row.answer) if row.status == "answered" else f"({row.status}: {row.reason})"
    return reporting.Quotation(names.get(row.person, row.person), texts[row.question], said, row.event)
