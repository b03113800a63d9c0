"""What every event's body is made of, and the settings that decide how people are asked."""

from typing import ClassVar, Literal, TypeAlias, get_args

from pydantic import BaseModel, ConfigDict, Field, field_validator

Source: TypeAlias = Literal["script", "command", "steering", "fork"]
StimulusKind: TypeAlias = Literal[
    "CONVERSATION", "SOCIAL", "LOCATION", "VISUAL", "THOUGHT", "INTERNAL_GOAL_FORMULATION"
]
ActionKind: TypeAlias = Literal["THINK", "TALK", "REACH_OUT"]
Order: TypeAlias = Literal["parallel", "sequential"]
Access: TypeAlias = Literal["open", "network"]
ProfileChoice: TypeAlias = Literal["auto", "full", "small"]
PURPOSES = ("turn", "ask", "judging", "consolidation", "extraction", "generation", "embedding")
"""What a model is asked for."""

Check: TypeAlias = Literal["persona", "self-consistency", "fluency", "suitability", "similarity"]
HUMAN = "human"
"""The name of whoever answers in person."""

CHECKS: tuple[Check, ...] = get_args(Check)
"""What an action can be checked for before it is taken."""

FROZEN = ConfigDict(frozen=True, extra="forbid", defer_build=True)
"""Validators are built when first used: importing the package builds none."""


class Body(BaseModel):
    """What an event says, beside its envelope."""

    model_config = FROZEN

    given: ClassVar[bool] = False
    version: ClassVar[int] = 1
    closes: ClassVar[bool] = False
    """Whether an act in which somebody is asked something ends with it."""

    type: str
    repaired: int = Field(0, description="lone surrogates replaced by U+FFFD on entry; left out when 0")


class Given(Body):
    """A fact that came from outside, with the hand it came from."""

    given: ClassVar[bool] = True
    source: Source = "command"


class Settings(BaseModel):
    """What decides how people are asked; part of the log, so that a replay asks the same."""

    model_config = FROZEN

    model: str = Field("", description="name of the model that answers, as in --model")
    models: dict[str, str] = Field(
        default_factory=dict,
        description="other models for some: by 'person:ID', or by purpose ('turn', 'judging'…); a person's own wins",
    )
    profile: ProfileChoice = Field(
        "auto", description="how people are put to a model: 'small' for models that need it; auto: local ones do"
    )
    temperature: float | None = Field(None, ge=0, le=2, description="left to the provider when null")
    max_tokens: int = Field(1024, ge=16, le=1_000_000, description="most tokens of one answer")
    order: Order = Field("parallel", description="parallel: all act on the same state; sequential: one by one")
    attempts: int = Field(3, ge=1, le=10, description="how often one turn is asked before it fails")
    max_actions: int = Field(15, ge=1, le=100, description="most actions of one turn")
    who: Literal["all", "active"] = Field(
        "all", description="who acts in a step: all, or only those whom something new has reached"
    )
    subset: int | None = Field(None, ge=1, description="at most so many of them, drawn anew each step; null: all")
    rounds: int = Field(
        4, ge=1, le=20, description="how often a turn goes on after what its actions brought to light"
    )
    repetition: float | None = Field(
        None,
        ge=0,
        le=1,
        description="a turn ends before an action whose words are as similar to the last; null: never",
    )
    checks: list[Check] = Field(
        default_factory=list, description="what actions are checked for before they are taken"
    )
    check_threshold: int = Field(5, ge=0, le=9, description="lowest score, of 9, that passes a check")
    check_attempts: int = Field(2, ge=1, le=5, description="most times that actions are checked; the best are taken")
    check_rewrite: bool = Field(
        False, description="whether a judge who finds fault writes the actions anew, instead of the person"
    )
    episode: int | None = Field(
        None, ge=2, description="memories in an episode, which is consolidated when it is over; null: never"
    )
    reflect: int | None = Field(None, ge=1, description="episodes between two reflections; null: none")
    embedder: str = Field("", description="model that tells which memories mean the like; empty: words alone do")
    memory_first: int = Field(10, ge=0, le=1000, description="earliest memories always shown")
    memory_last: int = Field(20, ge=1, le=10_000, description="latest memories always shown")
    memory_block: int = Field(40, ge=1, le=10_000, description="the window's start moves in blocks of so many")

    @field_validator("models")
    @classmethod
    def _for_somebody(cls, models: dict[str, str]) -> dict[str, str]:
        for key, model in models.items():
            if not (key in PURPOSES or key.startswith("person:")) or not model.strip():
                raise ValueError(
                    f"{key!r}: {model!r} is no choice; write 'person:ID' or {' or '.join(PURPOSES)}, and a model"
                )
        return models

    def model_for(self, person: str, purpose: str) -> str:
        """Return the model that answers for ``person`` when asked for ``purpose``.

        A human takes their turns and answers questions; all else about them is asked of a model.
        """
        own = self.models.get(f"person:{person}")
        if own == HUMAN and purpose not in ("turn", "ask"):
            own = None
        return own or self.models.get(purpose) or self.model


class Mind(BaseModel):
    """The cognitive state a person reports with each turn."""

    model_config = FROZEN

    goals: str = ""
    context: list[str] = Field(default_factory=list)
    attention: str = ""
    emotions: str = ""
