"""What a demo does beside living a life: what its scenario asks aside, its experiment, proof of their branches."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from troupe_es.controller.reading import Loaded
from troupe_es.controller.simulation import Simulation
from troupe_es.controller.store import Store
from troupe_es.errors import Diverged
from troupe_es.experimentation import Audit, Findings
from troupe_es.llm import Model
from troupe_es.scenario import Scenario
from troupe_es.scenario.items import RunSteps
from troupe_es.ui import experiment, study
from troupe_es.ui.going import resumable
from troupe_es.ui.options import typed
from troupe_es.validation.study import Study


@dataclass(frozen=True)
class Played:
    """What a demo found: what was asked aside, what an experiment came to, and how many branches that took."""

    study: Study
    findings: Findings | None = None
    audited: Audit | None = None
    branches: int = 0

    @property
    def simulation(self) -> Simulation:
        """The life that was lived."""
        return self.study.simulation


def lived(held: Store, loaded: Loaded, model: Model) -> Played:
    """Live a scenario, with what it asks aside."""
    return Played(study.lived(held, loaded, {"model": model}, None))


def conducted(played: Played, model: Model, path: Path) -> Played:
    """Run the experiment of the scenario, where it describes one, and verify every branch beside the main one.

    Raises Diverged for a branch that would be decided otherwise.
    """
    script = played.study.scenario
    findings, audited = None, None
    with Store(path) as held, resumable(path, "demo", script.name):
        if script.experiment is not None:
            auditing = script.experiment.audit
            findings, audited = experiment.conducted(held, script, auditing=auditing, model=model)
        studied = findings is not None or bool(played.study.found)
        return Played(played.study, findings, audited, _verified(held, script.name, path) if studied else 0)


def _verified(held: Store, name: str, path: Path) -> int:
    others = [branch for branch in held.log.branches(name, ("fork", "ask")) if branch.name != "main"]
    for branch in others:
        if not held.verify(str(branch)).holds:
            raise Diverged(f"{branch} does not verify: {typed(path, 'verify', str(branch))} shows where")
    return len(others)


def plain(played: Played) -> dict[str, Any]:
    """Return what was found as plain objects; nothing where nothing was asked."""
    asked = study.plain(played.study, None) if played.study.found else {}
    tried = {} if played.findings is None else {"experiment": experiment.plain(played.findings, played.audited)}
    return {**asked, **tried, **({"branches": played.branches} if played.branches else {})}


def tell(played: Played, path: Path) -> None:
    """Print what was found."""
    study.tell(played.study, None)
    if played.findings is not None:
        experiment.tell(played.findings, played.audited, path)


def tries(played: Played) -> dict[str, list[str]]:
    """Return what to try next, by what it is about; nothing where a life was lived that can be branched."""
    script = played.study.scenario
    if script.experiment is not None:
        return _twins(script)
    if any(isinstance(item, RunSteps) for item in script.program):
        return {}
    return {"Who was asked:": ["profile", script.name], "Where it was asked, aside:": ["runs", "--all"]}


def _twins(script: Scenario) -> dict[str, list[str]]:
    design = script.experiment
    assert design is not None
    first, *others = [f"{script.name}/{design.name}-{arm.name}-1" for arm in design.arms]
    look = {"What people were shown in one of these lives:": ["log", first, "--type", "stimulus-given"]}
    return look | ({"What differs in its twin of another arm:": ["diff", first, others[0]]} if others else {})
