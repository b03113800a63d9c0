"""Surveys for hypothesis, and people who answer what they are asked aside, now and then with something hostile."""

import json
from random import Random
from typing import Any

from hypothesis import strategies as st
from strategies.scripts import Cast

from troupe_es import Response, Scripted
from troupe_es.llm import Request
from troupe_es.llm.improviser.model import improvise

ASIDE = ("survey", "extraction", "labels", "rewriting")
HOSTILE: tuple[Any, ...] = (
    "",
    "rubbish",
    "[" * 5000,
    '{"answer": null}',
    '{"reason": {}, "answer": 1e999}',
    '{"reason": "x", "answer": ' + "9" * 400 + "}",
    '{"reason": "\\ud800", "answer": ["red", "red", "\\ud800"]}',
    '{"answer": {"red": -1, "price": [], "": 3}}',
    '{"answer": ["red", "blue", "green", "red"]}',
    '{"answer": true}',
    '{"reason": "\\ud800", "answer": "\\ud800"}',
    '{"reason": "\\ud800", "answer": 3}',
    '{"answer": ' + '{"red": [' * 300 + "]}" * 300 + "}",
    '{"found": {"told": {"evidence": [], "value": "\\ud800"}}}',
    '{"labels": ["\\ud800"], "of": [1]}',
    '{"found": {"mood": {"evidence": [999999], "value": "good"}}}',
    '{"found": {"mood": 7, "n": [], "": null}}',
    '{"found": []}',
    '{"labels": [], "of": [0, 7]}',
    '{"labels": ["a", "A"], "of": [1]}',
    '{"text": ""}',
    '{"text": "\\ud800"}',
)


def respondents(seed: int = 0, hostile: float = 0.0, prompts: list[Request] | None = None) -> Scripted:
    """Return a model called ``cast`` for everything; ``hostile`` is the share of hostile answers aside.

    What is asked aside is put into ``prompts``.
    """
    cast = Cast(misfits=0)

    def answer(request: Request, draw: int) -> Response:
        if request.schema is None or request.schema.name not in ASIDE:
            return Response(cast(request, draw))
        if prompts is not None:
            prompts.append(request)
        dice = Random(f"{seed}|{request.hash}|{draw}|{request.address}")
        if dice.random() < hostile:
            if dice.random() < 0.1:
                return Response("", finish=dice.choice(["length", "filter", "refusal"]))
            return Response(dice.choice(HOSTILE))
        return Response(improvise(request, draw))

    return Scripted(answer, "cast")


def saying(text: str | dict[str, Any]) -> Scripted:
    """Return a model called ``cast`` that gives this answer to everything that is asked aside."""
    cast = Cast(misfits=0)
    said = text if isinstance(text, str) else json.dumps(text)
    return Scripted(
        lambda request, draw: Response(
            said if request.schema and request.schema.name in ASIDE else cast(request, draw)
        ),
        "cast",
    )


COLOURS = ["red", "green", "blue"]
EVERY_KIND: list[dict[str, Any]] = [
    {"id": "drinks", "kind": "yes-no", "text": "Do you drink cold tea?"},
    {"id": "why", "kind": "text", "text": "Why?", "when": "drinks == 'yes'"},
    {"id": "colour", "kind": "choice", "text": "Which can?", "options": COLOURS},
    {"id": "some", "kind": "multiple", "text": "Which cans?", "options": COLOURS, "least": 1, "most": 2},
    {"id": "taste", "kind": "likert", "text": "It tastes good."},
    {"id": "cups", "kind": "number", "text": "How many cups?", "low": 0, "high": 9, "whole": True},
    {"id": "order", "kind": "rank", "text": "Which first?", "options": COLOURS},
    {"id": "each", "kind": "matrix", "text": "How is it?", "rows": ["price", "taste"], "options": ["bad", "good"]},
    {"id": "money", "kind": "budget", "text": "Divide it.", "options": COLOURS, "total": 10},
    {"id": "late", "kind": "text", "text": "And late?", "when": "cups > 4 and not (colour in ['red', 'blue'])"},
]
"""A survey with every kind of question."""


def surveys() -> st.SearchStrategy[dict[str, Any]]:
    """Surveys of some of these questions, in their order: a rule whose question is left out goes with it."""
    return st.sets(st.sampled_from(range(len(EVERY_KIND))), min_size=1, max_size=5).map(_survey)


def _survey(places: set[int]) -> dict[str, Any]:
    chosen = [EVERY_KIND[place] for place in sorted(places)]
    ids = {question["id"] for question in chosen}
    needs = {"why": {"drinks"}, "late": {"cups", "colour"}}
    free = [
        {key: value for key, value in question.items() if key != "when" or needs[question["id"]] <= ids}
        for question in chosen
    ]
    return {"title": "Tea", "seed": len(free), "questions": free}
