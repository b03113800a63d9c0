"""Events of validation: a prediction that is sealed, and real answers that are loaded to compare it with."""

from typing import Literal

from pydantic import Field

from troupe_es.events.base import Given


class PredictionSealed(Given):
    """The hash of a prediction is written down, in a side branch; what it predicts stays with whoever made it."""

    type: Literal["prediction-sealed"] = "prediction-sealed"
    sha256: str = Field(pattern="^[0-9a-f]{64}$", description="of the prediction's canonical bytes")
    format: str = Field(description="how those bytes are made")
    questions: list[str] = Field(min_length=1, description="what is predicted, in alphabetical order")
    edition: int = Field(ge=1)


class TruthLoaded(Given):
    """Real answers were read from a file, in a side branch."""

    type: Literal["truth-loaded"] = "truth-loaded"
    sha256: str = Field(pattern="^[0-9a-f]{64}$", description="of the file's bytes")
    columns: list[str] = Field(min_length=1, description="the columns that were read, in alphabetical order")
    n: int = Field(ge=0, description="rows of the file")
    edition: int = Field(ge=1)
