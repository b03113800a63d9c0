"""A whole study from one scenario: it is played, its people are asked aside, their answers compared with real ones.

Everything is on record: the same study again asks nobody, and one that was stopped goes on where it stood.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from troupe_es import scenario as scenarios
from troupe_es.agent.prompts import traits
from troupe_es.controller import reading
from troupe_es.controller.aside import Judgement, Limits
from troupe_es.controller.extracting import Extraction
from troupe_es.controller.populating import Population, population
from troupe_es.controller.reading import Loaded
from troupe_es.controller.references import resolve
from troupe_es.controller.reporting import Found
from troupe_es.controller.simulation import OnDifference, Simulation
from troupe_es.controller.store import Store
from troupe_es.controller.surveying import Surveyed, models_of
from troupe_es.controller.validating import Seal
from troupe_es.errors import EveryTurnFailed
from troupe_es.experimentation.statistics import bootstrap
from troupe_es.extraction.reporting import standing_line
from troupe_es.extras import need
from troupe_es.llm import Model
from troupe_es.projections import Line
from troupe_es.scenario import Scenario
from troupe_es.validation.wiring import Validation, validate


@dataclass(frozen=True)
class Study:
    """What came of a study.

    ``personas`` are the people by id, as they are at its end, ``population`` those who were made, with target and
    achieved share of everything that was aimed at. ``found`` is what was asked aside, in its order; ``lines`` are the
    events that extracted values rest on. ``seal`` and ``validation`` are None where nothing is compared. ``models``
    are all who answered, ``ref`` and ``head`` say where it ended, ``paid`` how many answers were asked for now.
    """

    scenario: Scenario
    simulation: Simulation
    personas: Mapping[str, Mapping[str, object]]
    population: Population | None
    found: Sequence[Found]
    lines: Mapping[int, Line]
    seal: Seal | None
    validation: Validation | None
    models: Sequence[str]
    paid: int

    @property
    def ref(self) -> str:
        """The event at which it ended."""
        return self.simulation.ref

    @property
    def head(self) -> str:
        """The hash (hex) of that event."""
        return self.simulation.head

    @property
    def note(self) -> str:
        """The line that stands on every report of it."""
        return standing_line(*self.models)

    @property
    def surveys(self) -> list[Surveyed]:
        """The surveys that were taken."""
        return [each for each in self.found if isinstance(each, Surveyed)]

    @property
    def extractions(self) -> list[Extraction]:
        """The extractions that were made."""
        return [each for each in self.found if isinstance(each, Extraction)]

    @property
    def judgements(self) -> list[Judgement]:
        """The claims that were judged."""
        return [each for each in self.found if isinstance(each, Judgement)]

    @property
    def failed(self) -> list[str]:
        """What brought no usable answer at all."""
        asked = [f"the survey {each.title!r} ({each.ref})" for each in self.surveys if each.failed]
        sought = [f"the extraction {each.ref}: {each.failed}" for each in self.extractions if each.failed]
        return asked + sought + [f"the check {each.ref}: {each.failed}" for each in self.judgements if each.failed]


def study(
    store: Store,
    scenario: str | os.PathLike[str] | Loaded,
    *,
    model: str | Model = "",
    branch: str = "main",
    on_difference: OnDifference = "stop",
    budget: Limits | None = None,
    estimate: bool | None = None,
) -> Study:
    """Play a scenario (a file, or what was read of one) with all that it asks aside, and compare it with people.

    Its ``validation`` says with which real answers; where it has none, nothing is compared. With ``seal`` the hash of
    the prediction is in the log before the file is read. The other settings are those of ``Store.play``. The same
    again asks nobody. Raises BadScenario and UsageError before anybody is asked (also where the extra ``stats`` is
    missing and needed), EveryTurnFailed where nobody gave an answer that could be compared, and as ``Store.play``.
    """
    loaded = scenario if isinstance(scenario, Loaded) else reading.load(scenario)
    if loaded.truth is not None:
        need("scipy.stats", "stats", bootstrap.WHAT)
    sim = store.play(
        loaded.scenario,
        model=model,
        branch=branch,
        on_difference=on_difference,
        budget=budget,
        estimate=estimate,
    )
    seal, compared = _compared(store, sim, loaded)
    made = population(sim.state, sim.events(), sim.ref)
    models = models_of(sim.events()), *(_models(store, each) for each in sim.found)
    return Study(
        loaded.scenario,
        sim,
        {person.id: traits(sim.state, person) for person in sim.state.people.values()},
        made if made.personas or made.failed else None,
        sim.found,
        _lines(sim),
        seal,
        compared,
        list(dict.fromkeys(name for names in models for name in names)),
        sim.paid + sum(each.paid for each in sim.found),
    )


def _compared(store: Store, sim: Simulation, loaded: Loaded) -> tuple[Seal | None, Validation | None]:
    """Compare the survey that is meant with the truth; where that is wanted, seal it before the truth is read."""
    truth = loaded.truth
    if truth is None:
        return None, None
    survey = sim.found[scenarios.compared(loaded.scenario.program, truth)]
    assert isinstance(survey, Surveyed)
    if survey.failed:
        raise EveryTurnFailed(f"nobody gave a usable answer: there is nothing to compare ({survey.ref})")
    seal = store.seal(survey.at, survey) if truth.seal else None
    return seal, validate(store, survey.at, truth, folder=loaded.folder, survey=survey, by=truth.by)


def _models(store: Store, found: Found) -> list[str]:
    """Return who answered what was asked aside."""
    point = resolve(store.log, found.ref)
    return models_of(store.log.events(point.branch, point.branch.fork_seq + 1, point.seq))


def _lines(sim: Simulation) -> dict[int, Line]:
    """Return the events that extracted values rest on."""
    extracted = (each for each in sim.found if isinstance(each, Extraction))
    wanted = {seq for each in extracted for value in each.values for seq in value.evidence}
    return {line.seq: line for line in sim.transcript() if line.seq in wanted} if wanted else {}
