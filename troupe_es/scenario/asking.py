"""What a program asks aside: surveys, extractions and claims.

They are put in side branches where the program stands: the life's events and its head are the same with and without.
"""

from typing import Annotated, Any, TypeAlias

from pydantic import Discriminator, Field, Tag, field_validator, model_validator

from troupe_es.errors import BadCommand
from troupe_es.events.types import Sought
from troupe_es.extraction.fields import checked, fields_of
from troupe_es.scenario.staging import Strict, Text
from troupe_es.survey.spec import Survey


def _written(value: Any) -> str:
    return "<name>" if isinstance(value, str) else "<whole>"


NamedSurvey: TypeAlias = Annotated[
    Annotated[Text, Tag("<name>")] | Annotated[Survey, Tag("<whole>")], Discriminator(_written)
]
"""A survey file relative to the scenario file, or a survey written here."""


def _number(value: Any) -> str:
    return "<one>" if isinstance(value, str) else "<several>"


Claims: TypeAlias = Annotated[
    Annotated[Text, Tag("<one>")] | Annotated[list[Text], Tag("<several>")], Discriminator(_number)
]
"""A claim, or several."""


class SurveyItem(Strict):
    """Ask people the questions of a survey, each by themselves."""

    survey: NamedSurvey = Field(description="a survey file, relative to the scenario file, or a survey written here")
    of: list[Text] = Field(default_factory=list, description="who is asked; nobody named: everybody")


class ExtractItem(Strict):
    """Find typed values in what people perceived and did."""

    extract: list[Text | Sought] = Field(
        min_length=1, description="what is found: NAME:TYPE:DESCRIPTION, or objects with name, type and description"
    )
    of: list[Text] = Field(default_factory=list, description="whose life; nobody named: everybody's")
    world: Text | None = Field(None, description="everybody in this world, where nobody is named")
    objective: str = Field("", description="what it is wanted for")
    limit: int = Field(24_000, strict=True, ge=100, description="most tokens of history that are shown at once")

    @field_validator("extract")
    @classmethod
    def _fields(cls, given: list[str | Sought]) -> list[str | Sought]:
        try:
            checked(fields_of(given))
        except BadCommand as error:
            raise ValueError(str(error)) from None
        return given

    @model_validator(mode="after")
    def _one_place(self) -> "ExtractItem":
        if self.of and self.world is not None:
            raise ValueError("extract of people or of a world: give 'of' or 'world', not both")
        return self


class CheckItem(Strict):
    """Have claims judged by what people remember."""

    check: Claims = Field(description="a claim, or several; {{name}} stands for those it is about")
    given: Claims = Field(
        default_factory=list, description="what must hold first, or nothing else is judged: a claim, or several"
    )
    twice: bool = Field(
        False,
        strict=True,
        description="whether each claim's denial is judged too; where the two contradict, it cannot be told",
    )
    of: list[Text] = Field(default_factory=list, description="whom they are about; nobody named: everybody")
    world: Text | None = Field(None, description="everybody in this world, where nobody is named")
    last: int = Field(40, strict=True, ge=1, description="how many of the latest memories are shown")

    @field_validator("check")
    @classmethod
    def _some(cls, claims: str | list[str]) -> str | list[str]:
        if not claims:
            raise ValueError("needs at least one claim")
        return claims


AsideItem: TypeAlias = SurveyItem | ExtractItem | CheckItem
"""Program items that are asked aside."""
