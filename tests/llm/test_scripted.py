"""The scripted model gives what it was told to give, and says so when it was told nothing."""

import asyncio
import json
from pathlib import Path

import pytest

from troupe_es.errors import MissingAnswer, ModelUnreachable, UsageError
from troupe_es.llm import Message, Model, Request, Response
from troupe_es.llm.scripted import Rule, Scripted


def ask(model: Model, address: str = "1/ana/turn/0/0", draw: int = 0) -> Response:
    return asyncio.run(model.complete(Request(Message("user", "Hello."), model.name, address), draw))


def test_it_is_a_model() -> None:
    assert isinstance(Scripted({}), Model)


def test_answers_by_address() -> None:
    model = Scripted({"1/ana/turn/0/0": "one", "2/ana/turn/0/0": {"b": 1, "a": "ä"}})
    assert ask(model).text == "one"
    assert ask(model, "2/ana/turn/0/0").text == '{"a":"ä","b":1}'
    assert [call.address for call in model.calls] == ["1/ana/turn/0/0", "2/ana/turn/0/0"]


def test_answers_in_order_and_then_no_more() -> None:
    model = Scripted(["one", Response("two", finish="length")])
    assert ask(model).text == "one"
    assert ask(model).finish == "length"
    with pytest.raises(MissingAnswer, match="all were given before call 3"):
        ask(model)


def test_answers_by_function_of_request_and_draw() -> None:
    model = Scripted(lambda request, draw: f"{request.person} {draw}")
    assert ask(model, draw=3).text == "ana 3"
    assert model.draws == [3]


def test_an_exception_is_raised() -> None:
    with pytest.raises(ModelUnreachable, match="gone"):
        ask(Scripted([ModelUnreachable("gone")]))


def test_what_is_missing_is_named_with_the_nearest_and_the_remedy() -> None:
    with pytest.raises(MissingAnswer, match=r"'3/ana/turn/0/0'.*'2/ana/turn/0/0'.*--model"):
        ask(Scripted({"2/ana/turn/0/0": "x"}), "3/ana/turn/0/0")
    with pytest.raises(MissingAnswer, match="none at all"):
        ask(Scripted({}))


def test_the_default_answers_what_is_missing() -> None:
    assert ask(Scripted({}, default={"a": 1})).text == '{"a":1}'


def test_text_alone_is_no_list_of_answers() -> None:
    with pytest.raises(TypeError, match="not str"):
        Scripted("hello")


def test_a_lone_surrogate_is_replaced() -> None:
    assert ask(Scripted(["a\ud800b"])).text == "a�b"


def test_the_delay_decides_the_order_of_completion() -> None:
    async def both() -> list[str]:
        slow = asyncio.Event()
        model = Scripted({"1/a/turn/0/0": "a", "1/b/turn/0/0": "b"}, delay=lambda r, _: wait(r, slow))
        done: list[str] = []

        async def one(address: str) -> None:
            done.append((await model.complete(Request(Message("user", ""), "m", address), 0)).text)
            slow.set()

        await asyncio.gather(one("1/a/turn/0/0"), one("1/b/turn/0/0"))
        return done

    def wait(request: Request, slow: asyncio.Event) -> float | asyncio.Task[bool]:
        return asyncio.ensure_future(slow.wait()) if request.person == "a" else 0.0

    assert asyncio.run(both()) == ["b", "a"]


@pytest.mark.parametrize("suffix", ["yaml", "json"])
def test_a_file_of_answers(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"talk.{suffix}"
    yaml = "name: scripted:talk\nnote: by hand\nanswers:\n  1/ana/turn/0/0: {actions: [], day: 2026-01-05}\n"
    script = {"name": "scripted:talk", "note": "by hand"}
    answer = {"actions": [], "day": "2026-01-05"}
    path.write_text(yaml if suffix == "yaml" else json.dumps({**script, "answers": {"1/ana/turn/0/0": answer}}))
    model = Scripted.from_file(path)
    assert (model.name, model.note) == ("scripted:talk", "by hand")
    assert json.loads(ask(model).text) == answer


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("- 1", "is a mapping"),
        ("answers: 3", "'answers' must map"),
        ("answers: {}\nnaem: x", "'naem' is no key"),
        ("answers: {1/a/turn/0/0: 3}", "'1/a/turn/0/0' must be text or a mapping"),
        ("answers: {1/a/turn/0/0: {x: .nan}}", "cannot be sent as JSON"),
        ("answers:\n  a: x\n  a: y\n", "stands here twice"),
        ("answers: {a: [", "neither YAML nor JSON"),
        ("answers: !!python/object:os.system {}", "neither YAML nor JSON"),
        ("answers: {}\nname: 3", "'name' must be text"),
    ],
)
def test_a_wrong_file_is_refused_and_the_place_named(tmp_path: Path, text: str, why: str) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(text)
    with pytest.raises(UsageError, match=why) as caught:
        Scripted.from_file(path)
    assert str(path) in str(caught.value)


def test_a_missing_file_is_an_error_of_usage(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        Scripted.from_file(tmp_path / "none.yaml")


def shown(model: Model, text: str, address: str = "1/ana/ask/0/0", draw: int = 0) -> str:
    prompt = Message("user", text, Message("system", "You are Ana."))
    return asyncio.run(model.complete(Request(prompt, model.name, address), draw)).text


def test_the_first_rule_that_fits_answers_what_has_no_answer_by_address() -> None:
    rules = [
        Rule("in draw 2", draws=(2,)),
        Rule(
            {"answer": "Option $here, for $4", "why": ["$here"]}, "1/[a-z]+/ask/.*", r"Option (?P<here>[A-C]): a lamp"
        ),
        Rule("somebody else", "2/.*"),
    ]
    model = Scripted({"1/bo/ask/0/0": "by address"}, rules=rules)
    assert shown(model, "Option A: a chair. Option B: a lamp") == '{"answer":"Option B, for $4","why":["B"]}'
    assert shown(model, "Option B: a chair. Option A: a lamp") == '{"answer":"Option A, for $4","why":["A"]}'
    assert shown(model, "Option A: a lamp", draw=2) == "in draw 2"
    assert shown(model, "Option A: a lamp", "1/bo/ask/0/0") == "by address"
    assert shown(model, "", "2/ana/turn/0/0") == "somebody else"
    with pytest.raises(MissingAnswer, match="'1/ana/ask/0/0'"):
        shown(model, "nothing of the kind")


def test_rules_stand_in_a_file_too_and_what_is_wrong_in_one_is_named(tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text("rules: [{shown: 'a (?P<what>[a-z]+)', answer: one $what}, {draws: [1], answer: other}]")
    assert [shown(Scripted.from_file(file), "a lamp"), shown(Scripted.from_file(file), "", draw=1)] == [
        "one lamp",
        "other",
    ]
    for wrong, why in (
        ("[{answer: x, seen: y}]", "rules.0: 'seen' is no key of a rule"),
        ("[{answer: x}, {answer: x, shown: '('}]", "rules.1: 'shown' is no regular expression"),
        ("[{answer: x, draws: [true]}]", "rules.0: 'draws' must be a list of whole numbers"),
        ("[{shown: x}]", "'rules.0' must be text or a mapping"),
        ("{shown: x}", "'rules' must be a list"),
    ):
        file.write_text(f"rules: {wrong}")
        with pytest.raises(UsageError, match=why):
            Scripted.from_file(file)
