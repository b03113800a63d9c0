"""The real engine, serving a tiny model of random weights to the real client. What it says is noise; that it fits,
ends and is recorded is not."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import jsonschema
import pytest
from servers import tiny

from troupe_es import Settings, Store
from troupe_es.controller import bundle
from troupe_es.errors import EveryTurnFailed, ModelUnreachable, UsageError
from troupe_es.llm import Message, Request, Schema, local, weights
from troupe_es.llm.choose import chained, model_of
from troupe_es.llm.endpoint import OpenAI
from troupe_es.log.notes import ANSWERER

PEOPLE = [
    {"name": name, "age": 30 + len(name), "beliefs": [f"{thing} is best left alone.", "You get what you pay for."]}
    for name, thing in (("Ana Reyes", "Bread"), ("Bo Lind", "Water"), ("Cy Young", "Money"))
]
STANCE = Schema(
    "stance",
    {
        "type": "object",
        "properties": {
            "stance": {"type": "string", "enum": ["for", "against"]},
            "say": {"type": "string", "pattern": "^[A-Z][a-z ]{3,20}[.]$"},
        },
        "required": ["stance", "say"],
        "additionalProperties": False,
    },
)


@pytest.fixture(scope="session")
def gguf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    return tiny.write(folder / "tiny.gguf")


@pytest.fixture(autouse=True)
def models(gguf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TROUPE_MODELS", str(gguf.parent))


def model(name: str = "local") -> local.Local:
    made = model_of(name, os.environ)
    assert isinstance(made, local.Local)
    return made


def asked(words: str = "Well?", schema: Schema | None = STANCE) -> Request:
    return Request(Message("user", words), "local", "1/ana/turn/0/0", 200, schema=schema)


def test_every_answer_fits_its_schema_and_has_no_white_space_between_tokens() -> None:
    async def ask() -> None:
        made = model()
        for number in range(5):
            response = await made.complete(asked(f"Question {number}?"), 0)
            content = json.loads(response.text)
            jsonschema.validate(content, STANCE.body)
            assert response.text == json.dumps(content, separators=(",", ":"))
            assert response.model == made.name
            assert response.prompt_tokens
            assert response.completion_tokens
        await made.aclose()

    asyncio.run(ask())


def test_one_engine_serves_all_models_of_the_same_weights_and_ends_with_the_last() -> None:
    async def ask() -> None:
        first, second = model(), model()
        assert first.engine.pid is None, "the engine starts with the first call"
        await asyncio.gather(first.complete(asked(), 0), second.complete(asked(), 0))
        pid = first.engine.pid
        assert pid is not None
        assert second.engine.pid == pid
        await first.aclose()
        await second.complete(asked(), 1)
        await second.aclose()
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)

    asyncio.run(ask())


def test_an_engine_that_dies_is_reported_and_started_again_by_the_next_call() -> None:
    async def ask() -> None:
        made = model()
        await made.complete(asked(), 0)
        assert made.engine.pid is not None
        os.kill(made.engine.pid, signal.SIGSTOP)  # it cannot have answered before it dies
        waiting = asyncio.create_task(made.complete(asked(schema=None), 0))
        await asyncio.sleep(0.5)
        os.kill(made.engine.pid, signal.SIGKILL)
        with pytest.raises(ModelUnreachable, match=r"ended \(exit code -9\)"):
            await waiting
        assert (await made.complete(asked(), 2)).text
        await made.aclose()

    asyncio.run(ask())


def test_an_engine_that_cannot_load_says_why(tmp_path: Path) -> None:
    path = tmp_path / "broken.gguf"
    path.write_bytes(b"GGUF" + b"\x03\x00\x00\x00" + bytes(range(200)))

    async def ask() -> None:
        made = model(f"local:{path}")
        with pytest.raises(ModelUnreachable, match=r"(?s)broken@.*ended.*said last:\n.*load"):
            await made.complete(asked(), 0)
        await made.aclose()

    asyncio.run(ask())


def test_no_more_calls_are_under_way_than_the_engine_has_slots(monkeypatch: pytest.MonkeyPatch) -> None:
    bounds = []

    def spied(*args: object, concurrency: int, **more: object) -> OpenAI:
        bounds.append(concurrency)
        return OpenAI(*args, concurrency=concurrency, **more)

    async def ask() -> None:
        made = model()
        monkeypatch.setattr(local, "OpenAI", spied)
        replies = await asyncio.gather(*(made.complete(asked(f"{number}?"), 0) for number in range(6)))
        assert all(reply.text for reply in replies)
        call = urllib.request.Request(
            f"{made.engine.url}/props", headers={"Authorization": f"Bearer {made.engine.key}"}
        )
        with await asyncio.to_thread(urllib.request.urlopen, call) as answer:
            slots = json.load(answer)["total_slots"]
        assert bounds and set(bounds) == {slots}
        await made.aclose()

    asyncio.run(ask())


def test_nobody_without_the_key_is_served() -> None:
    async def ask() -> None:
        made = model()
        await made.complete(asked(), 0)
        body = json.dumps({"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 1}).encode()
        call = urllib.request.Request(f"{made.engine.url}/v1/chat/completions", body)
        with pytest.raises(urllib.error.HTTPError, match="401"):
            await asyncio.to_thread(urllib.request.urlopen, call)
        await made.aclose()

    asyncio.run(ask())


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"pip install 'troupe-es\[local\]'"):
        model()


LONELY = """
import asyncio, os, sys
from troupe_es.llm import Message, Request
from troupe_es.llm.choose import model_of
made = model_of("local", os.environ)
asyncio.run(made.complete(Request(Message("user", "Hi"), "local", "1/a/turn/0/0", 16), 0))
print(made.engine.pid, flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("end", [lambda child: child.kill(), lambda child: child.stdin.close()], ids=["kill", "end"])
def test_the_engine_ends_with_its_parent(end: Callable[[subprocess.Popen[str]], None]) -> None:
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", LONELY], text=True, **pipes) as parent:
        engine = int(parent.stdout.readline())
        os.kill(engine, 0)
        end(parent)
        parent.wait(30)
        assert _gone(engine)


LOADING = """
import sys, time
from troupe_es.llm import local_server
local_server.end_with_parent()
print("loading", flush=True)
sum(range(10**12))  # native code that lets no other thread run
"""


@pytest.mark.skipif(not hasattr(os, "O_ASYNC"), reason="no signals for pipes here")
def test_the_engine_ends_also_while_it_holds_the_interpreter() -> None:
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", LOADING], text=True, **pipes) as child:
        assert child.stdout.readline() == "loading\n"
        child.stdin.close()
        assert child.wait(30) != 0


def _gone(pid: int) -> bool:
    """Wait until the process is gone: it is nobody's child here, so there is nothing to wait on but itself."""
    for _ in range(200):
        try:
            os.kill(pid, 0)
            if Path(f"/proc/{pid}/stat").read_text().split(") ")[1].startswith("Z"):
                return True
        except (ProcessLookupError, FileNotFoundError):
            return True
        signal.sigtimedwait([], 0.05)
    return False


@pytest.mark.parametrize("profile", ["auto", "full"])
@pytest.mark.parametrize("order", ["parallel", "sequential"])
def test_a_focus_group_runs_and_verifies_with_the_engine_stopped(tmp_path: Path, profile: str, order: str) -> None:
    settings = Settings(profile=profile, order=order, max_tokens=2000 if profile == "auto" else 120, attempts=2)
    with Store(tmp_path / "store.db") as store:
        sim = store.begin("group", model="local", settings=settings)
        assert sim.state.settings.model == weights.find("local", os.environ).name
        sim.add_world("Room")
        for persona in PEOPLE:
            sim.add_person(persona)
        sim.broadcast("Would you buy a herbal soda?", speaker="Moderator")
        try:
            sim.run(2)
        except EveryTurnFailed:
            assert profile == "full", "in the small profile there is always something to say"
        ended = [event.body for event in sim.events() if event.body.type == "run-ended"]
        failed = [event for event in sim.events() if event.body.type == "turn-failed"]
        assert [(body.turns, body.failed) for body in ended] == [(6, len(failed))]
        assert profile == "full" or not failed
        reply = store.ask("group@step:1", "Ana", "Why?")
        assert bool(reply.answer) == (reply.failed is None)
        ref, head, asked_at = sim.ref, sim.head, reply.ref
    with Store(tmp_path / "store.db", record="none") as store:
        assert store.verify(ref).holds
        assert store.verify(ref).head == head
        assert store.verify(asked_at).holds
        assert not store.models


def test_a_bundle_says_what_the_answers_were_made_with_and_the_log_does_not(tmp_path: Path) -> None:
    with Store(":memory:") as store:
        sim = store.begin("made", model="local", settings=Settings(max_tokens=2000))
        sim.add_world("Room")
        sim.add_person(PEOPLE[0])
        sim.run(1)
        store.branch(sim.ref, "on").run(1)
        assert len(store.log.journal(kind=ANSWERER)) == 2, "once for each branch that asked"
        bundle.export(store.log, "made", tmp_path / "made")
        found = weights.find("local", os.environ)
    manifest = json.loads((tmp_path / "made" / "manifest.json").read_text())
    [answerer] = manifest["answered_by"]
    assert (manifest["format"], answerer["model"]) == (2, found.name)
    [made] = answerer["provenance"]
    assert made["weights"] == found.sha256
    assert made["engine"] == f"xllamacpp {version('xllamacpp')}"
    assert made["settings"] == {
        "context": 8192,
        "temp": 0.7,
        "min_p": 0.05,
        "dry_multiplier": 0.8,
        "dry_allowed_length": 4,
        "dry_penalty_last_n": 8192,
    }
    assert found.sha256 not in (tmp_path / "made" / "log.jsonl").read_text()
    assert all(report.holds for report in bundle.verify_bundle(tmp_path / "made"))


def test_no_path_gets_into_the_log(tmp_path: Path, gguf: Path) -> None:
    name = chained(f"local:{gguf}", os.environ)
    with Store(tmp_path / "store.db") as store:
        sim = store.begin("paths", settings=Settings(model=f"local:{gguf}", models={"ask": f"local:{gguf}"}))
        sim.add_world("Room")
        sim.add_person(PEOPLE[0])
        sim.set("settings.models.person:ana-reyes", f"local:{gguf}")
        sim.set("settings.models.turn", "local")
        sim.run(1)
        assert sim.state.settings.model == name
        assert set(sim.state.settings.models.values()) == {name}
        kept = "\n".join(store.log.db.conn.iterdump())
    assert gguf.parent.name in str(gguf)
    assert str(gguf) not in kept
    assert str(gguf.parent) not in kept
