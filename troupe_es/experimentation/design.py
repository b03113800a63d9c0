"""What an experiment comes to: for each replicate of each arm, the commands that are lived after the common prefix.

An arm is checked as if it were the rest of the scenario's program, before anything is asked of a model.
"""

import json
from collections.abc import Mapping
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
from troupe_es.survey import questions


@dataclass(frozen=True)
class Replicate:
    """One life of one arm: its branch, its draw after the prefix's own, what happens, and the order of options."""

    arm: str
    number: int
    branch: str
    draw: int
    script: tuple[commands.Command, ...]
    order: tuple[str, ...] = ()
    blinding: Blinding | None = None


def of_scenario(scenario: Scenario, design: Experiment | Mapping[str, Any] | None = None) -> Scenario:
    """Return a self-contained scenario with the experiment ``design``, or its own where none is given.

    Raises BadScenario for what cannot be done at the end of its program, UsageError where there is no experiment.
    """
    if design is None:
        if scenario.experiment is None:
            raise UsageError(f"{scenario.name}: there is no experiment: give arms and outcomes under 'experiment'")
        return scenario
    content = json.loads(scenarios.dumps(scenario.model_copy(update={"experiment": None})))
    return _checked(content, design, scenario.name)


def of_state(state: State, design: Experiment | Mapping[str, Any], ref: str) -> Scenario:
    """Return a scenario of the people and worlds that are there, with nothing in its program, to part from.

    Raises BadScenario for what cannot be done there.
    """
    people = [
        {"persona": {**traits(state, person), "name": person.id}, "world": person.world}
        for person in state.people.values()
    ]
    worlds = [{"name": world.id} for world in state.worlds.values()]
    name = ref.partition("@")[0].partition("/")[0]
    content = {"troupe": 1, "name": name, "seed": state.seed, "worlds": worlds}
    return _checked({**content, "people": people}, design, ref)


def _checked(content: dict[str, Any], design: Experiment | Mapping[str, Any], source: str) -> Scenario:
    if isinstance(design, Experiment):
        design = design.model_dump(mode="json", exclude_defaults=True)
    return scenarios.model_of({**content, "experiment": dict(design)}, source)


def replicates(scenario: Scenario) -> list[Replicate]:
    """Return every replicate of every arm, first the first ones of all arms, so that arms grow alike.

    Replicates of one number have one draw and one order of options in all arms. Raises UsageError for an outcome
    whose function is not registered or whose question cannot be asked, and for options that no arm shows.
    """
    design = scenario.experiment
    assert design is not None
    for outcome in design.outcomes:
        if outcome.function is not None:
            registry.find("outcome", outcome.function)
        if outcome.question is not None:
            questions.checked([outcome.question])
    scripts = {arm.name: scenarios.commands_of_arm(scenario, arm, design.run) for arm in design.arms}
    showing = any(_shows(command) for script in scripts.values() for command in script)
    if showing != bool(design.options):
        said = f"no arm says {OPTIONS}" if design.options else f"an arm says {OPTIONS}, and there are no 'options'"
        raise UsageError(f"{scenario.name}: experiment: {said}")
    seed = scenario.seed if design.options_seed is None else design.options_seed
    dealt = orders(list(design.options), design.replicates, seed)
    return [
        _replicate(design, arm, number, script, tuple(dealt[number - 1]))
        for number in range(1, design.replicates + 1)
        for arm, script in scripts.items()
    ]


def _replicate(
    design: Experiment, arm: str, number: int, script: list[commands.Command], order: tuple[str, ...]
) -> Replicate:
    blinding = blinded(order) if design.blind and order else None
    open_ = "\n\n".join(f"{name}: {design.options[name]}" for name in order)
    shown = open_ if blinding is None else blinding.shown(design.options)
    told = tuple(
        replace(command, content=command.content.replace(OPTIONS, shown))
        if isinstance(command, commands.Stimulate)
        else command
        for command in script
    )
    return Replicate(arm, number, f"{design.name}-{arm}-{number}", design.draw + number - 1, told, order, blinding)


def _shows(command: commands.Command) -> bool:
    return isinstance(command, commands.Stimulate) and OPTIONS in command.content
