"""The front door: a file of simulations, and everything that can be done with it.

This is the one place where log, models and settings are wired together; everything else is handed them.
"""

import asyncio
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from troupe_es import commands, registry
from troupe_es import scenario as scenarios
from troupe_es.agent.faculty import equipped
from troupe_es.agent.memory.kept import Kept, kept
from troupe_es.controller import diff as diffs
from troupe_es.controller import estimate as estimates
from troupe_es.controller import redaction, replay
from troupe_es.controller.answering import Answering
from troupe_es.controller.aside import Limits
from troupe_es.controller.bands import Estimate
from troupe_es.controller.driver import Driver, Record
from troupe_es.controller.factory import Factory
from troupe_es.controller.live import Watch
from troupe_es.controller.makings import Makings
from troupe_es.controller.outside import Outside
from troupe_es.controller.references import Point, check_name, resolve
from troupe_es.controller.rewriting import Enriching
from troupe_es.controller.simulation import ASKING, OnDifference, Simulation
from troupe_es.controller.states import Keeper, state_at
from troupe_es.controller.validating import Validating
from troupe_es.errors import BadCommand, BadReference, NameTaken, UsageError
from troupe_es.events import Settings, types
from troupe_es.llm import Model
from troupe_es.llm.human import Channel
from troupe_es.llm.limiter import MOST
from troupe_es.llm.prices import Prices, Source, free, micro
from troupe_es.log import Branch, Budget, Log
from troupe_es.projections import Line, State, transcript
from troupe_es.scenario import Scenario
from troupe_es.tools import Tool


class Store(Answering, Outside, Validating, Makings, Enriching, Factory):
    """An open store file. Use it as a context manager.

    ``models`` are models at hand, found by their names before any other; what they do not name is made from the
    environment (``llm.choose``). ``record`` is the record mode: ``none`` never asks a model, ``once`` only for a
    simulation that has no answers yet, ``new_episodes`` (the default) for what is missing, ``all`` begins a run
    again in a new draw. A draw's answers belong to the store: another simulation that asks the same at the same place
    in the same draw takes them, in any mode. ``concurrency`` bounds the calls in flight; how many of them a
    provider gets, its limiter decides. ``prices`` is a price list (a file, or what one
    would hold) over the shipped one. ``humans`` are channels to whoever plays a person, by the person's id; all other
    humans are asked by mail, and ``told`` hears whom a run waits for. ``tools`` are
    registered by their names, in this process, beside those that are.
    Raises NotAStore, StoreTooNew, StoreDamaged or StoreUnwritable; the file is then as it was.
    """

    def __init__(
        self,
        path: str | os.PathLike[str] = "troupe.db",
        *models: Model,
        record: Record = "new_episodes",
        concurrency: int = MOST,
        prices: Source | None = None,
        write: bool = True,
        watch: Watch | None = None,
        humans: Mapping[str, Channel] | None = None,
        told: Callable[[str], None] = lambda text: None,
        tools: Iterable[Tool] = (),
    ) -> None:
        for tool in tools:
            if not isinstance(tool, Tool):
                raise UsageError(f"{tool!r} is no tool: put @tool(side_effect=…) above the function")
            registry.register("tool", tool.name, tool)
        super().__init__(models, humans or {}, told)
        self.log = Log.open(path if path == ":memory:" else Path(path), write=write)
        self.record: Record = record
        self.concurrency = concurrency
        self.slots = asyncio.Semaphore(concurrency)
        self.prices = Prices(prices)
        self.write = write
        self.watch = watch

    def close(self) -> None:
        """Close the file, and the connections of the models that were made from the environment."""
        self._leave()
        self.log.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # simulations

    def begin(
        self,
        name: str,
        *,
        model: str | Model = "",
        seed: int = 0,
        start: str = "2026-01-05T09:00:00",
        settings: Settings | None = None,
        branch: str = "main",
        on_difference: OnDifference = "stop",
        scenario: Scenario | None = None,
        budget: Limits | None = None,
    ) -> Simulation:
        """Begin the simulation ``name``, or live through its recording again: a script is a recording.

        Raises UsageError when no model is chosen, ScriptDiffers when the recording was begun otherwise and
        ``on_difference`` is ``stop``.
        """
        named = model if isinstance(model, str) else self._register(model)
        chosen = named or (settings.model if settings else "")
        if not chosen:
            raise UsageError(f"{name}: no model is chosen; the improviser needs no key: model='improviser'")
        settings = (settings or Settings()).model_copy(update={"model": chosen})
        create = commands.Create(seed, start, settings)
        if budget is not None and budget.money is not None and not self._known(name):
            self.prices.required(chosen)
        lived = self._enter(name, branch, scenario)
        sim = self._handle(lived, State(), "script", on_difference, self.budget(name, budget))
        sim.command(create)
        return sim

    def open(self, ref: str, *, budget: Limits | None = None) -> Simulation:
        """Return the simulation at the head that ``ref`` names, to be gone on with.

        Raises BadReference, or BadCommand if ``ref`` names an event that others follow.
        """
        point = resolve(self.log, ref)
        if not point.at_head and point.seq < self.log.head(point.branch).seq:
            raise BadCommand(
                f"{point.branch} goes on after event {point.seq}: the past cannot be changed; open a branch there"
            )
        state = self._state(point)
        if budget is not None and budget.money is not None:
            self.prices.required(state.settings.model)
        return self._handle(point.branch, state, "command", "stop", self.budget(ref, budget))

    def play(
        self,
        scenario: Scenario,
        *,
        model: str | Model = "",
        branch: str = "main",
        on_difference: OnDifference = "stop",
        budget: Limits | None = None,
        estimate: bool | None = None,
    ) -> Simulation:
        """Run a self-contained scenario from beginning to end, over its recording as far as that goes.

        What it asks aside is put where it stands, in side branches; the answers are in the simulation's ``found``.
        ``model`` wins over the scenario's own. ``estimate`` writes what a new run may cost to the journal before it
        begins, for ``troupe cost``; None: where the model costs something. Raises as ``begin`` and
        ``Simulation.run`` do.
        """
        script = scenarios.commands(scenario)
        for command in script:
            if isinstance(command, commands.Equip):
                equipped(command.faculty, command.options)  # before anything is written
        named = model if isinstance(model, str) else model.name
        wanted = not free(named or scenario.model or "") if estimate is None else estimate
        expected = (
            self.estimate(scenario.model_copy(update={"experiment": None}), model=named, quick=True)
            if wanted and not self._known(scenario.name)
            else None
        )
        sim = self.begin(
            scenario.name,
            model=model or scenario.model or "",
            seed=scenario.seed,
            start=scenario.start,
            settings=scenario.settings,
            branch=branch,
            on_difference=on_difference,
            scenario=scenario,
            budget=budget or scenario.budget,
        )
        if expected is not None:
            self.log.note("estimate", expected.summary(), sim.branch)
        for command in script:
            if isinstance(command, commands.Aside):
                sim.found.append(self.found(sim.ref, command, sim.budget))
            else:
                sim.command(command)
        return sim

    def estimate(
        self, scenario: Scenario, *, model: str = "", quick: bool = False, models: Iterable[str] = ()
    ) -> Estimate:
        """Return what a self-contained scenario may cost, as a band; asks nobody and writes nothing.

        Its experiment counts, if it has one: the prefix once, every replicate of every arm, and what is asked at
        their ends. ``models`` answer in its audit as well.
        What this store's history knows of the model is used. ``quick`` rehearses less. Raises BadScenario when no
        model is named.
        """
        chosen = self.chained(model or scenario.model or "")
        return estimates.estimate(
            scenario,
            chosen,
            log=self.log,
            prices=self.prices,
            concurrency=self.concurrency,
            quick=quick,
            others=[self.chained(name) for name in models],
        )

    def resume(self, ref: str, *, budget: Limits | None = None) -> Simulation:
        """Finish what a branch was in the middle of, and what its scenario still has to come.

        A ``budget`` is that of this call alone, and so are a scenario's own limits, where none is given: what was
        spent before counts in neither. Raises as ``Simulation.run`` does.
        """
        point = resolve(self.log, ref)
        self.with_code(point)
        scenario = self.scenario(point.branch.simulation)
        if scenario is None or not point.at_head:
            sim = self.open(ref, budget=budget)
            sim.resume()
            return sim
        created = self.log.event(point.branch, 1).body
        assert isinstance(created, types.SimulationCreated)
        sim = self.play(scenario, model=created.settings.model, branch=point.branch.name, budget=budget)
        sim.live_out()
        return sim

    def scenario(self, simulation: str) -> Scenario | None:
        """Return the scenario a simulation was begun from, if it was one; an imported one may have got a new name."""
        kept = self.log.simulation(simulation).scenario
        if kept is None:
            return None
        scenario = scenarios.parse(self.log.read_blob(kept).decode(), simulation)
        return scenario.model_copy(update={"name": simulation})

    def at(self, ref: str) -> State:
        """Return the state at a point of the past or present."""
        return self._state(resolve(self.log, ref))

    def transcript(self, ref: str) -> list[Line]:
        """Return what was perceived, thought and said up to a point."""
        point = resolve(self.log, ref)
        return list(transcript(self.log.events(point.branch, 1, point.seq)))

    def memories(self, ref: str, who: str) -> list[Kept]:
        """Return what ``who`` has kept and understood of their life up to a point, each with what it comes from.

        Oldest first. Raises BadReference for somebody who is not there.
        """
        state = self.at(ref)
        return kept(state, state.person(who))

    # branches

    def branch(
        self,
        ref: str,
        name: str,
        *edits: commands.Command,
        draw: int | None = None,
        budget: Limits | None = None,
    ) -> Simulation:
        """Fork at ``ref`` as branch ``name``, with ``edits`` made there; copies nothing, asks nothing.

        ``draw`` None keeps the parent's draw: an untouched fork lives the same life. Raises NameTaken,
        BadReference, or BadCommand for an edit that cannot be made (then there is no branch).
        """
        point = resolve(self.log, ref)
        check_name(name)
        for edit in edits:
            if isinstance(edit, ASKING):
                raise BadCommand(f"{name}: a {type(edit).__name__} is no edit; open the branch, then run or ask")
        with self.log.transaction():
            branch = self.log.fork(point.branch, point.seq, name, draw=draw)
            sim = self._handle(branch, lambda: self._state(point), "fork", "stop", self.budget(name, budget))
            for edit in edits:
                sim.command(edit)
        sim.source = "command"
        return sim

    def replicates(self, ref: str, name: str, count: int, *edits: commands.Command) -> list[Simulation]:
        """Fork ``count`` times at ``ref``, as NAME-1, NAME-2, …, each in the next draw nobody used there."""
        point = resolve(self.log, ref)
        return [
            self.branch(ref, f"{name}-{number}", *edits, draw=self.log.next_draw(point.branch, point.seq))
            for number in range(1, count + 1)
        ]

    def script(self, ref: str, name: str, *, draw: int | None = None, budget: Limits | None = None) -> Simulation:
        """Return branch ``name``, which forks at ``ref``, as a script holds it: from the fork on, before its events.

        It is opened if it is not there. What it is told is lived through as far as it is recorded, then live, as for
        ``begin``; several such lives can go on at once, each in a thread of its own. Raises NameTaken where a branch
        of that name has another origin or draw.
        """
        point = resolve(self.log, ref)
        check_name(name)
        there = {each.name: each for each in self.log.branches(point.branch.simulation)}
        branch = there.get(name) or self.log.fork(point.branch, point.seq, name, draw=draw)
        origin = (branch.parent, branch.fork_seq, branch.draw if draw is not None else None)
        if origin != (point.branch.id, point.seq, draw):
            raise NameTaken(
                f"{branch} is there already, and does not part from {point}"
                + (f" in draw {draw}" if draw is not None else "")
                + ": choose another name"
            )
        return self._handle(branch, lambda: self._state(point), "script", "stop", self.budget(name, budget))

    # looking

    def verify(
        self, ref: str, *, strict: bool = False, progress: Callable[[int], None] | None = None
    ) -> replay.Report:
        """Check a branch's chain and decide it all again, asking no model."""
        point = resolve(self.log, ref)
        return replay.verify(self.log, point.branch, point.seq, strict=strict, progress=progress)

    def diff(self, left: str, right: str) -> diffs.Difference:
        """Compare two lives by cause."""
        return diffs.diff(self.log, resolve(self.log, left), resolve(self.log, right))

    def redact(
        self,
        asked: redaction.Asked | Mapping[str, str],
        *,
        into: str | os.PathLike[str] | None = None,
        simulations: Sequence[str] = (),
    ) -> redaction.Redacted:
        """Write a new store without what is ``asked`` to go, of ``simulations`` or all; this one is left as it is.

        A mapping says what stands in the place of which words. Without ``into`` nothing is written, and what would
        come of it is returned. Raises UsageError naming the event that cannot be decided again without the words, and
        then nothing is written either.
        """
        asked = asked if isinstance(asked, redaction.Asked) else redaction.Asked(asked)
        return redaction.redact(self.log, asked, None if into is None else Path(into), simulations)

    # wiring

    def _state(self, point: Point) -> State:
        keeper = Keeper(self.log, point.branch) if self.write else None
        return state_at(self.log, point.branch, point.seq, keeper)

    def budget(self, label: str, limits: Limits | None) -> Budget | None:
        """Return a budget that several lives share, with these limits; None for None."""
        if limits is None or isinstance(limits, Budget):
            return limits
        money = None if limits.money is None else micro(limits.money)
        if money is not None:
            self.log.currency = self.prices.currency
        return self.log.create_budget(label, calls=limits.calls, tokens=limits.tokens, money=money)

    def _known(self, name: str) -> bool:
        return any(simulation.name == name for simulation in self.log.simulations())

    def _enter(self, name: str, branch: str, scenario: Scenario | None) -> Branch:
        """The branch of that name; a simulation nobody has begun yet is entered into the store."""
        check_name(name)
        try:
            known = self.log.branch(name, branch)
            return self._again(known) if self.record == "all" else known
        except BadReference:
            if branch != "main":
                raise
        text = scenarios.dumps(scenario).encode() if scenario else None
        kept = self.log.blob(text, "application/json") if text else None
        return self.log.create_simulation(name, kept)

    def _again(self, branch: Branch) -> Branch:
        """A fork in a new draw from before the first answer, so that everything is asked again."""
        for event in self.log.events(branch):
            if isinstance(event.body, types.ModelAnswered):
                names = {other.name for other in self.log.branches(branch.simulation)}
                name = next(name for n in range(1, len(names) + 2) if (name := f"again-{n}") not in names)
                draw = self.log.next_draw(branch, event.seq - 1)
                return self.log.fork(branch, event.seq - 1, name, draw=draw)
        return branch

    def _handle(
        self,
        branch: Branch,
        state: State | Callable[[], State],
        source: types.Source,
        on_difference: OnDifference,
        budget: Budget | None,
    ) -> Simulation:
        driver = Driver(
            self.log,
            partial(self._answering, branch),
            record=self._mode(branch),
            budget=budget,
            prices=self.prices,
            concurrency=self.concurrency,
            slots=self.slots,
        )
        return Simulation(
            self.log,
            branch,
            state,
            driver,
            source=source,
            on_difference=on_difference,
            watch=self.watch,
            chained=self.chained,
        )

    def _mode(self, branch: Branch) -> Record:
        if self.record == "once":
            return "none" if self.log.head(branch).seq else "new_episodes"
        return self.record
