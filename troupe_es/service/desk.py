"""What can be done with a store from afar: the API and the pages call the same.

What takes long is a job, in a thread and with a handle of its own. What is said to a life that somebody runs goes by
mail. What a client names is looked up, never opened: a scenario that comes this way is self-contained.
"""

import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from troupe_es import commands
from troupe_es import scenario as scenarios
from troupe_es.controller import bundle
from troupe_es.controller.editing import edits_of, instead_of_humans, parted
from troupe_es.controller.references import Point, check_name, resolve
from troupe_es.controller.simulation import OnDifference
from troupe_es.errors import BadReference, LeaseHeld, UsageError
from troupe_es.events.base import HUMAN
from troupe_es.events.types import StimulusKind
from troupe_es.experimentation.design import replicates
from troupe_es.log import Branch
from troupe_es.scenario import Budget, Scenario
from troupe_es.service.jobs import Job, Jobs
from troupe_es.service.lives import conducted, imported, life, names_web, together
from troupe_es.service.stores import Held, Stores
from troupe_es.views import integrity

STEPS = 1_000_000
"""Most steps that are asked for at once over HTTP: of all runs of a program, in every life of an experiment."""

LIVES = 1000
"""Most lives of an experiment that is begun over HTTP."""


BEGINNING = 10.0
"""Most seconds until a run that was begun stands in the log."""


class Desk:
    """Where requests come in that change something or ask somebody."""

    def __init__(self, stores: Stores, jobs: Jobs) -> None:
        self.stores = stores
        self.jobs = jobs

    # lives

    def start(
        self,
        script: Scenario,
        model: str = "",
        name: str | None = None,
        budget: Budget | None = None,
        on_difference: OnDifference = "stop",
    ) -> Job:
        """Run a self-contained scenario, over its recording as far as that goes, and its experiment if it has one.

        Where it differs from that, the job fails with ScriptDiffers, or goes on in a branch (``fork``).
        Raises BadScenario for one that names files, UsageError where nobody is named who answers, or where the web
        is named and not enabled, LeaseHeld where it is being run.
        """
        script = script if name is None else script.model_copy(update={"name": check_name(name)})
        arms = [] if script.experiment is None else replicates(script)
        if len(arms) > LIVES:
            raise UsageError(f"over HTTP an experiment has at most {LIVES:,} lives, not {len(arms):,}")
        if arms and on_difference == "fork":
            raise UsageError("an experiment does not go on in a branch: give what is edited another name")
        self.allow([*scenarios.commands(script), *(command for each in arms for command in each.script)])
        begun = self._begun(script.name)
        chosen = model or script.model or ""
        if begun is None:
            named = [chosen, *script.settings.models.values(), *filter(None, [script.settings.embedder])]
        else:
            self._free(begun)
            chosen, named = model or self.stores.writer.at(str(begun)).settings.model, []
        named += [] if script.experiment is None else [arm.model for arm in script.experiment.arms if arm.model]
        for each in named:
            if each != HUMAN:
                self.stores.writer.model(each)

        def work(store: Held) -> dict[str, Any]:
            if script.experiment is not None:
                return conducted(store, script, chosen, budget)
            return life(store.play(script, model=chosen, budget=budget, on_difference=on_difference))

        job = self.jobs.start("experiment" if arms else "scenario", f"{script.name}/main", work)
        self._standing(job, script.name)
        return job

    def go_on(self, ref: str, steps: int | None = None, seconds: int = 60, budget: Budget | None = None) -> Job:
        """Go on with a branch: so many steps, or all that is under way and what its scenario has yet to come."""
        point = self._head(ref)
        self._free(point.branch)
        where = str(point.branch)

        def work(store: Held) -> dict[str, Any]:
            if steps is None:
                return life(store.resume(where, budget=budget))
            sim = store.open(where, budget=budget)
            sim.live_on(steps, seconds)
            return life(sim)

        return self.jobs.start("run", where, work)

    def pause(self, ref: str) -> str:
        """Ask whoever runs a branch to stop between two steps; returns the branch. Raises BadCommand: nobody does."""
        branch = self._head(ref).branch
        self.stores.writer.pause(str(branch))
        return str(branch)

    def say(
        self,
        ref: str,
        text: str,
        to: Sequence[str] = (),
        world: str | None = None,
        kind: StimulusKind = "CONVERSATION",
        speaker: str = "",
    ) -> dict[str, Any]:
        """Say something to the people of a life, whoever runs it."""
        return self._steer(ref, commands.Stimulate(text, kind, world, tuple(to), speaker))

    def set(self, ref: str, path: str, value: Any, merge: bool = False) -> dict[str, Any]:
        """Set a value by path, whoever runs the life."""
        return self._steer(ref, commands.Change(path, value, merge))

    def answer(self, ref: str, person: str, words: str) -> None:
        """Answer as a person whom a human plays. Raises BadCommand where nobody waits for them."""
        self.stores.writer.answer(ref, person, words)

    def _steer(self, ref: str, command: commands.Command) -> dict[str, Any]:
        seq = self.stores.writer.steer(str(self._head(ref).branch), command)
        return {"event": seq, "posted": seq is None}

    # branches

    def branch(
        self,
        ref: str,
        name: str,
        edits: Sequence[commands.Command] = (),
        *,
        items: Sequence[Mapping[str, Any]] = (),
        model: str = "",
        replicates: int | None = None,
        draw: int | None = None,
        refresh: bool = False,
        run: int | str | None = None,
        budget: Budget | None = None,
    ) -> tuple[Point, list[Branch], Job | None]:
        """Fork at ``ref`` with ``edits`` and program ``items`` made there, all branches or none; let them go on.

        ``run`` is a number of steps, or ``rest`` for all that is under way and the rest of the scenario; None: they
        stay where they are. Raises UsageError for more than one choice of draws, and as ``Store.branch`` does.
        """
        if sum((replicates is not None, draw is not None, refresh)) > 1:
            raise UsageError("replicates, draw and refresh each choose draws: give one of them")
        store = self.stores.writer
        point = resolve(store.log, ref)
        state = store.at(str(point))
        changes = [*edits, *(instead_of_humans(state, model) if model else [])]
        changes += edits_of(list(items), "edits", state) if items else []
        self.allow(changes)
        now, later = parted(changes)
        if model:
            store.model(model)
        if refresh:
            draw = store.log.next_draw(point.branch, point.seq)
        with store.log.transaction():
            if replicates is not None:
                opened = [sim.branch for sim in store.replicates(str(point), name, replicates, *now)]
            else:
                opened = [store.branch(str(point), name, *now, draw=draw).branch]
        if not later and run is None:
            return point, opened, None

        def work(held: Held) -> dict[str, Any]:
            shared = held.budget(f"branch {name}", budget)
            return {"lives": together(held, [str(each) for each in opened], later, run, shared)}

        return point, opened, self.jobs.start("branch", str(opened[0]), work)

    # the past

    def ask(
        self, ref: str, who: str, question: str, *, model: str = "", again: bool = False, budget: Budget | None = None
    ) -> Job:
        """Ask somebody in private, at any event; the job's result is the reply."""
        store = self.stores.writer
        person = store.at(ref).person(who).id
        self._answering(model)

        def work(held: Held) -> dict[str, Any]:
            return asdict(held.ask(ref, person, question, model=model, again=again, budget=budget))

        return self.jobs.start("ask", ref, work)

    def survey(
        self,
        ref: str,
        survey: Mapping[str, Any],
        people: Sequence[str] = (),
        *,
        model: str = "",
        again: bool = False,
        budget: Budget | None = None,
    ) -> Job:
        """Put typed questions to people, at any event; the job's result has the table."""
        self._answering(model)
        resolve(self.stores.writer.log, ref)

        def work(held: Held) -> dict[str, Any]:
            found = held.survey(ref, survey, people or None, model=model, again=again, budget=budget)
            told = {"title": found.title, "note": found.note, "ref": found.ref, "recorded": found.recorded}
            return {**told, "rows": found.table()}

        return self.jobs.start("survey", ref, work)

    def extract(
        self,
        ref: str,
        sought: Sequence[Any],
        people: Sequence[str] = (),
        *,
        world: str | None = None,
        objective: str = "",
        model: str = "",
        again: bool = False,
        budget: Budget | None = None,
    ) -> Job:
        """Find typed values in what happened, up to any event; the job's result has them."""
        self._answering(model)
        resolve(self.stores.writer.log, ref)

        def work(held: Held) -> dict[str, Any]:
            asked = (ref, list(sought), people)
            found = held.extract(*asked, world=world, objective=objective, model=model, again=again, budget=budget)
            told = {"ref": found.ref, "recorded": found.recorded, "failed": found.failed, "note": found.note}
            return {**told, "values": found.table()}

        return self.jobs.start("extract", ref, work)

    def verify(self, ref: str, strict: bool = False) -> Job:
        """Decide a life again from the record; the job's result is the report."""
        point = resolve(self.stores.writer.log, ref)
        begun: list[Job] = []

        def told(seq: int) -> None:
            for job in begun:
                job.reached = seq

        def work(held: Held) -> dict[str, Any]:
            return integrity.verify(held, str(point), strict=strict, progress=told)

        begun.append(self.jobs.start("verify", str(point), work))
        return begun[0]

    def _answering(self, model: str) -> None:
        if model:
            self.stores.writer.model(model)

    # carrying

    def export(self, simulation: str, branches: Sequence[str] | None = None) -> bytes:
        """Return a bundle (a zip) of a simulation, or of some branches with those they came from."""
        with tempfile.TemporaryDirectory() as folder, self.stores.reading() as store:
            path = Path(folder) / "bundle.zip"
            bundle.export(store.log, simulation, path, branches)
            return path.read_bytes()

    def take_in(self, content: bytes, name: str | None = None) -> Job:
        """Bring a bundle (a zip) into the store, once it has been verified. Raises BadReference for a bad name."""
        target = None if name is None else check_name(name)

        def work(held: Held) -> dict[str, Any]:
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "bundle.zip"
                path.write_bytes(content)
                return imported(held, path, target)

        return self.jobs.start("import", target or "bundle", work)

    # who may

    def allow(self, given: Sequence[Any]) -> None:
        """Raise UsageError for commands that would fetch from the web, where nobody enabled that, or never end."""
        if (steps := sum(each.steps for each in given if isinstance(each, commands.Run))) > STEPS:
            raise UsageError(f"over HTTP at most {STEPS:,} steps are asked for at once, not {steps:,}: go on later")
        if not self.stores.writer.web and any(names_web(each) for each in given):
            raise UsageError("people may not fetch from the web here: whoever runs the service enables it with --web")

    def _head(self, ref: str) -> Point:
        point = resolve(self.stores.writer.log, ref)
        if not point.at_head:
            raise UsageError(f"{ref}: the past cannot be changed; open a branch there")
        return point

    def _free(self, branch: Branch) -> None:
        if self.stores.writer.log.holder(branch) is not None:
            raise LeaseHeld(f"{branch} is being run: wait for it, pause it, or open a branch")

    def _standing(self, job: Job, simulation: str) -> None:
        """Wait until a simulation stands in the log, so that whoever began it can look at it at once."""
        patience = time.monotonic() + BEGINNING
        while self._begun(simulation) is None and time.monotonic() < patience and not job.over.wait(0.02):
            continue

    def _begun(self, simulation: str) -> Branch | None:
        try:
            branch = self.stores.writer.log.branch(simulation)
        except BadReference:
            return None
        return branch if self.stores.writer.log.head(branch).seq else None
