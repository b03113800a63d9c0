"""``troupe validate``: answers against real ones, seals, and people, as they are typed.

The shared survey is not part of this project: where it is absent, only the tests on data of our own run.
"""

import json
import random
import re
from pathlib import Path
from typing import Any

import pytest
from ui.conftest import Troupe

from troupe_es import Store

GAZPACHO = Path(__file__).parents[3] / "shared" / "data" / "surveys" / "bottled-gazpacho.csv"
OURS = [1] * 10 + [2] * 10 + [3] * 12 + [4] * 11 + [5] * 7
"""Made up for these tests."""

NARROW = [2] * 14 + [3] * 31 + [4] * 5
"""Mean 2.82, sd 0.60: as simulations typically answer."""

MAPPING = "questions:\n  vote: {column: Vote, kind: ordinal, options: [1, 2, 3, 4, 5]}\n"
SURVEY = """
title: Cold tea
questions:
  - {id: vote, kind: likert, text: "Cold tea from a can?", options: [Never, Hardly, Perhaps, Likely, Surely]}
"""


@pytest.fixture(params=["the shared survey", "our own"])
def real(request: pytest.FixtureRequest, life: Path) -> Path:
    Path("map.yaml").write_text(MAPPING)
    if request.param == "our own":
        return written("ours.csv", OURS)
    if not GAZPACHO.is_file():
        pytest.skip("the shared survey is not here")
    return GAZPACHO


def written(name: str, votes: list[Any]) -> Path:
    Path(name).write_text("Vote\n" + "".join(f"{vote}\n" for vote in votes))
    return Path(name)


def votes_of(real: Path) -> list[int]:
    return [int(found[1]) for found in re.finditer(r"^(?:\d+,)?([1-5])(?:,|$)", real.read_text(), re.MULTILINE)]


def words(real: Path, *more: str) -> list[str]:
    return ["validate", "tea", "--real", str(real), "--map", "map.yaml", *more]


def test_a_narrow_simulation_is_called_a_collapse_and_a_resample_a_good_match(real: Path, troupe: Troupe) -> None:
    votes = votes_of(real)
    assert len(votes) == 50
    written("narrow.csv", NARROW)
    narrow = troupe(*words(real, "--simulated", "narrow.csv", "--answered-by", "narrow", "--exit-code"))
    assert (narrow.exit_code, narrow.stderr) == (1, "")
    assert narrow.stdout.startswith("Synthetic answers of model narrow, not people.")
    assert "variance collapse" in narrow.stdout and "good match (" not in narrow.stdout
    written("resample.csv", random.Random(1).choices(votes, k=200))
    resample = troupe(*words(real, "--simulated", "resample.csv", "--exit-code", "--json"))
    assert resample.exit_code == 0
    found = json.loads(resample.stdout)
    assert found["good"] and [each["verdict"] for each in found["verdicts"]] == ["good match"]
    assert found["note"] == "Synthetic answers of model unknown, not people."


@pytest.mark.skipif(not GAZPACHO.is_file(), reason="the shared survey is not here")
def test_the_shared_survey_is_what_it_is_said_to_be(life: Path, troupe: Troupe) -> None:
    Path("map.yaml").write_text(MAPPING)
    written("narrow.csv", NARROW)
    told = troupe(*words(GAZPACHO, "--simulated", "narrow.csv")).stdout
    assert "n = 50, mean 2.86, sd 1.36" in told and "n = 50, mean 2.82, sd 0.60" in told


def test_a_seal_is_printed_and_the_report_says_it_came_first(life: Path, troupe: Troupe) -> None:
    Path("map.yaml").write_text(MAPPING)
    Path("survey.yaml").write_text(SURVEY)
    with Store(life) as store:
        head = store.open("tea").head
    sealed = troupe("validate", "seal", "tea", "--survey", "survey.yaml")
    assert sealed.exit_code == 0, sealed.stderr
    sha256 = sealed.stdout.split()[0]
    assert re.fullmatch("[0-9a-f]{64}", sha256) and "Publish the hash now." in sealed.stdout
    ours = written("ours.csv", OURS)
    found = troupe(*words(ours, "--survey", "survey.yaml", "--html", "report.html"))
    assert found.exit_code == 0, found.stderr
    assert f"prediction {sha256} sealed" in found.stdout and "only a hash that was published" in found.stdout
    page = Path("report.html").read_text()
    assert "data:image/svg+xml;base64," in page and sha256 in page
    assert "Synthetic answers of model improviser, not people." in page[: page.index("<section>")]
    assert troupe(*words(ours, "--survey", "survey.yaml", "--exit-code")).exit_code == 1  # two people are too few
    with Store(life) as store:
        assert store.open("tea").head == head
    log = troupe("log", found.stdout.split("first read")[1].split("(")[1].split("@")[0], "--type", "truth-loaded")
    assert "50 rows, Vote" in log.stdout


def test_a_budget_that_stops_the_survey_says_how_to_go_on(life: Path, troupe: Troupe) -> None:
    Path("map.yaml").write_text(MAPPING)
    Path("survey.yaml").write_text(SURVEY)
    typed = words(written("ours.csv", OURS), "--survey", "survey.yaml")
    stopped = troupe(*typed, "--calls", "1")
    assert stopped.exit_code == 3
    assert f"To go on: troupe {' '.join(typed)} --calls 2" in stopped.stderr
    with Store(life) as store:
        assert store.notes() == []  # nothing is compared yet, so the truth was not read
    assert troupe(*typed).exit_code == 0


def test_shares_in_a_file_are_sealed_once(life: Path, troupe: Troupe) -> None:
    Path("shares.yaml").write_text("vote: {1: 0.25, 2: 0.75}\n")
    first, again = (
        json.loads(troupe("validate", "seal", "tea", "--prediction", "shares.yaml", "--json").stdout) for _ in "ab"
    )
    assert (first["recorded"], again["recorded"]) == (False, True)
    assert first["sha256"] == again["sha256"] and first["ref"] == again["ref"]


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        (["tea", "--real", "ours.csv"], "--map FILE"),
        (["tea", "--real", "ours.csv", "--map", "none.yaml"], "none.yaml: cannot be read"),
        (["tea", "--real", "ours.csv", "--map", "ours.csv"], "ours.csv: expected an object"),
        (["tea", "--real", "ours.csv", "--map", "bad.yaml"], "bad.yaml: questions.vote.kind"),
        (["tea", "--real", "none.csv", "--map", "map.yaml", "--simulated", "ours.csv"], "none.csv: cannot be read"),
        (["tea", "--real", "ours.csv", "--map", "map.yaml"], "either a survey to be taken, or a file"),
        (["tea", "--real", "ours.csv", "--map", "map.yaml", "--simulated", "ours.csv", "--by", "Sex"], "'Sex'"),
        (["seal", "tea"], "one of --survey, --simulated and --prediction"),
        (["seal", "tea", "--prediction", "ours.csv"], "expected for each question an object"),
        (["seal", "tea", "--prediction", "no.yaml"], "no.yaml: cannot be read"),
        (["seal", "coffee", "--prediction", "shares.yaml"], "coffee"),
        (["person", "tea", "Ana Reyes"], "nothing is expected"),
    ],
)
def test_wrong_input_gets_one_clear_message(typed: list[str], message: str, life: Path, troupe: Troupe) -> None:
    written("ours.csv", OURS)
    Path("map.yaml").write_text(MAPPING)
    Path("bad.yaml").write_text("questions: {vote: {column: Vote, kind: odd}}\n")
    Path("shares.yaml").write_text("vote: {1: 1}\n")
    result = troupe("validate", *typed)
    assert result.exit_code == 2 and message in result.stderr and "Traceback" not in result.stderr
    with Store(life) as store:
        assert store.notes() == []


def test_a_person_is_scored_against_what_is_expected(life: Path, troupe: Troupe) -> None:
    Path("expected.txt").write_text("{{name}} likes plain drinks.\n\n{{name}} is patient.\n")
    typed = ["validate", "person", "tea", "Ana Reyes", "--expect", "expected.txt", "--expect", "{{name}} likes tea."]
    told = troupe(*typed)
    assert told.exit_code == 0, told.stderr
    assert told.stdout.count("Ana Reyes likes") == 2 and "not people" in told.stdout
    found = json.loads(troupe(*typed, "--question", "What do you drink?", "--json").stdout)
    assert len(found["verdicts"]) == 3 and 0 <= found["score"] <= 1
    assert found["score"] == pytest.approx(sum(each["score"] for each in found["verdicts"]) / 27)
    assert found["questions"] == ["What do you drink?"] and len(found["interview"]) == 1
