"""What a command ends with: every exit code, one clear message on stderr, and never a traceback."""

import shlex
import sqlite3
from pathlib import Path
from string import Template

import pytest
from servers.loopback import Loopback
from ui.conftest import Troupe

from troupe_es import Store
from troupe_es.agent import templates
from troupe_es.experimentation.runner import answered


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["show", "nobody"], "'nobody'"),
        (["show", "tea@999"], "tea@999"),
        (["show", "tea/nothing"], "'nothing'"),
        (["show", "tea", "--person", "Zoe"], "ana-reyes, bo-lind"),
        (["log", "///"], "SIMULATION[/BRANCH][@SEQ]"),
        (["run", "missing.yaml"], "missing.yaml"),
        (["runs", "--store", "missing.db"], "missing.db"),
        (["runs", "--store", "tea.yaml"], "tea.yaml"),
        (["step", "tea@3"], "open a branch"),
        (["branch", "tea", "--name", "main"], "main"),
        (["branch", "tea", "--name", "x", "--to", "Ana"], "--say"),
        (["branch", "tea", "--name", "x", "--set", "age"], "PATH=VALUE"),
        (["branch", "tea", "--name", "x", "--edit", "tea.yaml"], "list of program items"),
        (["branch", "tea", "--name", "x", "--draw", "1", "--refresh"], "one of them"),
        (["verify", "nothing.zip"], "nothing.zip"),
        (["import", "tea.yaml"], "tea.yaml"),
        (["transcribe"], "transcribe"),
        (["log", "tea", "--type", "nothing"], "action-taken"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_input_ends_with_2_and_names_the_thing(
    words: list[str], named: str, life: Path, troupe: Troupe
) -> None:
    before = life.read_bytes()
    result = troupe(*words)
    assert result.exit_code == 2
    assert named in result.stderr
    assert result.stdout == "" and "Traceback" not in result.stderr
    assert life.read_bytes() == before


def test_a_wrong_field_is_named(life: Path, troupe: Troupe) -> None:
    Path("bad.yaml").write_text("troupe: 1\nname: bad\nworlds: [{nmae: X}]\n")
    result = troupe("run", "bad.yaml", "--model", "improviser", "--store", "bad.db")
    assert result.exit_code == 2
    assert "worlds[0].nmae" in result.stderr and "'name'" in result.stderr
    assert not Path("bad.db").exists()


def test_a_changed_prompt_diverges_and_both_are_shown(
    life: Path, troupe: Troupe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(templates, "MOMENT", Template("Quickly now! " + templates.MOMENT.template))
    result = troupe("verify", "tea")
    assert result.exit_code == 1
    assert "recorded" in result.stdout and "decided again" in result.stdout
    assert "Quickly now!" in result.stdout
    assert troupe("verify", "tea", "--json").exit_code == 1


def test_a_changed_byte_is_found(life: Path, troupe: Troupe) -> None:
    with sqlite3.connect(life) as conn:
        conn.execute("DROP TRIGGER events_no_update")
        conn.execute("UPDATE events SET payload = replace(payload, 'cold tea', 'warm tea') WHERE seq = 5")
    conn.close()
    for words in (["verify", "tea"], ["verify"]):
        result = troupe(*words)
        assert result.exit_code == 1
        assert "tea/main@5" in result.stdout


def test_a_budget_ends_with_3_and_resuming_ends_in_the_same_head(life: Path, troupe: Troupe) -> None:
    stopped = troupe("run", "tea.yaml", "--model", "improviser", "--store", "b.db", "--calls", "2")
    assert stopped.exit_code == 3
    assert "troupe resume tea --calls 4 --store b.db" in stopped.stderr
    assert troupe("resume", "tea", "--calls", "100", "--store", "b.db").exit_code == 0
    assert troupe("diff", "tea", "tea").exit_code == 0
    heads = [troupe("verify", "tea", *store).stdout for store in ([], ["--store", "b.db"])]
    assert heads[0] == heads[1]


@pytest.mark.parametrize(
    ("words", "of"),
    [
        (["extract", "tea", "--objective", "a b", "--person", "Ana", "--person", "Bo", "--limit", "150"], "--field"),
        (["report", "tea", "--title", "All of it", "--person", "Ana Reyes", "--interactions", "2"], "--question"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else value,
)
def test_what_a_budget_stopped_goes_on_with_the_words_that_are_told_and_asks_nothing_twice(
    words: list[str], of: str, life: Path, troupe: Troupe
) -> None:
    whole = [*words, of, "mood", of, "price", "--model", "improviser"]
    stopped = troupe(*whole, "--calls", "1")
    assert stopped.exit_code == 3
    again = shlex.split(stopped.stderr.partition("To go on: troupe ")[2])
    assert again[-2:] == ["--calls", "2"]
    with Store(life) as store:
        before = answered(store)
    assert troupe(*again[:-2]).exit_code == 0
    with Store(life) as store:
        asked = answered(store)
        assert asked > before
    assert troupe(*whole).exit_code == 0
    with Store(life) as store:
        assert answered(store) == asked


def test_a_provider_out_of_reach_ends_with_4(life: Path, troupe: Troupe, monkeypatch: pytest.MonkeyPatch) -> None:
    with Loopback() as server:
        closed = server.url
    monkeypatch.setenv("OPENAI_BASE_URL", closed)
    monkeypatch.setenv("TROUPE_PATIENCE", "0.05")
    result = troupe("run", "tea.yaml", "--model", "openai:m", "--store", "c.db")
    assert result.exit_code == 4
    assert "127.0.0.1" in result.stderr and "troupe resume tea --store c.db" in result.stderr


def test_a_run_in_which_every_turn_failed_ends_with_5(
    life: Path, troupe: Troupe, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Loopback(faults=["prose"]) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        result = troupe("run", "tea.yaml", "--model", "openai:m", "--store", "p.db")
        assert result.exit_code == 5
        assert "troupe log tea/main --type turn-failed" in result.stderr
        assert troupe("ask", "tea", "Ana", "Why?", "--store", "p.db").exit_code == 5
        assert "no JSON" in troupe("log", "tea", "--type", "turn-failed", "--store", "p.db").stdout


def test_where_nobody_can_answer_only_what_helps_is_hinted_at(troupe: Troupe) -> None:
    with Store() as store:
        sim = store.begin("talk", model="scripted:gone")
        sim.add_world("Kitchen")
        sim.add_person({"name": "Ana Reyes"})
    stopped = troupe("step", "talk")
    assert stopped.exit_code == 4
    assert "troupe set REF settings.model=MODEL" in stopped.stderr and "To go on" not in stopped.stderr
    assert troupe("set", "talk", "settings.model=improviser").exit_code == 0
    assert troupe("resume", "talk").exit_code == 0
    with Store(write=False) as store:
        assert store.at("talk").step == 1


def test_a_bug_is_called_one_and_shown_whole_on_demand(
    life: Path, troupe: Troupe, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("of a kind nobody thought of")

    monkeypatch.setattr("troupe_es.ui.look._tree", broken)
    result = troupe("runs")
    assert result.exit_code == 70
    assert "This is a bug" in result.stderr and "nobody thought of" in result.stderr
    debugged = troupe("runs", "--debug")
    assert debugged.exit_code == 70
    assert "Traceback" in debugged.stderr and "ZeroDivisionError" in debugged.stderr


def test_a_traceback_on_demand_changes_no_exit_code(
    life: Path, troupe: Troupe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://me:sesame@localhost:1/v1")
    for words in (["run", "tea.yaml", "--model", "gpt-5", "--store", "new.db"], ["show", "nobody"]):
        result = troupe(*words, "--debug")
        assert result.exit_code == 2
        assert "Traceback" in result.stderr and "\nError: " in result.stderr
        assert "sesame" not in result.stderr
