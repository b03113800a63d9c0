"""The survey of issue 5: a simulation of the right mean and half the spread is called a variance collapse, not good.

The real file is not part of this project: where it is absent, only the tests on data of our own run.
"""

import random
from collections import Counter
from pathlib import Path

import pytest

from troupe_es.scenario.tables import Table
from troupe_es.validation import Answers, Question, answers, compare, compare_all, load

SHARED = Path(__file__).parents[3] / "shared" / "data" / "surveys"
GAZPACHO = Table.model_validate(
    {
        "file": "bottled-gazpacho.csv",
        "questions": {"vote": {"column": "Vote", "kind": "ordinal", "options": [1, 2, 3, 4, 5]}},
        "groups": {"age": "Age Range", "gender": "Gender Identity"},
    }
)
NARROW = [2] * 14 + [3] * 31 + [4] * 5
"""Mean 2.82, sd 0.60: as simulations typically answer."""

OUR_OWN = Question("Would you drink cold tea from a can?", "ordinal", (1.0, 2.0, 3.0, 4.0, 5.0))
OURS = answers(OUR_OWN, [1] * 10 + [2] * 10 + [3] * 12 + [4] * 11 + [5] * 7, source="made up for this test")


@pytest.fixture(params=["the shared survey", "our own"])
def real(request: pytest.FixtureRequest) -> Answers:
    if request.param == "our own":
        return OURS
    if not (SHARED / GAZPACHO.file).is_file():
        pytest.skip("the shared survey is not here")
    return load(GAZPACHO, SHARED)["vote"]


@pytest.mark.skipif(not (SHARED / GAZPACHO.file).is_file(), reason="the shared survey is not here")
def test_the_shared_survey_is_loaded_as_it_is() -> None:
    vote = load(GAZPACHO, SHARED)["vote"]
    side = compare(vote, vote).real
    assert (side.n, side.missing) == (50, 0)
    assert side.mean == pytest.approx(2.86)
    assert side.sd == pytest.approx(1.36, abs=0.005)
    assert list(vote.counts().values()) == [11, 9, 13, 10, 7]
    assert len(vote.labels("age")) == 5


def test_a_narrow_simulation_is_a_variance_collapse_and_no_good_match(real: Answers) -> None:
    found = compare(answers(real.question, NARROW), real)
    assert found.simulated.mean == pytest.approx(2.82)
    assert found.simulated.sd == pytest.approx(0.60, abs=0.005)
    assert found.verdict.findings == ("variance collapse",)
    assert not found.verdict.good
    ratio = found.measure("variance ratio")
    assert ratio.interval is not None and ratio.interval[1] < 0.5
    assert "simulated people agree too much" in found.sentence()


@pytest.mark.parametrize("people", [200, 1000])
def test_a_resample_of_the_real_answers_is_a_good_match(real: Answers, people: int) -> None:
    verdicts = Counter(
        str(compare(answers(real.question, random.Random(seed).choices(real.values, k=people)), real).verdict)
        for seed in range(5)
    )
    assert verdicts == {"good match": 5}


def test_the_real_answers_themselves_are_a_good_match(real: Answers) -> None:
    assert compare(real, real).verdict.good


def test_a_resample_as_small_as_the_survey_is_good_or_too_few_but_never_called_different(real: Answers) -> None:
    verdicts = Counter(
        str(compare(answers(real.question, random.Random(seed).choices(real.values, k=50)), real).verdict)
        for seed in range(20)
    )
    assert set(verdicts) <= {"good match", "cannot tell: too few"}
    assert verdicts["good match"] >= 10


def test_twelve_people_are_too_few_to_say_anything(real: Answers) -> None:
    found = compare(answers(real.question, NARROW[:12]), real)
    assert found.verdict.findings == ("cannot tell: too few",)
    assert "12 simulated and 50 real answers" in found.sentence()


def test_a_report_carries_the_standing_line_the_rules_and_its_sources(real: Answers) -> None:
    report = compare_all({"vote": answers(real.question, NARROW)}, {"vote": real}, model="improviser")
    text = report.text()
    assert text.startswith("Synthetic answers of model improviser, not people.")
    assert "variance collapse" in text
    assert "lies wholly below 0.500" in text
    assert real.source in text
    assert all(row["about"] == "Synthetic answers of model improviser, not people." for row in report.rows())
