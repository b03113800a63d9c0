"""Corrects a turn before it happens: its actions are judged, and what falls short is asked for again.

One call judges all actions of an answer by all checks that are enabled; likeness to earlier actions is counted, not
judged. Below the threshold the person is asked again with what was found, or the judge's own wording is taken, up to
a number of attempts; the best one happens. Every judgement is an event. The judge reads what people say as data.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Annotated, Any, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from troupe_es import canonical
from troupe_es.acting import Acting, Form, Misfit, listed, read_as, record, text
from troupe_es.acts import Intent
from troupe_es.agent import answers, templates
from troupe_es.agent.faculty import offered
from troupe_es.agent.likeness import earlier, likeness
from troupe_es.agent.outline import line
from troupe_es.events import Mind, types
from troupe_es.events.base import HUMAN, Check
from troupe_es.llm import Effect, Message, Response, Schema
from troupe_es.projections import Person

Turn: TypeAlias = tuple[list[Intent], Mind]
RECENT = 10
"""The latest actions that new ones are compared with."""

BEST = 9
"""The highest score."""

MEANING: dict[Check, str] = {
    "persona": "do they fit who this person is: character, beliefs, knowledge, manner of speaking?",
    "self-consistency": "do they agree with what this person did and said before?",
    "fluency": "is it how a human being thinks and speaks, and not formulaic or stilted?",
    "suitability": "do they fit this moment: what was perceived, who is there, what is going on?",
}
"""What is judged by each check; likeness to earlier actions is counted."""


@dataclass(frozen=True)
class Verdict:
    """What the checks found, the actions a judge wrote instead, and why there is no judgement."""

    scores: tuple[types.Score, ...]
    instead: tuple[Intent, ...] = ()
    failed: str | None = None

    def passes(self, threshold: int) -> bool:
        """Say whether every score reaches ``threshold``."""
        return self.failed is None and all(score.score >= threshold for score in self.scores)

    @property
    def worth(self) -> tuple[bool, int, int]:
        """What attempts are compared by: the lowest score, then all together."""
        found = [score.score for score in self.scores] or [BEST]
        return self.failed is None, min(found), sum(found)


@dataclass(frozen=True)
class Attempt:
    """One attempt at a turn, its prompt with the answer, and what the checks found."""

    number: int
    turn: Turn
    answered: Message
    verdict: Verdict


def corrected(acting: Acting, person: Person, model: str, form: Form[Turn], turn: Turn) -> Effect[Turn]:
    """Return the turn to be taken: ``turn`` if it passes every check, else the best attempt at it.

    Whoever answers in person is not corrected.
    """
    settings = acting.state.settings
    if not settings.checks or model == HUMAN:
        return turn
    best: Attempt | None = None
    for number in range(1, settings.check_attempts + 1):
        answered = acting.answered  # before the judge is asked
        verdict = yield from _judged(acting, person, answered, turn[0])
        attempt = Attempt(number, turn, answered, verdict)
        passed = verdict.passes(settings.check_threshold)
        if verdict.instead and not passed:
            best = _rewritten(attempt)
        elif best is None or verdict.worth > best.verdict.worth:
            best = attempt
        acting.happen(_event(attempt, passed, best.number, bool(verdict.instead and not passed)))
        if passed or verdict.instead or verdict.failed or number == settings.check_attempts:
            break
        again = yield from acting.ask("turn", model, _again(form, attempt, settings.check_threshold))
        if again is None:
            break
        turn = again
    assert best is not None
    acting.answered = best.answered
    return best.turn


def _event(attempt: Attempt, passed: bool, best: int, rewritten: bool) -> types.ActionsJudged:
    return types.ActionsJudged(
        attempt=attempt.number,
        scores=list(attempt.verdict.scores),
        passed=passed,
        best=best,
        rewritten=rewritten,
        failed=attempt.verdict.failed,
    )


def _again(form: Form[Turn], attempt: Attempt, threshold: int) -> Form[Turn]:
    """Return how the turn is asked for again: with what fell short, and why."""
    low = [score for score in attempt.verdict.scores if score.score < threshold]
    found = "; ".join(f"{score.check} {score.score} of {BEST}: {line(score.reason)}" for score in low)
    reason = f"it was judged before it happened, and falls short ({found}). Do it otherwise, true to life."
    prompt, answer = attempt.answered.parent, attempt.answered.content
    assert prompt is not None
    return replace(form, prompt=form.again(prompt, Response(answer), reason))


def _rewritten(attempt: Attempt) -> Attempt:
    """Return the attempt with the actions that the judge wrote, as if the person had answered with them."""
    actions = list(attempt.verdict.instead)
    mind = attempt.turn[1]
    said = {"actions": _told(actions), "cognitive_state": mind.model_dump(mode="json")}
    answered = Message("assistant", canonical.told(said), attempt.answered.parent)
    return Attempt(attempt.number, (actions, mind), answered, attempt.verdict)


def _told(intents: Sequence[Intent]) -> list[dict[str, str]]:
    return [{"type": each.kind, "content": each.content, "target": each.target} for each in intents]


# judging


def _judged(acting: Acting, person: Person, answered: Message, intents: Sequence[Intent]) -> Effect[Verdict]:
    """Judge ``intents`` by all enabled checks; where there are none, there is nothing to judge."""
    settings = acting.state.settings
    checks = list(dict.fromkeys(settings.checks)) if intents else []
    counted = tuple(_similarity(acting, person, intents) for check in checks if check == "similarity")
    asked = [check for check in checks if check != "similarity"]
    if not asked:
        return Verdict(counted)
    model = settings.model_for(person.id, "judging")
    found = yield from acting.ask("judging", model, _form(acting, person, answered, intents, asked))
    if found is None:
        return Verdict(counted, failed=acting.reason)
    scores, instead = found
    return Verdict((*scores, *counted), instead)


def _similarity(acting: Acting, person: Person, intents: Sequence[Intent]) -> types.Score:
    """Score how unlike what the person did of late the actions are: by the one that is most alike."""
    done = list(islice(earlier(acting, person), RECENT))
    found = [
        (likeness(intent.content, content), intent.kind)
        for intent in intents
        for kind, _, content in done
        if kind == intent.kind
    ]
    most, kind = max(found, default=(0.0, ""))
    reason = f"a {kind} shares {most:.0%} of its words with an earlier one" if most else "nothing like it before"
    return types.Score(check="similarity", score=round(BEST * (1 - most)), reason=reason)


class _Score(BaseModel):
    model_config = ConfigDict(extra="ignore", defer_build=True)

    reason: Annotated[str, Field(max_length=answers.MOST_CHARACTERS)] = ""
    score: Annotated[int, Field(ge=0, le=BEST)]


class _Verdict(BaseModel):
    model_config = ConfigDict(extra="ignore", defer_build=True)

    scores: dict[str, _Score]
    instead: list[answers.Action] | None = None


def _form(
    acting: Acting, person: Person, answered: Message, intents: Sequence[Intent], checks: Sequence[Check]
) -> Form[tuple[tuple[types.Score, ...], tuple[Intent, ...]]]:
    """Return how a judge is asked: in the person's own prompt, so that all they know is known, and nothing twice."""
    settings = acting.state.settings
    more = tuple(offered(acting.state, person))
    rewrite = settings.check_rewrite
    instead = templates.INSTEAD.substitute(threshold=settings.check_threshold) if rewrite else ""
    prompt = templates.JUDGE.substitute(
        name=line(person.name),
        actions=canonical.told({"actions": _told(intents)}),
        checks="\n".join(f"- {check}: {MEANING[check]}" for check in checks),
        example=",".join(f'"{check}":{{"reason":"...","score":0}}' for check in checks),
        instead=instead,
    )
    score = record(reason=text(), score={"type": "integer", "minimum": 0, "maximum": BEST})
    fields: dict[str, Any] = {"scores": record(**{str(check): score for check in checks})}
    if rewrite:
        fields["instead"] = listed(answers.action(more))

    def read(response: Response) -> tuple[tuple[types.Score, ...], tuple[Intent, ...]]:
        found = read_as(_Verdict, response)
        if missing := [check for check in checks if check not in found.scores]:
            raise Misfit(f"{missing[0]!r} is missing from scores.")
        scores = tuple(
            types.Score(check=check, score=found.scores[check].score, reason=found.scores[check].reason)
            for check in checks
        )
        if not rewrite or not found.instead:
            return scores, ()
        return scores, tuple(answers.intents(found.instead, settings.max_actions, more))

    return Form(Message("user", prompt, answered), Schema("correction", record(**fields)), read)
