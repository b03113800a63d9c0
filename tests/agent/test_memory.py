"""Memory by example: episodes, reflection, recall and its ranking, from Python, a scenario and the command line."""

import json
from itertools import pairwise
from typing import Any

import oracles
import pytest
from click.testing import CliRunner

from troupe_es import Improviser, Response, Scripted, Settings, Simulation, Store, commands
from troupe_es import scenario as scenarios
from troupe_es.errors import BadCommand, BadReference
from troupe_es.llm import Request
from troupe_es.ui.cli import main

TURN = {"actions": [{"type": "TALK", "content": "Tea, please."}, {"type": "DONE"}]}
KEPT = {"memories": [{"kind": "fact", "content": "Ana drinks tea.", "importance": 4, "sources": [1, 2]}]}
INSIGHT = {"insights": [{"content": "Tea keeps us together.", "importance": 5, "sources": [1]}]}


def plays(**said: Any) -> Scripted:
    """Return a model that answers each purpose with what is said for it: a value, or a function of the request."""
    told = {"turn": TURN, "consolidation": KEPT, "reflection": INSIGHT, **said}

    def answer(request: Request, draw: int) -> Response:
        what = told[request.purpose]
        return Response(json.dumps(what(request) if callable(what) else what))

    return Scripted(answer, "cast")


def life(store: Store, steps: int = 3, **settings: Any) -> Simulation:
    wanted = {"model": "cast", "episode": 4, "attempts": 2, "memory_first": 0, "memory_last": 2, **settings}
    sim = store.begin("life", settings=Settings(**wanted))
    sim.add_world("Kitchen")
    sim.add_person({"name": "Ana Reyes"})
    sim.add_person({"name": "Bo Lind"})
    sim.broadcast("Would you drink cold tea from a can?", speaker="Moderator")
    sim.run(steps, 3600)
    return sim


def of(sim: Simulation, *types: str) -> list[Any]:
    return [event.body for event in oracles.of(list(sim.events()), *types)]


# consolidation


def test_with_episodes_off_nothing_is_consolidated() -> None:
    with Store(":memory:", plays()) as store:
        sim = life(store, 6, episode=None, reflect=1)
        assert of(sim, "memory-formed", "episode-consolidated", "reflection-ended") == []


def test_an_episode_that_is_over_is_consolidated_between_two_steps() -> None:
    with Store(":memory:", plays()) as store:
        sim = life(store)
        words = [e.body.type for e in sim.events() if e.actor in (None, "ana-reyes")]
        first = words.index("episode-consolidated")
        assert words[first - 3 : first + 2] == [
            "step-ended",
            "model-answered",
            "memory-formed",
            "episode-consolidated",
            "step-started",
        ]
        [memory, *_] = store.memories("life", "Ana")
        assert (memory.kind, memory.content, memory.importance) == ("fact", "Ana drinks tea.", 4)
        assert memory.sources == list(sim.state.people["ana-reyes"].memory)[:2]


def test_numbers_that_were_not_shown_are_asked_about_again() -> None:
    def answer(request: Request) -> Any:
        wrong = "could not be used" not in request.prompt.content
        return {"memories": [{**KEPT["memories"][0], "sources": [99 if wrong else 1]}]}

    with Store(":memory:", plays(consolidation=answer)) as store:
        sim = life(store)
        misfits = [b.misfit for b in of(sim, "model-answered") if "/consolidation/" in b.address]
        assert misfits[:2] == ["there is no event 99; they are numbered from 1 to 6.", None]
        assert of(sim, "consolidation-failed") == []


@pytest.mark.parametrize(
    "answer",
    [
        {"memories": []},
        {"memories": [{**KEPT["memories"][0], "importance": 10}]},
        {"memories": [{**KEPT["memories"][0], "content": "  "}]},
        {"memories": [{**KEPT["memories"][0], "kind": "rumour"}]},
        {"memories": [{**KEPT["memories"][0], "sources": []}]},
        {"memories": [{**KEPT["memories"][0], "sources": [0]}]},
        {"memories": [{**KEPT["memories"][0], "sources": [True, "many"]}]},
        {"thoughts": []},
    ],
)
def test_a_consolidation_that_fails_is_an_event_and_the_run_goes_on(answer: Any) -> None:
    with Store(":memory:", plays(consolidation=answer)) as store:
        sim = life(store, 4)
        failed = oracles.of(list(sim.events()), "consolidation-failed")
        assert [e.body.attempts for e in failed] == [2] * len(failed)
        assert len(failed) == 2 * len(sim.state.people["ana-reyes"].ends) > 2
        assert of(sim, "memory-formed") == []
        assert of(sim, "run-ended")
        assert store.verify("life").holds
        spans = [(e.body.first, e.body.last) for e in failed if e.actor == "ana-reyes"]
        assert len(set(spans)) == len(spans)  # each episode once: it is due again only after the next


def test_memories_beyond_the_most_are_dropped() -> None:
    with Store(":memory:", plays(consolidation={"memories": KEPT["memories"] * 30})) as store:
        assert {body.memories for body in of(life(store), "episode-consolidated")} == {12}


def test_whoever_perceives_very_much_at_once_consolidates_it_in_parts() -> None:
    with Store(":memory:", plays()) as store:
        sim = life(store, 1)
        for number in range(20):
            sim.say(f"Word {number}.", "ana-reyes")
        sim.run(4)
        ends = list(sim.state.people["ana-reyes"].ends)
        assert max(later - earlier for earlier, later in pairwise(ends)) == 8


def test_what_was_kept_stands_in_place_of_the_episodes_left_out() -> None:
    with Store(":memory:", plays()) as store:
        sim = life(store, 6)
        last = [b for b in of(sim, "model-answered") if "/turn/" in b.address][-1]
        text = "\n".join(content for _, content in store.log.prompt(last.request))
        assert '{"memory": "fact", "content": "Ana drinks tea."}' in text
        assert "cold tea" not in text.split("# How to act")[1]
        with Store(":memory:", plays()) as other:
            sim = life(other, 6, episode=None, memory_block=1)
            last = [b for b in of(sim, "model-answered") if "/turn/" in b.address][-1]
            text = "\n".join(content for _, content in other.log.prompt(last.request))
            assert '"memory"' not in text


# reflection


def test_after_so_many_episodes_a_person_reflects_and_insights_name_their_evidence() -> None:
    with Store(":memory:", plays()) as store:
        sim = life(store, 8, reflect=2)
        ana = sim.state.people["ana-reyes"]
        mine = [e for e in sim.events() if e.actor == "ana-reyes"]
        assert len(oracles.of(mine, "reflection-ended")) == len(ana.episodes) // 2 > 1
        insight = oracles.of(mine, "insight-formed")[0]
        assert insight.body.evidence == [oracles.of(mine, "memory-formed")[0].seq]
        assert [memory.kind for memory in store.memories("life", "Ana")][:3] == ["fact", "fact", "insight"]


def test_a_reflection_that_fails_is_an_event_and_comes_again_after_the_next_episodes() -> None:
    with Store(":memory:", plays(reflection={"insights": [{**INSIGHT["insights"][0], "sources": [7]}]})) as store:
        sim = life(store, 8, reflect=2)
        ended = of(sim, "reflection-ended")
        assert len(ended) > 2
        assert {(body.insights, body.failed) for body in ended} > {
            (0, "there is no memory 7; they are numbered from 1 to 2.")
        } or all(body.failed for body in ended)
        assert store.verify("life").holds


# recall


def recaller(kind: str = "RECALL", content: str = "the harbour", **said: Any) -> Scripted:
    def turn(request: Request) -> Any:
        if '"RESULT"' in request.prompt.content:
            return TURN
        return {"actions": [{"type": kind, "content": content}, {"type": "DONE"}]}

    return plays(turn=turn, **said)


def recalled(store: Store, options: dict[str, Any] | None = None, **settings: Any) -> list[Any]:
    """What came to Ana's mind in the last step of a life in which the harbour was named long ago."""
    sim = store.begin("life", settings=Settings(**{"model": "cast", "memory_last": 3, **settings}))
    sim.add_world("Kitchen")
    sim.add_person({"name": "Ana Reyes"})
    sim.command(commands.Equip("recall", options=options or {}))
    sim.broadcast("We met at the harbour in the rain.", speaker="Bo")
    sim.broadcast("The soup was cold.", speaker="Bo")
    for number in range(4):
        sim.broadcast(f"It is {number} o'clock.", speaker="Clock")
    sim.run(1)
    return of(sim, "result-seen")


def test_recall_brings_back_what_is_in_view_no_more_with_its_scores() -> None:
    with Store(":memory:", recaller()) as store:
        [result] = recalled(store)
        assert result.content.splitlines()[0] == "- 2026-01-05 09:00 Bo: We met at the harbour in the rain."
        best = result.found[0]
        assert best.scores == {"recency": 1.0, "relevance": 1.0, "importance": 0.333333}
        assert best.score == pytest.approx((1 + 1 + 1 / 3) / 3, abs=1e-6)
        assert len(result.found) == 3  # the three latest stand before her eyes
        assert store.verify("life").holds


def test_a_full_scan_looks_through_everything() -> None:
    with Store(":memory:", recaller("RECALL_WITH_FULL_SCAN", "clock")) as store:
        [result] = recalled(store, {"top": 100})
        assert len(result.found) == 6


def test_the_most_that_comes_to_mind_is_an_option_and_so_are_the_weights() -> None:
    with Store(":memory:", recaller(content="soup")) as store:
        [result] = recalled(store, {"top": 1, "weights": {"recency": 0, "importance": 0}})
        assert result.content == "- 2026-01-05 09:00 Bo: The soup was cold."
        assert result.found[0].score == 1.0


def test_nothing_comes_to_mind_where_there_is_nothing() -> None:
    with Store(":memory:", recaller()) as store:
        [result] = recalled(store, memory_last=20)
        assert (result.content, result.found) == ("Nothing comes to mind but what you have in view.", [])


def test_a_scan_that_a_model_reads_ranks_what_it_pointed_at() -> None:
    scanned: list[str] = []

    def scan(request: Request) -> Any:
        scanned.append(request.prompt.content)
        return {"numbers": [1] if len(scanned) > 1 else [7]}

    with Store(":memory:", recaller("RECALL_WITH_FULL_SCAN", "how we met", recall=scan)) as store:
        [result] = recalled(store, {"scan": "model"})
        assert len(scanned) == 2  # the first answer pointed at nothing
        assert [line[19:] for line in result.content.splitlines()] == ["Bo: We met at the harbour in the rain."]
        assert store.verify("life").holds
        assert of(store.open("life"), "turn-ended")[0].actions == 2


def test_by_vectors_the_likest_come_first_and_one_event_names_them() -> None:
    with Store(":memory:", recaller(content="harbour in the rain")) as store:
        store.models["improviser"] = Improviser()
        [result] = recalled(store, embedder="improviser")
        assert result.found[0].scores["relevance"] > result.found[1].scores["relevance"]
        assert "harbour" in result.content.splitlines()[0]
        [named] = of(store.open("life"), "memories-embedded")
        assert named.model == "improviser"
        assert [each.seq for each in named.of] == [None, 5, 6, 7]
        assert all(store.log.answer(each.answer, each.request) for each in named.of)
        assert store.verify("life").holds


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"top": 0}, "recall: option top"),
        ({"depth": 3}, "recall: option depth"),
        ({"weights": {"charm": 1}}, "recall: option weights.charm"),
        ({"weights": {"recency": 0, "relevance": 0, "importance": 0}}, "at least one weight"),
        ({"scan": "guess"}, "recall: option scan"),
    ],
)
def test_options_that_cannot_be_are_refused_by_name(options: dict[str, Any], said: str) -> None:
    with Store(":memory:", plays()) as store:
        sim = life(store, 1)
        before = sim.seq
        with pytest.raises(BadCommand, match=said):
            sim.command(commands.Equip("recall", options=options))
        assert sim.seq == before


# looking


def test_a_persons_memories_are_listed_and_shown_with_their_sources(tmp_path: Any) -> None:
    path = tmp_path / "troupe.db"
    with Store(path, plays()) as store:
        life(store, 8, reflect=2)
        [first, *_] = store.memories("life", "Ana")
        with pytest.raises(BadReference, match="nobody"):
            store.memories("life", "nobody")
        before = store.memories(f"life@{first.seq - 1}", "Ana")
    assert before == []
    shown = CliRunner().invoke(main, ["show", "life", "--person", "Ana", "--store", str(path)])
    assert shown.exit_code == 0, shown.output
    assert "fact (4, from" in shown.output
    assert "Ana drinks tea." in shown.output
    told = json.loads(
        CliRunner().invoke(main, ["show", "life", "--person", "Ana", "--json", "--store", str(path)]).output
    )
    assert told["kept"][0] == first._asdict()


def test_the_full_transcript_says_what_was_recalled(tmp_path: Any) -> None:
    path = tmp_path / "troupe.db"
    with Store(path, recaller()) as store:
        [result] = recalled(store)
    shown = CliRunner().invoke(main, ["transcript", "life", "--full", "--store", str(path)])
    text = " ".join(shown.output.split())
    assert "(recall) the harbour" in text
    assert "Bo: We met at the harbour in the rain." in text.split("(result, to Ana Reyes)")[1]
    log = CliRunner().invoke(main, ["log", "life", "--type", "result-seen", "--store", str(path)])
    assert f"found {result.found[0].seq} 0.78" in log.output


SCENARIO = """
troupe: 1
name: tea
model: improviser
settings: {episode: 6, reflect: 2, embedder: improviser, memory_first: 2, memory_last: 6}
worlds: [{name: Kitchen}]
people:
  - persona: {name: Ana Reyes, preferences: {likes: [tea]}}
  - persona: {name: Bo Lind, preferences: {likes: [long walks]}}
program:
  - equip: recall
    options: {top: 5}
  - broadcast: Would you drink cold tea from a can?
    speaker: Moderator
  - run: 20
    hours: 1
"""


def test_a_scenario_file_says_all_of_it_and_its_price_is_known_before() -> None:
    scenario = scenarios.parse(SCENARIO, "tea.yaml")
    with Store(":memory:") as store:
        expected = store.estimate(scenario)
        sim = store.play(scenario)
        words = {event.body.type for event in sim.events()}
        assert words >= {"memory-formed", "insight-formed", "result-seen", "memories-embedded"}
        assert all(len(body.found) <= 5 for body in of(sim, "result-seen"))
        purposes = {row[0] for row in store.log.db.execute("SELECT purpose FROM costs")}
        assert purposes == {"turn", "consolidation", "reflection", "embedding"}
        assert set(expected.by("purpose")) == purposes
        assert store.verify("tea").holds


# a long life


def test_what_a_step_adds_does_not_grow_with_the_life() -> None:
    """Rows and bytes of steps 160 to 200 are at most a fifth more than those of steps 20 to 60."""
    with Store(":memory:", Improviser()) as store:
        wanted = Settings(model="improviser", episode=20, reflect=2, embedder="improviser", memory_first=4)
        sim = store.begin("life", settings=wanted)
        sim.command(commands.Equip("recall"))
        sim.add_world("Kitchen")
        for name in ("Ana Reyes", "Bo Lind", "Cy Young"):
            sim.add_person({"name": name, "preferences": {"likes": ["tea", "long walks"]}})
        sim.broadcast("Would you drink cold tea from a can?", speaker="Moderator")
        grown = []
        for steps in (20, 40, 100, 40):
            before = size(store)
            sim.run(steps)
            grown.append([later - earlier for earlier, later in zip(before, size(store), strict=True)])
        assert of(sim, "memories-embedded")
        for first, last in zip(grown[1], grown[3], strict=True):
            assert last <= 1.2 * first


def size(store: Store) -> list[int]:
    """Events, messages, answers, and the bytes of each."""
    found = []
    for table, column in (("events", "payload"), ("messages", "content"), ("answers", "text")):
        found += store.log.db.execute(f"SELECT count(*), sum(length({column})) FROM {table}").fetchone()
    return [count or 0 for count in found]
