"""What a script says of a population: that it is to be made; and how it came out."""

import os
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from troupe_es import canonical, commands
from troupe_es.agent import persona, prompts
from troupe_es.commands import EDITION
from troupe_es.controller import places, populations
from troupe_es.errors import BadCommand, BadPersona
from troupe_es.events import Event, types
from troupe_es.factory import plan as plans
from troupe_es.factory import tables
from troupe_es.factory.people import nested
from troupe_es.factory.plan import Achieved
from troupe_es.factory.spec import Spec
from troupe_es.projections import State


@dataclass(frozen=True)
class Population:
    """People who were made. ``failed`` has the number of each who was not, with the reason.

    ``achieved`` says how each share that was aimed at came out.
    """

    ref: str
    personas: list[dict[str, Any]]
    achieved: list[Achieved]
    failed: dict[int, str]


def plan(state: State, command: commands.Populate, source: types.Source) -> types.PopulationPlanned:
    """Return the event that people are to be made. Raises BadCommand, or BadPersona for traits that are none."""
    busy = (state.open_step, state.open_turn, state.steering.pending, state.making)
    if any(part is not None for part in busy):
        raise BadCommand("people are made between two steps: finish what is under way first (resume)")
    if not command.people:
        raise BadCommand("there is nobody to be made: plan at least one person")
    taken = {*state.people, *state.gone}
    for id in (canonical.slug(str(person["name"])) for person in command.people if "name" in person):
        if id in taken:
            raise BadCommand(f"there would be two people of the id {id!r}; give one of them another name")
        taken.add(id)
    for number, person in enumerate(command.people, 1):
        try:
            persona.check(nested(person), "", fragment=True)
        except BadPersona as error:
            raise BadCommand(f"person {number}: {error}") from None
    return types.PopulationPlanned(
        source=source,
        title=command.title,
        about=command.about,
        particulars=list(command.particulars),
        world=places.world(state, command.world),
        seed=command.seed,
        sampled=list(command.sampled),
        people=list(command.people),
        edition=EDITION,
    )


class Populating:
    """The words of a simulation that make people."""

    @property
    @abstractmethod
    def state(self) -> State:
        """The state where it stands."""

    @property
    @abstractmethod
    def ref(self) -> str:
        """How the command line names this point."""

    @property
    @abstractmethod
    def seq(self) -> int:
        """The last event it has lived through."""

    @abstractmethod
    def command(self, command: commands.Command) -> None:
        """Carry out one command."""

    @abstractmethod
    def events(self, start: int = 1) -> Iterator[Event]:
        """Yield the events from ``start`` to where it stands."""

    def populate(
        self,
        spec: Spec | str | os.PathLike[str],
        count: int,
        *,
        seed: int | None = None,
        world: str | None = None,
    ) -> Population:
        """Have ``count`` people made as ``spec`` (or the file it names) says, and return how the shares came out.

        Who they are to be is settled by ``seed`` (None: the simulation's); a model makes up the rest of each. Their
        names are such as nobody here has. Raises BadPopulation, BadCommand, and as ``run`` does.
        """
        wanted = spec if isinstance(spec, Spec) else populations.load_spec(spec)
        return self.populated(plans.plan(wanted, count, self.state.seed if seed is None else seed, world))

    def make_person(self, description: str, *, world: str | None = None) -> dict[str, Any]:
        """Have one person made who is as ``description`` says, and return the persona.

        Raises BadCommand where no usable answer came, and as ``run`` does.
        """
        spec = Spec(particulars=[description])
        made = self.populated(plans.plan(spec, 1, self.state.seed, world))
        if not made.personas:
            raise BadCommand(f"nobody could be made: {made.failed[1]}")
        return made.personas[0]

    def load_people(
        self,
        source: str | os.PathLike[str],
        columns: Mapping[str, str] | None = None,
        *,
        world: str | None = None,
        flesh_out: Spec | None = None,
    ) -> list[str]:
        """Add the people of a folder of persona files, or of a table by its ``columns``, and return their ids.

        ``columns`` says which column is which trait, by path: ``{"Age": "age", "Job": "occupation.title"}``. With
        ``flesh_out`` a model makes up the rest of each, told what this says of the population; whoever it cannot make
        is left out. Raises UsageError naming the file and what is wrong in it, BadCommand, and as ``run`` does.
        """
        known = populations.load_folder(source) if columns is None else populations.load_people(source, columns)
        if flesh_out is not None:
            made = self.populated(tables.flesh_out(known, flesh_out, world, self.state.seed))
            return [canonical.slug(str(each["name"])) for each in made.personas]
        for each in known:
            self.command(commands.AddPerson(each, world))
        return [canonical.slug(str(each["name"])) for each in known]

    def populated(self, command: commands.Populate) -> Population:
        """Carry out ``command`` and return who was made. Raises as ``populate`` does."""
        begun = self.seq
        self.command(command)
        return population(self.state, self.events(begun + 1), self.ref)


def population(state: State, events: Iterator[Event], ref: str) -> Population:
    """Return who was made in ``events`` and is there in ``state``, and how the shares came out that were aimed at."""
    made: list[str] = []
    failed: dict[int, str] = {}
    sampled: list[types.Sampled] = []
    for event in events:
        match event.body:
            case types.PopulationPlanned():
                sampled += event.body.sampled
            case types.PersonMade():
                made.append(event.body.person)
            case types.PersonNotMade():
                failed[event.body.number] = event.body.reason
    personas = [prompts.traits(state, state.people[id]) for id in made if id in state.people]
    return Population(ref, personas, plans.achieved(sampled, personas), failed)
