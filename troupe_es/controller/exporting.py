"""Tables as files and as DataFrames: json, jsonl, csv, parquet, xlsx, md, html and docx, with no program beside it.

What stands in a cell may come from a model or the web, so it is never a formula: in xlsx every text is written as a
text, and in csv one that a spreadsheet would calculate gets an apostrophe before it. A table of synthetic answers
says so: in a column of its own where there are only rows, and in a line above them where there is room for one.
"""

import csv
import io
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from troupe_es.errors import UsageError
from troupe_es.extraction.reporting import plain
from troupe_es.extras import need
from troupe_es.toolbox import office

Row: TypeAlias = Mapping[str, Any]

FORMULA = ("=", "+", "-", "@")
"""What a text begins with, after white space, that a spreadsheet would calculate."""

SOURCE = "source"
"""The column that says where a row comes from."""

LONGEST_CELL = 32_767
"""Characters that a cell of xlsx holds."""


@dataclass(frozen=True)
class Table:
    """Rows with the same columns, under a title; ``note`` is the line that stands on every export."""

    rows: Sequence[Row]
    title: str = "Table"
    note: str = ""

    @property
    def columns(self) -> list[str]:
        """Every column, in the order in which they first come up."""
        return list(dict.fromkeys(column for row in self.rows for column in row))


def export(table: Table, path: str | os.PathLike[str]) -> Path:
    """Write ``table`` to a new file, in the form its name ends in. Returns its path.

    Raises UsageError for a name that says no form, a file that is there, or a form whose extra is not installed.
    """
    file = Path(path)
    content = check(file)(table)
    try:
        with file.open("xb") as out:
            out.write(content)
    except FileExistsError:
        raise UsageError(f"{file} is there already: name another file, or remove it first") from None
    except OSError as error:
        raise UsageError(f"{file}: cannot be written: {error.strerror or error}") from None
    return file


def check(file: Path) -> Callable[[Table], bytes]:
    """Return how a table is written to ``file``. Raises UsageError for a name that says no form, or is taken."""
    form = FORMS.get(file.suffix.lower())
    if form is None:
        raise UsageError(f"{file}: the name of a table's file must end in {', '.join(FORMS)}")
    if file.exists():
        raise UsageError(f"{file} is there already: name another file, or remove it first")
    return form


def frame(rows: Sequence[Row]) -> Any:
    """Return ``rows`` as a polars DataFrame; lists and objects become JSON texts.

    Raises UsageError when the extra ``tables`` is not installed.
    """
    return _frame(Table(rows))


def _flat(table: Table) -> tuple[list[str], list[list[Any]]]:
    """Return columns and cells (text, number, truth value or None), with the note in a column of its own."""
    columns = table.columns
    noted = [*columns, SOURCE] if table.note and SOURCE not in columns else columns
    cells = [[_cell(row.get(column)) for column in columns] for row in table.rows]
    return noted, [[*row, table.note] for row in cells] if len(noted) > len(columns) else cells


def _cell(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict | tuple) else value


def guarded(value: Any) -> Any:
    """Return a cell as no spreadsheet calculates it: a text that begins like a formula gets an apostrophe."""
    if not isinstance(value, str) or not (value.startswith(("\t", "\r")) or value.lstrip().startswith(FORMULA)):
        return value
    return f"'{value}"


def _json(table: Table) -> bytes:
    content = {"title": table.title, **({"note": table.note} if table.note else {}), "rows": [*map(dict, table.rows)]}
    return json.dumps(content, ensure_ascii=False, indent=2).encode() + b"\n"


def _jsonl(table: Table) -> bytes:
    note = {SOURCE: table.note} if table.note else {}
    return b"".join(json.dumps({**note, **row}, ensure_ascii=False).encode() + b"\n" for row in table.rows)


def _csv(table: Table) -> bytes:
    columns, cells = _flat(table)
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerows([guarded(cell) for cell in row] for row in [columns, *cells])
    return out.getvalue().encode()


def _frame(table: Table) -> Any:
    polars = need("polars", "tables", "parquet files and DataFrames")
    columns, cells = _flat(table)
    held = {column: _alike([row[place] for row in cells]) for place, column in enumerate(columns)}
    return polars.DataFrame(held, strict=False)


def _alike(cells: list[Any]) -> list[Any]:
    """Return a column whose cells are of one kind: where texts and numbers are mixed, all are texts."""
    kinds = {type(cell) for cell in cells if cell is not None}
    if kinds <= {int, float} or len(kinds) < 2:
        return cells
    return [cell if cell is None or isinstance(cell, str) else json.dumps(cell) for cell in cells]


def _parquet(table: Table) -> bytes:
    out = io.BytesIO()
    _frame(table).write_parquet(out)
    return out.getvalue()


def _xlsx(table: Table) -> bytes:
    columns, cells = _flat(table)
    out = io.BytesIO()
    book = need("xlsxwriter", "tables", "xlsx files").Workbook(out, {"in_memory": True})
    sheet, bold = book.add_worksheet("Table"), book.add_format({"bold": True})
    for place, column in enumerate(columns):
        sheet.write_string(0, place, column[:LONGEST_CELL], bold)
    for number, row in enumerate(cells, 1):
        for place, cell in enumerate(row):
            _write(sheet, number, place, cell)
    book.set_properties({"title": table.title[:255], "comments": table.note})
    book.close()
    return out.getvalue()


def _write(sheet: Any, row: int, place: int, cell: Any) -> None:
    """Write one cell as what it is: a text is never read for what it could mean."""
    if isinstance(cell, bool):
        sheet.write_boolean(row, place, cell)
    elif isinstance(cell, int | float):
        sheet.write_number(row, place, cell)
    elif cell is not None:
        sheet.write_string(row, place, str(cell)[:LONGEST_CELL])


def markdown(table: Table) -> str:
    """Return ``table`` as a Markdown table, without its title and note."""
    columns = table.columns
    cells = [[row.get(column) for column in columns] for row in table.rows]
    lines = [map(_escaped, columns), ["---"] * len(columns), *(map(_escaped, row) for row in cells)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines if columns)


def shown(value: Any) -> str:
    """Return a cell as a text."""
    return "" if value is None else str(_cell(value))


def _escaped(value: Any) -> str:
    """Return a cell in one line in which nothing of it is Markdown."""
    return "" if value is None else plain(_cell(value))


def _document(table: Table) -> office.Document:
    return office.Document(table.title, table.note, markdown(table), "", "", 0)


def _docx(table: Table) -> bytes:
    made = need("docx", "documents", "DOCX files").Document()
    made.add_heading(office.shown(table.title), 0)
    made.add_paragraph(office.shown(table.note))
    columns = table.columns
    if columns:
        grid = made.add_table(rows=1, cols=len(columns), style="Table Grid")
        heads: list[Any] = list(columns)
        for number, line in enumerate([heads, *([row.get(column) for column in columns] for row in table.rows)]):
            cells = grid.add_row().cells if number else grid.rows[0].cells
            for cell, value in zip(cells, line, strict=True):
                cell.text = office.shown(shown(value))
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


FORMS: dict[str, Callable[[Table], bytes]] = {
    ".json": _json,
    ".jsonl": _jsonl,
    ".csv": _csv,
    ".parquet": _parquet,
    ".xlsx": _xlsx,
    ".md": lambda table: office.markdown(_document(table)),
    ".html": lambda table: office.page(_document(table)),
    ".docx": _docx,
}
"""How a table is written, by the ending of the file's name."""
