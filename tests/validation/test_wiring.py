"""Validation in the log: seals and truth in their order, the run as it was, answers to surveys, interviews."""

import hashlib
import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import oracles
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies.asking import respondents
from strategies.scripts import dead, scripts, share, trio

from troupe_es import Response, Scripted, Store
from troupe_es.controller.surveying import Surveyed, SurveyRow
from troupe_es.errors import BadCommand, UsageError
from troupe_es.llm import Request
from troupe_es.llm.improviser.model import improvise
from troupe_es.projections import fold, saved
from troupe_es.scenario.tables import Table
from troupe_es.survey.prediction import sealed, shares
from troupe_es.survey.tally import label_of
from troupe_es.validation import answers, load, predicted, validate
from troupe_es.validation.answers import Question
from troupe_es.validation.wiring import of_survey

VOTES = [1] * 10 + [2] * 10 + [3] * 12 + [4] * 11 + [5] * 7
"""Real answers, made up for this test."""

NARROW = [2] * 14 + [3] * 31 + [4] * 5
"""Mean 2.82, sd 0.60: as simulations typically answer."""

VOTE: dict[str, Any] = {"column": "Vote", "kind": "ordinal", "options": [1, 2, 3, 4, 5]}
SCALE = ["Never", "Hardly", "Perhaps", "Likely", "Surely"]
SURVEY = {"questions": [{"id": "vote", "kind": "likert", "text": "Cold tea from a can?", "options": SCALE}]}
LONGER = {"questions": [*SURVEY["questions"], {"id": "why", "text": "Why?"}]}
PREDICTION = {"vote": {1: 0.25, 2: 0.75}}
TRUTH = "a" * 64


def table(**changes: Any) -> Table:
    return Table.model_validate({"file": "real.csv", "questions": {"vote": VOTE}, **changes})


def written(file: Path, votes: list[int], ages: list[str] | None = None) -> Path:
    rows = zip(votes, ages or ["18-34"] * len(votes), strict=True)
    file.write_text("Vote,Age\n" + "".join(f"{vote},{age}\n" for vote, age in rows))
    return file


def voters(count: int, choose: Any) -> Scripted:
    """A model that plays ``count`` people, of whom the n-th (from 0) votes ``choose(n)``."""

    def answer(request: Request, draw: int) -> Response:
        if request.schema is not None and request.schema.name == "survey":
            number = int(request.address.split("/")[1].removeprefix("p"))
            words = request.schema.body["properties"]["answer"]["type"] == "string"
            return Response(json.dumps({"reason": "so", "answer": "Because." if words else choose(number)}))
        return Response(improvise(request, draw))

    return Scripted(answer, "cast")


@pytest.fixture
def crowd() -> Iterator[Store]:
    with Store(":memory:", voters(50, lambda number: NARROW[number])) as store:
        sim = store.begin("crowd", model="cast")
        sim.add_world("Hall")
        for number in range(50):
            sim.add_person({"name": f"P{number}", "age": 20 + number})
        yield store


@given(scripts(), st.data())
@share(3)
def test_seals_and_truth_leave_the_run_alone_and_verify_wherever_they_are_put(script, data) -> None:
    with Store(":memory:", respondents()) as store:
        sim = script.play(store)
        at = data.draw(st.integers(1, sim.seq))
        seal = store.seal(f"life@{at}", PREDICTION)
        store.truth_loaded(f"life@{at}", TRUTH, ["Vote"], 50)
        assert (store.open("life").head, seal.recorded) == (sim.head, False)
        assert [note.kind for note in store.notes()] == ["prediction-sealed", "truth-loaded"]
        assert all(store.verify(note.ref).holds for note in store.notes())
        assert {note.ref.partition("@")[2] for note in store.notes()} == {str(at + 1)}, "the run goes on nowhere"
        events = list(store.open(seal.ref).events())
        found = saved.dump(fold(events))
        assert found["running"] == oracles.running(events)
        assert found["people"] == oracles.people(events)
        assert found["steering"] == oracles.steering(events)
        again = store.seal(f"life@{at}", {"vote": {"2": 0.75, "1": 0.25}})
        assert (again.recorded, again.ref, again.sha256) == (True, seal.ref, seal.sha256)
        assert len(store.notes()) == 2


def test_a_seal_in_the_middle_of_a_run_asks_nobody_and_ends_there() -> None:
    with Store(":memory:", respondents()) as store:
        sim = trio().play(store)
        store.models["cast"] = dead()
        for at in range(1, sim.seq + 1):
            assert store.seal(f"life@{at}", PREDICTION).ref.endswith(f"@{at + 1}")


def test_a_seal_is_the_hash_of_the_prediction_and_the_prediction_is_not_in_the_log() -> None:
    with Store(":memory:", respondents()) as store:
        trio().play(store)
        seal = store.seal("life", PREDICTION)
        assert seal.sha256 == sealed(PREDICTION) and seal.questions == ["vote"]
        [note] = store.notes()
        assert (note.sha256, note.names, note.ref) == (seal.sha256, ["vote"], seal.ref)
        rows = store.log.db.execute("SELECT payload FROM events").fetchall()
        assert not any("0.75" in payload for (payload,) in rows)
        assert store.seal("life", {"vote": {1: 1.0}}).ref != seal.ref


@pytest.mark.parametrize("prediction", [{}, {"vote": {1: 1.5}}, {"vote": {1: 0.5, "1": 0.5}}])
def test_what_is_no_prediction_is_refused_and_nothing_is_written(prediction: Any) -> None:
    with Store(":memory:", respondents()) as store:
        trio().play(store)
        branches = store.log.branches("life")
        with pytest.raises(UsageError):
            store.seal("life", prediction)
        assert store.log.branches("life") == branches and store.notes() == []


def test_the_report_says_which_order_the_log_shows(crowd: Store, tmp_path: Path) -> None:
    written(tmp_path / "real.csv", VOTES)
    seal = crowd.seal("crowd", crowd.survey("crowd", LONGER))
    assert seal.questions == ["vote", "why"]
    head = crowd.open("crowd").head
    found = validate(crowd, "crowd", table(), folder=tmp_path, survey=LONGER)
    assert found.survey is not None and found.survey.recorded
    assert crowd.open("crowd").head == head
    assert found.truth == hashlib.sha256((tmp_path / "real.csv").read_bytes()).hexdigest()
    [first, then] = found.order
    assert f"prediction {seal.sha256} sealed" in first and first.index("sealed") < first.index("first read")
    assert "only a hash that was published" in then
    [_, loaded] = crowd.notes()
    assert (loaded.kind, loaded.sha256, loaded.names) == ("truth-loaded", found.truth, ["Vote"])


def test_a_seal_after_the_truth_predicts_nothing_also_when_it_is_loaded_once_more(
    crowd: Store, tmp_path: Path
) -> None:
    written(tmp_path / "real.csv", VOTES)
    before = validate(crowd, "crowd", table(), folder=tmp_path, survey=SURVEY)
    assert before.order[0].startswith("No prediction from these answers was sealed")
    crowd.seal("crowd", crowd.survey("crowd", SURVEY))
    for ref in ("crowd", "crowd@20"):  # noted anew at another event: what counts is the first time
        crowd.truth_loaded(ref, before.truth, ["Vote"], 50)
    after = validate(crowd, "crowd", table(), folder=tmp_path, survey=SURVEY)
    assert len(after.order) == 1 and "it predicts nothing" in after.order[0]


def test_another_prediction_seals_nothing_for_these_answers(crowd: Store, tmp_path: Path) -> None:
    written(tmp_path / "real.csv", VOTES)
    crowd.seal("crowd", PREDICTION)
    found = validate(crowd, "crowd", table(), folder=tmp_path, survey=SURVEY)
    assert found.order[0].startswith("No prediction from these answers was sealed")


def test_a_narrow_survey_collapses_and_a_faithful_one_is_a_good_match(crowd: Store, tmp_path: Path) -> None:
    written(tmp_path / "real.csv", VOTES)
    found = validate(crowd, "crowd", table(), folder=tmp_path, survey=SURVEY)
    [narrow] = found.report.comparisons
    assert narrow.verdict.findings == ("variance collapse",) and not found.good
    assert narrow.simulated.mean == pytest.approx(2.82)
    assert found.report.standing_line == "Synthetic answers of model cast, not people."
    assert "variance collapse" in found.text() and found.order[0] in found.text()
    crowd.models["cast"] = voters(50, lambda number: VOTES[number])
    faithful = validate(crowd, "crowd", table(), folder=tmp_path, survey={**SURVEY, "title": "Once more"})
    assert faithful.good and faithful.report.comparisons[0].simulated.mean == pytest.approx(2.9)


def test_a_file_of_simulated_answers_is_read_by_the_same_mapping(crowd: Store, tmp_path: Path) -> None:
    written(tmp_path / "real.csv", VOTES)
    simulated = written(tmp_path / "sim.csv", NARROW)
    crowd.seal("crowd", predicted(load(table(file="sim.csv"), tmp_path)))
    found = validate(crowd, "crowd", table(), folder=tmp_path, simulated=simulated, answered_by="elsewhere")
    assert found.report.standing_line == "Synthetic answers of model elsewhere, not people."
    assert found.report.comparisons[0].verdict.findings == ("variance collapse",)
    assert found.order[0].startswith("The log shows this order: prediction")
    resample = validate(crowd, "crowd", table(), folder=tmp_path, simulated=written(tmp_path / "x.csv", VOTES * 4))
    assert resample.good
    assert resample.report.standing_line == "Synthetic answers of model unknown, not people."


def test_people_are_in_the_subgroups_of_their_traits(crowd: Store, tmp_path: Path) -> None:
    ages = ["20-29" if number < 10 else "30-39" if number < 20 else "40+" for number in range(50)]
    written(tmp_path / "real.csv", VOTES, ages)
    found = validate(crowd, "crowd", table(), folder=tmp_path, survey=SURVEY, by=["Age=age"])
    sizes = {each.subgroup: (each.simulated.n, each.real.n) for each in found.report.comparisons}
    assert sizes == {"": (50, 50), "Age: 20-29": (10, 10), "Age: 30-39": (10, 10), "Age: 40+": (30, 30)}
    with pytest.raises(UsageError, match="nobody has a trait 'Age'"):
        validate(crowd, "crowd", table(), folder=tmp_path, survey=SURVEY, by=["Age"])


@given(st.integers(0, 120), st.lists(st.integers(1, 119), min_size=1, max_size=5, unique=True))
def test_a_number_is_in_the_one_bracket_that_holds_it(age: int, ends: list[int]) -> None:
    starts = [0, *sorted(ends)]
    labels = [f"{low}-{high - 1}" for low, high in pairwise(starts)] + [f"{starts[-1]}+"]
    assert label_of(age, labels) == labels[sum(start <= age for start in starts) - 1]


@pytest.mark.parametrize(
    ("trait", "label"),
    [("male", "Male"), (None, "(not known)"), (["x"], "(not known)"), (True, "True"), ("Other", "Other"), (7, "7")],
)
def test_a_text_is_the_label_that_reads_alike(trait: Any, label: str) -> None:
    assert label_of(trait, ["Male", "Female", "18-34"]) == label


def test_what_cannot_be_compared_is_refused_before_anybody_is_asked(crowd: Store, tmp_path: Path) -> None:
    written(tmp_path / "real.csv", VOTES)
    crowd.models["cast"] = dead()
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"survey": {"questions": [{"id": "other", "text": "?"}]}}, "no question 'vote'"),
        ({"real": table(file="none.csv"), "survey": SURVEY}, "none.csv: cannot be read"),
        ({}, "either a survey to be taken, or a file"),
        ({"survey": SURVEY, "simulated": tmp_path / "real.csv"}, "either a survey"),
        ({"simulated": tmp_path / "none.csv"}, "none.csv: cannot be read"),
        ({"real": {"file": "real.csv", "questions": {}}, "survey": SURVEY}, "the real answers: questions: "),
    ]
    for given_, message in wrong:
        with pytest.raises(UsageError, match=message):
            validate(crowd, "crowd", **{"real": table(), "folder": tmp_path, **given_})
    assert crowd.notes() == []


def test_rows_without_an_answer_are_missing_and_codes_hold_for_the_survey_too() -> None:
    mapping = table(questions={"vote": {**VOTE, "codes": {"never": 1, "always": 5}}})
    rows = [
        SurveyRow("a", "vote", "never", "", 1, "answered"),
        SurveyRow("b", "vote", None, "", 2, "skipped"),
        SurveyRow("c", "vote", None, "?", 3, "no answer"),
        SurveyRow("d", "vote", 5, "", 4, "answered"),
    ]
    survey = Surveyed("", rows, "x@4", False, ["m"])
    truth = {"vote": answers(Question("vote", "ordinal", (1.0, 2.0, 3.0, 4.0, 5.0)), [1, 2])}
    found = of_survey(survey, truth, mapping, {"sex": {"a": "f", "b": "m", "c": "m", "d": "m"}})["vote"]
    assert (found.values, found.missing, found.groups) == ((1.0, 5.0), 2, {"sex": ("f", "m")})
    for answer in ({"price": "good"}, ["never"]):
        odd = Surveyed("", [SurveyRow("a", "vote", answer, "", 1, "answered")], "x@1", False, ["m"])
        with pytest.raises(UsageError, match="is no ordinal answer"):
            of_survey(odd, truth, mapping, {})


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(["yes", 3, ["x", "y"], {"k": 1}])), min_size=1))
def test_the_shares_of_whole_answers_add_up_to_one(given_: list[tuple[str, Any]]) -> None:
    found = shares(given_)
    assert found.keys() == {question for question, _ in given_}
    for question, predicted_ in found.items():
        asked = [answer for name, answer in given_ if name == question]
        assert sum(predicted_.values()) == pytest.approx(1)
        assert predicted_.get("yes", 0) == asked.count("yes") / len(asked)
    assert sealed(found) == sealed(shares(reversed(given_)))


def interviewed(scores: list[int], prompts: list[str]) -> Scripted:
    """A model that makes two questions, answers them and judges with these scores."""

    def answer(request: Request, draw: int) -> Response:
        name = request.schema.name if request.schema is not None else ""
        told = "\n".join(message.content for message in request.prompt.chain())
        if name == "judging":
            prompts.append(told)
            verdicts = [
                {"claim": number, "reason": f"why {number}", "evidence": [], "score": score, "holds": score > 4}
                for number, score in enumerate(scores, 1)
            ]
            return Response(json.dumps({"verdicts": verdicts}))
        if name == "survey":
            return Response(json.dumps({"reason": "so", "answer": "Mint tea, no other."}))
        if "You are going to interview" in told:
            return Response(json.dumps({"answer": "1. What do you drink?\n\n- Where?\n"}))
        return Response(improvise(request, draw))

    return Scripted(answer, "cast")


def test_a_person_is_interviewed_aside_and_scored_from_0_to_1_with_reasons() -> None:
    prompts: list[str] = []
    with Store(":memory:", interviewed([9, 3], prompts)) as store:
        sim = trio().play(store)
        found = store.validate_person("life", "Ana", ["{{name}} likes tea.", "{{name}} likes rain."])
        assert found.questions == ["What do you drink?", "Where?"]
        assert [row.answer for row in found.interview.rows] == ["Mint tea, no other."] * 2
        assert found.score == pytest.approx((9 + 3) / 18)
        assert [(each.claim, each.reason) for each in found.verdicts] == [
            ("Ana Reyes likes tea.", "why 1"),
            ("Ana Reyes likes rain.", "why 2"),
        ]
        assert prompts[0].count("Mint tea, no other.") == 2 and "What do you drink?" in prompts[0]
        assert store.open("life").head == sim.head
        assert all(store.verify(f"life/{b.name}").holds for b in store.log.branches("life", ("ask",)))
        store.models["cast"] = dead()
        again = store.validate_person("life", "Ana", ["{{name}} likes tea.", "{{name}} likes rain."])
        assert (again.score, again.ref, again.interview.recorded) == (found.score, found.ref, True)


def test_a_person_is_validated_at_any_event_with_questions_of_ones_own() -> None:
    prompts: list[str] = []
    with Store(":memory:", interviewed([0], prompts)) as store:
        sim = trio().play(store)
        events = list(sim.events())
        for at in [e.seq for e in events if oracles.present(events, None, e.seq)][::7]:
            found = store.validate_person(f"life@{at}", "Ana", "{{name}} likes tea.", questions=["Tea?"])
            assert (found.score, found.questions) == (0.0, ["Tea?"])
        assert store.open("life").head == sim.head


def test_where_somebody_is_called_interviewer_the_questions_have_to_be_given() -> None:
    with Store(":memory:", interviewed([9], [])) as store:
        sim = trio().play(store)
        sim.add_person({"name": "Interviewer"})
        branches = store.log.branches("life", ("ask",))
        with pytest.raises(BadCommand, match="give questions of your own"):
            store.validate_person("life", "Ana", "x")
        assert store.log.branches("life", ("ask",)) == branches
        assert store.validate_person("life", "Ana", "x", questions=["Tea?"]).score == 1.0


def test_a_judge_without_a_usable_answer_gives_no_score_and_says_why() -> None:
    with Store(":memory:", interviewed([12], [])) as store:
        trio(attempts=2).play(store)
        found = store.validate_person("life", "Ana", "x", questions=["Tea?"])
        assert found.score is None and found.verdicts == [] and found.failed
        with pytest.raises(BadCommand, match="nothing is expected"):
            store.validate_person("life", "Ana", [" "])
