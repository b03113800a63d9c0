"""Effects happen: each is what its command would be now, as a derived event; what cannot be is passed over."""

from troupe_es import commands
from troupe_es.controller.giving import given
from troupe_es.errors import MissingCode, UsageError
from troupe_es.events import Body, Draft, types
from troupe_es.events.steering import caused
from troupe_es.projections import State
from troupe_es.world.effects import command_of


def next_effect(state: State) -> Draft:
    """Return the next effect of what has fired, or of a story that was told, with that as its cause."""
    pending = state.steering.pending
    assert pending is not None
    of = state.read(pending.of).body
    assert isinstance(of, types.InterventionFired | types.StoryTold)
    return Draft(_happens(state, of.effects[pending.done]), None, state.step, state.clock, pending.of)


def _happens(state: State, effect: types.Effect) -> Body:
    try:
        command = command_of(effect)
        if isinstance(command, commands.StopRun):
            return _stopped(state, effect)
        if isinstance(command, commands.CallEffect):
            return types.EffectFailed(effect=effect, reason="it stands for other effects")
        return caused(given(state, command, "steering"))
    except MissingCode:
        raise  # verifying says which code is missing; the simulated world knows nothing of it
    except UsageError as error:
        return types.EffectFailed(effect=effect, reason=str(error))


def _stopped(state: State, effect: types.Effect) -> Body:
    run = state.running
    if run is None:
        return types.EffectFailed(effect=effect, reason="no run is under way")
    return types.RunEnded(steps=run.done, turns=run.turns, failed=run.failed)
