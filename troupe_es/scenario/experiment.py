"""What a scenario file can say of an experiment, but for its arms, whose items are those of a program (``model``)."""

from typing import Any, Literal, Self, TypeAlias

from pydantic import Field, JsonValue, field_validator, model_validator

from troupe_es.errors import BadCommand
from troupe_es.events.types import Sought, SurveyQuestion
from troupe_es.scenario.asking import Claims
from troupe_es.scenario.staging import Strict, Text
from troupe_es.world import patterns

Kind: TypeAlias = Literal["numeric", "boolean", "categorical"]
"""What the values of an outcome are: numbers, yes and no, or one answer of several."""

OPTIONS = "{{options}}"
"""What stands, in the words people hear, for the options that are shown to them."""

NAME = "^[a-z0-9][a-z0-9._-]*$"

SOURCES: dict[str, tuple[Kind, ...]] = {
    "count": ("numeric", "boolean"),
    "said": ("categorical",),
    "claim": ("boolean", "numeric"),
    "extract": (),
    "question": (),
    "function": ("numeric", "boolean", "categorical"),
}
"""Where an outcome can come from, and what its values can be, the usual first; none: its type or kind says."""

EXTRACTED: dict[str, Kind] = {
    "number": "numeric",
    "integer": "numeric",
    "boolean": "boolean",
    "choice": "categorical",
    "text": "categorical",
}
ANSWERED: dict[str, Kind] = {
    "number": "numeric",
    "likert": "numeric",
    "yes-no": "numeric",
    "choice": "categorical",
}
"""What the values are of what can be extracted and asked; other types and kinds are no single value."""


class Outcome(Strict):
    """One thing that is found out of every replicate of every arm."""

    name: Text = Field(max_length=100, description="what the table calls it")
    count: Text | None = Field(
        None, description="a regular expression, as interventions have them: how often it occurs in what was said"
    )
    said: Text | None = Field(
        None,
        description="a regular expression: its first group (or all of it) where it first occurs in what was said",
    )
    claim: Text | None = Field(
        None, description="a claim that is judged at the end: whether it holds, or, as numeric, its score of 0 to 9"
    )
    given: Claims = Field(
        default_factory=list, description="what must hold before a claim is judged, or there is no value"
    )
    twice: bool = Field(
        False,
        strict=True,
        description="whether a claim's denial is judged too; where the two contradict, there is no value",
    )
    extract: Sought | None = Field(None, description="what is found, at the end, in what happened; one value")
    question: SurveyQuestion | None = Field(
        None,
        description="what people are asked at the end: numbers are averaged over them, of yes and no the share of "
        "yes counts, of a choice the answer that most gave",
    )
    function: Text | None = Field(None, description="code of the user's own, registered as an 'outcome'")
    values: Kind | None = Field(
        None, description="what its values are; absent: what comes of its source, numeric for a function"
    )
    of: list[Text] = Field(
        default_factory=list, description="whose words count, or whom the claim is about; nobody named: everybody"
    )
    unblind: bool = Field(
        False, strict=True, description="whether it names an option by its label: the table then has its name"
    )
    options: dict[str, JsonValue] = Field(default_factory=dict, description="what the function is called with")

    @property
    def source(self) -> str:
        """The word of where it comes from, such as ``count``."""
        return next(word for word in SOURCES if getattr(self, word) is not None)

    @property
    def kind(self) -> Kind:
        """What its values are, said or not."""
        return self.values or self._can_be[0]

    @property
    def _can_be(self) -> tuple[Kind, ...]:
        if self.extract is not None:
            return (EXTRACTED[self.extract.type],) if self.extract.type in EXTRACTED else ()
        if self.question is not None:
            return (ANSWERED[self.question.kind],) if self.question.kind in ANSWERED else ()
        return SOURCES[self.source]

    @field_validator("count", "said")
    @classmethod
    def _an_expression(cls, text: str | None) -> str | None:
        try:
            patterns.compiled(text or "", any_case=False)
        except BadCommand as error:
            raise ValueError(f"is no regular expression that can be searched: {error}") from None
        return text

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        given = [word for word in SOURCES if getattr(self, word) is not None]
        if len(given) != 1:
            raise ValueError(f"needs one of {', '.join(map(repr, SOURCES))}")
        if not self._can_be:
            raise ValueError(f"this {given[0]!r} gives no single value of each replicate: count it with a function")
        if self.kind not in self._can_be:
            raise ValueError(f"{given[0]!r} gives {' or '.join(self._can_be)} values, not {self.kind} ones")
        if (self.given or self.twice) and self.claim is None:
            raise ValueError("'given' and 'twice' belong to a 'claim'")
        if self.extract is not None and (self.extract.type == "choice") != bool(self.extract.options):
            raise ValueError("'extract': a choice, and nothing else, has options")
        if self.unblind and self.kind != "categorical":
            raise ValueError("'unblind' is for categorical values: they name an option")
        if self.options and self.function is None:
            raise ValueError("'options' belong to a 'function'")
        return self


class Trial(Strict):
    """What all arms of an experiment share."""

    name: str = Field("exp", pattern=NAME, max_length=40, description="what its branches begin with: NAME-ARM-NUMBER")
    at: str | None = Field(
        None,
        pattern=r"^@([1-9]\d*|step:\d+)$",
        description="where the arms part, @EVENT or @step:N; absent: at the end of the program",
    )
    replicates: int = Field(10, strict=True, ge=1, le=10_000, description="how often every arm is lived")
    run: int = Field(0, strict=True, ge=0, description="how many steps every arm lives on for, after what it does")
    draw: int = Field(1, strict=True, ge=0, description="the draw of the first replicate, the same in every arm")
    options: dict[Text, Text] = Field(
        default_factory=dict,
        description=f"what stands where an arm says {OPTIONS}, by name, in an order that is balanced over replicates",
    )
    blind: bool = Field(
        False, strict=True, description="whether options are shown as A, B, … in place of their names"
    )
    options_seed: int | None = Field(
        None, strict=True, description="settles the order of options, of questions too; absent: the scenario's seed"
    )
    outcomes: list[Outcome] = Field(min_length=1, description="what is found out")
    audit: bool = Field(
        False, strict=True, description="whether it is audited as well: run again under what should change nothing"
    )

    @field_validator("outcomes")
    @classmethod
    def _once(cls, outcomes: list[Outcome]) -> list[Outcome]:
        return unique(outcomes, "outcome")

    @model_validator(mode="after")
    def _labels(self) -> Self:
        if len(self.options) == 1:
            raise ValueError("'options' must be at least two, or none")
        if len(self.options) > 26:
            raise ValueError("'options' can be 26 at most: they are called A to Z")
        if any(outcome.unblind for outcome in self.outcomes) and not self.blind:
            raise ValueError("an outcome can be unblinded where 'blind' is true")
        return self


def unique(named: list[Any], what: str) -> list[Any]:
    """Return what is ``named``. Raises ValueError where two have one name."""
    names = [each.name for each in named]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"two {what}s are named {name!r}")
    return named
