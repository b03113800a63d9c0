"""Interventions and stories in scenario files: what they come to, and mistakes by their path; the same by hand."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from troupe_es import Store
from troupe_es import scenario as scenarios
from troupe_es.errors import BadScenario
from troupe_es.ui.cli import main

BELL = {"name": "bell", "when": {"step": {"at": 1}}, "do": [{"broadcast": "Time!"}]}
TEXT = """
troupe: 1
name: kettle
model: improviser
seed: 3
worlds: [{name: Kitchen}, {name: Garden}]
people:
  - {persona: {name: Ana Reyes}, world: Kitchen}
  - {persona: {name: Bo Lind}, world: Garden}
interventions:
  - name: bell
    when: {step: {at: 1}}
    do:
      - broadcast: Time for tea.
        speaker: Bell
  - name: outside
    each: everyone
    when: {step: {since: 1}, claim: {claim: "{{name}} talked about tea.", least: 3}}
    do:
      - move: {who: "{{target}}", to: Garden}
      - set: {path: "people.{{target}}.mood", value: calm}
program:
  - story: {requirements: a kettle that never boils}
  - run: 2
  - call_off: outside
  - intervene:
      name: enough
      when: {any: [{said: {pattern: "zebra|okapi", by: [Ana Reyes]}}, {step: {since: 3}}]}
      do: [{add: {persona: {name: Cy Young}, world: Kitchen}}, {stop: true}]
  - run: 5
"""


def content(**more: Any) -> dict[str, Any]:
    base = {
        "troupe": 1,
        "name": "x",
        "worlds": [{"name": "Kitchen"}],
        "people": [{"persona": {"name": "Ana Reyes"}}],
    }
    return {**base, **more}


def test_a_scenario_with_interventions_and_a_story_lives_verifies_and_is_its_own_recording() -> None:
    script = scenarios.parse(TEXT, "kettle.yaml")
    with Store(":memory:") as store:
        sim = store.play(script)
        kinds = [event.body.type for event in sim.events()]
        assert kinds.index("intervention-added") < kinds.index("story-requested")
        assert kinds.count("stimulus-caused") == 4  # the story and the bell, in each of two worlds
        assert "person-coming-caused" in kinds
        assert sim.state.step == 3
        assert kinds[-1] == "run-ended"
        assert store.verify("kettle").holds
        assert store.play(script).head == sim.head
        assert scenarios.parse(scenarios.dumps(script), "again") == script


@pytest.mark.parametrize(
    ("more", "path"),
    [
        ({"interventions": [{**BELL, "when": {}}]}, "interventions[0].when: a condition needs"),
        ({"interventions": [{**BELL, "when": {"stpe": 1}}]}, "interventions[0].when.stpe: no such field"),
        ({"interventions": [{**BELL, "whem": 1}]}, "interventions[0].whem: no such field; did you mean 'when'?"),
        ({"interventions": [{**BELL, "do": []}]}, "interventions[0].do: "),
        ({"interventions": [{**BELL, "do": [{"shout": "x"}]}]}, "interventions[0].do[0]: needs one of broadcast"),
        (
            {"interventions": [{**BELL, "do": [{"say": "x", "to": ["Anna Reyes"]}]}]},
            "interventions[0].do[0].to[0]: no",
        ),
        (
            {"interventions": [{**BELL, "do": [{"remove": "{{target}}"}]}]},
            "interventions[0].do[0].remove: '{{target}}'",
        ),
        ({"interventions": [{**BELL, "do": [{"broadcast": "x", "world": "Attic"}]}]}, "interventions[0].do[0].world"),
        (
            {"interventions": [{**BELL, "do": [{"add": {"file": "cy.json"}}]}]},
            "interventions[0].do[0].add: an effect",
        ),
        ({"interventions": [{**BELL, "each": ["Zed"]}]}, "interventions[0].each[0]: no person is named 'Zed'"),
        (
            {"interventions": [{**BELL, "when": {"any": [{"said": {"pattern": "(a+)+"}}]}}]},
            "interventions[0].when: the pattern '(a+)+' cannot be used",
        ),
        (
            {"interventions": [{**BELL, "when": {"all": [{"talked": {"least": 1, "by": ["Zed"]}}]}}]},
            "interventions[0].when.all[0].talked.by[0]: no person",
        ),
        ({"interventions": [BELL, BELL]}, "interventions[1].name: an intervention 'bell' is there already"),
        ({"interventions": [BELL], "program": [{"intervene": BELL}]}, "program[0].intervene.name: an intervention"),
        ({"program": [{"intervene": {**BELL, "once": "no"}}]}, "program[0].intervene.once"),
        ({"program": [{"call_off": "bell"}]}, "program[0].call_off: no intervention is named 'bell'"),
        (
            {"program": [{"story": {"wrold": "Kitchen"}}]},
            "program[0].story.wrold: no such field; did you mean 'world'?",
        ),
        ({"program": [{"story": {"world": "Attic"}}]}, "program[0].story.world: no world is named 'Attic'"),
    ],
)
def test_a_mistake_is_named_by_its_path(more: dict[str, Any], path: str) -> None:
    with pytest.raises(BadScenario) as error:
        scenarios.model_of(content(**more), "x.yaml")
    assert f"x.yaml: {path}" in str(error.value)


@pytest.fixture
def troupe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TROUPE_STORE", raising=False)
    Path("kettle.yaml").write_text(TEXT)
    result = CliRunner().invoke(main, ["run", "kettle.yaml"])
    assert result.exit_code == 0, result.output
    return lambda *words: CliRunner().invoke(main, list(words))


def test_claims_are_checked_from_the_command_line(troupe: Callable[..., Result]) -> None:
    shown = troupe("check", "kettle@step:1", "--claim", "{{name}} talked about tea.", "--person", "Ana")
    assert shown.exit_code == 0
    assert "Ana Reyes talked about tea." in shown.stdout
    assert "asked now" in shown.stdout
    again = troupe("check", "kettle@step:1", "--claim", "{{name}} talked about tea.", "--person", "Ana")
    assert "from the record, 0 calls" in again.stdout
    assert '"holds"' in troupe("check", "kettle", "--standard", "fluency", "--person", "Bo", "--json").stdout
    listed = troupe("check", "kettle", "--standard", "list")
    assert listed.stdout.count("\n    ") == 13
    assert troupe("check", "kettle", "--claim", "Zebras dance.", "--exit-code").exit_code == 1
    assert troupe("check", "kettle").exit_code == 2
    assert troupe("check", "kettle", "--standard", "kindness").exit_code == 2


def test_stories_are_told_from_the_command_line(troupe: Callable[..., Result]) -> None:
    told = troupe("story", "kettle@step:1", "--continue", "--requirements", "a storm")
    assert told.exit_code == 0
    assert "a storm" in " ".join(told.stdout.split())
    assert (
        "from the record, 0 calls"
        in troupe("story", "kettle@step:1", "--continue", "--requirements", "a storm").stdout
    )


def test_a_fork_may_begin_with_an_intervention_and_a_dry_run_counts_its_calls(troupe: Callable[..., Result]) -> None:
    Path("edit.yaml").write_text("- intervene: {name: late, when: {step: {at: 2}}, do: [{stop: true}]}\n")
    lived = troupe("branch", "kettle@step:1", "--name", "late", "--edit", "edit.yaml", "--run")
    assert lived.exit_code == 0, lived.output
    assert "intervention-fired" in troupe("log", "kettle/late").stdout
    assert troupe("verify", "kettle/late").exit_code == 0
    assert "judging" in troupe("run", "kettle.yaml", "--name", "other", "--dry-run").stdout
