"""What a script says to steer: interventions, and stories that everybody hears."""

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any, Literal

from troupe_es import commands
from troupe_es.controller.interventions import condition
from troupe_es.events import Event, types
from troupe_es.world.effects import effect_of


class Steering:
    """The words of a simulation that steer it from within."""

    @abstractmethod
    def command(self, command: commands.Command) -> None:
        """Carry out one command."""

    @abstractmethod
    def events(self, start: int = 1) -> Iterator[Event]:
        """Yield the events from ``start`` to where it stands."""

    @property
    @abstractmethod
    def seq(self) -> int:
        """The last event it has lived through."""

    def intervene(
        self,
        name: str,
        when: dict[str, Any] | types.Condition,
        *effects: commands.EffectCommand,
        each: Sequence[str] | Literal["everyone"] | None = None,
        once: bool = True,
        every: int = 1,
        last: int = 40,
    ) -> None:
        """Let ``effects`` happen between two steps whenever ``when`` holds (``{"step": {"at": 3}}``).

        ``each`` are people it stands for one by one, or ``everyone``; in claims and effects ``{{name}}`` and
        ``{{target}}`` then stand for their name and id. ``once`` is at most once (for each), else it happens at most
        every ``every`` steps. A model that judges a claim is shown the ``last`` memories. Raises BadCommand for a
        condition or an effect that is none, MissingCode for code that is not registered.
        """
        them: Any = each if each is None or isinstance(each, str) else tuple(each)
        made = tuple(effect_of(effect) for effect in effects)
        self.command(commands.Intervene(name, condition(when), made, them, once, every, last))

    def call_off(self, name: str) -> None:
        """Let the intervention ``name`` happen no more. Raises BadCommand where there is none."""
        self.command(commands.CallOff(name))

    def story(
        self, requirements: str = "", *, continues: bool = False, world: str | None = None, last: int = 100
    ) -> str:
        """Have a story told that everybody (in ``world``) hears, and return it; empty where no usable answer came.

        It sets the scene, or ``continues`` what happened, of which the ``last`` memories are told. Raises BadCommand
        in the middle of a step, and as ``run`` does.
        """
        begun = self.seq
        self.command(commands.Tell(requirements, continues, world, False, last))
        told = [event.body for event in self.events(begun + 1) if isinstance(event.body, types.StoryTold)]
        return told[0].text
