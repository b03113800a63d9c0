"""A run in one process is spoken to, edited and paused from others on the same file; all of it verifies."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import oracles
import pytest
from click.testing import CliRunner, Result
from durability.gate import Gate
from durability.killing import PATIENCE
from strategies.scripts import Cast, dead, trio

from troupe_es import Improviser, Scripted, Settings, Store, commands
from troupe_es.controller import mail
from troupe_es.errors import BadCommand, Paused
from troupe_es.events import Event, Given
from troupe_es.ui.cli import main

TROUPE = [sys.executable, "-c", "from troupe_es.ui.cli import main; main(prog_name='troupe')"]
SCENARIO = """
troupe: 1
name: tea
seed: 7
worlds: [{name: Kitchen table}]
people:
  - persona: {name: Ana Reyes, age: 34}
  - persona: {name: Bo Lind, age: 61}
program:
  - broadcast: Would you buy cold tea?
  - run: 3
  - say: It is made two streets from here.
    to: [Bo Lind]
  - run: 1
"""


def troupe(*words: str, **environ: str) -> Result:
    """``troupe`` in this process, which is another one than the one that runs the life."""
    return CliRunner(env=environ).invoke(main, list(words), prog_name="troupe")


@pytest.fixture(autouse=True)
def a_scenario(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TROUPE_STORE", raising=False)
    (tmp_path / "tea.yaml").write_text(SCENARIO)


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Gate]:
    with Gate(tmp_path / "calls") as server:
        yield server


@contextmanager
def running(gate: Gate) -> Iterator[subprocess.Popen[str]]:
    """A process that runs the scenario and stands in the middle of its first step; it does not outlive the test."""
    words = ["run", "tea.yaml", "--model", "openai:m"]
    environ = {**os.environ, "OPENAI_BASE_URL": gate.url}
    process = subprocess.Popen(
        [*TROUPE, *words], env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        gate.wait_for_calls(2)
        yield process
    finally:
        process.kill()
        process.wait()


def steered(events: list[Event]) -> list[Event]:
    return [e for e in events if isinstance(e.body, Given) and e.body.source == "steering"]


def test_a_running_life_is_spoken_to_edited_paused_and_resumed_from_other_processes(gate: Gate) -> None:
    with running(gate) as process:
        said = troupe("say", "tea", "The kettle is on.", "--to", "Bo", "--speaker", "A voice", "--json")
        assert json.loads(said.stdout) == {"event": None, "posted": True}
        assert troupe("set", "tea", "people.bo-lind.age=62").exit_code == 0
        assert troupe("set", "tea", "settings.nonsense=1").exit_code == 2
        assert "troupe resume tea" in troupe("pause", "tea").stdout
        gate.opened.set()
        out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, err
    assert "paused at event" in err and "troupe resume tea" in err
    assert out.strip() == ""
    with Store("troupe.db", write=False) as store:
        sim = store.open("tea")
        [step] = oracles.of(list(sim.events()), "step-ended")
        given = steered(list(sim.events()))
        assert [e.seq for e in given] == [step.seq + 1, step.seq + 2]
        assert given[0].body.to == ["bo-lind"] and given[0].body.speaker == "A voice"
        assert (given[1].body.before, given[1].body.after) == (61, 62)
        assert store.log.journal(sim.branch, "paused")
        assert sim.state.running is not None
        assert store.log.mail(sim.branch) == []
    goes_on(gate)


def goes_on(gate: Gate) -> None:
    """Nobody runs it: what is said happens at once, and it is resumed, verified and run again from its script."""
    now = troupe("say", "tea", "It rains.", "--kind", "visual", "--json")
    assert json.loads(now.stdout)["event"]
    stepped = troupe("step", "tea", "-n", "1", "--json", OPENAI_BASE_URL=gate.url)
    assert json.loads(stepped.stdout)["steps"] == 2
    resumed = troupe("resume", "tea", "--json", OPENAI_BASE_URL=gate.url)
    assert resumed.exit_code == 0, resumed.stderr
    assert json.loads(resumed.stdout)["steps"] == 4
    assert troupe("verify", "tea").exit_code == 0
    again = troupe("run", "tea.yaml", "--model", "openai:m", "--json", OPENAI_BASE_URL="http://127.0.0.1:9/v1")
    assert again.exit_code == 0, again.stderr
    assert json.loads(again.stdout)["calls"]["paid"] == 0
    assert json.loads(again.stdout)["head"] == json.loads(resumed.stdout)["head"]


def test_pausing_what_nobody_runs_is_refused_and_leaves_nothing_behind() -> None:
    assert troupe("run", "tea.yaml", "--model", "improviser").exit_code == 0
    refused = troupe("pause", "tea")
    assert refused.exit_code == 2
    assert "nobody runs tea/main" in refused.stderr
    with Store("troupe.db", write=False) as store:
        assert store.log.mail(store.log.branch("tea")) == []


def test_a_pause_meant_for_another_process_pauses_nobody() -> None:
    with Store(":memory:", Cast(misfits=0).model()) as store:
        sim = trio(steps=1).play(store)
        mail.post(store.log, sim.branch, mail.Pause("elsewhere:1:2"))
        sim = store.open("life")
        sim.run(2)
        assert sim.state.running is None
        assert store.log.mail(sim.branch) == []


@pytest.mark.parametrize("order", ["parallel", "sequential"])
def test_a_life_that_is_paused_at_every_step_is_the_same_life(order: str) -> None:
    cast = Cast(misfits=0)
    with Store(":memory:", cast.model()) as store:
        head = trio(order, 3).play(store).head

    def watch(event: Event) -> None:
        if event.body.type == "step-started":
            store.pause("life")

    with Store(":memory:", cast.model(), watch=watch) as store:
        pauses = 0
        sim = store.begin("life", seed=7, settings=trio(order).settings)
        for command in trio(order, 3).commands[:-1]:
            sim.command(command)
        with pytest.raises(Paused):
            sim.run(3)
        while sim.state.running is not None:
            pauses += 1
            try:
                sim.resume()
            except Paused:
                continue
        assert pauses == 3
        assert sim.head == head
        assert store.verify("life").holds
        store.models = {"cast": dead()}
        assert trio(order, 3).play(store).head == head


def test_what_is_said_directly_comes_after_the_letters_that_wait() -> None:
    with Store(":memory:", Cast().model()) as store:
        sim = trio(steps=1).play(store)
        mail.post(store.log, sim.branch, commands.Stimulate("First."))
        store.steer("life", commands.Stimulate("Second."))
        assert [e.body.content for e in steered(list(store.open("life").events()))] == ["First.", "Second."]
        assert store.verify("life").holds


def test_only_what_can_wait_in_a_mailbox_can_be_given_from_outside() -> None:
    with Store(":memory:", Improviser()) as store:
        trio_of(store)
        with pytest.raises(BadCommand, match="open the simulation"):
            store.steer("life", commands.Run(1))
        with pytest.raises(BadCommand, match="the past cannot be changed"):
            store.steer("life@2", commands.Stimulate("Too late."))


def trio_of(store: Store) -> None:
    sim = store.begin("life", settings=Settings(model="improviser"))
    sim.add_world("Kitchen")
    sim.add_person({"name": "Ana"})
    sim.run(1)


def test_only_those_named_act_and_the_others_hear_them() -> None:
    said = '{"actions":[{"type":"TALK","content":"Here I am."}]}'
    with Store(":memory:", Scripted(lambda request, draw: said, "cast")) as store:
        sim = store.begin("life", settings=Settings(model="cast"))
        sim.add_world("Kitchen")
        for name in ("Ana", "Bo", "Cy"):
            sim.add_person({"name": name})
        sim.listen_and_act("Ana", "Say something.", speaker="Moderator")
        sim.see_and_act("Bo", "A cat.")
        sim.think_and_act("Cy", "I am late.", seconds=600)
        sim.run(1, only=("Ana", "Cy"))
        events = list(sim.events())
        steps = [set(e.body.schedule) for e in oracles.of(events, "step-started")]
        assert steps == [{"ana"}, {"bo"}, {"cy"}, {"ana", "cy"}]
        kinds = [(e.body.kind, e.body.to) for e in oracles.of(events, "stimulus-given")]
        assert kinds == [("CONVERSATION", ["ana"]), ("VISUAL", ["bo"]), ("THOUGHT", ["cy"])]
        heard = [e.actor for e in events if e.seq in oracles.memory(events, "bo") and e.body.type == "action-taken"]
        assert heard.count("ana") == 2
        assert store.verify("life").holds


def test_what_is_said_while_a_script_goes_on_finds_the_head_wherever_that_is_by_now(tmp_path: Path) -> None:
    with Store(tmp_path / "a.db") as store, Store(tmp_path / "a.db") as other:
        script = store.begin("tea", model="improviser")
        script.add_world("Kitchen table")
        script.add_person({"name": "Bo Lind"})
        outside = other.open("tea")
        outside.source = "steering"
        script.broadcast("Would you buy cold tea?")
        script.run(1)
        outside.say("The kettle is on.", "Bo")
        assert outside.seq == script.seq + 1
        with pytest.raises(BadCommand, match="the past cannot be changed"):
            other.open("tea@3")
        assert store.verify("tea").holds


def test_steps_lived_after_the_script_and_stopped_by_a_budget_are_resumed() -> None:
    assert troupe("run", "tea.yaml", "--model", "improviser").exit_code == 0
    stopped = troupe("step", "tea", "-n", "3", "--calls", "3")
    assert stopped.exit_code == 3 and "troupe resume tea --calls 6" in stopped.stderr
    resumed = troupe("resume", "tea", "--calls", "6", "--json")
    life = json.loads(resumed.stdout)
    assert (resumed.exit_code, life["steps"], life["unfinished"]) == (0, 7, False)
    with Store("troupe.db", write=False) as store:
        assert store.open("tea").ref == life["ref"]
        assert store.verify("tea").holds
    assert json.loads(troupe("resume", "tea", "--json").stdout) == {
        **life,
        "calls": {"paid": 0, "recorded": sum(life["calls"].values())},
    }


@pytest.mark.parametrize(
    "setting",
    ["settings.model=nonsense:x", "settings.models.judging=local:none.gguf", 'settings.models={"ask":"azure:x"}'],
)
def test_a_model_that_cannot_be_set_up_is_refused_when_it_is_set_and_nothing_happens(
    setting: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "TROUPE_BASE_URL", "AZURE_OPENAI_ENDPOINT"):
        monkeypatch.delenv(variable, raising=False)
    with Store("troupe.db", Improviser()) as store:
        store.begin("tea", model="improviser")
    refused = troupe("set", "tea", setting)
    assert refused.exit_code == 2
    with Store("troupe.db", write=False) as store:
        assert store.at("tea").seq == 1
    assert troupe("set", "tea", "settings.model=openai:x", OPENAI_API_KEY="k").exit_code == 0
    assert troupe("set", "tea", "settings.models.person:nobody=human").exit_code == 2
    assert troupe("set", "tea", 'settings.embedder=""').exit_code == 0


def test_a_question_without_words_is_asked_of_nobody() -> None:
    with Store("troupe.db", Improviser()) as store:
        sim = store.begin("tea", model="improviser")
        sim.add_world("Kitchen")
        sim.add_person({"name": "Ana Reyes"})
    refused = troupe("ask", "tea", "Ana", "  ")
    assert (refused.exit_code, refused.stderr) == (2, "Error: there is nothing to ask: the question is empty\n")
    with Store("troupe.db", write=False) as store:
        assert [branch.name for branch in store.log.branches("tea", ("main", "fork", "ask"))] == ["main"]


def test_nothing_is_said_with_an_empty_text() -> None:
    assert troupe("run", "tea.yaml", "--model", "improviser").exit_code == 0
    refused = troupe("say", "tea", " ")
    assert refused.exit_code == 2 and "the text is empty" in refused.stderr
    with Store("troupe.db", write=False) as store:
        assert steered(list(store.open("tea").events())) == []
