"""Estimates: what a run really took falls inside the band, neither always nor seldom, and the band is narrow enough.

The providers here are made up by dice, and not by those of the estimator: lengths from other families of
distributions, some people and some runs more talkative than others, tokens counted in another way, prompts served
from a cache as it pleases, a share of answers that are no use.
"""

import json
import math
from dataclasses import dataclass, field
from random import Random
from statistics import median

import pytest

from troupe_es import Improviser, Response, Scripted, Store, scenario
from troupe_es.controller.bands import Band, Estimate
from troupe_es.controller.rehearsal import Rehearsal
from troupe_es.errors import EveryTurnFailed
from troupe_es.experimentation import audit, experiment
from troupe_es.llm import Request
from troupe_es.llm.improviser.model import improvise

MODEL = "gpt-4.1-mini"
NAMES = ("Ana Reyes", "Bo Lind", "Cy Young", "Dee Park", "Eva Brandt", "Finn Moore")
WORDS = (
    "kettle",
    "rain",
    "the",
    "of",
    "window",
    "late",
    "and",
    "street",
    "letter",
    "warm",
    "nobody",
    "to",
    "a",
    "quiet",
)


def prose(dice: Random, length: float) -> str:
    """Return words of about so many characters."""
    text = ""
    while len(text) < length:
        text += dice.choice(WORDS) + " "
    return text[: max(1, round(length))]


@dataclass
class Provider:
    """A model with habits of its own, drawn once; ``run`` is drawn anew for each simulation."""

    seed: int
    run: float = 1.0
    asked: set[bytes] = field(default_factory=set)

    def __post_init__(self) -> None:
        dice = Random(f"provider {self.seed}")
        self.mean = math.exp(dice.uniform(math.log(300), math.log(1200)))
        self.family = dice.choice(["gamma", "uniform", "two humps", "steady"])
        self.thinks, self.mind = dice.uniform(0.5, 1), dice.uniform(0.1, 0.4)
        self.misfits = dice.uniform(0, 0.1)
        self.characters = dice.uniform(3.6, 4.4)
        self.served = dice.uniform(0, 0.9)
        self.talkative = {name: dice.lognormvariate(0, 0.3) for name in NAMES}

    def length(self, dice: Random) -> float:
        """Draw how much one answer says, in characters; on average ``mean``."""
        draw = {
            "gamma": lambda: dice.gammavariate(4, 0.25),
            "uniform": lambda: dice.uniform(0.3, 1.7),
            "two humps": lambda: dice.choice([0.5, 1.5]) * dice.uniform(0.8, 1.2),
            "steady": lambda: dice.uniform(0.9, 1.1),
        }[self.family]
        return self.mean * self.run * draw()

    def __call__(self, request: Request, draw: int) -> Response:
        dice = Random(f"{self.seed} {request.hash} {request.address}")
        person = next(name for name in NAMES if name.split()[0].lower() == request.person.split("-")[0])
        said = self.length(dice) * self.talkative[person]
        text = prose(dice, said + 300) if dice.random() < self.misfits else self.turn(dice, said)
        chain = request.prompt.chain()
        whole = sum(len(message.content) for message in chain)
        known = sum(len(message.content) for message in chain if message.hash in self.asked)
        self.asked |= {message.hash for message in chain}
        cached = 0 if whole < 4000 else round(known / self.characters * self.served)
        tokens = round(whole / self.characters)
        return Response(text, "stop", None, MODEL, tokens, round(len(text) / self.characters), cached)

    def turn(self, dice: Random, said: float) -> str:
        mind, rest = said * self.mind, said * (1 - self.mind)
        thought = rest * 0.4 if dice.random() < self.thinks else 0
        actions = [{"type": "THINK", "content": prose(dice, thought)}] if thought else []
        actions.append({"type": "TALK", "content": prose(dice, rest - thought), "target": ""})
        state = {
            "goals": prose(dice, mind / 2),
            "context": [prose(dice, mind / 4)],
            "emotions": prose(dice, mind / 4),
        }
        return json.dumps({"actions": [*actions, {"type": "DONE"}], "cognitive_state": state})

    def play(self, store: Store, number: int, script: scenario.Scenario) -> None:
        """Live a scenario through; in each run people say a little more or less than in others."""
        self.run = Random(f"run {self.seed} {number}").lognormvariate(0, 0.1)
        try:
            store.play(script, model=Scripted(self, MODEL), estimate=False)
        except EveryTurnFailed:
            pytest.fail("a provider that misbehaves one time in ten cannot fail every turn")


def some_scenario(seed: int, name: str) -> scenario.Scenario:
    """Return a scenario of 2 to 6 people and 2 to 9 steps."""
    dice = Random(f"scenario {seed} {name}")
    people = [
        {"persona": {"name": who, "beliefs": [prose(dice, 60) for _ in range(dice.randrange(1, 40))]}}
        for who in NAMES[: dice.randrange(2, 7)]
    ]
    program: list[dict[str, object]] = []
    for _ in range(dice.randrange(1, 4)):
        program += [{"broadcast": prose(dice, dice.randrange(40, 600))}, {"run": dice.randrange(1, 4)}]
    about = {"order": dice.choice(["parallel", "sequential"])}
    content = {"troupe": 1, "name": name, "settings": about, "worlds": [{"name": "Room"}], "people": people}
    return scenario.model_of({**content, "program": [{"broadcast": "Begin."}, {"run": 1}, *program]}, name)


def spent(store: Store, name: str) -> int:
    """Return what a life took, by the price list, in millionths."""
    price = store.prices.required(MODEL)
    answers = [
        store.log.answer(event.body.answer, event.body.request)
        for event in store.open(name).events()
        if event.body.type == "model-answered"
    ]
    return sum(price.of(a.prompt_tokens, a.completion_tokens, a.cached_tokens) for a in answers)


def case(seed: int, earlier: int) -> tuple[Band, int]:
    """Return the band for a scenario after so many earlier runs of the same provider, and what it then cost."""
    provider = Provider(seed)
    with Store(":memory:") as store:
        for number in range(earlier):
            provider.play(store, number, some_scenario(seed, f"earlier-{number}"))
        script = some_scenario(seed, "this-one")
        found = store.estimate(script, model=MODEL)
        provider.play(store, earlier, script)
        assert found.money is not None
        return found.money, spent(store, "this-one")


def judged(seeds: range, earlier: int) -> tuple[float, float]:
    """Return the share of bands that held what was spent, and the median of upper over lower."""
    cases = [case(seed, earlier) for seed in seeds]
    share = sum(band.low <= cost <= band.high for band, cost in cases) / len(cases)
    width = median(band.high / band.low for band, _ in cases)
    below = sum(cost < band.low for band, cost in cases)
    above = sum(cost > band.high for band, cost in cases)
    print(
        f"{earlier} earlier runs: {share:.0%} of {len(cases)} inside, {below} below, {above} above, {width:.2f} wide"
    )
    return share, width


@pytest.mark.parametrize("earlier", [0, 3])
def test_a_band_holds_what_is_spent(earlier: int) -> None:
    """Of twenty where four in five should be inside, twelve to nineteen are all that chance explains (99 %)."""
    share, width = judged(range(100, 120), earlier)
    assert 0.6 <= share <= 0.95
    assert width <= 3


@pytest.mark.deep
@pytest.mark.parametrize("earlier", [0, 1, 3])
def test_bands_hold_in_seventy_to_ninety_five_of_a_hundred(earlier: int) -> None:
    share, width = judged(range(60), earlier)
    assert 0.70 <= share <= 0.95
    assert width <= 3


class Judge(Provider):
    """A provider that also finds fault with turns, as often as it likes, and keeps what the improviser would keep."""

    def __call__(self, request: Request, draw: int) -> Response:
        assert request.schema is not None
        if request.schema.name == "turn":
            return super().__call__(request, draw)
        text = improvise(request, 0)
        if request.schema.name == "correction":
            faulty = Random(f"{self.seed} {request.hash}").random() < Random(f"strict {self.seed}").uniform(0, 0.6)
            checks = json.loads(text)["scores"]
            text = json.dumps({"scores": {check: {"reason": "", "score": 0 if faulty else 9} for check in checks}})
        whole = sum(len(message.content) for message in request.prompt.chain())
        return Response(text, "stop", None, MODEL, round(whole / 4), round(len(text) / self.characters), 0)


@pytest.mark.parametrize("earlier", [0, 1])
def test_a_band_holds_how_often_turns_that_are_judged_are_asked_again(earlier: int) -> None:
    """Of eight where four in five should be inside, chance leaves four or more (99 %)."""
    inside = []
    for seed in range(8):
        provider = Judge(seed)
        with Store(":memory:") as store:
            script, *before = (judged_scenario(seed, f"run-{number}") for number in range(1 + earlier))
            for number, one in enumerate(before):
                provider.play(store, number, one)
            found = store.estimate(script, model=MODEL, quick=True)
            provider.play(store, earlier, script)
            calls, _, completion = taken(store, script.name)
            assert found.calls.low < found.calls.high
            assert found.completion_tokens.high > 1.2 * found.completion_tokens.low
            inside += [(found.calls.low <= calls <= found.calls.high, found.completion_tokens, completion)]
    assert sum(calls for calls, _, _ in inside) >= 4
    assert sum(band.low <= completion <= band.high for _, band, completion in inside) >= 4


def judged_scenario(seed: int, name: str) -> scenario.Scenario:
    """Return a scenario with checks, episodes and a faculty."""
    plain = some_scenario(seed, name)
    settings = {"checks": ["persona"], "check_attempts": 2, "episode": 6}
    changed = plain.model_copy(update={"settings": plain.settings.model_copy(update=settings)})
    return changed.model_copy(update={"faculties": scenario.model_of(WITH_RECALL, "recall").faculties})


WITH_RECALL = {"troupe": 1, "name": "recall", "worlds": [{"name": "Room"}], "faculties": ["recall"]}


def people(count: int, steps: int, order: str = "parallel", *more: dict[str, object]) -> scenario.Scenario:
    """Return a scenario of so many people who differ in how much there is to say about them."""
    cast = [{"persona": {"name": f"Ana {n}", "beliefs": ["Tea."] * (n % 17)}} for n in range(count)]
    content = {
        "troupe": 1,
        "name": "many",
        "settings": {"order": order},
        "worlds": [{"name": "Room"}],
        "people": cast,
    }
    program = [{"broadcast": "Tea?"}, {"say": "You too?", "to": ["Ana 1"]}, {"run": steps}, *more]
    return scenario.model_of({**content, "program": program}, "many")


def taken(store: Store, name: str) -> tuple[int, ...]:
    """Return calls, prompt and completion tokens of a life."""
    sql = "SELECT sum(calls), sum(prompt_tokens), sum(completion_tokens) FROM costs WHERE simulation = ?"
    return tuple(store.log.db.execute(sql, [name]).fetchone())


def whole_store(store: Store) -> tuple[int, ...]:
    """Return calls, prompt and completion tokens of all that was ever asked."""
    tokens = ", ".join(f"sum(json_extract(usage, '$.{name}_tokens'))" for name in ("prompt", "completion"))
    return tuple(store.log.db.execute(f"SELECT count(*), {tokens} FROM answers").fetchone())


def middle(found: Estimate) -> tuple[int, ...]:
    return found.calls.mid, found.prompt_tokens.mid, found.completion_tokens.mid


@pytest.mark.parametrize("order", ["parallel", "sequential"])
def test_what_is_known_is_known_exactly(order: str) -> None:
    """The improviser is rehearsed as it is: so the rehearsal is the run, call for call and token for token."""
    with Store(":memory:", Improviser()) as store:
        found = store.estimate(people(5, 4, order), model="improviser")
        store.play(people(5, 4, order), model="improviser")
        assert middle(found) == taken(store, "many")
        assert (found.calls.low, found.calls.high, found.sampled) == (20, 20, False)
        assert found.money == Band(0, 0, 0)


LARGE = [(100, 6, "parallel"), (60, 4, "sequential"), (3, 150, "parallel")]


@pytest.mark.parametrize(("count", "steps", "order"), LARGE)
def test_a_part_stands_for_a_large_whole(count: int, steps: int, order: str) -> None:
    with Store(":memory:", Improviser()) as store:
        found = store.estimate(people(count, steps, order), model="improviser", quick=True)
        store.play(people(count, steps, order), model="improviser")
        assert found.sampled
        ratios = [guess / actual for guess, actual in zip(middle(found), taken(store, "many"), strict=True)]
        print([f"{ratio:.2f}" for ratio in ratios])
        assert all(0.8 <= ratio <= 1.2 for ratio in ratios)


@pytest.mark.parametrize(
    ("count", "steps", "limit"),
    [(60, 3, 24_000), (60, 3, 2_000), (3, 90, 3_000)],
)
def test_an_extraction_from_a_sampled_life_goes_through_the_history_of_the_whole(
    count: int, steps: int, limit: int
) -> None:
    item: dict[str, object] = {"extract": ["mood:choice(good|bad)", "words:list"], "limit": limit}
    script = people(count, steps, "parallel", item)
    with Store(":memory:", Improviser()) as store:
        made = store.estimate(script, model="improviser", quick=True).calls_made
        guess = [call for call in made if "/extraction/" in call.address]
        before = store.play(script.model_copy(update={"program": script.program[:-1]}), model="improviser")
        lived = whole_store(store)
        assert store.extract(before.ref, item["extract"], limit=limit).failed is None
        calls, prompts, _ = (after - past for after, past in zip(whole_store(store), lived, strict=True))
    assert sum(call.weight for call in guess) == pytest.approx(calls, rel=0.2, abs=1)
    assert sum(call.weight * call.prompt_tokens for call in guess) == pytest.approx(prompts, rel=0.2)


def test_an_estimate_asks_nobody_writes_nothing_and_is_the_same_again() -> None:
    with Store(":memory:") as store:
        first, again = (store.estimate(people(3, 2), model=MODEL) for _ in range(2))
        assert first == again
        assert [table.count for table in store.log.db.tables if table.name not in ("_sqlite_migrations",)] == [0] * 14


def test_a_model_without_a_price_has_no_estimate_of_money() -> None:
    with Store(":memory:") as store:
        found = store.estimate(people(3, 2), model="unheard-of")
        assert (found.money, found.unpriced) == (None, ["unheard-of"])
        assert found.calls.low >= 6


def test_a_model_that_reasons_is_expected_to_take_more_and_by_how_much_is_less_certain() -> None:
    listed = {"input": 1, "output": 10}
    prices = {"currency": "EUR", "models": {"plain": listed, "o3": listed}}
    with Store(":memory:", prices=prices) as store:
        plain, deep = (store.estimate(people(3, 3), model=model).completion_tokens for model in ("plain", "o3"))
        assert deep.low > plain.low
        assert deep.high - deep.low > plain.high - plain.low


def test_each_call_is_priced_by_the_model_that_answers_it() -> None:
    change = {"set": {"path": "settings.model", "value": "gpt-4o"}}
    with Store(":memory:") as store:
        found = store.estimate(people(2, 1, "parallel", change, {"run": 1}), model="scripted:free")
        by = found.by("model")
        assert set(by) == set(found.prices) == {"scripted:free", "gpt-4o"}
        assert by["scripted:free"].money == 0
        assert by["gpt-4o"].money
        assert found.lives > 1


def experimental(replicates: int, **more: object) -> scenario.Scenario:
    """Return a scenario with an experiment that asks for its outcomes in every way there is."""
    outcomes: list[dict[str, object]] = [
        {"name": "talk", "count": "tea"},
        {"name": "agreed", "claim": "Somebody talks of tea."},
        {"name": "mood", "extract": {"name": "mood", "type": "choice", "options": ["good", "bad"]}},
        {"name": "buys", "question": {"id": "buys", "kind": "yes-no", "text": "Would you buy it?"}, "of": ["Ana 1"]},
    ]
    arms = [
        {"name": "dear", "do": [{"broadcast": "It costs nine euros."}]},
        {"name": "cheap", "do": [{"broadcast": "It costs one."}, {"run": 1}]},
    ]
    design = {"arms": arms, "replicates": replicates, "run": 2, "outcomes": outcomes, **more}
    written = json.loads(scenario.dumps(people(3, 4)))
    return scenario.model_of({**written, "experiment": design}, "many")


@pytest.mark.parametrize("at", [None, "@step:2", "@9"])
def test_an_experiment_is_the_prefix_once_and_every_replicate_with_what_is_asked_at_its_end(at: str | None) -> None:
    """One replicate is rehearsed of each arm, and is lived exactly so where there is only one."""
    script = experimental(1, at=at)
    with Store(":memory:", Improviser()) as store:
        found = store.estimate(script, model="improviser")
        made = experiment(store, script, model="improviser")
        assert found.calls == Band(made.paid, made.paid, made.paid)
        assert middle(found) == whole_store(store)
        assert store.estimate(experimental(7, at=at), model="improviser").calls.mid == 12 + 7 * (made.paid - 12)


def test_another_model_in_an_audit_lives_every_arm_once_more() -> None:
    script = experimental(5, audit=True)
    with Store(":memory:", Improviser()) as store:
        alone = store.estimate(script, model="improviser")
        found = store.estimate(script, model="improviser", models=["openai:other", "openai:other"], quick=True)
    arms, added = found.by("arm"), {"dear (openai:other)", "cheap (openai:other)"}
    assert set(arms) == {*alone.by("arm"), *added}
    assert (found.arms, found.variations) == (alone.arms, alone.variations + 1)
    other = [call for call in found.calls_made if call.arm in added]
    assert {(call.model, call.weight) for call in other} == {("openai:other", 5.0)}

    def asked(arm: str) -> list[str]:
        return [call.address for call in found.calls_made if call.arm == arm and call.attempt == 1]

    assert all(asked(f"{arm} (openai:other)") == asked(arm) for arm in found.arms)
    assert [call for call in found.calls_made if call.arm not in added] == alone.calls_made


def test_a_call_is_a_further_attempt_only_where_the_same_was_asked_for_before() -> None:
    asked: list[Request] = []

    def answer(request: Request) -> Response:
        asked.append(request)
        bad = len(asked) in (2, 3, 5)  # the second question twice, the fourth once
        return Response("no JSON" if bad else improvise(request, 0), completion_tokens=1)

    questions = [{"id": f"q{number}", "kind": "yes-no", "text": f"Number {number}?"} for number in range(4)]
    written = json.loads(scenario.dumps(people(2, 1)))
    program = [{"survey": {"questions": questions}, "of": ["Ana 1"]}]
    script = scenario.model_of({**written, "program": program, "settings": {"attempts": 2}}, "s")
    rehearsal = Rehearsal(answer)
    rehearsal.play([script.create("any"), *scenario.commands(script)])
    assert [call.attempt for call in rehearsal.calls] == [1, 1, 2, 1, 1, 2]


def test_arms_that_are_asked_the_same_in_the_same_draw_are_estimated_to_be_paid_once() -> None:
    late = [{"name": name, "do": [{"run": 1}, {"broadcast": name}]} for name in ("one", "other")]
    script = experimental(1, arms=late)
    with Store(":memory:", Improviser()) as store:
        assert (
            store.estimate(script, model="improviser").calls.mid == experiment(store, script, model="improviser").paid
        )


def test_a_run_is_estimated_without_the_experiment_that_another_command_runs() -> None:
    with Store(":memory:", Improviser()) as store:
        store.play(experimental(5), model="improviser", estimate=True)
        [noted] = store.log.journal(kind="estimate")
        assert noted.payload["calls"]["mid"] == 12


COLOURS = {"id": "can", "kind": "choice", "text": "Which can?", "options": ["red", "blue", "green", "grey"]}


@pytest.mark.parametrize("shuffled", [False, True])
def test_an_audit_is_every_variation_and_the_words_that_are_put_differently(shuffled: bool) -> None:
    """Other orders of a question's options are asked for again, and the lives before it are as they were."""
    outcomes = [{"name": "can", "question": {**COLOURS, "shuffle": shuffled}}]
    plain, audited = (experimental(2, audit=audit, outcomes=outcomes) for audit in (False, True))
    with Store(":memory:", Improviser()) as store:
        found, alone = (store.estimate(script, model="improviser") for script in (audited, plain))
        lived, asked = alone.calls.mid - 12, 2 * 2 * 3
        assert found.calls.mid == alone.calls.mid + 2 * lived + 2 + shuffled * asked
        paid = audit(store, audited, model="improviser").paid
        assert paid <= found.calls.mid <= paid + asked, "an order that somebody has seen already costs nothing"
        assert shuffled or paid == found.calls.mid
