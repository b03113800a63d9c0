"""Faculties that come with the package: writing, the calendar, documents; and those of a user's own."""

import json
from pathlib import Path
from typing import Any

import pytest
from strategies.using import alone, dead, holds_everywhere, of, player, seen, turn

from troupe_es import Scripted, Store, registry
from troupe_es import scenario as scenarios
from troupe_es.agent.faculty import Offer
from troupe_es.controller import bundle
from troupe_es.errors import BadCommand, BadReference, MissingCode, UsageError
from troupe_es.events import types


def test_a_faculty_there_is_not_is_told_with_those_there_are() -> None:
    with alone(player()) as (_, sim), pytest.raises(MissingCode, match=r"no faculty 'flying'; there are: .*calendar"):
        sim.equip("flying")


# writing

LETTER = {"title": "To  the mayor", "content": "# Dear mayor\n\nThe *bell* is\u2028loud.", "author": "A. Reyes"}


def test_a_document_is_written_and_costs_no_further_answer() -> None:
    with alone(player(turn(("WRITE_DOCUMENT", LETTER)))) as (store, sim):
        sim.equip("word-processor", to=["Ana"])
        sim.run(1)
        assert sim.paid == 1
        [document] = store.documents("life")
        assert (document.title, document.author, document.by) == ("To the mayor", "A. Reyes", "ana-reyes")
        assert document.content == "# Dear mayor\n\nThe *bell* is\nloud."
        assert [line.kind for line in store.transcript("life")] == ["WRITE_DOCUMENT", "DOCUMENT"]
        holds_everywhere(store, sim)


def test_the_last_document_of_a_title_stands_and_the_past_is_kept() -> None:
    again = {**LETTER, "title": "TO THE MAYOR", "content": "Never mind.", "author": ""}
    with alone(player(turn(("WRITE_DOCUMENT", LETTER), ("WRITE_DOCUMENT", again)))) as (store, sim):
        sim.equip("word-processor")
        sim.run(1)
        first, last = [event.seq for event in sim.events() if event.body.type == "document-written"]
        assert [each.content for each in store.documents("life")] == ["Never mind."]
        assert store.document("life", "to the mayor").author == "Ana Reyes"
        assert store.document(f"life@{last - 1}", "To the mayor").seq == first
        with pytest.raises(BadReference, match="no document is called 'x'; there are: 'TO THE MAYOR'"):
            store.document("life", "x")


@pytest.mark.parametrize(
    "content",
    [
        "",
        "Dear mayor",
        "{}",
        '{"title": "", "content": "x"}',
        '{"title": "\\u200e ", "content": "x"}',
        '{"title": "a"}',
    ],
)
def test_a_document_that_is_none_is_a_failed_result(content: str) -> None:
    with alone(player(turn(("WRITE_DOCUMENT", content)))) as (store, sim):
        sim.equip("word-processor")
        sim.run(1)
        assert store.documents("life") == []
        assert [each.failed for each in seen(sim)] == [True]
        holds_everywhere(store, sim)


@pytest.mark.parametrize(
    ("answer", "content", "enriched"),
    [('{"content": "Much longer."}', "Much longer.", True), ("rubbish", "Short.", False)],
)
def test_a_model_works_a_document_out_where_that_is_asked(answer: str, content: str, enriched: bool) -> None:
    short = {"title": "Report", "content": "Short."}
    with alone(player(turn(("WRITE_DOCUMENT", short)), other=lambda request: answer)) as (store, sim):
        sim.equip("word-processor", enrich="at least two pages")
        sim.run(1)
        [written] = of(sim, "document-written")
        assert (written.content, written.enriched) == (content, enriched)
        assert any("/generation/" in each.address for each in of(sim, "model-answered"))
        holds_everywhere(store, sim)


# calendar

MEETING = {"title": "Fire drill", "start": "2026-01-06T10:00", "attendees": ["Bo", "Ana Reyes"], "place": "Yard"}


def test_an_appointment_reaches_those_who_attend_and_stands_in_their_calendars() -> None:
    prompts: dict[str, str] = {}

    def answer(request, draw):
        step, person, _, number, _ = request.address.split("/")
        prompts.setdefault(f"{step} {person}", request.prompt.parent.content)
        if (step, person, number) == ("1", "ana-reyes", "0"):
            return turn(("CREATE_EVENT", MEETING))
        if (step, person, number) == ("2", "bo-lind", "0"):
            return turn(("LIST_EVENTS", ""), ("FIND_EVENT", "yard FIRE"), ("FIND_EVENT", "dance"))
        return turn()

    with alone(Scripted(answer, "cast")) as (store, sim):
        sim.add_person({"name": "Bo Lind"})
        sim.add_person({"name": "Cy Young"})
        sim.equip("calendar")
        sim.run(2)
        [made] = of(sim, "appointment-made")
        assert (made.start, made.end, made.attendees) == ("2026-01-06T10:00:00", "2026-01-06T11:00:00", ["bo-lind"])
        listed, found, nothing = seen(sim)
        assert json.loads(listed.content) == json.loads(found.content)
        assert json.loads(found.content)[0]["title"] == "Fire drill"
        seq = next(event.seq for event in sim.events() if event.body is made or event.body == made)
        assert [each.seq for each in found.found] == [seq]
        assert nothing.content == "no appointments"
        assert '"stimulus": "INVITATION"' in prompts["2 bo-lind"]
        assert "INVITATION" not in prompts["2 cy-young"]
        calendars = {id: list(person.calendar) for id, person in store.at("life").people.items()}
        assert calendars == {"ana-reyes": [seq], "bo-lind": [seq], "cy-young": []}
        holds_everywhere(store, sim)


def test_who_makes_an_appointment_finds_it_in_the_same_turn_wherever_a_fork_cuts_it() -> None:
    twice = turn(("CREATE_EVENT", MEETING | {"attendees": []}), ("LIST_EVENTS", ""))
    with alone(player(twice, turn(("LIST_EVENTS", '{"from": "2026-01-07"}')))) as (store, sim):
        sim.equip("calendar")
        sim.run(1)
        assert ["Fire drill" in each.content for each in seen(sim)] == [True, False]
        holds_everywhere(store, sim)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("tomorrow at ten", "JSON"),
        ({"title": "x", "start": "soon"}, "start: 'soon' is no time"),
        ({"title": "x", "start": "2026-01-06T10:00+02:00"}, "time zone"),
        ({"title": "x", "start": "2026-01-06", "end": "2026-01-05"}, "before the start"),
        ({"title": "x", "start": "9999-12-31T23:30"}, "beyond"),
        ({"title": "x", "start": "2026-01-06", "attendees": ["Nobody"]}, "is known as 'Nobody'"),
        ({"title": " ", "start": "2026-01-06"}, "title"),
        ({"title": "x", "start": 3}, "start"),
    ],
)
def test_a_date_that_is_none_is_a_failed_result(content: Any, reason: str) -> None:
    with alone(player(turn(("CREATE_EVENT", content)))) as (store, sim):
        sim.equip("calendar")
        sim.run(1)
        [result] = seen(sim)
        assert result.failed
        assert reason in result.content
        assert of(sim, "appointment-made") == []
        holds_everywhere(store, sim)


@pytest.mark.parametrize(
    "content", ['{"from": "x"}', '{"to": "2026-13-45"}', '{"to": "0123456789"}', '{"from": [1]}']
)
def test_a_span_that_is_none_is_a_failed_result(content: str) -> None:
    with alone(player(turn(("LIST_EVENTS", content)))) as (_, sim):
        sim.equip("calendar")
        sim.run(1)
        assert [each.failed for each in seen(sim)] == [True]


def test_in_a_sequential_step_an_invitation_arrives_at_once() -> None:
    def answer(request, draw):
        first = request.address.split("/")[3] == "0"
        return turn(("CREATE_EVENT", MEETING)) if first and request.person == "ana-reyes" else turn()

    with alone(Scripted(answer, "cast")) as (store, sim):
        sim.add_person({"name": "Bo Lind"})
        sim.set("settings.order", "sequential")
        sim.equip("calendar")
        sim.run(1)
        made = next(event.seq for event in sim.events() if event.body.type == "appointment-made")
        assert list(store.at(f"life@{made}").people["bo-lind"].calendar) == [made]
        holds_everywhere(store, sim)


# documents


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "fish.md").write_text("# Herring\n\nHerring is best before noon.\n\nCod keeps longer than herring.")
    (tmp_path / "bread.txt").write_text("Bread is dear in winter.\n" + "Flour is not. " * 400)
    (tmp_path / "ignored.exe").write_bytes(b"\0")
    return tmp_path


def test_documents_are_listed_and_consulted_by_question_and_by_name(folder: Path) -> None:
    asked = turn(("LIST_DOCUMENTS", ""), ("CONSULT", "herring, noon?"), ("CONSULT", "bread#2"), ("CONSULT", "gold"))
    with alone(player(asked)) as (store, sim):
        sim.give_documents(folder, to=["Ana"])
        sim.run(1)
        listed, herring, bread, gold = seen(sim)
        assert [each["name"] for each in json.loads(listed.content)] == ["bread.txt", "fish.md"]
        assert [each["document"] for each in json.loads(herring.content)] == ["fish.md"]
        assert [(each.place, each.score) for each in herring.found] == [("fish.md#1", 1.0)]
        assert [each["part"] for each in json.loads(bread.content)] == ["2 of 5", "3 of 5", "4 of 5", "5 of 5"]
        assert gold.content == "nothing in the documents has to do with it"
        holds_everywhere(store, sim)


def test_the_store_keeps_a_text_once_and_the_files_are_not_needed_again(folder: Path) -> None:
    with alone(player(turn(("CONSULT", "herring")))) as (store, sim):
        sim.give_documents(folder)
        [given] = of(sim, "faculty-given")
        assert "Herring" not in str(given.options)
        (folder / "fish.md").unlink()
        sim.run(1)
        assert "before noon" in seen(sim)[0].content
        count = next(
            store.log.db.query("SELECT count(*) AS n FROM blobs WHERE CAST(content AS TEXT) LIKE '%Herring%'")
        )["n"]
        assert count == 1


def test_documents_add_up_for_everybody_and_for_one(folder: Path) -> None:
    def answer(request, draw):
        return turn(("LIST_DOCUMENTS", "")) if request.address.split("/")[3] == "0" else turn()

    with alone(Scripted(answer, "cast")) as (_, sim):
        sim.add_person({"name": "Bo Lind"})
        sim.give_documents(folder / "fish.md", to=["Bo"])
        sim.give_documents(folder / "bread.txt")
        (folder / "fish.md").write_text("New.")
        sim.give_documents(folder / "fish.md", to=["Bo"])
        sim.run(1)
        results = {e.actor: json.loads(e.body.content) for e in sim.events() if e.body.type == "result-seen"}
        assert [each["name"] for each in results["ana-reyes"]] == ["bread.txt"]
        assert [(each["name"], each["characters"]) for each in results["bo-lind"]][1] == ("fish.md", 4)


def test_a_bundle_carries_the_documents(folder: Path, tmp_path: Path) -> None:
    with alone(player(turn(("CONSULT", "herring")))) as (store, sim):
        sim.give_documents(folder / "fish.md")
        sim.run(1)
        out = tmp_path / "life.zip"
        bundle.export(store.log, "life", out)
    assert [report.holds for report in bundle.verify_bundle(out)] == [True]
    (folder / "fish.md").unlink()
    with Store(":memory:", player(turn(("CONSULT", "cod")))) as other:
        bundle.import_(other.log, out)
        again = other.open("life")
        again.run(1)
        assert "Cod keeps" in seen(again)[1].content


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"documents": []},
        {"documents": [{"name": "a"}]},
        {"documents": [{"name": "a", "text": "x", "sha256": "0" * 64}]},
        {"documents": [{"name": "a#1", "text": "x"}]},
        {"documents": [{"name": "a\nb", "text": "x"}]},
        {"documents": [{"name": "a", "text": "x"}, {"name": "A", "text": "y"}]},
        {"documents": [{"name": "a", "sha256": "../../etc/passwd"}]},
    ],
)
def test_what_are_no_documents_is_refused(options: dict[str, Any]) -> None:
    with alone(player()) as (_, sim):
        before = sim.seq
        with pytest.raises(BadCommand):
            sim.equip("documents", **options)
        assert sim.seq == before


def test_a_document_that_the_store_does_not_hold_cannot_be_given() -> None:
    with alone(player()) as (_, sim):
        before = sim.seq
        with pytest.raises(BadReference):
            sim.equip("documents", documents=[{"name": "a", "sha256": "0" * 64}])
        assert sim.seq == before


def test_a_scenario_gives_faculties_and_documents(folder: Path) -> None:
    from troupe_es.controller import reading

    (folder / "s.yaml").write_text(
        """
troupe: 1
name: life
worlds: [{name: Kitchen}]
faculties: [calendar]
documents: [fish.md, {name: house rules, text: No smoking.}]
people:
  - persona: {name: Ana Reyes}
    faculties: [word-processor, {faculty: web, options: {hosts: [example.org]}}]
    documents: [bread.txt]
program:
  - unequip: web
    to: [Ana Reyes]
  - equip: recall
  - run: 1
"""
    )
    loaded = reading.load(folder / "s.yaml").scenario
    assert loaded.self_contained
    again = scenarios.parse(scenarios.dumps(loaded), "again")
    with Store(":memory:", player(turn(("LIST_DOCUMENTS", ""), ("CONSULT", "smoking")))) as store:
        sim = store.play(again, model="cast")
        listed, rules = seen(sim)
        assert [each["name"] for each in json.loads(listed.content)] == ["fish.md", "house rules", "bread.txt"]
        assert "No smoking." in rules.content
        held = store.at("life")
        assert set(held.faculties) == {"calendar", "documents", "recall"}
        assert set(held.people["ana-reyes"].faculties) == {"word-processor", "documents"}
        assert store.verify("life").holds


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("documents: [gone.md]", r"documents\[0\]: .*gone.md: no such file"),
        ("documents: [{name: a}]", r"documents\[0\].*text.*required"),
        ("documents: [{name: a, text: x}, {name: A, text: y}]", "two are called 'a'"),
        ("program: [{equip: calendar, to: [Nobody]}]", "no person is named 'Nobody'"),
        ("program: [{equip: calendar, too: [Ana]}]", "did you mean 'to'"),
        ("program: [{enable: {kind: tool, name: x}}]", "kind"),
    ],
)
def test_a_scenarios_mistake_is_told_with_its_place(tmp_path: Path, more: str, told: str) -> None:
    from troupe_es.controller import reading

    file = tmp_path / "s.yaml"
    file.write_text(f"troupe: 1\nname: x\nworlds: [{{name: K}}]\npeople: [{{persona: {{name: Ana}}}}]\n{more}\n")
    with pytest.raises(UsageError, match=told):
        reading.load(file)


def test_a_scenario_that_names_a_tool_nobody_enabled_writes_nothing() -> None:
    script = scenarios.parse("{troupe: 1, name: x, worlds: [{name: K}], faculties: ['tool:fly'], program: []}", "x")
    with Store(":memory:", player()) as store:
        with pytest.raises(MissingCode, match="'fly'"):
            store.play(script, model="cast")
        assert store.log.simulations() == []


# a user's own


class Dice:
    """Throws dice, as somebody might write it."""

    def offers(self, options):
        return (Offer("THROW", "throw a die"),)

    def perform(self, acting, person, intent, options):
        acting.happen(types.ResultSeen(kind="THROW", content=str(4 * options.get("times", 1))))


@pytest.fixture
def dice():
    registry.register("faculty", "dice", Dice)
    yield
    registry.forget("faculty", "dice")


def test_a_faculty_of_ones_own_is_a_class_registered_by_name(dice) -> None:
    with alone(player(turn(("THROW", "")))) as (store, sim):
        sim.equip("dice", times=2)
        sim.run(1)
        assert [each.content for each in seen(sim)] == ["8"]
        [given] = of(sim, "faculty-given")
        assert given.fingerprint == registry.fingerprint(Dice)
        holds_everywhere(store, sim)


def test_a_fault_in_a_faculty_of_ones_own_is_one_clear_error(dice) -> None:
    with alone(player(turn(("THROW", "")))) as (_, sim):
        sim.equip("dice", times=None)
        with pytest.raises(UsageError, match="the faculty 'dice' failed in 'perform': TypeError"):
            sim.run(1)


def test_no_model_is_asked_by_a_calendar() -> None:
    with alone(player(turn(("LIST_EVENTS", "")))) as (store, sim):
        sim.equip("calendar")
        sim.run(1)
        store.models = {"cast": Scripted(dead, "cast")}
        assert store.verify("life").holds
