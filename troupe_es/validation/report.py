"""All questions and subgroups together, with the line that every report carries: these are not people."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from troupe_es.errors import UsageError
from troupe_es.extraction.reporting import standing_line
from troupe_es.validation.answers import Answers
from troupe_es.validation.comparison import Comparison, compare
from troupe_es.validation.verdict import Margins

SUBGROUPS = (
    "Each subgroup is judged by itself at the same level: of many, some are called different, or alike, by chance."
)


@dataclass(frozen=True, slots=True)
class Report:
    """Comparisons of what ``model`` answered with what people did; ``sources`` names where real answers are from."""

    model: str
    comparisons: tuple[Comparison, ...]
    margins: Margins
    sources: tuple[str, ...] = ()

    @property
    def standing_line(self) -> str:
        """What stands on every report."""
        return standing_line(self.model)

    def text(self) -> str:
        """Return all of it in plain words."""
        compared = f" Compared with real answers from {', '.join(self.sources)}." if self.sources else ""
        blocks = ["\n".join(comparison.lines()) for comparison in self.comparisons]
        end = [SUBGROUPS] if any(comparison.subgroup for comparison in self.comparisons) else []
        return "\n\n".join([self.standing_line + compared, *blocks, self.margins.sentence(), *end]) + "\n"

    def rows(self) -> list[dict[str, Any]]:
        """Return a row of a table for each measure, each with the standing line."""
        rows = [row for comparison in self.comparisons for row in comparison.rows()]
        return [{**row, "model": self.model, "about": self.standing_line} for row in rows]


def compare_all(
    simulated: Mapping[str, Answers],
    real: Mapping[str, Answers],
    *,
    model: str,
    by: Sequence[str] = (),
    margins: Margins | None = None,
) -> Report:
    """Return the comparison of every question of ``real``, for everybody and for each subgroup of ``by``.

    Raises UsageError for a question that the simulation did not ask, and for a grouping that one side does not have.
    """
    margins = margins or Margins()
    found: list[Comparison] = []
    for name, truth in real.items():
        if name not in simulated:
            raise UsageError(f"question {name!r} has real answers but no simulated ones: leave it out, or ask it")
        found.append(compare(simulated[name], truth, margins=margins))
        for group in by:
            labels = sorted({*simulated[name].labels(group), *truth.labels(group)})
            for label in labels:
                sides = simulated[name].within(group, label), truth.within(group, label)
                found.append(compare(*sides, subgroup=f"{group}: {label}", margins=margins))
    sources = tuple(dict.fromkeys(truth.source for truth in real.values() if truth.source))
    return Report(model, tuple(found), margins, sources)
