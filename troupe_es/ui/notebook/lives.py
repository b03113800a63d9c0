"""Runs, worlds, people and transcripts, for a notebook."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path

from troupe_es.agent.memory.kept import kept
from troupe_es.agent.outline import outline
from troupe_es.agent.prompts import traits
from troupe_es.controller.store import Store
from troupe_es.log import Branch, Log
from troupe_es.numerals import counted
from troupe_es.projections import Line, Person, State
from troupe_es.ui.notebook.markup import Html, Shown, element, facts, folded, joined, listed, table
from troupe_es.ui.text import cut, readable
from troupe_es.views.gist import gist

LATEST = 20
"""Memories shown of a person, and steps of a transcript that are open at first."""


def runs(store: Store) -> Shown:
    """Return every run with its branches, each under what it was forked from."""
    branches = store.log.branches(None, ("main", "fork"))
    roots = [branch for branch in branches if branch.parent is None]
    count = f"{len(roots)} runs" if len(roots) != 1 else "1 run"
    return Shown(f"{count} in {Path(store.log.path).name}", _tree(store.log, branches, roots))


def _tree(log: Log, branches: Sequence[Branch], level: Iterable[Branch]) -> Html:
    items = []
    for branch in level:
        name = branch.simulation if branch.parent is None else f"{branch.name} @{branch.fork_seq}"
        about = f" · {log.head(branch).seq:,} events, draw {branch.draw}"
        below = [child for child in branches if child.parent == branch.id]
        words = (element("b", name), element("span", about, class_="quiet"))
        items.append(joined((*words, _tree(log, branches, below)) if below else words))
    return listed(items)


def world(state: State, ref: str, log: Log) -> Shown:
    """Return who is where at a point, and what they feel."""
    simulation, _, rest = ref.partition("/")
    branch = log.branch(simulation, rest.partition("@")[0])
    forks = [each for each in log.branches(simulation, ("fork",)) if each.parent == branch.id]
    about = facts(
        [
            ("time", f"{state.clock.replace('T', ' ')}, step {state.step}"),
            ("model", state.settings.model),
            ("gone", ", ".join(state.gone.values())),
            ("forks", ", ".join(f"{fork.name} at {fork.fork_seq}" for fork in forks)),
        ]
    )
    columns = ("person", "in", "turns", "feels", "attends to", "wants", "knows")
    rows = [_row(state, person) for person in state.people.values()]
    return Shown(ref, joined((about, table(columns, rows))))


def _row(state: State, person: Person) -> tuple[object, ...]:
    known = ", ".join(state.people[id].name for id in person.near if id in state.people)
    mind = person.mind
    feels = [cut(each, 80) for each in (mind.emotions, mind.attention, mind.goals)]
    place = state.worlds[person.world].name if person.world in state.worlds else person.world
    return (element("b", person.name), place, person.turns, *feels, cut(known, 80))


def person(state: State, ref: str, who: str) -> Shown:
    """Return one person at a point: persona, mind, what they have kept of their life, and what happened last."""
    them = state.person(who)
    mind = facts((name, "; ".join(v) if isinstance(v, list) else v) for name, v in them.mind.model_dump().items())
    persona = folded("Persona", element("pre", outline(traits(state, them))))
    parts = [element("p", f"{them.id}, {counted(them.turns, 'turn')}", class_="quiet"), mind, persona]
    distilled = kept(state, them)
    if distilled:
        rows = [(each.seq, each.kind, each.importance, each.content) for each in distilled[-LATEST:]]
        parts.append(
            folded(f"Kept of their life: {len(distilled)}", table(("event", "kind", "weight", "what"), rows))
        )
    latest = [state.read(seq) for seq in them.memory[-LATEST:]]
    lived = [(event.seq, _name(state, event.actor), gist(event)) for event in latest]
    body = folded(f"Memories: {len(them.memory):,}, the latest {len(lived)}", table(("event", "who", "what"), lived))
    return Shown(f"{them.name} at {ref}", joined((*parts, body)))


def _name(state: State, actor: str | None) -> Html:
    return element("b", state.people[actor].name if actor in state.people else actor or "·")


def transcript(lines: Sequence[Line]) -> Shown:
    """Return a transcript, step by step; of a long one the latest steps are open."""
    steps = [(step, list(group)) for step, group in groupby(lines, lambda line: (line.step, line.time))]
    folds = [
        folded(_when(step, time), table(("event", "who", "what"), map(_line, group))) for (step, time), group in steps
    ]
    opened = [Html(fold.replace("<details>", "<details open>", 1)) for fold in folds[-LATEST:]]
    return Shown(f"{len(lines):,} lines", joined((*folds[:-LATEST], *opened)))


def _when(step: int, time: str) -> str:
    return f"{f'step {step}' if step else 'before the first step'} · {time[:16].replace('T', ' ')}"


def _line(said: Line) -> tuple[object, ...]:
    content = readable(said.content) if said.kind == "RESULT" else said.content
    loud = said.kind in ("TALK", "CONVERSATION")
    to = f"to {said.to}: " if said.to not in ("", "everyone") else ""
    words = to + content if loud else f"({said.kind.lower()}) {to}{content}"
    return said.seq, element("b", said.who or "·"), words if loud else element("span", words, class_="quiet")
