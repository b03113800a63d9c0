"""What an experiment found: a tidy table, one row for each outcome of each replicate of each arm."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from troupe_es.errors import UsageError
from troupe_es.experimentation.outcomes import Value
from troupe_es.extraction.reporting import standing_line
from troupe_es.scenario import Experiment


@dataclass(frozen=True)
class Row:
    """One value: which outcome, of which replicate of which arm, and the branch and event it was found at.

    ``order`` are the options as they were shown, by name; ``model`` is who answered. ``note`` gives the reason for a
    value, or why there is none.
    """

    arm: str
    replicate: int
    outcome: str
    kind: str
    value: Value
    ref: str
    event: int
    draw: int
    order: tuple[str, ...]
    model: str
    note: str


@dataclass(frozen=True)
class Findings:
    """All values of an experiment, by arm and replicate; ``prefix`` is the event that all arms part from.

    ``paid`` is how many model calls were made for it now; everything else was on record.
    """

    design: Experiment
    prefix: str
    head: str
    rows: tuple[Row, ...]
    paid: int

    @property
    def note(self) -> str:
        """The line that stands on every export: who answered, and that these are not people."""
        return standing_line(*(row.model for row in self.rows))

    def values(self, outcome: str) -> dict[str, list[Value]]:
        """Return the values of one outcome by arm, in the order of replicates; None where one has none.

        Raises UsageError for an outcome there is not.
        """
        names = [each.name for each in self.design.outcomes]
        if outcome not in names:
            raise UsageError(f"there is no outcome {outcome!r}; there are: {', '.join(names)}")
        arms: dict[str, list[Value]] = {arm.name: [] for arm in self.design.arms}
        for row in self.rows:
            if row.outcome == outcome:
                arms[row.arm].append(row.value)
        return arms

    def table(self) -> list[dict[str, Any]]:
        """Return the rows as plain objects; ``controller.exporting`` writes them to a file, with the ``note``."""
        return [{**asdict(row), "order": list(row.order)} for row in self.rows]


def ordered(rows: Sequence[Row], design: Experiment) -> tuple[Row, ...]:
    """Return ``rows`` by arm, replicate and outcome, as the design names them: whatever order they came in."""
    arms = [arm.name for arm in design.arms]
    outcomes = [outcome.name for outcome in design.outcomes]
    return tuple(sorted(rows, key=lambda row: (arms.index(row.arm), row.replicate, outcomes.index(row.outcome))))
