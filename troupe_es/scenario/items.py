"""What a program does to people: who joins, what they perceive, how they change, and how long they live on."""

from typing import Any, Literal, Self

from pydantic import Field, JsonValue, model_validator

from troupe_es.agent.specification import Recollection
from troupe_es.errors import UsageError
from troupe_es.events.types import Mind, StimulusKind
from troupe_es.llm import images
from troupe_es.scenario.equipping import NamedDocument, NamedFaculty
from troupe_es.scenario.staging import Span, Strict, Text


class Person(Strict):
    """Somebody who takes part: from a persona file, or written here."""

    file: Text | None = Field(None, description="a persona file, relative to the scenario file")
    persona: dict[str, JsonValue] | None = Field(None, description="the persona itself, instead of a file")
    fragments: list[Text] = Field(default_factory=list, description="fragment files, merged in this order")
    prefer: Literal["persona", "fragment"] | None = Field(
        None, description="whose value counts where a fragment says otherwise; absent: that is an error"
    )
    world: Text | None = Field(None, description="where they begin; may be left out when there is one world")
    origins: dict[str, str] = Field(
        default_factory=dict, description="which fragment gave which trait, once fragments are merged in"
    )
    mind: Mind | None = Field(None, description="their state of mind at the beginning; also from a file")
    past: list[Recollection] = Field(
        default_factory=list, description="what they bring along from an earlier life; also from a file"
    )
    faculties: list[NamedFaculty] = Field(
        default_factory=list, description="what they can do beside what everybody can"
    )
    documents: list[NamedDocument] = Field(
        default_factory=list, description="what they can consult, files or written here, beside everybody's documents"
    )

    @model_validator(mode="after")
    def _one_source(self) -> "Person":
        if (self.file is None) == (self.persona is None):
            raise ValueError("needs either 'file' or 'persona'")
        if self.origins and self.persona is None:
            raise ValueError("'origins' belongs to a 'persona' that fragments are merged into already")
        return self


class _Stimulus(Strict):
    """What is perceived. An image is seen: its kind is VISUAL, said or not."""

    kind: StimulusKind = "CONVERSATION"
    speaker: str = Field("", description="whose words these are, if anyone's in particular")
    image: Text | None = Field(
        None, description="what is seen: an image file, relative to the scenario file, or a data URL"
    )

    @model_validator(mode="before")
    @classmethod
    def _seen(cls, item: Any) -> Any:
        if isinstance(item, dict) and item.get("image") is not None:
            return {"kind": "VISUAL", **item}
        return item

    @model_validator(mode="after")
    def _visual(self) -> Self:
        if self.image is not None and self.kind != "VISUAL":
            raise ValueError(f"an image is seen: its kind is VISUAL, not {self.kind}")
        if self.image is not None and self.image.startswith(images.DATA):
            try:
                images.read_url(self.image)
            except UsageError as error:
                raise ValueError(str(error)) from None
        return self


class Broadcast(_Stimulus):
    """Words, a sight, a thought… for everyone."""

    broadcast: Text = Field(description="what everyone perceives")
    world: Text | None = Field(None, description="only for those in this world; absent: for all worlds")


class Say(_Stimulus):
    """The same for some people only."""

    say: Text = Field(description="what they perceive")
    to: list[Text] = Field(min_length=1, description="names of the people")


class RunSteps(Span):
    """Live on for some steps; the times given add up to what each step takes, a minute if there is none."""

    run: int = Field(strict=True, ge=1, description="how many steps")
    only: list[Text] = Field(default_factory=list, description="names of those who act; nobody named: everybody")

    @property
    def each(self) -> int:
        """Simulated seconds of one step."""
        return 60 if self.total is None else self.total


class Setting(Strict):
    """One value by path."""

    path: Text = Field(description="settings.NAME, or people.PERSON.TRAIT with the person's id")
    value: JsonValue = Field(description="the new value")
    merge: bool = Field(False, description="whether a trait's value is merged into the one that is there")
    overwrite: bool = Field(True, description="whether a trait that says something else may be replaced")


class Set(Strict):
    """Change a setting or a trait from here on."""

    set: Setting


class Merging(Strict):
    """A fragment for somebody who is there."""

    to: Text = Field(description="the person's name")
    file: Text | None = Field(None, description="a fragment file, relative to the scenario file")
    traits: dict[str, JsonValue] | None = Field(None, description="the fragment's traits, instead of a file")
    name: str = Field("", description="what the traits are marked with; absent: the file's name")
    prefer: Literal["persona", "fragment"] | None = Field(
        None, description="whose value counts where both say something else; absent: that is an error"
    )

    @model_validator(mode="after")
    def _one_source(self) -> "Merging":
        if (self.file is None) == (self.traits is None):
            raise ValueError("needs either 'file' or 'traits'")
        return self


class Fragment(Strict):
    """Merge a fragment into somebody's persona from here on."""

    fragment: Merging


class Add(Strict):
    """Let somebody join."""

    add: Person
