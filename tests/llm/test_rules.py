"""What is known of models beforehand, and what is learnt from their refusals."""

from typing import Any

import pytest
from llm.test_endpoint import ask, client, failure, request
from servers.loopback import Loopback

from troupe_es.llm.endpoint import OpenAI
from troupe_es.llm.rules import PLAIN, ROOM, rule_of
from troupe_es.llm.wire import Dialect, body


@pytest.mark.parametrize(
    ("model", "limit", "temperature", "room"),
    [
        ("gpt-4.1-mini", None, True, 0),
        ("gpt-4o", None, True, 0),
        ("o3", "max_completion_tokens", False, ROOM),
        ("openai:o4-mini-2025-04-16", "max_completion_tokens", False, ROOM),
        ("openai:GPT-5-nano", "max_completion_tokens", False, ROOM),
        ("gpt-5.1", "max_completion_tokens", False, ROOM),
        ("gpt-5-chat-latest", "max_completion_tokens", True, 0),
        ("deepseek-ai/DeepSeek-R1-Distill-Qwen-7B", None, True, ROOM),
        ("qwen/qwen3-4b-thinking", None, True, ROOM),
        ("llama-3.1-8b", None, True, 0),
        ("olmo-2", None, True, 0),
        ("o300", None, True, 0),
        ("improviser", None, True, 0),
        ("", None, True, 0),
    ],
)
def test_models_known_beforehand(model: str, limit: str | None, temperature: bool, room: int) -> None:
    rule = rule_of(model)
    assert (rule.limit, rule.temperature, rule.room) == (limit, temperature, room)


def test_what_is_not_known_is_plain() -> None:
    assert rule_of("anything") is PLAIN


def test_a_reasoning_model_is_asked_without_a_temperature_and_with_room_to_think() -> None:
    sent = body(request(temperature=0.7), "o3", Dialect.of("o3", "max_tokens"))
    assert "temperature" not in sent
    assert "max_tokens" not in sent
    assert sent["max_completion_tokens"] == 300 + ROOM


def test_a_refused_parameter_is_dropped_and_that_is_remembered() -> None:
    with Loopback(faults=["no-temperature"]) as server:
        model = client(server)
        ask(model, request(temperature=0.7))
        ask(model, request("Again.", temperature=0.7))
    assert ["temperature" in call.body for call in server.calls] == [True, False, False]


def test_what_one_model_refuses_another_still_gets() -> None:
    with Loopback(faults=["no-temperature"]) as server:
        ask(client(server), request(temperature=0.7))
        ask(client(server), request(temperature=0.7))
    assert ["temperature" in call.body for call in server.calls] == [True, False, True, False]


def test_calls_that_are_refused_together_learn_together() -> None:
    with Loopback(faults=["no-temperature", "no-schema", "no-max-tokens"], latency=0.02) as server:
        told = ask(client(server), *(request(f"Act {n}.", temperature=0.7) for n in range(8)))
        assert all(one.finish == "stop" for one in told)
        server.calls.clear()
    last = [fault for fault, times in server.outcomes.items() if times and fault != "answered"]
    assert sorted(last) == ["no-max-tokens", "no-schema", "no-temperature"]
    assert server.outcomes["answered"] == 8
    assert server.outcomes.total() <= 8 * 4


def test_parameters_of_ones_own_are_sent_and_dropped_like_others() -> None:
    with Loopback() as server:
        ask(OpenAI("m", base_url=server.url, parameters={"min_p": 0.05}))
    assert server.calls[0].body["min_p"] == 0.05


@pytest.mark.parametrize(
    ("complaint", "learnt"),
    [
        ("unknown parameter: 'min_p'.", {"min_p"}),
        ('body -> temperature: extra inputs are not permitted {"loc":["body","temperature"]}', {"temperature"}),
        (
            "'temperature' does not support 0.7 with this model. only the default (1) value is supported",
            {"temperature"},
        ),
        ("temperature must be at most 2", None),
        ("unknown model", None),
        ("messages: unexpected role", None),
    ],
)
def test_only_what_is_named_and_not_known_is_dropped(complaint: str, learnt: set[str] | None) -> None:
    sent: dict[str, Any] = {"model": "m", "messages": [], "temperature": 3, "min_p": 0.1, "max_tokens": 3}
    dialect = Dialect().learnt(complaint, sent)
    assert (dialect and dialect.without) == (frozenset(learnt) if learnt else None)


def test_a_wrong_value_is_refused_and_not_dropped() -> None:
    with Loopback(faults=["400"]) as server:
        assert "400" in str(failure(client(server)))
    assert len(server.calls) == 1
