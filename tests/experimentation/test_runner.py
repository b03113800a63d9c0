"""Arms and replicates as branches: the prefix is paid once, the rest once, in whatever order it comes."""

import asyncio
import json
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from experimentation.lives import ARMS, CONTENT, PREFIX, REPLICATES, SUFFIXES, script
from hypothesis import given, settings
from hypothesis import strategies as st

from troupe_es import Improviser, Request, Scripted, Store, register, registry
from troupe_es import scenario as scenarios
from troupe_es.errors import (
    BadScenario,
    BudgetExceeded,
    EveryTurnFailed,
    Interrupted,
    MissingCode,
    NameTaken,
    ScriptDiffers,
    UsageError,
)
from troupe_es.events import types
from troupe_es.experimentation import Findings, Lived, experiment
from troupe_es.experimentation.outcomes import ALOUD
from troupe_es.llm import Response
from troupe_es.propositions import denied
from troupe_es.scenario import Budget, Scenario


class Counted(Improviser):
    """The improviser, remembering what it was asked, each answer coming when ``delay`` says."""

    def __init__(self, delay: Any = None) -> None:
        super().__init__()
        self.asked: list[tuple[str, int, str]] = []
        self.delay = delay

    async def complete(self, request: Request, draw: int) -> Response:
        self.asked.append((request.hash, draw, request.address))
        if self.delay is not None:
            for _ in range(self.delay(len(self.asked))):
                await asyncio.sleep(0)
        return await super().complete(request, draw)


def calls(store: Store) -> int:
    """How many calls the store has an answer to."""
    return int(store.log.db.execute("SELECT count(*) FROM calls WHERE answer IS NOT NULL").fetchone()[0])


def heads(store: Store) -> dict[str, str]:
    """Every branch but side branches, with the hash of its last event."""
    return {each.name: store.log.head(each).hash.hex() for each in store.log.branches("tea", ("main", "fork"))}


def small(**changed: Any) -> Scenario:
    """Three arms from a prefix of one step, twice each."""
    given = script(**{"replicates": 2, "run": 1, **changed})
    program = [given.program[0], given.program[1].model_copy(update={"run": 1})]
    return given.model_copy(update={"program": program})


def test_three_arms_of_ten_replicates_pay_the_prefix_once_and_every_suffix_once() -> None:
    model = Counted()
    with Store(":memory:", model) as store:
        found = experiment(store, script(), model=model)
        assert len(model.asked) == PREFIX + SUFFIXES == calls(store) == found.paid
        assert set(Counter(model.asked).values()) == {1}
        again = experiment(store, script())
        assert (len(model.asked), again.paid, again.rows) == (PREFIX + SUFFIXES, 0, found.rows)
    assert [(row.arm, row.replicate) for row in found.rows] == [
        (arm["name"], number) for arm in CONTENT["experiment"]["arms"] for number in range(1, REPLICATES + 1)
    ]
    for number in range(1, REPLICATES + 1):
        assert {row.draw for row in found.rows if row.replicate == number} == {number}
    assert len({row.ref for row in found.rows}) == ARMS * REPLICATES


def test_the_prefix_stays_as_it_was_and_every_branch_verifies() -> None:
    with Store(":memory:", Improviser()) as store:
        sim = store.play(small(), model="improviser")
        found = experiment(store, small())
        assert (found.prefix, found.head) == (sim.ref, sim.head)
        assert store.at("tea").head.hex() == sim.head
        for name in heads(store):
            assert store.verify(f"tea/{name}").holds


def test_arms_without_edits_live_the_same_life_in_the_same_draw_and_cost_it_once() -> None:
    model = Counted()
    with Store(":memory:", model) as store:
        found = experiment(store, small(arms=[{"name": "a"}, {"name": "b"}], replicates=3), model=model)
        lived = heads(store)
        for number in (1, 2, 3):
            assert lived[f"exp-a-{number}"] == lived[f"exp-b-{number}"]
        assert len({lived[f"exp-a-{number}"] for number in (1, 2, 3)}) == 3
        assert found.values("words")["a"] == found.values("words")["b"]
        assert len(model.asked) == 2 + 3 * 2


@settings(max_examples=8)
@given(st.integers(1, 12), st.lists(st.integers(0, 9), min_size=1, max_size=20))
def test_neither_how_many_live_at_once_nor_which_is_done_first_matters(at_once: int, delays: list[int]) -> None:
    slow = Counted(lambda number: delays[number % len(delays)])
    with Store(":memory:") as one, Store(":memory:") as other:
        found = experiment(one, small(), model=Counted(), at_once=1)
        mixed = experiment(other, small(), model=slow, at_once=at_once)
        assert heads(one) == heads(other)
        assert (found.rows, found.paid) == (mixed.rows, mixed.paid)


def test_no_more_calls_are_in_flight_than_the_store_allows() -> None:
    class Watched(Improviser):
        flying = most = 0

        async def complete(self, request: Request, draw: int) -> Response:
            self.flying += 1
            self.most = max(self.most, self.flying)
            if self.flying == 3:
                three.set()
            await asyncio.wait_for(three.wait(), 60)  # the first arm is answered when a third call is in flight
            for _ in range(20):  # and not at once: a fourth would have time to come
                await asyncio.sleep(0)
            self.flying -= 1
            return await super().complete(request, draw)

    three = asyncio.Event()
    watched = Watched()
    with Store(":memory:", concurrency=3) as store:
        experiment(store, small(replicates=1))  # pays for the prefix, in which fewer ask at once
        experiment(store, small(replicates=4), model=watched)
    assert watched.most == 3


def test_a_shared_budget_stops_all_arms_and_the_rest_is_asked_for_later() -> None:
    model = Counted()
    with Store(":memory:", model) as store:
        with pytest.raises(BudgetExceeded):
            experiment(store, small(), model=model, budget=Budget(calls=7))
        assert len(model.asked) == 7
        experiment(store, small(), model=model)
        assert len(model.asked) == 2 + 6 * 2
        assert set(Counter(model.asked).values()) == {1}


def test_ctrl_c_keeps_what_there_is_and_the_same_goes_on() -> None:
    def interrupt(done: int, of: int, branch: str) -> None:
        raise KeyboardInterrupt

    model = Counted()
    with Store(":memory:", model) as store:
        with pytest.raises(Interrupted, match="run the experiment again"):
            experiment(store, small(replicates=6), model=model, at_once=2, progress=interrupt)
        assert 2 < len(model.asked) < 2 + 18 * 2
        told: list[tuple[int, int, str]] = []
        experiment(store, small(replicates=6), model=model, progress=lambda *seen: told.append(seen))
        assert len(model.asked) == 2 + 18 * 2
        assert [(done, of) for done, of, _ in told] == [(n, 18) for n in range(1, 19)]


def test_more_replicates_are_paid_for_when_they_are_asked_for() -> None:
    model = Counted()
    with Store(":memory:", model) as store:
        experiment(store, small(), model=model)
        more = experiment(store, small(replicates=3))
        assert more.paid == 3 * 2
        assert set(Counter(model.asked).values()) == {1}


def test_an_edited_arm_is_refused_by_name_and_another_prefix_too() -> None:
    with Store(":memory:", Improviser()) as store:
        experiment(store, small(), model="improviser")
        with pytest.raises(ScriptDiffers, match=r"exp-dear-\d at event"):
            experiment(store, small(arms=[{"name": "dear", "do": [{"broadcast": "Ten euros."}]}]))
        with pytest.raises(NameTaken, match="exp-dear-1 is there already, and does not part from"):
            experiment(store, small(at="@3"))
        with pytest.raises(NameTaken, match="in draw 2"):
            experiment(store, small(draw=2))
        assert experiment(store, small(at="@step:1", name="later", draw=2)).paid > 0


def test_arms_part_from_any_recorded_event_with_what_python_says() -> None:
    model = Counted()
    design = {
        "arms": [
            {"name": "rain", "do": [{"say": "It rains.", "to": ["bo-lind"], "kind": "THOUGHT"}]},
            {"name": "dry"},
        ],
        "replicates": 2,
        "run": 1,
        "outcomes": [{"name": "words", "count": "a", "values": "boolean", "of": ["Bo Lind"]}],
    }
    with Store(":memory:", model) as store:
        store.play(small(), model=model)
        found = experiment(store, "tea@step:1", design)
        assert {row.kind for row in found.rows} == {"boolean"}
        assert {type(row.value) for row in found.rows} == {bool}
        with pytest.raises(BadScenario, match=r"experiment.arms\[0\].do\[0\].to\[0\]: no person is named 'Nobody'"):
            wrong = {**design, "arms": [{"name": "a", "do": [{"say": "x", "to": ["Nobody"]}]}]}
            experiment(store, "tea", wrong)
        with pytest.raises(UsageError, match="with 'design'"):
            experiment(store, "tea")


def test_an_arm_can_be_answered_by_another_model() -> None:
    other = Counted()
    other.name = "other"
    with Store(":memory:", Improviser(), other) as store:
        arms = [{"name": "one"}, {"name": "two", "model": "other"}]
        found = experiment(store, small(arms=arms), model="improviser")
        assert {(row.arm, row.model) for row in found.rows} == {("one", "improviser"), ("two", "other")}
        assert len(other.asked) == 2 * 2
        assert found.note == "Synthetic answers of models improviser, other, not people."


def test_an_outcome_is_what_was_said_judged_extracted_answered_or_code_of_ones_own() -> None:
    @register("outcome", "loudest")
    def loudest(lived: Lived, least: int = 0) -> str | None:
        says = Counter(event.actor for event in lived.events if isinstance(event.body, types.ActionTaken))
        return says.most_common(1)[0][0] if len(says) >= least else None

    outcomes: list[dict[str, Any]] = [
        {"name": "words", "count": r"\w+", "of": ["Ana Reyes"]},
        {"name": "first", "said": r"(?i)\b(the|a)\b"},
        {"name": "kind", "claim": "{{name}} is kind.", "of": ["Bo Lind"]},
        {"name": "how kind", "claim": "{{name}} is kind.", "of": ["Bo Lind"], "values": "numeric"},
        {"name": "loud", "function": "loudest", "values": "categorical"},
        {"name": "mood", "extract": {"name": "mood", "type": "choice", "options": ["good", "bad"]}},
        {"name": "drinks", "extract": {"name": "drinks", "type": "integer"}, "of": ["Bo Lind"]},
        {"name": "price", "question": {"id": "price", "kind": "number", "text": "What may it cost?", "low": 0}},
        {"name": "buys", "question": {"id": "buys", "kind": "yes-no", "text": "Would you buy it?"}},
        {"name": "can", "question": {"id": "can", "kind": "choice", "text": "Which?", "options": ["red", "blue"]}},
        {"name": "nobody", "function": "loudest", "values": "categorical", "options": {"least": 9}},
    ]
    with Store(":memory:", Improviser()) as store:
        found = experiment(store, small(outcomes=outcomes))
        parted = int(found.prefix.partition("@")[2])
        for row in found.rows:
            lines = [each for each in store.transcript(row.ref) if each.seq > parted and each.kind in ALOUD]
            if row.outcome == "words":
                assert row.value == sum(len(re.findall(r"\w+", e.content)) for e in lines if e.who == "Ana Reyes")
            if row.outcome == "first":
                articles = [word for each in lines for word in re.findall(r"(?i)\b(?:the|a)\b", each.content)]
                assert row.value == (articles[0] if articles else None)
            judged = store.check(row.ref, "{{name}} is kind.", ["Bo Lind"])
            assert judged.recorded
            if row.outcome == "kind":
                assert (row.value, row.note) == (judged.holds, judged.verdicts[0].reason)
            if row.outcome == "how kind":
                assert row.value == judged.verdicts[0].score
            if row.outcome == "mood":
                assert row.value == store.extract(row.ref, [outcomes[5]["extract"]]).row()["mood"]
            if row.outcome in ("price", "buys", "can"):
                question = next(each["question"] for each in outcomes if each["name"] == row.outcome)
                taken = store.survey(row.ref, {"questions": [question], "seed": 7})
                assert taken.recorded
                given = list(taken.answers(row.outcome).values())
                assert len(given) == 2
                if row.outcome == "price":
                    assert row.value == pytest.approx(sum(given) / 2)
                elif row.outcome == "buys":
                    assert row.value == given.count("yes") / 2
                else:
                    assert row.value == (given[0] if given[0] == given[1] else None)
        assert {row.value for row in found.rows if row.outcome == "loud"} <= {"ana-reyes", "bo-lind"}
        assert {row.value for row in found.rows if row.outcome == "nobody"} == {None}
    registry.forget("outcome", "loudest")


@pytest.mark.parametrize(
    ("given", "claim", "denial", "value", "note"),
    [
        (True, True, False, True, "so"),
        (True, False, True, False, "so"),
        (False, True, False, None, "not judged: 'It rains.', which is given, does not hold: so"),
        (True, True, True, None, "cannot be told: its denial holds, too"),
        (True, False, False, None, "cannot be told: its denial does not hold, either"),
    ],
)
def test_a_claim_of_which_something_is_given_and_that_is_judged_twice_has_a_value_where_it_can_be_told(
    given: bool, claim: bool, denial: bool, value: bool | None, note: str
) -> None:
    holds = {"It rains.": given, "Ana is wet.": claim, denied("Ana is wet."): denial}

    def judge(request: Request, draw: int) -> Response:
        last = request.prompt.content.splitlines()
        text = next(json.loads(line)["text"] for line in last if line.startswith('{"claim"'))
        verdict = {"claim": 1, "reason": "so", "evidence": [], "score": 3, "holds": holds[text]}
        return Response(json.dumps({"verdicts": [verdict]}))

    outcome = {"name": "wet", "claim": "Ana is wet.", "given": "It rains.", "twice": True}
    still = {"arms": [{"name": "a"}], "replicates": 1, "run": 0, "outcomes": [outcome]}
    content = {**CONTENT, "program": [], "experiment": still, "model": "judge"}
    with Store(":memory:", Scripted(judge, "judge")) as store:
        [row] = experiment(store, scenarios.model_of(content, "test")).rows
    assert (row.value, row.note) == (value, note)


@pytest.mark.parametrize(
    ("given", "kind"), [(float("nan"), "numeric"), (True, "numeric"), (1, "boolean"), (2.5, "categorical")]
)
def test_what_a_function_gives_must_be_what_it_says(given: object, kind: str) -> None:
    register("outcome", "odd", lambda lived: given)
    with Store(":memory:", Improviser()) as store, pytest.raises(UsageError, match=f"'odd one' is {kind}: its func"):
        experiment(store, small(outcomes=[{"name": "odd one", "function": "odd", "values": kind}]))
    registry.forget("outcome", "odd")


def test_what_is_not_registered_or_not_there_is_refused_before_anybody_is_asked() -> None:
    model = Counted()
    with Store(":memory:", model) as store:
        with pytest.raises(MissingCode, match="the outcome 'mine' is not registered"):
            experiment(store, small(outcomes=[{"name": "x", "function": "mine"}]))
        with pytest.raises(UsageError, match="'nowhere'"):
            experiment(store, small(arms=[{"name": "a", "model": "nowhere"}]))
        with pytest.raises(UsageError, match=r"no arm says \{\{options\}\}"):
            experiment(store, small(options={"a": "x", "b": "y"}))
        with pytest.raises(UsageError, match="there are no 'options'"):
            experiment(store, small(arms=[{"name": "a", "do": [{"broadcast": "{{options}}"}]}]))
        with pytest.raises(UsageError, match="there is no experiment"):
            experiment(store, small().model_copy(update={"experiment": None}))
        with pytest.raises(UsageError, match="at_once"):
            experiment(store, small(), at_once=0)
        assert (model.asked, store.log.simulations()) == ([], [])


def test_options_are_shown_blind_in_balanced_orders_and_answers_are_unblinded() -> None:
    def first(lived: Lived) -> str:
        [shown] = [event.body.content for event in lived.events if isinstance(event.body, types.StimulusGiven)]
        seen.append(shown)
        return "A"

    seen: list[str] = []
    register("outcome", "first", first)
    options = {"red": "a red can", "blue": "a blue can"}
    outcomes = [{"name": "first", "function": "first", "values": "categorical", "unblind": True}]
    arms = [{"name": "look", "do": [{"broadcast": "Which one?\n{{options}}"}]}]
    with Store(":memory:", Improviser()) as store:
        design = {"options": options, "blind": True, "arms": arms, "outcomes": outcomes, "replicates": 6}
        found = experiment(store, small(**design))
        noted = [note.payload["labels"] for note in store.log.journal(kind="blinding")]
        told = len(seen)
        experiment(store, small(**design))
        assert noted == [note.payload["labels"] for note in store.log.journal(kind="blinding")]
        assert Counter(each["A"] for each in noted) == {"red": 3, "blue": 3}
    registry.forget("outcome", "first")
    del seen[told:]
    assert Counter(row.value for row in found.rows) == {"red": 3, "blue": 3}
    assert all(row.order[0] == row.value for row in found.rows)
    assert Counter(seen) == {
        "Which one?\nOption A: a red can\n\nOption B: a blue can": 3,
        "Which one?\nOption A: a blue can\n\nOption B: a red can": 3,
    }


def test_a_tie_between_blind_options_is_told_by_their_names() -> None:
    class Split(Improviser):
        async def complete(self, request: Request, draw: int) -> Response:
            response = await super().complete(request, draw)
            answer = {"reason": "", "answer": "Option A" if request.person == "ana-reyes" else "Option B"}
            return replace(response, text=json.dumps(answer)) if request.purpose == "ask" else response

    question = {"id": "q", "kind": "choice", "text": "Which?", "options": ["Option A", "Option B"], "shuffle": False}
    outcomes = [{"name": "picked", "question": question, "unblind": True}]
    arms = [{"name": "look", "do": [{"broadcast": "{{options}}"}]}]
    options = {"red": "a red can", "blue": "a blue can"}
    with Store(":memory:", Split()) as store:
        found = experiment(store, small(options=options, blind=True, arms=arms, outcomes=outcomes))
    assert [row.value for row in found.rows] == [None, None]
    assert {row.note for row in found.rows} == {"as many said red as blue", "as many said blue as red"}


def test_a_branch_in_which_every_turn_failed_has_no_values_and_says_why() -> None:
    broken = Scripted([], "broken", default="no JSON at all")
    with Store(":memory:", Improviser(), broken) as store:
        found = experiment(store, small(arms=[{"name": "one"}, {"name": "two", "model": "broken"}]))
        assert found.values("words")["two"] == [None, None]
        assert all("none of the 2 turns" in row.note for row in found.rows if row.arm == "two")
        assert None not in found.values("words")["one"]
        with pytest.raises(EveryTurnFailed, match="no branch of 'all'"):
            experiment(store, small(name="all", arms=[{"name": "two", "model": "broken"}]))


def test_the_table_is_tidy_and_knows_its_outcomes() -> None:
    with Store(":memory:", Improviser()) as store:
        found: Findings = experiment(store, small())
    rows = found.table()
    assert json.loads(json.dumps(rows)) == rows
    assert [(row["arm"], row["replicate"], row["value"]) for row in rows] == [
        (row.arm, row.replicate, row.value) for row in found.rows
    ]
    assert found.note == "Synthetic answers of model improviser, not people."
    with pytest.raises(UsageError, match="there are: words"):
        found.values("wrods")


def test_an_experiment_survives_being_stored_and_read_again(tmp_path: Path) -> None:
    with Store(tmp_path / "s.db", Improviser()) as store:
        experiment(store, small())
        assert store.scenario("tea") == small()
