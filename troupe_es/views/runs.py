"""The simulations of a store and their branches: how far each is, and what it took."""

import json
from collections.abc import Sequence
from functools import partial
from typing import Any

from troupe_es import commands
from troupe_es import scenario as scenarios
from troupe_es.controller.references import Point
from troupe_es.controller.store import Store
from troupe_es.errors import TroupeError
from troupe_es.events import types
from troupe_es.log import Branch, Head, Log
from troupe_es.log.history import MOST
from troupe_es.views import rows
from troupe_es.views.kept import memory
from troupe_es.views.onward import left

CAME = ("person-added", "person-made", "person-coming-caused")
STOPPED = """
SELECT kind, payload FROM journal WHERE branch = ? AND kind IN ('paused', 'stopped') ORDER BY id DESC LIMIT 1"""
CHANGED = ("settings-changed",)
LEFT = ("person-removed", "person-leaving-caused")
PAID = """
SELECT count(answer) + coalesce(sum(resent), 0), coalesce(sum(reserved_tokens + lost_tokens), 0),
       coalesce(sum(reserved_money + lost_money), 0), max(budget) FROM calls WHERE branch = ?"""


def runs(store: Store, everything: bool = False, skip: int = 0, limit: int | None = None) -> list[dict[str, Any]]:
    """Return every simulation, oldest first, with its branches; ``everything``: interviews and surveys, too.

    The first ``skip`` are left out, and so are those after ``limit`` more.

    A branch's ``status`` is ``running`` (somebody living holds it), ``paused`` (it was asked to, and nothing happened
    since), ``unfinished``, ``finished`` or ``failed`` (no turn of the last run succeeded). Money is in millionths of
    the price list's currency; what was paid for is known of this store's own calls alone.
    """
    wanted = store.log.simulations()[skip : None if limit is None else skip + limit]
    return [run(store, simulation.name, everything) for simulation in wanted]


def run(store: Store, simulation: str, everything: bool = False) -> dict[str, Any]:
    """Return one simulation with its branches."""
    found = store.log.simulation(simulation)
    branches = store.log.branches(simulation, ("main", "fork", "ask") if everything else ("main", "fork"))
    return {
        "simulation": simulation,
        "about": about(store, found.scenario, simulation),
        "scenario": found.scenario is not None,
        "created": found.created_at,
        "branches": [branch_of(store, branch) for branch in branches],
    }


def branch_of(store: Store, branch: Branch) -> dict[str, Any]:
    """Return how far one branch is."""
    log, head = store.log, store.log.head(branch)
    lived = memory(log).lived.get((branch.id, head), partial(_lived, store, branch, head))
    paid, tokens, money, budget = log.select(PAID, (branch.id,))[0]
    parent = log.branch_of(branch.parent).name if branch.parent is not None else None
    state = "paused" if lived["state"] == "unfinished" and _paused(log, branch, head) else lived["state"]
    return {
        "ref": str(branch),
        "branch": branch.name,
        "kind": branch.kind,
        "parent": parent,
        "fork": branch.fork_seq,
        "draw": branch.draw,
        "events": head.seq,
        "head": head.hash.hex(),
        **{name: value for name, value in lived.items() if name not in ("answers", "state")},
        "status": "running" if log.holder(branch) is not None else state,
        "calls": {"paid": paid, "recorded": max(lived["answers"] - paid, 0)},
        "tokens": tokens,
        "money": money,
        "budget": _budget(log, budget),
    }


def _lived(store: Store, branch: Branch, head: Head) -> dict[str, Any]:
    """What the events say; the same for the same head."""
    log = store.log
    found: dict[str, tuple[int, int]] = {}
    for type, n, last in rows.aggregate(log, branch, head.seq, "type, count(*), max(seq)", "type", ()):
        count, _ = found.get(type, (0, 0))
        found[type] = (count + n, last)
    first = rows.forward(log, branch, 0, 1, rows.Filter(), 1)
    latest = rows.backward(log, branch, head.seq + 1, rows.Filter(), 1)
    rest = _rest(store, branch, head, found)
    return {
        "step": latest[0].event.step if latest else 0,
        "time": latest[0].event.time if latest else "",
        "steps_left": _steps_left(log, branch, found, rest) if branch.kind != "ask" else 0,
        "people": sum(found.get(type, (0, 0))[0] for type in CAME) - sum(found.get(type, (0, 0))[0] for type in LEFT),
        "model": _model(log, branch, head, first[0].event.body if first else None, found),
        "begun": first[0].at if first else branch.created_at,
        "latest": latest[0].at if latest else branch.created_at,
        "answers": found.get("model-answered", (0, 0))[0],
        "state": _state(store, branch, head, found, rest),
    }


def _last(found: dict[str, tuple[int, int]], type: str) -> int:
    return found.get(type, (0, 0))[1]


def _model(log: Log, branch: Branch, head: Head, opening: Any, found: dict[str, tuple[int, int]]) -> str:
    """The model that answers now: the one a life was begun with, or the one that was set since."""
    changed = rows.backward(log, branch, head.seq + 1, rows.Filter(CHANGED), MOST) if _any(found, CHANGED) else []
    for each in changed:
        if isinstance(each.event.body, types.SettingsChanged) and each.event.body.path == "settings.model":
            return str(each.event.body.after)
    return opening.settings.model if isinstance(opening, types.SimulationCreated) else ""


def _any(found: dict[str, tuple[int, int]], kinds: tuple[str, ...]) -> bool:
    return any(type in found for type in kinds)


def _steps_left(log: Log, branch: Branch, found: dict[str, tuple[int, int]], rest: Sequence[commands.Command]) -> int:
    """The steps of the run under way that have not ended, and those of the runs its scenario has yet to come."""
    later = sum(each.steps for each in rest if isinstance(each, commands.Run))
    asked, ended = _last(found, "run-requested"), _last(found, "step-ended")
    if asked <= _last(found, "run-ended"):
        return later
    begun = log.event(branch, asked)
    assert isinstance(begun.body, types.RunRequested)
    done = log.event(branch, ended).step - begun.step if ended > asked else 0
    return begun.body.steps - done + later


def _paused(log: Log, branch: Branch, head: Head) -> bool:
    """Whether the last that stopped a branch was a wish to pause, and it stands there still."""
    noted = log.select(STOPPED, (branch.id,))
    return bool(noted) and noted[0][0] == "paused" and json.loads(noted[0][1]).get("seq") == head.seq


def _state(
    store: Store, branch: Branch, head: Head, found: dict[str, tuple[int, int]], rest: Sequence[commands.Command]
) -> str:
    if branch.kind == "ask":
        return "finished" if _answered(store.log, branch, head) else "unfinished"
    asked, ended = _last(found, "run-requested"), _last(found, "run-ended")
    told, planned = _last(found, "story-requested"), found.get("population-planned", (0, 0))[1]
    if asked > ended or not head.seq or told > _last(found, "story-told") or _to_make(store, branch, planned):
        return "unfinished"
    if rest:
        return "unfinished"
    if ended:
        body = store.log.event(branch, ended).body
        assert isinstance(body, types.RunEnded)
        if body.turns and body.failed == body.turns:
            return "failed"
    return "finished"


def _answered(log: Log, branch: Branch, head: Head) -> bool:
    """Whether what a side branch was opened for is done: its last event says so, a survey's for each person."""
    if head.seq == branch.fork_seq:
        return False
    given = rows.forward(log, branch, branch.fork_seq, head.seq, rows.Filter(("survey-given",)), 1)
    if given and isinstance(body := given[0].event.body, types.SurveyGiven):
        sql = "SELECT count(*) FROM events WHERE branch = ? AND type = 'survey-taken'"
        return bool(log.select(sql, (branch.id,))[0][0] >= len(body.people))
    last = log.event(branch, head.seq).body
    return last.closes or isinstance(last, types.PredictionSealed | types.TruthLoaded)


def _to_make(store: Store, branch: Branch, planned: int) -> bool:
    """Whether people who were planned are still to be made."""
    if not planned:
        return False
    body = store.log.event(branch, planned).body
    assert isinstance(body, types.PopulationPlanned)
    made = rows.forward(
        store.log, branch, planned, MOST, rows.Filter(("person-made", "person-not-made")), len(body.people)
    )
    return len(made) < len(body.people)


def _rest(store: Store, branch: Branch, head: Head, found: dict[str, tuple[int, int]]) -> Sequence[commands.Command]:
    """What the scenario has yet to come on a branch: a fork goes on with it only from a run that is under way."""
    under_way = branch.kind == "fork" and _last(found, "run-requested") > _last(found, "run-ended")
    return left(store, Point(branch, head.seq, True)) if branch.kind == "main" or under_way else []


def about(store: Store, scenario: str | None, simulation: str) -> str:
    """Return what a simulation is about, in the words of its scenario."""
    if scenario is None:
        return ""
    try:
        return scenarios.parse(store.log.read_blob(scenario).decode(), simulation).about
    except TroupeError:
        return ""  # it was written by a version that allowed more; the run is all there


def _budget(log: Log, id: int | None) -> dict[str, Any] | None:
    """The limits of the budget that the latest call was counted in, and what is spent of it."""
    if id is None:
        return None
    found = log.select("SELECT id, label, calls, tokens, money FROM budgets WHERE id = ?", (id,))
    if not found:
        return None
    sql = (
        "SELECT count(owner) + coalesce(sum(resent), 0), coalesce(sum(reserved_tokens + lost_tokens), 0), "
        "coalesce(sum(reserved_money + lost_money), 0) FROM calls WHERE budget = ?"
    )
    calls, tokens, money = log.select(sql, (id,))[0]
    limits = dict(zip(("calls", "tokens", "money"), found[0][2:], strict=True))
    return {"label": found[0][1], **limits, "spent": {"calls": calls, "tokens": tokens, "money": money}}
