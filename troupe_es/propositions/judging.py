"""How claims are put to a model, all in one call, and how its verdicts are read.

What is judged is data: one JSON string a line, from which no content can break out. Events keep the numbers they
have in the log, so a verdict names its evidence as the log would, and a number that was not shown is a misfit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from troupe_es import canonical
from troupe_es.acting import Form, Misfit, listed, read_as, record, text
from troupe_es.events.types import Verdict
from troupe_es.llm import Message, Response, Schema
from troupe_es.projections import Line

JUDGE = (files(__package__) / "judge.txt").read_text(encoding="utf-8").rstrip("\n")
INTEGER = {"type": "integer"}
SCHEMA = Schema(
    "judging",
    record(
        verdicts=listed(
            record(claim=INTEGER, reason=text(), evidence=listed(INTEGER), score=INTEGER, holds={"type": "boolean"})
        )
    ),
)


@dataclass(frozen=True)
class Material:
    """What a judge is shown: people by name and description (empty where they are too many), and what happened."""

    people: Sequence[tuple[str, str]]
    lines: Sequence[Line]


class _Verdict(BaseModel):
    model_config = ConfigDict(extra="ignore", defer_build=True)

    claim: int
    reason: Annotated[str, Field(max_length=4000)] = ""
    evidence: list[int] = Field(default_factory=list)
    score: Annotated[int, Field(ge=0, le=9)]
    holds: bool


class _Verdicts(BaseModel):
    model_config = ConfigDict(extra="ignore", defer_build=True)

    verdicts: list[_Verdict]


def form(material: Material, claims: Sequence[str]) -> Form[list[Verdict]]:
    """Return how ``claims`` are put: a verdict comes back for each, in their order."""
    put = [canonical.told({"claim": number, "text": claim}) for number, claim in enumerate(claims, 1)]
    asked = "# The claims\n" + "\n".join(put) + "\n\nJudge each of them. Answer with the JSON object alone."
    shown = frozenset(line.seq for line in material.lines)
    return Form(Message("user", asked, show(material, JUDGE)), SCHEMA, lambda response: read(response, claims, shown))


def show(material: Material, instructions: str) -> Message:
    """Return the prompt that ``material`` is shown in, below ``instructions``."""
    people = "\n".join(canonical.told({"person": name, "description": about}) for name, about in material.people)
    events = "\n".join(_event(line) for line in material.lines) or "(nothing happened yet)"
    return Message("user", f"# The people\n{people}\n\n# What happened\n{events}", Message("system", instructions))


def read(response: Response, claims: Sequence[str], shown: frozenset[int]) -> list[Verdict]:
    """Return the verdicts in the order of ``claims``. Raises Misfit."""
    by_number: dict[int, _Verdict] = {}
    for verdict in read_as(_Verdicts, response).verdicts:
        if not 1 <= verdict.claim <= len(claims) or verdict.claim in by_number:
            raise Misfit(f"claim {verdict.claim}: there is no such claim, or it is judged twice.")
        by_number[verdict.claim] = verdict
        wrong = [seq for seq in verdict.evidence if seq not in shown]
        if wrong:
            raise Misfit(f"claim {verdict.claim}: no event {wrong[0]} was shown; name numbers that stand there.")
    missing = [number for number in range(1, len(claims) + 1) if number not in by_number]
    if missing:
        raise Misfit(f"claim {missing[0]} is not judged; give one verdict for each claim.")
    return [_verdict(claim, by_number[number]) for number, claim in enumerate(claims, 1)]


def _verdict(claim: str, found: _Verdict) -> Verdict:
    return Verdict(
        claim=claim,
        holds=found.holds,
        score=found.score,
        reason=found.reason,
        evidence=sorted(set(found.evidence)),
    )


def _event(line: Line) -> str:
    told = {"event": line.seq, "step": line.step, "who": line.who, "does": line.kind}
    if line.to:
        told["to"] = line.to
    return canonical.told({**told, "content": line.content})
