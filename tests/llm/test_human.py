"""A human is one of the people: asked like a model, recorded like one, never needed for a replay."""

import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import oracles
import pytest
from click.testing import CliRunner, Result
from durability.killing import PATIENCE
from hypothesis import given
from hypothesis import strategies as st

from troupe_es import Scripted, Settings, Store, commands
from troupe_es.agent.answers import read_answer, read_turn
from troupe_es.controller import live
from troupe_es.controller.portal import portal
from troupe_es.errors import BadCommand, Interrupted, MissingAnswer
from troupe_es.llm import Message, Request, Response, human
from troupe_es.llm.human import Asked
from troupe_es.scenario import Budget
from troupe_es.ui.cli import main

TROUPE = [sys.executable, "-c", "from troupe_es.ui.cli import main; main(prog_name='troupe')"]
SCENARIO = """
troupe: 1
name: tea
settings: {models: {"person:ana-reyes": human}, order: sequential}
worlds: [{name: Kitchen}]
people:
  - persona: {name: Ana Reyes}
  - persona: {name: Bo Lind}
program:
  - broadcast: Would you drink cold tea?
    speaker: Moderator
  - run: 2
"""
SAID = '{"actions":[{"type":"TALK","content":"All well."}]}'


class Written:
    """A channel to somebody who has written everything down before."""

    def __init__(self, *words: str) -> None:
        self.words = list(words)
        self.asked: list[Asked] = []

    async def ask(self, asked: Asked) -> str:
        self.asked.append(asked)
        return self.words.pop(0)


class Silent:
    """A channel to somebody who never answers; ``asked`` is set once they are asked."""

    def __init__(self) -> None:
        self.asked = threading.Event()

    async def ask(self, asked: Asked) -> str:
        self.asked.set()
        return await asyncio.get_running_loop().create_future()


def said(words: str) -> list[tuple[str, str, str]]:
    """What the actions are that ``words`` are read as."""
    intents, _ = read_turn(Response(human.written(words, "turn")), 100)
    return [(intent.kind, intent.content, intent.target) for intent in intents]


def test_lines_are_what_they_say() -> None:
    assert said("Never.") == [("TALK", "Never.", "")]
    assert said("/think Not again.\nWell, yes.") == [("THINK", "Not again.", ""), ("TALK", "Well, yes.", "")]
    assert said("/to Bo Is that so?") == [("TALK", "Is that so?", "Bo")]
    assert said("/to Bo Lind: is that so: really?") == [("TALK", "is that so: really?", "Bo Lind")]
    assert said("/reach Bo Lind: a nod") == [("REACH_OUT", "a nod", "Bo Lind")]
    assert said("/think") == [("TALK", "/think", "")]
    assert said("/fly away") == [("TALK", "/fly away", "")]
    assert said("") == said(" \n ") == []


@given(st.text())
def test_whatever_a_human_types_can_be_read(words: str) -> None:
    response = Response(human.written(words, "ask"))
    assert read_answer(response)
    for kind, content, target in said(words):
        assert kind in ("THINK", "TALK", "REACH_OUT")
        assert (content + target).strip()


@given(st.text(), st.text())
def test_what_is_perceived_is_shown_as_it_was_said(words: str, speaker: str) -> None:
    line = json.dumps({"stimulus": "CONVERSATION", "from": speaker, "content": words})
    chain = [("system", "You are Ana."), ("user", "old"), ("assistant", "{}"), ("user", line)]
    [shown] = human.perceived(chain)
    assert words in shown and speaker in shown


def life(store: Store, steps: int = 2, **models: str) -> None:
    sim = store.begin("life", settings=Settings(model="cast", models={"person:ana-reyes": "human", **models}))
    sim.add_world("Kitchen")
    sim.add_person({"name": "Ana Reyes"})
    sim.add_person({"name": "Bo Lind"})
    sim.broadcast("Would you drink cold tea?", speaker="Moderator")
    sim.run(steps)


def cast() -> Scripted:
    return cast_of("cast")


def cast_of(name: str) -> Scripted:
    return Scripted(lambda request, draw: SAID, name)


def test_a_human_is_shown_what_is_new_and_their_words_happen_and_cost_nothing() -> None:
    ana = Written("Never. «mine»", "/think Hm.")
    with Store(":memory:", cast(), humans={"ana-reyes": ana}) as store:
        life(store)
        assert "Moderator says: Would you drink cold tea?" in ana.asked[0].perceived
        assert "Bo Lind says: All well." in ana.asked[1].perceived
        assert not any("cold tea" in line for line in ana.asked[1].perceived)
        taken = oracles.of(list(store.open("life").events()), "action-taken")
        assert [(e.body.kind, e.body.content) for e in taken if e.actor == "ana-reyes"] == [
            ("TALK", "Never. «mine»"),
            ("THINK", "Hm."),
        ]
        rows = store.log.db.query("SELECT usage FROM answers WHERE model = 'human'")
        assert [json.loads(row["usage"])["completion_tokens"] for row in rows] == [0, 0]
        assert store.prices.required("human").output == 0
        store.humans = {}
        assert store.verify("life").holds
        life(store)  # the script again: nobody is asked


def test_no_budget_counts_a_human() -> None:
    with Store(":memory:", cast(), humans={"ana-reyes": Written("One.", "Two.")}) as store:
        sim = store.begin(
            "life",
            settings=Settings(model="cast", models={"person:ana-reyes": "human"}),
            budget=Budget(calls=1, money=Decimal("0.01")),
            model=cast_of("scripted:bo"),
        )
        sim.add_world("Kitchen")
        sim.add_person({"name": "Ana Reyes"})
        sim.run(1)
        sim.add_person({"name": "Bo Lind"})
        sim.run(1)
        assert sim.paid == 3
        assert store.verify("life").holds


def test_a_fork_asks_the_human_again_only_where_something_is_different() -> None:
    ana = Written("One.", "Two.", "Other.")
    with Store(":memory:", cast(), humans={"ana-reyes": ana}) as store:
        life(store)
        at = next(e.seq for e in oracles.of(list(store.open("life").events()), "step-ended"))
        same = store.branch(f"life@{at}", "same")
        same.resume()
        assert same.head == store.open("life").head
        assert len(ana.asked) == 2
        store.branch(f"life@{at}", "fire", commands.Stimulate("Fire!")).resume()
        assert [line for line in ana.asked[2].perceived if "Fire!" in line]
        machine = commands.Change("settings.models.person:ana-reyes", "cast")
        store.branch(f"life@{at}", "machine", machine, commands.Stimulate("Water!")).resume()
        assert len(ana.asked) == 3
        assert store.verify("life/machine").holds


def test_a_human_takes_turns_and_answers_and_a_model_does_the_rest() -> None:
    settings = Settings(model="m", models={"person:ana": "human", "judging": "j"}, checks=["persona"])
    assert settings.model_for("ana", "turn") == settings.model_for("ana", "ask") == "human"
    assert settings.model_for("ana", "judging") == "j"
    assert settings.model_for("ana", "consolidation") == "m"
    ana = Written("Yes.", "In private, no.")
    with Store(":memory:", cast(), humans={"ana-reyes": ana}) as store:
        life(store, steps=1)
        assert store.ask("life", "Ana", "Well?").answer == "In private, no."
        assert ana.asked[1].perceived[-1] == "you are asked in private: Well?"


def test_a_life_that_waits_for_a_human_is_stopped_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "GRACE", 0.0)
    silent = Silent()
    with Store(":memory:", cast(), humans={"ana-reyes": silent}) as store:
        failed: list[BaseException] = []

        def run() -> None:
            try:
                life(store)
            except BaseException as error:
                failed.append(error)

        running = threading.Thread(target=run)
        lives: list[live.Life] = []
        real = live.Life.live
        monkeypatch.setattr(live.Life, "live", lambda self, steps=None: (lives.append(self), real(self, steps))[1])
        running.start()
        assert silent.asked.wait(PATIENCE)
        portal().loop.call_soon_threadsafe(lives[-1].stop)
        running.join(PATIENCE)
        assert isinstance(failed[0], Interrupted)
        store.humans = {"ana-reyes": Written("At last.", "Done.")}
        store.resume("life")
        assert store.verify("life").holds
        assert store.open("life").state.running is None


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TROUPE_STORE", raising=False)
    (tmp_path / "tea.yaml").write_text(SCENARIO)
    return tmp_path


def troupe(*words: str, typed: str = "") -> Result:
    """``troupe`` in this process, with what is ``typed`` into it."""
    return CliRunner().invoke(main, list(words), input=typed, prog_name="troupe")


@contextmanager
def started(*words: str) -> Iterator[subprocess.Popen[str]]:
    """A process that does not outlive the test."""
    process = subprocess.Popen([*TROUPE, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def waited_for(process: subprocess.Popen[str]) -> Iterator[str]:
    """Every line in which a process says that it waits for a human."""
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("waiting for"):
            yield line


def test_a_human_takes_part_from_another_process(folder: Path) -> None:
    words = ["run", "tea.yaml", "--model", "improviser", "--json"]
    with started(*words) as process:
        waiting = waited_for(process)
        for said in ("Never.", "/to Bo Lind: and you?"):
            assert "--as ana-reyes" in next(waiting)
            [pending] = json.loads(troupe("pending", "tea", "--json").stdout)
            assert (pending["person"], pending["purpose"]) == ("ana-reyes", "turn")
            assert pending["perceived"]
            assert troupe("say", "tea", "x", "--as", "Bo").exit_code == 2
            answered = troupe("say", "tea", said, "--as", "Ana Reyes")
            assert answered.exit_code == 0, answered.stderr
        out, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert json.loads(out)["unfinished"] is False
    with Store("troupe.db") as store:
        taken = oracles.of(list(store.open("tea").events()), "action-taken")
        mine = [(e.body.content, e.body.target) for e in taken if e.actor == "ana-reyes"]
        assert mine == [("Never.", None), ("and you?", "bo-lind")]
        assert store.verify("tea").holds
        assert store.pending("tea") == []
        with pytest.raises(BadCommand, match="nobody is waiting for Ana Reyes"):
            store.answer("tea", "Ana", "Hello?")


def test_a_human_takes_part_in_the_terminal_and_goes_away_and_comes_back(folder: Path) -> None:
    (folder / "tea.yaml").write_text(SCENARIO.replace('models: {"person:ana-reyes": human}, ', ""))

    def call(*words: str, typed: str) -> tuple[int, str, str]:
        result = troupe(*words, typed=typed)
        return result.exit_code, result.stdout, result.stderr

    code, _, shown = call("run", "tea.yaml", "--model", "improviser", "--as", "Ana", typed="Never.\n")
    assert code == 130
    assert "Moderator says: Would you drink cold tea?" in shown
    assert "troupe resume tea --as Ana" in shown.replace("-c ", "troupe ")
    code, _, shown = call("resume", "tea", "--as", "Bo", typed="")
    assert code == 2 and "not by a human" in shown
    code, out, _ = call("resume", "tea", "--as", "Ana", "--json", typed="/think Enough.\n")
    assert code == 0
    assert json.loads(out)["unfinished"] is False
    for words in (["tea.yaml"], ["tea.yaml", "--name", "again", "--model", "improviser"]):
        code, _, shown = call("run", *words, "--as", "Ana", typed="")
        assert code == 0 and "nobody was asked: all that Ana would say is on record" in shown
    code, _, shown = call("run", "tea.yaml", "--as", "Cy", typed="")
    assert code == 2 and "nobody of that name takes part" in shown
    assert call("verify", "tea", typed="")[0] == 0


def test_a_request_without_anybody_to_ask_says_so() -> None:
    request = Request(Message("user", "{}"), "human", "1/ana/turn/0/0")
    with pytest.raises(MissingAnswer, match="nobody is there to be asked"):
        asyncio.run(human.Human({}).complete(request, 0))
