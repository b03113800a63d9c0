"""What is asked of the service reaches the life as it was asked: whom, in which draw, how far, and for how much."""

import io
import json
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from service.held import HOME, Gated, scenario
from starlette.testclient import TestClient

from troupe_es import Improviser, Store
from troupe_es.agent.faculties.web import CALL
from troupe_es.controller import bundle
from troupe_es.errors import Conflict, Interrupted, UsageError
from troupe_es.events import Draft, types
from troupe_es.llm.toolcalls import PREFIX
from troupe_es.scenario import model_of
from troupe_es.service import create_app, jobs
from troupe_es.service.jobs import Job, Jobs
from troupe_es.service.stores import Stores

MAIN = "/api/branches/tiny/main"
ZIP = {"content-type": "application/zip"}
WEB = {"faculty": "web", "options": {"hosts": ["example.org"]}}


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with a small life of two steps, to be copied."""
    file = tmp_path_factory.mktemp("once") / "once.db"
    people = [{"persona": {"name": name, "diet": {"meat": False}}} for name in ("Ana Reyes", "Bo Lind", "Cy Moss")]
    worlds = [{"name": "Kitchen"}, {"name": "Garden"}]
    for number, person in enumerate(people):
        person["world"] = worlds[number // 2]["name"]
    program = [{"say": "Who makes the tea?", "to": ["Bo Lind"]}, {"run": 2}]
    with Store(file, Improviser()) as store:
        store.play(model_of(scenario(people=people, worlds=worlds, program=program), "scenario"))
    return file


@pytest.fixture
def app(once: Path, tmp_path: Path) -> FastAPI:
    file = tmp_path / "tiny.db"
    file.write_bytes(once.read_bytes())
    return create_app(file)


@pytest.fixture
def tiny(app: FastAPI) -> Iterator[TestClient]:
    """Somebody who asks a service over a copy of that store."""
    with TestClient(app, base_url=HOME, raise_server_exceptions=False) as client:
        yield client


def told(client: TestClient, branch: str = "main") -> list[Any]:
    """What was said from outside in a branch, latest first."""
    found = client.get(f"/api/branches/tiny/{branch}/events?type=stimulus-given").json()["events"]
    return [client.get(f"/api/branches/tiny/{branch}/events/{row['seq']}").json()["payload"] for row in found[::-1]]


def result(client: TestClient, answer: Any) -> Any:
    """What came of a job, once it is over."""
    assert answer.is_success, answer.text
    job = answer.json().get("job") or answer.json()
    done = client.get(f"/api/jobs/{job['id']}?wait=30").json()
    assert done["status"] == "done", done
    return done["result"]


# what is said and changed


def test_whom_it_reaches_who_speaks_and_where_is_as_it_was_said(tiny: TestClient) -> None:
    sent = {"text": "Rain!", "world": "Garden", "kind": "SOCIAL", "speaker": "The radio"}
    assert tiny.post(f"{MAIN}/say", json=sent).status_code == 200
    assert (told(tiny)[0]["world"], told(tiny)[0]["kind"], told(tiny)[0]["speaker"]) == (
        "garden",
        "SOCIAL",
        "The radio",
    )
    tiny.post(f"{MAIN}/say", json={"text": "You there.", "to": ["Cy Moss"]})
    assert (told(tiny)[0]["to"], told(tiny)[0]["world"]) == (["cy-moss"], None)


@pytest.mark.parametrize(("merge", "diet"), [(False, {"fish": True}), (True, {"meat": False, "fish": True})])
def test_a_value_takes_the_place_of_another_or_is_merged_into_it(
    tiny: TestClient, merge: bool, diet: dict[str, bool]
) -> None:
    sent = {"path": "people.ana-reyes.diet", "value": {"fish": True}, "merge": merge}
    assert tiny.post(f"{MAIN}/set", json=sent).status_code == 200
    assert tiny.get("/api/branches/tiny/main/people/ana-reyes").json()["persona"]["diet"] == diet


def test_the_past_is_not_changed_and_nobody_lives_on_in_it(app: FastAPI) -> None:
    desk = app.state.desk
    for deed in (
        lambda: desk.say("tiny@5", "Hi", ["Bo Lind"]),
        lambda: desk.set("tiny@5", "settings.temperature", 1),
        lambda: desk.go_on("tiny@5", 1),
        lambda: desk.pause("tiny@5"),
    ):
        with pytest.raises(UsageError, match="the past cannot be changed; open a branch there"):
            deed()


# branches


def test_a_branch_is_what_was_asked_for(tiny: TestClient) -> None:
    sent = {
        "name": "less",
        "at": 8,
        "drop": ["Cy Moss"],
        "set": {"people.bo-lind.mood": "cross"},
        "say": ["Only coffee."],
        "to": ["Bo Lind"],
        "model": "improviser",
    }
    assert tiny.post(f"{MAIN}/branch", json=sent).json()["forked_at"] == "tiny/main@8"
    state = tiny.get("/api/branches/tiny/less/state").json()
    assert [person["id"] for person in state["people"]] == ["ana-reyes", "bo-lind"]
    assert tiny.get("/api/branches/tiny/less/people/bo-lind").json()["persona"]["mood"] == "cross"
    assert (told(tiny, "less")[0]["content"], told(tiny, "less")[0]["to"]) == ("Only coffee.", ["bo-lind"])


def test_the_model_of_a_branch_is_the_one_that_was_named(path: Path, gated: Gated) -> None:
    with TestClient(create_app(path, models=[gated]), base_url=HOME) as client:
        client.post("/api/branches/gallery/quiet/branch", json={"name": "other", "model": "gated"})
        assert client.get("/api/branches/gallery/other/state").json()["settings"]["model"] == "gated"


def test_each_refresh_and_each_replicate_has_a_draw_of_its_own_and_a_draw_can_be_named(tiny: TestClient) -> None:
    def draws(**sent: Any) -> list[int]:
        opened = tiny.post(f"{MAIN}/branch", json={"at": 8, **sent}).json()["branches"]
        return [tiny.get(f"/api/branches/{ref}").json()["draw"] for ref in opened]

    assert draws(name="same") == [0]
    assert draws(name="new", refresh=True) == [1]
    assert draws(name="named", draw=7) == [7]
    assert draws(name="several", replicates=3) == [2, 3, 4]


def test_replicates_are_all_opened_or_none(tiny: TestClient) -> None:
    assert tiny.post(f"{MAIN}/branch", json={"name": "twin-2"}).status_code == 201
    assert tiny.post(f"{MAIN}/branch", json={"name": "twin", "replicates": 3}).status_code == 409
    branches = tiny.get("/api/simulations/tiny").json()["branches"]
    assert {row["branch"] for row in branches} == {"main", "twin-2"}


@pytest.mark.parametrize(
    "item",
    [
        {"equip": "web", "options": {"hosts": ["example.org"]}},
        {"add": {"persona": {"name": "Di"}, "world": "Kitchen", "faculties": [WEB]}},
        {"intervene": {"name": "late", "when": {"step": {"at": 9}}, "do": [{"equip": "web"}]}},
    ],
    ids=["by itself", "with somebody", "some day"],
)
def test_no_edit_of_a_branch_lets_people_fetch_from_the_web(tiny: TestClient, item: dict[str, Any]) -> None:
    answer = tiny.post(f"{MAIN}/branch", json={"name": "out", "edits": [item]})
    assert answer.status_code == 422 and "--web" in answer.json()["detail"], answer.text
    assert [row["branch"] for row in tiny.get("/api/simulations/tiny").json()["branches"]] == ["main"]


def test_no_model_a_client_names_fetches_from_the_web(app: FastAPI) -> None:
    with pytest.raises(UsageError, match="the web is not fetched from here"):
        app.state.stores.writer.model(PREFIX + CALL)


# what it may cost


@pytest.mark.parametrize(
    ("where", "sent"),
    [
        ("run", {"steps": 3}),
        ("step", {"steps": 3}),
        ("branch", {"name": "more", "run": 3}),
        ("branch", {"name": "rest", "at": 8, "draw": 9, "run": "rest"}),
        ("ask", {"person": "Ana", "question": "Well?", "at": 9, "budget": {"calls": 1, "tokens": 5}}),
        ("survey", {"survey": {"title": "T", "questions": [{"id": "a", "text": "A?"}]}}),
        ("extract", {"fields": ["a", "b"], "budget": {"tokens": 5}}),
    ],
)
def test_a_budget_holds_for_whatever_it_is_given_with(tiny: TestClient, where: str, sent: dict[str, Any]) -> None:
    answer = tiny.post(f"{MAIN}/{where}", json={"budget": {"calls": 2}, **sent})
    job = answer.json().get("job")
    if job is not None:
        job = tiny.get(f"/api/jobs/{job['id']}?wait=30").json()
    elif answer.status_code == 202:
        job = tiny.get(f"/api/jobs/{answer.json()['id']}?wait=30").json()
    assert (job["problem"] if job else answer.json())["type"] == "urn:troupe-es:budget-exceeded"


def test_a_budget_holds_for_finishing_what_is_under_way(tiny: TestClient) -> None:
    tiny.post("/api/simulations?wait=30", json={"scenario": scenario("long", 3), "budget": {"calls": 2}})
    answer = tiny.post("/api/branches/long/main/resume?wait=30", json={"budget": {"calls": 1}})
    assert answer.status_code == 402
    assert tiny.get("/api/branches/long/main").json()["calls"]["paid"] == 3


# the past


def test_asking_again_asks_in_another_draw_and_a_survey_asks_whom_it_names(tiny: TestClient) -> None:
    sent = {"person": "Ana", "question": "Who makes the tea?"}
    refs = [
        tiny.post(f"{MAIN}/ask", json={**sent, "again": again}).json()["result"] for again in (False, False, True)
    ]
    assert [each["recorded"] for each in refs] == [False, True, False]
    survey = {"title": "Tea", "questions": [{"id": "who", "text": "Who?"}]}
    rows = result(tiny, tiny.post(f"{MAIN}/survey", json={"survey": survey, "people": ["Cy Moss"]}))["rows"]
    assert [row["person"] for row in rows] == ["cy-moss"]
    again = [tiny.post(f"{MAIN}/survey", json={"survey": survey, "again": each}) for each in (False, False, True)]
    assert [result(tiny, each)["recorded"] for each in again] == [False, True, False]
    found = [tiny.post(f"{MAIN}/extract", json={"fields": ["a"], "again": each}) for each in (False, False, True)]
    assert [result(tiny, each)["recorded"] for each in found] == [False, True, False]


def test_an_extraction_is_of_those_and_for_what_was_said(tiny: TestClient) -> None:
    sent = {"fields": ["a"], "world": "Garden", "objective": "to know"}
    made = result(tiny, tiny.post(f"{MAIN}/extract", json=sent))
    where = f"/api/branches/{made['ref'].partition('@')[0]}/events"
    [row] = tiny.get(f"{where}?type=extraction-asked").json()["events"]
    asked = tiny.get(f"{where}/{row['seq']}").json()["payload"]
    assert (asked["world"], asked["objective"], asked["about"]) == ("garden", "to know", None)


def test_strict_verifying_is_asked_for_strictly(tiny: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bool] = []
    verify = Store.verify

    def watched(store: Store, ref: str, *, strict: bool = False, **more: Any) -> Any:
        seen.append(strict)
        return verify(store, ref, strict=strict, **more)

    monkeypatch.setattr(Store, "verify", watched)
    for query in ("", "&strict=true"):
        assert tiny.post(f"{MAIN}/verify?wait=30{query}").json()["result"]["holds"]
    assert seen == [False, True]


# carrying


def test_a_bundle_of_a_branch_holds_it_and_what_it_came_from_alone(tiny: TestClient) -> None:
    for name in ("one", "two"):
        tiny.post(f"{MAIN}/branch", json={"name": name, "at": 8})

    def branches(where: str) -> set[str]:
        packed = zipfile.ZipFile(io.BytesIO(tiny.get(where).content))
        manifest = json.loads(packed.read("manifest.json"))
        return {each["name"] for each in manifest["branches"]}

    assert branches("/api/branches/tiny/one/export") == {"main", "one"}
    assert branches("/api/simulations/tiny/export") == {"main", "one", "two"}


def test_a_bundle_in_which_somebody_put_words_into_a_mouth_is_not_taken_in(
    tiny: TestClient, app: FastAPI, tmp_path: Path
) -> None:
    log = app.state.stores.writer.log
    main = log.branch("tiny")
    lie = next(event for event in log.events(main) if isinstance(event.body, types.ActionTaken))
    said = lie.body.model_copy(update={"content": "I confess."})
    forged = log.fork(main, lie.seq - 1, "forged")
    log.append(forged, [Draft(said, lie.actor, lie.step, lie.time, lie.cause)], lie.seq - 1)
    bundle.export(log, "tiny", tmp_path / "b.zip", ["forged"])
    content = (tmp_path / "b.zip").read_bytes()
    answer = tiny.post("/api/imports?as=taken", content=content, headers=ZIP)
    assert answer.status_code == 409 and "does not verify" in answer.json()["detail"], answer.text
    assert str(tmp_path) not in answer.text and "/tmp" not in answer.text
    assert [each["simulation"] for each in tiny.get("/api/simulations").json()] == ["tiny"]
    assert tiny.post("/api/imports?as=../taken", content=content, headers=ZIP).status_code == 404
    for wrong in (content[:500], b"PK"):
        told_ = tiny.post("/api/imports", content=wrong, headers=ZIP).json()["detail"]
        assert "the bundle" in told_ and "bundle.zip" not in told_, told_


def test_a_scenario_is_sent_once_and_in_one_way(tiny: TestClient) -> None:
    text = json.dumps(scenario("both"))
    for sent in ({}, {"scenario": scenario("both"), "text": text}):
        answer = tiny.post("/api/simulations?wait=30", json=sent)
        assert answer.status_code == 422 and "either" in answer.json()["detail"]
    assert [each["simulation"] for each in tiny.get("/api/simulations").json()] == ["tiny"]


def test_a_scenario_that_is_being_lived_is_not_begun_a_second_time(path: Path, gated: Gated) -> None:
    with TestClient(create_app(path, models=[gated]), base_url=HOME) as client:
        gated.gate.clear()
        sent = {"scenario": scenario(steps=1, model="gated")}
        first = client.post("/api/simulations", json=sent).json()
        assert gated.asked.wait(30)
        assert client.post("/api/simulations", json=sent).status_code == 409
        assert [job["id"] for job in client.get("/api/jobs").json()] == [first["id"]]
        gated.gate.set()


# jobs


@pytest.fixture
def begun(path: Path) -> Iterator[Jobs]:
    """Jobs of a store, of which at most two go on and three that are over are listed."""
    stores = Stores(path)
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(jobs, "MOST", 2)
        monkeypatch.setattr(jobs, "KEPT", 3)
        made = Jobs(stores)
        yield made
        made.close()
    stores.close()


def over(job: Job) -> Job:
    assert job.over.wait(30)
    return job


def test_so_many_jobs_go_on_at_once_and_not_one_more(begun: Jobs) -> None:
    gate = threading.Event()
    held = [begun.start("wait", "gallery", lambda store: {"opened": gate.wait(30)}) for _ in range(2)]
    with pytest.raises(Conflict, match="2 jobs are under way already"):
        begun.start("wait", "gallery", lambda store: {})
    gate.set()
    assert [over(job).result for job in held] == [{"opened": True}] * 2
    assert over(begun.start("wait", "gallery", lambda store: {"n": 3})).result == {"n": 3}


def test_the_latest_jobs_that_are_over_are_listed_and_no_running_one_is_forgotten(begun: Jobs) -> None:
    gate = threading.Event()
    first = begun.start("wait", "gallery", lambda store: {"opened": gate.wait(30)})
    for _ in range(6):
        over(begun.start("nothing", "gallery", lambda store: {}))
    assert list(begun.known) == [first.id, "4", "5", "6", "7"]
    gate.set()
    over(first)


def test_what_goes_wrong_in_a_job_is_kept_with_it(begun: Jobs) -> None:
    def fails(store: Store) -> dict[str, Any]:
        raise UsageError("no such thing")

    job = over(begun.start("fail", "gallery", fails))
    assert (job.status, job.problem and job.problem.detail, job.result) == ("failed", "no such thing", None)
    assert job.ended is not None and job.ended >= job.begun > 0


def test_no_job_begins_once_the_service_stops(begun: Jobs) -> None:
    begun.stop()
    with pytest.raises(Interrupted, match="the service is stopping"):
        begun.start("wait", "gallery", lambda store: {})


# events as they are kept


def test_an_event_is_kept_for_ever_under_its_hash_alone_and_told_anew_when_it_is_another(tiny: TestClient) -> None:
    where = f"{MAIN}/events/6"
    whole = tiny.get(where)
    hash, etag = whole.json()["hash"], whole.headers["etag"]
    for asked, age in (("", "300"), (hash[:7], "300"), (hash[:8], "31536000"), (hash, "31536000")):
        answer = tiny.get(f"{where}?hash={asked}", headers={"if-none-match": etag})
        assert (answer.status_code, answer.content) == (304, b"")
        for each in (answer, tiny.get(f"{where}?hash={asked}")):
            assert f"max-age={age}," in each.headers["cache-control"] and each.headers["etag"] == etag
    other = tiny.get(f"{MAIN}/events/7").headers["etag"]
    assert tiny.get(where, headers={"if-none-match": other}).json() == whole.json()


def test_before_the_first_event_there_is_none(tiny: TestClient) -> None:
    for before in (0, 1):
        page = tiny.get(f"{MAIN}/events?before={before}").json()
        assert (page["events"], page["next"]) == ([], None)


def test_wrong_input_is_told_field_by_field_and_a_wrong_method_what_would_be_right(tiny: TestClient) -> None:
    answer = tiny.post(f"{MAIN}/say", json={"text": "", "kind": "SHOUT"})
    assert {each["where"] for each in answer.json()["errors"]} == {"body.text", "body.kind"}
    assert answer.json()["detail"].startswith("body.")
    assert tiny.delete("/api/jobs").headers["allow"] == "GET"
