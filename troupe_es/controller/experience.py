"""What is known of how long a model's answers are: from this store's history, or else a prior.

Three things are learnt for a model. *Shapes*: what recorded turns were made of; a rehearsal draws from them, so that
the mix of thoughts, talk, bad answers and odd lengths is the model's own. *Spread*: how far one simulation's mean
lies from another's; a new scenario is one more draw. *Rates*: characters in a token, what the provider serves from
its cache, seconds.

The prior is meant for any chat model of 2025: a turn of a thought and one or two utterances, about 220 tokens, in
the middle; half or twice as much is not surprising. It was set by the length of turns written in advance (the
shipped examples'), not by any model's. Models that reason are given some hundred hidden tokens more, very unsurely.
"""

import math
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from statistics import fmean
from typing import TypeAlias

from troupe_es import canonical
from troupe_es.acting import Misfit
from troupe_es.agent.answers import KINDS, read_turn
from troupe_es.controller.prefixes import Prefix, prefixes
from troupe_es.llm import Finish, Response
from troupe_es.llm.prices import Price
from troupe_es.llm.rules import rule_of
from troupe_es.llm.tokens import CHARACTERS
from troupe_es.log import Answer, Branch, Log

Words: TypeAlias = tuple[str, int, bool]
"""One action: its kind, the characters of what is said, and whether it is said to somebody."""

FILLER = "and so it went on, as such things do, with a word here and a pause there, until somebody spoke again; "
NAMES = ("goals", "attention", "emotions")

NAMED = re.compile(r'"type"\s*:\s*"([A-Za-z_]+)"')
"""An action as an answer names it: which of them faculties added, an answer alone does not tell."""

ENOUGH = 8
"""Usable answers below which history says less than the prior."""

LATEST, RUNS = 400, 30
"""Answers of a model that are looked at, the latest ones, and the simulations in which they are looked for."""

SPREAD, WEIGHT = 0.15, 3
"""How far the means of a model's runs lie apart (as a logarithm) before any were seen, and how many that weighs."""

HIDDEN = 300.0
"""Tokens that a model which reasons spends on a turn before it answers, in the middle."""

PRIOR_SPREAD = 0.4
"""The same for a model of which nothing is known."""


@dataclass(frozen=True)
class Shape:
    """What an answer was made of. ``rate``: tokens to a character of it; ``seconds``: what it took."""

    actions: tuple[Words, ...]
    mind: int
    rate: float
    seconds: float

    def text(self, scale: float, names: list[str], dice: Random, kinds: Sequence[str] = KINDS) -> str:
        """Return an answer of this shape with ``scale`` times as many words, said to some of ``names``.

        An action that is not of one of these ``kinds``, as one of a faculty that nobody has here, is said aloud.
        """
        actions = [
            {
                "type": kind if kind in kinds else "TALK",
                "content": filled(length * scale),
                "target": dice.choice(names) if to and names else "",
            }
            for kind, length, to in self.actions
        ]
        each = filled(self.mind * scale / 4)
        mind = {"context": [each], **dict.fromkeys(NAMES, each)}
        done = {"type": "DONE", "content": "", "target": ""}
        return canonical.dumps({"actions": [*actions, done], "cognitive_state": mind})


@dataclass(frozen=True)
class Experience:
    """What is expected of a model; spreads are standard deviations of logarithms. ``answers`` 0: the prior."""

    shapes: tuple[Shape, ...]
    spread: float
    misfits: tuple[float, float]
    characters: float
    characters_spread: float
    cached: tuple[float, float]
    hidden: float = 0.0
    seconds_spread: float = 0.5
    answers: int = 0
    runs: int = 0


@dataclass(frozen=True)
class Seen:
    """One recorded answer of a model."""

    simulation: int
    prefix: Prefix
    answer: Answer


def filled(length: float) -> str:
    """Return meaningless words of about so many characters, one at least."""
    size = max(1, round(length))
    return (FILLER * (size // len(FILLER) + 1))[:size]


def prior(model: str, price: Price | None) -> Experience:
    """Return what is expected of a model that never answered here."""
    dice = Random(0)  # noqa: S311 - shapes, not secrets
    kind = model.partition(":")[0]
    first, each = {"improviser": (0.0, 0.0), "scripted": (0.0, 0.0), "local": (2.0, 0.08)}.get(kind, (0.6, 0.014))
    shapes = tuple(_imagined(dice, first, each) for _ in range(200))
    hidden = HIDDEN if rule_of(model).room else 0.0
    cached = (0.0, 0.9 if price is None or price.cached < price.input else 0.0)
    return Experience(shapes, PRIOR_SPREAD, (1.0, 24.0), CHARACTERS, 0.08, cached, hidden)


def _imagined(dice: Random, first: float, each: float) -> Shape:
    def length(middle: float) -> int:
        return round(dice.lognormvariate(math.log(middle), 0.4))

    talks = dice.choices((0, 1, 2), (1, 15, 4))[0]
    words: list[Words] = [("THINK", length(140), False)] if dice.random() < 0.95 else []
    words += [("TALK", length(250), dice.random() < 0.1) for _ in range(talks)]
    said = sum(size for _, size, _ in words) + 400
    return Shape(tuple(words), length(180), 1 / CHARACTERS, first + each * said / CHARACTERS)


def experience(log: Log | None, model: str, price: Price | None) -> Experience:
    """Return what the store's history says of ``model``, or the prior where it says too little."""
    expected = prior(model, price)
    seen = history(log, model) if log is not None and model != "improviser" else []
    shapes, bad = _shapes(seen)
    if sum(len(group) for group in shapes.values()) < ENOUGH:
        return expected
    every = tuple(shape for group in shapes.values() for shape in group)
    characters = _characters(seen)
    return Experience(
        shapes=every,
        spread=_spread([[_size(shape) for shape in group] for group in shapes.values()]),
        misfits=(0.5 + bad, 12 + len(every)),
        characters=characters or expected.characters,
        characters_spread=0.03 if characters else expected.characters_spread,
        cached=_cached(seen),
        seconds_spread=0.3,
        answers=len(seen),
        runs=len(shapes),
    )


def history(log: Log, model: str) -> list[Seen]:
    """Return the latest recorded turns of ``model``, in any simulation but those that only ask the past."""
    found: list[Seen] = []
    for simulation in log.simulations()[: -RUNS - 1 : -1]:
        main: Branch = log.branch(simulation.name, "main")
        for prefix in prefixes(log, main):
            if prefix.model == model and prefix.purpose == "turn":
                answer = log.answer(prefix.answer, prefix.request)
                if answer is not None:
                    found.append(Seen(simulation.id, prefix, answer))
        if len(found) >= LATEST:
            break
    return found


def _shapes(seen: list[Seen]) -> tuple[dict[int, list[Shape]], int]:
    """Return the shapes of usable answers by simulation, and how many were of no use."""
    shapes: dict[int, list[Shape]] = defaultdict(list)
    bad = 0
    for one in seen:
        finish: Finish = "stop" if one.answer.finish == "stop" else "length"
        try:
            response = Response(one.answer.text, finish, one.answer.refusal)
            intents, mind = read_turn(response, 100, [kind.upper() for kind in NAMED.findall(response.text)])
        except Misfit:
            bad += 1
            continue
        words = tuple((intent.kind, len(intent.content), bool(intent.target)) for intent in intents)
        state = len(mind.goals) + len(mind.attention) + len(mind.emotions) + sum(map(len, mind.context))
        shape = Shape(words, state, 1 / CHARACTERS, one.answer.seconds)
        length = len(shape.text(1, [], Random(0)))  # noqa: S311 - as above
        taken = one.answer.completion_tokens
        rate = shape.rate if taken is None else taken / length
        shapes[one.simulation].append(Shape(words, state, rate, one.answer.seconds))
    return shapes, bad


def _size(shape: Shape) -> float:
    return sum(length for _, length, _ in shape.actions) + shape.mind + 1


def _spread(groups: list[list[float]]) -> float:
    """How far the mean of one more run may lie from that of all, as a logarithm."""
    means = [math.log(fmean(group)) for group in groups]
    whole = fmean(means)
    between = (WEIGHT * SPREAD**2 + sum((mean - whole) ** 2 for mean in means)) / (WEIGHT + len(means) - 1)
    return math.sqrt(between * (1 + 1 / len(means)) + 0.16 / sum(map(len, groups)))


def _characters(seen: list[Seen]) -> float | None:
    """Characters of prompt that make a token, by what the provider counted."""
    counted = [(one.prefix.whole, one.answer.prompt_tokens) for one in seen if one.answer.prompt_tokens]
    return sum(whole for whole, _ in counted) / sum(tokens or 0 for _, tokens in counted) if counted else None


def _cached(seen: list[Seen]) -> tuple[float, float]:
    """The least and the most of a known beginning that the provider served from its cache."""
    later = [one for one in seen if not one.prefix.first and one.answer.prompt_tokens]
    served = sum(one.answer.cached_tokens or 0 for one in later)
    known = sum((one.answer.prompt_tokens or 0) * one.prefix.same / max(1, one.prefix.whole) for one in later)
    share = served / known if known else 0.0
    return (max(0.0, share - 0.1), min(1.0, share + 0.1)) if served else (0.0, 0.0)
