"""The word processor: a person writes a document, whole, and may write it anew; the last one of a title stands.

With the option ``enrich`` (what is asked of every document, in words) a model works the text out further, in the
purpose ``generation``; the author's words stay in the action, and are the document where no usable answer comes.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

from troupe_es import canonical
from troupe_es.acting import Acting, Form, Misfit, read_as, record, text
from troupe_es.acts import Intent
from troupe_es.agent import templates
from troupe_es.agent.faculties.content import failed, read
from troupe_es.agent.faculty import Offer
from troupe_es.errors import BadCommand
from troupe_es.events import types
from troupe_es.llm import Effect, Message, Schema
from troupe_es.projections import Person
from troupe_es.tools import plain

WRITE = "WRITE_DOCUMENT"
USE = (
    'write a document, whole. "content" is a JSON object {"title":"...","content":"the text, in Markdown",'
    '"author":"..."}; the author may be left out. A document of the same title is replaced.'
)
ENRICHED = Schema("enriched_document", record(content=text()))
LONGEST = 60_000
"""Characters of a document that a model worked out."""


class _Written(BaseModel):
    model_config = ConfigDict(extra="ignore", defer_build=True)

    title: str = Field(min_length=1, max_length=200)
    content: str = Field(min_length=1)
    author: str = Field("", max_length=200)

    @field_validator("title", "author")
    @classmethod
    def _on_one_line(cls, words: str) -> str:
        line = " ".join(plain(words).split())
        if words and not line:
            raise ValueError("must have something in it")
        return line


class _Enriched(BaseModel):
    content: str = Field(min_length=1, max_length=LONGEST)


class WordProcessor:
    """Writes documents; option ``enrich``: what a model is to add to each, off when absent."""

    def check(self, options: Mapping[str, Any]) -> None:
        """Refuse what is no option."""
        if set(options) - {"enrich"} or not isinstance(options.get("enrich", ""), str):
            raise BadCommand("a word-processor has one option, 'enrich': what is asked of each document, in words")

    def offers(self, options: Mapping[str, Any]) -> tuple[Offer, ...]:
        """Return the one action."""
        return (Offer(WRITE, USE),)

    def perform(self, acting: Acting, person: Person, intent: Intent, options: Mapping[str, Any]) -> Effect[None]:
        """Write the document, as an event."""
        try:
            written = read(_Written, intent.content)
        except Misfit as error:
            acting.happen(failed(intent, f"Nothing is written: {error}"))
            return
        content, enriched = plain(written.content), False
        if options.get("enrich"):
            better = yield from _enrich(acting, person, written, options["enrich"])
            content, enriched = (content, False) if better is None else (plain(better), True)
        author = written.author or " ".join(person.name.split())
        acting.happen(types.DocumentWritten(title=written.title, author=author, content=content, enriched=enriched))


def _enrich(acting: Acting, person: Person, written: _Written, wanted: str) -> Effect[str | None]:
    """Return the text as a model works it out, None where no usable answer comes."""
    told = canonical.told({"title": written.title, "author": written.author, "content": plain(written.content)})
    words = templates.ENRICH_DOCUMENT.substitute(wanted=" ".join(wanted.split()), document=told)
    form = Form(Message("user", words), ENRICHED, lambda response: read_as(_Enriched, response).content)
    model = acting.state.settings.model_for(person.id, "generation")
    return (yield from acting.ask("generation", model, form))
