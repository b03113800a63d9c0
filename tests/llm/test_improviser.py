"""The improviser: the same answer to the same question, always of the form asked for, and in character."""

import asyncio
import json
import subprocess
import sys
import time
from itertools import pairwise
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, Field
from strategies.answers import HOSTILE, words

from troupe_es.llm import Message, Model, Request, Response, Schema
from troupe_es.llm.improviser import Improviser
from troupe_es.llm.improviser import character as characters

ACTION = {
    "type": "object",
    "properties": {
        "type": {"enum": ["THINK", "TALK", "REACH_OUT", "DONE"]},
        "content": {"type": "string"},
        "target": {"type": "string"},
    },
    "required": ["type", "content", "target"],
    "additionalProperties": False,
}
MIND = {
    "type": "object",
    "properties": {
        "goals": {"type": "string"},
        "context": {"type": "array", "items": {"type": "string"}},
        "attention": {"type": "string"},
        "emotions": {"type": "string"},
    },
    "required": ["goals", "context", "attention", "emotions"],
    "additionalProperties": False,
}
TURN = Schema(
    "turn",
    {
        "type": "object",
        "properties": {"actions": {"type": "array", "items": ACTION, "minItems": 1}, "cognitive_state": MIND},
        "required": ["actions", "cognitive_state"],
        "additionalProperties": False,
    },
)
ASK = Schema("ask", {"type": "object", "properties": {"answer": {"type": "string"}}, "required": ["answer"]})
PERSONA = """You are Ana Reyes.
You are not an assistant.

# Who you are
- name: Ana Reyes
- occupation:
  - title: Pastry Chef
- personality:
  - big_five:
    - openness: 70
    - agreeableness: Low. Says what she thinks.
- beliefs:
  - You believe that good bread takes time.
  - Waste is a kind of rudeness.
- preferences:
  - interests:
    - Italian cinema.
    - Old cookery books.
  - dislikes:
    - Loud shops.
- long_term_goals:
  - To open a small bakery by the sea.

# How to act
- THINK: what goes through your mind; nobody hears it.
"""


def stimulus(who: str, said: str, kind: str = "CONVERSATION", **more: str) -> str:
    return json.dumps({"stimulus": kind, "from": who, "content": said, **more}, ensure_ascii=False)


OPENING = stimulus("", "We talk about a herb soda in a returnable bottle. Would you buy it for a weekday dinner?")
HERE = json.dumps({"here": ["Bram Visser", "Cho Lin"]})


def scene(*messages: str, persona: str = PERSONA, here: str = HERE) -> Message:
    prompt = Message("system", persona)
    for content in messages:
        prompt = Message("assistant" if content.startswith('{"actions"') else "user", content, prompt)
    return Message("user", f"It is 18:00. You are at: Kitchen\n{here}\nAct.", prompt)


def request(prompt: Message, step: int = 1, schema: Schema | None = TURN, limit: int = 1024) -> Request:
    return Request(prompt, "improviser", f"{step}/ana-reyes/turn/0/0", limit, schema=schema)


def answer(asked: Request, draw: int = 0) -> Response:
    return asyncio.run(Improviser().complete(asked, draw))


def turn(asked: Request, draw: int = 0) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(answer(asked, draw).text)
    return told


def talk(told: dict[str, Any]) -> str:
    return " ".join(action["content"] for action in told["actions"] if action["type"] == "TALK")


def reply(question: str, *heard: str, persona: str = PERSONA) -> str:
    prompt = scene(*heard, persona=persona)
    asked = Message("user", f"Somebody asks you.\n{json.dumps({'question': question})}\nAnswer.", prompt.parent)
    told: str = json.loads(answer(Request(asked, "improviser", "1/ana-reyes/ask/0/0", schema=ASK)).text)["answer"]
    return told


def test_it_is_a_model_that_is_called_the_improviser() -> None:
    model = Improviser()
    assert isinstance(model, Model)
    assert model.name == "improviser"


def test_the_same_question_gets_the_same_answer_and_each_draw_and_address_its_own() -> None:
    asked = request(scene(OPENING))
    assert answer(asked) == answer(request(scene(OPENING)))
    answers = {answer(request(scene(OPENING), step), draw).text for step in range(5) for draw in range(5)}
    assert len(answers) > 15


def test_it_is_the_same_in_another_process() -> None:
    code = (
        "import sys; sys.path[:0] = sys.argv[1:]; import test_improviser as t;"
        "print(t.answer(t.request(t.scene(t.OPENING))).hash)"
    )
    run = [sys.executable, "-c", code, *(entry for entry in sys.path if entry), str(__file__).rpartition("/")[0]]
    hashes = {
        subprocess.run(run, env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True).stdout.strip()
        for seed in ("1", "2")
    }
    assert hashes == {answer(request(scene(OPENING))).hash}


def test_a_turn_fits_the_format_and_ends_in_done() -> None:
    for step in range(40):
        told = turn(request(scene(OPENING, stimulus("Bram Visser", "The bottle is too heavy.")), step))
        jsonschema.validate(told, TURN.body)
        kinds = [action["type"] for action in told["actions"]]
        assert kinds[-1] == "DONE"
        assert "DONE" not in kinds[:-1]
        assert all(action["content"] for action in told["actions"][:-1])
        assert {action["target"] for action in told["actions"]} <= {"", "Bram Visser", "Cho Lin"}


def test_it_takes_up_what_was_said_and_who_said_it() -> None:
    heard = (OPENING, stimulus("Bram Visser", "Honestly, the returnable bottle is a lovely old idea."))
    told = [talk(turn(request(scene(*heard), step))) for step in range(40)]
    assert sum("returnable bottle is a lovely old idea" in said for said in told) > 8
    assert sum("Bram" in said for said in told) > 8
    assert sum("herb soda" in said or "returnable bottle" in said for said in told) > 20


def test_it_brings_up_what_is_in_the_persona() -> None:
    told = " ".join(talk(turn(request(scene(OPENING), step))) for step in range(60))
    assert any(own in told for own in ("Good bread takes time", "Waste is a kind of rudeness"))
    assert any(own in told for own in ("Italian cinema", "old cookery books"))
    assert "pastry chef" in told


def test_a_person_takes_the_same_side_each_time() -> None:
    sides = {turn(request(scene(OPENING), step))["cognitive_state"]["goals"] for step in range(60)}
    about_soda = {goal for goal in sides if "herb soda" in goal}
    assert about_soda
    assert len({goal.split(" the herb soda")[0] for goal in about_soda}) <= 2


def test_people_differ() -> None:
    sides = {
        turn(request(scene(OPENING, persona=PERSONA.replace("Ana Reyes", name))))["cognitive_state"]["emotions"]
        for name in ("Ana Reyes", "Bo Li", "Cy Dunn", "Di Marsh", "Ed Poe", "Flo Ray", "Gus Ott", "Hal Zed")
    }
    assert len(sides) > 3


def test_it_does_not_say_twice_what_it_just_said() -> None:
    messages, said = [OPENING], []
    for step in range(12):
        text = answer(request(scene(*messages), step)).text
        messages += [text, stimulus("Bram Visser", f"Point {step}: the bottle is heavy and the soda is sweet.")]
        said.append(talk(json.loads(text)))
    assert all(first != second for first, second in pairwise(said) if first)


def test_alone_it_keeps_its_thoughts_to_itself() -> None:
    alone = scene(stimulus("", "The lights go out.", "VISUAL"), here='{"here": []}')
    told = turn(request(alone))
    assert [action["type"] for action in told["actions"]] == ["THINK", "DONE"]
    assert "lights go out" in told["actions"][0]["content"]


def test_words_said_in_private_are_mostly_answered_in_private() -> None:
    heard = stimulus("Bram Visser", "Between us, would you want the soda at all?", to="Ana Reyes")
    targets = [a["target"] for n in range(30) for a in turn(request(scene(OPENING, heard), n))["actions"]]
    assert targets.count("Bram Visser") > 5


def test_questions_are_answered_in_their_kind() -> None:
    assert reply("Would you buy the herb soda?").startswith(
        ("Yes", "Honestly?", "Probably", "I ", "More", "It depends", "Ask", "Not", "No")
    )
    assert any(f"I’d say {n}." in reply("On a scale of 1 to 10, how likely are you to buy it?") for n in range(1, 11))
    assert any(option in reply("Would you rather have a bottle or a can?") for option in ("bottle", "can"))
    heard = stimulus("Bram Visser", "The deposit on the bottle is a nuisance for my mother.")
    assert "nuisance" in reply("What do you think of what Bram said?", OPENING, heard)
    assert reply("Why?") != reply("How?")


def test_usage_is_estimated_and_within_the_limit() -> None:
    told = answer(request(scene(OPENING)))
    assert told.prompt_tokens and told.completion_tokens
    short = answer(request(scene(OPENING), limit=16))
    assert short.completion_tokens == 16
    jsonschema.validate(json.loads(short.text), TURN.body)


def test_the_purpose_decides_where_there_is_no_schema() -> None:
    assert "actions" in turn(request(scene(OPENING), schema=None))
    shared = Request(scene(OPENING), "improviser", "")
    assert len(answer(shared).text) > 10
    assert not answer(shared).text.startswith("{")


def test_a_prompt_of_another_make_is_answered_too() -> None:
    for prompt in (Message("user", ""), Message("system", "Be brief."), Message("assistant", "{}")):
        for schema in (TURN, ASK, None):
            answer(request(prompt, schema=schema))


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(words, max_size=5), words, words)
def test_whatever_is_in_the_prompt_the_form_holds(heard: list[str], name: str, trait: str) -> None:
    lines = [stimulus(name, said) for said in heard]
    prompt = scene("\n".join([*lines, *heard]), persona=f"You are {name}.\n- beliefs:\n  - {trait}\n{trait}")
    told = answer(request(prompt)).text
    told.encode()
    jsonschema.validate(json.loads(told), TURN.body)


@pytest.mark.parametrize("attack", HOSTILE)
def test_it_does_not_hand_on_markup_or_controls(attack: str) -> None:
    told = "".join(answer(request(scene(OPENING, stimulus("Bram", attack)), n)).text for n in range(5))
    assert not any(mark in told for mark in ("<script", "<img", "<svg", "\\u001b", "\u202e"))


class Rating(BaseModel):
    """A schema as pydantic writes it, with references."""

    class Point(BaseModel):
        label: str = Field(min_length=3, max_length=12)
        weight: float = Field(ge=0, le=1)
        next: "Rating.Point | None" = None

    score: int = Field(ge=1, le=5)
    points: list[Point] = Field(min_length=1, max_length=3)
    tags: set[str] = Field(min_length=2, max_length=4)
    kind: str | int | None = None
    sure: bool


def test_other_schemas_are_fitted() -> None:
    body = Rating.model_json_schema()
    for draw in range(30):
        told = turn(request(scene(OPENING), schema=Schema("rating", body)), draw)
        jsonschema.validate(told, body)
        Rating.model_validate(told)


limits = st.tuples(st.integers(-50, 50), st.integers(0, 40)).map(lambda pair: (pair[0], pair[0] + pair[1]))
leaves = st.one_of(
    st.sampled_from([{"type": kind} for kind in ("string", "boolean", "null", "integer", "number")]),
    limits.map(lambda both: {"type": "integer", "minimum": both[0], "maximum": both[1]}),
    limits.map(lambda both: {"type": "number", "minimum": both[0], "maximum": both[1] + 1}),
    limits.map(lambda both: {"type": "number", "exclusiveMinimum": both[0], "exclusiveMaximum": both[1] + 1}),
    limits.map(lambda both: {"type": "string", "minLength": abs(both[0]), "maxLength": abs(both[0]) + 60}),
    st.lists(words, min_size=1, max_size=3).map(lambda options: {"enum": options}),
    words.map(lambda value: {"const": value}),
)


def _objects(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    fields = st.dictionaries(st.sampled_from("abcde"), inner, min_size=1, max_size=3)
    return fields.map(
        lambda drawn: {
            "type": "object",
            "properties": drawn,
            "required": sorted(drawn)[:1],
            "additionalProperties": False,
        }
    )


schemas = st.recursive(
    leaves,
    lambda inner: st.one_of(
        _objects(inner),
        inner.map(lambda item: {"type": "array", "items": item, "minItems": 1, "maxItems": 3}),
        st.lists(inner, min_size=1, max_size=3).map(lambda options: {"anyOf": options}),
        inner.map(lambda item: {"allOf": [item]}),
    ),
    max_leaves=8,
)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(schemas)
def test_any_ordinary_schema_is_fitted(body: dict[str, Any]) -> None:
    clean = json.loads(json.dumps(body).encode("utf-8", "replace").decode().replace("\\ud800", "?"))
    told = json.loads(answer(request(scene(OPENING), schema=Schema("any", clean))).text)
    jsonschema.validate(told, clean)


def test_a_schema_without_end_ends() -> None:
    node: dict[str, Any] = {
        "$ref": "#/$defs/node",
        "$defs": {
            "node": {
                "type": "object",
                "properties": {"next": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]}},
                "required": ["next"],
            }
        },
    }
    for draw in range(20):
        jsonschema.validate(turn(request(scene(OPENING), schema=Schema("node", node)), draw), node)


def test_the_persona_is_read_from_its_outline() -> None:
    ana = characters.read(PERSONA)
    assert (ana.name, ana.first, ana.trade) == ("Ana Reyes", "Ana", "pastry chef")
    assert (ana.openness, ana.agreeableness, ana.extraversion) == (1, -1, 0)
    assert {ground.text for ground in ana.grounds if ground.kind == "belief"} == {
        "Good bread takes time",
        "Waste is a kind of rudeness",
    }
    assert ana.goals == ("open a small bakery by the sea",)


def test_a_long_life_costs_no_more_per_turn_than_a_short_one() -> None:
    def life(length: int) -> list[Request]:
        messages = [OPENING]
        for n in range(length):
            messages += ['{"actions":[]}', stimulus("Bram Visser", f"Point {n}: the bottle is heavy.")]
        asked = [request(scene(*messages), step) for step in range(40)]
        return [one for one in asked if one.hash]

    def cost(asked: list[Request]) -> float:
        from troupe_es.llm.improviser.model import improvise

        best = 9.0
        for _ in range(5):
            begun = time.process_time()
            for one in asked:
                improvise(one, 0)
            best = min(best, time.process_time() - begun)
        return best / len(asked)

    short, long = cost(life(20)), cost(life(400))
    assert long < 3 * short, (short, long)
