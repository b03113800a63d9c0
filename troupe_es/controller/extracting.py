"""What a store finds in what happened, at any event: typed values, labels, rows. The run is left as it is."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel

from troupe_es import canonical, commands
from troupe_es.controller.aside import Aside, Limits
from troupe_es.controller.references import resolve
from troupe_es.controller.surveying import models_of
from troupe_es.errors import UsageError
from troupe_es.events import types
from troupe_es.extraction import rows
from troupe_es.extraction.fields import Fields, fields_of
from troupe_es.extraction.reporting import standing_line
from troupe_es.llm import Model
from troupe_es.projections import transcript
from troupe_es.scenario import text

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True)
class Extraction:
    """What was found, a value for each field in its order; ``failed`` says why there is no usable answer.

    ``parts`` is into how many parts the history was divided, ``at`` the point up to which it was gone through,
    ``paid`` how many answers a model was asked for now, and ``about`` whose life it was; nobody named: everybody's.
    """

    values: list[types.FoundValue]
    parts: int
    failed: str | None
    ref: str
    recorded: bool
    models: list[str]
    at: str = ""
    objective: str = ""
    paid: int = 0
    about: tuple[str, ...] = ()

    @property
    def note(self) -> str:
        """The line that stands on every export of these values."""
        return standing_line(*self.models)

    def table(self) -> list[dict[str, Any]]:
        """Return the values as rows: field, value, events."""
        return [{"field": found.field, "value": found.value, "events": found.evidence} for found in self.values]

    def row(self) -> dict[str, Any]:
        """Return the values by field; None for what is not there."""
        return {found.field: found.value for found in self.values}

    def evidence(self) -> dict[str, list[int]]:
        """Return the events that each value rests on, by field."""
        return {found.field: found.evidence for found in self.values}

    def as_a(self, model: type[M]) -> M:
        """Return the values as a pydantic model. Raises pydantic.ValidationError where one may not be None."""
        return model.model_validate(self.row())


@dataclass(frozen=True)
class Labels:
    """Texts under labels, which come in the order of how often they are used; ``failed`` says why there are none."""

    labels: list[str]
    of: dict[str, str]
    failed: str | None
    ref: str
    recorded: bool


class Extracting(Aside):
    """The values, labels and rows that a store can be asked for."""

    def extract(
        self,
        ref: str,
        fields: Fields,
        about: str | Sequence[str] = (),
        *,
        world: str | None = None,
        objective: str = "",
        limit: int = 24_000,
        model: str | Model = "",
        again: bool = False,
        budget: Limits | None = None,
    ) -> Extraction:
        """Find ``fields`` in what people perceived and did up to any point; the run is left as it is.

        ``fields`` are texts (``mood:choice(good|bad):how it ended``), objects with name, type, description, options
        and hints, or a pydantic model. ``about`` are the people; nobody named: everybody (in ``world``). At most
        about ``limit`` tokens of history are shown at once; a longer one is gone through in parts, all at once, and
        put together. Every value names events that were shown. The same at the same event is on record; ``again``
        takes the next draw. Raises BadCommand for what is no field, BadReference, and as ``Simulation.run`` does.
        """
        named = (about,) if isinstance(about, str) else tuple(about)
        command = commands.Extract(canonical.clean(objective)[0], fields_of(fields), named, world, limit)
        return self._extracted(ref, command, model, again, budget)

    def _extracted(
        self,
        ref: str,
        command: commands.Extract,
        model: str | Model = "",
        again: bool = False,
        budget: Limits | None = None,
    ) -> Extraction:
        point = resolve(self.log, ref)
        sim, known = self._put_aside(point, "extract", command, "extraction", model, again, budget)
        found = self.log.event(sim.branch, sim.seq).body
        assert isinstance(found, types.Extracted)
        return Extraction(
            list(found.values),
            found.parts,
            found.failed,
            sim.ref,
            known and not sim.paid,
            models_of(self.log.events(sim.branch, point.seq + 1, sim.seq)),
            str(point),
            command.objective,
            sim.paid,
            command.about,
        )

    def normalise(
        self,
        ref: str,
        texts: Sequence[str],
        most: int,
        *,
        about: str = "",
        model: str | Model = "",
        again: bool = False,
        budget: Limits | None = None,
    ) -> Labels:
        """Sort free ``texts`` under at most ``most`` labels; every text gets a label that exists.

        ``ref`` says whose settings hold. The same texts, in whatever order and wherever they come from, are asked
        about once. ``about`` says what they are. Raises BadCommand for no text or more than 1000 different ones.
        """
        point = resolve(self.log, ref)
        command = commands.Label(tuple(canonical.clean(list(texts))[0]), most, canonical.clean(about)[0])
        sim, known = self._put_aside(point, "labels", command, "extraction", model, again, budget)
        found = self.log.event(sim.branch, sim.seq).body
        assert isinstance(found, types.LabelsGiven)
        sorted_texts = sorted(set(command.texts))
        of = {text: found.labels[number] for text, number in zip(sorted_texts, found.of, strict=False)}
        return Labels(list(found.labels), of, found.failed, sim.ref, known and not sim.paid)

    def reduce(self, ref: str, rules: Mapping[str, rows.Rule]) -> list[rows.Row]:
        """Return rows of what happened up to a point: ``{"TALK": ["step", "who", "content"]}``; asks no model.

        A rule for a kind of action or stimulus (``*``: any other) is a function of the line that returns a row or
        None, or the columns to keep: event, step, time, who, kind, to, content. For a DataFrame see
        ``controller.exporting.frame``.
        """
        point = resolve(self.log, ref)
        return rows.reduce(transcript(self.log.events(point.branch, 1, point.seq)), rules)


def load(path: str | os.PathLike[str]) -> list[dict[str, Any]]:
    """Return the fields in a YAML or JSON file: a list of objects. Raises UsageError that names the file."""
    file = Path(path)
    try:
        written = text.parse(file.read_text(encoding="utf-8"), str(file))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file}: cannot be read: {getattr(error, 'strerror', None) or 'it is not UTF-8'}") from None
    if not isinstance(written, list) or not all(isinstance(field, dict) for field in written):
        raise UsageError(f"{file}: write a list of fields, each with a name and a type")
    return written
