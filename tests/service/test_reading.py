"""What the API answers is what the views say, whole: no contract drops a field."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from troupe_es import Store
from troupe_es.views import (
    arms,
    asked,
    calls,
    causes,
    changes,
    costs,
    density,
    differences,
    events,
    experiments,
    integrity,
    lineage,
    matches,
    onward,
    runs,
    states,
    transcripts,
)

MAIN = "/api/branches/gallery/main"
Said = Callable[[Store], Any]

SAME: dict[str, Said] = {
    "/api/simulations": lambda store: runs.runs(store),
    "/api/simulations?everything=true": lambda store: runs.runs(store, True),
    "/api/simulations?skip=1&limit=1": lambda store: runs.runs(store)[1:2],
    "/api/simulations/forks/arms": lambda store: arms.arms(store, "forks"),
    "/api/simulations/gallery": lambda store: runs.run(store, "gallery"),
    "/api/simulations/gallery/lineage?everything=1": lambda store: lineage.lineage(store, "gallery", True),
    "/api/simulations/gallery/asked": lambda store: asked.asides(store, "gallery"),
    "/api/simulations/gallery/experiment": lambda store: experiments.experiments(store, "gallery"),
    "/api/branches/gallery/quiet": lambda store: runs.branch_of(store, store.log.branch("gallery", "quiet")),
    f"{MAIN}/events": lambda store: events.page(store, "gallery"),
    f"{MAIN}/events?after=20&limit=9&type=turn-ended&type=action-taken": lambda store: events.page(
        store, "gallery", 20, 9, ["turn-ended", "action-taken"]
    ),
    f"{MAIN}/events?person=per-lund&text=RED": lambda store: events.page(
        store, "gallery", person="per-lund", text="RED"
    ),
    f"{MAIN}/events?before=200&limit=20": lambda store: events.before(store, "gallery", 200, 20),
    f"{MAIN}/find?seq=9&forward=false": lambda store: {"seq": events.find(store, "gallery", 9, False)},
    f"{MAIN}/matches?type=turn-failed": lambda store: matches.matches(store, "gallery", ["turn-failed"]),
    f"{MAIN}/state?at=100": lambda store: states.state(store, "gallery@100"),
    f"{MAIN}/people/per-lund?at=90": lambda store: states.person(store, "gallery@90", "per-lund"),
    f"{MAIN}/transcript?limit=30": lambda store: transcripts.transcript(store, "gallery", limit=30),
    f"{MAIN}/density?by=time&bins=9": lambda store: density.density(store, "gallery", "time", 9),
    f"{MAIN}/cost": lambda store: costs.costs(store, "gallery"),
    f"{MAIN}/verify": lambda store: integrity.chain(store, "gallery"),
    f"{MAIN}/expected?steps=2": lambda store: onward.branching(store, "gallery", [], 2),
    "/api/diff?left=gallery&right=gallery/quiet": lambda store: differences.compare(
        store, "gallery", "gallery/quiet"
    ),
}


@pytest.mark.parametrize("where", SAME)
def test_the_api_says_what_the_view_says(client: TestClient, path: Path, where: str) -> None:
    answer = client.get(where)
    with Store(path, write=False) as store:
        assert (answer.status_code, answer.json()) == (200, json.loads(json.dumps(SAME[where](store))))


def test_every_event_with_its_call_causes_and_changes_is_said_whole(client: TestClient, path: Path) -> None:
    with Store(path, write=False) as store:
        for seq in range(1, 273, 9):
            for word, view in {
                "": events.one,
                "/call": calls.call,
                "/causes": causes.causes,
                "/changes": changes.change,
            }.items():
                told = client.get(f"{MAIN}/events/{seq}{word}").json()
                assert told == json.loads(json.dumps(view(store, "gallery", seq)))


def test_a_part_of_the_costs_is_that_part(client: TestClient) -> None:
    found = client.get(f"{MAIN}/cost?by=model").json()
    assert found["by_model"] and not found["by_person"]


@pytest.mark.parametrize("name", ["mina-okafor", "Mina Okafor", "mina okafor", "Mina"])
def test_a_person_is_meant_by_id_by_name_and_by_a_first_name_that_only_one_has(client: TestClient, name: str) -> None:
    asked = {"person": name, "limit": 5}
    found = client.get("/api/branches/gallery/main/events", params=asked).json()["events"]
    assert len(found) == 5 and "mina-okafor" in {each["actor"] for each in found}
    assert found == client.get("/api/branches/gallery/main/events?person=mina-okafor&limit=5").json()["events"]
    seqs = client.get("/api/branches/gallery/main/matches", params={"person": name}).json()["seqs"]
    assert seqs[:5] == [each["seq"] for each in found]
