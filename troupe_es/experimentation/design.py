"""What an experiment comes to: for each replicate of each arm, the commands that are lived after the common prefix.

An arm is checked as if it were the rest of the scenario's program, before anything is asked of a model.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from troupe_es import commands, registry
from troupe_es import scenario as scenarios
from troupe_es.agent.prompts import traits
from troupe_es.errors import UsageError
from troupe_es.experimentation.assignment import Blinding, blinded, orders
from troupe_es.projections import State
from troupe_es.scenario import Experiment, Scenario
from troupe_es.scenario.experiment import OPTIONS


@dataclass(frozen=True)
class Replicate:
    """One life of one arm: its branch, its draw, what happens in it, and how options are shown in it."""

    arm: str
    number: int
    branch: str
    draw: int
    script: tuple[commands.Command, ...]
    order: tuple[str, ...]
    blinding: Blinding | None


def wanted(design: Experiment | Mapping[str, Any] | None, scenario: Scenario | None) -> Experiment:
    """Return the experiment that is given, or else the scenario's own. Raises BadScenario, UsageError for none."""
    if design is None and scenario is not None:
        design = scenario.experiment
    if design is None:
        raise UsageError(
            f"{scenario.name if scenario else 'experiment'}: there is no experiment: give arms and outcomes, under "
            "'experiment' in the scenario or as 'design'"
        )
    if isinstance(design, Experiment):
        return design
    content = {"troupe": 1, "name": "experiment", "worlds": [{"name": "x"}], "experiment": dict(design)}
    return _checked({**content, "population": {"folder": "x"}}, "experiment")


def _checked(content: Mapping[str, Any], source: str) -> Experiment:
    """Read an experiment whose names are checked later, where it is known who is there."""
    try:
        return Experiment.model_validate(content["experiment"])
    except ValueError as error:
        raise UsageError(f"{source}: {error}") from None
