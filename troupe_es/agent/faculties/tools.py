"""The faculty to use a tool: one for each, given by the name ``tool:NAME``, so that access is a matter of giving.

What the log holds of it is the tool's definition, so that a replay needs neither its code nor its server. The call is
a request like any other; whoever runs the tool checks the arguments and keeps it from acting where it must not.
"""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from troupe_es import canonical
from troupe_es.acting import Acting, Form, Misfit, read_as, record, text
from troupe_es.acts import Intent
from troupe_es.agent import templates
from troupe_es.agent.answers import KINDS
from troupe_es.agent.faculties.content import failed, object_in
from troupe_es.agent.faculty import Offer
from troupe_es.errors import BadCommand
from troupe_es.events import types
from troupe_es.llm import Effect, Message, Schema, toolcalls
from troupe_es.projections import Person
from troupe_es.tools import NOT_RUN, Elsewhere, cut, plain

FAMILY = "tool"
MOST_WORDS = 2000
"""Characters of a tool's description and of its schema that are put to a model."""

MOST_RESULT = 20_000
"""Characters of a result that its person perceives, whatever ran the tool."""

SIMULATED = Schema("simulated_result", record(result=text()))


class Definition(BaseModel):
    """What the log holds of a tool."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,63}\z")
    description: str = ""
    arguments: dict[str, Any]
    side_effect: bool
    elsewhere: Elsewhere = "recorded"
    faculty: Literal["tool"] = "tool"


class _Result(BaseModel):
    result: str = Field(min_length=1, max_length=MOST_RESULT)


def kind_of(name: str) -> str:
    """Return the action that uses the tool ``name``."""
    return name.upper()


class Tools:
    """Uses one tool: that of its options."""

    def check(self, options: Mapping[str, Any]) -> None:
        """Refuse options that are no definition of a tool."""
        try:
            definition = Definition.model_validate(options)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(str(part) for part in first["loc"])
            raise BadCommand(f"these options define no tool: {where}: {first['msg']}") from None
        if kind_of(definition.name) in (*KINDS, "DONE"):
            raise BadCommand(f"a tool cannot be called {definition.name!r}: everybody can do that without it")

    def offers(self, options: Mapping[str, Any]) -> tuple[Offer, ...]:
        """Return the tool as an action; its content is a JSON object of arguments."""
        about = " ".join(plain(str(options["description"])).split())
        schema = canonical.dumps(options["arguments"])  # sorted: the log keeps no order
        use = f'{cut(about, MOST_WORDS)} "content" is a JSON object of arguments that fits {cut(schema, MOST_WORDS)}'
        return (Offer(kind_of(options["name"]), use.strip()),)

    def perform(self, acting: Acting, person: Person, intent: Intent, options: Mapping[str, Any]) -> Effect[None]:
        """Call the tool once; what comes of it is perceived, a failure too."""
        try:
            arguments = object_in(intent.content)
        except Misfit as error:
            acting.happen(failed(intent, f"The arguments cannot be read: {error}"))
            return
        outcome = toolcalls.outcome((yield from acting.call(options["name"], arguments)))
        if outcome == ("error", NOT_RUN) and options["elsewhere"] == "simulate":
            yield from _simulate(acting, person, intent, options, arguments)
            return
        words = outcome.value if isinstance(outcome.value, str) else canonical.told(outcome.value)
        content = cut(plain(words), MOST_RESULT)
        acting.happen(types.ResultSeen(kind=intent.kind, content=content, failed=outcome.kind != "ok"))


def _simulate(
    acting: Acting, person: Person, intent: Intent, options: Mapping[str, Any], arguments: dict[str, Any]
) -> Effect[None]:
    """Let a model make up what the tool would have returned; the result says that it did."""
    told = {"tool": options["name"], "description": plain(str(options["description"])), "arguments": arguments}
    prompt = Message("user", templates.SIMULATED_RESULT.substitute(call=canonical.told(told)))
    form = Form(prompt, SIMULATED, lambda response: read_as(_Result, response).result)
    model = acting.state.settings.model_for(person.id, "generation")
    result = yield from acting.ask("generation", model, form)
    if result is None:
        acting.happen(failed(intent, NOT_RUN))
    else:
        acting.happen(types.ResultSeen(kind=intent.kind, content=f"(simulated) {plain(result)}"))
