"""What a scenario file can say to steer: effects that only interventions have, stories, and what is called off."""

from pydantic import Field, JsonValue

from troupe_es.scenario.staging import Strict, Text


class Stop(Strict):
    """End the run early; what else there is to do happens first."""

    stop: bool = Field(strict=True, description="true")


class Calling(Strict):
    """Code of the user's own, by its name."""

    name: Text
    options: dict[str, JsonValue] = Field(default_factory=dict, description="what it is called with")


class Call(Strict):
    """Let registered code say what happens."""

    call: Calling


class Telling(Strict):
    """What story is told."""

    requirements: str = Field("", description="what it is to be like")
    continues: bool = Field(False, description="whether it goes on from what happened; else it sets the scene")
    world: Text | None = Field(None, description="where it is set and heard; absent: in all worlds")
    last: int = Field(100, strict=True, ge=1, description="how many of the latest memories it goes on from")


class StoryItem(Strict):
    """Have a story told that everybody hears."""

    story: Telling


class CallingOff(Strict):
    """Let an intervention happen no more."""

    call_off: Text = Field(description="the intervention's name")
