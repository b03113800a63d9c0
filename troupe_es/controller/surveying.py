"""Surveys at any event: people are asked at once, each by themselves, and the run is left as it is."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

from troupe_es import canonical, commands
from troupe_es.agent import paths as places
from troupe_es.agent import prompts
from troupe_es.controller.aside import Aside, Limits
from troupe_es.controller.references import resolve
from troupe_es.errors import BadCommand, UsageError
from troupe_es.events import Event, types
from troupe_es.extraction.reporting import standing_line
from troupe_es.llm import Model
from troupe_es.scenario import text
from troupe_es.survey.spec import Survey, survey_of
from troupe_es.survey.tally import Tally, label_of, tally

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
    """A survey's results as a tidy table, a row for each person and question, in their order.

    ``at`` is the point at which people were asked, ``questions`` are those they were asked, and ``paid`` is how many
    answers a model was asked for now.
    """

    title: str
    rows: list[SurveyRow]
    ref: str
    recorded: bool
    models: list[str]
    at: str = ""
    questions: Sequence[types.SurveyQuestion] = ()
    paid: int = 0

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

    def wide(self, traits: Mapping[str, Mapping[str, Any]] | None = None) -> list[dict[str, Any]]:
        """Return one object a person: who, what stands in ``traits`` for them, and the answer to each question."""
        people = dict.fromkeys(row.person for row in self.rows)
        given = {(row.person, row.question): row.answer for row in self.rows}
        asked = dict.fromkeys(row.question for row in self.rows)
        return [
            {"person": who, **(traits or {}).get(who, {}), **{each: given.get((who, each)) for each in asked}}
            for who in people
        ]

    def tally(self, groups: Mapping[str, str] | None = None, order: Sequence[str] = ()) -> list[Tally]:
        """Return what each group (None: everybody together) answered to each question; see ``Store.groups``."""
        answers = {question.id: self.answers(question.id) for question in self.questions}
        return tally(self.questions, answers, groups, order)

    def answers(self, question: str) -> dict[str, Any]:
        """Return what people answered to ``question``, by person, those alone who did."""
        return {row.person: row.answer for row in self.rows if row.question == question and row.status == "answered"}


class Surveying(Aside):
    """The surveys that a store can take."""

    def traits(self, ref: str, paths: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Return what everybody has at ``paths`` of their persona at a point, by id; None where somebody has nothing.

        Raises BadReference, and UsageError for a path at which nobody has anything.
        """
        state = self._state(resolve(self.log, ref))
        personas = {person.id: prompts.traits(state, person) for person in state.people.values()}
        found = {who: {path: _trait(persona, path) for path in paths} for who, persona in personas.items()}
        for path in paths:
            if all(each[path] is None for each in found.values()):
                raise UsageError(f"nobody has a trait {path!r}: name it as it stands in a persona, such as age")
        return found

    def groups(self, ref: str, path: str, labels: Sequence[str] = ()) -> dict[str, str]:
        """Return which of ``labels`` each person belongs to by their trait at ``path``: ``["18-34", "35+"]``.

        Whom no label fits is a group by what they have. Raises as ``traits`` does.
        """
        return {who: label_of(each[path], labels) for who, each in self.traits(ref, [path]).items()}

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
        return self._surveyed(ref, command_of(survey, people or ()), model, again, budget)

    def _surveyed(
        self,
        ref: str,
        command: commands.GiveSurvey,
        model: str | Model = "",
        again: bool = False,
        budget: Limits | None = None,
    ) -> Surveyed:
        point = resolve(self.log, ref)
        sim, known = self._put_aside(point, "survey", command, "ask", model, again, budget)
        events = list(self.log.events(sim.branch, point.seq + 1, sim.seq))
        rows = [_row(event, event.body) for event in events if isinstance(event.body, types.SurveyAnswered)]
        [given] = [event.body for event in events if isinstance(event.body, types.SurveyGiven)]
        recorded, models = known and not sim.paid, models_of(events)
        return Surveyed(command.title, rows, sim.ref, recorded, models, str(point), given.questions, sim.paid)


def _trait(persona: Mapping[str, Any], path: str) -> Any:
    try:
        return places.read(persona, path)
    except BadCommand:
        return None


def command_of(
    survey: Survey | Mapping[str, Any] | str | os.PathLike[str], people: Sequence[str] = ()
) -> commands.GiveSurvey:
    """Return what asks these people the questions of ``survey``. Raises UsageError for what is none."""
    asked = load(survey) if isinstance(survey, str | os.PathLike) else survey_of(survey, "survey")
    return commands.GiveSurvey(
        tuple(asked.questions),
        tuple(people),
        canonical.clean(asked.title)[0],
        canonical.clean(asked.introduction)[0],
        asked.seed,
    )


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
