"""The same experiment under what should make no difference: recorded, free again, and never said to hold too much."""

import json
from dataclasses import replace
from typing import Any

import pytest
from experimentation.test_comparison import A, B, C, Values, findings
from experimentation.test_runner import Counted, small
from hypothesis import given
from hypothesis import strategies as st

from troupe_es import Improviser, Request, Store
from troupe_es.errors import EveryTurnFailed, UsageError
from troupe_es.events import types
from troupe_es.experimentation import audit
from troupe_es.experimentation.audit import _concluded, _moved, _other_seed
from troupe_es.llm import Response
from troupe_es.survey.questions import order


class Rewording(Counted):
    """The improviser, who puts words differently where it is asked to."""

    def __init__(self, put: Any = str.upper) -> None:
        super().__init__()
        self.put = put

    async def complete(self, request: Request, draw: int) -> Response:
        response = await super().complete(request, draw)
        if request.schema is None or request.schema.name != "rewriting":
            return response
        assert request.purpose == "generation"
        shown = [line for message in request.prompt.chain() for line in message.content.splitlines()]
        told = next(json.loads(line) for line in shown if line.startswith('{"text"'))
        return replace(response, text=json.dumps({"text": self.put(told["text"])}))


def shown(store: Store, branch: str) -> list[str]:
    """The stimuli of an arm."""
    events = store.log.events(store.log.branch("tea", branch), 1)
    return [event.body.content for event in events if isinstance(event.body, types.StimulusGiven)][1:]


def test_an_audit_varies_draws_words_order_and_models_and_the_second_is_free() -> None:
    model, other = Rewording(), Counted()
    other.name = "other"
    options = {"red": "a red can", "blue": "a blue can"}
    arms = [
        {"name": "dear", "do": [{"broadcast": "It costs nine euros.\n\n{{options}}"}]},
        {"name": "cheap", "do": [{"say": "It costs one euro.", "to": ["Bo Lind"]}]},
    ]
    with Store(":memory:", model, other) as store:
        script = small(arms=arms, options=options)
        found = audit(store, script, models=["other"], model=model)
        paid = len(model.asked) + len(other.asked)
        assert found.paid == paid
        again = audit(store, script, models=["other"])
        assert (len(model.asked) + len(other.asked), again.paid) == (paid, 0)
        assert (again.movements, again.conclusions) == (found.movements, found.conclusions)
        assert list(found.variations) == ["other draws", "other words", "other order of options", "model other"]
        assert {row.draw for row in found.variations["other draws"].rows} == {3, 4}
        [text] = shown(store, "exp-words-dear-1")
        assert text.startswith("IT COSTS NINE EUROS.\n\n")
        assert text.partition("\n\n")[2] == shown(store, "exp-dear-1")[0].partition("\n\n")[2]
        assert shown(store, "exp-words-cheap-2") == ["IT COSTS ONE EURO."]
        order = {row.ref: row.order for row in found.findings.rows}.values()
        assert {row.order for row in found.variations["other order of options"].rows} == set(order)
        assert [row.order for row in found.variations["other order of options"].rows] != list(order)
        assert {row.model for row in found.variations["model other"].rows} == {"other"}
        assert store.at("tea").head.hex() == found.findings.head
        for each in store.log.branches("tea", ("main", "fork")):
            assert store.verify(str(each)).holds
        assert store.verify("tea.wording").holds
    assert found.note == "Synthetic answers of models improviser, other, not people."
    assert set(found.conclusions) == {"words"}


def test_an_audit_leaves_out_what_would_change_nothing() -> None:
    with Store(":memory:", Improviser()) as store:
        found = audit(store, small(arms=[{"name": "a"}, {"name": "b"}]))
        assert list(found.variations) == ["other draws"]
        assert [each.name for each in store.log.simulations()] == ["tea"]


def test_words_that_cannot_be_put_differently_and_names_too_long_are_said() -> None:
    with Store(":memory:", Rewording(lambda text: " ")) as store:
        with pytest.raises(EveryTurnFailed, match=r"'It costs nine euros\.' could not be put differently"):
            audit(store, small())
        with pytest.raises(UsageError, match="too long a name for an audit"):
            audit(store, small(name="x" * 35))
        with pytest.raises(UsageError, match="'nowhere'"):
            audit(store, small(), models=["nowhere"])


def concluded(before: Values, **after: Values) -> str:
    first, found = findings(before), {name: findings(values) for name, values in after.items()}
    return _concluded(first, found, tuple(_moved(first, found)), next(iter(before)))


def test_what_may_be_concluded_follows_from_how_far_the_arms_move() -> None:
    near: list[Any] = [value + 0.1 for value in C]
    assert "does not hang on what was varied" in concluded({"x": {"a": A, "c": C}}, draws={"x": {"a": A, "c": near}})
    far: list[Any] = [value + 9 for value in A]
    assert "no more than a direction" in concluded({"x": {"a": A, "c": C}}, draws={"x": {"a": far, "c": near}})
    turned = concluded({"x": {"a": A, "b": B}}, draws={"x": {"a": A, "b": B}}, words={"x": {"a": B, "b": A}})
    assert "changes with words: do not conclude that the arms differ" in turned
    assert "do not differ to begin with" in concluded({"x": {"a": A, "b": A}}, draws={"x": {"a": B, "b": A}})
    assert "there is one arm" in concluded({"x": {"a": A}}, draws={"x": {"a": B}})
    nothing: Values = {"x": {"a": [None], "b": [None]}}
    assert "too few values" in concluded(nothing, draws=nothing)


def test_answers_move_by_the_share_that_would_have_to_change() -> None:
    before: Values = {"x": {"a": ["red"] * 3 + ["blue"], "b": [True, False]}}
    del before["x"]["b"]
    first = findings(before)
    [moved] = _moved(first, {"draws": findings({"x": {"a": ["red", "blue", "blue", "green"]}})})
    assert (moved.before, moved.moved) == ({"red": 3, "blue": 1}, 0.5)
    [yes] = _moved(findings({"x": {"a": [True, False]}}), {"draws": findings({"x": {"a": [True, True]}})})
    assert (yes.before, yes.moved) == (0.5, 0.5)


values = st.lists(st.floats(-100, 100), min_size=2, max_size=5)


@given(values, values)
def test_a_variation_that_moves_nothing_never_takes_a_finding_away(a: list[Any], b: list[Any]) -> None:
    longest = max(len(a), len(b))
    same: Values = {"x": {"a": a + [None] * (longest - len(a)), "b": b + [None] * (longest - len(b))}}
    said = concluded(same, draws=same)
    assert "does not hang" in said or "do not differ to begin with" in said


def test_another_order_of_a_questions_options_is_another_one_for_somebody() -> None:
    question = {"id": "day", "kind": "choice", "text": "When?", "options": ["Tuesday", "Saturday"]}
    people = ["ana-reyes", "bo-lind"]
    asked = types.SurveyQuestion.model_validate(question)
    for seed in range(12):
        script = small(outcomes=[{"name": "day", "question": question}], options_seed=seed)
        assert script.experiment is not None
        other = _other_seed(script, script.experiment, people)
        seen = [[order(asked, who, each) for who in people] for each in (seed, other)]
        assert seen[0] != seen[1]


def test_an_audit_of_a_reference_is_that_of_its_scenario() -> None:
    with Store(":memory:", Rewording()) as one, Store(":memory:", Rewording()) as other:
        script = small()
        whole = audit(one, script)
        other.play(script)
        parted = audit(other, "tea", script.experiment)
        assert (parted.conclusions, parted.movements) == (whole.conclusions, whole.movements)
        assert {each.name for each in other.log.simulations()} == {each.name for each in one.log.simulations()}
        for branch in one.log.branches("tea"):
            assert other.log.head(other.log.branch("tea", branch.name)).hash == one.log.head(branch).hash
