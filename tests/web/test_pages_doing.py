"""What is done from the pages: prices that are said first, downloads, beginning, asking, and keeping one's place."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from web.test_pages_more import HOME, alert, client_of, page, post, text_of

from troupe_es import Store, commands
from troupe_es import scenario as scenarios
from troupe_es.controller import bundle
from troupe_es.controller.references import resolve
from troupe_es.errors import TroupeError
from troupe_es.events import types
from troupe_es.llm.choose import model_of
from troupe_es.llm.prices import Prices
from troupe_es.ui import bundles, edits
from troupe_es.ui.web.rendering import environment
from troupe_es.ui.web.samples import starter
from troupe_es.ui.web.wording import on_page
from troupe_es.views import models, onward

REPLAYS = Path(__file__).parents[2] / "replays"
TEA = """
troupe: 1
name: tea
model: improviser
worlds: [{name: Kitchen}]
people: [{persona: {name: Ana Reyes}}, {persona: {name: Bo Lind}}]
program: [{broadcast: Who makes the tea?}, {run: 2}, {broadcast: It is cold.}, {run: 1}]
"""
SURVEY = "title: Tea\nquestions:\n  - {id: drinks, kind: yes-no, text: Do you drink tea?}\n"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with a recording, and a run of the improviser."""
    path = tmp_path_factory.mktemp("doing") / "made.db"
    with Store(path) as store:
        for name in ("elevenses", "gallery"):
            bundle.import_(store.log, REPLAYS / name)
        store.play(scenarios.parse(TEA, "tea"))
    return path


@pytest.fixture
def path(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(made, tmp_path / "made.db"))


@pytest.fixture
def client(path: Path) -> Iterator[TestClient]:
    yield from client_of(path)


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[TestClient]:
    yield from client_of(tmp_path / "empty.db")


def written(path: Path) -> list[Any]:
    with Store(path, write=False) as store:
        return store.log.select("SELECT (SELECT count(*) FROM events), (SELECT count(*) FROM branches)")


# what branching may cost


def test_what_is_left_of_a_life_is_rehearsed_as_it_was_lived(made: Path) -> None:
    with Store(made, write=False) as store:
        events = list(store.log.events(store.log.branch("tea")))
        ends = [event.seq for event in events if isinstance(event.body, types.TurnEnded | types.StepEnded)]
        assert len(ends) > 6
        for at in ends:
            asked = sum(isinstance(event.body, types.ModelAnswered) for event in events if event.seq > at)
            found = onward.branching(store, f"tea@{at}", [], None)
            assert (found["calls"] or {"mid": 0})["mid"] == asked, at
            assert found["free"] and found["exact"] and found["currency"] == ""


def test_steps_are_rehearsed_with_the_chosen_model_and_lives_add_up(made: Path) -> None:
    chosen = [commands.Change("settings.model", "gpt-5-mini")]
    with Store(made, write=False) as store:
        one = onward.branching(store, "elevenses@16", chosen, 2)
        three = onward.branching(store, "elevenses@16", chosen, 2, 3)
    assert one["models"] == ["gpt-5-mini"] and not one["free"] and not one["unpriced"]
    for name in ("prompt_tokens", "completion_tokens", "money"):
        assert one[name]["low"] < one[name]["mid"] < one[name]["high"], name
        assert abs(three[name]["mid"] - 3 * one[name]["mid"]) <= 3  # each rounded up


def test_some_people_stand_for_many(tmp_path: Path) -> None:
    people = [{"persona": {"name": f"Person {number}"}} for number in range(60)]
    script = {**json.loads(json.dumps(scenarios.parse(TEA, "tea").model_dump(exclude_unset=True), default=str))}
    script |= {"people": people, "program": [{"broadcast": "Tea?"}]}
    with Store(tmp_path / "many.db") as store:
        store.play(scenarios.model_of(script, "many"))
        found = onward.branching(store, "tea", [], 2)
        asked = onward.survey(store, "tea", {"questions": [{"id": "a", "kind": "yes-no", "text": "Tea?"}]})
    assert found["sampled"] and found["calls"]["mid"] == 120
    assert asked["people"] == 60 and asked["calls"]["mid"] == 60


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("improviser", "Free. improviser costs nothing."),
        ("gpt-5-mini", "USD for gpt-5-mini"),
        ("zorp", "Of zorp no price is known"),
    ],
)
def test_free_priced_and_unpriced_are_told_apart(client: TestClient, path: Path, model: str, said: str) -> None:
    before = written(path)
    asked = f"review=true&at=16&name=w1&run=steps&steps=2&say=x&model={model}"
    text = text_of(page(client, f"/runs/elevenses/main/branch?{asked}"))
    assert said in text
    assert ("needs a key" in text) == (model != "improviser")  # none is set in tests
    assert "One in ten exceeds" in text or model == "improviser"
    assert written(path) == before


def test_a_recording_is_said_to_have_no_other_answers_before_the_branch_is_opened(client: TestClient) -> None:
    review = "/runs/elevenses/main/branch?review=true&at=58&name=w1&run=rest"
    assert "scripted:elevenses is a recording" in text_of(page(client, review))
    assert "is a recording" not in text_of(page(client, f"{review}&model=improviser"))
    assert '<option value="improviser">' in page(client, "/runs/elevenses/main/branch?at=58")


@pytest.mark.parametrize(
    ("wish", "said"), [("drop=Nobody", "no person 'Nobody'"), ("set=foo", "Set 'foo': write PATH")]
)
def test_what_cannot_be_changed_is_told_in_the_preview(client: TestClient, wish: str, said: str) -> None:
    html = page(client, f"/runs/elevenses/main/branch?review=true&at=58&name=w1&{wish}")
    assert said in text_of(html) and 'role="alert"' in html and "--" not in text_of(html)


# asking and giving a survey


def test_a_question_to_a_recording_stays_where_it_was_typed_and_is_not_asked(client: TestClient, path: Path) -> None:
    before = written(path)
    where = "/runs/elevenses/main/people/callum-reid"
    html = page(client, f"{where}?at=40&question=Why+so")
    assert "is a recording" in text_of(html) and ">Why so</textarea>" in html and "it is free" not in text_of(html)
    form = f"{where}?at=40&question=Why&model=improviser"
    answer = post(client, f"{where}/ask", form, at=40, question="Why so")
    assert "is a recording" in alert(answer) and ">Why so</textarea>" in answer.text
    answer = post(client, f"{where}/ask", form, at=40, question="Why so", model="zorp")
    assert "needs a key" in alert(answer) and "Why so" in answer.text
    assert written(path) == before


def test_a_survey_is_given_from_the_page_its_price_first(client: TestClient, path: Path) -> None:
    where, before = "/runs/tea/main/asked", written(path)
    told = post(client, where, where, survey=SURVEY, at=8, people="Bo Lind")
    assert told.status_code == 200 and "for 1 person" in text_of(told.text) and "Free." in text_of(told.text)
    assert "needs a key" in text_of(post(client, where, where, survey=SURVEY, at=8, model="zorp").text)
    assert "no person 'Cy'" in alert(post(client, where, where, survey=SURVEY, at=8, people="Cy"))
    assert "questions" in alert(post(client, where, where, survey="x", at=8))
    assert written(path) == before
    answer = post(client, where, where, survey=SURVEY, at=8, people="Bo Lind", do="give")
    assert answer.status_code == 303
    assert "Do you drink tea?" in text_of(page(client, answer.headers["location"]))
    with Store(path) as store:
        found = store.survey(
            "tea@8",
            {"title": "Tea", "questions": [{"id": "drinks", "kind": "yes-no", "text": "Do you drink tea?"}]},
            ["bo-lind"],
        )
    assert found.recorded and f"one={found.ref.partition('/')[2].partition('@')[0]}" in answer.headers["location"]


def test_an_experiment_is_run_from_its_page_its_price_first(
    empty: TestClient, client: TestClient, tmp_path: Path
) -> None:
    post(empty, "/examples", "/", name="late-books")
    where, path = "/experiments/late-books", tmp_path / "empty.db"
    before = written(path)
    assert "It was not run yet" in text_of(page(empty, where))
    told = text_of(post(empty, where, where).text)
    assert "About " in told and "Run it" in told and written(path) == before
    assert "'x' is no number" in alert(post(empty, where, where, do="run", calls="x")) and written(path) == before
    assert post(empty, where, where, do="run").headers["location"] == where
    jobs = empty.app.state.jobs  # type: ignore[attr-defined]
    job = jobs.wait(list(jobs.known.values())[-1], 60)
    assert (job.what, job.status) == ("experiment", "done")
    with Store(path, write=False) as store:  # its scenario has it audited
        assert "note-draws-plain-1" in {each.name for each in store.log.branches("late-books")}
    text = text_of(page(empty, where))
    assert "describes no experiment" in alert(post(client, "/experiments/tea", "/?examples=true"))
    assert "Run it" not in text and "not run yet" not in text and "is the replicate" in text


# taking away


def test_downloads_are_what_the_command_line_writes(client: TestClient, made: Path) -> None:
    offered = re.findall(r'<a href="([^"]+)" download', page(client, "/runs/gallery/main"))
    assert [each.rpartition("/")[2] for each in offered] == ["export", "jsonl", "csv", "html"]
    for each in offered:
        answer = client.get(each)
        assert answer.status_code == 200 and answer.headers["content-disposition"].startswith("attachment;"), each
        form = each.rpartition("/")[2]
        if form != "export":
            with Store(made, write=False) as store:
                assert answer.text == "".join(bundles.FORMS[form](store, resolve(store.log, "gallery"))), form
    assert client.get("/runs/gallery/none/export/csv").status_code == 404
    assert client.get("/runs/gallery/main/export/exe").status_code == 422


def test_a_large_page_says_what_it_takes_and_one_too_large_is_not_offered() -> None:
    from troupe_es.ui.web.taking import MOST, offers

    assert offers("a", "main", 47_000)[-1]["takes"] == "about 28 MB and 9 s"
    assert [each["name"] for each in offers("a", "main", MOST + 1)] == ["Bundle", "JSON lines", "CSV"]


# beginning


def begun(client: TestClient, text: str, **more: str) -> Any:
    token = re.search(r'name="csrf" value="([0-9a-f]+)"', page(client, "/"))
    assert token is not None
    return client.post("/scenarios", data={"csrf": token[1], "text": text, **more}, headers={"origin": HOME})


def notices(html: str) -> list[str]:
    return [
        text_of(each) for each in re.findall(r'<p class="notice [a-z]+" role="status">(.*?)</p>', html, re.DOTALL)
    ]


def test_beginning_again_says_one_thing(empty: TestClient) -> None:
    def seen(text: str, told: str, where: str = "/runs/tea/main", **more: str) -> None:
        answer = begun(empty, text, **more)
        assert (answer.status_code, answer.headers["location"]) == (303, f"{where}?told={told}")
        assert len(notices(page(empty, answer.headers["location"]))) == 1

    seen(TEA, "started")
    seen(TEA, "there")
    other = TEA.replace("makes", "drinks")
    differs = begun(empty, other)
    assert differs.status_code == 422 and "Who drinks the tea?" in differs.text
    [said] = notices(differs.text)
    assert "differs" in said and "as a branch" in said and "--fork" not in said and 'value="fork"' in differs.text
    assert ">failed<" not in differs.text and notices(page(empty, "/runs/tea/main")) == []  # nothing was stopped
    seen(other, "forked", "/runs/tea/main-1", do="fork")
    seen(TEA.rstrip()[:-1] + ", {run: 1}]\n", "gone-on")


def test_why_a_run_cannot_begin_is_all_there_is_to_read(empty: TestClient) -> None:
    answer = begun(empty, TEA, model="zorp")
    assert answer.status_code == 422 and len(notices(answer.text)) == 1
    assert "improviser is free" in text_of(answer.text) and "--model" not in answer.text


def test_an_empty_store_offers_something_to_begin_with(empty: TestClient) -> None:
    html = page(empty, "/")
    assert "troupe demo" not in html and "elevenses: " in text_of(html)
    answer = post(empty, "/examples", "/", name="lift")
    assert (answer.status_code, answer.headers["location"]) == (303, "/runs/lift/main?told=played")
    again = post(empty, "/examples", "/?examples=true", name="lift")
    assert again.headers["location"].endswith("told=there")
    assert "name: lunchbox" in page(empty, "/?starter=true")
    assert scenarios.parse(starter(), "starter").self_contained
    assert begun(empty, starter()).headers["location"] == "/runs/lunchbox/main?told=started"


# keeping one's place, and words


def test_steering_comes_back_to_the_place_it_was_done_at(client: TestClient) -> None:
    here = "/runs/tea/main?at=7&person=bo-lind"
    back = re.findall(r'name="back" value="([^"]*)"', page(client, here))
    assert back and set(back) == {"person=bo-lind&amp;at=7"}
    answer = post(client, "/runs/tea/main/say", here, text="Hm.", back="?at=7&person=bo-lind&told=x&next=//a.example")
    assert answer.headers["location"] == "/runs/tea/main?at=7&person=bo-lind&told=said"
    assert post(client, "/runs/tea/main/say", here, text="Hm.").headers["location"] == "/runs/tea/main?told=said"


def _raised(what: Any, *given: Any) -> str:
    with pytest.raises(TroupeError) as found:
        what(*given)
    return str(found.value)


def test_pages_do_not_speak_of_the_command_line() -> None:
    said = [
        _raised(model_of, "", {}),
        _raised(model_of, "gpt-5-mini", {}),
        _raised(edits.setting, "foo"),
        _raised(edits.from_options, (), (), (), ("a",), "", ""),
        _raised(Prices().required, "zorp"),
        _raised(lambda: scenarios.parse(TEA.replace("model: improviser", ""), "tea").create("")),
    ]
    for each in said:
        assert "--" in each or "troupe" in each
        assert "--" not in on_page(each) and "troupe " not in on_page(each), on_page(each)


def test_models_are_offered_that_can_be_reached(tmp_path: Path) -> None:
    with Store(
        tmp_path / "a.db", prices={"currency": "EUR", "models": {"azure:x": {"input": 1, "output": 2}}}
    ) as store:
        azure = {"AZURE_OPENAI_ENDPOINT": "https://a.example", "AZURE_OPENAI_API_KEY": "k", "OPENAI_API_VERSION": "1"}
        none = {"TROUPE_MODELS": str(tmp_path)}
        assert [each["name"] for each in models.choices(store, none)] == ["improviser"]
        assert [each["name"] for each in models.choices(store, none | azure)] == ["improviser", "azure:x"]
    with Store(tmp_path / "a.db") as store:
        keyed = [each["name"] for each in models.choices(store, none | {"OPENAI_API_KEY": "k"})]
        served = [each["name"] for each in models.choices(store, none | {"OPENAI_BASE_URL": "http://a.example"})]
    assert "gpt-5-mini" in keyed and "text-embedding-3-small" not in keyed and "deepseek-chat" not in keyed
    assert set(keyed) < set(served) and "deepseek-chat" in served


def test_tools_and_humans_are_not_called_models() -> None:
    standing = environment().get_template("parts.html").module.standing  # type: ignore[attr-defined]
    assert "What the tool <bdi>tides</bdi> returned" in standing(["tool:tides"])
    assert "A human plays here" in standing(["human"])
    assert "answers of <bdi>gpt-5</bdi>, not of people" in standing(["gpt-5", "tool:tides"])


def test_costs_call_people_who_were_made_by_their_names(client: TestClient, made: Path) -> None:
    with Store(made, write=False) as store:
        events = store.log.events(store.log.branch("gallery"))
        names = [event.body.name for event in events if isinstance(event.body, types.PersonMade)]
    text = text_of(page(client, "/runs/gallery/main/costs"))
    assert names and all(f"the making of {name}" in text for name in names) and "+1" not in text
