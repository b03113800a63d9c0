"""What may happen next: a function of the state alone.

Resuming after a crash, going on from a fork in the middle of a step, and running on are this one function: it
never asks how the state came about.
"""

from troupe_es import commands
from troupe_es.events import Draft, types
from troupe_es.projections import State
from troupe_es.world.schedule import order


def following(state: State) -> list[commands.Act]:
    """Return the acts that may run now, in the order in which their events are committed; none: all is done.

    Several are returned only where none can see what another does: the turns left in a parallel step.
    """
    if state.question is not None:
        return [commands.AnswerQuestion(state.question.person)]
    if state.running is None:
        return []
    step = state.open_step
    if step is None:
        done = state.running.done >= state.running.steps
        return [commands.EndRun() if done else commands.StartStep()]
    left = [id for id in step.schedule[step.place :] if id in state.people]
    if not left:
        return [commands.EndStep()]
    return [commands.TakeTurn(id) for id in (left if state.settings.order == "parallel" else left[:1])]


def start_step(state: State, draw: int) -> Draft:
    """Open the next step: everybody acts, in an order drawn for this step."""
    assert state.running is not None
    step = state.step + 1
    schedule = order(state.people, state.seed, draw, step)
    return Draft(types.StepStarted(schedule=schedule), None, step, state.clock, state.running.asked)


def end_step(state: State) -> Draft:
    """Close the step that is open."""
    assert state.open_step is not None
    return Draft(types.StepEnded(), None, state.step, state.clock, state.open_step.started)


def end_run(state: State) -> Draft:
    """Close the run that is under way."""
    run = state.running
    assert run is not None
    ended = types.RunEnded(steps=run.done, turns=run.turns, failed=run.failed)
    return Draft(ended, None, state.step, state.clock, run.asked)
