"""Events of what people make with tools, and of the user's own code that a simulation uses."""

from typing import Literal

from pydantic import Field

from troupe_es.events.base import Body, Given


class CodeEnabled(Given):
    """Code of the user's own is used from now on: its name, and a fingerprint by which a change of it shows."""

    type: Literal["code-enabled"] = "code-enabled"
    kind: Literal["condition", "effect", "schedule", "rule"]
    name: str
    fingerprint: str = Field(description="SHA-256 of the code's source")


class DocumentWritten(Body):
    """A person wrote a document; one of the same title is replaced. The others see nothing of it."""

    type: Literal["document-written"] = "document-written"
    title: str
    author: str
    content: str = Field(description="the text, in Markdown")
    enriched: bool = Field(False, description="whether a model worked it out beyond what its author wrote")


class AppointmentMade(Body):
    """A person entered an appointment, in simulated time; those who attend perceive it."""

    type: Literal["appointment-made"] = "appointment-made"
    title: str
    start: str = Field(description="ISO 8601 without a zone")
    end: str
    attendees: list[str] = Field(default_factory=list, description="ids of the others")
    place: str = ""
    notes: str = ""
