"""``troupe new``: what it writes runs, and what is there stays."""

from pathlib import Path

import pytest
from ui.conftest import Troupe

from troupe_es.controller import reading


def test_a_new_scenario_runs_and_verifies_as_it_stands(
    troupe: Troupe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    told = troupe("new", "lunch")
    assert "troupe run lunch/scenario.yaml" in told.stdout.replace("\n", " ")
    scenario = reading.load(Path("lunch/scenario.yaml")).scenario
    assert scenario.name == "lunch" and len(scenario.people) == 2
    assert troupe("run", "lunch/scenario.yaml").exit_code == 0
    assert troupe("verify", "lunch").exit_code == 0


def test_what_is_there_already_is_not_touched(troupe: Troupe, tmp_path: Path) -> None:
    (tmp_path / "lunch").mkdir()
    (tmp_path / "lunch" / "scenario.yaml").write_text("mine")
    told = troupe("new", "lunch", "--in", str(tmp_path))
    assert told.exit_code == 2 and "take another name" in told.stderr
    assert (tmp_path / "lunch" / "scenario.yaml").read_text() == "mine"


@pytest.mark.parametrize("name", ["../up", "Lunch", "", "a/b", "-x y"])
def test_a_name_that_is_none_writes_nothing(name: str, troupe: Troupe, tmp_path: Path) -> None:
    assert troupe("new", "--in", str(tmp_path), "--", name).exit_code == 2
    assert list(tmp_path.iterdir()) == []
