"""What a script says of one person: who they are, what reaches them, and a moment in which only they act.

The words are those of the system that this project re-imagines. Each is a command, or two.
"""

import os
from abc import abstractmethod
from copy import deepcopy
from typing import Any

from troupe_es import commands
from troupe_es.agent import paths, prompts
from troupe_es.agent.persona import Persona, Prefer
from troupe_es.agent.specification import brought, mind_of, past_of
from troupe_es.controller import pictures, reading
from troupe_es.controller.pictures import Image
from troupe_es.errors import BadPersona
from troupe_es.events import Mind, types
from troupe_es.projections import State


class People:
    """The words of a simulation that are about one person."""

    @property
    @abstractmethod
    def state(self) -> State:
        """The state where it stands."""

    @abstractmethod
    def command(self, command: commands.Command) -> None:
        """Carry out one command."""

    # who they are

    def persona(self, person: str) -> dict[str, Any]:
        """Return somebody's persona as it stands here, to be read. Raises BadReference."""
        return deepcopy(prompts.traits(self.state, self.state.person(person)))

    def read(self, person: str, path: str) -> Any:
        """Return one trait by dotted path: ``occupation.title``. Raises BadCommand naming what is there instead."""
        return paths.read(self.persona(person), path)

    def define(self, person: str, path: str, value: Any, *, merge: bool = False, overwrite: bool = True) -> None:
        """Set one trait by dotted path; the event has what was there before.

        With ``merge`` an object goes into the object that is there, and a list continues it. Without ``overwrite``
        BadCommand is raised, and nothing happens, where something else stands there already.
        """
        self.command(commands.Change(f"people.{person}.{path}", value, merge, overwrite))

    def add_fragment(
        self,
        person: str,
        fragment: dict[str, Any] | Persona | str | os.PathLike[str],
        name: str = "",
        *,
        prefer: Prefer | None = None,
    ) -> list[types.SetAside]:
        """Merge a fragment (its traits, what ``load_persona`` read, or a file's path) into somebody's persona.

        ``prefer`` says who wins where both say something else; without it BadCommand is raised that names every
        conflict, and nothing happens. Returns the conflicts it settled. ``name`` is what the traits are marked with.
        """
        if isinstance(fragment, str | os.PathLike):
            name = name or reading.fragment_name(fragment)
            fragment = reading.load_persona(fragment)
        traits = fragment.traits if isinstance(fragment, Persona) else fragment
        self.command(commands.AddFragment(person, name or "fragment", traits, prefer))
        merged = self.state.read(self.state.people[self.state.person(person).id].changes[-1]).body
        assert isinstance(merged, types.FragmentMerged)
        return list(merged.conflicts)

    def set_mind(self, person: str, mind: Mind) -> None:
        """Set somebody's state of mind: goals, context, attention, emotions."""
        self.command(commands.SetMind(person, mind))

    def load_person(self, file: str | os.PathLike[str], world: str | None = None) -> None:
        """Add the person of a persona file, with the memory and state of mind it brings, if any.

        Memories become the first things this person perceives here. Raises BadPersona.
        """
        source = str(file)
        found = reading.load_persona(file)
        if found.fragment:
            raise BadPersona(f"{source}: is a fragment: add it to somebody with add_fragment")
        for command in brought(found.traits, world, {}, mind_of(found.extra, source), past_of(found.extra, source)):
            self.command(command)

    # what reaches them

    def listen(self, person: str, content: str, speaker: str = "") -> None:
        """Let somebody hear words."""
        self._perceive(person, content, "CONVERSATION", speaker)

    def socialize(self, person: str, content: str, speaker: str = "") -> None:
        """Let somebody have something to do with somebody else."""
        self._perceive(person, content, "SOCIAL", speaker)

    def think(self, person: str, content: str) -> None:
        """Put a thought into somebody's mind."""
        self._perceive(person, content, "THOUGHT")

    def internalize_goal(self, person: str, content: str) -> None:
        """Let somebody want something from now on."""
        self._perceive(person, content, "INTERNAL_GOAL_FORMULATION")

    def change_context(self, person: str, content: str) -> None:
        """Let somebody find themselves in other circumstances, in the same world."""
        self._perceive(person, content, "LOCATION")

    def listen_and_act(self, person: str, content: str, speaker: str = "", seconds: int = 60) -> None:
        """Let somebody hear words, and then only them act, for one step."""
        self.listen(person, content, speaker)
        self.act(person, seconds)

    def see_and_act(self, person: str, content: str, image: Image | None = None, seconds: int = 60) -> None:
        """Let somebody see something (an ``image``, as in ``see``), and then only them act, for one step."""
        self._perceive(person, content, "VISUAL", image=image)
        self.act(person, seconds)

    def think_and_act(self, person: str, content: str, seconds: int = 60) -> None:
        """Put a thought into somebody's mind, and then let only them act, for one step."""
        self.think(person, content)
        self.act(person, seconds)

    def act(self, person: str, seconds: int = 60) -> None:
        """Let only this person act, for one step of so many simulated seconds."""
        self.command(commands.Run(1, seconds, (person,)))

    def _perceive(
        self, person: str, content: str, kind: types.StimulusKind, speaker: str = "", image: Image | None = None
    ) -> None:
        url = None if image is None else pictures.url_of(image)
        self.command(commands.Stimulate(content, kind, None, (person,), speaker, url))
