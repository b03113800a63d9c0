"""What is still to come of a life, as a part that stands for it: the rest of its run, and what follows.

As a part of a scenario it is rehearsed with some of the people and the first of the steps, where there are many.
"""

from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import replace

from troupe_es import commands
from troupe_es.controller.editing import parted
from troupe_es.controller.part import LIVES, MOST_PEOPLE, Part
from troupe_es.projections import State

CROWD, FEW = 300, 6
"""People above which so few lives are enough."""


class Onward(Part):
    """What is rehearsed of so many ``lives`` that go on from the state ``before``, with the same changes there.

    All people are, or those ``among`` whom something is asked. ``steps`` more are lived; None: all that is left of
    the run under way. Then come the commands of ``rest``.
    """

    def __init__(
        self,
        before: State,
        changes: Sequence[commands.Command],
        steps: int | None,
        rest: Iterable[commands.Command],
        lives: int,
        most: int,
        among: Sequence[str] = (),
    ) -> None:
        self.edits, later = parted(changes)
        running = before.running
        left = 0 if running is None else running.steps - running.done
        lived = steps != 0 or bool(later)
        if steps is not None:
            later = [*later, commands.Run(steps)]
        under_way, script = _consumed(left, later)
        under_way = left if steps is None else under_way
        script += rest
        there = list(among or before.people)
        self.total = len(there)
        self.people = _sampled(there)
        kept = set(self.people)
        self.fewest = LIVES if len(before.people) <= CROWD else FEW  # a state of many takes its time to copy
        self.made, self.standing, self.thin = 0, 1.0, 1.0
        self.replicates, self.draw, self.variations, self.reordered = lives, 0, 0, False
        self.parting, self.wording, self.designed, self.arms = None, [], [], {}
        whole = (under_way + sum(each.steps for each in script if isinstance(each, commands.Run))) * len(kept)
        self.share = min(1.0, most / whole) if whole else 1.0
        self.steps = {}
        self.before = self._shown(before, under_way if lived else None, kept)
        if len(kept) < self.total and under_way:
            script = [commands.Run(under_way), *script]
        self.script = [part for command in script for part in self._kept(command, kept)]
        self.turns = max(1, len(self.steps)) * len(kept)
        self.crowd = self.total / len(kept) if kept else 1.0
        self.sampled = self.share < 1 or len(kept) < self.total
        self.sequential = before.settings.order == "sequential"

    def _shown(self, before: State, under_way: int | None, kept: set[str]) -> State:
        """Return where the rehearsal begins: as it was, the run under way as long as is rehearsed of it.

        Where some stand for all, the step that is open is left, and begun anew with them; where nothing is lived, as
        when something is asked aside, the run is left as it is.
        """
        if len(kept) < self.total:
            settings = self._thinned(before.settings, len(kept) / self.total)
            return replace(before, settings=settings, running=None, open_step=None, open_turn=None)
        if under_way is None:
            return replace(before, running=None, open_step=None, open_turn=None)
        if before.running is None:
            return before
        running = copy(before.running)
        running.steps = running.done + self._cut(under_way, "")
        return replace(before, running=running)

    def _kept(self, command: commands.Command, people: set[str], arm: str = "") -> list[commands.Command]:
        if len(people) == self.total:
            if not isinstance(command, commands.Run):
                return [command]
            return [replace(command, steps=self._cut(command.steps, arm))]
        if isinstance(command, commands.Run) and not command.only:
            return [replace(command, steps=self._cut(command.steps, arm), only=tuple(people))]
        if isinstance(command, commands.GiveSurvey):
            return [replace(command, people=tuple(people))]
        if isinstance(command, commands.AddPerson):
            return [command]
        return super()._kept(command, people, arm)

    def lives(self, arm: str) -> int:
        """Return how many branches go on so."""
        return self.replicates


def _consumed(left: int, later: Iterable[commands.Command]) -> tuple[int, list[commands.Command]]:
    """Return how many steps of the run under way are lived, and what comes after it: runs use up its steps first."""
    under_way, script = 0, list[commands.Command]()
    for command in later:
        if isinstance(command, commands.Run):
            used = min(command.steps, left - under_way)
            under_way += used
            if command.steps > used:
                script.append(replace(command, steps=command.steps - used))
        else:
            script.append(command)
    return under_way, script


def _sampled(ids: list[str]) -> dict[str, float]:
    """Return who is rehearsed, evenly over the order in which they came, and for how many each of them stands."""
    count = min(MOST_PEOPLE, len(ids))
    return {ids[int((place + 0.5) * len(ids) / count)]: len(ids) / count for place in range(count)}
