"""Every recording in ``replays/`` keeps verifying; the shipped scenarios still live the lives that are recorded."""

import json
from pathlib import Path
from typing import Any

import pytest
from record_replays import REPLAYS, shipped

from troupe_es import Improviser, Scripted, Store, examples
from troupe_es.commands import EDITION
from troupe_es.controller import bundle
from troupe_es.llm import choose, published

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
    reports = list(bundle.verify_bundle(REPLAYS / name))
    for report in reports:
        assert not report.damages
        assert not report.divergences, f"{report.divergences[0]}\nrecord again: {AGAIN}"
        expected = known(REPLAYS / name).get(report.ref.partition("/")[2], [])
        assert [found.seq for found in report.differences] == expected
    assert sum(report.decided for report in reports) > 0


@pytest.mark.parametrize("name", examples.names())
def test_a_shipped_scenario_lives_the_life_that_is_recorded(name: str) -> None:
    expected = json.loads((REPLAYS / name / "expected.json").read_text())["branches"]["main"]["head"]
    with Store(":memory:") as store:
        assert shipped(name, store) == expected, f"record again: {AGAIN}"


def test_a_recording_says_who_answered() -> None:
    for name in examples.names():
        answerers = json.loads((REPLAYS / name / "manifest.json").read_text())["answered_by"]
        [answerer] = [each for each in answerers if not each["model"].startswith("tool:")]
        scripted = (examples.path(name) / "answers.yaml").is_file()
        assert answerer["model"] == (f"scripted:{name}" if scripted else "improviser")
        assert answerer["note"].startswith("answered from a script" if scripted else "made up by rules")


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


def test_one_sentence_turns_a_vote_of_people_played_by_a_local_model() -> None:
    """Counted from the files alone: where each stood when their turn in the last step ended."""
    folder = REPLAYS / "winter-swim-local"
    events = [json.loads(line) for line in (folder / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    votes: dict[str, list[str]] = {"main": [], "advised": []}
    asked: dict[str, list[str]] = {"main": [], "advised": []}
    for event in events:
        payload = json.loads(event["payload"])
        if event["type"] == "turn-ended" and event["step"] == 2:
            votes[event["branch"]].append(payload["mind"]["goals"])
        if event["type"] == "stimulus-given":
            asked[event["branch"]].append(payload["content"])
    assert {branch: len(cast) for branch, cast in votes.items()} == {"main": 3, "advised": 3}
    assert votes["main"].count("I am against it.") > votes["main"].count("I am for it.")
    assert votes["advised"].count("I am for it.") > votes["advised"].count("I am against it.")
    warned, advised = (asked[branch][-1].split(". ") for branch in ("main", "advised"))
    assert [one != other for one, other in zip(warned, advised, strict=True)] == [True, False, False]
    assert {event["step"] for event in events if event["branch"] == "advised"} == {1, 2}
    answered = [event for event in events if event["type"] == "model-answered" and event["branch"] == "advised"]
    assert {event["step"] for event in answered} == {2}, "only what comes after the sentence was asked again"


def test_a_local_recording_says_which_weights_and_settings_answered() -> None:
    [answerer] = json.loads((REPLAYS / "winter-swim-local" / "manifest.json").read_text())["answered_by"]
    [made] = answerer["provenance"]
    assert made["weights"] == published.entry("qwen2.5-coder-1.5b-instruct").sha256
    assert answerer["model"].endswith("@" + made["weights"][:12])
    assert made["engine"].startswith("xllamacpp ")
    assert made["settings"].keys() >= {"temp", "min_p", "dry_multiplier", "context"}
