"""What people and worlds can do: each feature, a test that shows it, and the words of the README that explain it.

    python tests/test_features.py        prints the table

A feature whose test is gone, or which the README no longer tells of, fails here.
"""

import re
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parent.parent


class Feature(NamedTuple):
    """A row: what a user can do, the test that shows it, a phrase of the README."""

    name: str
    test: str
    words: str


AGENT = [
    Feature(
        "persona files, unknown fields kept",
        "agent/test_persona.py::test_a_real_file_loads_unchanged",
        "load unchanged, keep fields nobody knows",
    ),
    Feature(
        "define and read traits by path",
        "agent/test_specification.py::test_a_trait_is_read_and_defined_by_path_and_the_event_has_what_was_there",
        "`sim.define`, `sim.read`",
    ),
    Feature(
        "fragments",
        "agent/test_persona.py::test_every_pair_of_real_files_merges_and_loses_nothing",
        "a fragment that contradicts the persona is refused by name",
    ),
    Feature(
        "relationships",
        "controller/test_networks.py::test_people_are_related_as_their_personas_say",
        "the personas' `relationships`",
    ),
    Feature(
        "minibio",
        "agent/test_specification.py::test_a_minibio_is_written_once_for_a_persona_and_again_when_it_changes",
        "has a short biography written once for each persona",
    ),
    Feature(
        "stimuli of six kinds, images too",
        "controller/test_pictures.py::test_an_image_is_stored_once_for_all_who_see_it_and_stands_after_its_line",
        "CONVERSATION, SOCIAL, LOCATION, VISUAL, THOUGHT, INTERNAL_GOAL_FORMULATION",
    ),
    Feature(
        "perceiving, by the usual words",
        "controller/test_places.py::test_everybody_in_a_world_perceives_thoughts_goals_and_circumstances",
        "`internalize_goal`, `move_to`, `change_context`",
    ),
    Feature(
        "a whole turn in one answer, goals and feelings with it",
        "agent/test_memory.py::test_recall_brings_back_what_is_in_view_no_more_with_its_scores",
        "One answer of a model is a whole turn",
    ),
    Feature(
        "repetition guard",
        "agent/test_guard.py::test_what_happens_is_what_the_plainest_rule_says",
        "ends a turn before an action as similar to the last of its kind",
    ),
    Feature(
        "listen, see or think, and act",
        "controller/test_steering_live.py::test_only_those_named_act_and_the_others_hear_them",
        "`listen_and_act`, `see_and_act`, `think_and_act`",
    ),
    Feature(
        "episodic memory, nothing rewritten",
        "agent/test_memory.py::test_what_a_step_adds_does_not_grow_with_the_life",
        "every N memories of a person become an episode",
    ),
    Feature(
        "consolidation",
        "laws/test_memory.py::test_every_memory_has_a_source_in_its_persons_own_past",
        "Each has an importance and the events it comes from",
    ),
    Feature(
        "semantic memory and recall",
        "laws/test_memory.py::test_recall_returns_nothing_that_its_person_has_not_perceived",
        "RECALL and RECALL_WITH_FULL_SCAN",
    ),
    Feature(
        "reflection",
        "agent/test_memory.py::test_after_so_many_episodes_a_person_reflects_and_insights_name_their_evidence",
        "`reflect: K` draws insights",
    ),
    Feature(
        "action correction",
        "agent/test_correction.py::test_what_falls_short_is_asked_again_with_the_reason_and_the_best_attempt_happens",
        "every attempt, score and reason is an event",
    ),
    Feature(
        "faculties, own ones too",
        "agent/test_faculties.py::test_a_faculty_of_ones_own_is_a_class_registered_by_name",
        '`@register("faculty", NAME)`',
    ),
    Feature(
        "transcripts, simple and full",
        "agent/test_memory.py::test_the_full_transcript_says_what_was_recalled",
        "`troupe transcript REF --full`",
    ),
    Feature(
        "save and load a person, with memory and mind",
        "agent/test_specification.py::test_a_person_is_saved_as_they_stand_and_brought_back_with_what_they_remember",
        "`--save FILE --with memory --with mind`",
    ),
]
WORLD = [
    Feature(
        "people join, leave and are spoken to, together or not",
        "controller/test_places.py::test_a_scenario_lets_people_join_meet_move_and_leave",
        "People join, leave and move between worlds at any time",
    ),
    Feature(
        "steps of simulated time, and time that is skipped",
        "controller/test_places.py::test_skipped_time_passes_and_cannot_pass_the_end_of_time",
        "`skip:` lets time pass",
    ),
    Feature(
        "order: parallel, sequential, only those with something new, a subset",
        "laws/test_worlds.py::test_those_act_whom_something_new_has_reached_and_no_more_than_may",
        "let a step cost what those who act cost",
    ),
    Feature(
        "talk and reach out, gated by access",
        "laws/test_worlds.py::test_everything_that_happens_reaches_exactly_its_audience",
        "words to somebody who cannot be reached are said aloud",
    ),
    Feature(
        "social networks, from files and generators",
        "controller/test_networks.py::test_kinds_of_networks_are_what_they_are_called",
        "Relations are directed or not, named and weighted",
    ),
    Feature(
        "several worlds, one clock",
        "laws/test_worlds.py::test_people_are_where_they_went_and_know_whom_they_met",
        "one clock serves all worlds",
    ),
    Feature(
        "cost by event, person, purpose, model",
        "laws/test_fold.py::test_the_costs_view_agrees_with_a_naive_oracle",
        "calls, tokens and money, paid and recorded",
    ),
]
STEERING = [
    Feature(
        "interventions",
        "laws/test_steering.py::test_what_fires_is_what_should_have",
        "Firing is an event that names its evidence",
    ),
    Feature(
        "stories",
        "steering/test_aside.py::test_a_story_in_the_main_line_is_heard_by_everybody_and_the_run_goes_on_from_it",
        "is told by a model and heard by everybody",
    ),
    Feature(
        "live steering",
        "controller/test_steering_live.py::"
        "test_a_running_life_is_spoken_to_edited_paused_and_resumed_from_other_processes",
        "a running simulation takes it up between two steps",
    ),
    Feature(
        "a human takes part",
        "llm/test_human.py::test_a_human_takes_part_from_another_process",
        "lets you play Ana yourself",
    ),
]
TOOLS = [
    Feature(
        "tools, run once",
        "tools/test_functions.py::test_a_tool_is_called_once_and_its_result_perceived_and_recorded",
        "It is called once; replays take the recorded result",
    ),
    Feature(
        "word processor",
        "test_example_kinds.py::test_a_letter_is_written_twice_and_the_last_one_is_exported",
        "`word-processor` adds WRITE_DOCUMENT",
    ),
    Feature(
        "calendar",
        "agent/test_faculties.py::test_an_appointment_reaches_those_who_attend_and_stands_in_their_calendars",
        "makes and finds appointments in simulated time",
    ),
    Feature(
        "functions and MCP servers",
        "ui/test_tools.py::test_an_mcp_server_is_enabled_by_its_command",
        "adds the tools of an MCP server",
    ),
    Feature(
        "documents",
        "laws/test_tools.py::test_a_document_or_a_tool_cannot_break_out_of_its_line",
        "is shown as data and cannot give orders",
    ),
    Feature(
        "the web, where it is allowed",
        "tools/test_web.py::test_another_address_is_refused_and_nobody_is_asked",
        "for the hosts you name and no others",
    ),
    Feature(
        "code of one's own, told by name and fingerprint",
        "tools/test_code.py::test_missing_code_is_a_finding_of_its_own_and_the_chain_is_intact",
        "says which code is missing or has changed",
    ),
]
FEATURES = [*AGENT, *WORLD, *STEERING, *TOOLS]


@pytest.mark.parametrize("feature", FEATURES, ids=[feature.name for feature in FEATURES])
def test_every_feature_has_a_test_and_the_readme_tells_of_it(feature: Feature) -> None:
    file, _, name = feature.test.partition("::")
    source = (ROOT / "tests" / file).read_text(encoding="utf-8")
    assert re.search(rf"^\s*def {name}\(", source, re.MULTILINE), f"there is no {feature.test}"
    assert feature.words in (ROOT / "README.md").read_text(encoding="utf-8")


def line(words: str) -> int:
    """The line of the README in which ``words`` stand."""
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    return next(number for number, text in enumerate(lines, 1) if words in text)


if __name__ == "__main__":
    print("| feature | test | README |\n|---|---|---|")
    for each in FEATURES:
        print(f"| {each.name} | `{each.test}` | line {line(each.words)} |")
