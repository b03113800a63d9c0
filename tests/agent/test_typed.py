"""Typed questions: what is asked for with a type comes back as that type, whoever answers."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field, TypeAdapter, ValidationError
from strategies.using import alone, holds_everywhere, of, player, seen, turn

from troupe_es import Improviser, Response, registry, typed
from troupe_es.acting import Misfit
from troupe_es.agent.faculty import Offer
from troupe_es.errors import UsageError
from troupe_es.events import types
from troupe_es.llm import Request
from troupe_es.llm.wire import strict


class Dish(BaseModel):
    """A model with everything that JSON Schema has its own words for."""

    title: str = "soup"
    default: int | None = None
    properties: list[Literal["hot", "cold"]] = Field(default_factory=list)


class Meal(BaseModel):
    """One in another."""

    dishes: list[Dish]
    stars: int = Field(ge=1, le=5)


@dataclass
class Point:
    """No model of pydantic's."""

    x: int
    y: float = 0.0


WHOLE = st.integers(-(2**53), 2**53)
DISHES = st.builds(Dish, default=st.none() | WHOLE, properties=st.lists(st.sampled_from(["hot", "cold"]), max_size=3))
KINDS: list[tuple[Any, st.SearchStrategy[Any]]] = [
    (int, WHOLE),
    (str, st.text()),
    (bool, st.booleans()),
    (float, st.floats(allow_nan=False, allow_infinity=False)),
    (list[str], st.lists(st.text(), max_size=4)),
    (dict[str, int], st.dictionaries(st.text(), WHOLE, max_size=3)),
    (Literal["yes", "no"], st.sampled_from(["yes", "no"])),
    (int | None, st.none() | WHOLE),
    (Dish, DISHES),
    (Meal, st.builds(Meal, dishes=st.lists(DISHES, max_size=3), stars=st.integers(1, 5))),
    (Point, st.builds(Point, x=WHOLE, y=st.floats(allow_nan=False, allow_infinity=False))),
]
FIELDS = st.sampled_from(["answer", "dishes", "stars", "title"])
SAID = st.recursive(
    st.none() | st.booleans() | WHOLE | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(FIELDS, inner, max_size=3),
)
ASKED = st.sampled_from(KINDS).flatmap(lambda pair: st.tuples(st.just(pair[0]), pair[1]))


def written(kind: Any, value: Any) -> str:
    """Return what a model would say."""
    return json.dumps({"answer": json.loads(TypeAdapter(kind).dump_json(value))})


@given(ASKED, st.sampled_from(["{}", "Sure!\n```json\n{}\n```", "{} I hope that helps."]))
def test_what_a_model_says_comes_back_as_the_type_that_was_asked_for(asked: tuple[Any, Any], said: str) -> None:
    kind, value = asked
    form = typed("What is it?", kind)
    assert form.read(Response(said.replace("{}", written(kind, value), 1))) == value


@given(st.sampled_from([kind for kind, _ in KINDS]), st.integers(0, 1000))
def test_the_improviser_has_an_answer_of_every_type(kind: Any, seed: int) -> None:
    form = typed(f"Question {seed}", kind)
    request = Request(form.prompt, "improviser", "1/ana/generation/0/0", schema=form.schema)
    answer = asyncio.run(Improviser().complete(request, 0))
    value = form.read(answer)
    assert TypeAdapter(kind).validate_python(value) == value


@given(SAID)
def test_whatever_else_it_says_is_a_misfit_with_a_reason(said: Any) -> None:
    form = typed("Which meal?", Meal)
    try:
        expected = Meal.model_validate(said["answer"])
    except (ValidationError, TypeError, KeyError):
        with pytest.raises(Misfit, match=r"\w"):
            form.read(Response(json.dumps(said)))
    else:
        assert form.read(Response(json.dumps(said))) == expected


@pytest.mark.parametrize("kind", [int, str, list[str], Literal["yes", "no"], int | None, Dish, Meal, Point])
def test_providers_that_can_are_held_to_it_strictly(kind: Any) -> None:
    assert strict(typed("What?", kind).schema.body)


def test_fields_that_are_called_as_the_schemas_own_words_stay() -> None:
    [dish] = typed("What?", Dish).schema.body["$defs"].values()
    assert dish["required"] == ["title", "default", "properties"]
    assert set(dish["properties"]) == {"title", "default", "properties"}


def test_examples_are_shown_as_they_were_given() -> None:
    example = {"title": "soup", "default": 3, "properties": {}}

    class Shown(BaseModel):
        dish: dict[str, str] = Field(examples=[example])

    [shown] = typed("What?", Shown).schema.body["$defs"].values()
    assert shown["properties"]["dish"]["examples"] == [example]


@pytest.mark.parametrize("said", ["1e999", "-1e999", "NaN", "Infinity"])
def test_what_is_no_number_is_no_number(said: str) -> None:
    with pytest.raises(Misfit):
        typed("How much?", float).read(Response(f'{{"answer": {said}}}'))


def test_who_sees_no_schema_reads_it_in_the_prompt() -> None:
    form = typed("Which $dish?", Dish)
    assert form.prompt.content.startswith("Which $dish?\n")
    assert json.loads(form.prompt.content.splitlines()[-1]) == form.schema.body
    after = typed("And now?", int, form.prompt)
    assert after.prompt.parent is form.prompt


@pytest.mark.parametrize("kind", [object(), "Nobody", Callable[[], int], type("Own", (), {})])
def test_a_type_that_nobody_can_check_is_refused_before_anybody_is_asked(kind: Any) -> None:
    with pytest.raises(UsageError, match="ask for what JSON can hold"):
        typed("What?", kind)


class Verdict(BaseModel):
    stars: int = Field(ge=1, le=5)
    why: str


class Critic:
    """A faculty of somebody's own that asks a model for a value of a type."""

    def offers(self, options):
        return (Offer("RATE", "have something rated"),)

    def perform(self, acting, person, intent, options):
        model = acting.state.settings.model_for(person.id, "generation")
        verdict = yield from acting.ask("generation", model, typed(f"Rate {intent.content}.", Verdict))
        told = f"{verdict.stars} of 5: {verdict.why}" if verdict else f"no verdict: {acting.reason}"
        acting.happen(types.ResultSeen(kind="RATE", content=told))


@pytest.fixture
def critic():
    registry.register("faculty", "critic", Critic)
    yield
    registry.forget("faculty", "critic")


def test_code_of_ones_own_asks_for_a_type_and_its_life_is_replayed_with_no_model(critic) -> None:
    answers = ['{"answer": {"stars": 9, "why": "good"}}', '{"answer": {"stars": 4, "why": "good"}}']
    asked: list[Request] = []

    def said(request: Request) -> str:
        asked.append(request)
        return answers[len(asked) - 1]

    with alone(player(turn(("RATE", "tea")), other=said)) as (store, sim):
        sim.equip("critic")
        sim.run(1)
        assert [each.content for each in seen(sim)] == ["4 of 5: good"]
        misfits = [each.misfit for each in of(sim, "model-answered") if "/generation/" in each.address]
        assert misfits == ["answer.stars: Input should be less than or equal to 5.", None]
        assert "less than or equal to 5" in asked[1].prompt.content
        holds_everywhere(store, sim)


def test_where_no_answer_ever_fits_there_is_none_and_the_turn_goes_on(critic) -> None:
    with alone(player(turn(("RATE", "tea")), other=lambda request: "I would rather not.")) as (store, sim):
        sim.equip("critic")
        sim.run(1)
        assert [each.content for each in seen(sim)] == ["no verdict: there is no JSON object in it."]
        assert of(sim, "turn-ended")
        holds_everywhere(store, sim)
