"""Decides what is found: in one go, or part by part at once and then put together.

Putting together shows only what was found in the parts, and no event that none of them named can come in there.
"""

from collections.abc import Sequence
from importlib.resources import files

from troupe_es import canonical
from troupe_es.acting import Acting, Form
from troupe_es.events import types
from troupe_es.extraction.forms import Found, form, read, schema, told
from troupe_es.extraction.material import parts
from troupe_es.llm import Effect, Message

TOGETHER = (files(__package__) / "together.txt").read_text(encoding="utf-8").rstrip("\n")


def extract(acting: Acting, asked: types.ExtractionAsked) -> Effect[None]:
    """Decide what is found of what was asked for; nothing where a part of the history has no usable answer."""
    state = acting.state
    one = asked.about[0] if asked.about and len(asked.about) == 1 else "-"
    model = state.settings.model_for(one, "extraction")
    shown = parts(state, asked.about, asked.world, asked.limit)
    forms = [form(asked.objective, asked.fields, part.shown, part.seqs) for part in shown]
    answers = yield from acting.ask_all("extraction", model, forms)
    failed = next((f"{_of(n, len(shown))}{why}" for n, (found, why) in enumerate(answers, 1) if found is None), None)
    usable = [found for found, _ in answers if found is not None]
    found: Found | None = usable[0] if usable else None
    if failed is None and len(usable) > 1:
        found = yield from acting.ask("extraction", model, together(asked.objective, asked.fields, usable))
        failed = f"putting the parts together: {acting.reason}" if found is None else None
    if failed is not None or found is None:
        found = [types.FoundValue(field=field.name, value=None, evidence=[]) for field in asked.fields]
    acting.happen(types.Extracted(values=found, parts=len(shown), failed=failed))


def _of(number: int, count: int) -> str:
    return f"part {number} of {count}: " if count > 1 else ""


def together(objective: str, fields: Sequence[types.Sought], found: Sequence[Found]) -> Form[Found]:
    """Return how what was ``found`` in each part is put together."""
    lines = [
        canonical.told({"part": number, "field": each.field, "evidence": each.evidence, "value": each.value})
        for number, part in enumerate(found, 1)
        for each in part
        if each.value is not None
    ]
    wanted = "\n".join(canonical.told(told(field)) for field in fields)
    shown = "\n".join(lines) or "(nothing was found in any part)"
    purpose = canonical.told({"objective": objective})
    sought = f"# What is to be found\n{purpose}\n{wanted}"
    text = f"# What was found\n{shown}\n\n{sought}\n\nAnswer with the JSON object alone."
    seqs = frozenset(seq for part in found for each in part for seq in each.evidence)
    prompt = Message("user", text, Message("system", TOGETHER))
    return Form(prompt, schema(fields), lambda response: read(response, fields, seqs))
