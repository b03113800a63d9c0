"""Events of asking in side branches: what is extracted from a life, what people answer in a survey, and labels."""

from typing import ClassVar, Literal, TypeAlias

from pydantic import BaseModel, Field, JsonValue

from troupe_es.events.base import FROZEN, Body, Given

FieldType: TypeAlias = Literal["text", "number", "integer", "boolean", "choice", "list"]
QuestionKind: TypeAlias = Literal[
    "text", "yes-no", "choice", "multiple", "likert", "number", "rank", "matrix", "budget"
]


class Sought(BaseModel):
    """One thing that is to be found in what happened."""

    model_config = FROZEN

    name: str = Field(pattern="^[A-Za-z][A-Za-z0-9_]{0,63}$")
    type: FieldType = "text"
    description: str = Field("", max_length=4000)
    options: list[str] = Field(default_factory=list, description="of a choice: what there is to choose from")
    hints: str = Field("", max_length=4000, description="how to tell, in words")


class FoundValue(BaseModel):
    """The value of one thing that was sought, and the events it rests on; null: it is not there."""

    model_config = FROZEN

    field: str
    value: JsonValue
    evidence: list[int] = Field(description="events that were shown to the model")


class ExtractionAsked(Given):
    """Values are to be found in what people perceived and did, in a side branch."""

    type: Literal["extraction-asked"] = "extraction-asked"
    objective: str
    fields: list[Sought] = Field(min_length=1)
    about: list[str] | None = Field(None, description="whose life; null: that of everybody in the world")
    world: str | None = Field(None, description="null: all worlds")
    limit: int = Field(24_000, ge=100, description="most tokens of history that are shown at once, about")
    edition: int = Field(ge=1)


class Extracted(Body):
    """What was found, a value for each field in its order; ``failed`` says why there is no usable answer."""

    closes: ClassVar[bool] = True
    type: Literal["extracted"] = "extracted"
    values: list[FoundValue]
    parts: int = Field(description="into how many parts the history was divided")
    failed: str | None = None


class SurveyQuestion(BaseModel):
    """One question of a survey."""

    model_config = FROZEN

    id: str = Field(pattern="^[A-Za-z][A-Za-z0-9_]{0,63}$")
    kind: QuestionKind = "text"
    text: str = Field(min_length=1, max_length=4000)
    options: list[str] = Field(
        default_factory=list, description="what there is to choose, rank or spend on; of a scale, from its low end"
    )
    rows: list[str] = Field(default_factory=list, description="of a matrix: what each of the options is chosen for")
    low: float | None = Field(None, description="lowest number")
    high: float | None = Field(None, description="highest number")
    whole: bool = Field(False, description="whether a number must be whole")
    least: int = Field(0, ge=0, description="fewest options that may be ticked")
    most: int | None = Field(None, ge=1, description="most options that may be ticked")
    total: float | None = Field(None, gt=0, description="of a budget: what the shares must add up to")
    shuffle: bool = Field(
        True, description="whether each person sees the options (of a matrix, the rows) in an order of their own"
    )
    when: str = Field("", max_length=500, description="asked only if this holds of earlier answers: drinks == 'yes'")


class SurveyGiven(Given):
    """People are asked the same questions, each by themselves, in a side branch."""

    type: Literal["survey-given"] = "survey-given"
    title: str = ""
    introduction: str = ""
    questions: list[SurveyQuestion] = Field(min_length=1)
    people: list[str] = Field(min_length=1, description="who is asked, by id")
    seed: int = Field(0, description="settles the order in which each sees the options")
    edition: int = Field(ge=1)


class SurveyAnswered(Body):
    """One person's answer to one question; null where it was skipped, or where ``failed`` says why there is none."""

    type: Literal["survey-answered"] = "survey-answered"
    question: str
    answer: JsonValue
    reason: str = ""
    order: list[str] = Field(description="the options (of a matrix, the rows) as this person saw them")
    skipped: bool = False
    failed: str | None = None


class SurveyTaken(Body):
    """One person is through with a survey."""

    closes: ClassVar[bool] = True
    type: Literal["survey-taken"] = "survey-taken"
    answered: int
    skipped: int
    failed: int


class LabelsAsked(Given):
    """Texts are to be sorted under few labels, in a side branch."""

    type: Literal["labels-asked"] = "labels-asked"
    texts: list[str] = Field(min_length=1, description="each once, in alphabetical order")
    most: int = Field(ge=1, description="most labels")
    about: str = Field("", description="what the texts are, in words")
    edition: int = Field(ge=1)


class RewritingAsked(Given):
    """A text is to be written anew, in a side branch: in other words, or as requirements and style say."""

    type: Literal["rewriting-asked"] = "rewriting-asked"
    text: str = Field(min_length=1)
    requirements: str = Field("", description="what it must have, or be like")
    style: str = Field("", description="how it is to sound")
    context: list[str] = Field(default_factory=list, description="what may be drawn on, and is not contradicted")
    edition: int = Field(ge=1)


class Rewritten(Body):
    """The new text; ``failed`` says why there is none."""

    closes: ClassVar[bool] = True
    type: Literal["rewritten"] = "rewritten"
    text: str
    failed: str | None = None


class LabelsGiven(Body):
    """The labels, most used first, and which of them each text got (from 0, in the order of the texts)."""

    closes: ClassVar[bool] = True
    type: Literal["labels-given"] = "labels-given"
    labels: list[str]
    of: list[int]
    failed: str | None = None
