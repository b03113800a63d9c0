"""A robustness audit: the same experiment under what should make no difference, and how far its outcomes move.

A finding that hangs on the wording of a stimulus, on the order of options, on the draws or on the model is no finding
about what the arms differ in. Each variation is an experiment of its own from the same prefix, so it is recorded,
resumable and free the second time. Words are put differently in a simulation of their own.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from troupe_es import canonical
from troupe_es.controller.aside import Limits
from troupe_es.controller.store import Store
from troupe_es.errors import EveryTurnFailed, UsageError
from troupe_es.experimentation.assignment import orders
from troupe_es.experimentation.outcomes import Value
from troupe_es.experimentation.runner import AT_ONCE, Progress, answered, experiment, planned_of
from troupe_es.experimentation.statistics.results import shown
from troupe_es.experimentation.table import Findings
from troupe_es.extraction.reporting import standing_line
from troupe_es.llm import Model
from troupe_es.scenario import Experiment, Scenario
from troupe_es.scenario.experiment import OPTIONS
from troupe_es.scenario.items import Broadcast, Say
from troupe_es.scenario.model import Arm, Item
from troupe_es.survey import questions

TRIES = 64
"""Seeds that are looked at for another order; of two options every second one has it."""

LONGEST = 40 - len("-m-000000")
"""Letters of a name that leave room for a variation's."""

PEOPLE = "What holds across variations of a simulation still says nothing of people until it is compared with people."

Level: TypeAlias = float | Counter[str] | None
"""What the values of one arm come to: a mean, a share of yes, or how often each answer was given."""


@dataclass(frozen=True)
class Movement:
    """How far one outcome of one arm moved under one variation, in the outcome's own units.

    Numbers move by the difference of means, yes and no by that of shares, answers by the share that would have to
    be changed (total variation). None where an arm has no values. ``before`` is what it was without the variation:
    a mean, a share of yes, or how often each answer was given, the most frequent first; None where it has no values.
    """

    variation: str
    outcome: str
    arm: str
    before: float | dict[str, int] | None
    moved: float | None


@dataclass(frozen=True)
class Audit:
    """The experiment as it is, under each variation, and what that permits one to conclude, outcome by outcome.

    ``paid`` is how many model calls were made for all of it now.
    """

    findings: Findings
    variations: Mapping[str, Findings]
    movements: tuple[Movement, ...]
    conclusions: Mapping[str, str]
    paid: int

    @property
    def note(self) -> str:
        """The line that stands on every export: all who answered, and that these are not people."""
        every = [self.findings, *self.variations.values()]
        return standing_line(*(row.model for each in every for row in each.rows))


def audit(
    store: Store,
    what: Scenario | str,
    design: Experiment | Mapping[str, Any] | None = None,
    *,
    models: Sequence[str] = (),
    model: str | Model = "",
    budget: Limits | None = None,
    at_once: int = AT_ONCE,
    progress: Progress = lambda done, of, ref: None,
) -> Audit:
    """Run an experiment, then again in other draws, with reworded stimuli, other orders of options, other ``models``.

    ``what`` is a scenario or a reference, and ``design`` what is to be run, as for ``experiment``.
    Variations that change nothing (an order where there are no options) are left out. ``budget`` holds for all
    together. Raises as ``experiment`` does, UsageError for too long a name, and EveryTurnFailed where the words could
    not be put differently.
    """
    planned = planned_of(store, what, design, model)
    base = planned.experiment
    assert base is not None
    if len(base.name) > LONGEST:
        raise UsageError(
            f"{base.name!r} is too long a name for an audit, which adds to it: {LONGEST} letters at most"
        )
    for name in models:
        store.model(name)  # that it can be set up is known before anybody is asked
    before = answered(store)
    shared = store.budget("audit", budget or planned.budget)
    begun = planned if isinstance(what, Scenario) else what
    first = experiment(store, begun, base, model=model, budget=shared, at_once=at_once, progress=progress)
    parted = store.at(first.prefix)
    answering = parted.settings.model_for("-", "generation")
    found: dict[str, Findings] = {}
    for name, changed in _variations(store, planned, base, answering, models, shared, list(parted.people)):
        found[name] = experiment(
            store, begun, changed, model=model, budget=shared, at_once=at_once, progress=progress
        )
    movements = tuple(_moved(first, found))
    outcomes = [outcome.name for outcome in base.outcomes]
    concluded = {name: _concluded(first, found, movements, name) for name in outcomes}
    return Audit(first, found, movements, concluded, answered(store) - before)


def _variations(
    store: Store,
    scenario: Scenario,
    base: Experiment,
    answering: str,
    models: Sequence[str],
    budget: Limits | None,
    people: Sequence[str],
) -> Iterator[tuple[str, Experiment]]:
    def changed(word: str, **fields: Any) -> Experiment:
        return base.model_copy(update={"name": f"{base.name}-{word}", **fields})

    yield "other draws", changed("draws", draw=base.draw + base.replicates)
    reworded = [_reworded(store, arm, scenario, answering, budget) for arm in base.arms]
    if reworded != base.arms:
        yield "other words", changed("words", arms=reworded)
    if base.options or any(outcome.question is not None for outcome in base.outcomes):
        yield "other order of options", changed("order", options_seed=_other_seed(scenario, base, people))
    for name in dict.fromkeys(models):
        key = canonical.digest_json("troupe/audit/1", name)[:6]
        arms = [arm.model_copy(update={"model": name}) for arm in base.arms]
        yield f"model {name}", changed(f"m-{key}", arms=arms)


def _other_seed(scenario: Scenario, base: Experiment, people: Sequence[str]) -> int:
    """Return a seed that shows the options, those of questions too, in other orders: the next one that does."""
    seed = scenario.seed if base.options_seed is None else base.options_seed
    asked = [outcome.question for outcome in base.outcomes if outcome.question is not None]

    def seen(seed: int) -> list[list[str]]:
        dealt = orders(list(base.options), base.replicates, seed)
        return dealt + [questions.order(question, person, seed) for question in asked for person in people]

    return next((each for each in range(seed + 1, seed + TRIES) if seen(each) != seen(seed)), seed + 1)


def _reworded(store: Store, arm: Arm, scenario: Scenario, model: str, budget: Limits | None) -> Arm:
    """Return an arm whose stimuli say the same in other words; what stands for options is left where it is."""

    def put(text: str) -> str:
        return OPTIONS.join(
            _paraphrase(store, part, scenario, model, budget) if part.strip() else part
            for part in text.split(OPTIONS)
        )

    def item(each: Item) -> Item:
        if isinstance(each, Broadcast):
            return each.model_copy(update={"broadcast": put(each.broadcast)})
        return each.model_copy(update={"say": put(each.say)}) if isinstance(each, Say) else each

    return arm.model_copy(update={"do": [item(each) for each in arm.do]})


def _paraphrase(store: Store, text: str, scenario: Scenario, model: str, budget: Limits | None) -> str:
    """Have ``text`` put in other words, in a simulation of its own that keeps what was asked and answered."""
    sim = store.begin(f"{scenario.name[:80]}.wording", model=model, seed=scenario.seed, budget=budget)
    new = store.rewrite(sim.ref, text.strip(), budget=budget)
    if new.failed is not None:
        raise EveryTurnFailed(f"the words {text.strip()[:60]!r} could not be put differently: {new.failed}")
    before, after = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
    return before + new.text.replace(OPTIONS, "") + after


def _level(values: Sequence[Value]) -> Level:
    there: list[Any] = [value for value in values if value is not None]
    if not there:
        return None
    if isinstance(there[0], str):
        return Counter(there)
    return float(sum(there)) / len(there)


def _distance(a: Level, b: Level) -> float | None:
    if a is None or b is None:
        return None
    if isinstance(a, Counter) and isinstance(b, Counter):
        return sum(abs(a[each] / a.total() - b[each] / b.total()) for each in {*a, *b}) / 2
    assert isinstance(a, float) and isinstance(b, float)
    return abs(a - b)


def _levels(findings: Findings, outcome: str) -> dict[str, Level]:
    return {arm: _level(values) for arm, values in findings.values(outcome).items()}


def _moved(first: Findings, found: Mapping[str, Findings]) -> Iterator[Movement]:
    for outcome in first.design.outcomes:
        before = _levels(first, outcome.name)
        for variation, findings in found.items():
            for arm, after in _levels(findings, outcome.name).items():
                distance = _distance(before[arm], after)
                if isinstance(after, float) and isinstance(before[arm], float):
                    distance = after - before[arm]  # type: ignore[operator]  # a float, as was just asked
                level = before[arm]
                was = dict(level.most_common()) if isinstance(level, Counter) else level
                yield Movement(variation, outcome.name, arm, was, distance)


def _leading(levels: Mapping[str, Level]) -> object:
    """What a finding says: which arms come out highest, or, of answers, which are most frequent in each arm."""
    numbers = {arm: level for arm, level in levels.items() if isinstance(level, float)}
    if numbers:
        return {arm for arm, level in numbers.items() if level == max(numbers.values())}
    counts = {arm: level for arm, level in levels.items() if isinstance(level, Counter)}
    return {arm: {each for each, n in level.items() if n == max(level.values())} for arm, level in counts.items()}


def _concluded(first: Findings, found: Mapping[str, Findings], movements: Sequence[Movement], outcome: str) -> str:
    """Say what the movements of one outcome permit one to conclude."""
    before = _levels(first, outcome)
    apart = [_distance(a, b) for a in before.values() for b in before.values()]
    gap = max((each for each in apart if each is not None), default=0.0)
    moves = [abs(each.moved) for each in movements if each.outcome == outcome and each.moved is not None]
    if not moves:
        return f"{outcome}: there are too few values to say how far it moves, so nothing can be concluded. {PEOPLE}"
    most = max(moves)
    turned = [name for name, findings in found.items() if _leading(_levels(findings, outcome)) != _leading(before)]
    if len(before) < 2:
        said = f"there is one arm, and variations alone moved it by up to {shown(most)}"
    elif gap == 0:
        said = f"the arms do not differ to begin with, and variations alone moved it by up to {shown(most)}"
    elif turned:
        said = f"what comes out on top changes with {', '.join(turned)}: do not conclude that the arms differ in it"
    elif most >= gap:
        said = (
            f"what comes out on top stays the same under every variation tried, but one moved an arm by "
            f"{shown(most)}, no less than the arms are apart ({shown(gap)}): conclude no more than a direction"
        )
    else:
        said = (
            f"what comes out on top stays the same under every variation tried, and none moved an arm by more than "
            f"{shown(most)}, less than the arms are apart ({shown(gap)}): it does not hang on what was varied"
        )
    return f"{outcome}: {said}. {PEOPLE}"
