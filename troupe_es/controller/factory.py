"""People who belong to no simulation yet: a population is a simulation of its own, recorded like any other."""

import os
from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

from troupe_es import canonical
from troupe_es.controller.aside import Limits
from troupe_es.controller.populating import Population
from troupe_es.controller.populations import load_spec
from troupe_es.controller.simulation import Simulation
from troupe_es.events import Settings
from troupe_es.factory import plan as plans
from troupe_es.factory.spec import Spec, chosen
from troupe_es.llm import Model

PLACE = "Population"
"""The one world of such a simulation."""


class Factory:
    """What a store is asked for people who belong to no simulation yet: each population is one of its own."""

    @abstractmethod
    def begin(
        self,
        name: str,
        *,
        model: str | Model = "",
        seed: int = 0,
        settings: Settings | None = None,
        budget: Limits | None = None,
    ) -> Simulation:
        """Begin a simulation, or live through its recording again."""

    def population(
        self,
        name: str,
        spec: Spec | str | os.PathLike[str],
        count: int,
        *,
        seed: int = 0,
        model: str | Model = "",
        where: Sequence[str] = (),
        settings: Settings | None = None,
        budget: Limits | None = None,
    ) -> Population:
        """Have ``count`` people made as ``spec`` (or the file it names) says, in a simulation called ``name``.

        The same again returns the same people without asking anybody, and goes on where it was stopped. ``where``
        are further constraints, such as ``age >= 18``. Raises BadPopulation, ScriptDiffers for another population of
        that name, and as ``Simulation.run`` does.
        """
        wanted = chosen(spec, where=where) if isinstance(spec, Spec) else load_spec(spec, where=where)
        planned = plans.plan(wanted, count, seed)  # before there is a simulation
        sim = self.begin(name, model=model, seed=seed, settings=settings, budget=budget)
        sim.add_world(PLACE)
        return sim.populated(planned)

    def person(
        self, description: str, *, seed: int = 0, model: str | Model = "", budget: Limits | None = None
    ) -> dict[str, Any]:
        """Have one person made who is as ``description`` says, and return the persona.

        The same description returns the same person, without asking anybody; another ``seed`` another one. Raises
        BadCommand where no usable answer came, and as ``Simulation.run`` does.
        """
        name = person_name(description, seed)
        sim = self.begin(name, model=model, seed=seed, budget=budget)
        sim.add_world(PLACE)
        return sim.make_person(description)


def person_name(description: str, seed: int) -> str:
    """Return what the simulation is called in which a person of this description is made."""
    return f"person-{canonical.digest_json('troupe/person/1', [description, seed])[:12]}"
