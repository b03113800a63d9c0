"""Every recording in ``replays/`` keeps verifying; the shipped scenarios still live the lives that are recorded."""

import json
from pathlib import Path
from typing import Any

import pytest
from record_replays import REPLAYS, shipped

from troupe_es import Improviser, Scripted, Store, examples
from troupe_es.commands import EDITION
from troupe_es.controller import bundle
from troupe_es.llm import choose

BUNDLES = sorted(path.name for path in REPLAYS.iterdir() if path.is_dir() or path.suffix == ".zip")
AGAIN = "python -m tests.record_replays (only while the edition is not released; see its docstring)"


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no model come into being."""

    def refuse(*args: object, **more: object) -> None:
        raise AssertionError("verifying must not make a model")

    for model in (Improviser, Scripted):
        monkeypatch.setattr(model, "__init__", refuse)
        monkeypatch.setattr(model, "complete", refuse)
    monkeypatch.setattr(choose, "model_of", refuse)


def known(path: Path) -> dict[str, list[int]]:
    """The differences that are known for today's edition."""
    file = path / "differences.json"
    content: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {"edition": EDITION, "branches": {}}
    assert content["edition"] == EDITION, f"{file} is for another edition: look at the differences again"
    found: dict[str, list[int]] = content["branches"]
    return found


@pytest.mark.parametrize("name", BUNDLES)
def test_every_recording_verifies_without_a_model(name: str, nobody: None) -> None:
    for report in bundle.verify_bundle(REPLAYS / name):
        assert not report.damages
        assert not report.divergences, f"{report.divergences[0]}\nrecord again: {AGAIN}"
        expected = known(REPLAYS / name).get(report.ref.partition("/")[2], [])
        assert [found.seq for found in report.differences] == expected
        assert report.decided > 0


@pytest.mark.parametrize("name", examples.names())
def test_a_shipped_scenario_lives_the_life_that_is_recorded(name: str) -> None:
    expected = json.loads((REPLAYS / name / "expected.json").read_text())["branches"]["main"]["head"]
    with Store(":memory:") as store:
        assert shipped(name, store) == expected, f"record again: {AGAIN}"


def test_a_recording_says_who_answered() -> None:
    for name in examples.names():
        [answerer] = json.loads((REPLAYS / name / "manifest.json").read_text())["answered_by"]
        assert answerer["model"] == f"scripted:{name}" and answerer["note"].startswith("answered from a script")


def test_the_recordings_cover_what_is_hard_to_verify() -> None:
    """Forks inside a turn and a step, another draw, questions to the past, misfits and a failed turn."""
    manifest = json.loads((REPLAYS / "forks" / "manifest.json").read_text())
    events = [json.loads(line) for line in (REPLAYS / "forks" / "log.jsonl").read_text().splitlines()]
    before = {branch["name"]: branch["fork"] for branch in manifest["branches"]}
    main = {event["seq"]: event["type"] for event in events if event["branch"] == "main"}
    assert main[before["mid-turn"]] == "action-taken"
    assert main[before["mid-step"]] == main[before["without-rafael"]] == "turn-ended"
    assert {branch["draw"] for branch in manifest["branches"]} >= {0, 1, 2}
    assert sum(branch["kind"] == "ask" for branch in manifest["branches"]) == 3
    failed = [event for event in events if event["type"] == "turn-failed"]
    assert failed and all(event["branch"] == "muddled" for event in failed)
