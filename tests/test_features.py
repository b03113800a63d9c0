"""What can be done: each feature, a test that shows it, and the words of the README that explain it.

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
CONTROL = [
    Feature(
        "a script is its own recording; nothing is asked twice",
        "laws/test_scripts.py::test_a_script_run_again_asks_nothing_and_ends_in_the_same_head",
        "**A script is a recording.**",
    ),
    Feature(
        "interrupted anywhere, it resumes and pays nothing twice",
        "durability/test_kill.py::test_kills_at_random_instants_cost_nothing_that_was_answered",
        "**Never pay twice.**",
    ),
    Feature(
        "cassettes, a draw in the key",
        "llm/test_cassette.py::test_none_never_asks",
        "the record modes `none`, `once`, `new_episodes` and `all`",
    ),
    Feature(
        "two that ask the same at once pay once, in any number of processes",
        "durability/test_processes.py::test_two_processes_that_ask_the_same_on_two_forks_pay_once",
        "read the store while a run writes it",
    ),
    Feature(
        "providers: OpenAI, Azure, every compatible endpoint, a model of one's own",
        "laws/test_providers.py::test_a_life_verifies_and_is_its_own_recording_whoever_answers",
        "any OpenAI-compatible server: OPENAI_BASE_URL",
    ),
    Feature(
        "different models for people, purposes and branches",
        "agent/test_profiles.py::test_different_models_answer_for_different_people_and_purposes",
        "Different people and purposes can have different models",
    ),
    Feature(
        "a model on this machine",
        "llm/test_local.py::test_a_focus_group_runs_and_verifies_with_the_engine_stopped",
        "the local model that is there; local:PATH takes any GGUF",
    ),
    Feature(
        "answers that fit no schema, are refused, cut off or hostile",
        "faults/test_misbehaving.py::test_content_faults_are_answers_and_the_run_verifies",
        "**Bad answers are normal.**",
    ),
    Feature(
        "faults of the transport are retried and are no facts",
        "faults/test_misbehaving.py::test_transport_faults_are_no_facts",
        "are no facts of the simulated world",
    ),
    Feature(
        "calls in flight adapt to latency and refusals",
        "llm/test_limiter.py::test_the_window_doubles_in_the_time_of_a_call_while_latency_holds",
        "Calls start at 64 in flight, grow while latency holds",
    ),
    Feature(
        "a wrong key, a dead provider",
        "faults/test_commands.py::test_a_dead_provider_ends_with_4_and_resume_goes_on",
        "the run stops with exit code 4 and everything it has",
    ),
    Feature(
        "rules for the parameters of each model",
        "llm/test_rules.py::test_a_reasoning_model_is_asked_without_a_temperature_and_with_room_to_think",
        "reasoning models get room to think",
    ),
    Feature(
        "settings in the scenario, refused by path",
        "test_scenario.py::test_a_mistake_is_named_by_its_path",
        "refused with the path of the field",
    ),
    Feature(
        "a typed question to a model, open to code of one's own",
        "agent/test_typed.py::test_code_of_ones_own_asks_for_a_type_and_its_life_is_replayed_with_no_model",
        "`typed(WORDS, TYPE)` asks a model",
    ),
    Feature(
        "costs before, as a band, and after, paid against recorded",
        "ui/test_cost.py::test_afterwards_what_it_cost_stands_beside_what_was_expected",
        "one run in ten stays below p10",
    ),
    Feature(
        "a budget stops a run before it could cost more",
        "laws/test_models.py::test_a_run_never_spends_more_tokens_than_its_budget",
        "stop a run before it could cost more (exit 3)",
    ),
    Feature(
        "a line and a span for each call",
        "llm/test_telemetry.py::test_spans_follow_the_conventions",
        "it is a span after the conventions for generative AI",
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
        "lets you play one of its people yourself",
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
POPULATIONS = [
    Feature(
        "a person from a description, checked against a schema",
        "factory/test_people.py::test_a_person_is_made_from_a_description_and_the_same_one_again_for_nothing",
        '`store.person("a retired baker who distrusts apps")`',
    ),
    Feature(
        "what a model makes up fits, or is asked for again",
        "factory/test_people.py::test_an_answer_that_does_not_fit_is_asked_for_again_with_the_reason",
        "is checked against a schema and asked for again",
    ),
    Feature(
        "unique names",
        "factory/test_people.py::test_names_are_unique_however_little_a_model_makes_up",
        "nobody gets a name that somebody has",
    ),
    Feature(
        "marginals sampled by quota, seeded, with constraints",
        "factory/test_people.py::test_two_hundred_people_of_a_country_are_within_two_points_on_every_dimension",
        "So the shares are sampled here, by quota, seeded",
    ),
    Feature(
        "joint shares by iterative proportional fitting",
        "factory/test_sampling.py::test_a_joint_table_is_fitted_to_margins_of_its_own",
        "jointly where tables say so (iterative proportional fitting)",
    ),
    Feature(
        "numbers spread evenly within ranges",
        "factory/test_sampling.py::test_a_range_is_filled_evenly",
        "age: {ranges: {under 18: 18%",
    ),
    Feature(
        "what holds for everybody",
        "factory/test_sampling.py::"
        "test_constraints_that_tie_dimensions_together_hold_for_everybody_and_the_shares_still_come_out",
        "Constraints hold for everybody",
    ),
    Feature(
        "achieved against target",
        "factory/test_people.py::"
        "test_the_command_line_makes_a_population_writes_it_and_shows_target_against_achieved",
        "target against achieved is reported",
    ),
    Feature(
        "made all at once, resumed, nothing paid twice",
        "durability/test_population.py::"
        "test_killed_in_the_middle_again_and_again_it_makes_the_same_people_and_pays_nothing_twice",
        "all at once, resumed after a kill with nothing paid twice",
    ),
    Feature(
        "people from tables, by a mapping",
        "factory/test_people.py::test_json_lines_and_parquet_say_the_same_as_csv",
        "become people by a mapping of columns to traits",
    ),
    Feature(
        "folders of persona files",
        "factory/test_people.py::test_people_written_to_a_folder_are_read_back_and_nobody_is_written_over",
        "folders of persona files as they are",
    ),
    Feature(
        "people of a table fleshed out",
        "factory/test_people.py::test_a_scenario_has_people_of_a_table_fleshed_out",
        "flesh_out: true",
    ),
    Feature(
        "profiles without empty facets",
        "profiling/test_profiling.py::test_every_facet_of_real_persona_files_is_filled",
        "A profile has every trait that anybody has",
    ),
    Feature(
        "diversity measures",
        "profiling/test_profiling.py::test_diversity_is_what_the_formulas_say_by_hand",
        "with evenness, Gini–Simpson and likeness",
    ),
    Feature(
        "populations compared",
        "profiling/test_profiling.py::test_two_populations_differ_where_they_do_and_most_where_they_differ_most",
        "how two populations differ",
    ),
    Feature(
        "profiles as pictures",
        "factory/test_people.py::test_pictures_of_a_population_and_of_a_profile_are_drawn",
        "`--picture FILE`",
    ),
    Feature(
        "profiles as a page",
        "factory/test_people.py::"
        "test_a_page_of_a_profile_has_every_trait_its_picture_and_how_another_population_differs",
        "troupe profile people --html people.html",
    ),
    Feature(
        "enrich, style, reword",
        "enrichment/test_rewriting.py::test_the_same_text_at_the_same_event_is_on_record_and_the_run_is_as_it_was",
        "Texts are enriched to requirements, put into a style, or said in other words",
    ),
    Feature(
        "context honoured",
        "enrichment/test_rewriting.py::test_text_context_and_wishes_are_data_and_break_out_of_no_line",
        "what is added draws on the context and does not contradict it",
    ),
]
ASKING = [
    Feature(
        "extraction: typed fields or a pydantic model",
        "extraction/test_laws.py::test_a_pydantic_model_says_what_to_find_and_takes_what_was_found",
        "Extracted values are typed (fields, or a pydantic model in Python)",
    ),
    Feature(
        "extraction: each value with its events",
        "extraction/test_laws.py::test_what_is_extracted_rests_on_what_its_people_perceived_and_leaves_the_run_alone",
        "each names the events it rests on",
    ),
    Feature(
        "extraction: long histories by map and reduce",
        "extraction/test_laws.py::test_values_come_from_the_parts_alone_when_a_history_is_long",
        "long histories are read in parts",
    ),
    Feature(
        "reducer",
        "extraction/test_tables.py::test_rules_by_kind_make_rows_with_the_same_columns",
        "`store.reduce` (rows by kind of action or stimulus)",
    ),
    Feature(
        "reducer from the command line",
        "ui/test_rows.py::test_rules_by_kind_are_the_rows_that_python_gets",
        "troupe rows cold-tea --rule TALK=step,who,content",
    ),
    Feature(
        "reporter, the run as it was",
        "extraction/test_tables.py::"
        "test_a_report_quotes_interviews_findings_interactions_and_tables_under_its_standing_line",
        "troupe report cold-tea --question",
    ),
    Feature(
        "normaliser: at most n labels, in a settled order, once",
        "extraction/test_laws.py::test_every_text_has_a_label_that_exists_and_the_same_texts_cost_nothing_again",
        "`store.normalise` (free text to at most n labels)",
    ),
    Feature(
        "normaliser from the command line",
        "ui/test_rows.py::test_every_text_of_a_column_gets_a_label_and_the_same_again_asks_nobody",
        "troupe label cold-tea answers.csv --column reason",
    ),
    Feature(
        "exporter: eight forms, no program beside it",
        "extraction/test_tables.py::test_every_form_of_a_table_is_read_again_with_its_note",
        "Tables are written as json, jsonl, csv, parquet, xlsx, md, html or docx",
    ),
    Feature(
        "surveys: every type of question",
        "survey/test_questions.py::test_an_answer_that_is_clear_is_taken",
        "free text, yes-no, choice, multiple, likert, numeric, rank, matrix or budget",
    ),
    Feature(
        "surveys: options shuffled by seed, recorded",
        "survey/test_questions.py::"
        "test_every_person_sees_all_options_in_an_order_of_their_own_that_is_always_the_same",
        "shuffled for each person by the seed and recorded",
    ),
    Feature(
        "surveys: what does not fit is asked again",
        "survey/test_survey.py::"
        "test_an_answer_out_of_range_is_asked_again_with_the_reason_and_ends_as_a_row_without_one",
        "an answer that does not fit is asked about again with the reason",
    ),
    Feature(
        "surveys: skip rules",
        "survey/test_questions.py::test_a_rule_compares_earlier_answers_and_nothing_else",
        "when: drinks == 'yes'",
    ),
    Feature(
        "surveys: at any event, aside",
        "survey/test_laws.py::test_a_survey_leaves_the_run_alone_and_gives_a_row_for_everybody_and_everything",
        "everything here happens in a side branch, at any event, also a past one",
    ),
    Feature(
        "surveys: a tidy table, a DataFrame",
        "survey/test_survey.py::test_answers_as_a_table_can_be_given_to_polars",
        "person, question, answer, reason and the event behind it",
    ),
]
EXPERIMENTS = [
    Feature(
        "propositions: a batch in one call, score 0 to 9, at any event",
        "steering/test_aside.py::test_the_same_claims_at_the_same_event_are_on_record_and_leave_the_run_alone",
        "Claims are judged all in one call",
    ),
    Feature(
        "propositions: a precondition",
        "steering/test_aside.py::test_nothing_is_judged_where_what_is_given_does_not_hold",
        "must hold first, or nothing else is judged, and that is said",
    ),
    Feature(
        "propositions: double check",
        "steering/test_aside.py::"
        "test_judged_twice_it_cannot_be_told_where_a_claim_and_its_denial_both_hold_or_neither_does",
        "where both hold, or neither, it cannot be told",
    ),
    Feature(
        "propositions: thirteen standard ones",
        "steering/test_aside.py::test_there_are_thirteen_standard_claims_and_all_can_be_put",
        "thirteen standard ones (`--standard list`)",
    ),
    Feature(
        "randomiser: balanced, seeded, any number",
        "experimentation/test_assignment.py::test_two_options_are_balanced_over_a_thousand_seeds",
        "in an order that is balanced over the replicates by the seed",
    ),
    Feature(
        "randomiser: a test that one that never swaps fails",
        "experimentation/test_assignment.py::test_the_test_of_balance_fails_for_a_randomiser_that_does_not_balance",
        "balanced over the replicates by the seed",
    ),
    Feature(
        "randomiser: blind",
        "experimentation/test_runner.py::test_options_are_shown_blind_in_balanced_orders_and_answers_are_unblinded",
        "as A, B, … with `blind: true`",
    ),
    Feature(
        "arms × replicates from a prefix that is paid once",
        "experimentation/test_runner.py::test_three_arms_of_ten_replicates_pay_the_prefix_once_and_every_suffix_once",
        "The shared prefix is paid once",
    ),
    Feature(
        "experiments: resumed, nothing paid twice",
        "experimentation/test_kill.py::test_a_killed_experiment_goes_on_and_pays_nothing_twice",
        "Stopped or killed, the same command goes on and pays nothing twice",
    ),
    Feature(
        "experiments: outcomes of every kind",
        "experimentation/test_runner.py::"
        "test_an_outcome_is_what_was_said_judged_extracted_answered_or_code_of_ones_own",
        "Outcomes are counted, searched for, judged, extracted, asked in a survey",
    ),
    Feature(
        "experiments: estimated before",
        "controller/test_estimate.py::"
        "test_an_experiment_is_the_prefix_once_and_every_replicate_with_what_is_asked_at_its_end",
        "`troupe experiment --dry-run` lists the calls with their price",
    ),
    Feature(
        "statistics: those of scipy and of R",
        "statistics/test_published.py::test_the_paired_t_test_of_the_sleep_data_is_that_of_r",
        "Welch, paired and rank tests, ANOVA, chi², Fisher",
    ),
    Feature(
        "statistics: checks of what a test assumes",
        "statistics/test_words.py::test_the_recommendation_follows_from_its_checks",
        "a test chosen with its reason",
    ),
    Feature(
        "statistics: equivalence",
        "statistics/test_agreement.py::test_equivalence_is_the_worse_of_two_one_sided_tests",
        "equivalence (TOST)",
    ),
    Feature(
        "statistics: bootstrap intervals",
        "statistics/test_agreement.py::test_the_bootstrap_interval_covers_as_often_as_it_says",
        "effect sizes with bootstrap intervals",
    ),
    Feature(
        "statistics: corrections",
        "statistics/test_agreement.py::test_corrections_are_those_written_out",
        "Holm and Benjamini–Hochberg",
    ),
    Feature(
        "statistics: power and sample size",
        "statistics/test_agreement.py::test_power_is_the_share_of_experiments_that_find_the_effect",
        "power and sample sizes",
    ),
    Feature(
        "statistics: clustered by replicate",
        "statistics/test_words.py::test_the_unit_is_said_and_utterances_are_summed_up_first",
        "the unit of analysis is the replicate, not the utterance",
    ),
    Feature(
        "statistics: words instead of NaN",
        "statistics/test_laws.py::test_no_two_samples_give_nan_or_a_warning",
        "says why instead of NaN",
    ),
    Feature(
        "robustness audit",
        "experimentation/test_audit.py::test_an_audit_varies_draws_words_order_and_models_and_the_second_is_free",
        "says how far each outcome moves and what that permits one to conclude",
    ),
    Feature(
        "person validator",
        "validation/test_wiring.py::test_a_person_is_interviewed_aside_and_scored_from_0_to_1_with_reasons",
        "a score from 0 to 1, with reasons",
    ),
    Feature(
        "distances of distributions",
        "validation/test_measures.py::test_distances_of_numbers_are_those_of_scipy",
        "Kolmogorov–Smirnov, Wasserstein, total variation, Jensen–Shannon",
    ),
    Feature(
        "rank measures",
        "validation/test_measures.py::test_borda_scores_and_kendalls_tau_are_their_definitions",
        "ranks (Kendall, Borda) and first choices",
    ),
    Feature(
        "calibration",
        "validation/test_measures.py::test_calibration_bands_are_quantiles_of_the_real_answers",
        "calibration, differences of means",
    ),
    Feature(
        "intervals",
        "validation/test_measures.py::test_intervals_hold_the_measure_of_the_population",
        "each with its interval",
    ),
    Feature(
        "subgroups",
        "validation/test_verdicts.py::test_each_subgroup_is_compared_by_itself",
        "also by subgroup",
    ),
    Feature(
        "variance collapse is called out",
        "validation/test_gazpacho.py::test_a_narrow_simulation_is_a_variance_collapse_and_no_good_match",
        "are called a *variance collapse*, however near their mean",
    ),
    Feature(
        "predictions sealed before the truth",
        "validation/test_wiring.py::test_the_report_says_which_order_the_log_shows",
        "whether the log has the seal before the truth",
    ),
]
PEOPLES = [
    Feature(
        "time travel: scrub, play, filter, a moment is a link",
        "web/test_browser.py::test_a_moment_is_a_link",
        "The address always names the moment",
    ),
    Feature(
        "100 000 events without a stutter",
        "web/test_browser.py::test_any_event_is_sought_within_half_a_second",
        "**Timeline** is the time machine",
    ),
    Feature(
        "state, cause and effect at an event",
        "service/test_seen.py::test_an_event_stands_on_one_page_whatever_branch_it_was_written_in",
        "what led there with its scores",
    ),
    Feature(
        "branch from a page, price first",
        "web/test_pages_doing.py::test_what_is_left_of_a_life_is_rehearsed_as_it_was_lived",
        "its price rehearsed from that event on",
    ),
    Feature(
        "surveys and experiments from the pages",
        "web/test_pages_doing.py::test_an_experiment_is_run_from_its_page_its_price_first",
        "run a scenario's experiment, each with its price first",
    ),
    Feature(
        "HTTP service with a contract",
        "service/test_contract.py::test_no_route_fails_or_answers_what_it_does_not_say",
        "`schema/openapi.json` is the contract",
    ),
    Feature(
        "a stream that resumes exactly",
        "service/test_follow.py::test_twenty_who_listen_to_a_life_miss_nothing_and_hear_nothing_twice",
        "Last-Event-ID resumes exactly",
    ),
    Feature(
        "a life survives the service",
        "service/test_process.py::test_a_life_that_was_killed_with_the_service_goes_on_to_the_same_head",
        "`resume` goes on to the same head",
    ),
    Feature(
        "notebook",
        "ui/test_notebook.py::test_each_thing_is_shown_with_what_it_says",
        "%load_ext troupe_es.ui.notebook",
    ),
    Feature(
        "chat with a person at any event",
        "ui/test_notebook.py::test_a_chat_asks_aside_and_leaves_the_run_alone",
        "asks her at that event, in side branches",
    ),
    Feature(
        "the command line",
        "ui/test_docs.py::test_every_command_stands_in_the_readme",
        "Every command takes `--store FILE`",
    ),
    Feature(
        "a person's data is taken out",
        "controller/test_redact.py::test_nothing_is_left_of_the_words_and_nothing_else_is_changed",
        "Somebody wants their data deleted?",
    ),
]

FEATURES = [*AGENT, *WORLD, *CONTROL, *POPULATIONS, *STEERING, *ASKING, *EXPERIMENTS, *TOOLS, *PEOPLES]


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
