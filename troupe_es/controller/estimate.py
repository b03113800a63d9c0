"""What a scenario may cost, before it is run: a band from p10 to p90, not a point.

The scenario is rehearsed many times (``rehearsal``), each time with answers drawn from what is known of the model
(``experience``); the lives' totals are the band. What is unknown for a whole run (how much this model says here, how
much of a prompt the provider serves from its cache, how fast it is) is drawn once for each life, and evenly spread
over the lives, so that a few dozen are enough. The same store always gives the same estimate.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from statistics import NormalDist

from troupe_es import canonical, commands
from troupe_es.agent.correction import BEST
from troupe_es.controller.bands import Band, Estimate, Expected
from troupe_es.controller.driver import most_answer
from troupe_es.controller.experience import Experience, Shape, experience, filled
from troupe_es.controller.onward import Onward
from troupe_es.controller.part import AT_ONCE, MOST_PEOPLE, Part
from troupe_es.controller.rehearsal import Rehearsal, Rehearsed
from troupe_es.llm import Request, Response, Schema
from troupe_es.llm.improviser.model import improvise
from troupe_es.llm.limiter import MOST
from troupe_es.llm.prices import Price, Prices
from troupe_es.log import Log
from troupe_es.projections import State
from troupe_es.scenario import Scenario

THOROUGH, QUICK = (400, 6000), (150, 400)
"""Most turns of one rehearsed life, and of all. Where a scenario has more, its runs are cut, and what is left out
counts like the end of what is rehearsed."""

MOST_LIVES = 48
"""Most lives rehearsed."""

STRICT, REASON = (1.0, 2.0), 80
"""The share of turns in which a judge nobody knows finds fault (a beta distribution), and the characters of why."""


def estimate(
    scenario: Scenario,
    model: str,
    *,
    log: Log | None = None,
    prices: Prices | None = None,
    concurrency: int = MOST,
    quick: bool = False,
    others: Sequence[str] = (),
) -> Estimate:
    """Return what a self-contained ``scenario`` may take when ``model`` answers, learning from ``log``'s history.

    ``others`` are models that answer in the audit of its experiment as well.
    """
    most, whole = QUICK if quick else THOROUGH
    part = Part(scenario, model, most, others)
    concurrency = 1 if model.partition(":")[0] == "local" else concurrency  # one engine, one answer at a time
    found = _estimated(part, _Known(log, prices or Prices()), whole, concurrency)
    return replace(found, variations=part.variations + len(dict.fromkeys(others)))


def going_on(
    before: State,
    changes: Sequence[commands.Command],
    steps: int | None,
    rest: Iterable[commands.Command] = (),
    lives: int = 1,
    *,
    among: Sequence[str] = (),
    log: Log | None = None,
    prices: Prices | None = None,
    concurrency: int = MOST,
) -> Estimate:
    """Return what so many ``lives`` may take that go on from the state ``before``, in all, each with these changes.

    ``steps`` more are lived, or, where None, all that is left of the run under way; then what is the ``rest``, which
    may be asked of those ``among`` all people. What is on record is counted like all else. Raises BadCommand,
    BadReference for a change that cannot be made.
    """
    most, whole = QUICK
    part = Onward(before, changes, steps, rest, lives, most, among)
    return _estimated(part, _Known(log, prices or Prices()), whole, concurrency)


def _estimated(part: Part, known: "_Known", whole: int, concurrency: int) -> Estimate:
    middle = _Life(part, known, MIDDLE, concurrency)
    lives = [middle]
    if known.keys() - {"improviser"}:  # which is rehearsed as it is, so that one life tells all
        count = min(max(whole // max(1, part.turns), part.fewest), MOST_LIVES)
        lives = [_Life(part, known, fate, concurrency) for fate in _fates(count)]
    unpriced = sorted(name for name, (_, price) in known.items() if price is None)
    return Estimate(
        calls=Band.of(life.total("calls") for life in lives),
        prompt_tokens=Band.of(life.total("prompt_tokens") for life in lives),
        cached_tokens=Band.of(life.total("cached_tokens") for life in lives),
        completion_tokens=Band.of(life.total("completion_tokens") for life in lives),
        money=None if unpriced else Band.of(life.money for life in lives),
        seconds=Band.of(life.seconds for life in lives),
        currency=next((price.currency for _, price in known.values() if price and price.currency), ""),
        prices={name: _priced(price) for name, (_, price) in known.items() if price},
        unpriced=unpriced,
        learnt={name: {"answers": seen.answers, "runs": seen.runs} for name, (seen, _) in known.items()},
        lives=len(lives),
        sampled=part.sampled,
        calls_made=middle.calls,
        arms=part.designed,
        replicates=part.replicates,
        variations=part.variations,
    )


def _priced(price: Price) -> str:
    if not price.currency:
        return "free"
    each = f"{price.input} in, {price.cached} cached, {price.output} out"
    return f"{each} {price.currency} a million tokens, {price.date or 'undated'}, {price.source or 'no source'}"


class _Known(dict[str, tuple[Experience, Price | None]]):
    """What is expected of each model that is asked, and its price; looked up when it is first asked."""

    def __init__(self, log: Log | None, prices: Prices) -> None:
        super().__init__()
        self.log = log
        self.prices = prices

    def __missing__(self, model: str) -> tuple[Experience, Price | None]:
        price = self.prices.price_of(model)
        self[model] = experience(self.log, model, price), price
        return self[model]


@dataclass(frozen=True)
class _Fate:
    """What holds for one life as a whole: places in the distributions, from 0 to 1."""

    number: int
    length: float
    characters: float
    hidden: float
    cached: float
    seconds: float


MIDDLE = _Fate(0, 0.5, 0.5, 0.5, 0.5, 0.5)


def _fates(count: int) -> list[_Fate]:
    """Return ``count`` fates that cover each distribution evenly, independently of one another."""
    columns = []
    for number in range(5):
        column = [(place + 0.5) / count for place in range(count)]
        Random(number).shuffle(column)  # noqa: S311 - an estimate is no secret, and the same whenever asked for
        columns.append(column)
    return [_Fate(number, *places) for number, places in enumerate(zip(*columns, strict=True))]


def _factor(place: float, spread: float) -> float:
    return math.exp(NormalDist(0, spread).inv_cdf(place)) if spread else 1.0


class _Life:
    """One rehearsal and what it took."""

    def __init__(self, part: Part, known: _Known, fate: _Fate, concurrency: int) -> None:
        self.part = part
        self.known = known
        self.fate = fate
        self.dice = Random(fate.number)  # noqa: S311 - as above
        self.misfits: dict[str, float] = {}
        self.strict: float | None = None
        self.rehearsal = Rehearsal(self._answer, part.stretch, part.crowd, part.before)
        if part.before is not None:
            self.rehearsal.edit(part.edits)
            self.rehearsal.live()
        self.rehearsal.play(part.script)
        for arm, script in part.arms.items():
            self.rehearsal.part(arm, script, part.parting, part.draw)
        for text in part.wording:
            self.rehearsal.part("", [commands.Rewrite(text)], "@1", 0)
        self.calls = [self._expected(call) for call in self.rehearsal.calls]
        self.money = sum(call.weight * (call.money or 0) for call in self.calls)
        self.seconds = self._duration(concurrency)

    def total(self, name: str) -> float:
        """Return the sum of one count over all calls."""
        return sum(call.weight * (1 if name == "calls" else getattr(call, name)) for call in self.calls)

    def _answer(self, request: Request) -> Response:
        known, _ = self.known[request.model]
        shape = self.dice.choice(known.shapes)
        text = self._text(request, shape, _factor(self.fate.length, known.spread))
        hidden = known.hidden * _factor(self.fate.hidden, 0.5) * self.dice.lognormvariate(0, 0.5)
        tokens = math.ceil(len(text) * shape.rate + hidden)
        if tokens > (most := most_answer(request)):
            return Response(text, "length", completion_tokens=most, seconds=shape.seconds)
        seconds = shape.seconds * _factor(self.fate.seconds, known.seconds_spread)
        return Response(text, completion_tokens=tokens, seconds=seconds)

    def _text(self, request: Request, shape: Shape, scale: float) -> str:
        schema = request.schema
        if schema is None or request.model == "improviser":
            return improvise(request, self.rehearsal.draw)
        if schema.name == "correction":
            return self._judged(schema, scale)
        if not (kinds := _actions(schema)):
            return improvise(request, self.rehearsal.draw)
        names = [person.name for person in list(self.rehearsal.state.people.values())[:MOST_PEOPLE]]
        text = shape.text(scale, names, self.dice, kinds)
        return filled(len(text)) if self.dice.random() < self._bad(request.model) else text

    def _judged(self, schema: Schema, scale: float) -> str:
        """Judge a turn: in each life another share of them falls short, and is asked for again."""
        if self.strict is None:
            self.strict = self.dice.betavariate(*STRICT)
        score = 0 if self.dice.random() < self.strict else BEST
        checks = schema.body["properties"]["scores"]["properties"]
        reason = filled(REASON * scale)
        return canonical.dumps({"scores": {check: {"reason": reason, "score": score} for check in checks}})

    def _bad(self, model: str) -> float:
        """The share of answers in this life that are of no use."""
        if model not in self.misfits:
            self.misfits[model] = self.dice.betavariate(*self.known[model][0].misfits)
        return self.misfits[model]

    def _expected(self, call: Rehearsed) -> Expected:
        known, price = self.known[call.model]
        characters = known.characters * _factor(self.fate.characters, known.characters_spread)
        low, high = known.cached
        served = low + (high - low) * self.fate.cached
        prompt, cached = math.ceil(call.prompt / characters), round(call.same / characters * served)
        money = None if price is None else price.of(prompt, call.completion, cached)
        weight = self.part.weight(call) * call.times
        return Expected(
            call.address, call.model, prompt, cached, call.completion, money, weight, call.arm, call.attempt
        )

    def _duration(self, concurrency: int) -> float:
        """Seconds in all: turns one after another, or together as far as ``concurrency`` lets them."""
        turns: dict[tuple[str, int, bool], dict[str, float]] = defaultdict(lambda: defaultdict(float))
        stands: dict[tuple[str, int, bool], float] = {}
        for call in self.rehearsal.calls:
            place = call.arm, call.step, call.aside
            turns[place][call.person] += call.seconds * call.times
            stands[place] = 1.0 if call.aside else self.part.step_for(call)
        whole: dict[str, float] = defaultdict(float)
        for place, people in turns.items():
            whole[place[0]] += stands[place] * self._step(people, concurrency)
        common = whole.pop("", 0.0)
        lives = self.part.replicates * len(self.part.designed)
        lived = sum(self.part.lives(arm) * seconds for arm, seconds in whole.items())
        return common + lived / max(1, min(AT_ONCE, lives, concurrency))

    def _step(self, turns: Mapping[str, float], concurrency: int) -> float:
        whole = sum(seconds * self.part.stands_for(person) for person, seconds in turns.items()) * self.part.thin
        return whole if self.part.sequential else max(whole / concurrency, *turns.values())


def _actions(schema: Schema) -> list[str]:
    """Return the actions that a turn's answer may have; none where it is no turn, or is asked for in another way."""
    actions = schema.body["properties"].get("actions") if schema.name == "turn" else None
    return actions["items"]["properties"]["type"]["enum"] if actions else []
