"""Every command on a small life: what it prints for people, and JSON that says the same."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from ui.conftest import SCENARIO, Troupe

from troupe_es import Store

COMMANDS: list[list[str]] = [
    ["run", "tea.yaml"],
    ["resume", "tea"],
    ["step", "tea", "-n", "1"],
    ["runs"],
    ["runs", "--all"],
    ["log", "tea"],
    ["show", "tea@step:1"],
    ["show", "tea", "--person", "Ana"],
    ["show", "tea", "--event", "9", "--prompt"],
    ["transcript", "tea", "--full"],
    ["replay", "tea"],
    ["cost", "tea"],
    ["branch", "tea@step:1", "--name", "other", "--drop", "ana-reyes", "--run"],
    ["diff", "tea", "tea@step:1"],
    ["ask", "tea@step:1", "Ana", "Why?"],
    ["verify", "tea"],
    ["verify"],
    ["export", "tea"],
    ["doctor"],
    ["schema", "--out", "published"],
    ["demo"],
]


def parsed(troupe: Troupe, *words: str) -> Any:
    result = troupe(*words, "--json")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_each_command_works_and_its_json_parses(words: list[str], life: Path, troupe: Troupe) -> None:
    result = troupe(*words, "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    assert json.loads(result.stdout)
    again = [word if word != "other" else "another" for word in words]
    result = troupe(*again)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.strip()


def test_a_run_again_asks_nobody_and_needs_no_model_named(life: Path, troupe: Troupe) -> None:
    first = parsed(troupe, "show", "tea")["head"]
    again = parsed(troupe, "run", "tea.yaml")
    assert again["head"] == first
    assert again["calls"] == {"paid": 0, "recorded": 6}


def test_a_new_run_needs_a_model_and_leaves_no_file(life: Path, troupe: Troupe) -> None:
    for words in (["--store", "new.db"], ["--store", "new.db", "--model", "gpt-5-mini"]):
        result = troupe("run", "tea.yaml", *words)
        assert result.exit_code == 2
        assert "--model improviser" in result.stderr
        assert not Path("new.db").exists()


def test_an_edited_scenario_stops_or_forks(life: Path, troupe: Troupe) -> None:
    Path("tea.yaml").write_text(Path("tea.yaml").read_text().replace("two streets", "a long way"))
    result = troupe("run", "tea.yaml")
    assert result.exit_code == 1
    assert "two streets" in result.stderr and "a long way" in result.stderr
    assert parsed(troupe, "run", "tea.yaml", "--fork")["ref"].startswith("tea/main-1@")


def test_log_filters(life: Path, troupe: Troupe) -> None:
    whole = parsed(troupe, "log", "tea")
    assert [event["seq"] for event in whole] == list(range(1, len(whole) + 1))
    for words, wanted in (
        (["--type", "step-ended"], [e for e in whole if e["type"] == "step-ended"]),
        (["--person", "bo"], [e for e in whole if e["actor"] == "bo-lind"]),
        (["--text", "TWO STREETS"], [e for e in whole if "two streets" in json.dumps(e["payload"])]),
        (["--after", "5", "--limit", "2"], whole[5:7]),
    ):
        assert wanted
        assert parsed(troupe, "log", "tea", *words) == wanted


def test_show_event_gives_the_prompt_of_the_attempt_that_happened_and_not_the_judges(
    tmp_path: Path, troupe: Troupe
) -> None:
    checks = "{checks: [persona, fluency], check_threshold: 8, check_attempts: 3}"
    (tmp_path / "judged.yaml").write_text(SCENARIO.replace("{order: sequential}", checks))
    assert troupe("run", "judged.yaml", "--model", "improviser").exit_code == 0
    judged = [one["payload"] for one in parsed(troupe, "log", "tea", "--type", "actions-judged")]
    assert {one["best"] for one in judged} > {1} and any(one["best"] < one["attempt"] for one in judged)
    for event in parsed(troupe, "log", "tea", "--type", "action-taken"):
        asked = parsed(troupe, "show", "tea", "--event", str(event["seq"]), "--prompt")["asked"]
        wanted = {action["content"] for action in json.loads(asked["answer"])["actions"]}
        assert "/turn/" in asked["address"] and event["payload"]["content"] in wanted


def test_vectors_count_among_the_answers_that_a_run_took(tmp_path: Path, troupe: Troupe) -> None:
    settings = "{embedder: improviser}"
    text = SCENARIO.replace("{order: sequential}", settings).replace("- run: 2", "- run: 12")
    (tmp_path / "vectors.yaml").write_text(text + "faculties: [recall]\n")
    calls = parsed(troupe, "run", "vectors.yaml", "--model", "improviser")["calls"]
    total = parsed(troupe, "cost", "tea")["total"]
    assert parsed(troupe, "log", "tea", "--type", "memories-embedded")
    assert (calls["paid"], calls["recorded"]) == (total["paid"], total["recorded"])


def test_a_scenario_whose_other_models_cannot_be_set_up_is_refused_before_anything_is_written(
    tmp_path: Path, troupe: Troupe
) -> None:
    for wrong in ("{models: {judging: gpt-5-mini}, checks: [persona]}", "{embedder: gpt-5-mini}"):
        (tmp_path / "wrong.yaml").write_text(SCENARIO.replace("{order: sequential}", wrong))
        refused = troupe("run", "wrong.yaml", "--model", "improviser")
        assert refused.exit_code == 2 and "'gpt-5-mini' needs a key" in refused.stderr
        assert not (tmp_path / "troupe.db").exists()


def test_show_event_gives_the_prompt_of_the_turn(life: Path, troupe: Troupe) -> None:
    [spoken, *_] = parsed(troupe, "log", "tea", "--type", "action-taken")
    shown = parsed(troupe, "show", "tea", "--event", str(spoken["seq"]), "--prompt")
    assert shown["asked"]["address"] == f"1/{spoken['actor']}/turn/0/0"
    assert shown["asked"]["prompt"][0]["role"] == "system"
    assert spoken["payload"]["content"] in json.loads(shown["asked"]["answer"])["actions"][0]["content"]
    assert troupe("show", "tea", "--event", "1", "--prompt").exit_code == 2


def test_show_tells_what_is_under_way(life: Path, troupe: Troupe) -> None:
    log = parsed(troupe, "log", "tea", "--type", "turn-ended")
    shown = parsed(troupe, "show", f"tea@{log[0]['seq']}")
    assert shown["open"]["to_act"] == [log[1]["actor"]]
    assert parsed(troupe, "show", "tea")["open"] is None


def test_transcript_keeps_thoughts_for_full(life: Path, troupe: Troupe) -> None:
    said = parsed(troupe, "transcript", "tea")
    full = parsed(troupe, "transcript", "tea", "--full")
    assert {line["kind"] for line in said} == {"CONVERSATION", "TALK"}
    assert said == [line for line in full if line["kind"] != "THINK"]
    assert len(full) > len(said)


def test_step_goes_on_for_exactly_so_many_steps(life: Path, troupe: Troupe) -> None:
    at = parsed(troupe, "log", "tea", "--type", "step-ended")[0]["seq"]
    for number, words in enumerate((["--run", "1"], ["--run", "4"], ["--run"])):
        [there] = parsed(troupe, "branch", f"tea@{at}", "--name", f"b{number}", *words)["branches"]
        assert there["steps"] == {0: 2, 1: 5, 2: 3}[number]
    assert parsed(troupe, "step", "tea", "-n", "2")["steps"] == 5


def test_an_untouched_branch_is_the_same_life_for_nothing(life: Path, troupe: Troupe) -> None:
    [there] = parsed(troupe, "branch", "tea@15", "--name", "same", "--run")["branches"]
    assert there["head"] == parsed(troupe, "show", "tea")["head"]
    assert there["calls"]["paid"] == 0
    assert parsed(troupe, "diff", "tea", "tea/same")["same"]


def test_branch_makes_every_edit_and_diff_names_the_cause(life: Path, troupe: Troupe) -> None:
    Path("edits.yaml").write_text(
        "- broadcast: The bell rings.\n- run: 1\n- set: {path: settings.attempts, value: 2}\n"
    )
    words = [
        "--drop",
        "Bo Lind",
        "--set",
        "people.ana-reyes.age=35",
        "--say",
        "Psst",
        "--to",
        "Ana",
        "--edit",
        "edits.yaml",
    ]
    [there] = parsed(troupe, "branch", "tea@step:1", "--name", "edited", *words)["branches"]
    state = parsed(troupe, "show", "tea/edited")
    assert [person["id"] for person in state["people"]] == ["ana-reyes"]
    assert state["settings"]["attempts"] == 2
    assert there["steps"] == 2
    found = parsed(troupe, "diff", "tea", "tea/edited")
    ref = found["right"]["ref"]
    edits = [
        "bo-lind was taken out",
        "ana-reyes.age was set to 35 (it was 34)",
        "CONVERSATION given to ana-reyes: Psst",
    ]
    assert found["cause"] == f"{ref}: {', '.join(edits)}, CONVERSATION given to kitchen-table: The bell rings."
    assert parsed(troupe, "diff", "tea/edited", "tea")["cause"] == found["cause"]
    assert [event["type"] for event in found["right"]["given"]][:4] == [
        "person-removed",
        "person-changed",
        "stimulus-given",
        "stimulus-given",
    ]
    shown = troupe("diff", "tea", "tea/edited").stdout
    assert "Psst" in shown and "person-removed" in shown
    assert troupe("diff", "tea", "tea/edited", "--exit-code").exit_code == 1


def test_a_refused_edit_leaves_no_branch(life: Path, troupe: Troupe) -> None:
    assert troupe("branch", "tea@9", "--name", "x", "--say", "Hm", "--drop", "nobody").exit_code == 2
    assert len(parsed(troupe, "runs")) == 1


def test_replicates_draw_independently_and_a_drawn_branch_again_the_same(life: Path, troupe: Troupe) -> None:
    both = parsed(troupe, "branch", "tea@step:1", "--name", "r", "--replicates", "2", "--run")["branches"]
    assert [there["draw"] for there in both] == [1, 2]
    assert len({there["head"] for there in both}) == 2
    [same] = parsed(troupe, "branch", "tea@step:1", "--name", "again", "--draw", "2", "--run")["branches"]
    assert same["head"] == both[1]["head"]
    [fresh] = parsed(troupe, "branch", "tea@step:1", "--name", "fresh", "--refresh")["branches"]
    assert fresh["draw"] == 3


def test_replicates_share_one_budget(life: Path, troupe: Troupe) -> None:
    words = ["--name", "r", "--replicates", "3", "--run", "--calls", "5"]
    assert troupe("branch", "tea@step:1", *words).exit_code == 3
    with Store("troupe.db", write=False) as store:
        assert next(store.log.db.query("SELECT count(*) AS n FROM calls WHERE budget IS NOT NULL"))["n"] == 5


def test_asking_leaves_the_run_alone_and_is_recorded(life: Path, troupe: Troupe) -> None:
    first = parsed(troupe, "ask", "tea@step:1", "Ana", "Why?")
    again = parsed(troupe, "ask", "tea@step:1", "Ana", "Why?")
    assert (again["answer"], again["recorded"], first["recorded"]) == (first["answer"], True, False)
    other = parsed(troupe, "ask", "tea@step:1", "Ana", "Why?", "--again")
    assert other["ref"] != first["ref"] and not other["recorded"]
    assert len(parsed(troupe, "runs")) == 1
    assert len(parsed(troupe, "runs", "--all")) == 3


def test_another_model_may_answer_a_question(troupe: Troupe) -> None:
    assert troupe("demo").exit_code == 0
    assert troupe("ask", "elevenses@58", "Maureen", "Well?").exit_code == 4
    first = parsed(troupe, "ask", "elevenses@58", "Maureen", "Well?", "--model", "improviser")
    assert first["answer"] and not first["recorded"]
    assert parsed(troupe, "ask", "elevenses@58", "Maureen", "Well?", "--model", "improviser")["recorded"]


def test_costs_add_up(life: Path, troupe: Troupe) -> None:
    parsed(troupe, "branch", "tea@step:1", "--name", "more", "--run")
    found = parsed(troupe, "cost", "tea/more")
    for key in ("by_person", "by_purpose", "by_step", "by_model"):
        assert sum(row["calls"] for row in found[key]) == found["total"]["calls"] == 6
    assert found["total"]["paid"] == 0
    assert parsed(troupe, "cost", "tea")["total"]["paid"] == 6
    assert troupe("cost", "tea@3").exit_code == 2


def test_lives_that_part_at_a_run_say_whose_hand_asked_for_it(life: Path, troupe: Troupe) -> None:
    with Store("troupe.db") as store:
        events = store.log.events(store.open("tea").branch)
        asked = next(event for event in events if event.body.type == "run-requested")
        for name, steps in (("short", 1), ("same", asked.body.steps)):
            store.branch(f"tea@{asked.seq - 1}", name).run(steps, asked.body.seconds)
        told = store.diff("tea", "tea/short").cause
        assert "a run of 2 steps was asked for by the script" in told
        assert "a run of 1 step was asked for by a command" in told
        told = store.diff("tea", "tea/same").cause
        assert told.startswith("the same was given (") and "by another hand" in told
        assert ": the script; " in told and told.endswith(": a command")


def test_a_bundle_goes_out_and_in_again(life: Path, troupe: Troupe) -> None:
    head = parsed(troupe, "show", "tea")["head"]
    parsed(troupe, "export", "tea", "-o", "tea.zip")
    assert parsed(troupe, "verify", "tea.zip")["reports"][0]["head"] == head
    assert parsed(troupe, "import", "tea.zip", "--store", "b.db")["simulation"] == "tea"
    assert parsed(troupe, "import", "tea.zip", "--store", "b.db", "--as", "tee")["simulation"] == "tee"
    assert parsed(troupe, "verify", "tee", "--store", "b.db", "--head", head)["holds"]
    assert troupe("verify", "tee", "--store", "b.db", "--head", "0" * 64).exit_code == 1


def test_events_and_transcript_as_text(life: Path, troupe: Troupe) -> None:
    lines = troupe("export", "tea", "--format", "jsonl").stdout.splitlines()
    assert [json.loads(line) for line in lines] == parsed(troupe, "log", "tea")
    rows = list(csv.DictReader(io.StringIO(troupe("export", "tea", "--format", "csv").stdout)))
    assert [row["content"] for row in rows] == [
        row["content"] for row in parsed(troupe, "transcript", "tea", "--full")
    ]
    assert troupe("export", "tea", "--format", "csv", "-o", "tea.yaml").exit_code == 2
    assert "troupe: 1" in Path("tea.yaml").read_text()


def test_a_transcript_in_parquet_has_what_the_command_shows_typed(life: Path, troupe: Troupe) -> None:
    polars = pytest.importorskip("polars", reason="the extra 'tables' is not installed")
    assert troupe("export", "tea", "-o", "tea.parquet").exit_code == 0
    frame = polars.read_parquet("tea.parquet")
    assert frame.to_dicts() == parsed(troupe, "transcript", "tea", "--full")
    assert frame.schema["step"] == polars.Int64
    assert troupe("export", "tea", "-o", "tea.parquet").exit_code == 2  # it is there already
    for path in ([], ["-o", "tea.csv"]):
        refused = troupe("export", "tea", "--format", "parquet", *path)
        assert refused.exit_code == 2 and "ends in .parquet with -o PATH" in refused.stderr
    assert troupe("rows", "tea", "--rule", "TALK=step,who,content", "--out", "talk.parquet").exit_code == 0
    assert polars.read_parquet("talk.parquet").columns[:3] == ["step", "who", "content"]


def test_what_is_exported_is_what_the_name_of_the_file_ends_in(life: Path, troupe: Troupe) -> None:
    for name in ("tea.csv", "tea.jsonl"):
        assert troupe("export", "tea", "-o", name).exit_code == 0
        form = name.partition(".")[2]
        assert Path(name).read_text() == troupe("export", "tea", "--format", form).stdout


def test_a_cell_is_never_a_formula(life: Path, troupe: Troupe) -> None:
    assert troupe("branch", "tea", "--name", "f", "--say", "=HYPERLINK(1)").exit_code == 0
    assert "'=HYPERLINK(1)" in troupe("export", "tea/f", "--format", "csv").stdout


def test_schemas_are_checked(troupe: Troupe) -> None:
    assert troupe("schema", "--out", "s").exit_code == 0
    assert troupe("schema", "--out", "s", "--check").exit_code == 0
    Path("s/scenario.json").write_text("{}")
    result = troupe("schema", "--out", "s", "--check")
    assert result.exit_code == 1 and "scenario.json" in result.stdout


def test_doctor_says_that_there_is_a_key_and_never_which(
    life: Path, troupe: Troupe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret")
    for words in ([], ["--json"]):
        assert "very-secret" not in troupe("doctor", *words).output
    assert parsed(troupe, "doctor")["models"]["key"] is True
    assert parsed(troupe, "doctor", "--store", "none.db")["store"]["exists"] is False
    assert not Path("none.db").exists()
