"""Going from one world to another, by the people themselves.

Whoever goes is where they were until the step is over (one by one: until their turn is), and is heard there; then
they are elsewhere. The others are not told: they see who is here when it is their moment.
"""

from collections.abc import Mapping
from typing import Any

from troupe_es import canonical
from troupe_es.acting import Acting
from troupe_es.acts import Intent
from troupe_es.agent.faculty import Offer
from troupe_es.errors import BadCommand
from troupe_es.events import types
from troupe_es.llm import Effect
from troupe_es.projections import Person

MOVE_TO = "MOVE_TO"


class Moving:
    """The faculty ``moving``: ``MOVE_TO`` the world that is named as the target. It has no options."""

    def check(self, options: Mapping[str, Any]) -> None:
        """Raise BadCommand when it is told anything."""
        if options:
            raise BadCommand(f"moving: there is nothing to set, but {next(iter(options))!r} is given")

    def offers(self, options: Mapping[str, Any]) -> tuple[Offer, ...]:
        """Return the one action."""
        return (Offer(MOVE_TO, 'go to another place, named in "target"; "content" may stay empty.'),)

    def perform(self, acting: Acting, person: Person, intent: Intent, options: Mapping[str, Any]) -> Effect[None]:
        """Let the person know if there is no such place; else they go when what they do now is done."""
        wanted = intent.target or intent.content
        if acting.state.place(wanted) is None:
            told = canonical.told([world.name for world in acting.state.worlds.values()])
            acting.happen(
                types.ResultSeen(kind=MOVE_TO, content=f"There is no such place. The places are: {told}", failed=True)
            )
        yield from ()
