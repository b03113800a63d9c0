"""Asking the past: questions, claims and stories in throw-away branches, so that a run is left as it is.

Each has a side branch of its own at the event it is asked at, named by what is asked. So the same asked there again
is on record, and whoever asks it once more on purpose gets the next draw.
"""

from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from troupe_es import canonical, commands, propositions
from troupe_es import scenario as scenarios
from troupe_es.controller.giving import given
from troupe_es.controller.references import Point, resolve
from troupe_es.controller.simulation import OnDifference, Simulation
from troupe_es.errors import BadCommand
from troupe_es.events import payload_of, types
from troupe_es.llm import Model
from troupe_es.log import Branch, Budget, Log
from troupe_es.projections import State

Limits: TypeAlias = scenarios.Budget | Budget
"""What may be spent: new limits, or a budget that several lives share."""

ASKED_ASIDE = (
    types.QuestionAsked,
    types.ClaimsPut,
    types.StoryRequested,
    types.ExtractionAsked,
    types.SurveyGiven,
    types.LabelsAsked,
    types.RewritingAsked,
    types.PredictionSealed,
    types.TruthLoaded,
)
"""What a side branch is opened for."""


@dataclass(frozen=True)
class Judgement:
    """What a model found of claims, in their order; ``failed`` says why there are no verdicts.

    ``at`` is the point that was asked, ``paid`` how many answers a model was asked for now. ``given`` are verdicts on
    what must hold first: where one does not, nothing else was judged, and there are no ``verdicts``. ``denials`` are
    those on the claims' denials, where they were judged twice.
    """

    verdicts: list[types.Verdict]
    failed: str | None
    ref: str
    recorded: bool
    at: str = ""
    paid: int = 0
    given: list[types.Verdict] = field(default_factory=list)
    denials: list[types.Verdict] = field(default_factory=list)

    @property
    def judged(self) -> bool:
        """Whether the claims were judged: there are verdicts, and what must hold first does."""
        return self.failed is None and all(verdict.holds for verdict in self.given)

    @property
    def answers(self) -> list[bool | None]:
        """Whether each claim holds; None where it and its denial both do, or neither: then it cannot be told."""
        if not self.denials:
            return [verdict.holds for verdict in self.verdicts]
        pairs = zip(self.verdicts, self.denials, strict=True)
        return [None if denial.holds is verdict.holds else verdict.holds for verdict, denial in pairs]

    @property
    def holds(self) -> bool:
        """Whether every claim was judged and holds."""
        return self.judged and all(self.answers)


@dataclass(frozen=True)
class Story:
    """A story; ``failed`` says why there is none."""

    text: str
    failed: str | None
    ref: str
    recorded: bool


@dataclass(frozen=True)
class Reply:
    """What somebody answered when asked; ``failed`` says why there is no answer."""

    person: str
    question: str
    answer: str
    failed: str | None
    ref: str
    recorded: bool


class Aside:
    """The questions a store can be asked about the past of its simulations."""

    log: Log

    @abstractmethod
    def chained(self, name: str) -> str:
        """Return what the log calls a model."""

    @abstractmethod
    def budget(self, label: str, limits: Limits | None) -> Budget | None:
        """Enter a budget into the store."""

    @abstractmethod
    def _register(self, model: Model) -> str: ...

    @abstractmethod
    def _state(self, point: Point) -> State: ...

    @abstractmethod
    def _handle(
        self,
        branch: Branch,
        state: State | Callable[[], State],
        source: types.Source,
        on_difference: OnDifference,
        budget: Budget | None,
    ) -> Simulation: ...

    def ask(
        self,
        ref: str,
        who: str,
        question: str,
        *,
        model: str | Model = "",
        again: bool = False,
        budget: Limits | None = None,
    ) -> Reply:
        """Ask ``who`` in private at any point; the run itself is left as it is.

        The same question at the same event returns the recorded answer; ``again`` takes the next draw. ``model``
        answers instead of the one that is set there: that is a question of its own.
        """
        if not question.strip():
            raise BadCommand("there is nothing to ask: the question is empty")
        point = resolve(self.log, ref)
        past = self._state(point)
        person = past.person(who)
        named = self.chained(model) if isinstance(model, str) else self._register(model)
        other = "" if named == past.settings.model_for(person.id, "ask") else named
        question, _ = canonical.clean(question)
        branch, known = self._side_branch(point, [person.id, question, *([other] if other else [])], again)
        sim = self._aside(branch, self.budget(f"ask {person.id}", budget))
        if not known:
            if other and sim.state.settings.model_for(person.id, "ask") != other:
                whose = f"settings.models.person:{person.id}" if past.settings.models else "settings.model"
                sim.command(commands.Change(whose, other))
            sim.command(commands.Ask(person.id, question))
        sim.resume()
        last = self.log.event(sim.branch, sim.seq).body
        assert isinstance(last, types.QuestionAnswered)
        return Reply(person.name, question, last.answer, last.failed, sim.ref, known)

    def check(
        self,
        ref: str,
        claims: str | Sequence[str],
        target: str | Sequence[str] = (),
        *,
        given: str | Sequence[str] = (),
        twice: bool = False,
        world: str | None = None,
        last: int = 40,
        model: str | Model = "",
        again: bool = False,
        budget: Limits | None = None,
    ) -> Judgement:
        """Have claims judged at any point, in one call, by what people remember; the run is left as it is.

        ``target`` are the people they are about; nobody named: everybody (in ``world``). In a claim ``{{name}}``
        stands for them. The ``last`` memories are shown. ``given`` are claims that must hold first, or the others are
        not judged. ``twice`` has the denial of each judged as well, in a call of its own: where both are found to
        hold, or neither, it cannot be told. The same claims at the same event have the recorded verdicts; ``again``
        takes the next draw. ``model`` judges instead of the one that is set there.
        """
        about = (target,) if isinstance(target, str) else tuple(target)
        command = commands.PutClaims(_several(claims), about, world, last, _several(given), twice)
        return self._checked(ref, command, model, again, budget)

    def _checked(
        self,
        ref: str,
        command: commands.PutClaims,
        model: str | Model = "",
        again: bool = False,
        budget: Limits | None = None,
    ) -> Judgement:
        limits = self.budget("check", budget)
        given, claims, denials = propositions.apart(command)
        before = None if given is None else self._judged(ref, given, model, again, limits)
        if before is not None and not before.holds:
            return replace(before, verdicts=[], given=before.verdicts)
        found = self._judged(ref, claims, model, again, limits)
        parts = [found] if before is None else [before, found]
        if denials is not None and found.failed is None:
            parts.append(self._judged(ref, denials, model, again, limits))
        return replace(
            found,
            failed=parts[-1].failed,
            recorded=all(part.recorded for part in parts),
            paid=sum(part.paid for part in parts),
            given=before.verdicts if before else [],
            denials=parts[-1].verdicts if parts[-1] is not found else [],
        )

    def _judged(
        self,
        ref: str,
        command: commands.PutClaims,
        model: str | Model,
        again: bool,
        budget: Budget | None,
    ) -> Judgement:
        point = resolve(self.log, ref)
        command = replace(command, claims=tuple(canonical.clean(list(command.claims))[0]))
        sim, known = self._put_aside(point, "check", command, "judging", model, again, budget)
        found = self.log.event(sim.branch, sim.seq).body
        assert isinstance(found, types.ClaimsJudged)
        return Judgement(list(found.verdicts), found.failed, sim.ref, known, str(point), sim.paid)

    def story(
        self,
        ref: str,
        requirements: str = "",
        *,
        continues: bool = False,
        world: str | None = None,
        last: int = 100,
        model: str | Model = "",
        again: bool = False,
        budget: Limits | None = None,
    ) -> Story:
        """Have a story told at any point that nobody in the simulation hears; the run is left as it is.

        It begins with the people and places of that point, or ``continues`` what happened, of which the ``last``
        memories are told. The same story asked for at the same event is the recorded one; ``again`` takes the next
        draw.
        """
        point = resolve(self.log, ref)
        tell = commands.Tell(canonical.clean(requirements)[0], continues, world, True, last)
        sim, known = self._put_aside(point, "story", tell, "generation", model, again, budget)
        told = self.log.event(sim.branch, sim.seq).body
        assert isinstance(told, types.StoryTold)
        return Story(told.text, told.failed, sim.ref, known)

    def _put_aside(
        self,
        point: Point,
        word: str,
        command: commands.Command,
        purpose: str,
        model: str | Model,
        again: bool,
        budget: Limits | None,
    ) -> tuple[Simulation, bool]:
        """Carry ``command`` out in the side branch that it has there; also whether that was done before."""
        past = self._state(point)
        body = given(past, command, "command")  # before there is a branch: what cannot be asked leaves none
        named = self.chained(model) if isinstance(model, str) else self._register(model)
        other = "" if named == past.settings.model_for("-", purpose) else named
        asked_for = [payload_of(body), *([other] if other else [])]
        branch, known = self._side_branch(point, asked_for, again, word)
        sim = self._aside(branch, self.budget(word, budget))
        if not known:
            if other and sim.state.settings.model_for("-", purpose) != other:
                sim.command(commands.Change(f"settings.models.{purpose}", other))
            sim.command(command)
        sim.resume()
        return sim, known

    def _aside(self, branch: Branch, budget: Budget | None) -> Simulation:
        state = self._state(resolve(self.log, f"{branch.simulation}/{branch.name}"))
        return self._handle(branch, state, "command", "stop", budget)

    def _side_branch(self, point: Point, asked_for: list[str], again: bool, word: str = "ask") -> tuple[Branch, bool]:
        """The branch this question has at this event, and whether it was asked there already."""
        key = canonical.digest_json(f"troupe/{word}/1", asked_for)[:12]
        stem = f"{word}-{point.seq}-{key}"
        asked = [
            branch
            for branch in self.log.branches(point.branch.simulation, ("ask",))
            if branch.parent == point.branch.id and branch.name.startswith(stem)
        ]
        if asked and not again:
            known = asked[-1]
            later = self.log.events(known, point.seq + 1)
            return known, any(isinstance(event.body, ASKED_ASIDE) for event in later)
        name = f"{stem}-{point.branch.id}-{len(asked) + 1}"
        draw = self.log.next_draw(point.branch, point.seq) if asked else None
        return self.log.fork(point.branch, point.seq, name, kind="ask", draw=draw), False


def _several(texts: str | Sequence[str]) -> tuple[str, ...]:
    return (texts,) if isinstance(texts, str) else tuple(texts)
