"""What an experiment found, as its scenario describes it and the log has it: a row for each outcome of each life.

Nobody is asked and nothing is lived: a replicate that has not been lived to its end, and an outcome that was never
judged, are shown as such. Of an experiment that a script described in Python ``views.arms`` shows what the log knows.
"""

from collections import defaultdict
from collections.abc import Mapping
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
from troupe_es.scenario.experiment import Outcome
from troupe_es.views import asked
from troupe_es.views.shares import mean, shares

MISSING = "not found out yet: run the experiment again"


def experiments(store: Store, simulation: str) -> dict[str, Any] | None:
    """Return what the experiment of a simulation found, None where its scenario describes none.

    It has name, prefix (the event the arms part from), arms, replicates, done (lives lived to their end), note,
    outcomes (name, kind, arms with their values, comparison in sentences), rows, each with the event ``where`` it was
    found, and unsaid: why there is no comparison. Raises BadReference for a simulation that there is not.
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
    where = _places(store, scenario.name, design, rows)
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
        "outcomes": [_outcome(findings, outcome.name, outcome.kind, compared, where) for outcome in design.outcomes],
        "rows": [{**row, "where": where[_key(row)]} for row in findings.table()],
    }


def _key(row: Mapping[str, Any]) -> tuple[str, int, str]:
    return row["arm"], row["replicate"], row["outcome"]


def _places(
    store: Store, simulation: str, design: Experiment, rows: list[Row]
) -> dict[tuple[str, int, str], dict[str, Any]]:
    asides = defaultdict(list)
    for one in asked.asides(store, simulation) if rows else []:
        asides[one["of"]].append(one)
    sought = {each.name: each for each in design.outcomes}
    return {_key(asdict(row)): _where(asides[row.ref.partition("@")[0]], sought[row.outcome], row) for row in rows}


def _where(asides: list[dict[str, Any]], outcome: Outcome, row: Row) -> dict[str, Any]:
    """Return the event at which an outcome was found: that of the answer aside where there was one, else the end."""
    kind = {"claim": "claims", "extract": "extraction", "question": "survey"}.get(outcome.source)
    found = [one for one in asides if one["kind"] == kind]
    if outcome.question is not None:
        found = [one for one in found if outcome.question.id in {each["id"] for each in one["questions"]}]
    if outcome.extract is not None and len(found) > 1:
        name = outcome.extract if isinstance(outcome.extract, str) else outcome.extract.name
        found = [one for one in found if name in {each["field"] for each in one["values"]}]
    if len(found) != 1:  # nothing was asked, or it cannot be told apart
        return {"ref": row.ref, "event": row.event}
    [one] = found
    rows = one.get("rows", [])
    event = one["events"] if kind != "survey" else rows[0]["event"] if len(rows) == 1 else one["event"]
    return {"ref": one["ref"], "event": event}


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


def _outcome(
    findings: Findings, name: str, kind: str, compared: list[Comparison], where: Mapping[Any, dict[str, Any]]
) -> dict[str, Any]:
    comparison = next((each for each in compared if each.outcome == name), None)
    arms = []
    for arm in findings.design.arms:
        rows = [row for row in findings.rows if row.arm == arm.name and row.outcome == name]
        values = [{**asdict(row), "where": where[_key(asdict(row))]} for row in rows if row.value is not None]
        arms.append({"arm": arm.name, "values": values, "missing": len(rows) - len(values), **mean(kind, values)})
    said = comparison.sentences() if comparison else []
    return {"name": name, "kind": kind, "arms": arms, "sentences": said, "shares": shares(kind, arms)}
