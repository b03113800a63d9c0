"""Tables from files as rows: CSV and JSON lines as they are, parquet and xlsx through polars.

polars and not pandas, because it reads both with one library and fastexcel, without numpy and pyarrow behind it.
"""

import csv
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

from troupe_es.errors import UsageError
from troupe_es.extras import need

Row: TypeAlias = Mapping[str, Any]


def read(path: Path) -> list[Row]:
    """Return the rows of the table at ``path``, each with the same columns.

    Takes .csv and .tsv (the first line names the columns), .jsonl (an object a line), .parquet and .xlsx (the first
    sheet). Raises UsageError that names the file, and the line where there is one.
    """
    suffix = path.suffix.lower()
    if suffix in (".csv", ".tsv"):
        return _csv(path, "\t" if suffix == ".tsv" else ",")
    if suffix == ".jsonl":
        return _jsonl(path)
    if suffix in (".parquet", ".xlsx"):
        return _polars(path, suffix)
    raise UsageError(f"{path}: a table is a .csv, .tsv, .jsonl, .parquet or .xlsx file")


def _csv(path: Path, delimiter: str) -> list[Row]:
    lines = csv.reader(io.StringIO(_decoded(path), newline=""), delimiter=delimiter, strict=True)
    try:
        head, rows = next(lines, []), [(lines.line_num, row) for row in lines if row]
    except csv.Error as error:
        raise UsageError(f"{path}: line {lines.line_num}: {error}") from None
    if len(set(head)) < len(head):
        raise UsageError(f"{path}: two columns have the same name")
    for number, row in rows:
        if len(row) != len(head):
            raise UsageError(f"{path}: line {number} has {len(row)} entries, but there are {len(head)} columns")
    return [dict(zip(head, row, strict=True)) for _, row in rows]


def _jsonl(path: Path) -> list[Row]:
    rows = []
    for number, line in enumerate(_decoded(path).split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError:
            row = None
        if not isinstance(row, dict):
            raise UsageError(f"{path}: line {number} is no JSON object")
        rows.append(row)
    columns = dict.fromkeys(column for row in rows for column in row)
    return [{column: row.get(column) for column in columns} for row in rows]


def _decoded(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or 'it is not UTF-8'}") from None


def _polars(path: Path, suffix: str) -> list[Row]:
    polars = need("polars", "tables", f"{suffix} files")
    if suffix == ".xlsx":
        need("fastexcel", "tables", f"{suffix} files")
    if not path.is_file():
        raise UsageError(f"{path}: cannot be read: No such file")
    try:
        frame = polars.read_parquet(path) if suffix == ".parquet" else polars.read_excel(path)
    except Exception as error:  # every reader behind it has its own tree of errors
        raise UsageError(f"{path}: cannot be read: {str(error).splitlines()[0]}") from None
    return list(frame.to_dicts())
