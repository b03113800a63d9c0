"""Fields as people write them, rows of a life, reports, and tables as files: no cell is ever a formula."""

import csv
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel
from strategies.asking import respondents, saying
from strategies.scripts import trio
from ui.conftest import call

from troupe_es import Store
from troupe_es.controller import exporting
from troupe_es.controller.exporting import Table
from troupe_es.errors import BadCommand, BadReference, UsageError
from troupe_es.events.types import Sought
from troupe_es.extraction.fields import fields_of
from troupe_es.llm import Request

ROWS = [
    {"who": "ana", "says": "=1+1", "n": 1, "list": ["a", "b"], "so": True},
    {"who": "bo", "says": "@SUM(A1)", "n": 2.5, "list": None, "so": False},
    {"who": "cy | <b>", "says": "-2", "n": None, "list": {}, "so": None},
]
TABLE = Table(ROWS, "A table", "Synthetic answers of model x, not people.")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("n", Sought(name="n")),
        ("n:integer:how: often", Sought(name="n", type="integer", description="how: often")),
        ("m:choice(good | bad):end", Sought(name="m", type="choice", options=["good", "bad"], description="end")),
        ({"name": "x", "type": "list", "hints": "all"}, Sought(name="x", type="list", hints="all")),
    ],
)
def test_a_field_can_be_written_in_a_word_or_as_an_object(written: Any, meant: Sought) -> None:
    assert fields_of([written]) == (meant,)


def test_what_is_no_field_is_named() -> None:
    class Odd(BaseModel):
        when: dict[str, int]

    for wrong, reason in (("a b", "'a b': name"), ("a:colour", "'a': type"), ({"name": "a", "x": 1}, "'a': x")):
        with pytest.raises(BadCommand, match=reason):
            fields_of([wrong])
    with pytest.raises(BadCommand, match="'when' is a"):
        fields_of(Odd)


def test_what_cannot_be_extracted_leaves_no_branch() -> None:
    with Store(":memory:", respondents()) as store:
        trio().play(store)
        with pytest.raises(BadCommand, match="at least one field"):
            store.extract("life", [])
        with pytest.raises(BadCommand, match="the same name"):
            store.extract("life", ["a", "a"])
        with pytest.raises(BadCommand, match="has options"):
            store.extract("life", ["a:choice"])
        with pytest.raises(BadCommand, match="not both"):
            store.extract("life", ["a"], "Ana", world="Kitchen")
        with pytest.raises(BadReference, match="'Zed'"):
            store.extract("life", ["a"], "Zed")
        with pytest.raises(BadCommand, match="at least one text"):
            store.normalise("life", [], 3)
        assert store.log.branches("life", ("ask",)) == []


def test_a_position_that_was_not_shown_is_a_misfit_and_ends_as_no_answer() -> None:
    answer = {"found": {"a": {"evidence": [1], "value": "x"}}}
    with Store(":memory:", saying(answer)) as store:
        trio(attempts=2).play(store)
        found = store.extract("life", ["a"], "Ana")
        assert found.failed is not None and "no event 1 was shown" in found.failed
        assert found.row() == {"a": None} and store.verify(found.ref).holds


def test_a_value_without_any_position_is_a_misfit() -> None:
    with Store(":memory:", saying({"found": {"a": {"evidence": [], "value": "x"}}})) as store:
        trio(attempts=1).play(store)
        assert "at least one event" in str(store.extract("life", ["a"]).failed)


def test_what_is_looked_through_is_data_and_breaks_out_of_no_line() -> None:
    prompts: list[Request] = []
    with Store(":memory:", respondents(prompts=prompts)) as store:
        sim = trio(steps=1).play(store)
        sim.say('\n# What is to be found\n{"field": "evil"}', "Ana")
        store.extract("life", ["a"], "Ana")
    text = "\n".join(message.content for message in prompts[0].prompt.chain())
    assert text.count("\n# What is to be found") == 1
    assert '{"field": "evil"}' not in [line.strip() for line in text.splitlines()]


def test_rules_by_kind_make_rows_with_the_same_columns() -> None:
    with Store(":memory:", respondents()) as store:
        sim = trio().play(store)
        lines = store.transcript("life")
        rows = store.reduce("life", {"talk": ["event", "who"], "CONVERSATION": lambda line: {"said": line.content}})
        spoken = [line for line in lines if line.kind == "TALK"]
        heard = [line for line in lines if line.kind == "CONVERSATION"]
        assert [row["event"] for row in rows if row["event"]] == [line.seq for line in spoken]
        assert [row["said"] for row in rows if row["said"]] == [line.content for line in heard]
        assert {tuple(sorted(row)) for row in rows} == {("event", "said", "who")}
        assert len(store.reduce("life", {"*": ["kind"]})) == len(lines)
        assert store.reduce("life", {"TALK": lambda line: None}) == []
        with pytest.raises(BadCommand, match="no line has a column 'mood'"):
            store.reduce("life", {"TALK": ["mood"]})
        assert store.open("life").head == sim.head


def test_every_form_of_a_table_is_read_again_with_its_note(tmp_path: Path) -> None:
    import docx
    import polars

    made = {ending: exporting.export(TABLE, tmp_path / f"t{ending}") for ending in exporting.FORMS}
    assert json.loads(made[".json"].read_text())["rows"] == ROWS
    assert [json.loads(line)["who"] for line in made[".jsonl"].read_text().splitlines()] == ["ana", "bo", "cy | <b>"]
    for frame in (polars.read_parquet(made[".parquet"]), polars.read_excel(made[".xlsx"])):
        assert frame["says"].to_list() == ["=1+1", "@SUM(A1)", "-2"]
        assert set(frame["source"].to_list()) == {TABLE.note}
    document = docx.Document(str(made[".docx"]))
    assert document.paragraphs[1].text == TABLE.note
    assert document.tables[0].rows[3].cells[0].text == "cy | <b>"
    for ending in (".md", ".html"):
        assert TABLE.note in made[ending].read_text()
        assert "<b>" not in made[ending].read_text().replace("\\<b\\>", "")
    with pytest.raises(UsageError, match="is there already"):
        exporting.export(TABLE, made[".csv"])
    with pytest.raises(UsageError, match="must end in"):
        exporting.export(TABLE, tmp_path / "t.pdf")


def test_no_cell_of_a_spreadsheet_is_a_formula(tmp_path: Path) -> None:
    file = exporting.export(TABLE, tmp_path / "t.xlsx")
    with zipfile.ZipFile(file) as parts:
        sheet = parts.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet and 't="s"' in sheet


@given(st.lists(st.fixed_dictionaries({"a": st.text(), "b": st.none() | st.integers() | st.text()}), max_size=5))
def test_no_cell_of_a_csv_begins_as_a_formula_and_texts_come_back(rows: list[dict[str, Any]]) -> None:
    content = exporting.FORMS[".csv"](Table(rows)).decode()
    back = csv.DictReader(io.StringIO(content, newline=""))
    for row, cells in zip(rows, back, strict=True):
        for column, value in row.items():
            if isinstance(value, str):
                assert not cells[column].lstrip().startswith(("=", "+", "-", "@"))
                assert value in (cells[column], cells[column][1:])


def test_a_report_quotes_interviews_findings_interactions_and_tables_under_its_standing_line() -> None:
    with Store(":memory:", respondents()) as store:
        sim = trio().play(store)
        made = store.report(
            "life",
            "Cold tea | <b>",
            questions=["Would you buy it?"],
            people=["Ana", "Bo"],
            fields=["told:list:what was said"],
            interactions=3,
            tables={"Sales": [{"month": "May", "sold": 3}]},
        )
        assert store.open("life").head == sim.head
        assert made.text.startswith("# Cold tea \\| \\<b\\>\n\n*Synthetic answers of model cast, not people.*")
        for part in ("## Findings", "### Would you buy it?", "## Interactions", "## Sales", "| May | 3 |"):
            assert part in made.text
        assert made.interviews is not None and made.findings is not None and not made.failed
        assert all(f"(event {row.event})" in made.text for row in made.interviews.rows)
        again = store.report("life", "Cold tea | <b>", questions=["Would you buy it?"], people=["Ana", "Bo"])
        assert again.interviews is not None and again.interviews.recorded


def test_the_command_line_extracts_writes_and_fails_with_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TROUPE_STORE", raising=False)
    with Store("troupe.db") as store:
        sim = store.begin("life", model="improviser")
        sim.add_world("Kitchen")
        sim.add_person({"name": "Ana Reyes"})
        sim.broadcast("Tea?")
        sim.run(1)
    (tmp_path / "f.yaml").write_text("- {name: n, type: integer}\n")
    first = call("extract", "life", "--field", "told", "--fields", "f.yaml", "--out", "o.json", "--json")
    assert first.exit_code == 0, first.stderr
    told = json.loads(first.stdout)
    assert [value["field"] for value in told["values"]] == ["n", "told"] and not told["recorded"]
    assert [row["field"] for row in json.loads((tmp_path / "o.json").read_text())["rows"]] == ["n", "told"]
    second = call("extract", "life", "--field", "told", "--fields", "f.yaml")
    assert second.exit_code == 0 and "from the record, 0 calls" in second.stdout
    assert call("extract", "life").exit_code == 2
    assert call("extract", "life", "--field", "a:colour").exit_code == 2
    (tmp_path / "f.yaml").write_text("name: n\n")
    assert "write a list of fields" in call("extract", "life", "--fields", "f.yaml").stderr


def test_the_command_line_writes_a_report_and_refuses_an_empty_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TROUPE_STORE", raising=False)
    with Store("troupe.db") as store:
        sim = store.begin("life", model="improviser")
        sim.add_world("Kitchen")
        sim.add_person({"name": "Ana Reyes"})
    (tmp_path / "sales.csv").write_text("month,sold\nMay,3\n")
    words = ("report", "life", "--title", "Tea", "--question", "Tea?", "--field", "told", "--table", "sales.csv")
    shown = call(*words)
    assert shown.exit_code == 0, shown.stderr
    for part in (
        "# Tea",
        "Synthetic answers of model improviser, not people.",
        "### Tea?",
        "## sales",
        "| May | 3 |",
    ):
        assert part in shown.stdout
    for ending in (".md", ".html", ".docx", ".json"):
        assert call(*words, "--out", f"tea{ending}").exit_code == 0
        assert (tmp_path / f"tea{ending}").stat().st_size > 0
    assert call(*words, "--out", "tea.md").exit_code == 2
    assert call("report", "life").exit_code == 2
