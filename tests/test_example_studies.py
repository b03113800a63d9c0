"""The examples that find something out: experiments, polls, extractions, rows; what each is there to show."""

import csv
import json
import re
import shlex
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import permutations
from pathlib import Path

import pytest
from record_replays import REPLAYS, script
from ui.conftest import Troupe, call

from troupe_es import Scripted, Store, examples
from troupe_es.controller import bundle, reading
from troupe_es.controller.exporting import Table, export
from troupe_es.events import types
from troupe_es.experimentation import Audit, Findings, audit, compare, experiment
from troupe_es.llm import Model, scriptfile
from troupe_es.scenario import Scenario

STUDIES = ["attic-flat", "crooked-carrots", "late-books", "night-bus", "repair-cafe"]
EXPERIMENTS = ["crooked-carrots", "late-books"]
WRITTEN = ["attic-flat", "crooked-carrots", "late-books"]
"""Those whose answers were written in advance; in the others the improviser answers."""

SYNTHETIC = "Synthetic answers of model improviser, not people."

every = pytest.mark.parametrize("name", STUDIES)


@pytest.fixture
def troupe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Troupe:
    """``troupe`` in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TROUPE_STORE", raising=False)
    return call


@cache
def scenario(name: str) -> Scenario:
    return reading.load(examples.path(name) / "scenario.yaml").scenario


def bring(store: Store, name: str) -> None:
    """Put the recording of an example into a store, and what was lived beside it."""
    for folder in sorted(REPLAYS.glob(f"{name}*")):
        bundle.import_(store.log, folder)


@pytest.fixture
def recorded(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A store with the recording of the example that a test names, in which nobody can be asked."""
    with Store(tmp_path / "recorded.db", record="none") as store:
        bring(store, request.param)
        yield store


of = pytest.mark.parametrize


def study(store: Store, name: str, model: Model | None = None) -> None:
    """Do from the scenario file all that a user would."""
    script, model = scenario(name), model or examples.model(name)
    if script.experiment is None:
        store.play(script, model=model)
    else:
        (audit if script.experiment.audit else experiment)(store, script, model=model)


def heads(store: Store, name: str) -> dict[str, str]:
    """Where every branch ends, arms and side branches too."""
    return {branch.name: store.log.head(branch).hash.hex() for branch in store.log.branches(name)}


@every
def test_the_python_file_finds_out_the_same_as_the_scenario_file_branch_by_branch(name: str) -> None:
    with Store(":memory:") as one, Store(":memory:") as other:
        study(one, name)
        script(name).live(other)
        script(name).ask_on(other)
        assert heads(one, name) == heads(other, name)
        assert len(heads(one, name)) > 1


@every
def test_the_python_file_goes_over_the_whole_recording_and_asks_nobody(name: str, tmp_path: Path) -> None:
    with Store(tmp_path / "a.db", record="none") as store:
        bring(store, name)
        before = heads(store, name)
        assert script(name).live(store).paid == 0
        script(name).ask_on(store)
        assert heads(store, name) == before


@pytest.mark.parametrize("name", WRITTEN)
def test_every_answer_and_every_rule_that_was_written_is_used(name: str) -> None:
    file = examples.path(name) / "answers.yaml"
    model, written = Scripted.from_file(file), scriptfile.read(file).answers
    with Store(":memory:") as store:
        study(store, name, model)
    assert model.note.startswith("Written in advance") and "nobody's real opinions" in model.note
    asked = list(zip(model.calls, model.draws, strict=True))
    ruled = [(call, draw) for call, draw in asked if call.address not in written]
    used = {next(n for n, rule in enumerate(model.rules) if rule.of(*each) is not None) for each in ruled}
    assert used == set(range(len(model.rules)))
    assert set(written) <= {call.address for call, _ in asked}


@every
def test_the_hints_in_a_scenario_work_on_its_recording_in_its_folder(
    name: str, troupe: Troupe, tmp_path: Path
) -> None:
    shutil.copytree(examples.path(name), tmp_path, dirs_exist_ok=True)
    for folder in sorted(REPLAYS.glob(f"{name}*")):
        assert troupe("import", str(folder)).exit_code == 0
    lines = re.findall(r"^#   troupe (.+)$", (tmp_path / "scenario.yaml").read_text(encoding="utf-8"), re.MULTILINE)
    assert lines
    for line in lines:
        if "--model M" not in line:
            done = troupe(*shlex.split(line))
            assert done.exit_code == 0, (line, done.output)


@every
def test_the_demo_plays_a_study_with_all_it_finds_out_and_says_what_to_try_next(name: str, troupe: Troupe) -> None:
    played = json.loads(troupe("demo", name, "--json").stdout)
    expected = json.loads((REPLAYS / name / "expected.json").read_text())["branches"]
    assert played["verified"] and played["head"] == expected["main"]["head"]
    assert played["branches"] == len(expected) - 1
    assert ("experiment" in played) == (name in EXPERIMENTS) and ("asked" in played) != (name in EXPERIMENTS)
    for line in played["next"]:
        done = troupe(*shlex.split(line)[1:])
        assert done.exit_code == 0, (line, done.output)


# ad evaluation


def carrots(store: Store) -> Findings:
    found = script("crooked-carrots").ask_on(store)
    assert isinstance(found, Findings)
    return found


def answered(store: Store, ref: str) -> dict[str, str]:
    """What each person answered to the first question that was asked aside from a branch."""
    name = ref.partition("@")[0]
    arm = store.log.branch(*name.split("/"))
    [first] = [
        branch
        for branch in store.log.branches(arm.simulation, ("ask",))
        if branch.parent == arm.id
        and any(
            isinstance(event.body, types.SurveyGiven) and event.body.questions[0].id == "clicks"
            for event in store.log.events(branch, branch.fork_seq + 1)
        )
    ]
    bodies = [(e.actor, e.body) for e in store.log.events(first, first.fork_seq + 1)]
    return {str(who): body.answer for who, body in bodies if isinstance(body, types.SurveyAnswered)}


@of("recorded", ["crooked-carrots"], indirect=True)
def test_every_order_of_the_advertisements_is_shown_once_in_each_arm(recorded: Store) -> None:
    rows = [row for row in carrots(recorded).rows if row.outcome == "clicked"]
    shown = {arm: [row.order for row in rows if row.arm == arm] for arm in ("bare", "priced")}
    assert sorted(shown["bare"]) == sorted(permutations(["uncle", "waste", "thrift"]))
    assert shown["priced"] == shown["bare"], "replicates of one number show them alike in both arms"


@of("recorded", ["crooked-carrots"], indirect=True)
def test_people_see_letters_and_the_table_has_the_names(recorded: Store) -> None:
    found, texts = carrots(recorded), script("crooked-carrots").DESIGN["options"]
    letters: dict[str, Counter[str]] = {}
    for row in found.rows:
        if row.outcome == "clicked":
            [seen] = [
                event.body.content
                for event in recorded.log.events(recorded.log.branch(*row.ref.partition("@")[0].split("/")))
                if isinstance(event.body, types.StimulusGiven) and "Option A" in event.body.content
            ]
            blocks = [f"Option {letter}: {texts[each]}" for letter, each in zip("ABC", row.order, strict=True)]
            assert seen.endswith("\n\n".join(blocks))
            assert not any(f"{each}:" in seen for each in texts)
            answers = answered(recorded, row.ref)
            clicked = Counter(row.order["ABC".index(answer[-1])] for answer in answers.values())
            assert row.value == clicked.most_common(1)[0][0]
            letters.setdefault(row.arm, Counter())[answers["hedda-brun"]] += 1
    assert {arm: set(counts) for arm, counts in letters.items()} == {
        "bare": {"Option A", "Option B", "Option C"},
        "priced": {"Option A", "Option B", "Option C"},
    }, "Hedda always means the same advertisement, under whatever letter it comes"


@of("recorded", ["crooked-carrots"], indirect=True)
def test_whoever_clicks_on_what_stands_first_favours_no_advertisement(recorded: Store) -> None:
    rows = [row for row in carrots(recorded).rows if (row.outcome, row.arm) == ("clicked", "bare")]
    picked = Counter(row.order["ABC".index(answered(recorded, row.ref)["piet-okoro"][-1])] for row in rows)
    assert picked == {"uncle": 2, "waste": 2, "thrift": 2}


@of("recorded", ["crooked-carrots"], indirect=True)
def test_the_price_changes_which_advertisement_wins_and_how_many_would_order(recorded: Store) -> None:
    found = carrots(recorded)
    assert Counter(found.values("clicked")["bare"]) == {"uncle": 6}
    assert Counter(found.values("clicked")["priced"]) == {"thrift": 5, "uncle": 1}
    clicked, order = compare(found)
    assert (
        "Fisher's exact test of bare (n = 6) and priced (n = 6), where n counts replicates" in clicked.test.sentence()
    )
    assert clicked.test.p is not None and clicked.test.p < 0.05 and order.test.p is not None
    assert found.note == "Synthetic answers of model scripted:crooked-carrots, not people."


# robustness audit


def audited(store: Store) -> Audit:
    found = script("late-books").ask_on(store)
    assert isinstance(found, Audit)
    return found


def moved(found: Audit, outcome: str) -> Mapping[tuple[str, str], float | None]:
    return {(each.arm, each.variation): each.moved for each in found.movements if each.outcome == outcome}


@of("recorded", ["late-books"], indirect=True)
def test_an_audit_tells_the_finding_that_holds_from_the_one_that_is_an_order_of_options(recorded: Store) -> None:
    found = audited(recorded)
    assert list(found.variations) == ["other draws", "other words", "other order of options"]
    days = {arm: set(values) for arm, values in found.findings.values("day").items()}
    assert days == {"plain": {"Tuesday evening"}, "neighbours": {"Saturday morning"}}, "what one would have found"
    assert {key for key, by in moved(found, "day").items() if by} == {("neighbours", "other order of options")}
    assert "do not conclude that the arms differ in it" in found.conclusions["day"]
    most = max(abs(by) for by in moved(found, "brings it back").values() if by is not None)
    assert 0 < most < 0.2
    assert "it does not hang on what was varied" in found.conclusions["brings it back"]
    assert all("still says nothing of people" in said for said in found.conclusions.values())


@of("recorded", ["late-books"], indirect=True)
def test_the_words_were_put_differently_and_say_the_same(recorded: Store) -> None:
    audited(recorded)
    [old], [new] = (
        [
            event.body.content
            for event in recorded.log.events(recorded.log.branch("late-books", branch))
            if isinstance(event.body, types.StimulusGiven) and event.body.speaker == "The card"
        ]
        for branch in ("note-neighbours-1", "note-words-neighbours-1")
    )
    assert "Nine of ten people in your street" in old and "nine out of ten" in new and old != new
    assert any(each.name == "late-books.wording" for each in recorded.log.simulations())


def test_a_scenario_says_itself_that_its_experiment_is_audited(troupe: Troupe) -> None:
    for folder in sorted(REPLAYS.glob("late-books*")):
        assert troupe("import", str(folder)).exit_code == 0
    file = str(examples.path("late-books") / "scenario.yaml")
    told = troupe("experiment", file).stdout
    assert "Robustness: 3 variations, how far each outcome moves" in told
    assert "answers  0 asked for now, for all of it" in told
    assert re.search(r"day +neighbours +Saturday morning 3 +other order of options +\+1\n", told)
    assert "for the audit" in troupe("experiment", file, "--dry-run", "--model", "improviser").stdout


# opinion poll


@of("recorded", ["night-bus"], indirect=True)
def test_a_poll_skips_questions_and_asks_nobody_who_is_skipped(recorded: Store) -> None:
    taken = script("night-bus").ask_on(recorded)
    rides = taken.answers("rides")
    assert set(rides.values()) == {"yes", "no"} and len(rides) == 8
    assert set(taken.answers("last")) == {who for who, answer in rides.items() if answer == "yes"}
    assert set(taken.answers("without")) == {who for who, answer in rides.items() if answer == "no"}
    skipped = [row for row in taken.rows if row.status == "skipped"]
    assert len(skipped) == 8 and {row.question for row in skipped} == {"last", "without"}
    side = recorded.log.branch(*taken.ref.partition("@")[0].split("/"))
    asked = [e for e in recorded.log.events(side, side.fork_seq + 1) if isinstance(e.body, types.ModelAnswered)]
    assert len(asked) == len(taken.rows) - len(skipped)


@of("recorded", ["night-bus"], indirect=True)
def test_a_poll_has_many_kinds_of_question_each_answered_within_its_limits(recorded: Store) -> None:
    taken = script("night-bus").ask_on(recorded)
    kinds = {question.id: question for question in taken.questions}
    assert {each.kind for each in kinds.values()} == {"yes-no", "number", "multiple", "likert", "rank", "choice"}
    assert all(18 <= hour <= 24 and hour == int(hour) for hour in taken.answers("last").values())
    assert all(1 <= len(ticked) <= 2 for ticked in taken.answers("without").values())
    assert all(sorted(ranked) == sorted(kinds["first"].options) for ranked in taken.answers("first").values())
    side = recorded.log.branch(*taken.ref.partition("@")[0].split("/"))
    orders: dict[str, set[tuple[str, ...]]] = {}
    for event in recorded.log.events(side, side.fork_seq + 1):
        if isinstance(event.body, types.SurveyAnswered):
            orders.setdefault(event.body.question, set()).add(tuple(event.body.order))
    assert len(orders["vote"]) > 1 and len(orders["fair"]) == 1, "options are shuffled, a scale is not"


@of("recorded", ["night-bus"], indirect=True)
def test_the_people_of_a_poll_have_the_shares_that_were_set_and_live_on_unasked(recorded: Store) -> None:
    ages = ["18-34", "35-64", "65+"]
    assert Counter(recorded.groups("night-bus", "age", ages).values()) == {"18-34": 2, "35-64": 4, "65+": 2}
    for path in ("gender", "residence"):
        assert sorted(Counter(recorded.groups("night-bus", path).values()).values()) == [4, 4]
    main = list(recorded.log.events(recorded.log.branch("night-bus")))
    assert not any(isinstance(event.body, types.SurveyGiven | types.SurveyAnswered) for event in main)


def test_a_poll_is_told_by_subgroup(troupe: Troupe) -> None:
    assert troupe("import", str(REPLAYS / "night-bus")).exit_code == 0
    poll = str(examples.path("night-bus") / "poll.yaml")
    words = ("survey", "night-bus", poll, "--by", "residence", "--by", "age=18-34,35-64,65+")
    told = json.loads(troupe(*words, "--json").stdout)
    assert told["recorded"] and told["note"] == SYNTHETIC
    for path, groups in (("residence", ["harbour", "hillside"]), ("age", ["18-34", "35-64", "65+"])):
        votes = [each for each in told["by"][path] if each["question"] == "vote"]
        assert [each["group"] for each in votes] == groups
        assert sum(each["n"] for each in votes) == 8 == sum(sum(each["counts"].values()) for each in votes)
    assert re.search(r"vote +18-34 +2 ", troupe(*words).stdout)
    refused = troupe("survey", "night-bus", poll, "--by", "shoe size")
    assert refused.exit_code == 2 and "nobody has a trait 'shoe size'" in refused.stderr


# synthetic data


@of("recorded", ["repair-cafe"], indirect=True)
def test_every_row_that_is_exported_says_that_it_is_synthetic(recorded: Store, tmp_path: Path) -> None:
    forms, talk = script("repair-cafe").write(recorded, tmp_path)
    with forms.open(newline="", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    said = [json.loads(line) for line in talk.read_text(encoding="utf-8").splitlines()]
    assert len(rows) == 6 and said
    assert {row["source"] for row in [*rows, *said]} == {SYNTHETIC}
    people = recorded.at("repair-cafe").people
    assert [row["person"] for row in rows] == list(people)
    assert {each["who"] for each in said} <= {person.name for person in people.values()}
    for row in rows:
        assert 18 <= int(row["age"]) <= 88 and row["occupation.title"] and 0 <= int(row["years"]) <= 60
        assert (row["with"] == "") == (row["tried"] == "no")
    assert {row["tried"] for row in rows} == {"yes", "no"}


@of("recorded", ["repair-cafe"], indirect=True)
def test_the_command_writes_the_rows_that_python_writes(recorded: Store, troupe: Troupe, tmp_path: Path) -> None:
    [forms, _] = script("repair-cafe").write(recorded, tmp_path)
    recorded.close()
    intake, out = str(examples.path("repair-cafe") / "intake.yaml"), tmp_path / "again.csv"
    words = ("survey", "repair-cafe", intake, "--wide", "--with", "age", "--with", "occupation.title")
    assert troupe(*words, "--out", str(out), "--store", str(tmp_path / "recorded.db")).exit_code == 0
    assert out.read_bytes() == forms.read_bytes()


@of("recorded", ["repair-cafe"], indirect=True)
@of("form", ["csv", "jsonl", "json", "md", "html"])
def test_no_form_of_export_loses_the_line(recorded: Store, form: str, tmp_path: Path) -> None:
    taken = script("repair-cafe").ask_on(recorded)
    file = export(Table(taken.wide(), taken.title, taken.note), tmp_path / f"forms.{form}")
    assert SYNTHETIC in file.read_text(encoding="utf-8")


# apartment advertisement


@of("recorded", ["attic-flat"], indirect=True)
def test_what_is_extracted_of_a_person_rests_on_that_persons_own_words(recorded: Store) -> None:
    events = {event.seq: event for event in recorded.log.events(recorded.log.branch("attic-flat"))}
    view = {}
    for who, found in zip(
        ("lieke-sand", "henrik-aaby", "mira-osei"), script("attic-flat").ask_on(recorded), strict=True
    ):
        assert found.failed is None and found.about
        for field, seqs in found.evidence().items():
            assert (found.row()[field] is None) == (not seqs)
            for seq in seqs:
                assert events[seq].actor == who and isinstance(events[seq].body, types.ActionTaken)
        view[who] = found.row()["view"]
    assert view == {"lieke-sand": "yes", "henrik-aaby": "no", "mira-osei": "if"}


@of("recorded", ["attic-flat"], indirect=True)
def test_what_nobody_said_has_no_value_and_no_evidence(recorded: Store) -> None:
    _, henrik, _ = script("attic-flat").ask_on(recorded)
    assert henrik.row()["ask_first"] is None and henrik.evidence()["ask_first"] == []


@of("recorded", ["attic-flat"], indirect=True)
def test_the_people_who_read_the_advertisement_are_the_rows_of_the_table(recorded: Store) -> None:
    with (examples.path("attic-flat") / "people.csv").open(newline="", encoding="utf-8") as lines:
        rows = {row["Name"]: row for row in csv.DictReader(lines)}
    traits = recorded.traits("attic-flat", ["age", "occupation.title", "residence", "looking_for"])
    people = recorded.at("attic-flat").people
    assert {person.name for person in people.values()} == set(rows)
    for person in people.values():
        assert list(map(str, traits[person.id].values())) == list(rows[person.name].values())[1:]


def test_a_table_of_values_says_of_whom_they_are(troupe: Troupe) -> None:
    told = troupe("demo", "attic-flat").stdout
    assert "extracted from attic-flat/main@22, of lieke-sand" in told and "(not found)" in told
