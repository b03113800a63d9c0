"""The user's own code by name: what it stands for, and what is said when it is missing or was changed."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from strategies.using import alone, holds_everywhere, of, player, seen, turn

from troupe_es import Store, registry
from troupe_es.acts import Intent
from troupe_es.agent.faculty import Offer
from troupe_es.controller import bundle
from troupe_es.errors import BadCommand, MissingCode, UsageError
from troupe_es.events import Draft, types
from troupe_es.tools import tool


@pytest.fixture(autouse=True)
def forgotten():
    """Forget afterwards what a test registered."""
    before = dict(registry._registered)
    yield
    registry._registered.clear()
    registry._registered.update(before)


def test_a_name_stands_for_what_was_registered_last() -> None:
    @registry.register("condition", "late")
    def late(state, who):
        return True

    assert registry.find("condition", "late") is late
    assert registry.register("condition", "late", max) is max
    assert registry.find("condition", "late") is max
    with pytest.raises(MissingCode, match=r"the rule 'late' is not registered here \(there are: none\).*--plugin"):
        registry.find("rule", "late")


@pytest.mark.parametrize(("kind", "name"), [("spell", "x"), ("rule", ""), ("rule", " x"), ("rule", "a\nb")])
def test_what_is_no_kind_or_no_name_is_refused(kind: Any, name: str) -> None:
    with pytest.raises(UsageError):
        registry.register(kind, name, max)


def made(body: str) -> Callable[..., Any]:
    """Return a function whose source nobody can find."""
    space: dict[str, Any] = {}
    exec(f"def f(a):\n    {body}", space)
    return space["f"]


def test_code_without_source_is_told_by_its_constants_and_names() -> None:
    assert registry.fingerprint(made("return a + 1")) == registry.fingerprint(made("return a + 1"))
    assert registry.fingerprint(made("return a + 1")) != registry.fingerprint(made("return a + 2"))
    assert registry.fingerprint(made("return len(a)")) != registry.fingerprint(made("return sum(a)"))


def test_a_fingerprint_is_the_same_in_every_process(tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text("class Faculty:\n    def offers(self, options):\n        return {1, 2, 3}\n")
    code = "import own; from troupe_es import registry; print(registry.fingerprint(own.Faculty()))"
    told = {
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=tmp_path,
            env={"PYTHONHASHSEED": seed, "PATH": ""},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(told) == 1


class Bell:
    """Rings."""

    def offers(self, options):
        return (Offer("RING", "ring the bell"),)

    def perform(self, acting, person, intent, options):
        acting.happen(types.ResultSeen(kind="RING", content="ding"))


class BellLikeIt(Bell):
    """Rings the same, in other words."""


class Gong(Bell):
    """Rings otherwise."""

    def perform(self, acting, person, intent, options):
        acting.happen(types.ResultSeen(kind="RING", content="dong"))


@pytest.fixture
def rung():
    """Return a store in which a faculty of the user's own was used."""
    registry.register("faculty", "bell", Bell)
    with alone(player(turn(("RING", "")))) as (store, sim):
        sim.equip("bell", to=["Ana"])
        sim.run(2)
        yield store


def test_verify_has_nothing_to_say_of_code_that_is_as_it_was(rung: Store) -> None:
    assert rung.verify("life").code == []
    assert rung.code("life") == []


def test_changed_code_that_decides_the_same_is_reported_and_holds(rung: Store) -> None:
    registry.register("faculty", "bell", BellLikeIt)
    report = rung.verify("life")
    assert report.holds
    [found] = report.code
    assert (found.kind, found.name, found.seq) == ("faculty", "bell", 4)
    assert (found.recorded, found.here) == (registry.fingerprint(Bell), registry.fingerprint(BellLikeIt))
    assert f"with code {found.recorded[:12]}" in str(found)
    assert f"here it is {found.here[:12]}" in str(found)
    assert rung.code("life") == report.code


def test_changed_code_that_decides_otherwise_is_named_with_the_divergence(rung: Store) -> None:
    registry.register("faculty", "bell", Gong)
    report = rung.verify("life")
    assert not report.holds
    [found] = report.divergences
    assert "payload differ; the faculty 'bell' was recorded with code" in found.what


def test_missing_code_is_a_finding_of_its_own_and_the_chain_is_intact(rung: Store) -> None:
    registry.forget("faculty", "bell")
    report = rung.verify("life")
    assert not report.holds
    assert report.damages == []
    assert report.divergences == []
    assert [found.here for found in report.code] == [None]
    assert "nothing after event 6 could be decided again" in report.blocked
    assert "--plugin MODULE" in report.blocked


def test_resume_says_what_code_is_missing_before_anything_happens(rung: Store) -> None:
    registry.forget("faculty", "bell")
    head = rung.open("life").head
    with pytest.raises(MissingCode, match=r"'bell' was recorded with code .* and it is not here"):
        rung.resume("life")
    assert rung.open("life").head == head


def test_resume_notes_what_code_was_changed(rung: Store) -> None:
    registry.register("faculty", "bell", BellLikeIt)
    rung.resume("life")
    [note] = rung.log.journal(rung.log.branch("life"), "code-changed")
    assert "'bell'" in note.payload["finding"]


def test_a_script_goes_over_its_recording_with_changed_code(tmp_path: Path) -> None:
    heads = []
    for code in (Bell, BellLikeIt):
        registry.register("faculty", "bell", code)
        with alone(player(turn(("RING", ""))), path=str(tmp_path / "t.db")) as (_, sim):
            sim.equip("bell")
            sim.run(1)
            heads.append(sim.head)
    assert heads[0] == heads[1]


def test_a_bundle_is_verified_without_the_code_of_its_tools(tmp_path: Path) -> None:
    @tool(side_effect=True)
    def pay() -> str:
        """Pay."""
        return "paid"

    with alone(player(turn(("PAY", "")))) as (store, sim):
        sim.give_tools(pay)
        sim.run(1)
        bundle.export(store.log, "life", tmp_path / "life.zip")
    registry.forget("tool", "pay")
    [report] = bundle.verify_bundle(tmp_path / "life.zip")
    assert report.holds
    assert [str(found).split(" was ")[0] for found in report.code] == ["the tool 'pay'"]


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("tool:pay", {}),
        ("tool:pay", {"name": "talk", "arguments": {}, "side_effect": False}),
        ("documents", {"documents": [{"name": "a", "sha256": "x"}]}),
        ("web", {"hosts": "everywhere"}),
        ("calendar", {"more": 1}),
    ],
)
def test_a_faculty_with_options_it_does_not_take_is_found_by_verify(name: str, options: dict[str, Any]) -> None:
    with alone(player()) as (store, sim):
        lie = types.FacultyGiven(faculty=name, options=options)
        store.log.append(sim.branch, [Draft(lie, None, 0, "2026-01-05T09:00:00", None)], sim.seq)
        report = store.verify("life")
        assert not report.holds
        assert "does not fit what came before it" in report.divergences[0].what


# schedules and rules


def test_a_schedule_of_ones_own_decides_who_acts_and_in_which_order() -> None:
    @registry.register("schedule", "oldest-two")
    def oldest_two(state, people):
        return sorted(people)[:2]

    with alone(player()) as (store, sim):
        sim.add_person({"name": "Zoe"})
        sim.add_person({"name": "Bo"})
        sim.run(1)
        sim.enable("schedule", "oldest-two")
        sim.run(1)
        first, second = (each.schedule for each in of(sim, "step-started"))
        assert len(first) == 3
        assert second == ["ana-reyes", "bo"]
        [enabled] = of(sim, "code-enabled")
        assert enabled.fingerprint == registry.fingerprint(oldest_two)
        seqs = [event.seq for event in sim.events() if event.body.type == "code-enabled"]
        assert store.at("life").code == {"schedule:oldest-two": seqs[0]}
        holds_everywhere(store, sim)
        registry.forget("schedule", "oldest-two")
        assert "'oldest-two'" in store.verify("life").blocked


@pytest.mark.parametrize("returned", [["nobody"], ["ana-reyes", "ana-reyes"], None])
def test_a_schedule_that_returns_what_it_may_not_is_one_clear_error(returned: Any) -> None:
    registry.register("schedule", "odd", lambda state, people: returned)
    with alone(player()) as (_, sim):
        sim.enable("schedule", "odd")
        with pytest.raises(BadCommand, match="the schedule 'odd'"):
            sim.run(1)


def test_a_rule_of_ones_own_changes_or_stops_what_people_do() -> None:
    @registry.register("rule", "library")
    def library(state, person, intent):
        if intent.kind == "REACH_OUT":
            return None
        return Intent(intent.kind, intent.content.lower(), intent.target) if intent.kind == "TALK" else intent

    with alone(player(turn(("TALK", "HELLO"), ("THINK", "Oh"), ("REACH_OUT", "Psst")))) as (store, sim):
        sim.enable("rule", "library")
        sim.run(1)
        assert [(each.kind, each.content) for each in of(sim, "action-taken", "faculty-used")] == [
            ("TALK", "hello"),
            ("THINK", "Oh"),
            ("REACH_OUT", "Psst"),
        ]
        assert [each.kind for each in of(sim, "faculty-used")] == ["REACH_OUT"]
        holds_everywhere(store, sim)


def test_a_rule_that_fails_is_one_clear_error() -> None:
    registry.register("rule", "broken", lambda state, person, intent: 1 / 0)
    with alone(player(turn(("TALK", "Hello")))) as (_, sim):
        sim.enable("rule", "broken")
        with pytest.raises(BadCommand, match=r"the rule 'broken' failed: ZeroDivisionError"):
            sim.run(1)
        assert seen(sim) == []


def test_code_that_is_not_here_cannot_be_enabled() -> None:
    with alone(player()) as (_, sim):
        before = sim.seq
        with pytest.raises(MissingCode):
            sim.enable("rule", "nothing")
        assert sim.seq == before
