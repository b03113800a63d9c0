"""Documents a person can consult: the store holds their text by its hash, and the log names it.

Looking something up is a call like that of a tool, because the texts lie outside of what a decision sees: what was
found is recorded, and a replay finds the same whatever becomes of ranking. What a document says is data, in one line
of JSON; it can give no orders.
"""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from troupe_es import canonical
from troupe_es.acting import Acting
from troupe_es.acts import Intent
from troupe_es.agent.faculties.content import failed
from troupe_es.agent.faculty import Offer
from troupe_es.commands import Equip
from troupe_es.errors import BadCommand
from troupe_es.events import types
from troupe_es.llm import Effect, toolcalls
from troupe_es.projections import Person, State
from troupe_es.tools import plain

NAME = "documents"
CONSULT, LIST = "CONSULT", "LIST_DOCUMENTS"
CALL = "documents.consult"
"""The tool that is called; no tool of a user's can have this name."""

MOST = 1000
"""Documents one person can have."""

OFFERS = (
    Offer(LIST, 'see which documents you have. "content" is empty.'),
    Offer(
        CONSULT,
        'look something up in your documents. "content" is a question, or the name of a document to read from its '
        "beginning, or of a part of it as NAME#PART.",
    ),
)


class Given(BaseModel):
    """A document as it is given: its text, or the hash of it where the store holds it already."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    name: str = Field(min_length=1, max_length=200)
    text: str | None = None
    sha256: str | None = Field(None, pattern=r"^[0-9a-f]{64}$")
    characters: int = Field(0, ge=0)
    original: str | None = Field(
        None, pattern=r"^[0-9a-f]{64}$", description="SHA-256 (hex) of the file it was read from"
    )

    @model_validator(mode="after")
    def _one_source(self) -> "Given":
        if (self.text is None) == (self.sha256 is None):
            raise ValueError("needs either 'text' or 'sha256'")
        if "#" in self.name or self.name != " ".join(plain(self.name).split()):
            raise ValueError("a document's name has no '#', line breaks or double spaces")
        return self

    def recorded(self) -> dict[str, Any]:
        """Return what the log holds of it."""
        said: dict[str, Any] = {"name": self.name, "sha256": self.sha256, "characters": self.characters}
        if self.text is not None:
            said |= {"sha256": hash_of(self.text), "characters": len(plain(self.text))}
        return {**said, "original": self.original} if self.original else said


class _Passage(BaseModel):
    model_config = ConfigDict(extra="ignore", defer_build=True)

    document: str
    part: int
    of: int
    text: str
    score: float = Field(ge=0, le=1)


class _Consulted(BaseModel):
    passages: list[_Passage] = Field(max_length=100)


def hash_of(text: str) -> str:
    """Return the SHA-256 (hex) of a document's text as it is stored."""
    return hashlib.sha256(plain(text).encode()).hexdigest()


def read(options: Mapping[str, Any]) -> list[Given]:
    """Return the documents of these options. Raises BadCommand."""
    listed = options.get("documents")
    if set(options) != {"documents"} or not isinstance(listed, list) or not 0 < len(listed) <= MOST:
        raise BadCommand(f"documents are given as the option 'documents', a list of 1 to {MOST}")
    try:
        found = [Given.model_validate(each) for each in listed]
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise BadCommand(f"documents: {'.'.join(map(str, first['loc']))} {first['msg']}") from None
    names = [each.name.casefold() for each in found]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise BadCommand(f"documents: two are called {twice!r}; give them different names")
    return found


class Documents:
    """Lists and consults documents; option ``documents``: those there are."""

    def check(self, options: Mapping[str, Any]) -> None:
        """Refuse what are no documents."""
        read(options)

    def recorded(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Name every text by its hash."""
        return {"documents": [each.recorded() for each in read(options)]}

    def offers(self, options: Mapping[str, Any]) -> tuple[Offer, ...]:
        """Return the two actions."""
        return OFFERS

    def perform(self, acting: Acting, person: Person, intent: Intent, options: Mapping[str, Any]) -> Effect[None]:
        """List the documents, or look something up in them."""
        there = read(options)
        if intent.kind == LIST:
            listed = [{"name": each.name, "characters": each.characters} for each in there]
            acting.happen(types.ResultSeen(kind=LIST, content=canonical.told(listed)))
            return
        question = plain(intent.content).strip()
        if not question:
            acting.happen(failed(intent, "What is looked up must be said in the content."))
            return
        texts = {each.name: each.sha256 for each in there}
        outcome = toolcalls.outcome((yield from acting.call(CALL, {"question": question, "documents": texts})))
        acting.happen(_consulted(intent, outcome))


def _consulted(intent: Intent, outcome: toolcalls.Outcome) -> types.ResultSeen:
    try:
        passages = _Consulted.model_validate(outcome.value if outcome.kind == "ok" else None).passages
    except ValidationError:
        return failed(intent, f"Nothing could be looked up: {plain(str(outcome.value))[:500]}")
    if not passages:
        return types.ResultSeen(kind=CONSULT, content="nothing in the documents has to do with it")
    told = [
        {"document": each.document, "part": f"{each.part} of {each.of}", "text": plain(each.text)}
        for each in passages
    ]
    found = [
        types.Found(place=f"{each.document}#{each.part}", score=each.score, scores={"relevance": each.score})
        for each in passages
    ]
    return types.ResultSeen(kind=CONSULT, content=canonical.told(told), found=found)


def added(state: State, new: list[dict[str, Any]], to: tuple[str, ...]) -> list[Equip]:
    """Return what gives people documents beside those they have; one of the same name is replaced.

    ``to`` are the people (ids), or nobody for everybody: then those who have documents of their own get them as well.
    """
    if to:
        return [Equip(NAME, (id,), _merged(_held(state, id), new)) for id in to]
    own = [id for id, person in state.people.items() if NAME in person.faculties]
    everybody = Equip(NAME, (), _merged(_held(state, None), new))
    return [everybody, *(Equip(NAME, (id,), _merged(_held(state, id), new)) for id in own)]


def _held(state: State, id: str | None) -> list[dict[str, Any]]:
    """What a person can consult, or everybody."""
    seq = state.faculties.get(NAME) if id is None else state.people[id].faculties.get(NAME, state.faculties.get(NAME))
    body = state.read(seq).body if seq is not None else None
    return list(body.options["documents"]) if isinstance(body, types.FacultyGiven) else []  # type: ignore[arg-type]


def _merged(old: Iterable[dict[str, Any]], new: list[dict[str, Any]]) -> dict[str, Any]:
    names = {str(each["name"]).casefold() for each in new}
    return {"documents": [*(each for each in old if str(each["name"]).casefold() not in names), *new]}
