"""Lives that part from one event in arms and replicates, as the log shows them: by where they part and their names.

An experiment that a script described in Python is known to that script alone; but its branches are in the log, named
EXPERIMENT-ARM-NUMBER, with what each arm was told and what was found out of each replicate aside. What code counted
or computed is in no event, and not here.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator
from typing import Any

from troupe_es.controller.store import Store
from troupe_es.events import TYPES
from troupe_es.log import Branch
from troupe_es.views import asked, rows, runs
from troupe_es.views.events import row
from troupe_es.views.names import names
from troupe_es.views.shares import mean, shares

NAMED = re.compile(r"(.+)-([1-9]\d*)")
GIVEN = tuple(type for type, model in TYPES.items() if model.given and type != "run-requested")

TOLD = 6
"""Events from outside that are listed of an arm."""

Lives = dict[str, dict[int, Branch]]
"""The branches of an experiment, by arm and number."""


def arms(store: Store, simulation: str, known: Collection[str] = ()) -> list[dict[str, Any]]:
    """Return every group of replicates that part from one event of a simulation, but for the ``known`` branches.

    Each has name, prefix (the event they part from), arms, replicates (the most there are of one arm), lives, done,
    told (by arm, what came from outside in its first life), outcomes (as ``views.experiments`` has them) and rows.
    """
    forks = [each for each in store.log.branches(simulation, ("fork",)) if each.name not in known]
    apart: dict[tuple[int | None, int], dict[str, dict[int, Branch]]] = defaultdict(lambda: defaultdict(dict))
    for each in forks:
        if found := NAMED.fullmatch(each.name):
            apart[each.parent, each.fork_seq][found[1]][int(found[2])] = each
    aside: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for one in asked.asides(store, simulation) if apart else []:
        aside[one["of"].partition("/")[2]].append(one)
    groups = [group for stems in apart.values() for group in _groups(stems)]
    return [_found(store, name, lives, aside) for name, lives in groups if sum(map(len, lives.values())) > 1]


def _groups(stems: Lives) -> Iterator[tuple[str, Lives]]:
    """Tell the name of an experiment from its branches': all but the last word, or fewer where an arm has more."""
    names: dict[str, list[str]] = defaultdict(list)
    for stem in stems:
        names[stem.rpartition("-")[0]].append(stem)
    for name in sorted(names, key=len, reverse=True):
        wider = [other for other in names if other and name.startswith(f"{other}-")]
        if len(names[name]) == 1 and wider:
            names[max(wider, key=len)] += names.pop(name)
    for name, of in names.items():
        if name and len(of) > 1:
            yield name, {stem.removeprefix(f"{name}-"): stems[stem] for stem in of}
        else:
            yield from ((stem, {stem: stems[stem]}) for stem in of)


def _found(store: Store, name: str, lives: Lives, aside: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    first = next(iter(next(iter(lives.values())).values()))
    parent = store.log.branch_of(first.parent) if first.parent is not None else first
    lived = [_life(store, arm, n, branch) for arm, of in lives.items() for n, branch in sorted(of.items())]
    values = [value for life in lived for one in aside[life["branch"]] for value in _values(life, one)]
    return {
        "name": name,
        "prefix": f"{parent}@{first.fork_seq}",
        "arms": list(lives),
        "replicates": max(n for of in lives.values() for n in of),
        "lives": lived,
        "done": sum(life["status"] == "done" for life in lived),
        "told": {arm: _told(store, of[min(of)]) for arm, of in lives.items()},
        "outcomes": [_outcome(name, values, list(lives)) for name in dict.fromkeys(row["outcome"] for row in values)],
        "rows": values,
    }


def _life(store: Store, arm: str, number: int, branch: Branch) -> dict[str, Any]:
    status = {"finished": "done", "failed": "done"}.get(runs.branch_of(store, branch)["status"], "under way")
    return {"arm": arm, "replicate": number, "branch": branch.name, "status": status}


def _told(store: Store, branch: Branch) -> list[dict[str, Any]]:
    called, head = names(store.log, branch), store.log.head(branch).seq
    given = rows.forward(store.log, branch, branch.fork_seq, head, rows.Filter(GIVEN), TOLD)
    return [{**row(each, called), "ref": str(branch)} for each in given]


def _values(life: dict[str, Any], aside: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield what was found out of a replicate aside: verdicts, values, and answers where one person was asked."""
    base = {"arm": life["arm"], "replicate": life["replicate"], "note": ""}

    def found(name: str, value: Any, event: int) -> dict[str, Any]:
        return {**base, "outcome": name, "where": {"ref": aside["ref"], "event": event}, **_kind(value)}

    for each in aside.get("verdicts", ()):
        yield found(each["claim"], each["holds"], each["event"])
    for each in aside.get("values", ()):
        yield found(each["field"], each["value"], each["event"])
    answers = aside.get("rows", ()) if aside["kind"] == "survey" else ()
    several = len({each["person"] for each in answers}) > 1
    for each in answers:
        if each["status"] == "answered":
            who = f", {each['name']}" if several else ""
            yield found(each["question"] + who, each["answer"], each["event"])


def _kind(value: Any) -> dict[str, Any]:
    """Return a value with its kind: a list or an object as one text."""
    if isinstance(value, bool | int | float):
        return {"kind": "boolean" if isinstance(value, bool) else "numeric", "value": value}
    if isinstance(value, dict):
        value = [f"{key}: {each}" for key, each in value.items()]
    return {"kind": "categorical", "value": ", ".join(map(str, value)) if isinstance(value, list) else value}


def _outcome(name: str, values: list[dict[str, Any]], order: list[str]) -> dict[str, Any]:
    of = [each for each in values if each["outcome"] == name]
    kinds = {each["kind"] for each in of if each["value"] is not None}
    kind = kinds.pop() if len(kinds) == 1 else "categorical"
    found = []
    for arm in order:
        there = [each for each in of if each["arm"] == arm and each["value"] is not None]
        missing = sum(each["arm"] == arm for each in of) - len(there)
        found.append({"arm": arm, "values": there, "missing": missing, **mean(kind, there)})
    return {"name": name, "kind": kind, "arms": found, "sentences": [], "shares": shares(kind, found)}
