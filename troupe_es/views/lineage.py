"""The branches of a simulation as a tree, each with where it parted from its parent."""

from typing import Any

from troupe_es.controller.store import Store
from troupe_es.log import Branch


def lineage(store: Store, simulation: str, everything: bool = False) -> dict[str, Any]:
    """Return ``main`` with its branches below it, each with its own; ``everything``: side branches, too."""
    branches = store.log.branches(simulation, ("main", "fork", "ask") if everything else ("main", "fork"))
    known = {branch.id for branch in branches}
    below: dict[int, list[Branch]] = {}
    root = next(branch for branch in branches if branch.parent is None)
    for branch in branches:
        if branch.parent is not None:  # one whose parent is not listed hangs below main
            below.setdefault(branch.parent if branch.parent in known else root.id, []).append(branch)
    nodes: dict[int, dict[str, Any]] = {}
    for branch in reversed(branches):  # children are younger than their parents
        children = [nodes[child.id] for child in below.get(branch.id, ())]
        nodes[branch.id] = _node(store, branch, children)
    return nodes[root.id]


def _node(store: Store, branch: Branch, children: list[dict[str, Any]]) -> dict[str, Any]:
    parent = store.log.branch_of(branch.parent).name if branch.parent is not None else None
    return {
        "ref": str(branch),
        "branch": branch.name,
        "kind": branch.kind,
        "parent": parent,
        "fork": branch.fork_seq,
        "draw": branch.draw,
        "events": store.log.head(branch).seq,
        "branches": children,
    }


def ancestors(store: Store, branch: Branch) -> list[str]:
    """Return the references of the points a branch came from, its own origin first."""
    found = []
    while branch.parent is not None:
        parent = store.log.branch_of(branch.parent)
        found.append(f"{parent}@{branch.fork_seq}")
        branch = parent
    return found
