"""Seals, loaded truth and interviews that check a person: each in a side branch, so that the run is left as it is.

What is noted here stands in the store's log, in the order in which it was written. That order is the word of whoever
holds the file: to others only a hash that was published proves that a prediction came first.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from troupe_es import canonical, commands
from troupe_es.controller.aside import Judgement, Limits
from troupe_es.controller.references import Point, resolve
from troupe_es.controller.reporting import Reporting
from troupe_es.controller.surveying import Surveyed
from troupe_es.errors import BadCommand, UsageError
from troupe_es.events.types import SurveyQuestion, Verdict
from troupe_es.llm import Model
from troupe_es.survey.prediction import FORMAT, Prediction, sealed, shares
from troupe_es.survey.spec import Survey

NOTES = """\
SELECT events.position, simulations.name, branches.name, events.seq, events.recorded_at, events.type, events.payload
FROM events JOIN branches ON branches.id = events.branch JOIN simulations ON simulations.id = branches.simulation
WHERE events.type IN ('prediction-sealed', 'truth-loaded') ORDER BY events.position"""

INTERVIEWER = {
    "name": "Interviewer",
    "occupation": {"title": "Interviewer", "description": "You find out what people are really like by asking."},
}
MOST_QUESTIONS = 12
BULLET = re.compile(r"^\s*(?:[-*•]|\d+[.):])\s*")
TOP = 9
"""The best score a judge gives."""


@dataclass(frozen=True)
class Note:
    """A sealed prediction, or a truth that was loaded, where it stands in the store's log.

    ``position`` counts the events of the whole store; ``at`` is the time of the wall clock (UTC) when it was written.
    """

    kind: str
    sha256: str
    names: list[str]
    position: int
    at: str
    ref: str


@dataclass(frozen=True)
class Seal:
    """The hash of a prediction, to be published; ``recorded`` says that it had been sealed here before."""

    sha256: str
    questions: list[str]
    ref: str
    recorded: bool


@dataclass(frozen=True)
class Validated:
    """How well a person fits what is expected of them: ``score`` 0 to 1, None where there are no verdicts.

    ``verdicts`` are on each expectation, in their order, with score (0 to 9) and reason; ``interview`` is what was
    asked and answered; ``failed`` says why there are no verdicts.
    """

    person: str
    score: float | None
    verdicts: list[Verdict]
    interview: Surveyed
    questions: list[str]
    failed: str | None
    ref: str


class Validating(Reporting):
    """What a store notes of predictions and truth, and how it checks a person against expectations."""

    def seal(self, ref: str, prediction: Prediction | Surveyed) -> Seal:
        """Write the hash of a prediction into the log, in a side branch at ``ref``, before the truth is loaded.

        ``prediction`` is the share of each answer by question, or a survey's results. The same at the same event is
        sealed once. Raises UsageError for what is no share, BadReference.
        """
        found = shares_of(prediction) if isinstance(prediction, Surveyed) else prediction
        if not found:
            raise UsageError("there is nothing to seal: the prediction names no question")
        questions = tuple(canonical.clean(sorted(found))[0])
        point, hash = resolve(self.log, ref), sealed(found)
        sim, known = self._put_aside(
            point, "seal", commands.Seal(hash, FORMAT, questions), "ask", "", again=False, budget=None
        )
        return Seal(hash, list(questions), sim.ref, known)

    def truth_loaded(self, ref: str, sha256: str, columns: Sequence[str], n: int) -> str:
        """Note in a side branch at ``ref`` that real answers were read, and return where that stands.

        ``sha256`` is of the file's bytes, ``n`` the number of its rows. The same at the same event is noted once.
        """
        command = commands.LoadTruth(sha256, tuple(canonical.clean(sorted(columns))[0]), n)
        sim, _ = self._put_aside(resolve(self.log, ref), "truth", command, "ask", "", again=False, budget=None)
        return sim.ref

    def notes(self) -> list[Note]:
        """Return every sealed prediction and every loaded truth of this store, in the order of its log."""
        found = []
        for position, simulation, branch, seq, at, kind, payload in self.log.select(NOTES):
            body = json.loads(payload)
            names = body["questions"] if kind == "prediction-sealed" else body["columns"]
            time = datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="seconds")
            found.append(Note(kind, body["sha256"], names, position, time, f"{simulation}/{branch}@{seq}"))
        return found

    def validate_person(
        self,
        ref: str,
        who: str,
        expectations: str | Sequence[str],
        *,
        questions: Sequence[str] = (),
        model: str | Model = "",
        again: bool = False,
        budget: Limits | None = None,
    ) -> Validated:
        """Interview ``who`` at any point and have what they answer judged against ``expectations``.

        Each expectation is a claim about them; in it ``{{name}}`` stands for them. ``questions`` are put to them in
        private; none given: an interviewer, who is there in a side branch alone, makes them from the expectations.
        ``model`` asks, answers and judges instead of the one that is set there. The score is the mean of the
        verdicts' 0 to 9, divided by 9. The same again is on record; ``again`` takes the next draw of it all.
        Raises BadCommand where nothing is expected or asked, BadReference, and as ``Simulation.run`` does.
        """
        claims = [line for line in canonical.clean(_several(expectations))[0] if line.strip()]
        if not claims:
            raise BadCommand("nothing is expected of them: give at least one expectation")
        point = resolve(self.log, ref)
        person = self._state(point).person(who)
        limits = self.budget(f"validate {person.id}", budget)
        asked = list(questions) or self._questions(point, person.name, claims, model, again, limits)
        survey = Survey(
            title="Interview",
            questions=[SurveyQuestion(id=f"q{number}", text=text) for number, text in enumerate(asked, 1)],
        )
        interview = self.survey(ref, survey, [person.id], model=model, again=again, budget=limits)
        found = self._judge(interview, person.id, claims, asked, model, limits)
        score = None if found.failed else sum(each.score for each in found.verdicts) / (TOP * len(found.verdicts))
        return Validated(person.id, score, found.verdicts, interview, asked, found.failed, found.ref)

    def _questions(
        self,
        point: Point,
        name: str,
        claims: Sequence[str],
        model: str | Model,
        again: bool,
        budget: Limits | None,
    ) -> list[str]:
        """Return the questions that an interviewer makes, who joins in a side branch."""
        wanted = canonical.told({"expectations": [claim.replace("{{name}}", name) for claim in claims]})
        task = (
            f"You are going to interview {name}. Write at most {min(MOST_QUESTIONS, 2 * len(claims))} open questions"
            " that will show whether each of these expectations holds, without giving away what is expected. Answer"
            f" with the questions alone, one a line.\n{wanted}"
        )
        with self.log.transaction():
            branch, _ = self._side_branch(point, [name, wanted], again, "interviewer")
            sim = self._aside(branch, None)
            if sim.seq == point.seq:
                if "interviewer" in (*sim.state.people, *sim.state.gone):
                    raise BadCommand("somebody is called Interviewer already: give questions of your own")
                sim.command(commands.AddPerson(INTERVIEWER, next(iter(sim.state.worlds), None)))
        interviewer = list(sim.state.people)[-1]
        reply = self.ask(sim.ref, interviewer, task, model=model, again=again, budget=budget)
        lines = [BULLET.sub("", line).strip() for line in reply.answer.splitlines()]
        made = [line for line in lines if line][:MOST_QUESTIONS]
        if reply.failed is not None or not made:
            why = reply.failed or "no question came back"
            raise BadCommand(f"the interviewer made no questions ({why}): give your own questions")
        return made

    def _judge(
        self,
        interview: Surveyed,
        who: str,
        claims: Sequence[str],
        asked: Sequence[str],
        model: str | Model,
        budget: Limits | None,
    ) -> Judgement:
        """Have ``claims`` judged where the person remembers the interview: in a side branch after it."""
        point = resolve(self.log, interview.ref)
        texts = {f"q{number}": text for number, text in enumerate(asked, 1)}
        said = [
            f"(asked in an interview: {texts[row.question]}) "
            + (str(row.answer) if row.status == "answered" else f"(no answer: {row.reason})")
            for row in interview.rows
        ]
        with self.log.transaction():
            branch, _ = self._side_branch(point, said, False, "interview")
            sim = self._aside(branch, None)
            speaker = sim.state.people[who].name
            for text in said if sim.seq == point.seq else ():
                sim.command(commands.Stimulate(text, to=(who,), speaker=speaker))
        return self.check(sim.ref, claims, who, last=len(said) + 40, model=model, budget=budget)


def shares_of(survey: Surveyed) -> dict[str, dict[str, float]]:
    """Return the share of each answer to each question of a survey. Raises UsageError where nobody answered."""
    return shares((row.question, row.answer) for row in survey.rows if row.status == "answered")


def _several(texts: str | Sequence[str]) -> list[str]:
    return [texts] if isinstance(texts, str) else list(texts)
