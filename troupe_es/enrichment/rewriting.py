"""Writes a text anew: a model is asked to, and shown what it may draw on, as data."""

from importlib.resources import files

from pydantic import BaseModel, ConfigDict, Field

from troupe_es import canonical
from troupe_es.acting import Acting, Form, Misfit, read_as, record, text
from troupe_es.events import types
from troupe_es.llm import Effect, Message, Response, Schema

REWRITE = (files(__package__) / "rewrite.txt").read_text(encoding="utf-8").rstrip("\n")
SCHEMA = Schema("rewriting", record(text=text()))
LONGEST = 60_000
"""Characters of a text that was written anew, at most."""

ROOM = 1.5
"""Tokens that a new text may take, for each that the old one has at most, beside what requirements add."""

ADDED = 2000
"""Tokens that may be added."""


class _Rewritten(BaseModel):
    model_config = ConfigDict(extra="ignore", defer_build=True)

    text: str = Field(max_length=LONGEST)


def rewrite(acting: Acting, asked: types.RewritingAsked) -> Effect[None]:
    """Decide the new text."""
    model = acting.state.settings.model_for("-", "generation")
    written = yield from acting.ask("generation", model, form(asked))
    acting.happen(types.Rewritten(text=written or "", failed=acting.reason if written is None else None))


def form(asked: types.RewritingAsked) -> Form[str]:
    """Return how a new text is asked for: what stays the same from text to text comes first."""
    told = {"requirements": asked.requirements, "style": asked.style}
    wanted = {name: words for name, words in told.items() if words}
    system = "\n".join([REWRITE, *([f"\n# What is wanted\n{canonical.told(wanted)}"] if wanted else [])])
    context = "\n".join(canonical.told({"context": each}) for each in asked.context)
    known = f"# The context\n{context}\n\n" if context else ""
    shown = f"{known}# The text\n{canonical.told({'text': asked.text})}\n\nAnswer with the JSON object alone."
    room = round(len(asked.text) / 3 * ROOM) + ADDED
    return Form(Message("user", shown, Message("system", system)), SCHEMA, read, room=room)


def read(response: Response) -> str:
    """Return the new text. Raises Misfit for an empty one."""
    written = read_as(_Rewritten, response).text.strip()
    if not written:
        raise Misfit("the text is empty.")
    return written
