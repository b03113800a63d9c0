"""Texts that a store has written anew, in side branches: worked out, restyled, or said in other words."""

from collections.abc import Sequence
from dataclasses import dataclass

from troupe_es import canonical, commands
from troupe_es.controller.aside import Aside, Limits
from troupe_es.controller.references import resolve
from troupe_es.events import types
from troupe_es.llm import Model


@dataclass(frozen=True)
class Rewriting:
    """A text that was written anew; ``failed`` says why there is none."""

    text: str
    failed: str | None
    ref: str
    recorded: bool


class Enriching(Aside):
    """The texts that a store can be asked to write anew."""

    def rewrite(
        self,
        ref: str,
        text: str,
        *,
        requirements: str = "",
        style: str = "",
        context: str | Sequence[str] = (),
        model: str | Model = "",
        again: bool = False,
        budget: Limits | None = None,
    ) -> Rewriting:
        """Have ``text`` enriched with what ``requirements`` ask for, put into a ``style``, or both.

        With neither it is said in other words. ``context`` are texts that what is added draws on and agrees with.
        ``ref`` says whose settings hold; the run is left as it is. It is asked for as *generation*. The same text at
        the same event is on record; ``again`` takes the next draw. Raises BadCommand for an empty text,
        BadReference, and as ``Simulation.run`` does.
        """
        several = (context,) if isinstance(context, str) else tuple(context)
        said = canonical.clean([text, requirements, style, list(several)])[0]
        command = commands.Rewrite(said[0], said[1], said[2], tuple(said[3]))
        sim, known = self._put_aside(resolve(self.log, ref), "rewrite", command, "generation", model, again, budget)
        found = self.log.event(sim.branch, sim.seq).body
        assert isinstance(found, types.Rewritten)
        return Rewriting(found.text, found.failed, sim.ref, known and not sim.paid)
