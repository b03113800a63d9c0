"""A whole study as one page: who was simulated, what they answered and why, and how that compares with people."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from troupe_es.controller.aside import Judgement
from troupe_es.controller.exporting import shown
from troupe_es.controller.extracting import Extraction
from troupe_es.controller.populating import Population
from troupe_es.controller.surveying import Surveyed, SurveyRow
from troupe_es.events.types import SurveyQuestion, Verdict
from troupe_es.numerals import counted
from troupe_es.pictures.drawing import Label, Picture
from troupe_es.pictures.page import Section, comparisons, page
from troupe_es.pictures.population import profile
from troupe_es.pictures.surveys import answered, scale
from troupe_es.scenario.items import Broadcast
from troupe_es.validation.report import Report
from troupe_es.validation.study import Study

MOST_PEOPLE = 100
"""People who are listed; the store has all of them."""

LONGEST = 400
"""Characters of what an event says that are quoted; the log has the rest."""

TRAITS = ("age", "gender", "residence")


def of_study(study: Study) -> str:
    """Return the page of a study, self-contained HTML that opens from disk.

    It tells what was simulated and by which model, the population as it was aimed at and as it came out, every
    survey's question with its picture, answers, reasons and events, what was extracted and what that rests on, the
    comparison with real answers, and what the log shows of the order of seal and truth. Raises UsageError where the
    extra ``plots`` is missing.
    """
    scenario = study.scenario
    title = scenario.about or scenario.name
    sections = [
        _simulated(study),
        _people(study),
        *(section for survey in study.surveys for section in _survey(survey, study)),
        *(_extracted(found, study) for found in study.extractions),
        *(_judged(found) for found in study.judgements),
    ]
    compared = study.validation
    if compared is not None:
        sections += _against(compared.report, compared.survey)
        sections.append(Section("What came first", compared.order))
    return page(title, study.note, [*sections, _checked(study)])


def _simulated(study: Study) -> Section:
    scenario, sim = study.scenario, study.simulation
    places = [f"{each.name}: {each.description}" if each.description else each.name for each in scenario.worlds]
    lived = f"{counted(sim.state.step, 'step')}, {counted(sim.seq, 'event')}"
    facts = [
        ("people", f"{len(study.personas)}, none of them real"),
        ("answered by", ", ".join(study.models)),
        ("where", "\n".join(places)),
        *(("said to everybody", item.broadcast) for item in scenario.program if isinstance(item, Broadcast)),
        ("lived", f"{lived}; from {_moment(scenario.start)} to {_moment(sim.state.clock)}"),
        ("asked aside", _asked(study)),
    ]
    return Section("What was simulated", rows=[{"": name, " ": said} for name, said in facts])


def _moment(clock: str) -> str:
    """Return simulated time without the seconds."""
    return clock[:16].replace("T", " ")


def _asked(study: Study) -> str:
    counts = (("survey", study.surveys), ("extraction", study.extractions), ("check", study.judgements))
    said = [counted(len(found), word) for word, found in counts if found]
    return ", ".join(said) + ": in side branches, which leave the run as it is" if said else "nothing"


def _people(study: Study) -> Section:
    made, personas = study.population, list(study.personas.values())
    paragraphs, pictures = [], []
    if made is not None and made.achieved:
        worst = max(abs(each.deviation) for each in made.achieved)
        paragraphs.append(
            f"Made to given shares: {counted(len(made.personas), 'person')}. The largest deviation of an achieved"
            f" share from its target is {worst:.1f} percentage points."
        )
        pictures = _profile(made, study.note)
    if made is not None:
        paragraphs += [f"Person {number} could not be made: {why}." for number, why in made.failed.items()]
    if len(personas) > MOST_PEOPLE:
        paragraphs.append(f"The first {MOST_PEOPLE} of {len(personas)} people:")
    rows = [_person(each) for each in personas[:MOST_PEOPLE]]
    told = [name for name in (rows[0] if rows else ()) if any(row[name] is not None for row in rows)]
    return Section("Who they are", paragraphs, pictures, [{name: row[name] for name in told} for row in rows])


def _profile(made: Population, foot: str) -> list[Picture]:
    counts: dict[str, dict[Label, int]] = {}
    targets: dict[str, dict[Label, float]] = {}
    for each in made.achieved:
        counts.setdefault(each.dimension, {})[each.label] = each.count
        targets.setdefault(each.dimension, {})[each.label] = each.target
    seen = {dimension: found for dimension, found in counts.items() if any(found.values())}
    title = "The population: achieved shares against targets"
    return [profile(seen, title, targets=targets, foot=foot)] if seen else []


def _person(persona: Mapping[str, Any]) -> dict[str, Any]:
    work = persona.get("occupation")
    title = work.get("title") if isinstance(work, Mapping) else work
    known = {trait: persona.get(trait) for trait in TRAITS}
    plain = {trait: value if isinstance(value, str | int | float) else None for trait, value in known.items()}
    return {"name": persona.get("name"), **plain, "occupation": title if isinstance(title, str) else None}


def _survey(survey: Surveyed, study: Study) -> Iterator[Section]:
    heading = f"Survey: {survey.title}" if survey.title else "Survey"
    questions = counted(len(survey.questions), "question")
    people = counted(len({row.person for row in survey.rows}), "person")
    yield Section(
        heading, [f"{questions} to {people}, each asked alone, at {survey.at}. The answers are {survey.ref}."]
    )
    for question in survey.questions:
        rows = [row for row in survey.rows if row.question == question.id]
        yield _question(question, rows, survey.note, study)


def _question(question: SurveyQuestion, rows: Sequence[SurveyRow], note: str, study: Study) -> Section:
    given = [row.answer for row in rows if row.status == "answered"]
    counts = [f"n = {counted(len(given), 'answer')}"]
    for status, words in MISSING:
        if number := sum(row.status == status for row in rows):
            counts.append(f"{number} {words}")
    picture = answered(question, given, foot=note)
    table = [
        {
            "person": study.personas.get(row.person, {}).get("name", row.person),
            "answer": _answer(question, row),
            "reason": row.reason,
            "event": str(row.event),
        }
        for row in rows
    ]
    return Section(question.text, [f"{'; '.join(counts)}."], [picture] if picture else [], table, inner=True)


MISSING = (("skipped", "not asked, as an earlier answer ruled it out"), ("no answer", "without a usable answer"))


def _answer(question: SurveyQuestion, row: SurveyRow) -> str:
    if row.status != "answered":
        return f"({row.status})"
    if question.kind == "likert":
        return f"{row.answer}: {question.options[row.answer - 1]}"
    return shown(row.answer)


def _extracted(found: Extraction, study: Study) -> Section:
    said = [found.objective] if found.objective else []
    if found.failed is not None:
        return Section("Extracted", [*said, f"Nothing could be extracted: {found.failed}"])
    rows = [
        {
            "field": value.field,
            "value": _listed(value.value),
            "rests on": "\n".join(_event(seq, study) for seq in value.evidence) or "no event",
        }
        for value in found.values
    ]
    said.append(f"Found in what happened up to {found.at}; {found.ref}.")
    return Section("Extracted", said, rows=rows)


def _listed(value: Any) -> str:
    """Return a value as a text, a list line by line."""
    if value is None:
        return "(not found)"
    return "\n".join(f"• {each}" for each in value) if isinstance(value, list) else shown(value)


def _event(seq: int, study: Study) -> str:
    line = study.lines.get(seq)
    if line is None:
        return f"event {seq}"
    text = line.content if len(line.content) <= LONGEST else line.content[:LONGEST] + "…"
    return f"event {seq}, {line.who} ({line.kind}): {text}"


def _judged(found: Judgement) -> Section:
    if found.failed is not None:
        return Section("Claims", [f"The judge gave no usable answer: {found.failed}"])
    said = [f"Judged by what people remember at {found.at}; {found.ref}."]
    rows = [_claim(f"given: {each.claim}", each.holds, each) for each in found.given]
    rows += [_claim(each.claim, answer, each) for each, answer in zip(found.verdicts, found.answers, strict=True)]
    if not found.judged:
        said.append("What is given does not hold, so nothing else was judged.")
    if None in found.answers:
        said.append("It cannot be told where a claim and its denial were both found to hold, or neither was.")
    return Section("Claims", said, rows=rows)


def _claim(text: str, holds: bool | None, found: Verdict) -> dict[str, Any]:
    word = {True: "yes", False: "no", None: "cannot be told"}[holds]
    return {"claim": text, "holds": word, "score (0 to 9)": found.score, "reason": found.reason}


def _against(report: Report, survey: Surveyed | None) -> list[Section]:
    asked = survey.questions if survey is not None else ()
    texts = {question.id: question.text for question in asked}
    axes = {question.id: scale(question) for question in asked if question.kind == "likert"}
    return comparisons(report, "Against real people", texts=texts, axes=axes, inner=True)


def _checked(study: Study) -> Section:
    name = study.ref.partition("@")[0]
    return Section(
        "How this can be checked",
        [
            f"The run is {study.ref}; its head is {study.head}. Equal heads are equal lives.",
            f"'troupe verify {name}' decides all of it again from the record, without a model, and must come to that"
            " head; 'troupe log' shows every event that is named here.",
        ],
    )
