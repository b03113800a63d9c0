"""Laws of steering: what fires is what should have, whatever a judge answers; it replays, forks, resumes and is paid
for once.

The oracle looks at the whole life again at each pause between two steps, with the naive conditions written down here.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import oracles
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies.answers import responses
from strategies.scripts import Cast, Script, dead, live_on, persona, scripts, share, trio

from troupe_es import Response, Scripted, Settings, Simulation, Store, commands
from troupe_es.controller import states
from troupe_es.errors import BudgetExceeded, EveryTurnFailed, UsageError
from troupe_es.events import Event, types
from troupe_es.llm import Request
from troupe_es.log import Budget
from troupe_es.projections import digest, saved
from troupe_es.scenario import Budget as Limits
from troupe_es.world.effects import effect_of

WORDS = ("tea", "[0-9]", "0»", "turn/0", "no such word")
"""Patterns that are in what a cast says, and one that is not; each reads the same to Python and to the naive eye."""


@dataclass
class Judge(Cast):
    """A cast with a judge and a storyteller in it, who now and then get it wrong as well."""

    def __call__(self, request: Request, draw: int) -> str:
        name = request.schema.name if request.schema else ""
        if name not in ("judging", "story"):
            return super().__call__(request, draw)
        self.asked[request.hash, draw, request.address] += 1
        dice = Random(f"{self.seed}|{request.hash}|{draw}|{request.address}")
        if dice.random() < self.misfits:
            return dice.choice(["rubbish", '{"verdicts": []}', '{"story": ""}', ""])
        return json.dumps({"story": "It rained. «story»"} if name == "story" else verdicts(request, dice))


def verdicts(request: Request, dice: Random) -> dict[str, Any]:
    """A verdict on each claim of a prompt; now and then it rests on what was not shown."""
    text = "\n".join(message.content for message in request.prompt.chain() if message.role == "user")
    shown = [int(seq) for seq in re.findall(r'^\{"event": (\d+)', text, re.MULTILINE)]
    if dice.random() < 0.05:
        shown.append(10**6)

    def one(number: int) -> dict[str, Any]:
        evidence = dice.sample(shown, min(len(shown), dice.randrange(3)))
        return {
            "claim": number,
            "reason": "so",
            "evidence": evidence,
            "score": dice.randrange(10),
            "holds": dice.random() < 0.5,
        }

    count = len(re.findall(r'^\{"claim": ', request.prompt.content, re.MULTILINE))
    return {"verdicts": [one(number) for number in range(1, count + 1)]}


judges = st.builds(Judge, st.integers(0, 999), st.sampled_from([0.0, 0.15, 0.4]))


@st.composite
def conditions(draw: st.DrawFn, people: list[str], depth: int = 0) -> dict[str, Any]:
    """Conditions of every kind, one or two at a time, some within others."""
    by = draw(st.lists(st.sampled_from(people), max_size=1)) if people else []
    kinds: dict[str, st.SearchStrategy[Any]] = {
        "step": st.sampled_from([{"at": 1}, {"since": 1}, {"every": 2}, {"since": 1, "every": 2}]),
        "time": st.sampled_from([{"after": "2026-01-05T09:10:00"}, {"until": "2026-01-05T10:00"}]),
        "happened": st.builds(lambda n: {"event": "action-taken", "least": n}, st.integers(1, 6)),
        "talked": st.builds(lambda n: {"least": n, "by": by}, st.integers(1, 4)),
        "quiet": st.integers(1, 2),
        "said": st.builds(
            lambda word, n: {"pattern": word, "steps": n, "by": by}, st.sampled_from(WORDS), st.integers(1, 2)
        ),
        "claim": st.builds(
            lambda holds, least: {"claim": "People like tea.", "holds": holds, "least": least},
            st.booleans(),
            st.sampled_from([None, 5]),
        ),
    }
    chosen = draw(st.lists(st.sampled_from(list(kinds)), min_size=1, max_size=2, unique=True))
    found = {kind: draw(kinds[kind]) for kind in chosen}
    if depth < 1 and draw(st.booleans()):
        inner = st.lists(conditions(people, depth + 1), min_size=1, max_size=2)
        found[draw(st.sampled_from(["all", "any"]))] = draw(inner)
    return found


@st.composite
def interventions(draw: st.DrawFn, number: int, people: list[str]) -> commands.Intervene:
    """Interventions of every kind, where ``people`` (ids) are there."""
    choices: list[commands.EffectCommand] = [
        commands.Stimulate(f"Listen. «effect {number}»", world="Kitchen"),
        commands.Stimulate("To {{name}}. «you»", "SOCIAL", to=("{{target}}",)),
        commands.Change("settings.max_actions", 2),
        commands.Change("people.{{target}}.mood", "calm"),
        commands.Equip("recall"),
        commands.Unequip("recall", ("{{target}}",)),
        commands.AddPerson({"name": f"Late {number}"}, "Kitchen"),
        commands.RemovePerson("{{target}}"),
        commands.Move("{{target}}", "Garden"),
        commands.StopRun(),
    ]
    made = draw(st.lists(st.sampled_from(choices), min_size=1, max_size=3))
    targets = [None, "everyone", tuple(people)] if people else [None, "everyone"]
    return commands.Intervene(
        f"i-{number}",
        types.Condition.model_validate(draw(conditions(people))),
        tuple(effect_of(effect) for effect in made),
        draw(st.sampled_from(targets)),
        draw(st.booleans()),
        draw(st.integers(1, 2)),
        draw(st.integers(1, 5)),
    )


@st.composite
def steered(draw: st.DrawFn, most: int = 3) -> Script:
    """Whole scripts with interventions in them, now and then called off, and with stories."""
    script = draw(scripts(most=most))
    there: list[str] = []
    added: list[str] = []
    items: list[commands.Command] = []
    for number, command in enumerate(script.commands):
        if isinstance(command, commands.Run) and there:
            for each in range(draw(st.integers(0, 2))):
                items.append(draw(interventions(10 * number + each, there)))
                added.append(items[-1].name)
            if added and draw(st.integers(0, 4)) == 0:
                items.append(commands.CallOff(added.pop()))
            if draw(st.integers(0, 4)) == 0:
                items.append(commands.Tell("short", draw(st.booleans())))
        items.append(command)
        if isinstance(command, commands.AddPerson):
            there.append(command.persona["name"].lower().replace(" ", "-"))
        elif isinstance(command, commands.RemovePerson):
            there.remove(command.person)
    return Script(script.settings, script.seed, tuple(items))


def lived(script: Script, store: Store) -> Simulation | None:
    """The life of ``script``; None where an effect has made one of its commands impossible."""
    sim = store.begin("life", seed=script.seed, settings=script.settings)
    for command in script.commands:
        if isinstance(command, commands.Run) and not sim.state.people:
            return sim
        try:
            live_on(sim)
            sim.command(command)
        except (EveryTurnFailed, UsageError):
            return sim
    return sim


# the naive eye


def truth(events: Sequence[Event], when: types.Condition, who: str | None) -> bool | None:
    """Whether ``when`` holds after ``events``, as one would tell by reading them all; None: only a model knows."""
    step = max(event.step for event in events)
    began = [e.seq for e in oracles.of(events, "step-started")]
    clock = oracles.clock(oracles.plain(events))
    parts: list[bool | None] = []

    def by(names: Sequence[str]) -> list[str]:
        return list(names) or ([who] if who else [])

    def said(steps: int, names: Sequence[str]) -> list[Event]:
        since = began[-steps:][0] if began else 10**9
        return [e for e in oracles.spoken(events) if e.seq > since and (not names or e.actor in names)]

    if (steps := when.step) is not None:
        parts += [steps.at in (None, step) and step >= steps.since and (step - steps.since) % steps.every == 0]
    if (time := when.time) is not None:
        parts += [(time.after or "") <= clock and (time.until is None or clock < time.until + ":00")]
    if when.happened is not None:
        parts += [len(oracles.of(events, when.happened.event)) >= when.happened.least]
    if when.talked is not None:
        came = {e.body.person: e.seq for e in oracles.of(oracles.plain(events), "person-added")}
        left = [e.body.person for e in oracles.of(oracles.plain(events), "person-removed")]
        names = [name for name in by(when.talked.by) if name not in left]
        counted = [
            e
            for e in oracles.spoken(events)
            if (e.actor in names and e.seq > came[str(e.actor)] if by(when.talked.by) else True)
        ]
        parts += [len(counted) >= when.talked.least]
    if when.quiet is not None:
        parts += [len(began) >= when.quiet and not said(when.quiet, by([]))]  # a cast says nothing twice
    if when.said is not None:
        pattern = re.compile(when.said.pattern)
        parts += [any(pattern.search(e.body.content) for e in said(when.said.steps, by(when.said.by)))]
    parts += [truth(events, part, who) for part in when.all]
    if when.any:
        found = [truth(events, part, who) for part in when.any]
        parts += [True if True in found else None if None in found else False]
    if when.claim is not None:
        parts += [None]
    return False if False in parts else None if None in parts else True


def verdict(when: types.Condition, events: Sequence[Event], who: str | None, holds: bool, score: int) -> bool | None:
    """Whether ``when`` holds, once the one claim there is has been judged."""
    claim = when.claim
    own: list[bool | None] = [truth(events, when.model_copy(update={"claim": None, "all": [], "any": []}), who)]
    if claim is not None:
        own += [holds is claim.holds and (claim.least is None or score >= claim.least)]
    own += [verdict(part, events, who, holds, score) for part in when.all]
    if when.any:
        own += [any(verdict(part, events, who, holds, score) for part in when.any)]
    return all(own)


def ready(events: Sequence[Event], added: Event, target: str | None) -> bool:
    """Whether the intervention ``added`` may be decided for ``target`` after ``events``."""
    mine = [
        e
        for e in oracles.decisions(events)
        if (e.body.name, e.body.target) == (added.body.name, target) and e.seq > added.seq
    ]
    fired = [e for e in mine if e.body.type == "intervention-fired"]
    step = max(event.step for event in events)
    if (mine and mine[-1].step == step) or (added.body.once and fired):
        return False
    return not fired or step - fired[-1].step >= added.body.every


def boundaries(events: Sequence[Event]) -> list[int]:
    """The events after which a pass over the interventions begins: the run that is asked for, the end of a step."""
    return [e.seq for e in oracles.of(events, "run-requested", "step-ended")]


def agrees(events: Sequence[Event], begun: int) -> None:
    """Assert that from event ``begun`` on, up to the next step, what is decided is what should be."""
    at = past_memories(events, begun)
    gone = oracles.of(events[:begun], "intervention-removed")
    for added in oracles.of(events[:begun], "intervention-added"):
        if [g for g in gone if g.seq > added.seq and g.body.name == added.body.name]:
            continue
        place = -1
        while True:
            so_far = events[:at]
            left = [(p, who) for p, who in targets(so_far, added) if p > place and ready(so_far, added, who)]
            found = [(p, who, truth(so_far, added.body.when, who)) for p, who in left]
            wanted = [each for each in found if each[2] is not False]
            if not wanted:
                break
            place, who, holds = wanted[0]
            at = decided(events, at, added, who, holds)
            if at >= len(events) or events[at - 1].body.type == "run-ended":
                return
            at = past_memories(events, at)
    assert at >= len(events) or events[at].body.given or events[at].body.type in ("step-started", "run-ended")


def past_memories(events: Sequence[Event], at: int) -> int:
    """Where what people make of their memories between two steps ends: it comes before any intervention."""
    remembered = ("memory-formed", "episode-consolidated", "consolidation-failed", "insight-formed")
    remembered += ("reflection-ended", "memories-embedded")
    while at < len(events) and (
        events[at].body.type in remembered
        or (events[at].body.type == "model-answered" and "/judging/" not in events[at].body.address)
    ):
        at += 1
    return at


def targets(events: Sequence[Event], added: Event) -> list[tuple[int, str | None]]:
    """Whom an intervention is for, in the order they came."""
    if added.body.each is None:
        return [(0, None)]
    life = oracles.plain(events)
    came = {e.body.person: e.seq for e in oracles.of(life, "person-added")}
    there = oracles.present(life, None, len(life))
    return sorted((came[who], who) for who in there if added.body.each == "everyone" or who in added.body.each)


def decided(events: Sequence[Event], at: int, added: Event, who: str | None, holds: bool | None) -> int:
    """Assert that the event after ``at`` (or after the judge's answers) decides it; return where its effects end."""
    judged = at
    while judged < len(events) and events[judged].body.type == "model-answered":
        judged += 1
    assert (judged > at) is (holds is None)
    outcome = events[judged]
    assert outcome.body.type in ("intervention-fired", "intervention-checked"), outcome
    assert (outcome.body.name, outcome.body.target, outcome.cause) == (added.body.name, who, added.seq)
    if holds is None and outcome.body.verdicts:
        [found] = outcome.body.verdicts
        holds = verdict(added.body.when, events[:at], who, found.holds, found.score)
        assert set(found.evidence) <= set(range(1, at + 1))
    assert (outcome.body.type == "intervention-fired") is bool(holds)
    if not holds:
        return judged + 1
    assert all(1 <= seq <= at for seq in outcome.body.evidence)
    effects = events[judged + 1 : judged + 1 + len(outcome.body.effects)]
    assert [e.cause for e in effects] == [outcome.seq] * len(outcome.body.effects)
    return judged + 1 + len(effects)


@given(steered(), judges)
@share(2)
def test_what_fires_is_what_should_have(script: Script, cast: Judge) -> None:
    with Store(":memory:", cast.model()) as store:
        events = list(lived(script, store).events())
        for begun in boundaries(events):
            agrees(events, begun)


@given(steered(), judges)
@share(2)
def test_a_steered_life_verifies_up_to_any_of_its_events_and_asks_nobody(script: Script, cast: Judge) -> None:
    with Store(":memory:", cast.model()) as store:
        sim = lived(script, store)
        store.models = {"cast": dead()}
        for seq in range(1, sim.seq + 1, 3):
            report = store.verify(f"life@{seq}")
            assert report.holds, report.divergences
        assert store.verify("life").head == sim.head


@given(steered(most=2), judges)
@share(3)
def test_an_untouched_fork_at_any_event_lives_the_same_life(script: Script, cast: Judge) -> None:
    with Store(":memory:", cast.model()) as store:
        sim = lived(script, store)
        whole, asked = [row.hash for row in sim.log.rows(sim.branch)], len(cast.asked)
        given_at = [event.seq for event in sim.events() if event.body.given]
        for at in range(1, sim.seq + 1):
            fork = live_on(store.branch(f"life@{at}", f"at-{at}"))
            end = min((seq for seq in given_at if seq > at), default=sim.seq + 1) - 1
            assert [row.hash for row in fork.log.rows(fork.branch)] == whole[:end]
        assert len(cast.asked) == asked


@given(steered(most=2), judges, st.data())
@share(3)
def test_a_fork_with_an_edit_at_any_event_verifies(script: Script, cast: Judge, data) -> None:
    with Store(":memory:", cast.model()) as store:
        sim = lived(script, store)
        for at in range(2, sim.seq + 1):
            state = store.at(f"life@{at}")
            fork = live_on(store.branch(f"life@{at}", f"at-{at}", data.draw(changed(state))))
            report = store.verify(fork.ref)
            assert report.holds, (at, report.divergences)
            assert fork.state.running is None
            assert fork.state.steering.pending is None
        assert max(cast.asked.values(), default=1) == 1


@st.composite
def changed(draw: st.DrawFn, state) -> commands.Command:
    """One edit that may pull the ground from under an intervention that is being decided."""
    choices: list[commands.Command] = [commands.Change("settings.max_actions", 1)]
    choices += [commands.CallOff(name) for name in state.steering.interventions]
    choices += [commands.RemovePerson(id) for id in state.people] if len(state.people) > 1 else []
    choices += [commands.Stimulate("Fire! «fire»", to=(id,)) for id in state.people]
    choices += [draw(interventions(99, list(state.people)))]
    return draw(st.sampled_from(choices))


@given(steered(), judges, st.data())
@share(2)
def test_the_fold_agrees_with_the_oracle_at_any_event_and_through_a_snapshot(script, cast: Judge, data) -> None:
    with Store(":memory:", cast.model()) as store, pytest.MonkeyPatch.context() as patch:
        patch.setattr(states, "EVERY", 9)
        patch.setattr(states, "EACH", 1)
        sim = lived(script, store)
        events = list(sim.events())
        for count in [*range(2, len(events), 5), len(events)]:
            found = saved.dump(store.at(f"life@{count}"))
            life = oracles.plain(events[:count])
            assert found["steering"] == oracles.steering(events[:count])
            assert found["people"] == oracles.people(life)
            assert found["worlds"] == oracles.worlds(life)
            assert found["running"] == oracles.running(life)
        assert [tuple(line) for line in sim.transcript()] == oracles.lines(oracles.plain(events))
        assert digest.v1(events) == oracles.digest(list(store.log.rows(sim.branch)))


@given(steered(), judges)
@share(3)
def test_the_same_script_again_goes_over_its_recording(script: Script, cast: Judge) -> None:
    with Store(":memory:", cast.model()) as store:
        first = lived(script, store)
        store.models = {"cast": dead()}
        again = lived(script, store)
        assert (again.head, again.paid) == (first.head, 0)


@given(steered(most=2), judges, st.integers(1, 6))
@share(3)
def test_a_budget_that_is_spent_stops_a_steered_run_and_a_bigger_one_ends_the_same(script, cast, calls: int) -> None:
    with Store(":memory:", cast.model()) as whole, Store(":memory:", cast.model()) as store:
        expected = lived(script, whole)
        for limit in range(calls, 10_000, calls):
            store.models = {"cast": cast.model()}
            try:
                assert bounded(script, store, limit).head == expected.head
                break
            except BudgetExceeded:
                assert store.verify("life").holds


def bounded(script: Script, store: Store, limit: int) -> Simulation:
    budget = store.budget("part", Limits(calls=limit))
    assert isinstance(budget, Budget)
    begin = store.begin

    def limited(*args: Any, **more: Any) -> Simulation:
        return begin(*args, **more, budget=budget)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "begin", limited)
        return lived(script, store)


@given(responses(), st.integers(1, 3))
@share(1)
def test_whatever_a_judge_or_a_storyteller_answers_the_run_goes_on_and_verifies(
    said: Response, attempts: int
) -> None:
    def answer(request: Request, draw: int) -> Response:
        name = request.schema.name if request.schema else ""
        return said if name in ("judging", "story") else Response(Cast(misfits=0)(request, draw))

    always = types.Condition.model_validate({"claim": {"claim": "{{name}} likes tea."}})
    shout = effect_of(commands.Stimulate("Listen, {{name}}. «shout»", to=("{{target}}",)))
    fixed = trio(steps=1, attempts=attempts)
    items = (
        *fixed.commands[:-1],
        commands.Tell("a story"),
        commands.Intervene("always", always, (shout,), "everyone"),
        fixed.commands[-1],
    )
    with Store(":memory:", Scripted(answer, "cast")) as store:
        sim = Script(fixed.settings, 7, items).play(store)
        events = list(sim.events())
        assert len(oracles.of(events, "story-told")) == 1
        assert len(oracles.decisions(events)) == 6  # three people, before the step and after it
        assert sim.state.running is None
        assert store.verify("life").holds


def test_the_cast_of_these_laws_makes_interventions_fire_and_not_fire() -> None:
    with Store(":memory:", Judge(misfits=0).model()) as store:
        sim = store.begin("life", settings=Settings(model="cast"), seed=1)
        for command in (commands.AddWorld("Kitchen"), persona("Ana Reyes"), persona("Bo Lind")):
            sim.command(command)
        sim.intervene("likes", {"claim": {"claim": "x"}}, commands.Equip("recall"), each="everyone", once=False)
        sim.run(6)
        kinds = {event.body.type for event in oracles.decisions(list(sim.events()))}
        assert kinds == {"intervention-fired", "intervention-checked"}
