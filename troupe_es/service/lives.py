"""What jobs do: let a life go on, take a bundle in; and what a command may not do here."""

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from troupe_es import commands
from troupe_es.controller import bundle
from troupe_es.controller.part import AT_ONCE
from troupe_es.controller.simulation import Simulation
from troupe_es.controller.store import Store
from troupe_es.errors import BadBundle, Diverged, TroupeError
from troupe_es.experimentation import audit, experiment
from troupe_es.llm import Model
from troupe_es.scenario import Budget, Scenario
from troupe_es.service.stores import Held
from troupe_es.views.standing import standing

WEB = "web"
"""The faculty that fetches pages."""


def life(sim: Simulation) -> dict[str, Any]:
    """Return where a life stands and what it took now."""
    return {**standing(sim), "paid": sim.paid}


def together(
    store: Store, refs: Sequence[str], later: Sequence[commands.Command], run: int | str | None, budget: Any
) -> list[dict[str, Any]]:
    """Let branches live on at the same time, each to its end; then raise what stopped the first that was stopped."""
    with ThreadPoolExecutor(AT_ONCE, "troupe-branch") as pool:
        going = [pool.submit(lived, store, ref, later, run, budget) for ref in refs]
    return [each.result() for each in going]


def lived(
    store: Store, ref: str, later: Sequence[commands.Command], run: int | str | None, budget: Any
) -> dict[str, Any]:
    """Let one branch live on: what is left of its edits, then so many steps, or all that is to come."""
    sim = store.open(ref, budget=budget)
    for command in later:
        if isinstance(command, commands.Run):
            sim.live_on(command.steps, command.seconds)  # a run may be under way already
        else:
            sim.command(command)
    if isinstance(run, int):
        sim.live_on(run)
    return life(sim) if run != "rest" else life(store.resume(ref, budget=budget))


def conducted(store: Store, script: Scenario, model: str | Model, budget: Budget | None) -> dict[str, Any]:
    """Run a scenario with its experiment, audited if it says so; return the table of what was found."""
    assert script.experiment is not None
    if script.experiment.audit:
        found = audit(store, script, model=model, budget=budget).findings
    else:
        found = experiment(store, script, model=model, budget=budget)
    told = {"ref": found.prefix, "head": found.head, "paid": found.paid, "note": found.note}
    return {**told, "rows": found.table()}


def imported(held: Held, path: Path, target: str | None) -> dict[str, Any]:
    try:
        for report in bundle.verify_bundle(path):
            if not report.holds:
                raise Diverged(f"the bundle is not imported: {report.ref} does not verify")
        simulation = bundle.import_(held.log, path, target)
    except TroupeError as error:
        raise type(error)(str(error).replace(str(path), "the bundle")) from error
    except OSError as error:
        raise BadBundle(f"the bundle cannot be read: {os.strerror(error.errno or 0)}") from error
    return {"simulation": simulation, "branches": [branch.name for branch in held.log.branches(simulation)]}


def names_web(value: Any) -> bool:
    """Whether a command gives the faculty of the web, by itself or as the effect of an intervention."""
    if isinstance(value, BaseModel):
        value = value.model_dump()
    elif is_dataclass(value) and not isinstance(value, type):
        value = {each.name: getattr(value, each.name) for each in fields(value)}
    if isinstance(value, Mapping):
        return value.get("faculty") == WEB or any(names_web(each) for each in value.values())
    return isinstance(value, list | tuple) and any(names_web(each) for each in value)
