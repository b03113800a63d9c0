"""What is found out of a life: whose words count, what a mean is over, and that nothing is made up where it fails."""

from types import SimpleNamespace
from typing import Any

import pytest
from experimentation.test_audit import concluded
from experimentation.test_comparison import Values
from experimentation.test_runner import Counted, small

from troupe_es import Improviser, Store, register, registry
from troupe_es.controller.aside import Judgement
from troupe_es.controller.surveying import Surveyed, SurveyRow
from troupe_es.errors import BudgetExceeded, NameTaken
from troupe_es.events import types
from troupe_es.experimentation import Lived, blinded, experiment, orders
from troupe_es.experimentation.design import of_state
from troupe_es.experimentation.outcomes import Found, found
from troupe_es.scenario import Budget
from troupe_es.scenario.experiment import Outcome

DONE = [
    ("ana-reyes", "TALK", "tea and tea", None),
    ("bo-lind", "THINK", "tea, really", None),
    ("bo-lind", "REACH_OUT", "no tea", "ana-reyes"),
]
EVENTS = tuple(
    SimpleNamespace(actor=actor, body=types.ActionTaken(kind=kind, content=content, target=target))  # type: ignore[arg-type]
    for actor, kind, content, target in DONE
)
LIVED = Lived("arm", 1, "s/b@9", 9, None, EVENTS)  # type: ignore[arg-type]
PRICE = {"id": "q", "kind": "number", "text": "How much?"}
CHOICE = {"id": "q", "kind": "choice", "text": "Which?", "options": ["Option A", "Option B"]}


class Told:
    """A store that answers what it was told to, and remembers what was to be spent."""

    def __init__(self, *answers: Any, failed: str | None = None) -> None:
        self.rows = [
            SurveyRow(f"p{n}", "q", answer, "not now", n, "no answer" if answer is None else "answered")
            for n, answer in enumerate(answers)
        ]
        self.failed, self.budgets = failed, []  # type: ignore[var-annotated]

    def survey(self, ref: str, *what: Any, budget: Any, **how: Any) -> Surveyed:
        self.budgets.append(budget)
        return Surveyed("", self.rows, ref, False, ["m"])

    def check(self, ref: str, *what: Any, budget: Any, **how: Any) -> Judgement:
        self.budgets.append(budget)
        return Judgement([], self.failed, ref, False)

    def extract(self, ref: str, *what: Any, budget: Any, **how: Any) -> Any:
        self.budgets.append(budget)
        return SimpleNamespace(failed=self.failed, values=[])


def of(store: Any = None, *, blinding: Any = None, **outcome: Any) -> Found:
    outcome = {"name": "x", **outcome}
    return found(store, Outcome.model_validate(outcome), LIVED, blinding, "the budget")  # type: ignore[arg-type]


def test_what_is_said_aloud_or_to_somebody_counts_and_what_is_thought_does_not() -> None:
    assert LIVED.said() == ["tea and tea", "no tea"]
    assert LIVED.said(["Bo Lind"]) == ["no tea"] and LIVED.said(["Bo Lind", "Ana Reyes"]) == LIVED.said()
    assert [of(count="tea").value, of(count="tea", of=["Bo Lind"]).value, of(count="really").value] == [3.0, 1.0, 0.0]


@pytest.mark.parametrize(("pattern", "answer"), [("tea", True), ("and", True), ("coffee", False), ("really", False)])
def test_once_is_enough_for_yes(pattern: str, answer: bool) -> None:
    assert of(count=pattern, values="boolean").value is answer


def test_the_first_thing_said_that_fits_is_the_answer() -> None:
    assert of(said=r"(\w+) tea").value == "and"
    assert of(said=r"no \w+").value == "no tea"
    assert (of(said="coffee").value, of(said="coffee").note) == (None, "nobody said such a thing")


def test_a_mean_is_over_those_who_answered_and_says_how_many_they_were() -> None:
    made = of(Told(2.0, None, 4.0), question=PRICE)
    assert (made.value, made.note) == (3.0, "of 2 of 3")
    yes = of(Told("yes", "no", "yes", None), question={**PRICE, "kind": "yes-no"})
    assert (yes.value, yes.note) == (pytest.approx(2 / 3), "of 3 of 4")
    assert "2" in of(Told(1, 2), question=PRICE).note and " of 2 of" not in of(Told(1, 2), question=PRICE).note
    nobody = of(Told(None, None), question=PRICE)
    assert (nobody.value, nobody.note) == (None, "nobody answered: not now")


def test_of_a_choice_the_answer_that_most_gave_counts_and_a_tie_is_none() -> None:
    assert of(Told("Option B", "Option A", "Option B"), question=CHOICE).value == "Option B"
    tied = of(Told("Option B", "Option A"), question=CHOICE)
    assert (tied.value, tied.note) == (None, "as many said Option A as Option B")


def test_a_label_that_is_none_is_no_answer() -> None:
    blinding = blinded(["red", "blue"])
    assert of(said=r"tea|and", unblind=True, blinding=blinding).value is None
    assert "none of the labels A, B" in of(said="tea", unblind=True, blinding=blinding).note
    chosen = of(Told("Option B", "Option B"), question=CHOICE, unblind=True, blinding=blinding)
    assert chosen.value == "blue"


@pytest.mark.parametrize(
    ("outcome", "note"),
    [
        ({"claim": "They are kind."}, "not judged: rubbish"),
        ({"claim": "They are kind.", "values": "numeric"}, "not judged: rubbish"),
        ({"extract": {"name": "mood", "type": "text"}}, "not extracted: rubbish"),
    ],
)
def test_where_no_usable_answer_came_there_is_no_value(outcome: dict[str, Any], note: str) -> None:
    store = Told(failed="rubbish")
    made = of(store, **outcome)
    assert (made.value, made.note) == (None, note)
    assert store.budgets == ["the budget"]


def test_finding_out_counts_in_the_budget_of_the_whole() -> None:
    model = Counted()
    outcomes = [{"name": "kind", "claim": "{{name}} is kind.", "of": ["Bo Lind"]}]
    with Store(":memory:", model) as store:
        with pytest.raises(BudgetExceeded):
            experiment(store, small(outcomes=outcomes), model=model, budget=Budget(calls=2 + 6 * 2))
        assert len(model.asked) == 2 + 6 * 2
        experiment(store, small(outcomes=outcomes), budget=Budget(calls=6))
        assert len(model.asked) == 2 + 6 * 2 + 6


# where arms live


def test_arms_go_on_from_the_draw_of_the_life_they_part_from_and_see_nothing_of_before() -> None:
    seen: list[tuple[int, int]] = []

    @register("outcome", "since")
    def since(lived: Lived) -> float:
        seen.append((lived.events[0].seq, lived.events[-1].seq - lived.seq))
        return len(lived.events)

    script = small(outcomes=[{"name": "n", "function": "since"}])
    with Store(":memory:", Improviser()) as store:
        store.play(small())
        store.branch("tea@4", "elsewhere", draw=4).resume()
        found_ = experiment(store, "tea/elsewhere", script.experiment)
        parted = int(found_.prefix.partition("@")[2])
        assert {(row.replicate, row.draw) for row in found_.rows} == {(1, 5), (2, 6)}
    registry.forget("outcome", "since")
    assert set(seen) == {(parted + 1, 0)}


def test_the_branches_of_an_experiment_are_all_opened_or_none() -> None:
    with Store(":memory:", Improviser()) as store:
        store.play(small())
        store.branch("tea@4", "exp-free-2")
        before = [branch.name for branch in store.log.branches("tea")]
        with pytest.raises(NameTaken, match="exp-free-2"):
            experiment(store, small())
        assert [branch.name for branch in store.log.branches("tea")] == before


def test_people_of_a_recorded_life_are_where_they_are() -> None:
    with Store(":memory:", Improviser()) as store:
        sim = store.begin("two", model="improviser")
        for world, name in (("Kitchen", "Ana Reyes"), ("Garden", "Bo Lind")):
            sim.add_world(world)
            sim.add_person({"name": name}, world=world)
        made = of_state(sim.state, {"arms": [{"name": "a"}], "outcomes": [{"name": "n", "count": "a"}]}, "two")
        assert [person.world for person in made.people] == ["kitchen", "garden"]
        assert [world.name for world in made.worlds] == ["kitchen", "garden"]


def test_every_order_can_be_the_first_that_is_dealt() -> None:
    first = {tuple(orders(list("abcd"), 1, seed)[0]) for seed in range(400)}
    assert len(first) == 24
    places = {tuple(orders(list("abc"), 1, seed, carry_over=False)[0]) for seed in range(100)}
    assert len(places) == 6


def test_what_moves_as_far_as_the_arms_are_apart_up_or_down_permits_no_more_than_a_direction() -> None:
    before: Values = {"x": {"a": [1.0, 1.0], "c": [3.0, 3.0]}}
    for moved, said in (
        (-1.0, "no more than a direction"),
        (-0.9, "does not hang on"),
        (2.9, "does not hang on"),
    ):
        assert said in concluded(before, draws={"x": {"a": [moved, moved], "c": [3.0, 3.0]}}), moved
    assert "moved an arm by 2," in concluded(before, draws={"x": {"a": [-1.0, -1.0], "c": [3.0, 3.0]}})
