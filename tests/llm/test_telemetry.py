"""What is told of a call, and what is not."""

import json
import logging
import subprocess
import sys
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from servers.loopback import Loopback

from troupe_es import Improviser, Store
from troupe_es.errors import ModelRefused
from troupe_es.llm import telemetry, toolcalls, vectors
from troupe_es.llm.endpoint import OpenAI

KEY = "sk-very-secret-0123456789"
SECRET = "the vault is behind the clock"


def live(model: Any, people: int = 2) -> None:
    with Store(":memory:", model) as store:
        sim = store.begin("told", model=model, seed=1)
        sim.add_world("Room")
        for name in ("Ana Reyes", "Bo Lind")[:people]:
            sim.add_person({"name": name, "age": 30})
        sim.broadcast(SECRET, speaker="Warden")
        sim.run(1)


def heard(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    return [json.loads(record.getMessage()) for record in caplog.records if record.name == "troupe_es.llm"]


def test_one_line_for_each_call_with_what_one_wants_to_know(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="troupe_es.llm")
    with Loopback(faults=["500*1"]) as server:
        live(OpenAI("m", base_url=server.url, api_key=KEY), people=1)
    [line] = heard(caplog)
    assert line.pop("seconds") > 0
    assert line.pop("prompt_tokens") > 0
    assert line.pop("completion_tokens") > 0
    assert len(line.pop("request")) == 12
    assert line == {
        "model": "m",
        "purpose": "turn",
        "person": "ana-reyes",
        "address": "1/ana-reyes/turn/0/0",
        "draw": 0,
        "status": "stop",
        "attempts": 2,
        "cached_tokens": 0,
    }
    assert SECRET not in caplog.text
    assert KEY not in caplog.text


def test_a_call_that_fails_is_told_of_too(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="troupe_es.llm")
    with Loopback(key="another") as server, pytest.raises(ModelRefused):
        live(OpenAI("m", base_url=server.url, api_key=KEY), people=1)
    [line] = heard(caplog)
    assert (line["status"], line["attempts"], line["prompt_tokens"]) == ("ModelRefused", 1, None)


def test_nothing_is_told_unless_asked_for(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="troupe_es.llm")
    live(Improviser())
    assert not heard(caplog)


@pytest.fixture(scope="module")
def exporter() -> InMemorySpanExporter:
    """A place for spans; OpenTelemetry lets a process set its provider once."""
    found = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(found))
    trace.set_tracer_provider(provider)
    return found


def test_spans_follow_the_conventions(exporter: InMemorySpanExporter) -> None:
    exporter.clear()
    with Loopback(faults=["503*1"]) as server:
        live(OpenAI("m", base_url=server.url, api_key=KEY), people=1)
    [span] = exporter.get_finished_spans()
    told = dict(span.attributes or {})
    assert (span.name, span.kind) == ("chat m", trace.SpanKind.CLIENT)
    assert told["gen_ai.operation.name"] == "chat"
    assert told["gen_ai.provider.name"] == "openai"
    assert told["gen_ai.request.model"] == told["gen_ai.response.model"] == "m"
    assert told["gen_ai.response.finish_reasons"] == ("stop",)
    assert told["gen_ai.usage.input_tokens"] > 0
    assert told["gen_ai.usage.output_tokens"] > 0
    assert told["troupe.address"] == "1/ana-reyes/turn/0/0"
    assert told["troupe.attempts"] == 2
    assert [(event.name, dict(event.attributes or {})) for event in span.events] == [
        ("retry", {"http.response.status_code": 503})
    ]
    assert SECRET not in span.to_json()
    assert KEY not in span.to_json()


def test_embeddings_and_tools_are_called_what_the_conventions_call_them(exporter: InMemorySpanExporter) -> None:
    exporter.clear()
    for request in (vectors.embedding(SECRET, "m"), toolcalls.call("bell", {"say": SECRET}, "1/ana/tool.bell/0/0")):
        with telemetry.call(request, 0, Improviser()):
            pass
    spans = exporter.get_finished_spans()
    assert [span.name for span in spans] == ["embeddings m", "execute_tool tool:bell"]
    assert [(span.attributes or {})["troupe.purpose"] for span in spans] == ["embedding", "tool.bell"]
    assert all(SECRET not in span.to_json() for span in spans)


def test_a_failed_call_has_a_span_with_its_error(exporter: InMemorySpanExporter) -> None:
    exporter.clear()
    with Loopback(faults=["404"]) as server, pytest.raises(ModelRefused):
        live(OpenAI("m", base_url=server.url, api_key=KEY), people=1)
    [span] = exporter.get_finished_spans()
    assert (span.attributes or {})["error.type"] == "ModelRefused"
    assert not span.status.is_ok
    assert KEY not in span.to_json()


def test_opentelemetry_is_not_imported_where_nobody_uses_it() -> None:
    code = (
        "import sys; from troupe_es import Store, Improviser\n"
        "with Store(':memory:', Improviser()) as store:\n"
        "    sim = store.begin('x', model='improviser'); sim.add_world('R')\n"
        "    sim.add_person({'name': 'Ana'}); sim.broadcast('Hello.'); sim.run(1)\n"
        "sys.exit(any(name.startswith('opentelemetry') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
