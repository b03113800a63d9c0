"""The real client against a real server: answers, patience, refusals, dialects, and silence about the key."""

import asyncio
import gc
import json
import subprocess
import sys
import time
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from servers.loopback import Call, Loopback

from troupe_es.errors import ModelError, ModelRefused, ModelUnreachable, UsageError
from troupe_es.llm import Message, Model, Request, Response, Schema, faults, wire
from troupe_es.llm.endpoint import OpenAI

KEY = "sk-very-secret-0123456789"
CLOSED = {
    "type": "object",
    "properties": {"answer": {"type": "string"}},
    "required": ["answer"],
    "additionalProperties": False,
}


def request(words: str = "Act.", *, schema: bool = True, temperature: float | None = None) -> Request:
    prompt = Message("user", words, Message("system", "You are Ana Reyes.\n- beliefs:\n  - Bread takes time."))
    form = Schema("ask", CLOSED) if schema else None
    return Request(prompt, "m", "1/ana-reyes/ask/0/0", 300, temperature, form)


def client(server: Loopback, **more: Any) -> OpenAI:
    settings: dict[str, Any] = {"api_key": KEY, "timeout": 5, "patience": 5, **more}
    return OpenAI("m", base_url=server.url, **settings)


def ask(model: OpenAI, *requests: Request) -> list[Response]:
    async def all_of_them() -> list[Response]:
        try:
            return await asyncio.gather(*(model.complete(one, 0) for one in requests or (request(),)))
        finally:
            await model.aclose()

    return asyncio.run(all_of_them())


def failure(model: OpenAI) -> ModelError:
    with pytest.raises(ModelError) as caught:
        ask(model)
    shown = "".join(traceback.format_exception(caught.value)) + repr(vars(model.__class__)) + repr(model)
    assert KEY not in shown
    assert caught.value.__context__ is None and caught.value.__cause__ is None, "the SDK's errors hold the key"
    return caught.value


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("troupe_es.llm.endpoint.FIRST_PAUSE", 0.01)


def test_it_is_a_model() -> None:
    assert isinstance(OpenAI("m", api_key=KEY), Model)
    assert OpenAI("m", api_key=KEY).name == "m"
    assert OpenAI("m", api_key=KEY, name="openai:m").name == "openai:m"


def test_a_question_is_answered_in_the_form_asked_for() -> None:
    with Loopback() as server:
        (told,) = ask(client(server), request(temperature=0.5))
    assert json.loads(told.text)["answer"]
    assert (told.finish, told.refusal, told.model) == ("stop", None, "m")
    assert told.prompt_tokens and told.completion_tokens and told.response_id and told.seconds > 0
    sent = server.calls[0].body
    assert sent["response_format"]["json_schema"] == {"name": "ask", "schema": CLOSED, "strict": True}
    assert (sent["max_tokens"], sent["temperature"], sent["model"]) == (300, 0.5, "m")
    assert [message["role"] for message in sent["messages"]] == ["system", "user"]
    assert server.calls[0].key == KEY


def test_cached_tokens_are_reported() -> None:
    with Loopback() as server:
        model = client(server)
        (first,) = ask(model)
        (second,) = ask(model, request("Another moment."))
    assert first.cached_tokens == 0
    assert second.cached_tokens and second.cached_tokens > 0


@pytest.mark.parametrize("fault", ["429*3", "500*3", "503*3", "reset*3", "cut*2", "broken*2", "html*2"])
def test_transport_faults_are_retried(fault: str) -> None:
    with Loopback(faults=[fault]) as server:
        (told,) = ask(client(server))
    kind, _, times = fault.partition("*")
    assert told.finish == "stop"
    assert server.outcomes == {kind: int(times), "answered": 1}


def test_a_hang_is_given_up_and_retried() -> None:
    with Loopback(faults=["hang*1"]) as server:
        ask(client(server, timeout=0.3))
    assert server.outcomes == {"hang": 1, "answered": 1}


def test_retry_after_is_honoured_by_all_calls_of_the_client() -> None:
    with Loopback(faults=["429*1"], retry_after="0.6") as server:
        model = client(server)

        async def two() -> float:
            first = asyncio.create_task(model.complete(request("one"), 0))
            await asyncio.sleep(0.2)
            begun = time.monotonic()
            await model.complete(request("two"), 0)
            waited = time.monotonic() - begun
            await first
            await model.aclose()
            return waited

        waited = asyncio.run(two())
    assert waited > 0.25
    assert server.outcomes == {"429": 1, "answered": 2}


@pytest.mark.parametrize("fault", ["429", "500", "reset", "hang", "broken"])
def test_patience_ends(fault: str) -> None:
    with Loopback(faults=[fault]) as server:
        error = failure(client(server, patience=0.5, timeout=0.2))
    assert isinstance(error, ModelUnreachable)
    assert len(server.calls) > 1
    assert all(part in str(error) for part in (f"127.0.0.1:{server.port}", "is kept", "resume"))


def test_a_wait_beyond_patience_is_not_begun() -> None:
    with Loopback(faults=["429"], retry_after="3600") as server:
        begun = time.monotonic()
        error = failure(client(server))
    assert "asks to wait 3600 s" in str(error)
    assert time.monotonic() - begun < 2
    assert len(server.calls) == 1


def test_whoever_waits_is_told_once_what_for(caplog: pytest.LogCaptureFixture) -> None:
    with Loopback(faults=["reset*4"]) as server:
        model = client(server)

        async def both() -> None:
            await asyncio.gather(*(model.complete(request(text), 0) for text in ("one", "two")))
            await model.aclose()

        asyncio.run(both())
    [told] = caplog.messages
    assert f"127.0.0.1:{server.port} has not answered yet" in told and "trying again for up to" in told


def test_one_fault_is_not_worth_a_word(caplog: pytest.LogCaptureFixture) -> None:
    with Loopback(faults=["reset*1"]) as server:
        ask(client(server))
    assert not caplog.messages


def test_nobody_there() -> None:
    with Loopback() as server:
        pass
    error = failure(client(server, patience=0.3))
    assert isinstance(error, ModelUnreachable)
    assert "/v1" not in str(error)


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ("401", "does not accept the key"),
        ("403", "forbids this key"),
        ("404", "knows no model 'm'"),
        ("400", "this model's context is full"),
        ("quota", "insufficient_quota"),
    ],
)
def test_what_cannot_get_better_stops_at_once(fault: str, says: str) -> None:
    with Loopback(faults=[fault]) as server:
        error = failure(client(server))
    assert isinstance(error, ModelRefused)
    assert says in str(error)
    assert len(server.calls) == 1


def test_the_key_is_scrubbed_from_what_a_server_says() -> None:
    with Loopback(faults=["500"]) as server:
        error = failure(client(server, patience=0.1))
    assert "something broke for [key]" in str(error)


@pytest.mark.parametrize("key", ["sk-with space", "sk-\nnewline", "sk-ümlaut", "sk-\x00"])
def test_a_broken_key_is_refused_without_showing_it(key: str) -> None:
    with pytest.raises(UsageError) as caught:
        OpenAI("m", api_key=key)
    assert "sk-" not in "".join(traceback.format_exception(caught.value)).replace(repr(key), "")
    assert "sk-" not in str(caught.value)


def test_credentials_in_the_address_are_refused_and_not_named() -> None:
    with pytest.raises(UsageError, match="set a key instead") as caught:
        OpenAI("m", base_url="http://me:pass@127.0.0.1:9/v1")
    assert "pass@" not in str(caught.value)


@pytest.mark.parametrize("url", ["localhost:8080", "file:///etc", "http://", "http://host:port/v1"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(UsageError, match="https://host/v1"):
        OpenAI("m", base_url=url)


@pytest.mark.parametrize(
    ("faults", "sent"),
    [
        (["no-schema"], [("json_schema", "max_tokens"), ("json_object", "max_tokens")]),
        (
            ["no-format"],
            [("json_schema", "max_tokens"), ("json_object", "max_tokens"), (None, "max_tokens")],
        ),
        (["no-max-tokens"], [("json_schema", "max_tokens"), ("json_schema", "max_completion_tokens")]),
        (
            ["no-schema", "no-max-tokens"],
            [
                ("json_schema", "max_tokens"),
                ("json_object", "max_tokens"),
                ("json_object", "max_completion_tokens"),
            ],
        ),
    ],
)
def test_the_dialect_of_a_server_is_found_out_once(faults: list[str], sent: list[tuple[str | None, str]]) -> None:
    def seen(body: dict[str, Any]) -> tuple[str | None, str]:
        limit = "max_tokens" if "max_tokens" in body else "max_completion_tokens"
        return body.get("response_format", {}).get("type"), limit

    with Loopback(faults=faults) as server:
        model = client(server)
        ask(model)
        assert [seen(call.body) for call in server.calls] == sent
        ask(model, request("Again."))
        assert [seen(call.body) for call in server.calls] == [*sent, sent[-1]]


def test_without_a_schema_a_complaint_about_formats_is_a_refusal() -> None:
    with Loopback(faults=["no-max-tokens", "no-max-completion-tokens"]) as server:
        assert "max_completion_tokens" in str(failure(client(server)))
    assert len(server.calls) == 2


@pytest.mark.parametrize(
    ("fault", "finish", "has_text"),
    [
        ("filter", "filter", True),
        ("filtered-prompt", "filter", False),
        ("refusal", "refusal", False),
        ("length", "length", True),
        ("empty", "stop", False),
        ("null", "stop", False),
        ("prose", "stop", True),
    ],
)
def test_bad_answers_are_answers(fault: str, finish: str, has_text: bool) -> None:
    with Loopback(faults=[fault]) as server:
        (told,) = ask(client(server))
    assert (told.finish, bool(told.text)) == (finish, has_text)
    assert bool(told.refusal) == (fault == "refusal")
    assert len(server.calls) == 1
    assert told.hash


def test_a_lone_surrogate_is_replaced() -> None:
    with Loopback(faults=["surrogate"]) as server:
        (told,) = ask(client(server))
    assert "�" in told.text
    assert told.text.encode()


def test_the_fault_of_one_is_not_the_fault_of_others() -> None:
    with Loopback(faults=["refusal~Bram"]) as server:
        told = ask(client(server), *(request(f"Act, {name}.") for name in ("Ana", "Bram", "Cho")))
    assert [one.finish for one in told] == ["stop", "refusal", "stop"]


class Gathering(Loopback):
    """Answers nobody before so many have asked; after half a minute it gives that up, and says so."""

    def __init__(self, most: int) -> None:
        super().__init__(spread=0.05)
        self.most = most
        self.together = True
        self.there = asyncio.Event()

    async def _answer(self, writer: Any, call: Call) -> bool:
        self.most -= 1
        if self.most == 0:
            self.there.set()
        try:
            await asyncio.wait_for(self.there.wait(), 30)
        except TimeoutError:
            self.together = False
            self.there.set()
        return await super()._answer(writer, call)


def test_many_at_once() -> None:
    with Gathering(60) as server:
        told = ask(client(server), *(request(f"Act {n}.") for n in range(60)))
        assert server.together
    assert len({one.response_id for one in told}) == 60


def test_the_same_client_serves_one_loop_after_another() -> None:
    with Loopback() as server, warnings.catch_warnings():
        warnings.simplefilter("error")
        model = client(server)
        for _ in range(3):
            ask(model)
        gc.collect()
    assert len(server.calls) == 3


def test_a_call_can_be_cancelled() -> None:
    async def give_up(model: OpenAI) -> None:
        with pytest.raises(asyncio.TimeoutError):
            async with asyncio.timeout(0.2):
                await model.complete(request(), 0)
        await model.aclose()

    with Loopback(faults=["hang"]) as server:
        asyncio.run(give_up(client(server)))
    assert len(server.calls) == 1


def test_azure() -> None:
    with Loopback(key=KEY) as server:
        endpoint = server.url.removesuffix("/v1")
        model = OpenAI("dep", azure_endpoint=endpoint, api_key=KEY, api_version="2024-10-21", patience=1)
        (told,) = ask(model)
        assert json.loads(told.text)["answer"]
        wrong = OpenAI("dep", azure_endpoint=endpoint, api_key=KEY + "x", api_version="2024-10-21")
        assert "does not accept the key" in str(failure(wrong))
    assert server.outcomes == {"answered": 1, "401": 1}


def test_without_a_key_a_server_gets_none_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with Loopback() as server:
        ask(client(server, api_key=None))
    assert server.calls[0].key == "none"


@pytest.mark.parametrize(
    ("change", "strict"),
    [
        (lambda s: s, True),
        (lambda s: {**s, "required": []}, False),
        (lambda s: {**s, "additionalProperties": True}, False),
        (lambda s: {**s, "properties": {"answer": {"type": "string", "maxLength": 3}}}, False),
        (lambda s: {**s, "properties": {"answer": {"type": "array", "items": {"type": "object"}}}}, False),
        (lambda s: {"anyOf": [s]}, False),
        (lambda s: {}, False),
    ],
)
def test_a_schema_is_strict_where_it_can_be(change: Callable[[dict[str, Any]], dict[str, Any]], strict: bool) -> None:
    assert wire.strict(change(CLOSED)) is strict


@pytest.mark.parametrize("odd", [None, "text", 3, [], {"choices": 3}, {"choices": None}])
def test_what_is_no_completion_is_told_apart(odd: Any) -> None:
    class Odd:
        choices = odd.get("choices") if isinstance(odd, dict) else None

    assert wire.response(Odd() if isinstance(odd, dict) else odd, 0.0) is None


def test_the_room_can_be_imported_without_the_sdk() -> None:
    code = (
        "import sys, troupe_es.llm, troupe_es.llm.scripted, troupe_es.llm.improviser, troupe_es.llm.choose, "
        "troupe_es.llm.cassette, troupe_es.llm.endpoint; troupe_es.llm.endpoint.OpenAI('m', api_key='k'); "
        "sys.exit(any(m in sys.modules for m in ('openai', 'aiohttp', 'httpx2', 'yaml')))"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_the_server_runs_in_a_process_of_its_own(tmp_path: Path) -> None:
    script = Path(__file__).parents[1] / "servers" / "loopback.py"
    count = tmp_path / "calls"
    process = subprocess.Popen(
        [sys.executable, script, "--port", "0", "--count-file", count, "--fault", "429*1"],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        first, second = ask(OpenAI("m", base_url=f"http://127.0.0.1:{port}/v1"), request(), request())
    finally:
        process.kill()
        process.wait()
    assert first.text == second.text, "the same messages get the same answer"
    lines = [line.split() for line in count.read_text().splitlines()]
    assert sorted(outcome for _, outcome in lines) == ["429", "answered", "answered"]
    assert len({content for content, _ in lines}) == 1


async def answering(reply: bytes, model_at: Callable[[str], OpenAI]) -> tuple[str, ModelError]:
    """Serve the same bytes to every request; return the requests that came, and the error they ended with."""
    heard = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append((await reader.readuntil(b"\r\n\r\n")).decode())
        writer.write(reply)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    model = model_at(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1")
    try:
        with pytest.raises(ModelError) as caught:
            await model.complete(request(), 0)
    finally:
        await model.aclose()
        server.close()
    assert KEY not in "".join(traceback.format_exception(caught.value))
    assert caught.value.__context__ is None and caught.value.__cause__ is None
    return "".join(heard), caught.value


REFUSED = b"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n"


def test_a_server_that_sends_us_elsewhere_is_not_followed() -> None:
    assert not faults.rejection(302, b"", None).passing
    there = b"HTTP/1.1 307 There\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n"
    heard, error = asyncio.run(answering(there, lambda url: OpenAI("m", base_url=url, api_key=KEY)))
    assert isinstance(error, ModelRefused)
    assert heard.count("POST ") == 1 and "elsewhere" not in heard


@pytest.mark.parametrize("reply", [b"HTTP/9 what\r\n\r\n", b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"])
def test_what_is_no_http_is_a_fault_of_the_connection(reply: bytes) -> None:
    _, error = asyncio.run(answering(reply, lambda url: OpenAI("m", base_url=url, api_key=KEY, patience=0.0)))
    assert isinstance(error, ModelUnreachable)


def test_an_organisation_is_told_to_openai_only(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"OPENAI_API_KEY": KEY, "OPENAI_ORG_ID": "org-1", "OPENAI_PROJECT_ID": "proj-1"}.items():
        monkeypatch.setenv(name, value)
    assert OpenAI("m").host == "the OpenAI API"

    def at_openai(url: str) -> OpenAI:
        monkeypatch.setenv("OPENAI_BASE_URL", url)
        return OpenAI("m")

    told, _ = asyncio.run(answering(REFUSED, at_openai))
    assert all(part in told.lower() for part in ("openai-organization: org-1", "openai-project: proj-1"))
    assert f"Bearer {KEY}" in told
    for elsewhere in (
        lambda url: OpenAI("m", base_url=url),
        lambda url: OpenAI("m", azure_endpoint=url, api_key="other", api_version="2024-10-21"),
    ):
        told, _ = asyncio.run(answering(REFUSED, elsewhere))
        assert "POST /v1/" in told
        assert not any(part in told for part in (KEY, "org-1", "proj-1"))


def test_azure_wants_a_version() -> None:
    with pytest.raises(UsageError, match="api_version"):
        OpenAI("dep", azure_endpoint="https://me.example.org", api_key=KEY)


def test_a_reset_is_no_overload_and_silence_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """The transport of the SDK calls both a time-out; the limiter gives way to one of them only."""
    overloads: list[str] = []
    monkeypatch.setattr("troupe_es.llm.limiter.Slot.overloaded", lambda slot: overloads.append("slower"))
    with Loopback(faults=["reset*3"]) as server:
        ask(client(server))
    assert not overloads
    with Loopback(faults=["hang*1"]) as server:
        ask(client(server, timeout=0.3))
    assert overloads == ["slower"]


@pytest.mark.parametrize("status", [200, 500])
def test_an_answer_without_end_is_given_up(status: int) -> None:
    async def pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 %d Well\r\nContent-Type: application/json\r\n\r\n" % status)
        try:
            while True:
                writer.write(b"[" * 1_000_000)
                await writer.drain()
        except ConnectionError:
            writer.close()  # the client has had enough

    async def run() -> None:
        server = await asyncio.start_server(pour, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        model = OpenAI("m", base_url=url, patience=0.0)
        try:
            with pytest.raises(ModelUnreachable, match="more than"):
                await model.complete(request(), 0)
        finally:
            await model.aclose()
            server.close()

    asyncio.run(run())


@pytest.mark.parametrize("status", [200, 500])
def test_a_body_that_does_not_come_is_given_up_before_the_whole_time(
    status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("troupe_es.llm.connections.BODY", 0.1)

    async def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 %d Well\r\nContent-Length: 9\r\n\r\n{" % status)
        await reader.read()  # until the client hangs up
        writer.close()

    async def run() -> None:
        server = await asyncio.start_server(begin, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        model = OpenAI("m", base_url=url, api_key=KEY, timeout=60.0, patience=0.0)
        try:
            async with asyncio.timeout(20):
                with pytest.raises(ModelUnreachable, match="no answer"):
                    await model.complete(request(), 0)
        finally:
            await model.aclose()
            server.close()

    asyncio.run(run())


def test_the_time_an_attempt_gets_fits_what_it_may_answer() -> None:
    model = OpenAI("m", base_url="http://127.0.0.1:9/v1")
    assert model._fitting(100, None) < model._fitting(4000, None)
    assert model._fitting(4000, 3.0) == 3.0
    assert OpenAI("m", base_url="http://127.0.0.1:9/v1", timeout=2.0)._fitting(4000, None) == 2.0


def test_clients_of_one_account_share_a_limiter_and_a_pool() -> None:
    url = "http://127.0.0.1:9/v1"
    one, other = OpenAI("m", base_url=url, api_key=KEY), OpenAI("n", base_url=url, api_key=KEY)
    assert one._limiter is other._limiter
    assert one._limiter is not OpenAI("m", base_url=url, api_key=KEY + "2")._limiter
    assert KEY not in one._account()

    async def pools() -> None:
        assert one._connection() is one._connection()
        assert one._connection().pool is other._connection().pool
        http = one._connection().pool.http
        await one.aclose()
        assert not http.is_closed
        await other.aclose()
        assert http.is_closed

    asyncio.run(pools())
