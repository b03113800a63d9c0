"""What may happen next: a function of the state alone.

Resuming after a crash, going on from a fork in the middle of a step, and running on are this one function: it
never asks how the state came about.
"""

from collections.abc import Iterable, Iterator

from troupe_es import acts
from troupe_es.events import Draft, types
from troupe_es.projections import State
from troupe_es.projections.state import Step
from troupe_es.world import interventions, own
from troupe_es.world.schedule import order


def following(state: State) -> Iterator[acts.Act]:
    """Yield the acts that may run now, in the order in which their events are committed; none: all is done.

    There are several only where none can see what another does: the turns left in a parallel step, what people make
    of their memories between two steps, the making of people, and their answers to a survey.
    """
    if state.question is not None:
        yield acts.AnswerQuestion(state.question.person)
    elif state.surveying is not None and state.surveying.done < len(state.surveying.people):
        yield from map(acts.TakeSurvey, state.surveying.people[state.surveying.done :])
    elif state.steering.pending is not None:
        yield acts.TakeEffect()
    elif state.making is not None:
        yield from map(acts.MakePerson, range(state.making.done + 1, state.making.people + 1))
    elif state.running is not None and state.open_step is not None:
        yield from _turns(state, state.open_step)
    elif state.running is not None and (cut := interventions.resumed(state)):
        yield cut
    elif state.running is not None and state.consolidating:
        yield from map(acts.Consolidate, sorted(state.consolidating, key=state.rank))
    elif state.running is not None and state.reflecting:
        yield from map(acts.Reflect, sorted(state.reflecting, key=state.rank))
    elif state.running is not None and (due := interventions.due(state)):
        yield due
    elif state.running is not None:
        yield acts.EndRun() if state.running.done >= state.running.steps else acts.StartStep()


def _turns(state: State, step: Step) -> Iterator[acts.Act]:
    """The turns that are left in a step, or its end."""
    ended = True
    for place in range(step.place, len(step.schedule)):
        if step.schedule[place] in state.people:
            yield acts.TakeTurn(step.schedule[place])
            ended = False
            if state.settings.order == "sequential":
                break
    if ended:
        yield acts.EndStep()


def start_step(state: State, draw: int) -> Draft:
    """Open the next step: whoever may act does, in an order drawn for this step.

    Nobody, if nothing new has reached anybody where only such people act: then time passes.
    """
    assert state.running is not None
    step = state.step + 1
    drawn = order(_acting(state), state.seed, draw, step, state.settings.subset, state.lots)
    schedule = own.scheduled(state, drawn)
    return Draft(types.StepStarted(schedule=schedule), None, step, state.clock, state.running.asked)


def _acting(state: State) -> Iterable[str]:
    """Who may act in the next step: it costs as much as there are of them."""
    may = state.stirred if state.settings.who == "active" else state.people
    only = state.running.only if state.running else None
    return may if only is None else [id for id in only if id in may]


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
