"""The people's side copes with every type of event: the commands that show a life, and the SQL views of it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gallery
import oracles
import pytest
from record_replays import REPLAYS
from ui.conftest import call

from troupe_es import Scripted, Store, commands
from troupe_es.events import Event, payload_of
from troupe_es.log import Branch
from troupe_es.projections import saved
from troupe_es.ui.text import readable
from troupe_es.views.gist import words

MANIFEST = json.loads((REPLAYS / "gallery" / "manifest.json").read_text())
BRANCHES = [branch["name"] for branch in MANIFEST["branches"]]


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A store into which the recorded gallery was imported."""
    store = str(tmp_path_factory.mktemp("gallery") / "troupe.db")
    told("import", str(REPLAYS / "gallery"), "--store", store)
    return store


@pytest.fixture(scope="module")
def lived() -> Iterator[Store]:
    """A store in which both lives were lived."""
    with Store(":memory:") as store:
        gallery.live(store)
        gallery.coded(store)
        yield store


@pytest.fixture
def own() -> Iterator[Store]:
    """A store of the test's own in which the gallery was lived, for further branches."""
    with Store(":memory:") as store:
        gallery.live(store)
        yield store


def told(*words: str) -> str:
    """What ``troupe WORDS`` writes; it ends well, and without a word on the side."""
    result = call(*words)
    assert result.exit_code == 0, f"troupe {' '.join(words)}: {result.output}"
    assert "Traceback" not in result.output
    return str(result.stdout)


def branches(store: Store) -> list[Branch]:
    return store.log.branches("gallery", ("main", "fork", "ask"))


def everything(store: Store) -> Iterator[Event]:
    """Every event of both lives, each once."""
    for branch in [*branches(store), store.log.branch("coded")]:
        yield from store.log.events(branch, branch.fork_seq + 1)


# the recording


def test_every_type_of_event_is_recorded() -> None:
    rows = (REPLAYS / "gallery" / "log.jsonl").read_text(encoding="utf-8").splitlines()
    assert {json.loads(row)["type"] for row in rows} == gallery.WANTED - gallery.CODED


def test_the_state_after_every_branch_of_the_gallery_is_what_its_events_come_to(lived: Store) -> None:
    for branch in branches(lived):
        events = oracles.plain(list(lived.log.events(branch)))
        state = saved.dump(lived.at(str(branch)))
        assert state["people"] == oracles.people(events)
        assert state["worlds"] == oracles.worlds(events)
        assert state["clock"] == oracles.clock(events)


def first_of_each(store: Store) -> list[Event]:
    """The first event of every type in the main life."""
    return list({event.body.type: event for event in reversed(list(store.open("gallery").events()))}.values())


def test_an_untouched_fork_at_an_event_of_any_type_lives_on_as_it_was_and_asks_nobody(own: Store) -> None:
    hashes = {event.seq: event.hash for event in own.open("gallery").events()}
    asked = own.models[gallery.NAME]
    assert isinstance(asked, Scripted)
    before = len(asked.calls)
    for event in first_of_each(own):
        sim = own.branch(f"gallery@{event.seq}", f"again-{event.seq}")
        sim.resume()
        assert {e.seq: e.hash for e in sim.events()} == {seq: hashes[seq] for seq in range(1, sim.seq + 1)}
    assert len(asked.calls) == before


def test_a_fork_that_is_edited_at_an_event_of_any_type_goes_on_and_verifies(own: Store) -> None:
    for event in first_of_each(own):
        if event.step:
            fire = commands.Stimulate("Fire!", world="Hall")
            sim = own.branch(f"gallery@{event.seq}", f"edited-{event.seq}", fire)
            sim.resume()
            assert own.verify(sim.ref).holds, f"at event {event.seq}, {event.body.type}"


# words


def test_every_type_of_event_is_told_in_words(lived: Store) -> None:
    seen = set()
    for event in everything(lived):
        assert words(event.body) != payload_of(event.body), f"views/gist has no words for {event.body.type}"
        seen.add(event.body.type)
    assert seen == gallery.WANTED


# commands


@pytest.mark.parametrize("branch", BRANCHES)
def test_every_branch_is_listed_shown_and_read(shown: str, branch: str) -> None:
    ref, store = f"gallery/{branch}", ("--store", shown)
    events = json.loads(told("log", ref, "--json", *store))
    lines = told("log", ref, *store).splitlines()
    assert [line.split()[0] for line in lines] == [str(event["seq"]) for event in events]
    assert [line.split()[2] for line in lines] == [event["type"] for event in events]
    page = told("transcript", ref, "--full", *store)
    for line in json.loads(told("transcript", ref, "--full", "--json", *store)):
        if line["kind"] != "WRITE_DOCUMENT":  # the document follows
            assert readable(line["content"]).split()[0] in page
    state = json.loads(told("show", ref, "--json", *store))
    told("show", ref, *store)
    for person in state["people"]:
        assert person["name"] in told("show", ref, "--person", person["id"], *store)
    assert json.loads(told("cost", ref, "--json", *store))["ref"].startswith(ref)
    told("cost", ref, *store)
    told("replay", ref, "--speed", "0", *store)


def test_every_event_is_shown_with_the_prompt_it_came_from(shown: str) -> None:
    """All of the main life, and the first of each type that another branch has of its own."""
    for branch in MANIFEST["branches"]:
        after = ("--after", str(branch["fork"] or 0))
        events = json.loads(told("log", f"gallery/{branch['name']}", *after, "--json", "--store", shown))
        first = {event["type"]: event for event in events[::-1]}
        for event in first.values() if branch["parent"] else events:
            words = ["show", f"gallery/{branch['name']}", "--event", str(event["seq"]), "--store", shown]
            assert f"event {event['seq']}: {event['type']}" in told(*words)
            if event == first.get("model-answered"):
                assert "The prompt as it was sent" in told(*words, "--prompt")


@pytest.mark.parametrize("other", [name for name in BRANCHES if name != "main"])
def test_two_branches_are_compared(shown: str, other: str) -> None:
    found = json.loads(told("diff", "gallery", f"gallery/{other}", "--json", "--store", shown))
    text = told("diff", "gallery", f"gallery/{other}", "--full", "--store", shown)
    assert f"up to event {found['common']}" in text
    assert '{"' not in text.partition("first")[2].partition("reached")[0], "the first difference is told in words"


@pytest.mark.parametrize("other", ["quiet", "cut-3", "one-by-one"])
def test_a_comparison_names_everybody_who_was_reached_those_who_have_left_too(lived: Store, other: str) -> None:
    found = lived.diff("gallery", f"gallery/{other}")
    for branch, side in (("main", found.left), (other, found.right)):
        events = oracles.plain(list(lived.log.events(lived.log.branch("gallery", branch))))
        everybody = [e.body.person for e in oracles.of(events, "person-added", "person-made")]
        since = {id: [seq for seq in oracles.memory(events, id) if seq > found.common] for id in everybody}
        assert side.reached == {id: seqs[0] for id, seqs in since.items() if seqs}


def test_the_gallery_leaves_and_enters_in_every_form(shown: str, tmp_path: Path) -> None:
    there = ("--store", shown)
    told("export", "gallery", "-o", str(tmp_path / "gallery.zip"), *there)
    told("export", "gallery", "-o", str(tmp_path / "gallery"), *there)
    for name in ("log.jsonl", "messages.jsonl", "answers.jsonl", "expected.json"):
        assert (tmp_path / "gallery" / name).read_bytes() == (REPLAYS / "gallery" / name).read_bytes()
    told("import", str(tmp_path / "gallery.zip"), "--store", str(tmp_path / "other.db"))
    assert told("runs", "--all", "--store", str(tmp_path / "other.db")) == told("runs", "--all", *there)
    events = told("export", "gallery", "--format", "jsonl", *there).splitlines()
    assert [json.loads(line)["seq"] for line in events] == list(range(1, len(events) + 1))
    assert "Per Lundqvist" in told("export", "gallery", "--format", "csv", *there)
    assert "decided again and identical" in told("verify", "gallery", *there)


# views


def rows(store: Store, view: str, branch: Branch) -> list[dict[str, Any]]:
    sql = f"SELECT * FROM {view} WHERE simulation = ? AND branch = ? ORDER BY 3"
    return list(store.log.db.query(sql, [branch.simulation, branch.name]))


def test_the_transcript_view_has_the_lines_of_the_transcript(lived: Store) -> None:
    """But for the spaces in lists, which SQLite writes without."""
    for branch in branches(lived):
        events = oracles.plain(list(lived.log.events(branch)))
        everybody = {e.body.person for e in oracles.of(events, "person-added", "person-made")}
        found = [
            (
                row["seq"],
                row["step"],
                row["time"],
                oracles.name_of(events, row["who"], row["seq"]) if row["who"] in everybody else row["who"] or "",
                row["kind"],
                row["content"].replace(", ", ","),
            )
            for row in rows(lived, "transcript", branch)
        ]
        assert found == [
            (each.seq, each.step, each.time, each.who, each.kind, each.content.replace(", ", ","))
            for each in lived.transcript(str(branch))
        ]


def test_the_actions_view_has_every_action(lived: Store) -> None:
    for branch in branches(lived):
        found = [
            (row["seq"], row["person"], row["kind"], row["target"], row["content"])
            for row in rows(lived, "actions", branch)
        ]
        taken = oracles.of(list(lived.log.events(branch)), "action-taken")
        assert found == [(e.seq, e.actor, e.body.kind, e.body.target, e.body.content) for e in taken]


def test_the_people_view_says_where_everybody_is_now_and_what_they_are_called(lived: Store) -> None:
    for branch in branches(lived):
        state = lived.at(str(branch))
        found = rows(lived, "people", branch)
        there = {row["person"]: row for row in found if row["removed_seq"] is None}
        assert {id: (row["name"], row["world"], row["added_seq"]) for id, row in there.items()} == {
            id: (person.name, person.world, person.added) for id, person in state.people.items()
        }
        gone = {row["person"]: row for row in found if row["removed_seq"] is not None}
        assert {id: row["name"] for id, row in gone.items()} == state.gone
        events = oracles.plain(list(lived.log.events(branch)))
        for id, row in gone.items():
            left = next(e.seq for e in oracles.of(events, "person-removed") if e.body.person == id)
            assert (row["removed_seq"], row["world"]) == (left, oracles.world_of(events, id, left - 1))


@pytest.mark.parametrize("order", ["parallel", "sequential"])
def test_the_people_view_moves_who_goes_when_the_fold_does(order: str) -> None:
    """At every event of a life in which people go by themselves, and are moved while they are about to."""

    def play(request: Any, draw: int) -> str:
        return gallery.turn(
            ("MOVE_TO", ""), ("TALK", "I am off."), target=("Yard", "Hall")[int(request.address[0]) % 2]
        )

    with Store(":memory:", Scripted(play, "cast")) as store:
        sim = store.begin("walks", model="cast")
        sim.set("settings.order", order)
        for world in ("Hall", "Yard", "Attic"):
            sim.add_world(world)
        for persona in gallery.PEOPLE:
            sim.add_person(persona, "Attic")
        sim.equip("moving")
        sim.run(3)
        went = next(event.seq for event in sim.events() if event.body.type == "person-went")
        moved = store.branch(f"walks@{went}", "moved", commands.Move("Mina Okafor", "Attic"))
        agree(store, moved.branch)
        moved.resume()
        agree(store, moved.branch)
        for seq in range(sim.seq, 6, -1):
            agree(store, store.branch(f"walks@{seq}", f"at-{seq}").branch)


def agree(store: Store, branch: Branch) -> None:
    """Assert that the view has everybody where the state has them."""
    there = {id: person.world for id, person in store.at(str(branch)).people.items()}
    assert {row["person"]: row["world"] for row in rows(store, "people", branch)} == there


def test_the_runs_view_has_every_branch(lived: Store) -> None:
    found = {row["branch"]: row for row in lived.log.db.query("SELECT * FROM runs WHERE simulation = 'gallery'")}
    assert found.keys() == {branch.name for branch in branches(lived)}
    for branch in branches(lived):
        row, head = found[branch.name], lived.log.head(branch).seq
        assert (row["head"], row["events"]) == (head, head - branch.fork_seq)
        assert (row["kind"], row["draw"], row["fork_seq"]) == (branch.kind, branch.draw, branch.fork_seq)
        assert row["last_step"] == lived.at(str(branch)).step


def test_the_costs_view_counts_every_answer_and_what_was_paid_for(lived: Store) -> None:
    for branch in branches(lived):
        events = list(lived.log.events(branch))
        found = rows(lived, "costs", branch)
        addressed = [e for e in events if getattr(e.body, "address", "")]
        counted = {
            (row["person"], row["purpose"], row["step"], row["model"]): row["calls"]
            for row in found
            if row["purpose"] not in ("embedding", "shared")
        }
        assert counted == {key: calls for key, (calls, _) in oracles.costs(addressed, 0).items()}
        shared = len(oracles.of(events, "model-answered")) - len(addressed)
        assert sum(row["calls"] for row in found if row["purpose"] == "shared") == shared
        embedded = [each for e in oracles.of(events, "memories-embedded") for each in e.body.of]
        assert sum(row["calls"] for row in found if row["purpose"] == "embedding") == len(embedded)
    asked = lived.models[gallery.NAME]
    assert isinstance(asked, Scripted)
    [paid] = lived.log.db.execute("SELECT sum(paid) FROM costs WHERE model = ?", [gallery.NAME]).fetchone()
    assert paid == len(asked.calls)
