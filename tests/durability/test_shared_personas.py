"""A scenario with persona files and fragments of the field, against a real server; then verified without one."""

import os
from pathlib import Path

import pytest
import yaml
from servers.loopback import Loopback

from troupe_es import Store
from troupe_es.controller import reading
from troupe_es.events.types import PersonAdded

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "personas"
PEOPLE, STEPS = ("Lila", "Lisa", "Marcos", "Oscar"), 3

pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason="the shared personas are not here")


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    """A scenario file that names four persona files and two fragments by relative paths."""
    here = Path(os.path.relpath(SHARED, tmp_path))
    fragments = {
        "Lisa": ["travel_enthusiast.agent.fragment.json"],
        "Oscar": ["aggressive_debater.fragment.json"],
    }
    people = [
        {
            "file": str(here / "agents" / f"{name}.agent.json"),
            "fragments": [str(here / "fragments" / file) for file in fragments.get(name, [])],
            "prefer": "persona",
        }
        for name in PEOPLE
    ]
    content = {
        "troupe": 1,
        "name": "long-weekend",
        "worlds": [{"name": "Platform 4"}],
        "people": people,
        "program": [{"broadcast": "The train is two hours late. What now?", "speaker": "Guard"}, {"run": STEPS}],
    }
    file = tmp_path / "long-weekend.yaml"
    file.write_text(yaml.safe_dump(content))
    return file


def test_a_run_with_the_shared_personas_verifies_when_the_server_is_gone(
    scenario: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "store.db"
    loaded = reading.load(scenario)
    with Loopback(count_file=tmp_path / "count") as server, monkeypatch.context() as environment:
        environment.setenv("TROUPE_BASE_URL", server.url)
        with Store(path) as store:
            lived = store.play(loaded.scenario, model="openai:tester")
            added = [event.body for event in lived.events() if isinstance(event.body, PersonAdded)]
        assert len(server.calls) == len(PEOPLE) * STEPS
    with Store(path) as store:
        report = store.verify("long-weekend")
        again = store.play(loaded.scenario, model="openai:tester")
    assert (report.holds, report.head, report.events) == (True, lived.head, lived.seq)
    assert report.answers == len(PEOPLE) * STEPS
    assert again.head == lived.head
    assert len((tmp_path / "count").read_text().splitlines()) == len(PEOPLE) * STEPS
    assert [bool(body.fragments) for body in added] == [False, True, False, True]
