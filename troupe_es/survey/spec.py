"""A survey as people write it, in a file or in Python."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from troupe_es.errors import BadCommand
from troupe_es.events.types import SurveyQuestion


class Survey(BaseModel):
    """Questions that are put to people in this order, each by themselves."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    title: str = Field("", max_length=400)
    introduction: str = Field("", max_length=20_000, description="what people are told before the first question")
    seed: int = Field(0, description="settles the order in which each person sees the options")
    questions: list[SurveyQuestion] = Field(min_length=1)


def survey_of(written: Any, source: str) -> Survey:
    """Return the survey that ``written`` is. Raises BadCommand naming the wrong field and ``source``."""
    try:
        return written if isinstance(written, Survey) else Survey.model_validate(written)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BadCommand(f"{source}: {where or 'survey'}: {first['msg']}") from None
