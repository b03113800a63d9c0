"""How a table of people's answers is to be read: which column answers which question, and what its entries mean."""

from typing import Literal, TypeAlias

from pydantic import Field, model_validator

from troupe_es.scenario.staging import Strict, Text

Kind: TypeAlias = Literal["numeric", "ordinal", "ranking", "categorical", "multiple"]
MISSING = ("", "NA", "N/A", "n/a", "NaN", "nan", "null", "None")


class Column(Strict):
    """The column, or the columns, that answer one question."""

    column: Text | None = Field(None, description="the column that holds the answer")
    columns: dict[Text, Text] = Field(
        default={},
        description="instead, a column for each option: its rank (ranking), or whether it is ticked (multiple)",
    )
    kind: Kind = Field("categorical", description="what kind of answers it holds")
    options: tuple[str | int | float, ...] = Field(
        default=(), description="all answers that could be given, in order; for 'ordinal' their numbers"
    )
    codes: dict[str, str | int | float] = Field(
        default={}, description="what an entry stands for: 'Definitely not' → 1, say"
    )
    separator: Text = Field(";", description="between the entries of a ranking (best first) or of a multiple choice")

    @model_validator(mode="after")
    def _one_place(self) -> "Column":
        if (self.column is None) == (not self.columns):
            raise ValueError("give either 'column' or 'columns'")
        if self.kind == "ordinal" and any(isinstance(o, str) for o in (*self.options, *self.codes.values())):
            raise ValueError("an ordinal answer is a number: 'options' are numbers, and 'codes' stand for them")
        if self.columns and self.kind not in ("ranking", "multiple"):
            raise ValueError(f"a {self.kind} answer stands in one column: give 'column'")
        return self


class Table(Strict):
    """A file of people's answers, a person a row, and how to read it."""

    file: Text = Field(description=".csv, .tsv or .jsonl; .parquet and .xlsx with the extra 'tables'")
    questions: dict[Text, Column] = Field(min_length=1, description="the columns of each question, by its name")
    groups: dict[Text, Text] = Field(default={}, description="columns that put people into subgroups, by their name")
    missing: tuple[str, ...] = Field(MISSING, description="entries that stand for no answer")


class Truth(Table):
    """Real people's answers, with which those to a survey of the program are compared once it has been lived."""

    survey: Text | None = Field(
        None, description="the title of the survey; absent: the last in the program that asks all these questions"
    )
    by: list[Text] = Field(
        default_factory=list, description="subgroups too: NAME of a group, or NAME=TRAIT of the simulated people"
    )
    seal: bool = Field(
        False, strict=True, description="whether the prediction's hash is put into the log before the file is read"
    )
