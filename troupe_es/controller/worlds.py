"""What a script says of worlds: who goes where, who knows whom, what a whole world perceives, time that passes."""

import os
from abc import abstractmethod
from collections.abc import Iterable
from typing import Any, Literal

from troupe_es import commands
from troupe_es.agent import prompts
from troupe_es.controller import networks, places
from troupe_es.events import types
from troupe_es.projections import State
from troupe_es.scenario import placing
from troupe_es.scenario.staging import Generated


class Worlds:
    """The words of a simulation that are about worlds."""

    @property
    @abstractmethod
    def state(self) -> State:
        """The state where it stands."""

    @abstractmethod
    def command(self, command: commands.Command) -> None:
        """Carry out one command."""

    def add_world(self, name: str, description: str = "", access: types.Access = "open") -> None:
        """Add a place. With ``access="network"`` people there can speak only to those they are related to."""
        self.command(commands.AddWorld(name, description, access))

    def move_to(self, person: str, world: str) -> None:
        """Put a person into another world; they perceive where they are, also if they went there by themselves."""
        self.command(commands.Move(person, world))

    def skip(self, seconds: int) -> None:
        """Let so many simulated seconds pass, in which nobody does anything."""
        self.command(commands.Skip(seconds))

    # what a whole world perceives

    def broadcast_thought(self, content: str, world: str | None = None) -> None:
        """Put a thought into everybody's mind in a world (the only one, if none is named)."""
        self.command(commands.Stimulate(content, "THOUGHT", world))

    def broadcast_internal_goal(self, content: str, world: str | None = None) -> None:
        """Let everybody in a world want something from now on."""
        self.command(commands.Stimulate(content, "INTERNAL_GOAL_FORMULATION", world))

    def broadcast_context_change(self, content: str, world: str | None = None) -> None:
        """Let everybody in a world find themselves in other circumstances, in the same world."""
        self.command(commands.Stimulate(content, "LOCATION", world))

    # who knows whom

    def relate(self, a: str, b: str, name: str = "", weight: float = 1.0, directed: bool = False) -> None:
        """Let two people know each other (``directed``: only ``a`` reaches ``b``); ``weight`` tells how close."""
        self.connect([commands.Edge(a, b, name, weight, directed)])

    def unrelate(self, a: str, b: str, name: str | None = None, directed: bool = False) -> None:
        """End the relation of this name (None: all) between two people. Raises BadCommand if there is none."""
        self.command(commands.Unrelate(a, b, name, directed))

    def connect(self, edges: Iterable[commands.Edge] | str | os.PathLike[str], directed: bool = False) -> None:
        """Let many people know each other, in one event: ``edges``, or the lines of a CSV file.

        The file has the columns from, to and, if wanted, name and weight; ``directed``: its lines go one way.
        Raises UsageError that names what is wrong with the file, BadReference for somebody who is not there.
        """
        if isinstance(edges, str | os.PathLike):
            edges = networks.read(edges, directed, self.state.person)
        self.command(commands.Relate(tuple(edges)))

    def network(
        self,
        kind: Literal["small-world", "scale-free", "random", "ring", "similarity", "complete"],
        neighbours: int = 4,
        *,
        rewire: float = 0.1,
        name: str = "",
        world: str | None = None,
        seed: int | None = None,
    ) -> None:
        """Relate everybody (or those in ``world``) by a network drawn from ``seed``, or else the simulation's own.

        ``neighbours`` is how many people each one knows, or on average; ``rewire`` the share of relations of a small
        world that lead far away. Raises UsageError for too few people, and where the extra ``networks`` is missing.
        """
        wanted = Generated(kind=kind, neighbours=neighbours, rewire=rewire, name=name)
        self.connect(
            networks.generate(wanted, self._personas(world, kind), self.state.seed if seed is None else seed)
        )

    def connect_as_told(self) -> None:
        """Relate people to those whom their personas name in ``relationships``, by the descriptions there.

        What one is to another is told from one side: the way back has no name, unless the other's persona gives it.
        Raises BadCommand where nobody names anybody who is there.
        """
        self.connect(placing.told([prompts.traits(self.state, person) for person in self.state.people.values()]))

    def make_everyone_accessible(self, world: str | None = None, name: str = "") -> None:
        """Let everybody know everybody, in ``world`` or at all."""
        self.network("complete", name=name, world=world)

    def _personas(self, world: str | None, kind: str) -> dict[str, dict[str, Any]]:
        """Return the personas of who is there by id, as far as ``kind`` looks at them."""
        state = self.state
        ids = state.people if world is None else state.worlds[places.world(state, world)].people
        return {id: prompts.traits(state, state.people[id]) if kind == "similarity" else {} for id in ids}

    def related_to(self, person: str, name: str | None = None) -> list[str]:
        """Return the ids of those ``person`` can reach by a relation (of this name), in alphabetical order."""
        near = self.state.person(person).near
        return sorted(id for id in near if id in self.state.people and (name is None or name in near[id]))
