"""How far lives are, what they took and what was asked of them: as it is now, however much was looked at before."""

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from agent.test_correction import judged, play, said

from troupe_es import Improviser, Request, Response, Store, commands
from troupe_es.controller.prefixes import Prefix
from troupe_es.controller.references import resolve
from troupe_es.errors import BadReference, EveryTurnFailed, Interrupted, ModelUnreachable
from troupe_es.events import Draft, Event, types
from troupe_es.scenario import model_of
from troupe_es.scenario.model import Budget, Scenario
from troupe_es.views import (
    asked,
    calls,
    costs,
    density,
    differences,
    documents,
    events,
    expected,
    integrity,
    lineage,
    matches,
    names,
    onward,
    places,
    runs,
    states,
    transcripts,
    validations,
)
from troupe_es.views.rows import Filter

PRICES = {"currency": "EUR", "models": {"dear": {"input": 2, "cached": "0.3", "output": 9.5, "date": "2026-01-01"}}}
SURVEY = {"title": "Tea", "questions": [{"id": "who", "text": "Who?"}]}


def script(program: list[dict[str, Any]], **more: Any) -> Scenario:
    people = [{"persona": {"name": name}} for name in ("Ana Reyes", "Bo Lind")]
    whole = {"troupe": 1, "name": "tiny", "model": "improviser", "worlds": [{"name": "Kitchen"}], "people": people}
    return model_of({**whole, "program": program, **more}, "tiny")


LIFE: list[dict[str, Any]] = [{"broadcast": "Who makes the tea?"}, {"run": 1}, {"broadcast": "Well?"}, {"run": 1}]


class Played(Improviser):
    """The improviser, who counts tokens and answers whom it is told not to answer with nothing, or not at all."""

    def __init__(self, name: str = "improviser", mute: tuple[str, ...] = (), away: tuple[str, ...] = ()) -> None:
        super().__init__()
        self.name, self.mute, self.away = name, mute, away

    async def complete(self, request: Request, draw: int) -> Response:
        if request.person in self.away:
            raise ModelUnreachable("the cable is out")
        made = await super().complete(request, draw)
        return Response(
            "rubbish" if request.person in self.mute else made.text, prompt_tokens=100, completion_tokens=10
        )


@pytest.fixture(scope="module")
def gallery(kept: Path) -> Iterator[Store]:
    with Store(kept, write=False) as held:
        yield held


@pytest.fixture
def store() -> Iterator[Store]:
    with Store(":memory:", Played(), Played("dear"), Played("strange"), prices=PRICES) as held:
        yield held


def row(store: Store, ref: str = "tiny/main") -> dict[str, Any]:
    return runs.branch_of(store, store.log.branch(*ref.split("/")))


# how far a branch is


@pytest.mark.parametrize(("mute", "status"), [(("ana-reyes",), "finished"), (("ana-reyes", "bo-lind"), "failed")])
def test_a_run_has_failed_when_no_turn_of_it_succeeded(mute: tuple[str, ...], status: str) -> None:
    with Store(":memory:", Played(mute=mute)) as store:
        sim = store.begin("tiny", model="improviser")
        sim.add_world("Kitchen")
        for name in ("Ana Reyes", "Bo Lind"):
            sim.add_person({"name": name})
        sim.broadcast("Tea?")
        with suppress(EveryTurnFailed):
            sim.run(1)
        assert row(store)["status"] == status


def test_a_life_is_unfinished_while_its_scenario_has_something_to_come(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[str] = []
    command = commands_of(taken)
    monkeypatch.setattr("troupe_es.controller.simulation.Simulation.command", command)
    for left, expected_ in ((1, "unfinished"), (0, "finished")):
        try:
            store.play(script(LIFE))
        except Interrupted:
            assert left
        assert (row(store)["status"], row(store)["steps_left"]) == (expected_, left)
        taken.append("over")


def test_the_steps_to_come_are_those_of_the_whole_program() -> None:
    away = Played()
    with Store(":memory:", away) as store:
        away.away = ("ana-reyes", "bo-lind")
        with pytest.raises(ModelUnreachable):
            store.play(script([{"run": 3}, {"broadcast": "Milk?"}, {"run": 12}]))
        assert (row(store)["status"], row(store)["steps_left"]) == ("unfinished", 15)
        away.away = ()
        store.branch("tiny", "other")
        assert row(store, "tiny/other")["steps_left"] == 15
        assert store.resume("tiny/other").state.step == 15 and row(store, "tiny/other")["steps_left"] == 0
        store.open("tiny").resume()
        assert (row(store)["status"], row(store)["steps_left"]) == ("unfinished", 12)
        store.resume("tiny")
        assert (row(store)["status"], row(store)["steps_left"]) == ("finished", 0)


def test_what_is_asked_aside_is_no_step_to_come() -> None:
    with Store(":memory:", Improviser()) as store:
        program = [{"run": 1}, {"check": "It is late."}, {"broadcast": "Milk?"}, {"run": 2}]
        store.play(script(program), model="improviser")
        assert (row(store)["status"], row(store)["steps_left"]) == ("finished", 0)
        assert onward.left(store, resolve(store.log, "tiny@2")) != []


def test_a_branch_has_the_model_that_was_set_last(store: Store) -> None:
    store.play(script(LIFE))
    begun = row(store)["model"]
    branch = store.branch("tiny", "other", commands.Change("settings.model", "dear"))
    assert branch.state.settings.model == "dear" == row(store, "tiny/other")["model"] != begun
    branch.command(commands.Change("settings.temperature", 0.5))
    assert (row(store, "tiny/other")["model"], row(store)["model"]) == ("dear", begun)


def commands_of(stopped: list[str]) -> Callable[..., Any]:
    """Return how a simulation takes commands, a second run only once it was ``stopped`` before it."""
    from troupe_es.controller.simulation import Simulation

    taken = Simulation.command

    def command(sim: Any, given: commands.Command) -> Any:
        if isinstance(given, commands.Run) and sim.state.step == 1 and not stopped:
            raise Interrupted("stopped between two runs")
        return taken(sim, given)

    return command


def test_people_who_are_still_to_be_made_leave_a_life_unfinished(gallery: Store, kept: Path, tmp_path: Path) -> None:
    whole = list(gallery.log.events(gallery.log.branch("gallery")))
    planned = next(event.seq for event in whole if isinstance(event.body, types.PopulationPlanned))
    made = [event.seq for event in whole if event.body.type in ("person-made", "person-not-made")]
    with Store(shutil.copy(kept, tmp_path)) as store:
        for number, seq in enumerate((planned, made[0], made[-1])):
            store.branch(f"gallery@{seq}", f"cut-off-{number}")
            status = row(store, f"gallery/cut-off-{number}")["status"]
            assert status == ("finished" if seq == made[-1] else "unfinished")


def test_what_was_paid_by_another_branch_is_on_record_for_this_one(store: Store) -> None:
    sim = store.play(script(LIFE))
    answers = sum(isinstance(event.body, types.ModelAnswered) for event in sim.events())
    assert row(store)["calls"] == {"paid": answers, "recorded": 0}
    store.branch("tiny@9", "twin").resume()
    twin = store.branch("tiny/twin", "on", draw=3)
    twin.run(1)
    inside = sum(isinstance(event.body, types.ModelAnswered) for event in twin.events())
    assert row(store, "tiny/twin")["calls"] == {"paid": 0, "recorded": answers // 2}
    assert row(store, "tiny/on")["calls"] == {"paid": inside - answers // 2, "recorded": answers // 2}


def test_what_is_spent_of_a_budget_is_what_all_who_share_it_spent(store: Store) -> None:
    sim = store.play(script(LIFE), model="dear", budget=Budget(calls=50, tokens=10**6))
    shared = row(store)["budget"]
    assert (shared["calls"], shared["tokens"], shared["money"]) == (50, 10**6, None)
    held = store.budget("both", Budget(calls=9))
    for draw, name in enumerate(("one", "two"), 5):
        branch = store.branch(sim.ref, name, draw=draw)
        store.open(str(branch.branch), budget=held).live_on(1, 60)
    spent = [row(store, f"tiny/{name}")["calls"]["paid"] for name in ("one", "two")]
    both = row(store, "tiny/one")["budget"]
    assert both["spent"]["calls"] == sum(spent) and both == row(store, "tiny/two")["budget"]
    assert both["label"] == "both" and both["spent"]["tokens"] >= 110 * sum(spent)


def test_a_survey_that_was_stopped_is_waiting_and_cannot_be_compared() -> None:
    away = Played()
    with Store(":memory:", away) as store:
        store.play(script(LIFE))
        away.away = ("bo-lind",)
        with pytest.raises(ModelUnreachable):
            store.survey("tiny", SURVEY)

        def seen() -> tuple[str, str, int]:
            [aside] = asked.asides(store, "tiny")
            side = next(each for each in runs.run(store, "tiny", True)["branches"] if each["kind"] == "ask")
            return aside["status"], side["status"], len(validations.validations(store)["surveys"])

        assert seen() == ("waiting", "unfinished", 0)
        away.away = ()
        taken = store.survey("tiny", SURVEY)
        assert seen() == ("answered", "finished", 1)
        again = validations.survey(store, taken.ref)
        assert (again.table(), again.at, again.questions) == (taken.table(), taken.at, taken.questions)
        with pytest.raises(BadReference, match="is no survey"):
            validations.survey(store, "tiny/main")


def views(store: Store, branch: str) -> dict[str, Any]:
    """Everything that is said of a branch, as it is looked at again and again."""
    ref = f"tiny/{branch}"
    seen: dict[str, Any] = {
        **{by: density.density(store, ref, by, 5) for by in ("seq", "time")},  # type: ignore[arg-type]
        "names": names.names(store.log, store.log.branch("tiny", branch)),
        "runs": runs.run(store, "tiny", True),
        "lineage": lineage.lineage(store, "tiny", True),
        "costs": costs.costs(store, ref),
        "expected": onward.branching(store, ref, [], 3, 2),
        "places": places.places(store, ref),
        "state": states.state(store, ref),
        "asked": asked.asides(store, "tiny"),
        "kinds": matches.kinds(store, ref),
        "transcript": transcripts.transcript(store, ref),
    }
    for wanted in (Filter(), Filter(("turn-ended",)), Filter((), "bo-lind"), Filter((), None, "TEA")):
        seen[f"{wanted}"] = [
            events.page(store, ref, 0, 5, *wanted),
            events.before(store, ref, 10**6, 5, *wanted),
            events.find(store, ref, 10**6, False, *wanted),
            matches.matches(store, ref, *wanted, 3),
        ]
    return json.loads(json.dumps(seen))  # type: ignore[no-any-return]


def test_what_was_looked_at_before_does_not_make_old_news_of_what_happens_next(tmp_path: Path) -> None:
    deeds: list[Callable[[Store], Any]] = [
        lambda store: store.open("tiny").run(1),
        lambda store: store.open("tiny").command(commands.Change("people.bo-lind.name", "Bo Tea")),
        lambda store: store.branch("tiny@9", "twin"),
        lambda store: store.open("tiny/twin").live_on(1, 60),
        lambda store: store.ask("tiny", "Ana", "Well?"),
        lambda store: store.steer("tiny", commands.Stimulate("Tea, now!")),
    ]
    with Store(tmp_path / "s.db", Played()) as store:
        store.play(script(LIFE[:2]))
        for number, deed in enumerate(deeds):
            deed(store)
            copy = tmp_path / f"{number}.db"
            with sqlite3.connect(tmp_path / "s.db") as source, sqlite3.connect(copy) as target:
                source.backup(target)
            with Store(copy, Played()) as fresh:
                for branch in ("main", "twin") if number >= 2 else ("main",):
                    assert views(store, branch) == views(fresh, branch), number


# what it took


def test_the_share_of_a_prompt_that_was_there_before_is_that_of_later_prompts() -> None:
    def prompt(first: bool, whole: int, same: int) -> Prefix:
        return Prefix(1, "a", "turn", "m", "r", "h", whole, same, first)

    asked_ = [prompt(True, 1000, 0), prompt(False, 100, 80), prompt(False, 300, 40)]
    assert costs._prefix(asked_) == 0.3
    assert costs._prefix(asked_[:1]) is None


def test_money_is_told_where_every_model_has_a_price_and_only_what_was_paid_is_paid(store: Store) -> None:
    sim = store.play(script(LIFE[:2]), model="dear")
    one = 100 * 2 + 10 * 9.5
    found = costs.costs(store, "tiny")
    calls_ = found["total"]["calls"]
    assert (found["total"]["money"], found["total"]["paid_money"]) == (calls_ * one, calls_ * one)
    assert (found["currency"], found["unpriced"]) == ("EUR", [])
    twin = store.branch(sim.ref, "twin")
    assert costs.costs(store, str(twin.branch))["total"]["paid_money"] == 0
    assert costs.costs(store, str(twin.branch))["total"]["money"] == calls_ * one
    twin.command(commands.Change("settings.model", "strange"))
    twin.run(1)
    mixed = costs.costs(store, str(twin.branch))
    assert (mixed["total"]["money"], mixed["total"]["paid_money"], mixed["unpriced"]) == (None, None, ["strange"])
    by = {each["model"]: each["money"] for each in mixed["by_model"]}
    assert by == {"dear": calls_ * one, "strange": None}
    assert [each["paid"] > 0 for each in mixed["by_step"]] == [False, True]


def test_a_question_is_on_record_where_the_same_was_answered_by_the_same_model() -> None:
    away = Played("dear")
    with Store(":memory:", Played(), away, prices=PRICES) as store:
        store.play(script(LIFE[:2]))

        def known(words: str = "Well?", model: str = "dear", ref: str = "tiny") -> str | None:
            told = expected.question(store, ref, "Ana", words, model)
            assert told["calls"] == {"low": 1, "high": 1 + store.at(ref).settings.attempts - 1}
            assert told["prompt_tokens"]["low"] > 20
            return told["recorded"]  # type: ignore[no-any-return]

        away.away = ("ana-reyes",)
        with pytest.raises(ModelUnreachable):
            store.ask("tiny", "Ana", "Well?", model="dear")
        assert known() is None
        away.away = ()
        ref = store.ask("tiny", "Ana", "Well?", model="dear").ref
        assert known() == ref.partition("@")[0].partition("/")[2]
        assert [known("Really?"), known(model="improviser"), known(ref="tiny@8")] == [None] * 3


# what was asked


def test_a_deed_comes_from_the_attempt_that_was_taken(gallery: Store) -> None:
    whole = list(gallery.log.events(gallery.log.branch("gallery")))
    for event in whole:
        if not isinstance(event.body, types.ActionTaken | types.FacultyUsed | types.ActionHeldBack):
            continue
        mine = [each for each in whole[: event.seq] if (each.actor, each.step) == (event.actor, event.step)]
        turns = [
            each
            for each in mine
            if isinstance(each.body, types.ModelAnswered) and "/turn/" in each.body.address and not each.body.misfit
        ]
        rounds = [each.body.address.split("/")[:4] for each in turns]  # type: ignore[union-attr]
        answers = [each.seq for each, of in zip(turns, rounds, strict=True) if of == rounds[-1]]
        best = [
            each.body.best for each in mine if isinstance(each.body, types.ActionsJudged) and each.seq > answers[0]
        ]
        taken = answers[best[-1] - 1] if best else answers[-1]
        call = calls.call(gallery, "gallery", event.seq)
        assert call is not None and call["event"] == taken, event.seq
    verdicts = [judged({"persona": score, "fluency": 9}) for score in (2, 4, 3)]
    store, sim, _ = play(said("One."), said("Two."), said("Three."), verdicts=verdicts)
    with store:
        deed = next(event for event in sim.events() if isinstance(event.body, types.ActionTaken))
        call = calls.call(store, "life", deed.seq)
        assert call is not None and "Two." in call["answer"]


def test_the_tries_of_an_act_are_its_answers_so_far(gallery: Store) -> None:
    whole, several = list(gallery.log.events(gallery.log.branch("gallery"))), 0
    answers = [each for each in whole if isinstance(each.body, types.ModelAnswered)]

    def act(event: Event) -> tuple[Any, ...]:
        assert isinstance(event.body, types.ModelAnswered)
        return event.actor, event.step, event.body.address.split("/")[:3]

    for event in answers:
        found = calls.call(gallery, "gallery", event.seq)
        same = [each for each in answers if act(each) == act(event) and each.seq <= event.seq]
        assert found is not None and [each["seq"] for each in found["tries"]][-1] == event.seq
        assert {each["seq"] for each in found["tries"]} <= {each.seq for each in same}
        several += len(found["tries"]) > 1
    assert several


@pytest.mark.parametrize("ref", ["forks/again-2", "forks/deeper"])
def test_an_answer_is_that_of_the_draw_it_was_given_in(gallery: Store, ref: str) -> None:
    branch = gallery.log.branch(*ref.split("/"))
    draws = set()
    for event in gallery.log.events(branch):
        if isinstance(event.body, types.ModelAnswered):
            found = calls.call(gallery, ref, event.seq)
            holder = gallery.log.segment_at(branch, event.seq)
            assert found is not None and found["draw"] == holder.draw
            draws.add(holder.draw)
    assert len(draws) == (2 if branch.draw else 1)


def test_a_person_was_judged_by_the_share_of_the_best_score() -> None:
    def score(*scores: int) -> float | None:
        whole = {"about": ["ana"], "failed": None, "ref": "r", "events": 1, "of": "s/interview-1", "note": ""}
        return validations._judged({**whole, "verdicts": [{"score": each} for each in scores]})["score"]  # type: ignore[no-any-return]

    assert [score(*scores) for scores in ((9, 9), (9, 0), (0,), ())] == [1.0, 0.5, 0.0, None]


def test_of_documents_of_one_title_the_latest_up_to_the_point_is_listed(store: Store) -> None:
    sim = store.play(script(LIFE[:2]))
    fork = store.log.fork(sim.branch, sim.seq, "wrote")
    wrote = [("Plan", "a"), ("List", "bb"), ("Plan", "ccc"), ("Plan", "dddd")]
    drafts = [
        Draft(types.DocumentWritten(title=title, author="ana-reyes", content=text), "ana-reyes", 1, sim.state.clock)
        for title, text in wrote
    ]
    store.log.append(fork, drafts, sim.seq)

    def listed(upto: int) -> dict[str, tuple[int, int]]:
        found = documents.documents(store, f"tiny/wrote@{upto}", "Ana")
        return {each["title"]: (each["event"], each["characters"]) for each in found}

    assert listed(sim.seq + 4) == {"Plan": (sim.seq + 4, 4), "List": (sim.seq + 2, 2)}
    assert listed(sim.seq + 3)["Plan"] == (sim.seq + 3, 3)
    assert documents.documents(store, "tiny/wrote", "Bo") == []


def test_a_comparison_has_everybody_who_was_reached_on_either_side(store: Store) -> None:
    sim = store.play(script(LIFE[:2]))
    for name, to in (("left", "bo-lind"), ("right", "ana-reyes")):
        store.branch(sim.ref, name, commands.Stimulate("You.", to=(to,)))
    found = differences.compare(store, "tiny/left", "tiny/right")
    reach = {each["person"]: (each["left"] is not None, each["right"] is not None) for each in found["reach"]}
    assert reach == {"bo-lind": (True, False), "ana-reyes": (False, True)}


def test_a_changed_byte_is_told_with_the_branches_that_hold_it(kept: Path, tmp_path: Path) -> None:
    path = Path(shutil.copy(kept, tmp_path))
    with sqlite3.connect(path) as conn:
        conn.execute("DROP TRIGGER events_no_update")
        conn.execute(
            "UPDATE events SET payload = replace(payload, 'colleague', 'stranger') WHERE seq = 7 AND branch = 1"
        )
    conn.close()
    with Store(path, write=False) as store:
        for branch, holds in (("gallery/main", False), ("gallery/cut-5", False), ("forks/main", True)):
            found = integrity.chain(store, branch)
            assert (found["holds"], bool(found["damages"])) == (holds, not holds)
