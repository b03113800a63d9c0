"""A typed Python function as a tool: its schema, its one call, and what holds elsewhere."""

import json
import threading
from pathlib import Path
from typing import Any, Literal

import pytest
from strategies.using import alone, holds_everywhere, of, player, seen, turn

from troupe_es import Store, registry
from troupe_es.errors import BadCommand, MissingCode, UsageError
from troupe_es.tools import NOT_RUN, Lost, Tool, tool


@pytest.fixture(autouse=True)
def forgotten():
    """Forget afterwards what a test registered."""
    before = dict(registry._registered)
    yield
    registry._registered.clear()
    registry._registered.update(before)


def pizza(calls: list[Any], **more: Any) -> Tool:
    """Return a tool that acts outside: every call is noted."""

    @tool(**{"side_effect": True, **more})
    def order_pizza(kind: str, count: int = 1) -> str:
        """Order pizza for everybody."""
        calls.append((kind, count))
        return f"{count} {kind}"

    return order_pizza


ORDER = turn(("ORDER_PIZZA", {"kind": "margherita", "count": 2}))


def test_the_schema_comes_from_the_hints_and_the_words_from_the_docstring() -> None:
    @tool(side_effect=False)
    def weather(city: str, unit: Literal["C", "F"] = "C") -> str:
        """Tell the weather.

        Anywhere.
        """
        return city

    assert weather.definition == {
        "name": "weather",
        "description": "Tell the weather. Anywhere.",
        "arguments": {
            "type": "object",
            "properties": {"city": {"type": "string"}, "unit": {"enum": ["C", "F"], "type": "string"}},
            "required": ["city"],
            "additionalProperties": False,
        },
        "side_effect": False,
        "elsewhere": "recorded",
    }
    assert weather("Ulm") == "Ulm"


def test_a_function_without_hints_is_refused() -> None:
    with pytest.raises(UsageError, match="'city' has no type hint"):

        @tool(side_effect=False)
        def weather(city):
            return city

    with pytest.raises(UsageError, match="cannot be told by name"):

        @tool(side_effect=False)
        def chance(*odds: int) -> int:
            return 1


def test_a_plain_function_is_no_tool() -> None:
    with pytest.raises(UsageError, match="put @tool"):
        Store(":memory:", tools=[max])  # type: ignore[list-item]


def test_a_tool_is_called_once_and_its_result_perceived_and_recorded() -> None:
    calls: list[Any] = []
    with alone(player(ORDER, turn(("TALK", "Two are coming."))), tools=[pizza(calls)]) as (store, sim):
        sim.give_tools("order_pizza", to=["Ana"])
        sim.run(1)
        assert calls == [("margherita", 2)]
        assert [(each.kind, each.content, each.failed) for each in seen(sim)] == [
            ("ORDER_PIZZA", "2 margherita", False)
        ]
        assert [each.content for each in of(sim, "action-taken")] == ["Two are coming."]
        holds_everywhere(store, sim)
        assert calls == [("margherita", 2)]


def test_only_those_who_are_given_a_tool_are_offered_it() -> None:
    asked: dict[str, str] = {}

    def answer(request, draw):
        asked[request.person] = request.prompt.chain()[0].content
        return turn()

    from troupe_es import Scripted

    with alone(Scripted(answer, "cast")) as (_, sim):
        sim.add_person({"name": "Bo Lind"})
        sim.give_tools(pizza([]), to=["Bo"])
        sim.run(1)
        assert "ORDER_PIZZA" not in asked["ana-reyes"]
        assert 'ORDER_PIZZA: Order pizza for everybody. "content" is a JSON object' in asked["bo-lind"]
        sim.unequip("tool:order_pizza", to=["Bo"])
        sim.run(1)
        assert "ORDER_PIZZA" not in asked["bo-lind"]


@pytest.mark.parametrize(
    "content",
    ["", "no object", "[1]", '{"kind": 3}', '{"kind": "a", "more": 1}', '{"kind": "a", "count": 1e999}', "{" * 3000],
)
def test_bad_arguments_are_a_failed_result(content: str) -> None:
    calls: list[Any] = []
    with alone(player(turn(("ORDER_PIZZA", content))), tools=[pizza(calls)]) as (store, sim):
        sim.give_tools("order_pizza")
        sim.run(1)
        assert [each.failed for each in seen(sim)] == [True]
        assert calls == []
        holds_everywhere(store, sim)


@pytest.mark.parametrize(
    ("raised", "told"),
    [
        (ValueError("sold out"), "sold out"),
        (RuntimeError("boom\ud800\x1b[31m"), "RuntimeError: boom�[31m"),
        (SystemExit(3), "SystemExit: 3"),
        (KeyboardInterrupt(), "KeyboardInterrupt:"),
        (StopIteration("no more"), "StopIteration: no more"),
    ],
)
def test_whatever_a_tool_raises_is_a_failed_result(raised: BaseException, told: str) -> None:
    @tool(side_effect=False)
    def break_down() -> str:
        """Break."""
        raise raised

    with alone(player(turn(("BREAK_DOWN", "")))) as (store, sim):
        sim.give_tools(break_down)
        sim.run(1)
        [result] = seen(sim)
        assert (result.content.strip(), result.failed) == (told, True)
        holds_everywhere(store, sim)


@pytest.mark.parametrize(
    ("returned", "content"),
    [
        ({"a": [1, None]}, '{"a": [1, null]}'),
        ("x" * 100, "x" * 50 + "… (cut here: 50 characters more)"),
        (["x" * 100], '["' + "x" * 48 + "… (cut here: 54 characters more)"),
        ("one\u2028two\x00\ud800", "one\ntwo�"),
        ((1, 2), "[1, 2]"),
    ],
)
def test_results_are_made_json_cleaned_and_cut(returned: Any, content: str) -> None:
    @tool(side_effect=False, most=50)
    def look() -> Any:
        """Look."""
        return returned

    with alone(player(turn(("LOOK", "")))) as (store, sim):
        sim.give_tools(look)
        sim.run(1)
        assert [(each.content, each.failed) for each in seen(sim)] == [(content, False)]
        holds_everywhere(store, sim)


@pytest.mark.parametrize("returned", [float("nan"), object(), b"\xff"])
def test_a_result_that_json_cannot_hold_is_a_failed_one(returned: Any) -> None:
    @tool(side_effect=False)
    def look() -> Any:
        """Look."""
        return returned

    with alone(player(turn(("LOOK", "")))) as (_, sim):
        sim.give_tools(look)
        sim.run(1)
        assert [each.failed for each in seen(sim)] == [True]


@pytest.mark.parametrize(("side_effect", "kind"), [(True, "unknown"), (False, "error")])
def test_a_tool_that_takes_too_long_is_not_waited_for(side_effect: bool, kind: str) -> None:
    going_on = threading.Event()

    @tool(side_effect=side_effect, timeout=0.05)
    def wait() -> None:
        """Wait for ever."""
        going_on.wait()

    with alone(player(turn(("WAIT", "")))) as (store, sim):
        sim.give_tools(wait)
        sim.run(1)
        going_on.set()
        [result] = seen(sim)
        assert (result.content, result.failed) == ("no result within 0.05 seconds", True)
        [answered] = [each for each in of(sim, "model-answered") if each.model == "tool:wait"]
        assert list(json.loads(store.log.answer(answered.answer, answered.request).text)) == [kind]


def test_a_tool_that_lost_its_call_has_an_unknown_outcome() -> None:
    @tool(side_effect=True)
    def transfer() -> None:
        """Transfer money."""
        raise Lost("the line went dead")

    with alone(player(turn(("TRANSFER", "")))) as (_, sim):
        sim.give_tools(transfer)
        sim.run(1)
        assert [(each.failed, "went dead" in each.content) for each in seen(sim)] == [(True, True)]


def test_an_async_function_is_a_tool_too() -> None:
    @tool(side_effect=False)
    async def weather() -> str:
        """Tell the weather."""
        return "rain"

    with alone(player(turn(("WEATHER", "")))) as (_, sim):
        sim.give_tools(weather)
        sim.run(1)
        assert [each.content for each in seen(sim)] == ["rain"]


def test_an_idempotent_tool_is_told_what_names_its_call() -> None:
    keys: list[str] = []

    @tool(side_effect=True, idempotent=True)
    def pay(amount: int, call_key: str) -> str:
        """Pay."""
        keys.append(call_key)
        return "paid"

    assert "call_key" not in pay.arguments["properties"]
    with alone(player(turn(("PAY", {"amount": 3}), ("PAY", {"amount": 3})))) as (_, sim):
        sim.give_tools(pay)
        sim.run(1)
        assert len(set(keys)) == len(keys) == 2


# forks


def replicate(store: Store) -> Any:
    """Return a fork in another draw from before the tool was called, lived to its end."""
    [fork] = store.replicates("life@5", "other", 1)
    fork.resume()
    return fork


def test_a_tool_without_side_effects_runs_in_forks_too() -> None:
    calls: list[Any] = []
    with alone(player(ORDER), tools=[pizza(calls, side_effect=False)]) as (store, sim):
        sim.give_tools("order_pizza")
        sim.run(1)
        assert [each.content for each in seen(replicate(store))] == ["2 margherita"]
        assert len(calls) == 2


def test_recorded_takes_the_parents_answer_in_a_fork_and_does_not_act() -> None:
    calls: list[Any] = []
    with alone(player(ORDER), tools=[pizza(calls)]) as (store, sim):
        sim.give_tools("order_pizza")
        sim.run(1)
        fork = replicate(store)
        assert [(each.content, each.failed) for each in seen(fork)] == [("2 margherita", False)]
        assert len(calls) == 1
        holds_everywhere(store, fork)


def test_recorded_fails_in_a_fork_where_the_parent_never_called() -> None:
    calls: list[Any] = []
    with alone(player(ORDER), tools=[pizza(calls)]) as (store, sim):
        sim.give_tools("order_pizza")
        fork = store.branch("life", "elsewhere")
        fork.run(1)
        assert [(each.content, each.failed) for each in seen(fork)] == [(NOT_RUN, True)]
        assert calls == []
        holds_everywhere(store, fork)


def test_refuse_fails_in_a_fork() -> None:
    calls: list[Any] = []
    with alone(player(ORDER), tools=[pizza(calls, elsewhere="refuse")]) as (store, sim):
        sim.give_tools("order_pizza")
        sim.run(1)
        assert [(each.content, each.failed) for each in seen(replicate(store))] == [(NOT_RUN, True)]
        assert len(calls) == 1


@pytest.mark.parametrize(
    ("answer", "content", "failed"),
    [('{"result": "two pizzas arrive"}', "(simulated) two pizzas arrive", False), ("rubbish", NOT_RUN, True)],
)
def test_simulate_lets_a_model_make_the_result_up_and_says_so(answer: str, content: str, failed: bool) -> None:
    calls: list[Any] = []
    asked: list[str] = []

    def other(request) -> str:
        asked.append(f"{request.purpose} {request.prompt.content}")
        return answer

    with alone(player(ORDER, other=other), tools=[pizza(calls, elsewhere="simulate")]) as (store, sim):
        sim.give_tools("order_pizza")
        sim.run(1)
        assert asked == []
        fork = replicate(store)
        assert [(each.content, each.failed) for each in seen(fork)] == [(content, failed)]
        assert asked[0].startswith("generation ")
        assert '"margherita"' in asked[0]
        assert len(calls) == 1
        holds_everywhere(store, fork)


# crashes


def test_a_call_that_was_lost_with_its_process_is_not_made_again(tmp_path: Path) -> None:
    calls: list[Any] = []
    path = str(tmp_path / "t.db")
    with alone(player(ORDER), path=path, tools=[pizza(calls)]) as (store, sim):
        sim.give_tools("order_pizza")
        record = store.log.record

        def dies(answers):
            if any("margherita" in each.text and '"ok"' in each.text for each in answers):
                raise SystemExit(9)
            return record(answers)

        store.log.record = dies  # type: ignore[method-assign]
        with pytest.raises(SystemExit):
            sim.run(1)
    with Store(path, player(ORDER)) as store:
        sim = store.resume("life")
        assert calls == [("margherita", 2)]
        assert [each.failed for each in seen(sim)] == [True]
        assert store.verify("life").holds


# what cannot be


def test_a_tool_that_is_not_here_is_named() -> None:
    with alone(player()) as (_, sim), pytest.raises(MissingCode, match=r"'fly' is not registered here .*--plugin"):
        sim.give_tools("fly")


@pytest.mark.parametrize("name", ["talk", "done", "Think", "a-b", "ünder", "x" * 65])
def test_a_name_that_cannot_be_an_action_is_refused(name: str) -> None:
    with alone(player()) as (_, sim), pytest.raises(UsageError):
        sim.give_tools(tool(side_effect=False, name=name)(lambda: None))


def test_a_tools_definition_stands_in_its_code_alone() -> None:
    with alone(player(), tools=[pizza([])]) as (_, sim), pytest.raises(BadCommand, match="takes no options"):
        sim.equip("tool:order_pizza", elsewhere="recorded")


def test_a_script_run_again_fast_forwards_over_its_tools(tmp_path: Path) -> None:
    calls: list[Any] = []
    heads = []
    for _ in range(2):
        with alone(player(ORDER), path=str(tmp_path / "t.db"), tools=[pizza(calls)]) as (_, sim):
            sim.give_tools("order_pizza", to=["Ana"])
            sim.run(1)
            heads.append(sim.head)
    assert heads[0] == heads[1]
    assert len(calls) == 1
