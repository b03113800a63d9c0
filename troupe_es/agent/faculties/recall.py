"""The faculty to recall: what comes to mind of a long life, with the reasons why.

RECALL looks through what was distilled of past episodes and what is in view no more; the full scan looks through all
that was ever perceived and done. A scan that a model reads goes through memory in parts and ranks what it pointed at.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from troupe_es import canonical
from troupe_es.acting import Acting, Form, Misfit, listed, read_as, record
from troupe_es.acts import Intent
from troupe_es.agent import prompts
from troupe_es.agent.faculty import Offer
from troupe_es.agent.memory import recall
from troupe_es.agent.memory.consolidation import numbered, template
from troupe_es.agent.memory.ranking import Candidate, Weights, bm25, cosines, ranked, words
from troupe_es.errors import BadCommand
from troupe_es.events import types
from troupe_es.llm import Effect, Message, Response, Schema
from troupe_es.projections import Person, State

OFFERS = (
    Offer(
        recall.RECALL, 'try to remember something; "content" says what, in words that it may have been put in then.'
    ),
    Offer(recall.FULL_SCAN, "the same, going through your whole life: only if RECALL did not bring it back."),
)
PART = 100
"""Memories that a model reads at once in a full scan."""

LONGEST = 400
"""Characters of one memory that are shown."""

SCAN = template("scan")


class Options(BaseModel):
    """What the faculty can be told."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    top: int = Field(20, ge=1, le=100, description="most memories that come to mind at once")
    weights: Weights = Field(default_factory=Weights, description="how much recency, relevance and importance count")
    scan: Literal["rank", "model"] = Field("rank", description="who looks through everything: ranking, or a model")

    @field_validator("weights")
    @classmethod
    def _some(cls, weights: Weights) -> Weights:
        if not weights.recency + weights.relevance + weights.importance:
            raise ValueError("at least one weight must be more than 0")
        return weights


class _Numbers(BaseModel):
    model_config = ConfigDict(extra="ignore", defer_build=True)

    numbers: list[int]


class Recall:
    """Brings memories back."""

    def check(self, options: Mapping[str, Any]) -> None:
        """Raise BadCommand naming the option that cannot be."""
        try:
            Options.model_validate(options)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(str(part) for part in first["loc"])
            raise BadCommand(f"recall: option {where}: {first['msg']}") from None

    def offers(self, options: Mapping[str, Any]) -> tuple[Offer, ...]:
        """Return the two actions."""
        return OFFERS

    def perform(self, acting: Acting, person: Person, intent: Intent, options: Mapping[str, Any]) -> Effect[None]:
        """Rank what is looked through, and let its best come to mind."""
        state = acting.state
        told = Options.model_validate(options)
        if intent.kind == recall.RECALL:
            found = recall.candidates(state, person, recall.within_reach(state, person))
        else:
            found = recall.candidates(state, person, recall.everything(state, person))
            if told.scan == "model":
                found = yield from _read_through(acting, person, intent.content, found)
        relevance = yield from _relevance(acting, person, intent.content, found)
        best = ranked(found, relevance, recall.hours(state.clock), told.weights, told.top)
        acting.happen(types.ResultSeen(kind=intent.kind, content=_shown(state, person, best), found=best))


def _relevance(acting: Acting, person: Person, query: str, found: Sequence[Candidate]) -> Effect[list[float]]:
    if not acting.state.settings.embedder or not query.strip() or not found:
        return bm25(words(query), found)
    asked, *vectors = yield from recall.embedded(acting, person, query, found)
    return cosines(asked, vectors)


def _shown(state: State, person: Person, best: Sequence[types.Found]) -> str:
    """What comes to mind, best first, each with its time."""
    lines = []
    for each in best:
        assert each.seq is not None
        event = state.read(each.seq)
        text = " ".join(recall.told(event, state, person).split())
        lines.append(f"- {event.time[:16].replace('T', ' ')} {text[:LONGEST]}")
    return "\n".join(lines) or "Nothing comes to mind but what you have in view."


def _read_through(acting: Acting, person: Person, query: str, found: Sequence[Candidate]) -> Effect[list[Candidate]]:
    """Return those memories that a model points at; a part that it could not read is left as if it had none."""
    answered = acting.answered  # the turn goes on from its own last answer
    kept: list[Candidate] = []
    for start in range(0, len(found), PART):
        part = found[start : start + PART]
        model = acting.state.settings.model_for(person.id, "extraction")
        numbers = yield from acting.ask("recall", model, _scan(acting.state, person, query, part))
        kept += [part[number - 1] for number in numbers or ()]
    acting.answered = answered
    return kept


def _scan(state: State, person: Person, query: str, part: Sequence[Candidate]) -> Form[list[int]]:
    lines = [canonical.told({"memory": recall.told(state.read(c.seq), state, person)[:LONGEST]}) for c in part]
    asked = SCAN.substitute(query=canonical.told(query), memories=numbered(lines))
    number = {"type": "integer", "minimum": 1, "maximum": len(part)}

    def read(response: Response) -> list[int]:
        numbers = sorted(set(read_as(_Numbers, response).numbers))
        if numbers and not 1 <= numbers[0] <= numbers[-1] <= len(part):
            raise Misfit(f"the memories are numbered from 1 to {len(part)}.")
        return numbers

    prompt = Message("user", asked, prompts.system(state, person))
    return Form(prompt, Schema("recall", record(numbers=listed(number))), read)
