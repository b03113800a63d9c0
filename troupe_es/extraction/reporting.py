"""A report in Markdown: what was found, what people answered, what happened, and the user's own tables.

Nothing in it is written by a model but what is quoted; every quotation names the event that it stands in.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from troupe_es.projections import Line

SPECIAL = "\\`*_[]<>#~|&"


@dataclass(frozen=True)
class Quotation:
    """What somebody said, and where it stands."""

    who: str
    about: str
    text: str
    event: int


@dataclass(frozen=True)
class Material:
    """What a report is made of."""

    ref: str
    findings: Sequence[tuple[str, Any, Sequence[int]]] = ()
    interviews: Sequence[Quotation] = ()
    interactions: Sequence[Line] = ()
    tables: Mapping[str, str] = field(default_factory=dict)


def standing_line(*models: str) -> str:
    """Return what stands on every report and export; tools that ran are no models."""
    named = [model for model in dict.fromkeys(models) if not model.startswith("tool:")] or list(dict.fromkeys(models))
    return f"Synthetic answers of model{'s' if len(named) > 1 else ''} {', '.join(named)}, not people."


def report(material: Material) -> str:
    """Return the report without its title, each part under its heading; what there is nothing for is left out."""
    parts = [f"At {plain(material.ref)}."]
    if material.findings:
        parts.append("## Findings\n\n" + "\n".join(_finding(*found) for found in material.findings))
    if material.interviews:
        parts.append("## Interviews\n\n" + "\n\n".join(_interviews(material.interviews)))
    if material.interactions:
        parts.append("## Interactions\n\n" + "\n".join(map(_interaction, material.interactions)))
    parts += [f"## {plain(title)}\n\n{table}" for title, table in material.tables.items()]
    return "\n\n".join(parts)


def plain(text: Any) -> str:
    """Return a text in one line in which nothing is Markdown."""
    line = " ".join(str(text).split())
    return "".join(f"\\{character}" if character in SPECIAL else character for character in line)


def _finding(name: str, value: Any, evidence: Sequence[int]) -> str:
    told = "not found" if value is None else "; ".join(map(str, value)) if isinstance(value, list) else value
    rests = f" (events {', '.join(map(str, evidence))})" if evidence else ""
    return f"- **{plain(name)}**: {plain(told)}{rests}"


def _interviews(quotations: Sequence[Quotation]) -> list[str]:
    questions = dict.fromkeys(each.about for each in quotations)
    return [
        f"### {plain(question)}\n\n"
        + "\n".join(
            f"- {plain(each.who)}: {plain(each.text)} (event {each.event})"
            for each in quotations
            if each.about == question
        )
        for question in questions
    ]


def _interaction(line: Line) -> str:
    to = f" to {plain(line.to)}" if line.to else ""
    return f"- {plain(line.who)}, {plain(line.kind)}{to}: {plain(line.content)} (event {line.seq})"
