"""What readers see is what the log holds: every view beside a plain reading of all events."""

from collections import Counter
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troupe_es import Store
from troupe_es.errors import BadReference, UsageError
from troupe_es.events import TYPES, Event, payload_of, types
from troupe_es.service.stores import Stores
from troupe_es.views import (
    calls,
    causes,
    changes,
    density,
    differences,
    events,
    integrity,
    lineage,
    matches,
    names,
    rows,
    runs,
    states,
    transcripts,
)
from troupe_es.views.kept import memory

GALLERY = "gallery"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    from troupe_es.controller import bundle

    held = Store(tmp_path_factory.mktemp("views") / "kept.db")
    for name in ("gallery", "forks"):
        bundle.import_(held.log, Path(__file__).parents[2] / "replays" / name)
    return held


def everything(store: Store, ref: str = "gallery/main") -> list[Event]:
    simulation, branch = ref.split("/")
    return list(store.log.events(store.log.branch(simulation, branch)))


BRANCHES = ("gallery/main", "gallery/one-by-one", "gallery/cut-5", "forks/main")
WORDS = ("", "red", "RED", "é", "“", '"', "%", "_", "\\", "wall", "Ü", "no such words")
filters = st.builds(
    rows.Filter,
    st.lists(st.sampled_from(sorted(TYPES)), max_size=4).map(tuple),
    st.sampled_from([None, "ines-carvalho", "per-lund", "nobody"]),
    st.sampled_from([None, *WORDS]),
)


@given(
    ref=st.sampled_from(BRANCHES), wanted=filters, limit=st.integers(1, 50), near=st.integers(1, 9), data=st.data()
)
def test_what_is_wanted_seldom_is_found_as_by_reading_everything(
    store: Store, ref: str, wanted: rows.Filter, limit: int, near: int, data: st.DataObject
) -> None:
    found = [event.seq for event in everything(store, ref) if rows.holds(event, wanted)]
    last = store.log.head(store.log.branch(*ref.split("/"))).seq
    seq = data.draw(st.integers(0, last + 1))
    with patch.object(matches, "NEAR", data.draw(st.integers(1, 9))):
        page = events.page(store, ref, seq, limit, *wanted)
        before = events.before(store, ref, seq, limit, *wanted)
        until = matches.matches(store, f"{ref}@{max(1, min(seq, last))}", *wanted)
    assert [row["seq"] for row in page["events"]] == [each for each in found if each > seq][:limit]
    assert [row["seq"] for row in before["events"]] == [each for each in found if each < seq][-limit:]
    assert until["seqs"] == [each for each in found if each <= max(1, min(seq, last))]


def test_what_comes_later_is_found_too(tmp_path: Path) -> None:
    with Store(tmp_path / "grows.db", write=True) as store:
        sim = store.begin("tea", model="improviser")
        sim.add_world("Kitchen")
        for number in range(3):
            sim.add_person({"name": f"Person {number}"})
            with patch.object(matches, "NEAR", 1):
                found = events.page(store, "tea", 0, 50, ["person-added"])["events"]
            assert [row["seq"] for row in found] == [3 + each for each in range(number + 1)]


@pytest.mark.parametrize("ref", BRANCHES)
def test_a_persons_relations_are_those_of_all_that_name_them(store: Store, ref: str) -> None:
    state = store.at(ref)
    for person in state.people.values():
        named = [each for each in states.relations(state) if person.id in (each["a"], each["b"])]
        assert states.relations(state, person) == named


def test_handles_of_a_served_store_know_what_one_of_them_learnt(tmp_path: Path) -> None:
    held = Stores(tmp_path / "served.db")
    with held.reading() as one, held.reading() as other:
        assert one is not other and memory(one.log) is memory(other.log) is memory(held.writer.log)
    held.close()


@given(ref=st.sampled_from(BRANCHES), wanted=filters, limit=st.integers(1, 50))
def test_pages_forwards_and_backwards_hold_what_is_wanted_each_once_and_in_order(
    store: Store, ref: str, wanted: rows.Filter, limit: int
) -> None:
    expected = [event.seq for event in everything(store, ref) if naive(event, wanted)]
    forwards: list[int] = []
    after: int | None = 0
    while after is not None:
        page = events.page(store, ref, after, limit, *wanted)
        forwards += [row["seq"] for row in page["events"]]
        after = page["next"]
    backwards: list[int] = []
    before: int | None = page["head"] + 1
    while before is not None:
        page = events.before(store, ref, before, limit, *wanted)
        backwards = [row["seq"] for row in page["events"]] + backwards
        before = page["next"]
    assert forwards == backwards == expected
    assert [event.seq for event in everything(store, ref) if rows.holds(event, wanted)] == expected


def naive(event: Event, wanted: rows.Filter) -> bool:
    """Whether an event is wanted, said otherwise: over its decoded body."""
    body = event.body
    of = event.actor == wanted.person or (event.actor is None and getattr(body, "person", None) == wanted.person)
    return (
        (not wanted.types or body.type in wanted.types)
        and (not wanted.person or of)
        and (not wanted.text or rows.canonical.dumps(wanted.text)[1:-1].lower() in payload_of(body).lower())
    )


@given(ref=st.sampled_from(BRANCHES), wanted=filters, data=st.data())
def test_next_and_previous_are_those_of_a_plain_search(
    store: Store, ref: str, wanted: rows.Filter, data: st.DataObject
) -> None:
    found = [event.seq for event in everything(store, ref) if naive(event, wanted)]
    at = data.draw(st.integers(0, len(everything(store, ref)) + 1))
    assert events.find(store, ref, at, True, *wanted) == next((seq for seq in found if seq > at), None)
    assert events.find(store, ref, at, False, *wanted) == next((seq for seq in found[::-1] if seq < at), None)


def test_a_page_ends_at_the_point_that_is_named(store: Store) -> None:
    assert events.page(store, "gallery@40", limit=1000)["events"][-1]["seq"] == 40
    with pytest.raises(BadReference, match="goes up to 40"):
        events.one(store, "gallery@40", 41)


def test_every_event_is_told_whole_and_in_a_line(store: Store) -> None:
    for event in everything(store):
        one = events.one(store, GALLERY, event.seq)
        assert one["hash"] == event.hash.hex() and one["type"] == event.body.type
        assert set(one["gist"]) == {"who", "what", "said"} and one["gist"]["what"]


def test_lines_by_pages_are_the_transcript(store: Store) -> None:
    for ref in BRANCHES:
        lines, after = [], 0
        while after is not None:
            page = transcripts.transcript(store, ref, after, 7)
            lines += [(line["seq"], line["kind"], line["content"]) for line in page["lines"]]
            after = page["next"]
        assert lines == [(line.seq, line.kind, line.content) for line in store.transcript(ref)]


def test_names_are_those_of_all_who_ever_were_there(store: Store) -> None:
    now = store.at(GALLERY)
    called = names.names(store.log, store.log.branch(GALLERY))
    assert called == {**now.gone, **{person.id: person.name for person in now.people.values()}} | {
        id: called[id] for id in now.gone
    }


@given(by=st.sampled_from(["seq", "time", "wall"]), bins=st.integers(1, 60), ref=st.sampled_from(BRANCHES))
def test_the_density_counts_every_event_once(store: Store, by: density.By, bins: int, ref: str) -> None:
    found = density.density(store, ref, by, bins)
    assert sum(map(sum, found["counts"].values())) == len(everything(store, ref))
    assert {len(counts) for counts in found["counts"].values()} == {len(found["edges"]) - 1}
    talked = sum(isinstance(e.body, types.ActionTaken) and e.body.kind == "THINK" for e in everything(store, ref))
    assert sum(found["counts"]["thought"]) == talked


def test_the_density_by_seq_puts_each_event_between_its_edges(store: Store) -> None:
    found = density.density(store, GALLERY, "seq", 17)
    bounds = list(zip(found["edges"], found["edges"][1:], strict=False))
    kinds = Counter(
        next(n for n, (low, high) in enumerate(bounds) if low <= event.seq < high) for event in everything(store)
    )
    assert [sum(counts[n] for counts in found["counts"].values()) for n in range(len(bounds))] == [
        kinds[n] for n in range(len(bounds))
    ]


@given(bins=st.integers(1, 40), ref=st.sampled_from(BRANCHES))
def test_the_density_by_time_puts_each_event_where_its_clock_stands(store: Store, bins: int, ref: str) -> None:
    clocks = [density._number(event.time, "time") for event in everything(store, ref)]
    first, width = clocks[0], max((clocks[-1] - clocks[0]) / bins, 1e-9)
    placed = Counter(max(n for n in range(bins) if first + width * n <= clock) for clock in clocks)
    counts = density.density(store, ref, "time", bins)["counts"].values()
    assert [sum(column) for column in zip(*counts, strict=True)] == [placed[n] for n in range(bins)]


def test_marks_show_what_failed_what_intervened_and_where_branches_part(store: Store) -> None:
    marks = density.density(store, GALLERY)["marks"]
    by_kind = {kind: {mark["seq"] for mark in marks if mark["kind"] == kind} for kind in ("failure", "intervention")}
    assert by_kind["failure"] >= {e.seq for e in everything(store) if isinstance(e.body, types.TurnFailed)}
    assert by_kind["intervention"] == {
        e.seq for e in everything(store) if isinstance(e.body, types.InterventionFired)
    }
    forks = {(mark["seq"], mark["ref"]) for mark in marks if mark["kind"] == "fork"}
    assert forks == {
        (branch.fork_seq, str(branch)) for branch in store.log.branches(GALLERY, ("fork",)) if branch.parent == 1
    }


def test_what_changed_and_the_state_before_make_the_state_after(store: Store) -> None:
    for event in everything(store):
        before = dict(changes._plain(store.at(f"gallery@{event.seq - 1}")))
        after = dict(changes._plain(store.at(f"gallery@{event.seq}")))
        for change in changes.change(store, GALLERY, event.seq):
            if ".persona." not in change["path"]:
                assert before.get(change["path"]) == change["before"]
                before[change["path"]] = change["after"]
        assert {path: value for path, value in before.items() if value is not None} == {
            path: value for path, value in after.items() if value is not None
        }


def test_a_call_has_the_prompt_as_it_was_sent_and_what_was_shared(store: Store) -> None:
    last: dict[str, list[tuple[str, str]]] = {}
    for event in everything(store):
        if isinstance(event.body, types.ModelAnswered):
            call = calls.call(store, GALLERY, event.seq)
            assert call is not None and call["event"] == event.seq
            prompt = [(message["role"], message["text"]) for message in call["messages"]]
            assert prompt == store.log.prompt(event.body.request)
            shared = [message["shared"] for message in call["messages"]]
            known = last.get(event.actor, []) if event.actor else []
            same = next((n for n, pair in enumerate(zip(prompt, known, strict=False)) if pair[0] != pair[1]), None)
            same = min(len(prompt), len(known)) if same is None else same
            assert shared == [number < same for number in range(len(prompt))]
            last[event.actor or ""] = prompt
            assert call["tries"][-1]["seq"] == event.seq


def test_causes_and_what_is_caused_are_two_sides_of_one_thing(store: Store) -> None:
    lived = {event.seq: event for event in everything(store)}
    for seq, event in lived.items():
        found = causes.causes(store, GALLERY, seq)
        assert [row["seq"] for row in found["caused"]] == [e.seq for e in lived.values() if e.cause == seq][:50]
        assert event.cause is None or found["caused_by"][0]["seq"] == event.cause
        assert all(lived[row["seq"]].actor != event.actor for row in found["heard"])


def test_a_person_has_the_origin_of_every_trait(store: Store) -> None:
    for who in store.at(GALLERY).people:
        person = states.person(store, GALLERY, who)
        assert set(person["persona"]) <= set(person["origins"])
        assert person["emotions_over_time"] or not person["turns"]
    merged = [e for e in everything(store) if isinstance(e.body, types.FragmentMerged)]
    for event in merged:
        assert isinstance(event.body, types.FragmentMerged)
        origins = states.person(store, f"gallery@{event.seq}", event.body.person)["origins"]
        assert all(origins[change.path]["event"] == event.seq for change in event.body.changes)


def test_runs_say_how_far_every_branch_is(store: Store) -> None:
    for run in runs.runs(store, everything=True):
        for branch in run["branches"]:
            state = store.at(branch["ref"])
            assert (branch["events"], branch["step"]) == (
                state.seq,
                store.log.event(store.log.branch(run["simulation"], branch["branch"]), state.seq).step,
            )
            assert branch["people"] == len(state.people)
            left = 0 if state.running is None else state.running.steps - state.running.done
            assert branch["steps_left"] == left
            if branch["kind"] != "ask":
                assert (branch["status"] == "unfinished") == (states.under_way(state) is not None), branch["ref"]
            else:
                assert branch["status"] == "finished", branch["ref"]


def test_the_lineage_has_every_branch_once(store: Store) -> None:
    def walk(node: dict) -> list[str]:  # type: ignore[type-arg]
        return [node["ref"], *(ref for child in node["branches"] for ref in walk(child))]

    for simulation in ("gallery", "forks"):
        found = walk(lineage.lineage(store, simulation, everything=True))
        assert sorted(found) == sorted(str(branch) for branch in store.log.branches(simulation))


def test_a_comparison_puts_every_line_since_into_its_lane(store: Store) -> None:
    found = differences.compare(store, "gallery", "gallery/one-by-one")
    for side, ref in (("left", "gallery"), ("right", "gallery/one-by-one")):
        lines = [lane[side] for lane in found["lanes"] if lane[side] is not None]
        assert [line["seq"] for line in lines] == [
            line.seq for line in store.transcript(ref) if line.seq > found["common"]
        ]


def test_integrity_is_the_chain_and_the_whole_of_it(store: Store) -> None:
    assert integrity.chain(store, GALLERY)["holds"] and integrity.verify(store, GALLERY)["holds"]


def test_what_is_asked_wrongly_is_refused(store: Store) -> None:
    for wrong in (
        lambda: events.page(store, GALLERY, limit=0),
        lambda: events.page(store, GALLERY, types=["no-such-type"]),
        lambda: density.density(store, GALLERY, bins=0),
        lambda: density.density(store, GALLERY, by="moon"),  # type: ignore[arg-type]
    ):
        with pytest.raises(UsageError):
            wrong()
