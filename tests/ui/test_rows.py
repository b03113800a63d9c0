"""A life as a table, and a table's free text under few labels, by the command line alone."""

import csv
import json
from collections import Counter
from pathlib import Path

import pytest
from ui.conftest import call

from troupe_es import Improviser, Store
from troupe_es.errors import EveryTurnFailed

TEXTS = ["cold tea", "warm tea", "", "milk", "cold tea", "iced tea"]


@pytest.fixture
def life(tmp_path: Path) -> Path:
    path = tmp_path / "life.db"
    with Store(path, Improviser()) as store:
        sim = store.begin("life", model="improviser", seed=4)
        sim.add_world("Kitchen")
        for name in ("Ana Reyes", "Bo Lind"):
            sim.add_person({"name": name})
        sim.broadcast("=1+1 is a can of cold tea.", speaker="Moderator")
        sim.run(2)
    return path


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_rules_by_kind_are_the_rows_that_python_gets(life: Path, tmp_path: Path) -> None:
    out = tmp_path / "rows.csv"
    rules = ("--rule", "talk=step,who,content", "--rule", "*=kind")
    assert call("rows", "life@step:1", *rules, "--out", str(out), "--store", str(life)).exit_code == 0
    with Store(life, write=False) as store:
        wanted = store.reduce("life@step:1", {"TALK": ["step", "who", "content"], "*": ["kind"]})
    written = read(out)
    assert [{name: row[name] for name in wanted[0]} for row in written] == [
        {name: "" if cell is None else str(cell) for name, cell in row.items()} for row in wanted
    ]
    assert {row["source"] for row in written} == {"Synthetic answers of model improviser, not people."}


def test_without_a_rule_every_line_is_a_row_and_nothing_is_a_formula(life: Path, tmp_path: Path) -> None:
    found = json.loads(call("rows", "life", "--json", "--store", str(life)).stdout)
    with Store(life, write=False) as store:
        assert [row["event"] for row in found["rows"]] == [line.seq for line in store.transcript("life")]
    out = tmp_path / "rows.csv"
    call("rows", "life", "--out", str(out), "--store", str(life))
    assert read(out)[0]["content"] == "'=1+1 is a can of cold tea."


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["rows", "life", "--rule", "TALK"], "write KIND=COLUMN"),
        (["rows", "life", "--rule", "TALK=colour"], "no line has a column 'colour'"),
        (["rows", "life", "--out", "rows.txt"], "must end in"),
        (["label", "life", "texts.csv", "--column", "colour"], "there is no column 'colour'; there are: text"),
        (["label", "life", "none.csv", "--column", "text"], "none.csv: cannot be read"),
    ],
)
def test_what_cannot_be_is_said_in_one_line_and_nothing_is_written(
    words: list[str], said: str, life: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("texts.csv").write_text("text\ntea\n", encoding="utf-8")
    done = call(*words, "--store", str(life))
    assert done.exit_code == 2
    assert said in done.stderr
    with Store(life, write=False) as store:
        assert len(store.log.branches("life", ("main", "fork", "ask"))) == 1


def test_every_text_of_a_column_gets_a_label_and_the_same_again_asks_nobody(life: Path, tmp_path: Path) -> None:
    file, out = tmp_path / "texts.csv", tmp_path / "labelled.csv"
    file.write_text("n,text\n" + "".join(f"{n},{text}\n" for n, text in enumerate(TEXTS)), encoding="utf-8")
    words = ("label", "life", str(file), "--column", "text", "--most", "2", "--about", "drinks", "--store", str(life))
    done = call(*words, "--out", str(out))
    assert done.exit_code == 0
    rows = read(out)
    assert [row["text"] for row in rows] == TEXTS
    assert [bool(row["text_label"]) for row in rows] == [bool(text) for text in TEXTS]
    assert {row["source"] for row in rows} == {"Labels are by model improviser."}
    again = call(*words, "--json")
    found = json.loads(again.stdout)
    assert found["labels"] == Counter(row["text_label"] for row in rows if row["text"])
    with Store(life, write=False) as store:
        assert store.log.db.execute("SELECT count(*) FROM calls WHERE address = ''").fetchone() == (1,)
        assert len([b for b in store.log.branches("life", ("ask",)) if b.name.startswith("labels-")]) == 1


def test_texts_that_nobody_could_sort_are_said(life: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, out = tmp_path / "texts.csv", tmp_path / "labelled.csv"
    file.write_text("text\ntea\n", encoding="utf-8")
    monkeypatch.setattr("troupe_es.llm.improviser.asking.labels", lambda request: {"labels": [], "of": []})
    done = call("label", "life", str(file), "--column", "text", "--out", str(out), "--store", str(life))
    assert done.exit_code == EveryTurnFailed.exit_code
    assert "the texts could not be sorted: " in done.stderr
    assert not out.exists()
