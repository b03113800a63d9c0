"""``troupe experiment``: one command, one file, the same again for nothing."""

import csv
import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from troupe_es import extras
from troupe_es.errors import UsageError
from troupe_es.ui.cli import main

SCENARIO = """
troupe: 1
name: tea
seed: 7
model: improviser
worlds: [{name: Kitchen table}]
people:
  - persona: {name: Ana Reyes}
  - persona: {name: Bo Lind}
program:
  - broadcast: Would you buy cold tea?
  - run: 1
experiment:
  arms:
    - name: plain
    - name: local
      do: [{say: It is made two streets from here., to: [Bo Lind]}]
  replicates: 2
  run: 1
  outcomes:
    - {name: words, count: '\\w+'}
    - {name: liked, claim: '{{name}} likes it.', of: [Bo Lind]}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "TROUPE_BASE_URL", "TROUPE_STORE", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "tea.yaml").write_text(SCENARIO)
    return tmp_path


def troupe(*words: str) -> Result:
    return CliRunner().invoke(main, list(words), prog_name="troupe")


def test_the_table_and_the_comparison_are_printed_with_the_standing_line() -> None:
    done = troupe("experiment", "tea.yaml")
    assert (done.exit_code, done.stderr) == (0, "")
    assert "2 arms × 2 replicates, parted at tea/main@" in done.stdout
    assert "tea/exp-local-2@" in done.stdout
    assert "Synthetic answers of model improviser, not people. The unit of analysis is the replicate." in done.stdout
    assert "n counts replicates" in done.stdout


def test_the_same_again_asks_nobody_and_more_replicates_go_on() -> None:
    first = json.loads(troupe("experiment", "tea.yaml", "--json").stdout)
    again = json.loads(troupe("experiment", "tea.yaml", "--json").stdout)
    more = json.loads(troupe("experiment", "tea.yaml", "--json", "--replicates", "3").stdout)
    assert (first["paid"] > 0, again["paid"]) == (True, 0)
    assert first["rows"] == again["rows"]
    assert len(more["rows"]) == 2 * 3 * 2
    assert [row for row in more["rows"] if row["replicate"] < 3] == first["rows"]
    assert [each["outcome"] for each in again["comparisons"]] == ["words", "liked"]


@pytest.mark.parametrize("form", ["csv", "json", "jsonl"])
def test_the_table_is_written_in_the_form_that_the_name_says(form: str, folder: Path) -> None:
    rows = json.loads(troupe("experiment", "tea.yaml", "--json", "--out", f"table.{form}").stdout)["rows"]
    text = (folder / f"table.{form}").read_text()
    if form == "json":
        assert json.loads(text)["rows"] == rows
    elif form == "jsonl":
        note = {"source": "Synthetic answers of model improviser, not people."}
        assert [json.loads(line) for line in text.splitlines()] == [{**note, **row} for row in rows]
    else:
        read = list(csv.DictReader(text.splitlines()))
        assert [(row["arm"], row["outcome"], row["value"]) for row in read] == [
            (row["arm"], row["outcome"], str(row["value"])) for row in rows
        ]


def test_a_budget_stops_it_and_says_how_to_go_on() -> None:
    stopped = troupe("experiment", "tea.yaml", "--calls", "3")
    assert stopped.exit_code == 3
    assert "To go on: troupe experiment tea.yaml --model improviser --calls 6" in stopped.stderr
    assert troupe("experiment", "tea.yaml").exit_code == 0


def test_without_the_extra_the_table_is_there_and_the_reason_why_nothing_is_compared(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def lacking(name: str) -> None:
        raise ModuleNotFoundError(name=name)

    monkeypatch.setattr(extras, "import_module", lacking)
    done = troupe("experiment", "tea.yaml")
    assert done.exit_code == 0
    assert "not compared: " in done.stdout
    assert "pip install 'troupe-es[stats]'" in done.stdout


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("- name: local", "- name: plain", "experiment.arms: two arms are named 'plain'"),
        ("count: '\\w+'", "count: '('", "experiment.outcomes[0].count: is no regular expression"),
        ("count: '\\w+'", "count: '(a+)+$'", "a group may be optional, but not repeated"),
        ("count: '\\w+'", "cuont: x", "experiment.outcomes[0].cuont: no such field; did you mean 'count'?"),
        ("to: [Bo Lind]", "to: [Bo]", "experiment.arms[1].do[0].to[0]: no person is named 'Bo'"),
        ("of: [Bo Lind]", "of: [Bo]", "experiment.outcomes[1].of[0]: no person is named 'Bo'"),
        ("replicates: 2", "replicates: 0", "experiment.replicates"),
        ("name: words, count: '\\w+'", "name: words", "experiment.outcomes[0]: needs one of"),
        ("count: '\\w+'", "count: a, values: categorical", "gives numeric or boolean values, not categorical ones"),
        ("claim: '{{name}} likes it.'", "extract: {name: x, type: list}", "gives no single value of each replicate"),
        (
            "claim: '{{name}} likes it.'",
            "extract: {name: x, type: choice}",
            "a choice, and nothing else, has options",
        ),
        ("claim: '{{name}} likes it.'", "question: {id: q, text: Why?}", "gives no single value of each replicate"),
        ("claim: '{{name}} likes it.'", "question: {id: q, text: Which?, kind: choice}", "name at least two options"),
        ("experiment:", "about: x\nexperimnet:", "did you mean 'experiment'?"),
    ],
)
def test_what_is_wrong_is_said_with_its_place_and_nothing_is_written(
    old: str, new: str, said: str, folder: Path
) -> None:
    assert old in SCENARIO
    (folder / "tea.yaml").write_text(SCENARIO.replace(old, new, 1))
    refused = troupe("experiment", "tea.yaml")
    assert refused.exit_code == UsageError.exit_code
    assert said in refused.stderr
    assert not (folder / "troupe.db").exists()


CLAIM = "claim: '{{name}} likes it.'"


def test_an_arm_can_name_files_and_let_somebody_join(folder: Path) -> None:
    (folder / "cy.agent.json").write_text(json.dumps({"type": "TinyPerson", "persona": {"name": "Cy Moss"}}))
    joining = "do: [{add: {file: cy.agent.json}}, {say: Sit down., to: [Cy Moss]}]"
    changed = SCENARIO.replace("do: [{say: It is made two streets from here., to: [Bo Lind]}]", joining)
    (folder / "tea.yaml").write_text(changed.replace("of: [Bo Lind]", "of: [Cy Moss]").replace(CLAIM, "count: it"))
    rows = json.loads(troupe("experiment", "tea.yaml", "--json").stdout)["rows"]
    assert len(rows) == 2 * 2 * 2
    assert "Cy Moss" in troupe("transcript", "tea/exp-local-1", "--full").stdout
    assert "Cy Moss" not in troupe("transcript", "tea/exp-plain-1", "--full").stdout
    (folder / "cy.agent.json").unlink()
    assert "experiment.arms[1].do[0].add.file: cy.agent.json: no such file" in troupe("experiment", "tea.yaml").stderr


def test_a_dry_run_lists_what_is_common_once_and_every_arm_for_its_replicates_and_asks_nobody(folder: Path) -> None:
    shown = json.loads(troupe("experiment", "tea.yaml", "--dry-run", "--json").stdout)
    assert not (folder / "troupe.db").exists()
    assert [(call["arm"], call["weight"]) for call in shown["calls"]].count(("", 1.0)) == 2
    assert {(call["arm"], call["weight"]) for call in shown["calls"]} == {("", 1.0), ("plain", 2.0), ("local", 2.0)}
    printed = troupe("experiment", "tea.yaml", "--dry-run", "--replicates", "3").stdout
    assert "2 arms × 3 replicates, and 2 calls for what they have in common" in printed
    whole = json.loads(troupe("estimate", "tea.yaml", "--json").stdout)
    assert whole["calls"] == shown["estimate"]["calls"]
    assert sum(arm["calls"] for arm in whole["by_arm"].values()) == whole["calls"]["mid"]
    alone = json.loads(troupe("run", "tea.yaml", "--dry-run", "--json").stdout)
    assert (alone["estimate"]["calls"]["mid"], alone["estimate"]["arms"]) == (2, [])
    more = ["--audit", "--other-model", "openai:dear", "--other-model", "openai:dear"]
    audited = troupe("experiment", "tea.yaml", "--dry-run", *more).stdout
    assert "2 arms × 2 replicates, and 3 times again for the audit" in audited
    assert {"plain (openai:dear)", "local (openai:dear)"} <= set(re.findall(r"\w+ \(openai:dear\)", audited))


def test_an_audit_is_printed_with_what_it_permits_to_conclude() -> None:
    refused = troupe("experiment", "tea.yaml", "--other-model", "improviser")
    assert "give --audit too" in refused.stderr
    done = troupe("experiment", "tea.yaml", "--audit")
    assert done.exit_code == 0
    assert "Robustness: 2 variations, how far each outcome moves" in done.stdout
    assert "still says nothing of people until it is compared with people." in done.stdout
    again = json.loads(troupe("experiment", "tea.yaml", "--audit", "--json").stdout)
    assert again["audit"]["paid"] == 0
    means = {each["arm"]: each["before"] for each in again["audit"]["movements"] if each["outcome"] == "words"}
    table = done.stdout.partition("Robustness")[2]
    assert re.search(r"outcome +arm +before +variation +moved by", table)
    assert all(re.search(rf"words +{arm} +{mean:.3g} +other draws", table) for arm, mean in means.items())
    assert {each["variation"] for each in again["audit"]["movements"]} == {"other draws", "other words"}
    assert set(again["audit"]["conclusions"]) == {"words", "liked"}


def test_a_scenario_without_an_experiment_and_a_table_of_no_known_form_are_refused(folder: Path) -> None:
    (folder / "plain.yaml").write_text(SCENARIO.partition("experiment:")[0])
    assert "describes no experiment" in troupe("experiment", "plain.yaml").stderr
    assert "must end in" in troupe("experiment", "tea.yaml", "--out", "table.doc").stderr
    assert not (folder / "troupe.db").exists()
