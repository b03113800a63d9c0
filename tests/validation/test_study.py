"""A study from one scenario: played, asked, sealed, compared and reported; free the second time."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from ui.conftest import call

from troupe_es import Improviser, Request, Response, Store, examples, scenario
from troupe_es.errors import BadScenario, EveryTurnFailed, UsageError
from troupe_es.events.types import SurveyQuestion
from troupe_es.experimentation.runner import answered as paid
from troupe_es.numerals import counted
from troupe_es.pictures import answered, of_study
from troupe_es.pictures.charts import binned
from troupe_es.validation import study

SHARED = Path(__file__).parents[3] / "shared" / "data" / "surveys" / "bottled-gazpacho.csv"
COLD_SOUP = examples.path("cold-soup") / "scenario.yaml"
TRUTH = {"file": "truth.csv", "questions": {"buy": {"column": "Vote", "kind": "ordinal", "options": [1, 2, 3, 4, 5]}}}
SURVEY = {
    "title": "Tea",
    "questions": [
        {"id": "buy", "kind": "likert", "text": "Would you buy <b>cold tea</b>?"},
        {"id": "why", "text": "Why?"},
    ],
}


def written(folder: Path, **more: Any) -> Path:
    """A scenario file with a table of other people's answers beside it."""
    content = {
        "troupe": 1,
        "name": "tea",
        "model": "improviser",
        "worlds": [{"name": "Kitchen"}],
        "people": [{"persona": {"name": f"Ana {name}", "age": 30}} for name in ("One", "Two", "Three")],
        "program": [{"broadcast": "Would you buy cold tea?"}, {"run": 1}, {"survey": SURVEY}, {"extract": ["mood"]}],
        "validation": TRUTH,
        **more,
    }
    content = {key: value for key, value in content.items() if value is not None}
    (folder / "truth.csv").write_text("Vote\n" + "\n".join("12345" * 8) + "\n")
    (folder / "tea.yaml").write_text(json.dumps(content))
    return folder / "tea.yaml"


def test_a_study_plays_asks_and_compares_and_the_second_time_asks_nobody(tmp_path: Path) -> None:
    file = written(tmp_path)
    with Store(":memory:") as store:
        first = study(store, file)
        assert first.paid == paid(store) > 0
        assert first.validation is not None and first.seal is None
        [compared] = first.validation.report.comparisons
        assert (compared.real.n, compared.simulated.n) == (40, 3)
        store.record = "none"
        again = study(store, file)
        assert again.paid == 0 and (again.ref, again.head) == (first.ref, first.head)
        assert of_study(again) == of_study(first)
        assert store.verify("tea").holds


def test_the_real_answers_are_not_kept_with_the_simulation_and_change_nothing_of_it(tmp_path: Path) -> None:
    with Store(":memory:") as store, Store(":memory:") as other:
        found = study(store, written(tmp_path))
        assert found.scenario.validation is None
        kept = store.log.simulation("tea").scenario
        assert kept is not None and b"truth" not in store.log.read_blob(kept)
        assert study(other, written(tmp_path, validation=None)).head == found.head


def test_a_seal_is_in_the_log_before_the_real_answers_are_read(tmp_path: Path) -> None:
    with Store(":memory:") as store:
        found = study(store, written(tmp_path, validation={**TRUTH, "seal": True}))
        assert [note.kind for note in store.notes()] == ["prediction-sealed", "truth-loaded"]
        assert found.seal is not None and found.validation is not None
        assert found.seal.sha256 in found.validation.order[0]
        assert found.validation.order[0].startswith("The log shows this order: prediction")
    with Store(":memory:") as store:
        study(store, written(tmp_path))
        late = study(store, written(tmp_path, validation={**TRUTH, "seal": True})).validation
        assert late is not None and "it predicts nothing" in late.order[0]


def test_what_cannot_be_compared_is_told_before_anybody_is_asked(tmp_path: Path) -> None:
    for more, what in (
        ({"validation": {**TRUTH, "file": "gone.csv"}}, "gone.csv: no such file"),
        ({"program": [{"run": 1}]}, "takes no survey"),
        ({"validation": {**TRUTH, "survey": "Tee"}}, "no survey of the program is called 'Tee'; did you mean 'Tea'"),
        (
            {"validation": {**TRUTH, "questions": {"bye": {"column": "Vote"}}}},
            "no question 'bye'; did you mean 'buy'",
        ),
        ({"validation": {**TRUTH, "seel": True}}, "no such field; did you mean 'seal'"),
    ):
        with Store(":memory:") as store:
            with pytest.raises(BadScenario, match=re.escape(what)):
                study(store, written(tmp_path, **more))
            assert not store.log.simulations()


def test_without_the_extra_nobody_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "scipy.stats", None)
    with Store(":memory:") as store:
        with pytest.raises(UsageError, match=r"troupe-es\[stats\]"):
            study(store, written(tmp_path))
        assert not store.log.simulations()


def test_of_several_surveys_the_last_that_asks_all_is_compared_or_the_one_that_is_named(tmp_path: Path) -> None:
    other = {**SURVEY, "title": "Later"}
    short = {"title": "Short", "questions": SURVEY["questions"][1:]}
    program = [{"survey": SURVEY}, {"run": 1}, {"survey": other}, {"survey": short}]
    for truth, at in ((TRUTH, 1), ({**TRUTH, "survey": "Tea"}, 0)):
        with Store(":memory:") as store:
            found = study(store, written(tmp_path, program=program, validation=truth))
            assert found.validation is not None and found.validation.survey == found.found[at]


def test_a_study_in_which_nobody_answers_says_so_and_keeps_what_was_lived(tmp_path: Path) -> None:
    class Silent:
        name = "improviser"

        async def complete(self, request: Request, draw: int) -> Response:
            if request.address.split("/")[2] == "ask":
                return Response("")
            return await Improviser().complete(request, draw)

    with Store(":memory:", Silent()) as store:
        with pytest.raises(EveryTurnFailed, match="nothing to compare"):
            study(store, written(tmp_path))
        assert store.at("tea").step == 1 and not store.notes()


def test_a_report_holds_everything_and_runs_nothing(tmp_path: Path) -> None:
    with Store(":memory:") as store:
        found = study(store, written(tmp_path, validation={**TRUTH, "seal": True}))
        page = of_study(found)
    assert page.startswith("<!doctype html>") and "<script" not in page and "http://" not in page.split("<body>")[1]
    assert "<b>cold tea" not in page and "&lt;b&gt;cold tea&lt;/b&gt;" in page
    for part in (found.note, found.head, found.ref, "n = 3 answers", "40", "truth.csv", found.seal.sha256):  # type: ignore[union-attr]
        assert part in page
    for row in found.surveys[0].rows:
        assert f"<td>{row.event}</td>" in page
    for seq in (seq for value in found.extractions[0].values for seq in value.evidence):
        assert f"event {seq}, " in page
    assert page.count('<img src="data:image/svg+xml;base64,') == 2


def test_hostile_answers_do_not_leave_their_cells(tmp_path: Path) -> None:
    nasty = '</td><script>alert(1)</script>\x00"onload="x'

    class Nasty:
        name = "improviser"

        async def complete(self, request: Request, draw: int) -> Response:
            made = await Improviser().complete(request, draw)
            if request.address.split("/")[2] == "ask" and request.schema is not None:
                answer = json.loads(made.text)
                text = nasty if isinstance(answer["answer"], str) else answer["answer"]
                return Response(json.dumps({**answer, "reason": nasty, "answer": text}))
            return made

    with Store(":memory:", Nasty()) as store:
        page = of_study(study(store, written(tmp_path)))
    assert "<script" not in page and "&lt;script&gt;alert(1)" in page and "\x00" not in page


def test_the_shipped_study_is_the_same_from_its_recording_with_no_model(tmp_path: Path) -> None:
    from record_replays import REPLAYS, script

    from troupe_es.controller import bundle

    with Store(tmp_path / "a.db", record="none") as store:
        bundle.import_(store.log, REPLAYS / "cold-soup")
        found = study(store, COLD_SOUP)
        assert found.paid == 0 and found.seal is not None and found.seal.recorded
        assert script("cold-soup").live(store).head == found.head
        assert script("cold-soup").ask_on(store) == found.validation.order  # type: ignore[union-attr]
        assert found.population is not None and len(found.population.personas) == 20
        assert max(abs(each.deviation) for each in found.population.achieved) <= 5
        page = of_study(found)
        assert page == script("cold-soup").study(store)
    assert "Synthetic answers of model improviser, not people." in page and "made-up-answers.csv" in page


def test_every_line_of_the_shipped_answers_says_that_they_are_made_up() -> None:
    lines = (COLD_SOUP.parent / "made-up-answers.csv").read_text().splitlines()
    assert len(lines) == 49 and all(line.endswith(",made up for this example") for line in lines[1:])


@pytest.mark.skipif(not SHARED.is_file(), reason="the shared survey is not here")
def test_the_shared_survey_is_loaded_by_a_mapping_in_the_scenario(tmp_path: Path) -> None:
    survey = {"title": "Gazpacho", "questions": [{"id": "vote", "kind": "likert", "text": "Would you buy it?"}]}
    truth = {
        "file": str(SHARED),
        "questions": {"vote": {"column": "Vote", "kind": "ordinal", "options": [1, 2, 3, 4, 5]}},
        "groups": {"age": "Age Range"},
        "by": ["age"],
    }
    with Store(":memory:") as store:
        found = study(store, written(tmp_path, program=[{"run": 1}, {"survey": survey}], validation=truth)).validation
    assert found is not None
    real = found.report.comparisons[0].real
    assert (real.n, round(real.mean or 0, 2), round(real.sd or 0, 2)) == (50, 2.86, 1.36)
    assert [round(share * 50) for share in real.shares.values()] == [11, 9, 13, 10, 7]
    assert len(found.report.comparisons) == 1 + 5


def test_the_command_runs_a_study_prints_the_verdict_and_writes_the_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    written(tmp_path, validation={**TRUTH, "seal": True})
    done = call("run", "tea.yaml", "--report", "out.html")
    assert done.exit_code == 0, done.output
    for part in ("cannot tell: too few", "publish its hash", "mean ", "out.html", "The log shows this order"):
        assert part in done.stdout
    page = Path("out.html").read_text()
    told = json.loads(call("run", "tea.yaml", "--report", "out.html", "--json").stdout)
    assert Path("out.html").read_text() == page
    assert told["calls"]["paid"] == 0 and [each["paid"] for each in told["asked"]] == [0, 0]
    assert told["validation"]["verdicts"][0]["verdict"] == "cannot tell: too few" and len(told["sealed"]) == 64
    refused = call("run", "tea.yaml", "--report", "out.pdf")
    assert refused.exit_code == 2 and "one page of HTML" in refused.stderr
    assert call("run", "tea.yaml", "--report", "nowhere/out.html").exit_code == 2


def test_the_command_exits_with_5_where_a_whole_survey_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = written(tmp_path, validation=None, program=[{"survey": SURVEY}])
    monkeypatch.setattr(Improviser, "complete", _mute)
    failed = call("run", str(file))
    assert failed.exit_code == 5 and "nothing usable came of the survey 'Tea'" in failed.stderr


async def _mute(self: Improviser, request: Request, draw: int) -> Response:
    return Response("")


QUESTIONS: list[tuple[dict[str, Any], list[Any], list[str]]] = [
    ({"kind": "yes-no"}, ["yes", "no", "yes"], ["yes: 2", "no: 1"]),
    ({"kind": "choice", "options": ["A", "B", "C"]}, ["B", "B"], ["A: 0", "B: 2", "C: 0"]),
    ({"kind": "multiple", "options": ["A", "B"]}, [["A"], ["A", "B"], []], ["n = 3 people", "A: 2", "B: 1"]),
    ({"kind": "likert", "options": ["no", "so so", "yes"]}, [1, 3, 3], ["1: no: 1", "2: so so: 0", "3: yes: 2"]),
    ({"kind": "number"}, [2.0, 4.0, 4.0], ["2: 1", "3: 0", "4: 2"]),
    ({"kind": "rank", "options": ["A", "B"]}, [["B", "A"], ["B", "A"]], ["A: 0", "B: 2"]),
    ({"kind": "matrix", "rows": ["x", "y"], "options": ["A", "B"]}, [{"x": "A", "y": "B"}], ["x: A 1, B 0"]),
    ({"kind": "budget", "options": ["A", "B"]}, [{"A": 30.0, "B": 70.0}], ["A: mean 30", "B: mean 70"]),
]


@pytest.mark.parametrize(("question", "answers", "said"), QUESTIONS, ids=[each[0]["kind"] for each in QUESTIONS])
def test_every_kind_of_question_has_a_picture_that_shows_n_and_draws(
    question: dict[str, Any], answers: list[Any], said: list[str]
) -> None:
    picture = answered(SurveyQuestion(id="q", text="What do you say?", **question), answers, foot="Not people.")
    assert picture is not None and picture.title == "What do you say?" and picture.foot == "Not people."
    assert f"n = {counted(len(answers), 'person')}" in picture.alt
    assert all(part in picture.alt for part in said), picture.alt
    assert picture.svg().startswith(b"<?xml")


def test_a_study_that_a_budget_stopped_says_how_it_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    written(tmp_path)
    words = ["run", "tea.yaml", "--name", "tea-2", "--report", "out.html"]
    stopped = call(*words, "--calls", "5")
    assert stopped.exit_code == 3 and not Path("out.html").exists()
    line = stopped.stderr.partition("To go on: troupe ")[2].strip()
    assert line.startswith("run tea.yaml ") and "--name tea-2 --report out.html" in line
    done = call(*line.split())
    assert done.exit_code == 0 and Path("out.html").exists()
    with Store("troupe.db") as store:
        assert paid(store) == 3 + 6 + 1


def test_free_texts_and_a_question_nobody_answered_have_no_picture() -> None:
    assert answered(SurveyQuestion(id="q", text="Why?"), ["because"]) is None
    assert answered(SurveyQuestion(id="q", kind="yes-no", text="Well?"), []) is None


@pytest.mark.parametrize(
    "values", [[0.5], [1.0, 2.0, 2.0, 9.0], [0.1, 0.2, 0.7], [0.0, 100.0], [float(n) for n in range(40)], [-3.0, 3.5]]
)
def test_numbers_are_put_into_bins_of_one_width_and_none_is_lost(values: list[float]) -> None:
    counts = binned(values)
    assert sum(counts.values()) == len(values) and len(counts) <= 16
    if all(isinstance(name, int) for name in counts):
        assert list(counts) == list(range(int(min(values)), int(max(values)) + 1))


def test_a_scenario_that_is_sent_names_no_real_answers() -> None:
    content = json.loads(
        scenario.dumps(
            scenario.parse(
                json.dumps({"troupe": 1, "name": "x", "worlds": [{"name": "W"}], "validation": TRUTH}), "s"
            )
        )
    )
    sent = scenario.model_of(content, "sent")
    assert not sent.self_contained
    with Store(":memory:") as store, pytest.raises(BadScenario, match="have not been read"):
        store.play(sent, model="improviser")
