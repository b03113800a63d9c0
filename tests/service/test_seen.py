"""Views say what happened up to their point and no further, each thing once: beside plain readings of all events."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from troupe_es import Improviser, Store, commands
from troupe_es.errors import UsageError
from troupe_es.events import TYPES, Event, payload_of, types
from troupe_es.projections.transcript import line_of
from troupe_es.scenario import model_of
from troupe_es.views import (
    asked,
    causes,
    changes,
    costs,
    density,
    events,
    lineage,
    matches,
    names,
    places,
    rows,
    runs,
    states,
    transcripts,
)
from troupe_es.views.gist import gist
from troupe_es.views.rows import Filter, holds

FEWER = settings(max_examples=settings().max_examples // 4)

BRANCHES = ("gallery/main", "gallery/cut-5", "gallery/one-by-one", "forks/deeper", "forks/mid-turn")
FILTERS = [Filter(), Filter(("turn-ended", "model-answered")), Filter((), "per-lund"), Filter((), None, "red")]
TINY = {
    "troupe": 1,
    "name": "tiny",
    "model": "improviser",
    "worlds": [{"name": "Kitchen"}],
    "people": [{"persona": {"name": name}} for name in ("Ana Reyes", "Bo Lind", "Cy Moss")],
    "program": [{"broadcast": "Who makes the tea?"}, {"run": 1}],
}


@pytest.fixture(scope="module")
def store(kept: Path) -> Iterator[Store]:
    with Store(kept, write=False) as held:
        yield held


@pytest.fixture
def tiny() -> Iterator[Store]:
    """A store with a small life, to be led on."""
    with Store(":memory:", Improviser()) as held:
        held.play(model_of(TINY, "tiny"))
        yield held


def lived(store: Store, ref: str = "gallery/main") -> dict[int, Event]:
    simulation, branch = ref.split("/")
    return {event.seq: event for event in store.log.events(store.log.branch(simulation, branch))}


# where lists begin and end


@pytest.mark.parametrize("ref", BRANCHES)
def test_an_event_stands_on_one_page_whatever_branch_it_was_written_in(store: Store, ref: str) -> None:
    whole = [*lived(store, ref)]
    for limit in (1000, 7):
        forwards, after = [], 0
        while after is not None:
            page = events.page(store, ref, after, limit)
            forwards += [row["seq"] for row in page["events"]]
            after = page["next"]
        backwards, before = [], len(whole) + 1
        while before is not None:
            page = events.before(store, ref, before, limit)
            backwards = [row["seq"] for row in page["events"]] + backwards
            before = page["next"]
        assert forwards == backwards == whole


def test_a_page_that_ends_or_begins_with_the_life_says_that_there_is_no_other(store: Store) -> None:
    assert [events.page(store, "gallery", after, 16)["next"] for after in (240, 256)] == [256, None]
    assert [events.before(store, "gallery", before, 16)["next"] for before in (33, 17)] == [17, None]
    spoken = [seq for seq, event in lived(store).items() if event.body.type in transcripts.SPOKEN]
    page = transcripts.transcript(store, f"gallery@{spoken[9]}", 0, 10)
    assert (page["next"], len(page["lines"])) == (None, 10)
    assert transcripts.transcript(store, f"gallery@{spoken[10]}", 0, 10)["next"] == spoken[9]


def test_nothing_after_the_point_is_listed_found_or_counted(store: Store) -> None:
    assert [row["seq"] for row in events.before(store, "gallery@40", 200)["events"]] == [*range(1, 41)]
    assert events.find(store, "gallery@40", 200, False) == 40
    assert matches.matches(store, "gallery@40")["seqs"] == [*range(1, 41)]
    assert sum(matches.kinds(store, "gallery@40").values()) == 40
    assert [sum(map(sum, density.density(store, f"gallery@{at}")["counts"].values())) for at in (40, 60)] == [40, 60]
    assert {mark["seq"] <= 60 for mark in density.density(store, "gallery@60")["marks"]} == {True}
    per = states.person(store, "gallery@100", "per-lund")["emotions_over_time"]
    assert [each["seq"] for each in per] == [
        seq
        for seq, event in lived(store).items()
        if seq <= 100
        and (event.actor == "per-lund" or getattr(event.body, "person", "") == "per-lund")
        and isinstance(event.body, types.TurnEnded | types.MindGiven)
    ]
    with pytest.raises(UsageError, match="costs are those of a whole branch"):
        costs.costs(store, "gallery@40")
    with pytest.raises(UsageError, match="a page has 1 to 1000 events"):
        events.page(store, "gallery", limit=1001)


@FEWER
@given(st.sampled_from(BRANCHES), st.sampled_from(FILTERS), st.integers(0, 300), st.integers(1, 300))
def test_the_numbers_of_what_is_wanted_are_those_of_a_plain_search(
    store: Store, ref: str, wanted: Filter, after: int, upto: int
) -> None:
    whole = lived(store, ref)
    upto = min(upto, len(whole))
    expected = [seq for seq in range(after + 1, upto + 1) if holds(whole[seq], wanted)]
    assert matches.matches(store, f"{ref}@{upto}", *wanted, after)["seqs"] == expected
    counted = Counter(whole[seq].body.type for seq in range(1, upto + 1))
    assert matches.kinds(store, f"{ref}@{upto}") == dict(sorted(counted.items()))


# causes and changes


@pytest.mark.parametrize("ref", ["gallery/main", "gallery/one-by-one", "forks/deeper"])
def test_what_led_to_an_event_and_what_it_led_to_are_those_of_the_whole_life(store: Store, ref: str) -> None:
    whole = lived(store, ref)
    for seq, event in [*whole.items()][::-2]:
        found = causes.causes(store, ref, seq)
        chain, at = [], event.cause
        while at is not None and len(chain) < 10:
            chain.append(at)
            at = whole[at].cause
        body = event.body.model_dump()
        rests = body.get("sources") or body.get("evidence") or []
        if body["type"] == "extracted":
            rests = list(dict.fromkeys(each for value in body["values"] for each in value["evidence"]))
        assert [row["seq"] for row in found["caused_by"]] == [*chain, *rests][:50], event.body.type
        assert [row["seq"] for row in found["caused"]] == [n for n, each in whole.items() if each.cause == seq][:50]


def test_what_was_recalled_is_what_was_found_in_the_same_turn(store: Store) -> None:
    whole, some = lived(store), 0
    for seq, event in [
        each for each in whole.items() if each[0] in (*range(36, 56), *range(98, 110), *range(155, 165))
    ]:
        looks = [
            each
            for n, each in whole.items()
            if n <= seq and each.actor == event.actor and each.step == event.step
            if isinstance(each.body, types.ResultSeen) and event.actor is not None
        ]
        expected = [
            (look.seq, one.seq, one.score, gist(whole[one.seq]) if one.seq else "")
            for look in looks[::-1]
            for one in look.body.found  # type: ignore[attr-defined]
        ]
        found = causes.causes(store, "gallery", seq)["recalled"]
        assert [(each["seen"], each["seq"], each["score"], each["content"]) for each in found] == expected
        some += len(found)
    assert some >= 8


def test_what_was_heard_is_what_came_since_they_last_did_something(store: Store) -> None:
    whole = lived(store)
    for seq, event in [each for each in whole.items() if each[1].actor is not None][::3]:
        person = store.at(f"gallery@{seq - 1}").people.get(event.actor)
        memory = list(person.memory) if person is not None else []
        while memory and (last := whole[memory[-1]]).actor == event.actor and last.step == event.step:
            memory.pop()  # what they did in this very turn
        own = [place for place, n in enumerate(memory, 1) if whole[n].actor == event.actor]
        since = memory[own[-1] :] if own else memory
        assert [row["seq"] for row in causes.causes(store, "gallery", seq)["heard"]] == since, seq


def test_a_changed_trait_is_told_with_what_it_was_before_and_became(store: Store) -> None:
    some = 0
    for seq, event in lived(store).items():
        body = event.body
        if isinstance(body, types.PersonChanged | types.FragmentMerged):
            each = body.changes if isinstance(body, types.FragmentMerged) else [body]
            told = [row for row in changes.change(store, "gallery", seq) if ".persona." in row["path"]]
            path = f"people.{body.person}.persona."
            assert told == [{"path": path + e.path, "before": e.before, "after": e.after} for e in each]
            some += len(told)
    assert some >= 4


def test_everything_that_is_told_of_a_person_and_changed_is_a_change(store: Store) -> None:
    for seq in range(20, 110):
        before, after = (
            {person["id"]: person for person in states.state(store, f"gallery@{at}")["people"]}
            for at in (seq - 1, seq)
        )
        told = {row["path"]: (row["before"], row["after"]) for row in changes.change(store, "gallery", seq)}
        for id in before.keys() & after.keys():
            for name in ("name", "world", "turns", "memories"):
                if before[id][name] != after[id][name]:
                    assert told[f"people.{id}.{name}"] == (before[id][name], after[id][name])
            for name in ("goals", "attention", "emotions"):
                old, new = before[id]["mind"][name], after[id]["mind"][name]
                assert (told.get(f"people.{id}.{name}") or (old, old)) == (old, new), (seq, name)


# density and marks


def test_every_type_that_views_name_is_one_that_there_is() -> None:
    for named in (density.GROUP_OF, density.MARKS, transcripts.SPOKEN, names.NAMING, runs.CAME, runs.LEFT):
        assert set(named) <= set(TYPES)


def test_a_transcript_has_every_type_that_a_line_is_made_of(store: Store) -> None:
    for ref in ("gallery/main", "gallery/one-by-one", *map(str, store.log.branches("gallery", ("ask",)))):
        for event in lived(store, ref).values():
            assert (line_of(event, {}) is None) or event.body.type in transcripts.SPOKEN


def test_events_are_counted_as_what_they_are(store: Store) -> None:
    for ref in BRANCHES:
        kinds = [event.body.type for event in lived(store, ref).values()]
        counts = {name: sum(column) for name, column in density.density(store, ref)["counts"].items()}
        expected = {
            "failed": [kind for kind in kinds if kind.endswith("-failed") or kind == "person-not-made"],
            "steered": [kind for kind in kinds if kind.startswith("intervention-") or kind.endswith("-caused")],
            "model": [kind for kind in kinds if kind in ("model-answered", "actions-judged", "action-held-back")],
        }
        assert {name: counts[name] for name in expected} == {name: len(of) for name, of in expected.items()}


@pytest.mark.parametrize("by", ["seq", "time", "wall"])
def test_a_mark_stands_where_its_event_does_on_every_axis(store: Store, by: density.By) -> None:
    branch = store.log.branch("gallery")
    there = {row.event.seq: row for row in rows.forward(store.log, branch, 0, 10**6, Filter(), 10**6)}
    for mark in density.density(store, "gallery", by)["marks"]:
        row = there[mark["seq"]]
        assert mark["at"] == {"seq": row.event.seq, "time": row.event.time, "wall": row.at}[by]


def test_of_very_many_marks_some_are_shown_from_the_first_to_the_last(
    kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures = ("turn-failed", "effect-failed", "consolidation-failed", "person-not-made")
    with Store(kept, write=False) as store:
        whole = [seq for seq, event in lived(store).items() if event.body.type in failures]
        for most in (2, 3, len(whole)):
            monkeypatch.setattr(density, "MOST_MARKS", most)
            shown = [
                m["seq"] for m in density.density(store, "gallery", bins=most)["marks"] if m["kind"] == "failure"
            ]
            assert shown == whole[:: -(-len(whole) // most)] and len(shown) <= most


@pytest.mark.parametrize("ref", [*BRANCHES, "gallery/main@60", "forks/main", "forks/one-by-one", "forks/main@30"])
def test_the_forks_marked_in_a_life_are_those_that_part_from_this_very_life(store: Store, ref: str) -> None:
    life, _, at = ref.partition("@")
    here = {seq: event for seq, event in lived(store, life).items() if seq <= int(at or 10**6)}
    expected = set()
    for branch in store.log.branches(life.split("/")[0], ("main", "fork")):
        if branch.parent is not None and str(branch) != life and branch.fork_seq in here:
            from_here = store.log.segment_at(branch, branch.fork_seq).branch_id in {
                segment.branch_id
                for segment in store.log.lineage(store.log.branch(*life.split("/")))
                if segment.first_seq <= branch.fork_seq <= (segment.last_seq or 10**6)
            }
            expected |= {(branch.fork_seq, str(branch))} if from_here else set()
    marks = density.density(store, ref)["marks"]
    assert {(mark["seq"], mark["ref"]) for mark in marks if mark["kind"] == "fork"} == expected


def test_what_somebody_said_into_a_run_is_marked_as_steering(tiny: Store) -> None:
    said = tiny.steer("tiny", commands.Stimulate("Fire!"))
    kinds = {mark["seq"]: mark["kind"] for mark in density.density(tiny, "tiny")["marks"]}
    scripted = next(seq for seq, event in lived(tiny, "tiny/main").items() if event.body.type == "stimulus-given")
    assert kinds == {scripted: "said-from-outside", said: "steering"}


# states


def test_who_is_still_to_act_is_who_acts_in_what_is_left_of_the_step(store: Store) -> None:
    whole, some = lived(store), 0
    removed = {e.step for e in whole.values() if e.body.type in ("person-removed", "person-leaving-caused")}
    for seq, event in [*whole.items()][::4]:
        under_way = states.state(store, f"gallery@{seq}")["under_way"]
        if under_way and under_way.get("step") and event.step not in removed:
            left = [each for n, each in whole.items() if n > seq and each.step == event.step]
            ended = [each.actor for each in left if isinstance(each.body, types.TurnEnded | types.TurnFailed)]
            assert sorted(under_way["to_act"]) == sorted(ended), seq
            some += 1
    assert some > 15


@pytest.mark.parametrize("ref", ["gallery/main", "forks/main", "forks/one-by-one"])
def test_the_forks_of_a_state_are_the_branches_opened_from_it(store: Store, ref: str) -> None:
    mine = store.log.branch(*ref.split("/"))
    below = [each for each in store.log.branches(mine.simulation, ("fork",)) if each.parent == mine.id]
    assert states.state(store, ref)["forks"] == [{"branch": str(each), "at": each.fork_seq} for each in below]


def test_an_intervention_has_fired_as_often_as_it_has_fired(store: Store) -> None:
    some = 0
    for at in (79, 80, 92, 110, 228, 272):
        fired = Counter(
            event.body.name
            for seq, event in lived(store).items()
            if isinstance(event.body, types.InterventionFired) and seq <= at
        )
        for each in states.state(store, f"gallery@{at}")["interventions"]:
            assert each["fired"] == fired[each["name"]], (at, each["name"])
            some += each["fired"]
    assert some


def test_a_relation_is_told_once_and_as_one_sided_as_it_is(tiny: Store) -> None:
    sim = tiny.open("tiny")
    sim.relate("ana-reyes", "bo-lind", "friend")
    sim.relate("ana-reyes", "cy-moss", "boss", directed=True)
    sim.relate("bo-lind", "cy-moss", "rival", 2.0)
    expected = {
        ("ana-reyes", "bo-lind", "friend", False),
        ("ana-reyes", "cy-moss", "boss", True),
        ("bo-lind", "cy-moss", "rival", False),
    }
    for found in (states.state(tiny, "tiny")["relations"], places.places(tiny, "tiny")["relations"]):
        assert len(found) == 3
        assert {(each["a"], each["b"], each["name"], each["directed"]) for each in found} == expected
    of_bo = states.person(tiny, "tiny", "bo-lind")["relations"]
    assert {each["name"] for each in of_bo} == {"friend", "rival"}
    sim.relate("cy-moss", "bo-lind", "rival", 5.0, directed=True)
    weights = {
        (each["a"], each["weight"]) for each in states.state(tiny, "tiny")["relations"] if each["name"] == "rival"
    }
    assert weights == {("bo-lind", 2.0), ("cy-moss", 5.0)}


def test_the_latest_memories_are_shown_oldest_first(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(states, "LATEST", 3)
    for who, person in store.at("gallery").people.items():
        found = states.person(store, "gallery", who)["memories"]
        assert found["count"] == len(person.memory)
        assert [row["seq"] for row in found["latest"]] == list(person.memory)[-3:]


def test_a_new_name_is_known_as_soon_as_it_is_given(tiny: Store) -> None:
    branch = tiny.log.branch("tiny")
    assert names.names(tiny.log, branch)["bo-lind"] == "Bo Lind"
    for name in ("Bo Berg", "Bo Lund"):
        tiny.open("tiny").command(commands.Change("people.bo-lind.name", name))
        assert names.names(tiny.log, branch)["bo-lind"] == name
    tiny.branch("tiny", "old").command(commands.Change("people.bo-lind.name", "Bodil"))
    assert names.names(tiny.log, branch)["bo-lind"] == "Bo Lund"


# worlds in pages


@pytest.mark.parametrize("size", [1, 2, 3, 9])
@pytest.mark.parametrize("drawn", [1, 2, 9])
def test_everybody_stands_on_one_page_and_the_latest_to_be_reached_are_drawn(
    store: Store, monkeypatch: pytest.MonkeyPatch, size: int, drawn: int
) -> None:
    state = store.at("gallery@60")
    monkeypatch.setattr(places, "PAGE", size)
    monkeypatch.setattr(places, "DRAWN", drawn)
    found = places.places(store, "gallery@60")
    pages = [places.places(store, "gallery@60", n)["people"] for n in range(1, found["pages"] + 1)]
    assert [person["id"] for each in pages for person in each] == list(state.people)
    for asked_for, shown in ((-1, 0), (1, 0), (len(pages), -1), (99, -1)):
        assert places.places(store, "gallery@60", asked_for)["people"] == pages[shown]
    seen = {each["id"] for each in found["drawn"]}
    assert len(seen) == min(drawn, len(state.people))
    assert all(state.people[a].heard >= state.people[b].heard for a in seen for b in state.people.keys() - seen)


# lineage and asides


def test_a_branch_of_a_side_branch_hangs_below_main_where_side_branches_are_not_shown(tiny: Store) -> None:
    aside = tiny.ask("tiny", "Ana", "Well?").ref.partition("@")[0]
    tiny.branch(aside, "from-there")
    assert [node["ref"] for node in lineage.lineage(tiny, "tiny")["branches"]] == ["tiny/from-there"]
    [whole] = lineage.lineage(tiny, "tiny", everything=True)["branches"]
    assert (whole["ref"], [node["ref"] for node in whole["branches"]]) == (aside, ["tiny/from-there"])
    fork = tiny.log.branch(aside).fork_seq if "/" not in aside else tiny.log.branch(*aside.split("/")).fork_seq
    made = tiny.log.branch("tiny", "from-there")
    assert lineage.ancestors(tiny, made) == [f"{aside}@{made.fork_seq}", f"tiny/main@{fork}"]


def test_asides_are_those_of_the_branch_and_of_the_kind_that_is_asked_for(store: Store) -> None:
    every = asked.asides(store, "gallery")
    assert {each["of"] for each in every} > {"gallery/main"} and len({each["kind"] for each in every}) > 5
    for branch in {each["of"].split("/")[1] for each in every}:
        assert asked.asides(store, "gallery", branch) == [each for each in every if each["of"] == f"gallery/{branch}"]
    for kind in {each["kind"] for each in every}:
        assert asked.asides(store, "gallery", None, kind) == [each for each in every if each["kind"] == kind]


ANSWERS: list[Any] = ["a", "b", "c", "d"]


@FEWER
@given(st.lists(st.lists(st.sampled_from(ANSWERS), unique=True), min_size=1, max_size=8), st.integers(0, 3))
def test_shares_of_ticked_options_are_shares_of_those_who_answered(ticked: list[list[str]], silent: int) -> None:
    question = types.SurveyQuestion(id="q", kind="multiple", text="Which?", options=ANSWERS)
    answered: list[dict[str, Any]] = [
        {"answer": each, "status": "answered", "event": number} for number, each in enumerate(ticked)
    ]
    others = [
        {"answer": None, "status": status, "event": 0} for status in ("skipped", "no answer", "skipped")[:silent]
    ]
    found = asked.counts(question, [*answered, *others])
    assert [each["answer"] for each in found] == ANSWERS
    for each in found:
        count = sum(each["answer"] in one for one in ticked)
        assert (each["count"], each["share"]) == (count, pytest.approx(count / len(ticked)))


def test_a_survey_is_answered_once_everybody_is_through(kept: Path, tmp_path: Path) -> None:
    with Store(kept, write=False) as store:
        survey = next(each for each in asked.asides(store, "gallery") if each["kind"] == "survey")
        whole = lived(store, survey["ref"])
        through = [n for n, event in whole.items() if event.body.type == "survey-taken"]
        branch = store.log.branch("gallery", survey["branch"])
        assert len(through) > 1 and survey["status"] == "answered"
        for upto, status in ((through[-1], "answered"), (through[-1] - 1, "waiting"), (through[0], "waiting")):
            part = [event for n, event in whole.items() if branch.fork_seq < n <= upto]
            given_ = next(event.body for event in part if isinstance(event.body, types.SurveyGiven))
            assert asked._survey(given_, part, {})["status"] == status


def test_events_say_whole_what_they_hold(store: Store) -> None:
    for seq, event in lived(store).items():
        assert events.one(store, "gallery", seq)["payload"] == json.loads(payload_of(event.body))
