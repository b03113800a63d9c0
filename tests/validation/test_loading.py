"""Tables of real answers are read by a mapping, in every format alike, and errors name the place."""

import json
import random
import sys
from pathlib import Path
from typing import Any

import polars
import pytest
from pydantic import ValidationError

from troupe_es.errors import UsageError
from troupe_es.scenario.tables import Table
from troupe_es.validation import load

ROWS: list[dict[str, Any]] = [
    {"Id": 1, "Buy": "Definitely", "Age": 31, "Owns": "car; boat", "Order": "taste;price", "Drink": "1", "Sex": "f"},
    {"Id": 2, "Buy": "Never", "Age": None, "Owns": None, "Order": "price;taste", "Drink": "2", "Sex": "m"},
    {"Id": 3, "Buy": None, "Age": 58.5, "Owns": "bike", "Order": None, "Drink": "1", "Sex": "m"},
]
MAPPING: dict[str, Any] = {
    "file": "survey.csv",
    "questions": {
        "buy": {"column": "Buy", "kind": "ordinal", "codes": {"Never": 1, "Maybe": 2, "Definitely": 3}},
        "age": {"column": "Age", "kind": "numeric"},
        "owns": {"column": "Owns", "kind": "multiple", "options": ["car", "bike", "boat"]},
        "order": {"column": "Order", "kind": "ranking"},
        "drink": {"column": "Drink", "codes": {"1": "tea", "2": "coffee"}},
    },
    "groups": {"gender": "Sex"},
}


def table(**changes: Any) -> Table:
    return Table.model_validate({**MAPPING, **changes})


def written(folder: Path, suffix: str) -> Table:
    """The same rows in the format that ``suffix`` says."""
    path, frame = folder / f"survey{suffix}", polars.DataFrame(ROWS)
    if suffix == ".parquet":
        frame.write_parquet(path)
    elif suffix == ".xlsx":
        frame.write_excel(path)
    elif suffix == ".jsonl":
        path.write_text("\n".join(map(json.dumps, ROWS)) + "\n\n")
    else:
        frame.write_csv(path, separator="\t" if suffix == ".tsv" else ",", include_bom=True)
    return table(file=path.name)


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".jsonl", ".parquet", ".xlsx"])
def test_every_format_is_read_alike(tmp_path: Path, suffix: str) -> None:
    found = load(written(tmp_path, suffix), tmp_path)
    assert {name: given.values for name, given in found.items()} == {
        "buy": (3.0, 1.0),
        "age": (31.0, 58.5),
        "owns": (("car", "boat"), ("bike",)),
        "order": (("taste", "price"), ("price", "taste")),
        "drink": ("tea", "coffee", "tea"),
    }
    assert found["buy"].question.options == (1.0, 2.0, 3.0)
    assert found["buy"].groups == {"gender": ("f", "m")}
    assert found["age"].groups == {"gender": ("f", "m")}
    assert [given.missing for given in found.values()] == [1, 1, 1, 1, 0]
    assert found["buy"].source == f"survey{suffix}"


def test_a_column_for_each_option_is_read(tmp_path: Path) -> None:
    (tmp_path / "survey.csv").write_text("price,taste,car,bike\n2,1,yes,no\n1,2,0,0\n,,,\n")
    questions = {
        "order": {"columns": {"Price": "price", "Taste": "taste"}, "kind": "ranking"},
        "owns": {"columns": {"car": "car", "bike": "bike"}, "kind": "multiple"},
    }
    found = load(table(questions=questions, groups={}), tmp_path)
    assert found["order"].values == (("Taste", "Price"), ("Price", "Taste"))
    assert found["owns"].values == (("car",), ())
    assert found["owns"].missing == 1


def test_entries_may_hold_line_breaks_and_odd_signs(tmp_path: Path) -> None:
    (tmp_path / "survey.csv").write_text('Drink\n"tea,\u2028with\nmilk"\n', encoding="utf-8")
    found = load(table(questions={"drink": {"column": "Drink"}}, groups={}), tmp_path)
    assert found["drink"].values == ("tea,\u2028with\nmilk",)


@pytest.mark.parametrize(
    ("name", "content", "changes", "message"),
    [
        ("survey.csv", None, {}, "survey.csv: cannot be read: No such file"),
        ("survey.csv", b"Buy\n\xff\xfe\n", {}, "cannot be read: it is not UTF-8"),
        ("survey.csv", b"Buy,Age\n1\n", {}, "line 2 has 1 entries, but there are 2 columns"),
        ("survey.csv", b'Buy,Age\n"1,2\n', {}, "line 2: unexpected end of data"),
        ("survey.csv", b"Buy,Buy\n1,2\n", {}, "two columns have the same name"),
        ("survey.csv", b"Vote\n1\n", {}, "there is no column 'Buy': there are 'Vote'"),
        (
            "survey.csv",
            b"Age\nold\n",
            {"questions": {"age": {"column": "Age", "kind": "numeric"}}},
            "'old' is no number",
        ),
        ("survey.jsonl", b'{"Buy": 1}\n[1]\n', {"file": "survey.jsonl"}, "line 2 is no JSON object"),
        ("survey.parquet", b"no parquet", {"file": "survey.parquet"}, "survey.parquet: cannot be read"),
        ("survey.xlsx", b"no sheet", {"file": "survey.xlsx"}, "survey.xlsx: cannot be read"),
        ("survey.ods", b"", {"file": "survey.ods"}, "is a .csv, .tsv, .jsonl, .parquet or .xlsx file"),
    ],
)
def test_a_bad_file_gets_one_clear_error(
    tmp_path: Path, name: str, content: bytes | None, changes: dict[str, Any], message: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(UsageError) as error:
        load(table(**{"groups": {}, **changes}), tmp_path)
    assert message in str(error.value)


@pytest.mark.parametrize(
    "column",
    [
        {"kind": "numeric"},
        {"column": "a", "columns": {"x": "a"}},
        {"columns": {"x": "a"}, "kind": "ordinal"},
        {"column": "a", "kind": "ordinal", "options": ["low"]},
        {"column": "a", "kind": "ordinal", "codes": {"never": "low"}},
        {"column": "a", "colour": "red"},
    ],
)
def test_a_bad_mapping_is_refused(column: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        table(questions={"q": column})


def test_a_missing_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = written(tmp_path, ".parquet")
    monkeypatch.setitem(sys.modules, "polars", None)
    with pytest.raises(UsageError, match=r".parquet files need polars, .* 'troupe-es\[tables\]'"):
        load(made, tmp_path)


def test_no_bytes_crash_the_reader(tmp_path: Path) -> None:
    draw = random.Random(5)
    for _ in range(200):
        (tmp_path / "survey.csv").write_bytes(bytes(draw.choices(b'Buy,Age"\n\r\t\x00\xff1;', k=draw.randrange(40))))
        try:
            load(table(), tmp_path)
        except UsageError as error:
            assert "survey.csv" in str(error)
