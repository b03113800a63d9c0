"""Sorts free text under few labels: one request that everybody shares who asks the same, wherever they ask it.

The texts are put in alphabetical order, each once, so that the same texts are the same request; labels come out by
how often they are used, and then alphabetically.
"""

from collections import Counter
from collections.abc import Sequence
from importlib.resources import files
from typing import Annotated, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from troupe_es import canonical
from troupe_es.acting import Acting, Form, Misfit, listed, read_as, record, text
from troupe_es.events import types
from troupe_es.llm import Effect, Message, Response, Schema

LABEL = (files(__package__) / "label.txt").read_text(encoding="utf-8").rstrip("\n")
Sorted: TypeAlias = tuple[list[str], list[int]]


class _Answer(BaseModel):
    model_config = ConfigDict(extra="ignore", defer_build=True)

    labels: list[Annotated[str, Field(min_length=1, max_length=200)]]
    of: list[int]


def label(acting: Acting, asked: types.LabelsAsked) -> Effect[None]:
    """Decide the labels of the texts."""
    model = acting.state.settings.model_for("-", "extraction")
    found = yield from acting.ask("extraction", model, form(asked), shared=True)
    labels, of = found or ([], [])
    acting.happen(types.LabelsGiven(labels=labels, of=of, failed=acting.reason if found is None else None))


def form(asked: types.LabelsAsked) -> Form[Sorted]:
    """Return how labels are asked for."""
    shown = "\n".join(canonical.told({"number": n, "text": each}) for n, each in enumerate(asked.texts, 1))
    about = canonical.told({"about": asked.about, "texts": len(asked.texts), "most_labels": asked.most})
    task = f"Sort them under at most {asked.most} labels. Answer with the JSON object alone."
    wanted = f"# The texts\n{shown}\n\n{about}\n{task}"
    schema = Schema("labels", record(labels=listed(text()), of=listed({"type": "integer"})))
    prompt = Message("user", wanted, Message("system", LABEL))
    return Form(prompt, schema, lambda response: read(response, len(asked.texts), asked.most))


def read(response: Response, texts: int, most: int) -> Sorted:
    """Return the labels that are used, and which of them each text has. Raises Misfit."""
    answer = read_as(_Answer, response)
    labels = [" ".join(each.split()) for each in answer.labels]
    if not 1 <= len(labels) <= most or not all(labels) or len({each.casefold() for each in labels}) < len(labels):
        raise Misfit(f"give 1 to {most} labels that differ from each other.")
    if len(answer.of) != texts:
        raise Misfit(f"'of' has {len(answer.of)} entries; give one for each of the {texts} texts.")
    wrong = [number for number in answer.of if not 1 <= number <= len(labels)]
    if wrong:
        raise Misfit(f"there is no label {wrong[0]}; they are numbered from 1 to {len(labels)}.")
    return _in_order(labels, answer.of)


def _in_order(labels: Sequence[str], of: Sequence[int]) -> Sorted:
    used = Counter(of)
    places = sorted(used, key=lambda number: (-used[number], labels[number - 1]))
    return [labels[number - 1] for number in places], [places.index(number) for number in of]
