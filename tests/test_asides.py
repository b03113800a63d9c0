"""What a scenario asks aside: it leaves the life as it is, is paid once, and is taken up where it was stopped."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ui.conftest import call

from troupe_es import Improviser, Request, Response, Store, canonical, commands, scenario
from troupe_es.controller import bundle, reading
from troupe_es.controller.aside import Judgement
from troupe_es.controller.extracting import Extraction
from troupe_es.controller.surveying import Surveyed
from troupe_es.errors import (
    BadBundle,
    BadCommand,
    BadScenario,
    BudgetExceeded,
    MissingAnswer,
    ModelUnreachable,
    UsageError,
)
from troupe_es.scenario.model import Budget, Scenario

QUESTIONS = [
    {"id": "buy", "kind": "likert", "text": "I would buy it."},
    {"id": "price", "kind": "number", "low": 0, "high": 9, "text": "What would you pay?"},
]
ASIDES: list[dict[str, Any]] = [
    {"survey": {"title": "Everybody", "questions": QUESTIONS}},
    {"survey": {"title": "Bo alone", "questions": QUESTIONS[:1]}, "of": ["Bo Lind"]},
    {"extract": ["mood:choice(good|bad):how it went", {"name": "price", "type": "number"}]},
    {"extract": ["who:list"], "of": ["Ana Reyes"], "objective": "Who spoke"},
    {"check": "Somebody would buy it."},
    {"check": ["{{name}} is angry.", "{{name}} is hungry."], "of": ["Ana Reyes"], "last": 9},
    {"check": ["{{name}} is tired."], "of": ["Bo Lind"], "given": "{{name}} is awake.", "twice": True},
    {"check": "Somebody sang.", "given": ["Somebody spoke.", "Somebody heard it."], "twice": True},
]
LIFE: list[dict[str, Any]] = [
    {"broadcast": "Would you buy cold tea?"},
    {"run": 1},
    {"say": "Now.", "to": ["Bo Lind"]},
]


def script(program: list[dict[str, Any]], **more: Any) -> Scenario:
    return scenario.parse(
        json.dumps(
            {
                "troupe": 1,
                "name": "tea",
                "model": "improviser",
                "worlds": [{"name": "Kitchen"}],
                "people": [
                    {"persona": {"name": "Ana Reyes", "age": 34}},
                    {"persona": {"name": "Bo Lind", "age": 61}},
                ],
                "program": program,
                **more,
            }
        ),
        "s.yaml",
    )


@st.composite
def programs(draw: st.DrawFn) -> list[dict[str, Any]]:
    """The life with asides anywhere in it, each any number of times."""
    program: list[dict[str, Any]] = []
    for item in [*LIFE, {"run": 1}]:
        program += draw(st.lists(st.sampled_from(ASIDES), max_size=2))
        program.append(item)
    return program + draw(st.lists(st.sampled_from(ASIDES), min_size=1, max_size=2))


class Counting:
    """The improviser, counted; from ``until`` calls on it cannot be reached."""

    name = "improviser"

    def __init__(self, until: int = 10**9) -> None:
        self.until = until
        self.asked: list[tuple[bytes, str, int]] = []

    async def complete(self, request: Request, draw: int) -> Response:
        if len(self.asked) >= self.until:
            raise ModelUnreachable("the cable is out")
        self.asked.append((request.hash, request.address, draw))
        return await Improviser().complete(request, draw)


@settings(deadline=None)
@given(programs())
def test_a_life_is_the_same_with_and_without_what_is_asked_aside(program: list[dict[str, Any]]) -> None:
    plain = [item for item in program if not ({"survey", "extract", "check"} & set(item))]
    with Store(":memory:") as one, Store(":memory:") as other:
        sim, bare = one.play(script(program)), other.play(script(plain))
        assert (sim.head, sim.seq) == (bare.head, bare.seq)
        assert len(sim.found) == len(program) - len(plain) and not bare.found
        assert one.verify("tea").holds
        for branch in one.log.branches("tea", ("ask",)):
            assert one.verify(str(branch)).holds


@settings(deadline=None)
@given(programs())
def test_a_second_run_takes_what_was_asked_aside_from_the_record(program: list[dict[str, Any]]) -> None:
    with Store(":memory:") as store:
        first = store.play(script(program))
        branches = len(store.log.branches("tea", ("main", "fork", "ask")))
        store.record = "none"
        again = store.play(script(program))
        assert again.head == first.head and again.paid == 0
        assert [(each.at, each.ref) for each in again.found] == [(each.at, each.ref) for each in first.found]
        assert all(each.recorded and each.paid == 0 for each in again.found)
        assert len(store.log.branches("tea", ("main", "fork", "ask"))) == branches


@settings(deadline=None)
@given(programs(), st.data())
def test_what_was_stopped_anywhere_goes_on_and_pays_nothing_twice(program: list[dict[str, Any]], data: Any) -> None:
    with Store(":memory:") as other:
        whole = Counting()
        head = other.play(script(program), model=whole).head
        calls = whole.asked
    broken = Counting(data.draw(st.integers(0, len(calls) - 1), label="calls before it stops"))
    with Store(":memory:", broken) as store:
        with pytest.raises(ModelUnreachable):
            store.play(script(program))
        broken.until = 10**9
        sim = store.resume("tea")
        assert sim.head == head and store.verify("tea").holds
        assert sorted(broken.asked) == sorted(calls)
        assert len(sim.found) == sum(1 for item in program if {"survey", "extract", "check"} & set(item))


@settings(deadline=None)
@given(programs())
def test_the_estimate_for_the_improviser_counts_every_call_aside(program: list[dict[str, Any]]) -> None:
    model = Counting()
    with Store(":memory:", model) as store:
        expected = store.estimate(script(program)).calls
        store.play(script(program))
        assert expected.low == expected.mid == expected.high == len(model.asked)


def test_steps_that_are_stood_for_do_not_multiply_what_is_asked_once_after_them() -> None:
    people = [{"persona": {"name": f"Person {number}"}} for number in range(60)]
    program = [{"broadcast": "Tea?"}, {"run": 400}, ASIDES[0], ASIDES[4]]
    with Store(":memory:") as store:
        expected = store.estimate(script(program, people=people), quick=True)
    assert expected.sampled
    by = expected.by("purpose")
    assert (by["turn"].calls, by["ask"].calls, by["judging"].calls) == (60 * 400, 60 * 2, 1)


@settings(deadline=None)
@given(programs())
def test_a_scenario_that_asks_aside_is_written_and_read_again_equal(program: list[dict[str, Any]]) -> None:
    before = script(program)
    text = scenario.dumps(before)
    after = scenario.parse(text, "stored")
    assert after == before and after.self_contained and scenario.dumps(after) == text
    assert scenario.commands(after) == scenario.commands(before)


def test_each_aside_stands_where_the_program_does_and_says_what_came_of_it() -> None:
    with Store(":memory:") as store:
        sim = store.play(script([LIFE[0], ASIDES[0], LIFE[1], ASIDES[2], ASIDES[4]]))
        told, found, judged = sim.found
        assert isinstance(told, Surveyed) and isinstance(found, Extraction) and isinstance(judged, Judgement)
        assert [each.at for each in sim.found] == ["tea/main@5", sim.ref, sim.ref]
        assert {row.person for row in told.rows} == {"ana-reyes", "bo-lind"}
        assert [question.id for question in told.questions] == ["buy", "price"]
        assert [value.field for value in found.values] == ["mood", "price"]
        assert all(seq <= sim.seq for value in found.values for seq in value.evidence)
        assert [verdict.claim for verdict in judged.verdicts] == ["Somebody would buy it."]


def test_an_aside_is_the_same_as_when_it_is_asked_from_python() -> None:
    with Store(":memory:") as store:
        sim = store.play(script([*LIFE[:2], ASIDES[0]]))
        asked = store.survey(sim.ref, {"title": "Everybody", "questions": QUESTIONS})
        assert asked.recorded and asked.ref == sim.found[0].ref


def test_claims_put_on_a_condition_and_twice_are_judged_as_from_python_and_told_whole() -> None:
    with Store(":memory:") as store:
        sim = store.play(script([*LIFE[:2], ASIDES[6]]))
        [found] = sim.found
        assert isinstance(found, Judgement)
        asked = store.check(sim.ref, "{{name}} is tired.", "Bo", given="{{name}} is awake.", twice=True)
        assert asked.recorded and (asked.verdicts, asked.given, asked.denials, asked.answers, asked.holds) == (
            found.verdicts,
            found.given,
            found.denials,
            found.answers,
            found.holds,
        )
        assert [verdict.claim for verdict in found.given] == ["Bo Lind is awake."]
        with pytest.raises(BadCommand, match="judged aside"):
            sim.command(commands.PutClaims(("x",), twice=True))


def test_a_budget_holds_for_what_is_asked_aside_too() -> None:
    model, program = Counting(), [*LIFE[:2], ASIDES[0], ASIDES[4]]
    with Store(":memory:", model) as store:
        with pytest.raises(BudgetExceeded):
            store.play(script(program, budget={"calls": 4}))
        assert len(model.asked) == 4
        sim = store.play(script(program), budget=Budget(calls=50))
        assert len(model.asked) == 2 + 4 + 1 == sim.paid + sum(each.paid for each in sim.found) + 4


def test_the_limits_of_a_scenario_are_those_of_each_command_that_plays_it() -> None:
    model = Counting()
    with Store(":memory:", model) as store:
        limited = script([*LIFE[:2], {"run": 3}], budget={"calls": 3})
        with pytest.raises(BudgetExceeded):
            store.play(limited)
        assert len(model.asked) == 3
        with pytest.raises(BudgetExceeded):
            store.resume("tea")
        assert len(model.asked) == 6
        assert store.resume("tea").state.running is None and len(model.asked) == 8
        assert store.verify("tea").holds


def test_a_new_simulation_takes_what_the_store_was_answered_in_its_draw_and_the_same_again_is_a_new_draw() -> None:
    model = Counting()
    with Store(":memory:", model, record="all") as store:
        first = store.play(script(LIFE[:2]))
        other = store.play(script(LIFE[:2], name="other"))
        assert (first.paid, other.paid, len(model.asked)) == (2, 0, 2)
        again = store.play(script(LIFE[:2]))
        assert (again.paid, again.branch.name, again.branch.draw) == (2, "again-1", 1)
        assert {draw for _, _, draw in model.asked[2:]} == {1}


def test_a_survey_that_an_edit_added_later_is_asked_and_the_rest_is_on_record() -> None:
    model = Counting()
    with Store(":memory:", model) as store:
        store.play(script([*LIFE[:2], ASIDES[0]]))
        before = len(model.asked)
        sim = store.play(script([LIFE[0], ASIDES[4], LIFE[1], ASIDES[0]]))
        assert sim.paid == 0 and [each.paid for each in sim.found] == [1, 0]
        assert len(model.asked) == before + 1


def test_answers_of_no_use_leave_the_life_and_the_other_asides_alone() -> None:
    async def muddled(request: Request, draw: int) -> Response:
        person, purpose = request.address.split("/")[1:3]
        if purpose in ("ask", "extraction") and person != "bo-lind":
            return Response("<script>alert(1)</script>")
        return await Improviser().complete(request, draw)

    model = Counting()
    model.complete = muddled  # type: ignore[method-assign]
    with Store(":memory:", model) as store:
        sim = store.play(script([*LIFE[:2], ASIDES[0], ASIDES[2], ASIDES[4]]))
        told, found, judged = sim.found
        assert isinstance(told, Surveyed) and isinstance(found, Extraction) and isinstance(judged, Judgement)
        assert {row.status for row in told.rows if row.person == "ana-reyes"} == {"no answer"}
        assert {row.status for row in told.rows if row.person == "bo-lind"} == {"answered"}
        assert found.failed and judged.failed is None
        assert store.play(script([*LIFE[:2], ASIDES[0], ASIDES[2], ASIDES[4]])).head == sim.head


@pytest.mark.parametrize(
    ("item", "path", "what"),
    [
        (
            {"survey": {"questions": QUESTIONS}, "of": ["Bo Linn"]},
            "of[0]",
            "no person is named 'Bo Linn'; did you mean",
        ),
        ({"survey": {"questions": []}}, "survey.questions", "at least 1"),
        ({"survey": {"questions": [QUESTIONS[0], QUESTIONS[0]]}}, "survey", "there are two of this id"),
        ({"survey": {"questions": QUESTIONS, "of": []}}, "survey.of", "no such field"),
        ({"survey": {"questions": QUESTIONS}, "off": []}, "off", "no such field; did you mean 'of'"),
        ({"extract": []}, "extract", "at least 1"),
        ({"extract": ["price:numbr"]}, "extract", "type"),
        ({"extract": ["a:choice"]}, "extract", "a choice, and nothing else, has options"),
        ({"extract": ["a", "a"]}, "extract", "two fields have the same name"),
        ({"extract": ["a"], "of": ["Ana Reyes"], "world": "Kitchen"}, "", "not both"),
        ({"extract": ["a"], "world": "Kitschen"}, "world", "no world is named 'Kitschen'; did you mean 'Kitchen'"),
        ({"check": []}, "check", "needs at least one claim"),
        ({"check": "x", "last": 0}, "last", "greater than or equal to 1"),
        ({"check": "x", "twice": "yes"}, "twice", "valid boolean"),
        ({"check": "x", "given": [""]}, "given[0]", "must not be empty"),
    ],
)
def test_what_cannot_be_asked_is_refused_before_anybody_is(item: dict[str, Any], path: str, what: str) -> None:
    with pytest.raises(BadScenario) as error:
        script([item])
    assert f"program[0]{'.' if path else ''}{path}" in str(error.value) and what in str(error.value)


@pytest.mark.parametrize("item", [ASIDES[0], ASIDES[2], ASIDES[4]])
def test_an_arm_of_an_experiment_asks_nothing_aside_and_is_told_where_that_belongs(item: dict[str, Any]) -> None:
    arms = [{"name": "a", "do": [LIFE[0], item]}, {"name": "b"}]
    with pytest.raises(BadScenario, match=r"experiment\.arms\[0\]\.do\[1\]: is asked aside.*'outcomes'"):
        script([{"run": 1}], experiment={"arms": arms, "outcomes": [{"name": "n", "count": "tea"}]})


def test_a_survey_file_is_read_from_beside_the_scenario_and_is_kept_with_the_simulation(tmp_path: Path) -> None:
    content = {**json.loads(scenario.dumps(script([{"run": 1}]))), "program": [{"run": 1}, {"survey": "q.yaml"}]}
    (tmp_path / "s.json").write_text(json.dumps(content))
    with pytest.raises(BadScenario, match=r"program\[1\]\.survey: q\.yaml: no such file"):
        reading.load(tmp_path / "s.json")
    (tmp_path / "q.yaml").write_text("questions: 3")
    with pytest.raises(BadScenario, match=r"q\.yaml: questions: "):
        reading.load(tmp_path / "s.json")
    (tmp_path / "q.yaml").write_text(json.dumps({"title": "T", "questions": QUESTIONS}))
    loaded = reading.load(tmp_path / "s.json")
    (tmp_path / "q.yaml").unlink()
    with Store(":memory:") as store:
        first = store.play(loaded.scenario)
        assert [each.ref for each in store.resume("tea").found] == [each.ref for each in first.found]


def test_a_bundle_may_name_no_survey_file_and_no_real_answers(tmp_path: Path) -> None:
    with Store(":memory:") as store:
        store.play(script([{"run": 1}, ASIDES[0]]))
        bundle.export(store.log, "tea", tmp_path / "b")
    written = json.loads((tmp_path / "b" / "scenario.json").read_text())
    truth = {"file": "t.csv", "questions": {"buy": {"column": "Vote", "kind": "ordinal"}}}
    for hostile in ({"program": [{"survey": "/etc/passwd"}]}, {"validation": truth}):
        (tmp_path / "b" / "scenario.json").write_text(canonical.dumps({**written, **hostile}))
        with Store(":memory:") as store, pytest.raises(BadBundle, match="a bundle may name none"):
            bundle.import_(store.log, tmp_path / "b")


def test_a_file_of_edits_asks_nothing_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with Store("troupe.db") as store:
        store.play(script([{"run": 1}]))
    Path("edits.yaml").write_text(json.dumps([ASIDES[4]]))
    refused = call("branch", "tea@step:1", "--name", "x", "--edit", "edits.yaml")
    assert refused.exit_code == 2 and "is no edit" in refused.stderr


def test_a_fork_edit_in_python_asks_nothing_aside() -> None:
    with Store(":memory:") as store:
        sim = store.play(script([{"run": 1}]))
        with pytest.raises(UsageError, match="is no edit"):
            store.branch(sim.ref, "x", commands.PutClaims(("a",)))


def test_without_a_record_a_missing_aside_is_not_asked() -> None:
    with Store(":memory:") as store:
        store.play(script([{"run": 1}]))
        store.record = "none"
        with pytest.raises(MissingAnswer):
            store.play(script([{"run": 1}, ASIDES[0]]))
