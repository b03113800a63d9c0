"""What changes something or asks somebody: in the background, by mail where somebody runs, all of it in the log."""

import io
import threading
import zipfile
from pathlib import Path
from typing import Any

import pytest
from service.held import Gated, scenario
from starlette.testclient import TestClient

from troupe_es import Store
from troupe_es.scenario import model_of

MAIN = "/api/branches/tiny/main"


def begun(client: TestClient, steps: int = 2, model: str = "improviser") -> dict[str, Any]:
    answer = client.post("/api/simulations?wait=30", json={"scenario": scenario(steps=steps, model=model)})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def over(client: TestClient, job: dict[str, Any]) -> dict[str, Any]:
    return dict(client.get(f"/api/jobs/{job['id']}?wait=60").json())


def test_a_scenario_sent_is_lived_as_it_is_from_python(client: TestClient, tmp_path: Path) -> None:
    job = begun(client)
    with Store(tmp_path / "other.db") as store:
        assert store.play(model_of(scenario(), "scenario")).head == job["result"]["head"]
    again = begun(client)
    assert (again["result"]["head"], again["result"]["paid"]) == (job["result"]["head"], 0)


def test_yaml_is_taken_as_text(client: TestClient) -> None:
    text = "troupe: 1\nname: short\nmodel: improviser\nworlds:\n- name: Hall\npeople:\n- persona: {name: Ana}\n"
    text += "program:\n- broadcast: Hello\n- run: 1\n"
    answer = client.post("/api/simulations?wait=30", json={"text": text, "name": "other"})
    assert answer.status_code == 200, answer.text
    assert answer.json()["result"]["ref"].startswith("other/main@")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"people": [{"file": "/etc/passwd"}]}, "files"),
        ({"program": [{"broadcast": "Look", "image": "secret.png"}]}, "files"),
        ({"documents": ["/etc"]}, "files"),
        ({"faculties": [{"faculty": "web", "options": {"hosts": ["example.org"]}}]}, "web"),
        ({"faculties": ["tool:shell"]}, "not registered"),
        ({"model": "local:/etc/passwd"}, "local model"),
        ({"settings": {"models": {"judging": "local:../secret.gguf"}}}, "local model"),
        ({"program": [{"set": "settings.model", "to": "local:/etc/passwd"}]}, ""),
    ],
)
def test_a_scenario_that_names_what_is_not_in_it_is_refused(
    client: TestClient, change: dict[str, Any], told: str
) -> None:
    answer = client.post("/api/simulations?wait=30", json={"scenario": {**scenario("bad"), **change}})
    assert answer.status_code == 422, answer.text
    assert told in answer.json()["detail"]
    assert "passwd" not in answer.json()["detail"] or "local:" in answer.json()["detail"]


def test_a_run_is_paused_and_goes_on_to_the_same_head(client: TestClient, gated: Gated, tmp_path: Path) -> None:
    gated.gate.clear()
    job = client.post("/api/simulations", json={"scenario": scenario(steps=4, model="gated")})
    assert job.status_code == 202 and client.get(MAIN).status_code == 200  # it stands there once it is accepted
    assert gated.asked.wait(30) and client.get(MAIN).json()["status"] == "running"
    assert client.post(f"{MAIN}/run").status_code == 409
    assert client.post(f"{MAIN}/pause").status_code == 202
    gated.gate.set()
    assert over(client, job.json())["status"] == "paused"
    assert client.get(MAIN).json()["status"] == "paused"
    assert client.post(f"{MAIN}/pause").status_code == 409
    done = client.post(f"{MAIN}/run?wait=60", json={}).json()
    with Store(tmp_path / "other.db", gated) as store:
        assert store.play(model_of(scenario(steps=4, model="gated"), "scenario")).head == done["result"]["head"]


def test_what_is_said_to_a_run_comes_between_two_steps(client: TestClient, gated: Gated) -> None:
    gated.gate.clear()
    job = client.post("/api/simulations", json={"scenario": scenario(steps=3, model="gated")}).json()
    assert gated.asked.wait(30)
    said = client.post(f"{MAIN}/say", json={"text": "The kettle is on fire.", "to": ["Ana Reyes"]})
    assert said.json() == {"event": None, "posted": True}
    set_ = client.post(f"{MAIN}/set", json={"path": "settings.temperature", "value": 0.5})
    assert set_.json()["posted"]
    gated.gate.set()
    assert over(client, job)["status"] == "done"
    found = client.get(f"{MAIN}/events?text=kettle%20is%20on%20fire&type=stimulus-given").json()["events"]
    assert [row["step"] for row in found] == [1]
    assert client.get(f"{MAIN}/state").json()["settings"]["temperature"] == 0.5


def test_where_nobody_runs_it_happens_at_once(client: TestClient) -> None:
    begun(client)
    seq = client.post(f"{MAIN}/say", json={"text": "Hello again."}).json()["event"]
    assert client.get(f"{MAIN}/events/{seq}").json()["gist"]["said"] == "Hello again."
    assert client.post(f"{MAIN}/step?wait=30", json={"steps": 2}).json()["result"]["steps"] == 4


def test_no_file_on_the_server_is_named_as_a_model(client: TestClient) -> None:
    begun(client)
    before = client.get(MAIN).json()["head"]
    for path, value in (("settings.model", "local:/etc/passwd"), ("settings.models", {"ask": "local:/etc/passwd"})):
        answer = client.post(f"{MAIN}/set", json={"path": path, "value": value})
        assert answer.status_code == 422 and "local:NAME@HASH" in answer.json()["detail"]
    assert client.get(MAIN).json()["head"] == before


def test_a_branch_copies_nothing_and_goes_on(client: TestClient) -> None:
    job = begun(client)
    sent = {"name": "what-if", "at": 6, "say": ["Only coffee today."], "replicates": 2, "run": 1}
    answer = client.post(f"{MAIN}/branch", json=sent)
    assert answer.status_code == 201 and answer.json()["branches"] == ["tiny/what-if-1", "tiny/what-if-2"]
    assert over(client, answer.json()["job"])["status"] == "done"
    assert client.get("/api/branches/tiny/what-if-2").json()["fork"] == 6
    assert client.get(MAIN).json()["head"] == job["result"]["head"]
    plain = client.post(f"{MAIN}/branch", json={"name": "twin", "at": 6, "run": "rest"}).json()
    assert over(client, plain["job"])["result"]["lives"][0]["head"] == job["result"]["head"]
    found = client.get("/api/diff?left=tiny&right=tiny/what-if-1").json()
    assert found["common"] == 6 and "coffee" in found["cause"]


def test_replicates_live_at_the_same_time(client: TestClient, gated: Gated) -> None:
    alone = scenario(steps=1, model="gated", people=[{"persona": {"name": "Ana Reyes"}}])
    assert client.post("/api/simulations?wait=30", json={"scenario": alone}).status_code == 200
    assert gated.arrived.acquire(timeout=30)
    gated.gate.clear()
    made = client.post(f"{MAIN}/branch", json={"name": "again", "at": 4, "replicates": 3, "run": 1}).json()
    assert all(gated.arrived.acquire(timeout=30) for _ in range(3))  # each waits for its answer while the others do
    gated.gate.set()
    done = over(client, made["job"])
    assert [life["ref"].partition("@")[0] for life in done["result"]["lives"]] == made["branches"]


def test_edits_are_program_items_and_all_or_nothing(client: TestClient) -> None:
    begun(client)
    good = {"name": "edited", "edits": [{"say": "You know why.", "to": ["Bo Lind"]}, {"run": 1}]}
    made = client.post(f"{MAIN}/branch", json=good).json()
    assert over(client, made["job"])["status"] == "done"
    for bad in (
        {"name": "edited"},
        {"name": "bad", "edits": [{"fragment": {"to": "Bo Lind", "file": "/etc/passwd"}}]},
        {"name": "bad", "edits": [{"say": "Who?", "to": ["Nobody"]}]},
        {"name": "bad", "set": {"settings.nothing": 1}},
        {"name": "bad", "model": "local:/etc/passwd"},
        {"name": "bad", "replicates": 2, "draw": 1},
    ):
        assert client.post(f"{MAIN}/branch", json=bad).status_code in (409, 422), bad
    assert {row["branch"] for row in client.get("/api/simulations/tiny").json()["branches"]} == {"main", "edited"}


def test_the_past_is_asked_and_the_run_left_as_it_is(client: TestClient) -> None:
    job = begun(client)
    sent = {"person": "Ana", "question": "Who makes the tea?", "at": 12}
    first, second = (client.post(f"{MAIN}/ask", json=sent).json()["result"] for _ in range(2))
    assert (first["recorded"], second["recorded"]) == (False, True) and first["answer"] == second["answer"]
    survey = {"title": "Tea", "questions": [{"id": "who", "text": "Who?"}]}
    rows = client.post(f"{MAIN}/survey", json={"survey": survey}).json()["result"]["rows"]
    assert {row["person"] for row in rows} == {"ana-reyes", "bo-lind"}
    found = client.post(f"{MAIN}/extract", json={"fields": ["mood:text:how it ended"]}).json()["result"]
    assert [row["field"] for row in found["values"]] == ["mood"]
    assert client.get(MAIN).json()["head"] == job["result"]["head"]
    assert client.post(f"{MAIN}/ask", json={**sent, "person": "Nobody"}).status_code == 404


def test_a_budget_stops_a_run_and_says_so(client: TestClient) -> None:
    sent = {"scenario": scenario(steps=3), "budget": {"calls": 2}}
    answer = client.post("/api/simulations?wait=30", json=sent)
    assert answer.status_code == 402 and answer.json()["type"] == "urn:troupe-es:budget-exceeded"
    row = client.get(MAIN).json()
    assert row["status"] == "unfinished" and row["budget"]["calls"] == 2
    done = client.post(f"{MAIN}/resume?wait=30").json()
    assert done["status"] == "done"


def test_a_human_answers_over_http(client: TestClient) -> None:
    played = scenario(steps=1, settings={"models": {"person:ana-reyes": "human"}})
    job = client.post("/api/simulations", json={"scenario": played}).json()
    while not (waiting := client.get(f"{MAIN}/pending")).is_success or not waiting.json():
        assert client.get(f"/api/jobs/{job['id']}").json()["status"] == "running"
    assert waiting.json()[0]["person"] == "ana-reyes"
    words = {"person": "Ana Reyes", "words": "I make the tea, as ever."}
    assert client.post(f"{MAIN}/answer", json=words).status_code == 204
    assert over(client, job)["status"] == "done"
    lines = client.get(f"{MAIN}/transcript").json()["lines"]
    assert ("Ana Reyes", "I make the tea, as ever.") in [(line["who"], line["content"]) for line in lines]
    assert client.post(f"{MAIN}/answer", json=words).status_code == 409


def test_an_edited_scenario_meets_its_recording(client: TestClient) -> None:
    begun(client)
    edited = scenario()
    edited["program"][0]["broadcast"] = "Who makes the coffee?"
    answer = client.post("/api/simulations?wait=30", json={"scenario": edited})
    assert answer.status_code == 409 and answer.json()["type"] == "urn:troupe-es:script-differs"


def test_an_edited_scenario_goes_on_in_a_branch_where_that_is_asked_for(client: TestClient) -> None:
    begun(client)
    edited = scenario()
    edited["program"][0]["broadcast"] = "Who makes the coffee?"
    sent = {"scenario": edited, "on_difference": "fork"}
    done = client.post("/api/simulations?wait=30", json=sent).json()
    assert (done["status"], done["result"]["ref"].partition("@")[0]) == ("done", "tiny/main-1")


def outcome(**source: Any) -> dict[str, Any]:
    """Return a small experiment with one outcome."""
    arms = [{"name": "black"}, {"name": "milk", "do": [{"broadcast": "There is milk."}]}]
    return {"arms": arms, "replicates": 2, "run": 1, "outcomes": [{"name": "said", **source}]}


def test_an_experiment_is_lived_in_every_arm(client: TestClient) -> None:
    sent = {"scenario": scenario(experiment=outcome(count="tea"))}
    done = client.post("/api/simulations?wait=60", json=sent).json()
    assert (done["what"], done["status"]) == ("experiment", "done"), done
    assert [(row["arm"], row["replicate"]) for row in done["result"]["rows"]] == [
        (arm, number) for arm in ("black", "milk") for number in (1, 2)
    ]
    assert "exp-milk-2" in [each["branch"] for each in client.get("/api/simulations/tiny").json()["branches"]]
    assert client.post("/api/simulations?wait=60", json=sent).json()["result"]["paid"] == 0


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"experiment": outcome(function="os:system")}, "'os:system' is not registered"),
        ({"experiment": {**outcome(count="tea"), "replicates": 501}}, "1,002"),
        ({"experiment": {**outcome(count="tea"), "replicates": 500, "run": 1001}}, "1,001,002"),
        (
            {"experiment": {**outcome(count="tea"), "arms": [{"name": "a", "model": "local:/etc/x"}, {"name": "b"}]}},
            "local",
        ),
        ({"program": [{"run": 10**9}]}, "1,000,000,000"),
        ({"program": [{"run": 600_000}, {"run": 600_000}]}, "1,200,000"),
    ],
)
def test_what_the_service_will_not_live_is_refused_before_anything_is_written(
    client: TestClient, changed: dict[str, Any], said: str
) -> None:
    answer = client.post("/api/simulations?wait=5", json={"scenario": scenario(**changed)})
    assert answer.status_code == 422 and said in answer.json()["detail"], answer.text
    assert client.get("/api/simulations/tiny").status_code == 404


def test_what_it_may_cost_is_told_before(client: TestClient) -> None:
    found = client.post("/api/estimate", json={"scenario": scenario()}).json()
    assert found["calls"]["low"] <= found["calls"]["mid"] <= found["calls"]["high"]
    assert [run["simulation"] for run in client.get("/api/simulations").json()] == ["gallery", "forks"]


def test_a_bundle_goes_out_and_comes_in_the_same(client: TestClient) -> None:
    head = begun(client)["result"]["head"]
    content = client.get("/api/simulations/tiny/export").content
    sent = client.post("/api/imports?as=copy", content=content, headers={"content-type": "application/zip"})
    assert sent.json()["result"] == {"simulation": "copy", "branches": ["main"]}
    assert client.get("/api/branches/copy/main").json()["head"] == head
    one = zipfile.ZipFile(io.BytesIO(client.get("/api/branches/gallery/quiet/export").content))
    assert "manifest.json" in one.namelist()


def test_a_hostile_bundle_is_refused_and_nothing_is_written(client: TestClient) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("../escaped.txt", "no")
    for content in (packed.getvalue(), b"PK", b"", b"no zip"):
        answer = client.post("/api/imports", content=content, headers={"content-type": "application/zip"})
        assert answer.status_code == 422, answer.text
        assert "/tmp" not in answer.text
    assert len(client.get("/api/simulations").json()) == 2


def test_verifying_decides_it_all_again(client: TestClient) -> None:
    found = client.post("/api/branches/gallery/main/verify?wait=60").json()["result"]
    assert found["holds"] and found["decided"] > 100 and found["calls"] == 0


def test_many_at_once_say_and_read_without_a_lock_error(client: TestClient, gated: Gated) -> None:
    gated.gate.clear()
    job = client.post("/api/simulations", json={"scenario": scenario(steps=6, model="gated")}).json()
    assert gated.asked.wait(30)
    gated.gate.set()
    statuses: list[int] = []

    def busy(number: int) -> None:
        for turn in range(5):
            said = client.post(f"{MAIN}/say", json={"text": f"{number}-{turn}"})
            statuses.extend([said.status_code, client.get(f"{MAIN}/events").status_code])

    threads = [threading.Thread(target=busy, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert over(client, job)["status"] == "done" and set(statuses) == {200}
    client.post(f"{MAIN}/step?wait=30")  # whoever spoke after the end was heard at once
    said = client.get(f"{MAIN}/events?type=stimulus-given&limit=100").json()["events"]
    words = sorted(row["gist"]["said"] for row in said)[:-1]
    assert words == sorted(f"{number}-{turn}" for number in range(4) for turn in range(5))
