"""Surveys by example: what is shown, what is asked again, files, the command line, and what is exported."""

import csv
import json
from pathlib import Path

import pytest
from strategies.asking import EVERY_KIND, respondents, saying
from strategies.scripts import trio
from ui.conftest import call

from troupe_es import Store
from troupe_es.controller import exporting, surveying
from troupe_es.errors import BadCommand, BadReference, UsageError
from troupe_es.llm import Request, human


def texts(request: Request) -> str:
    return "\n".join(message.content for message in request.prompt.chain())


def test_each_person_sees_their_own_earlier_answers_and_nobody_elses() -> None:
    prompts: list[Request] = []
    survey = {"questions": [{"id": "a", "text": "Who are you?"}, {"id": "b", "text": "Why so?"}]}
    with Store(":memory:", respondents(prompts=prompts)) as store:
        trio().play(store)
        found = store.survey("life", survey)
    for request in prompts:
        shown = texts(request)
        mine = [row for row in found.rows if row.person == request.person and row.question == "a"]
        others = [row for row in found.rows if row.person != request.person]
        assert all(row.answer in shown for row in mine) is ("Why so?" in shown)
        assert not any(row.answer in shown for row in others if row.answer not in {m.answer for m in mine})


def test_the_options_as_they_were_shown_are_recorded_and_stand_in_the_prompt() -> None:
    prompts: list[Request] = []
    survey = {"questions": [EVERY_KIND[2]], "seed": 3}
    with Store(":memory:", respondents(prompts=prompts)) as store:
        trio().play(store)
        found = store.survey("life", survey)
        for row in found.rows:
            event = store.open(found.ref).log.event(store.open(found.ref).branch, row.event)
            [prompt] = [texts(request) for request in prompts if request.person == row.person]
            assert json.dumps(event.body.order) in prompt
            assert event.actor == row.person and event.body.answer == row.answer


def test_an_answer_out_of_range_is_asked_again_with_the_reason_and_ends_as_a_row_without_one() -> None:
    prompts: list[Request] = []
    survey = {"questions": [{"id": "n", "kind": "number", "text": "How many?", "high": 9}, {"id": "t", "text": "?"}]}
    with Store(":memory:", saying({"reason": "", "answer": 10})) as store:
        trio(attempts=2).play(store)
        found = store.survey("life", survey, ["Ana"])
        assert [row.status for row in found.rows] == ["no answer", "no answer"]
        assert "out of range" in found.rows[0].reason and found.failed
        answered = [e.body for e in store.open(found.ref).events() if e.body.type == "model-answered"][-4:]
        again = store.log.prompt(answered[1].request)
        assert "out of range" in again[-1][1]
        assert "How many?" not in str(store.log.prompt(answered[2].request))
        assert store.verify(found.ref).holds
    assert not prompts


def test_another_survey_another_event_and_again_are_asked_anew() -> None:
    survey = {"questions": [{"id": "a", "text": "Who?"}]}
    with Store(":memory:", respondents()) as store:
        sim = trio().play(store)
        refs = {
            store.survey("life", survey).ref,
            store.survey("life", {**survey, "title": "x"}).ref,
            store.survey(f"life@{sim.seq - 3}", survey).ref,
            store.survey("life", survey, again=True).ref,
            store.survey("life", survey, ["Ana"]).ref,
        }
        assert len(refs) == 5
        assert {row.person for row in store.survey("life", survey, ["Bo", "bo-lind"]).rows} == {"bo-lind"}


def test_what_cannot_be_asked_leaves_no_branch() -> None:
    with Store(":memory:", respondents()) as store:
        trio().play(store)
        with pytest.raises(BadReference, match="'Zed'"):
            store.survey("life", {"questions": [{"id": "a", "text": "?"}]}, ["Zed"])
        with pytest.raises(BadCommand, match="at least two options"):
            store.survey("life", {"questions": [{"id": "a", "kind": "rank", "text": "?"}]})
        with pytest.raises(BadCommand, match=r"questions\.0\.kind"):
            store.survey("life", {"questions": [{"id": "a", "kind": "dance", "text": "?"}]})
        assert store.log.branches("life", ("ask",)) == []


def test_what_was_answered_can_be_extracted_from_with_the_events_of_the_survey() -> None:
    with Store(":memory:", respondents()) as store:
        sim = trio().play(store)
        found = store.survey("life", {"questions": [{"id": "a", "text": "What would help?"}]})
        values = store.extract(found.ref, ["told:list"])
        rests = values.evidence()["told"]
        assert rests and set(rests) & {row.event for row in found.rows}
        assert all(seq <= store.open(found.ref).seq for seq in rests)
        assert store.verify(values.ref).holds and store.open("life").head == sim.head


def test_whoever_asks_in_the_middle_of_a_survey_does_not_go_on_with_it() -> None:
    with Store(":memory:", respondents()) as store:
        trio().play(store)
        found = store.survey("life", {"questions": [{"id": "a", "text": "What would help?"}]})
        middle = f"{found.ref.partition('@')[0]}@{found.rows[0].event + 1}"
        for asked in (store.extract(middle, ["told"]).ref, store.ask(middle, "Cy", "And you?").ref):
            side = store.open(asked)
            later = [event.body.type for event in side.events(found.rows[0].event + 2)]
            assert "survey-answered" not in later and later
            assert store.verify(asked).holds


def test_a_survey_file_is_read_and_a_wrong_one_named(tmp_path: Path) -> None:
    file = tmp_path / "tea.yaml"
    file.write_text("title: Tea\nquestions:\n  - {id: a, kind: likert, text: Good?}\n")
    assert surveying.load(file).questions[0].kind == "likert"
    file.write_text("title: Tea\nquestions:\n  - {id: a, kin: likert, text: Good?}\n")
    with pytest.raises(BadCommand, match=r"tea\.yaml: questions\.0\.kin: Extra inputs"):
        surveying.load(file)
    with pytest.raises(UsageError, match="cannot be read"):
        surveying.load(tmp_path / "none.yaml")


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A survey's file, in a place with a store in which a simulation lived."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TROUPE_STORE", raising=False)
    with Store("troupe.db") as store:
        sim = store.begin("life", model="improviser")
        sim.add_world("Kitchen")
        for name in ("Ana Reyes", "Bo Lind"):
            sim.add_person({"name": name})
    file = tmp_path / "tea.yaml"
    file.write_text(json.dumps({"title": "Tea", "questions": EVERY_KIND}))
    return file


def test_the_command_line_asks_writes_and_is_on_record_the_second_time(asked: Path, tmp_path: Path) -> None:
    out = tmp_path / "tea.csv"
    first = call("survey", "life", str(asked), "--out", str(out), "--json")
    assert first.exit_code == 0, first.output
    told = json.loads(first.stdout)
    assert len(told["rows"]) == 2 * len(EVERY_KIND) and not told["recorded"]
    with out.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["source"] for row in rows} == {"Synthetic answers of model improviser, not people."}
    assert [row["person"] for row in rows] == [row["person"] for row in told["rows"]]
    second = call("survey", "life", str(asked))
    assert second.exit_code == 0 and "from the record, 0 calls" in second.stdout
    assert "Synthetic answers of model improviser, not people." in second.stdout
    taken = call("survey", "life", str(asked), "--out", str(out))
    assert taken.exit_code == 2 and "is there already" in taken.stderr
    assert call("survey", "life", str(asked), "--calls", "3", "--again").exit_code == 3


def test_answers_as_a_table_can_be_given_to_polars() -> None:
    with Store(":memory:", respondents()) as store:
        trio().play(store)
        found = store.survey("life", {"questions": EVERY_KIND})
    frame = exporting.frame(found.table())
    assert frame.columns == ["person", "question", "answer", "reason", "event", "status"]
    assert frame.height == len(found.rows)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("4", "4"), (" yes ", "yes"), ('["red", "blue"]', ["red", "blue"]), ('{"red": 3}', {"red": 3})],
)
def test_what_a_human_types_in_a_survey_is_an_answer(typed: str, meant: object) -> None:
    assert json.loads(human.written(typed, "survey"))["answer"] == meant


def test_a_human_is_shown_the_options_of_a_question() -> None:
    prompts: list[Request] = []
    with Store(":memory:", respondents(prompts=prompts)) as store:
        trio().play(store)
        store.survey("life", {"questions": [EVERY_KIND[2]]}, ["Ana"])
    lines = human.asked(prompts[0]).perceived
    assert any(line.startswith("you are asked in private: Which can?; options: ") for line in lines)
