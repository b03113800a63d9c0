"""Runs an experiment: one prefix that is paid once, and a branch from it for every replicate of every arm.

Each branch is a script of its own. So an experiment that was stopped, or killed, is simply run again: what is
recorded is lived through, and what is missing is asked for. An arm that was edited meanwhile is refused by name.
Several branches live at once, each in a thread; what they ask goes through the store's one loop, limits and budget.
"""

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from typing import Any

from troupe_es.controller import part
from troupe_es.controller.aside import Limits
from troupe_es.controller.references import resolve
from troupe_es.controller.simulation import Simulation
from troupe_es.controller.store import Store
from troupe_es.errors import EveryTurnFailed, Interrupted, UsageError
from troupe_es.experimentation.design import Replicate, of_scenario, of_state, replicates
from troupe_es.experimentation.outcomes import Lived, found
from troupe_es.experimentation.table import Findings, Row, ordered
from troupe_es.llm import Model
from troupe_es.log import Budget
from troupe_es.scenario import Experiment, Scenario
from troupe_es.scenario.experiment import Outcome

AT_ONCE = part.AT_ONCE
"""Branches that live at the same time, unless said otherwise."""

STOPPED = "stopped; everything so far is kept: run the experiment again to go on"
ANSWERS = "SELECT count(*) FROM calls WHERE answer IS NOT NULL"

Progress = Callable[[int, int, str], None]
"""Is told how many branches are done, of how many, and which one was done last."""


def experiment(
    store: Store,
    what: Scenario | str,
    design: Experiment | Mapping[str, Any] | None = None,
    *,
    model: str | Model = "",
    budget: Limits | None = None,
    at_once: int = AT_ONCE,
    progress: Progress = lambda done, of, ref: None,
) -> Findings:
    """Run an experiment, over its recording as far as that goes, and return what was found.

    ``what`` is a self-contained scenario, which is played first, or a reference to the event the arms part from.
    ``design`` says what a scenario says under ``experiment``; absent: that. ``budget`` holds for prefix, arms and
    judging together. The prefix's own branch is left as it is. Raises BadScenario or UsageError before anybody is
    asked, ScriptDiffers or NameTaken where another experiment of that name is recorded, EveryTurnFailed where every
    turn failed in every branch, and as ``Simulation.run`` does; run it again to resume.
    """
    if at_once < 1:
        raise UsageError(f"at_once is how many branches live at the same time, 1 at least, not {at_once}")
    planned = planned_of(store, what, design, model)
    chosen, lives = _whole(planned), replicates(planned)
    for arm in chosen.arms:
        if arm.model is not None:
            store.model(arm.model)  # that it can be set up is known before anybody is asked
    before = answered(store)
    shared = store.budget("experiment", budget or (what.budget if isinstance(what, Scenario) else None))
    ref, head = _prefix(store, what, chosen, model, shared)
    seed = planned.seed if chosen.options_seed is None else chosen.options_seed
    rows = _Runner(store, chosen, seed, ref, shared).all(lives, at_once, progress)
    return Findings(chosen, ref, head, ordered(rows, chosen), answered(store) - before)


def planned_of(
    store: Store, what: Scenario | str, design: Experiment | Mapping[str, Any] | None, model: str | Model
) -> Scenario:
    """Return a scenario with the experiment, checked: the one given, or one of the people who are there by now."""
    if isinstance(what, Scenario):
        return of_scenario(what, design)
    if design is None or model:
        fault = "give the arms that part from there, with 'design'" if design is None else "its model is settled"
        raise UsageError(f"{what}: is recorded: {fault}; an arm can name another model")
    return of_state(store.at(what), design, what)


def _whole(planned: Scenario) -> Experiment:
    assert planned.experiment is not None
    return planned.experiment


def _prefix(
    store: Store, what: Scenario | str, design: Experiment, model: str | Model, budget: Budget | None
) -> tuple[str, str]:
    """Live the prefix where it is a scenario's; return the event that the arms part from, and its hash."""
    if isinstance(what, Scenario):
        sim = store.play(what, model=model, budget=budget)
        branch, ref = f"{sim.branch.simulation}/{sim.branch.name}", sim.ref
    else:
        point = resolve(store.log, what)
        branch, ref = f"{point.branch.simulation}/{point.branch.name}", str(point)
    if design.at is not None:
        ref = str(resolve(store.log, branch + design.at))
    return ref, store.at(ref).head.hex()


def answered(store: Store) -> int:
    """Return how many model calls the store holds an answer to."""
    [(count,)] = store.log.select(ANSWERS)
    return int(count)


@dataclass
class _Runner:
    """What all branches of one experiment share while they live."""

    store: Store
    design: Experiment
    seed: int
    ref: str
    budget: Budget | None
    stopped: bool = False
    living: set[Simulation] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def all(self, lives: list[Replicate], at_once: int, progress: Progress) -> list[Row]:
        """Live all of them, ``at_once`` at a time; what stops one stops all, each keeping what it has."""
        rows: list[Row] = []
        failed = 0
        opened = self._opened(lives)
        with ThreadPoolExecutor(at_once, "troupe-arm") as pool:
            jobs = {pool.submit(self.one, each, sim): each for each, sim in zip(lives, opened, strict=True)}
            try:
                for done, job in enumerate(as_completed(jobs), 1):
                    found, note = job.result()
                    rows += found
                    failed += bool(note)
                    progress(done, len(lives), jobs[job].branch)
            except BaseException as error:
                self._stop(jobs)
                if isinstance(error, KeyboardInterrupt):
                    raise Interrupted(STOPPED) from None
                raise
        if failed == len(lives):
            raise EveryTurnFailed(f"no branch of {self.design.name!r} has a usable turn; the log says why")
        return rows

    def _stop(self, jobs: Mapping[Future[Any], Replicate]) -> None:
        with self.lock:
            self.stopped = True
            living = list(self.living)
        for job in jobs:
            job.cancel()
        for sim in living:
            sim.stop()

    def _opened(self, lives: list[Replicate]) -> list[Simulation]:
        """Return every branch, all opened or none."""
        point = resolve(self.store.log, self.ref)
        base = self.store.log.draw_at(point.branch, point.seq)
        with self.store.log.transaction():
            return [
                self.store.script(self.ref, each.branch, draw=base + each.draw, budget=self.budget) for each in lives
            ]

    def one(self, each: Replicate, sim: Simulation) -> tuple[list[Row], str]:
        """Live one branch to its end; return its rows, and what went wrong in all of it."""
        with self.lock:
            self.living.add(sim)
        try:
            note = self._live(sim, each)
        finally:
            with self.lock:
                self.living.discard(sim)
        forked = resolve(self.store.log, self.ref).seq
        lived = Lived(each.arm, each.number, sim.ref, sim.seq, sim.state, tuple(sim.events(forked + 1)), note)
        return [self._row(outcome, lived, each, sim) for outcome in self.design.outcomes], note

    def _live(self, sim: Simulation, each: Replicate) -> str:
        note = ""
        if each.blinding is not None and sim.seq == sim.branch.fork_seq == self.store.log.head(sim.branch).seq:
            self.store.log.note("blinding", {"labels": dict(each.blinding.labels)}, sim.branch)
        for command in each.script:
            if self.stopped:
                raise Interrupted(STOPPED)
            try:
                sim.command(command)
            except EveryTurnFailed as error:
                note = str(error)
        return note

    def _row(self, outcome: Outcome, lived: Lived, each: Replicate, sim: Simulation) -> Row:
        value = found(self.store, outcome, lived, each.blinding, self.budget, self.seed)
        return Row(
            arm=each.arm,
            replicate=each.number,
            outcome=outcome.name,
            kind=outcome.kind,
            value=value.value,
            ref=lived.ref,
            event=lived.seq,
            draw=sim.branch.draw,
            order=each.order,
            model=lived.state.settings.model,
            note=value.note,
        )
