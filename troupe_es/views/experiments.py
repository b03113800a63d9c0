"""What an experiment found, as its scenario describes it and the log has it: a row for each outcome of each life.

Nobody is asked and nothing is lived: a replicate that has not been lived to its end, and an outcome that was never
judged, are shown as such. An experiment that a script described in Python is known to that script alone.
"""

from dataclasses import asdict
from typing import Any

from troupe_es.controller.references import resolve
from troupe_es.controller.store import Store
from troupe_es.errors import TroupeError, UsageError
from troupe_es.events import Event, types
from troupe_es.experimentation import Comparison, Findings, compare
from troupe_es.experimentation.design import Replicate, replicates
from troupe_es.experimentation.outcomes import Lived, found
from troupe_es.experimentation.table import Row, ordered
from troupe_es.log import Branch
from troupe_es.scenario import Experiment, Scenario

MISSING = "not found out yet: run the experiment again"


def experiments(store: Store, simulation: str) -> dict[str, Any] | None:
    """Return what the experiment of a simulation found, None where its scenario describes none.

    It has name, prefix (the event the arms part from), arms, replicates, done (lives lived to their end), note,
    outcomes (name, kind, arms with their values, comparison in sentences), rows, and unsaid: why there is no
    comparison. Raises BadReference for a simulation that there is not.
    """
    scenario = store.scenario(simulation)
    if scenario is None or scenario.experiment is None:
        return None
    with Store(store.log.path, *store.models.values(), write=False, record="none") as reader:
        return _whole(reader, scenario, scenario.experiment)


def _whole(store: Store, scenario: Scenario, design: Experiment) -> dict[str, Any]:
    there = {branch.name: branch for branch in store.log.branches(scenario.name)}
    seed = scenario.seed if design.options_seed is None else design.options_seed
    rows: list[Row] = []
    lives = []
    for each in replicates(scenario):
        branch = there.get(each.branch)
        status = "to come" if branch is None else _status(store, branch, each)
        lives.append({"arm": each.arm, "replicate": each.number, "branch": each.branch, "status": status})
        if branch is not None and status == "done":
            rows += _rows(store, design, branch, each, seed)
    begun = next((there[life["branch"]] for life in lives if life["branch"] in there), None)
    prefix = "" if begun is None else f"{_parent(store, begun)}@{begun.fork_seq}"
    findings = Findings(design, prefix, "", ordered(rows, design), 0)
    done = sum(life["status"] == "done" for life in lives)
    compared, fault = _compared(findings) if done == len(lives) else ([], f"{done} of {len(lives)} lives are done")
    return {
        "name": design.name,
        "prefix": prefix,
        "arms": [arm.name for arm in design.arms],
        "replicates": design.replicates,
        "run": design.run,
        "lives": lives,
        "done": done,
        "note": findings.note if rows else "",
        "unsaid": fault,
        "outcomes": [_outcome(findings, outcome.name, outcome.kind, compared) for outcome in design.outcomes],
        "rows": findings.table(),
    }


def _parent(store: Store, branch: Branch) -> str:
    return str(store.log.branch_of(branch.parent)) if branch.parent is not None else str(branch)


def _status(store: Store, branch: Branch, each: Replicate) -> str:
    """Say whether a replicate is done: everything it was to be told is there, and nothing is under way."""
    told = 0
    last: Event | None = None
    for event in store.log.events(branch, branch.fork_seq + 1):
        told += event.body.given and getattr(event.body, "source", "") == "script"
        last = event
    ended = last is not None and (not isinstance(last.body, types.RunRequested))
    state = store.at(str(branch))
    return "done" if told >= len(each.script) and ended and state.running is None else "under way"


def _rows(store: Store, design: Experiment, branch: Branch, each: Replicate, seed: int) -> list[Row]:
    point = resolve(store.log, str(branch))
    events = tuple(store.log.events(branch, branch.fork_seq + 1, point.seq))
    state = store.at(str(point))
    lived = Lived(each.arm, each.number, str(point), point.seq, state, events, _fault(events))
    rows = []
    for outcome in design.outcomes:
        try:
            value = found(store, outcome, lived, each.blinding, None, seed)
            said, note = value.value, value.note
        except TroupeError as error:
            said, note = None, MISSING if not isinstance(error, UsageError) else str(error)
        where = (lived.ref, lived.seq, branch.draw, each.order, state.settings.model)
        rows.append(Row(each.arm, each.number, outcome.name, outcome.kind, said, *where, note))
    return rows


def _fault(events: tuple[Event, ...]) -> str:
    """Why no outcome has a value: a run in which nobody gave a usable answer."""
    ends = [event.body for event in events if isinstance(event.body, types.RunEnded)]
    failed = any(end.turns and end.failed == end.turns for end in ends)
    return "no turn of a run of it brought a usable answer" if failed else ""


def _compared(findings: Findings) -> tuple[list[Comparison], str]:
    """Return the comparison, or why there is none."""
    try:
        return compare(findings), ""
    except UsageError as error:
        return [], str(error)


def _outcome(findings: Findings, name: str, kind: str, compared: list[Comparison]) -> dict[str, Any]:
    comparison = next((each for each in compared if each.outcome == name), None)
    arms = []
    for arm in findings.design.arms:
        rows = [row for row in findings.rows if row.arm == arm.name and row.outcome == name]
        values = [asdict(row) for row in rows if row.value is not None]
        arms.append({"arm": arm.name, "values": values, "missing": len(rows) - len(values), **_mean(kind, values)})
    said = comparison.sentences() if comparison else []
    return {"name": name, "kind": kind, "arms": arms, "sentences": said, "shares": _shares(kind, arms)}


def _mean(kind: str, values: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the mean of numbers, None for what has none."""
    numbers = [float(row["value"]) for row in values] if kind == "numeric" else []
    return {"mean": sum(numbers) / len(numbers) if numbers else None}


def _shares(kind: str, arms: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return how many replicates of each arm came to each value, for outcomes that are no numbers."""
    if kind == "numeric":
        return []
    words = {True: "yes", False: "no"} if kind == "boolean" else {}
    values = dict.fromkeys(row["value"] for arm in arms for row in arm["values"])
    return [
        {
            "value": words.get(value, value),
            "arms": [
                {"count": count, "share": count / len(arm["values"]) if arm["values"] else 0.0}
                for arm in arms
                for count in [sum(row["value"] == value for row in arm["values"])]
            ],
        }
        for value in sorted(values, key=lambda value: (value is False, str(value)))
    ]
