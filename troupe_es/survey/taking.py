"""Decides what one person answers in a survey: one question after the other, each prompt extending the last one.

So a question can be skipped for what was answered before, people are consistent with themselves, and all prompts of
a person share their beginning. A question nobody could get an answer to leaves no trace in the next prompt.
"""

from importlib.resources import files
from string import Template
from typing import Any

from troupe_es import canonical
from troupe_es.acting import Acting, Form
from troupe_es.agent import profiles
from troupe_es.events import types
from troupe_es.llm import Effect, Message
from troupe_es.projections import Person
from troupe_es.survey import forms, questions, rules

BEGIN = Template((files(__package__) / "begin.txt").read_text(encoding="utf-8").rstrip("\n"))
FORMAT = 'Give the JSON object {"reason": "why, in a few words", "answer": …}.'


def take(acting: Acting, person: Person, survey: types.SurveyGiven) -> Effect[None]:
    """Decide all answers of ``person``."""
    state = acting.state
    model = state.settings.model_for(person.id, "ask")
    told = canonical.told({"survey": survey.title, "introduction": survey.introduction})
    beginning = BEGIN.substitute(time=state.clock.replace("T", " "), survey=told)
    answered: Message | None = None
    answers: dict[str, Any] = {}
    skipped = failed = 0
    for question in survey.questions:
        order = questions.order(question, person.id, survey.seed, state.lots)
        if not rules.holds(question.when, answers):
            acting.happen(types.SurveyAnswered(question=question.id, answer=None, order=order, skipped=True))
            skipped += 1
            continue
        put = _put(question, order)
        if answered is None:
            prompt = profiles.private(state, person, f"{beginning}\n{put}", model)
        else:
            prompt = Message("user", put, answered)
        form = Form(prompt, forms.schema(question, order), _reading(question))
        found = yield from acting.ask("ask", model, form)
        if found is None:
            failed += 1
            acting.happen(_failed(question, order, acting.reason))
            continue
        answered = acting.answered
        answers[question.id], reason = found
        answer = answers[question.id]
        acting.happen(types.SurveyAnswered(question=question.id, answer=answer, reason=reason, order=order))
    acting.happen(types.SurveyTaken(answered=len(answers), skipped=skipped, failed=failed))


def _reading(question: types.SurveyQuestion) -> Any:
    return lambda response: forms.read(response, question)


def _failed(question: types.SurveyQuestion, order: list[str], reason: str) -> types.SurveyAnswered:
    return types.SurveyAnswered(question=question.id, answer=None, order=order, failed=reason)


def _put(question: types.SurveyQuestion, order: list[str]) -> str:
    """Return one question as it is put, with its options in ``order``."""
    told: dict[str, Any] = {"question": question.text}
    if question.kind == "matrix":
        told |= {"rows": order, "options": question.options}
    elif order:
        told["options"] = order
    if question.kind == "budget":
        told["total"] = question.total
    if question.kind in ("multiple", "rank"):
        told["pick"] = "all, in order" if question.kind == "rank" else [question.least, question.most or len(order)]
    return f"{canonical.told(told)}\n{forms.how(question)} {FORMAT}"
