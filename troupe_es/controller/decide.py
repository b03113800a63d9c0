"""Acts in, events out: what the engine lets run, decided in two halves.

``decide`` may yield requests, and sees the state as it was when the act began; ``settle`` turns its result into
events, in schedule order, when it is committed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from troupe_es import acts
from troupe_es.acting import Acting, Part, Unanswered
from troupe_es.agent import turn
from troupe_es.agent.memory import consolidation, reflection
from troupe_es.controller.effects import next_effect
from troupe_es.enrichment import rewriting
from troupe_es.events import Body, Draft, Given, types
from troupe_es.extraction import extracting, labels
from troupe_es.factory import people
from troupe_es.llm import Effect
from troupe_es.projections import State
from troupe_es.projections.state import Turn
from troupe_es.steering import checking, stories
from troupe_es.survey import taking
from troupe_es.world import engine, interventions
from troupe_es.world.resolve import resolve

NOBODY = "-"
"""Whose act it is where nobody acts: a judge's, a storyteller's."""


@dataclass
class Decision:
    """What an act comes to, in order; ``cut`` where a replay had no answer to go on with."""

    parts: list[Part] = field(default_factory=list)
    cut: bool = False


def envelope(state: State, body: Given) -> Draft:
    """Put a given event into its envelope: it happens now, in the step that is open or the last one."""
    start = body.start if isinstance(body, types.SimulationCreated) else state.clock
    return Draft(body, None, state.step, start, None)


def decide(state: State, act: acts.Act) -> Effect[Decision]:
    """Decide ``act``: yields requests and returns what came of them."""
    decision = Decision()
    try:
        yield from _act(state, act, decision.parts)
    except Unanswered:
        decision.cut = True
    return decision


def _act(state: State, act: acts.Act, parts: list[Part]) -> Effect[None]:
    match act:
        case acts.TakeTurn(person):
            yield from turn.take_turn(Acting(state, person, parts), state.people[person])
        case acts.Consolidate(person):
            yield from consolidation.consolidate(Acting(state, person, parts), state.people[person])
        case acts.Reflect(person):
            yield from reflection.reflect(Acting(state, person, parts), state.people[person])
        case acts.AnswerQuestion(person):
            assert state.question is not None
            acting, asked = Acting(state, person or NOBODY, parts), state.read(state.question.asked).body
            if isinstance(asked, types.QuestionAsked):
                yield from turn.answer_question(acting, state.people[person], asked.question)
            elif isinstance(asked, types.ClaimsPut):
                yield from checking.judge(acting, asked)
            elif isinstance(asked, types.StoryRequested):
                yield from stories.tell(acting, asked)
            elif isinstance(asked, types.ExtractionAsked):
                yield from extracting.extract(acting, asked)
            elif isinstance(asked, types.LabelsAsked):
                yield from labels.label(acting, asked)
            elif isinstance(asked, types.RewritingAsked):
                yield from rewriting.rewrite(acting, asked)
            else:
                yield from turn.write_minibio(acting, state.people[person])
        case acts.TakeSurvey(person):
            assert state.surveying is not None
            survey = state.read(state.surveying.asked).body
            assert isinstance(survey, types.SurveyGiven)
            yield from taking.take(Acting(state, person, parts), state.people[person], survey)
        case acts.CheckIntervention(name, target):
            yield from checking.check(Acting(state, target or NOBODY, parts), name, target)
        case acts.MakePerson(number):
            assert state.making is not None
            yield from people.make(Acting(state, f"+{state.making.before + number}", parts), planned(state), number)


def settle(state: State, act: acts.Act, decision: Decision, draw: int) -> list[Draft]:
    """Return the events of ``act``; those a fork already has of it are left out."""
    match act:
        case acts.StartStep():
            return [engine.start_step(state, draw)]
        case acts.EndStep():
            return [engine.end_step(state)]
        case acts.EndRun():
            return [engine.end_run(state)]
        case acts.TakeEffect():
            return [next_effect(state)]
        case acts.FireIntervention(name, target):
            return [_fired(state, name, target)]
    bodies = [_settled(state, act, part) for part in decision.parts]
    left = _left(bodies, state.open_turn, decision.cut) if state.open_turn else bodies
    cause = _cause(state, act)
    return [Draft(body, act.person or None, state.step, state.clock, cause) for body in left]


def _fired(state: State, name: str, target: str | None) -> Draft:
    """Return the event with which an intervention fires that needs no model; the engine has seen that it does."""
    fired = interventions.fired(state, name, target)
    assert fired is not None
    return Draft(fired, target, state.step, state.clock, state.steering.interventions[name].added)


def _left(bodies: Sequence[Body], turn: Turn, cut: bool) -> list[Body]:
    """Return those events of an act that the log does not have, where a fork cut it.

    The others are counted, but answers are told by what they answer: an edit in mid-turn may make the act shorter or
    longer than it was, and no answer that was taken into account may be missing. Its end is never there.
    """
    answered = sum("/" in key for key in turn.answers)
    vectors, plain = turn.vectors, turn.events - answered - turn.vectors
    left: list[Body] = []
    for body in bodies if cut else bodies[:-1]:
        match body:
            case types.ModelAnswered() if body.key in turn.answers:
                pass
            case types.MemoriesEmbedded() if vectors and all(each.request in turn.answers for each in body.of):
                vectors -= 1
            case types.ModelAnswered() | types.MemoriesEmbedded():
                left.append(body)
            case _ if plain:
                plain -= 1
            case _:
                left.append(body)
    return left if cut else [*left, bodies[-1]]


def _settled(state: State, act: acts.Asking, part: Part) -> Body:
    """Return what comes of a part of an act: of what a person wants or who comes, an event is made."""
    if isinstance(part, acts.Newcomer):
        return people.welcomed(state, planned(state), part)
    if not isinstance(part, acts.Intent):
        return part
    assert act.person is not None
    return resolve(state, state.people[act.person], part)


def planned(state: State) -> types.PopulationPlanned:
    """Return what was planned of the people who are being made."""
    assert state.making is not None
    body = state.read(state.making.planned).body
    assert isinstance(body, types.PopulationPlanned)
    return body


def _cause(state: State, act: acts.Asking) -> int | None:
    """What made somebody act: the question, the last thing that reached them, or else the step itself."""
    if state.open_turn is not None:
        return state.open_turn.cause
    if state.question is not None:
        return state.question.asked
    if isinstance(act, acts.TakeSurvey):
        assert state.surveying is not None
        return state.surveying.asked
    if isinstance(act, acts.CheckIntervention):
        return state.steering.interventions[act.name].added
    if isinstance(act, acts.MakePerson):
        assert state.making is not None
        return state.making.planned
    assert act.person is not None
    person = state.people[act.person]
    if isinstance(act, acts.Consolidate):
        return consolidation.episode(state, person)[-1]
    if isinstance(act, acts.Reflect):
        return state.reflecting[person.id]
    if person.fresh:
        return person.heard
    return state.open_step.started if state.open_step else None
