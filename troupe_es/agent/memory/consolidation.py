"""Consolidation: an episode that is over is distilled into memories, each with the events that it comes from.

The model is shown the episode as prompts show it, with numbers, and points at what a memory comes from by these; a
number that stands for nothing is a misfit. What was kept is the person's own view: they are the one who is asked.
"""

from collections.abc import Sequence
from importlib.resources import files
from string import Template
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from troupe_es.acting import Acting, Form, Misfit, listed, read_as, record, text
from troupe_es.agent import prompts
from troupe_es.events import types
from troupe_es.events.memory import MOST_IMPORTANT
from troupe_es.llm import Effect, Message, Response, Schema
from troupe_es.projections import Person, State

MOST = 12
"""Memories of one episode; what goes beyond is dropped."""

LONGEST = 1000
"""Characters of one memory."""

Words = Annotated[str, BeforeValidator(lambda v: v.strip() if isinstance(v, str) else v)]


def template(name: str) -> Template:
    """Return the template ``name`` of this folder."""
    return Template((files(__package__) / "templates" / f"{name}.txt").read_text(encoding="utf-8").rstrip("\n"))


EPISODE = template("episode")


class Pointing(BaseModel):
    """Something kept in mind, how important it is, and the numbers of what it comes from."""

    model_config = ConfigDict(extra="ignore", defer_build=True)

    content: Annotated[Words, Field(min_length=1, max_length=LONGEST)]
    importance: Annotated[int, Field(ge=0, le=MOST_IMPORTANT)]
    sources: Annotated[list[int], Field(min_length=1)]

    def seqs(self, shown: Sequence[int], what: str) -> list[int]:
        """Return the events that the numbers stand for, in order. Raises Misfit for a number that was not shown."""
        for number in self.sources:
            if not 1 <= number <= len(shown):
                raise Misfit(f"there is no {what} {number}; they are numbered from 1 to {len(shown)}.")
        return sorted({shown[number - 1] for number in self.sources})


class _Memory(Pointing):
    kind: Annotated[types.MemoryKind, BeforeValidator(lambda v: v.strip().lower() if isinstance(v, str) else v)]


class _Answer(BaseModel):
    model_config = ConfigDict(extra="ignore", defer_build=True)

    memories: list[_Memory] = Field(min_length=1)


def pointing(count: int, **more: Any) -> dict[str, Any]:
    """Return the JSON Schema of a Pointing at ``count`` things, with ``more`` properties first."""
    importance = {"type": "integer", "minimum": 0, "maximum": MOST_IMPORTANT}
    sources = listed({"type": "integer", "minimum": 1, "maximum": count}, minItems=1)
    return record(**more, content=text(), importance=importance, sources=sources)


def numbered(lines: Sequence[str]) -> str:
    """Return ``lines`` with their numbers, from 1."""
    return "\n".join(f"{number} {line}" for number, line in enumerate(lines, 1))


def episode(state: State, person: Person) -> Sequence[int]:
    """Return the memories in the episode of ``person`` that is over and waits to be consolidated."""
    return person.memory[person.consolidated : state.consolidating[person.id]]


def consolidate(acting: Acting, person: Person) -> Effect[None]:
    """Decide what ``person`` keeps of their last episode."""
    shown = episode(acting.state, person)
    model = acting.state.settings.model_for(person.id, "consolidation")
    kept = yield from acting.ask("consolidation", model, _form(acting.state, person, shown))
    first, last = shown[0], shown[-1]
    if kept is None:
        failed = types.ConsolidationFailed(first=first, last=last, reason=acting.reason, attempts=acting.asked)
        acting.happen(failed)
    else:
        acting.happen(*kept, types.EpisodeConsolidated(first=first, last=last, memories=len(kept)))


def _form(state: State, person: Person, shown: Sequence[int]) -> Form[list[types.MemoryFormed]]:
    events = [prompts.shown(state.read(seq), state, person) for seq in shown]
    asked = EPISODE.substitute(events=numbered(events), most=MOST)
    memory = pointing(len(shown), kind=text(enum=list(types.MEMORY_KINDS)))
    schema = Schema("consolidation", record(memories=listed(memory, minItems=1, maxItems=MOST)))
    prompt = Message("user", asked, prompts.system(state, person))
    return Form(prompt, schema, lambda response: _read(response, shown))


def _read(response: Response, shown: Sequence[int]) -> list[types.MemoryFormed]:
    return [
        types.MemoryFormed(
            kind=memory.kind,
            content=memory.content,
            importance=memory.importance,
            sources=memory.seqs(shown, "event"),
        )
        for memory in read_as(_Answer, response).memories[:MOST]
    ]
