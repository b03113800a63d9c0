"""Reflection: now and then a person thinks about what they remember, and understands something of it.

After Park et al. (2023), Generative Agents: insights are drawn from recent memories, point at those that they rest
on, and are remembered like them.
"""

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field

from troupe_es.acting import Acting, Form, listed, read_as, record
from troupe_es.agent import prompts
from troupe_es.agent.memory import window
from troupe_es.agent.memory.consolidation import Pointing, numbered, pointing, template
from troupe_es.events import types
from troupe_es.llm import Effect, Message, Response, Schema
from troupe_es.projections import Person, State

MOST = 3
"""Insights of one reflection; what goes beyond is dropped."""

RECENT = 40
"""Latest semantic memories that are thought about; earlier insights among them are left out."""

REFLECTION = template("reflection")


class _Answer(BaseModel):
    model_config = ConfigDict(extra="ignore", defer_build=True)

    insights: list[Pointing] = Field(min_length=1)


def reflect(acting: Acting, person: Person) -> Effect[None]:
    """Decide what ``person`` understands of what they remember."""
    model = acting.state.settings.model_for(person.id, "consolidation")
    found = yield from acting.ask("reflection", model, _form(acting.state, person))
    if found is None:
        acting.happen(types.ReflectionEnded(insights=0, failed=acting.reason))
    else:
        acting.happen(*found, types.ReflectionEnded(insights=len(found)))


def _form(state: State, person: Person) -> Form[list[types.InsightFormed]]:
    recent = person.semantic[-RECENT:]
    shown = [seq for seq in recent if isinstance(state.read(seq).body, types.MemoryFormed)]
    asked = REFLECTION.substitute(memories=numbered([window.line(state, seq) for seq in shown]), most=MOST)
    schema = Schema("reflection", record(insights=listed(pointing(len(shown)), minItems=1, maxItems=MOST)))
    prompt = Message("user", asked, prompts.system(state, person))
    return Form(prompt, schema, lambda response: _read(response, shown))


def _read(response: Response, shown: Sequence[int]) -> list[types.InsightFormed]:
    return [
        types.InsightFormed(
            content=insight.content, importance=insight.importance, evidence=insight.seqs(shown, "memory")
        )
        for insight in read_as(_Answer, response).insights[:MOST]
    ]
