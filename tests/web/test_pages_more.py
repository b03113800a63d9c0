"""World, person, branch, compare, costs, integrity, asked, experiment and validation, by HTTP without a browser."""

import json
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from starlette.testclient import TestClient
from web.hostile import Elements

from troupe_es import Store, commands
from troupe_es import scenario as scenarios
from troupe_es.controller import bundle
from troupe_es.events import types
from troupe_es.experimentation import experiment
from troupe_es.service import create_app
from troupe_es.ui import web
from troupe_es.ui.text import shown
from troupe_es.validation import validate
from troupe_es.views import arms, asked, costs, differences
from troupe_es.views.taken import taken

HOME = "http://localhost"
REPLAYS = Path(__file__).parents[2] / "replays"
QUESTIONS = [
    {"id": "drinks", "kind": "yes-no", "text": "Do you drink <b>cold</b> tea?"},
    {"id": "why", "kind": "text", "text": "Why?", "when": "drinks == 'yes'"},
    {"id": "taste", "kind": "likert", "text": "It tastes good."},
    {"id": "size", "kind": "choice", "text": "Which size?", "options": ["small", "medium", "large"]},
]
EXPERIMENT: dict[str, Any] = {
    "troupe": 1,
    "name": "tea",
    "seed": 7,
    "model": "improviser",
    "worlds": [{"name": "Kitchen"}],
    "people": [{"persona": {"name": "Ana Reyes", "age": 34}}, {"persona": {"name": "Bo Lind", "age": 61}}],
    "program": [{"broadcast": "Would you buy cold tea?"}, {"run": 1}],
    "experiment": {
        "arms": [{"name": "plain"}, {"name": "near", "do": [{"say": "It is made near here.", "to": ["Bo Lind"]}]}],
        "replicates": 3,
        "run": 1,
        "outcomes": [
            {"name": "words", "count": r"\w+"},
            {"name": "kind", "claim": "{{name}} is kind.", "of": ["Bo Lind"]},
        ],
    },
}
TABS = ("world", "branch", "costs", "integrity", "asked")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of recordings, an experiment, and a survey."""
    path = tmp_path_factory.mktemp("made") / "made.db"
    with Store(path) as store:
        for name in ("gallery", "forks"):
            bundle.import_(store.log, REPLAYS / name)
        experiment(store, scenarios.parse(json.dumps(EXPERIMENT), "test"))
        store.survey("tea", {"title": "Cold tea", "questions": QUESTIONS})
    return path


@pytest.fixture
def path(made: Path, tmp_path: Path) -> Path:
    """A copy of that store, to be written to."""
    return Path(shutil.copy(made, tmp_path / "made.db"))


@pytest.fixture(scope="module")
def reader(made: Path) -> Iterator[TestClient]:
    yield from client_of(made)


@pytest.fixture
def client(path: Path) -> Iterator[TestClient]:
    yield from client_of(path)


def client_of(path: Path) -> Iterator[TestClient]:
    app = create_app(path)
    web.mount(app)
    with TestClient(app, base_url=HOME, follow_redirects=False) as client:
        yield client


def page(client: TestClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, (path, answer.text[:2000])
    return answer.text


def text_of(html: str) -> str:
    return " ".join(Elements(html).text.split())


def links(html: str) -> list[str]:
    return [value for tag, name, value in Elements(html).attributes if (tag, name) == ("a", "href")]


def rows(html: str, caption: str) -> list[list[str]]:
    """Return the words in the cells of the table with this caption."""
    [table] = [each for each in re.findall(r"<table.*?</table>", html, re.DOTALL) if caption in each]
    found = re.findall(r"<tr[^>]*>(.*?)</tr>", table, re.DOTALL)
    return [
        [" ".join(Elements(cell).text.split()) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)]
        for row in found
    ]


def post(client: TestClient, path: str, form: str, /, **fields: Any) -> Any:
    """Send a form as the page ``form`` has it."""
    token = re.search(r'name="csrf" value="([^"]+)"', page(client, form))
    assert token is not None
    return client.post(path, data={"csrf": token[1], **fields}, headers={"origin": HOME})


def alert(answer: Any) -> str:
    assert answer.status_code == 422, answer.text[:500]
    [found] = re.findall(r'role="alert">(.*?)</p>', answer.text, re.DOTALL)
    return Elements(found).text


# all of them


def test_every_page_of_every_branch_is_whole_and_runs_nothing_inline(made: Path, reader: TestClient) -> None:
    with Store(made, write=False) as store:
        lives = [f"/runs/{branch}" for branch in store.log.branches(None, ("main", "fork"))]
    pages = [f"{life}/{tab}" for life in lives for tab in TABS]
    pages += ["/compare", "/validation", "/experiments/tea", "/experiments/gallery"]
    for each in pages:
        html = page(reader, each)
        seen = Elements(html)
        assert seen.acting == [] and "style" not in seen.tags, each
        assert [tag for tag, _ in seen.elements].count("h1") == 1, each
        assert len(seen.elements) < 2000, each
        assert not re.search(r"<script(?![^>]* src=)", html), each


def test_links_of_these_pages_lead_somewhere(reader: TestClient) -> None:
    starts = [f"/runs/gallery/main/{tab}" for tab in ("world", "costs", "integrity")]
    starts += ["/runs/gallery/main/people/ines-carvalho?at=110", "/runs/tea/main/asked", "/experiments/tea"]
    starts += ["/compare?left=forks/main&right=forks/without-rafael", "/validation"]
    wanted = {
        each.partition("#")[0] for start in starts for each in links(page(reader, start)) if each.startswith("/")
    }
    assert len(wanted) > 60
    for each in sorted(wanted):
        assert reader.get(each, follow_redirects=True).status_code == 200, each


def test_what_is_not_there_is_said_once(reader: TestClient) -> None:
    for each in ("/runs/none/main/world", "/runs/gallery/none/costs", "/runs/gallery/main/people/nobody"):
        answer = reader.get(each)
        assert answer.status_code == 404 and "<h1>" in answer.text
    assert reader.get("/compare?left=gallery&right=gallery@99999").status_code == 404
    assert reader.get("/runs/gallery/main/world?at=0").status_code == 422


def test_a_form_without_our_token_does_nothing(client: TestClient, path: Path) -> None:
    forms = {"/runs/tea/main/integrity": {}, "/validation": {"survey": "x", "mapping": "x", "answers": "x"}}
    forms["/runs/tea/main/branch"] = {"name": "x", "at": "3"}
    forms["/runs/tea/main/people/ana-reyes/ask"] = {"question": "Why?", "at": "3"}
    with Store(path, write=False) as store:
        before = store.log.branches(None, ("main", "fork", "ask"))
        for where, fields in forms.items():
            assert client.post(where, data=fields, headers={"origin": HOME}).status_code == 403
            assert client.post(where, data=fields, headers={"origin": "http://elsewhere.example"}).status_code == 403
        assert store.log.branches(None, ("main", "fork", "ask")) == before


# the world


@pytest.mark.parametrize("at", [30, 110, 200, 272])
def test_the_world_has_everybody_where_they_were_then(made: Path, reader: TestClient, at: int) -> None:
    html = page(reader, f"/runs/gallery/main/world?at={at}")
    with Store(made, write=False) as store:
        state = store.at(f"gallery@{at}")
    table = rows(html, "whom they know")[1:]
    assert [row[1] for row in table] == [state.worlds[person.world].name for person in state.people.values()]
    for row, person in zip(table, state.people.values(), strict=True):
        assert person.name in row[0]
        assert {state.people[id].name for id in person.near if id in state.people} == {
            name for name in (each.name for each in state.people.values()) if name in row[2]
        }
    [picture] = re.findall(r"<svg[^>]*network.*?</svg>", html, re.DOTALL)
    for person in state.people.values():
        assert person.name in Elements(picture).text and f"/people/{person.id}?at={at}" in picture


def test_a_moment_past_the_end_is_the_end(reader: TestClient) -> None:
    assert "of 272" in page(reader, "/runs/gallery/main/world?at=99999")


# a person


def test_a_person_has_persona_memories_and_feelings_with_where_they_come_from(made: Path, reader: TestClient) -> None:
    html = page(reader, "/runs/gallery/main/people/ines-carvalho?at=110")
    text, there = text_of(html), links(html)
    with Store(made, write=False) as store:
        kept = store.memories("gallery@110", "ines-carvalho")
        events = list(store.log.events(store.log.branch("gallery"), 1, 110))
        person = store.at("gallery@110").people["ines-carvalho"]
    for memory in kept:
        assert " ".join(shown(memory.content).split()) in text
        for seq in (memory.seq, *memory.sources):
            assert f"/runs/gallery/main/events/{seq}" in there
    felt = [each for each in events if isinstance(each.body, types.TurnEnded) and each.actor == person.id]
    assert rows(html, "What they reported with each turn")[1:] == [
        [str(each.seq), each.body.mind.emotions, each.body.mind.attention, each.body.mind.goals]
        for each in reversed(felt)
        if isinstance(each.body, types.TurnEnded)
    ]
    assert f"/runs/gallery/main/events/{person.added}" in there
    written = [
        event for event in events if isinstance(event.body, types.DocumentWritten) and event.actor == person.id
    ]
    assert written
    for event in written:
        assert event.body.title in text and f"written at event {event.seq}" in text  # type: ignore[union-attr]


def test_asking_says_the_cost_first_and_is_recorded_as_the_command_line_does(client: TestClient, path: Path) -> None:
    where = "/runs/tea/main/people/ana-reyes"
    with Store(path, write=False) as store:
        before = len(store.log.branches("tea", ("ask",)))
        asking = page(client, f"{where}?at=5&question={quote('Why <i>now</i>?')}")
        assert "nothing: it is free" in text_of(asking) and "Why <i>now</i>?" in text_of(asking)
        assert len(store.log.branches("tea", ("ask",))) == before  # looking asks nobody
        answer = post(client, f"{where}/ask", f"{where}?at=5&question=Why", at=5, question="Why <i>now</i>?")
        assert answer.status_code == 303
        assert len(store.log.branches("tea", ("ask",))) == before + 1
    place = urlsplit(answer.headers["location"])
    aside = parse_qs(place.query)["answer"][0]
    with Store(path) as store:
        reply = store.ask("tea@5", "ana-reyes", "Why <i>now</i>?")
        assert reply.recorded and reply.ref.startswith(f"tea/{aside}@")
    html = page(client, f"{place.path}?{place.query}")
    assert " ".join(shown(reply.answer).split()) in text_of(html)
    assert "on record" in text_of(page(client, f"{where}?at=5&question={quote('Why <i>now</i>?')}"))


def test_the_way_along_a_persons_life_begins_and_ends_with_them(made: Path, reader: TestClient) -> None:
    with Store(made, write=False) as store:
        came = store.at("gallery@100").people["tove-falk"].added
        gone = next(seq for seq in range(100, 273) if "tove-falk" not in store.at(f"gallery@{seq}").people)
    html = page(reader, f"/runs/gallery/main/people/tove-falk?at={came + 1}")
    there = {each for each in links(html) if each.startswith("/runs/gallery/main/people/tove-falk?at=")}
    assert f"/runs/gallery/main/people/tove-falk?at={gone - 1}" in there
    assert all(reader.get(each).status_code == 200 for each in there)
    assert reader.get(f"/runs/gallery/main/people/tove-falk?at={gone}").status_code == 404


def test_what_cannot_be_asked_is_told_in_the_box(reader: TestClient) -> None:
    html = page(reader, "/runs/tea/main/people/ana-reyes?at=5&question=Why&model=local:none")
    assert "local model" in text_of(html) and 'role="alert"' in html


# branching


def test_a_branch_is_the_one_the_library_opens(client: TestClient, path: Path, tmp_path: Path) -> None:
    twin = Path(shutil.copy(path, tmp_path / "twin.db"))
    wish = {
        "at": 20,
        "name": "colder",
        "say": "It is cold.",
        "to": "hana-sokolova",
        "set": "settings.temperature=0.2",
    }
    review = page(
        client,
        "/runs/forks/main/branch?review=true&steps=1&run=steps&"
        + "&".join(f"{key}={quote(str(value))}" for key, value in wish.items()),
    )
    assert "This is what will happen" in text_of(review) and "settings.temperature=0.2" in text_of(review)
    answer = post(
        client, "/runs/forks/main/branch", "/runs/forks/main/branch?at=20&review=true&name=x", **wish, run="none"
    )
    assert (answer.status_code, answer.headers["location"]) == (303, "/runs/forks/colder")
    with Store(twin) as store:
        edits = [
            commands.Change("settings.temperature", 0.2),
            commands.Stimulate("It is cold.", to=("hana-sokolova",)),
        ]
        expected = store.branch("forks@20", "colder", *edits).head
    with Store(path, write=False) as store:
        assert store.at("forks/colder").head.hex() == expected


def test_replicates_are_opened_together_and_live_on(client: TestClient, path: Path) -> None:
    fields = {
        "at": 20,
        "name": "anew",
        "draws": "replicates",
        "replicates": 2,
        "run": "steps",
        "steps": 1,
        "calls": 50,
    }
    answer = post(client, "/runs/forks/main/branch", "/runs/forks/main/branch?at=20&review=true&name=x", **fields)
    assert (answer.status_code, answer.headers["location"]) == (303, "/runs/forks/anew-1?told=started")
    desk = client.app.state.desk  # type: ignore[attr-defined]
    for job in list(desk.jobs.known.values()):
        assert desk.jobs.wait(job, 60).status == "done"
    with Store(path, write=False) as store:
        for name in ("anew-1", "anew-2"):
            branch = store.log.branch("forks", name)
            assert branch.fork_seq == 20 and store.at(str(branch)).step > store.at("forks@20").step - 1
            assert store.log.head(branch).seq > 20


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": "main"}, "main"),
        ({"name": "x", "drop": "nobody"}, "nobody"),
        ({"name": "x", "set": "nonsense"}, "PATH=VALUE"),
        ({"name": "x", "edits": "- {say: [}"}, "edits"),
        ({"name": "x", "money": "much"}, "money"),
        ({"name": "NO"}, "'NO'"),
    ],
)
def test_a_branch_that_cannot_be_is_told_and_leaves_nothing(
    client: TestClient, path: Path, fields: dict[str, str], said: str
) -> None:
    with Store(path, write=False) as store:
        before = store.log.branches("forks", ("main", "fork", "ask"))
        answer = post(
            client, "/runs/forks/main/branch", "/runs/forks/main/branch?at=20&review=true&name=q", at=20, **fields
        )
        assert said in alert(answer)
        assert store.log.branches("forks", ("main", "fork", "ask")) == before


# comparing


def test_two_lives_are_laid_beside_each_other_from_their_last_common_event(made: Path, reader: TestClient) -> None:
    html = page(reader, "/compare?left=forks/main&right=forks/without-rafael")
    with Store(made, write=False) as store:
        found = differences.compare(store, "forks/main", "forks/without-rafael")
    text = text_of(html)
    assert found["cause"] in text and f"up to event {found['common']}" in text
    assert rows(html, "since they parted")[1:] == [
        ["events", *(str(found["events"][side]) for side in ("left", "right"))],
        ["calls", *(str(found["costs"][side]["calls"]) for side in ("left", "right"))],
        ["calls paid", *(str(found["costs"][side]["paid"]) for side in ("left", "right"))],
        *(
            [
                name.replace("_", " "),
                *(f"{found['costs'][side][name]:,}".replace(",", " ") for side in ("left", "right")),
            ]
            for name in ("prompt_tokens", "completion_tokens")
        ),
    ]
    assert len(re.findall(r'<div class="lane ', html)) == 2 * len(found["lanes"])
    for side in ("left", "right"):
        for row in found["lanes"]:
            if row[side]:
                assert f"/runs/{found[side].partition('@')[0]}/events/{row[side]['seq']}" in links(html)
                assert " ".join(shown(row[side]["content"]).split())[:200] in text


def test_where_one_life_ends_is_said_once_and_its_empty_rows_are_no_boxes(path: Path) -> None:
    with Store(path) as store:
        store.branch("gallery@40", "cut", commands.Stimulate("That is all.", world="hall"))
    for client in client_of(path):
        html = page(client, "/compare?left=gallery/cut&right=gallery/main")
    assert len(re.findall(r"Nothing more was said or done up to event 41\.", html)) == 1
    left = re.findall(r'<div class="lane ([^"]*)"><span class="hide">Left: ', html)
    assert left.count("nothing soft small") == 1 and set(left[left.index("nothing soft small") + 1 :]) == {
        "nothing soft over"
    }


def test_the_same_life_is_said_to_be_the_same(reader: TestClient) -> None:
    assert "They are the same life" in text_of(page(reader, "/compare?left=forks/mid-turn&right=forks/mid-turn"))


# costs and proof


def test_costs_are_those_that_the_views_of_the_store_name(made: Path, reader: TestClient) -> None:
    sums = ("calls", "paid", "prompt_tokens", "completion_tokens", "cached_tokens", "paid_tokens")
    with Store(made, write=False) as store:
        for branch in store.log.branches(None, ("main", "fork", "ask")):
            sql = f"SELECT * FROM costs WHERE simulation = '{branch.simulation}' AND branch = '{branch.name}'"
            of_view = {(r["step"], r["person"], r["purpose"], r["model"]): r for r in store.log.db.query(sql)}
            of_us = {(r["step"], r["person"], r["purpose"], r["model"]): r for r in taken(store.log, branch)}
            assert of_us.keys() == of_view.keys()
            for key, row in of_us.items():
                assert [row[name] for name in sums] == [of_view[key][name] or 0 for name in sums], (branch, key)
        whole = costs.costs(store, "gallery")
    table = rows(page(reader, "/runs/gallery/main/costs"), "Calls by purpose")
    assert [row[:4] for row in table[1:-1]] == [
        [row["purpose"], *(str(row[name]) for name in ("calls", "paid", "recorded"))] for row in whole["by_purpose"]
    ]
    assert table[-1][1] == str(whole["total"]["calls"])


def test_every_call_leads_to_its_event(made: Path, reader: TestClient) -> None:
    with Store(made, write=False) as store:
        wanted = [
            event.seq
            for event in store.log.events(store.log.branch("gallery"))
            if isinstance(event.body, types.ModelAnswered | types.MemoriesEmbedded)
        ]
    found: list[int] = []
    where: str | None = "/runs/gallery/main/costs"
    while where:
        html = page(reader, where)
        found += [int(row[0]) for row in rows(html, "What was asked, and who answered")[1:]]
        more = re.search(r'href="(\?after=[^"]*)#calls" rel="next"', html)
        where = "/runs/gallery/main/costs" + more[1].replace("&amp;", "&") if more else None
    assert found == wanted


def test_verifying_is_asked_for_and_its_result_stays(client: TestClient, path: Path) -> None:
    where = "/runs/forks/main/integrity"
    assert "Not verified since the service began" in text_of(page(client, where))
    assert client.get(f"{where}/found").status_code == 404
    assert post(client, where, where).status_code == 303
    desk = client.app.state.desk  # type: ignore[attr-defined]
    for job in list(desk.jobs.known.values()):
        desk.jobs.wait(job, 60)
    text = text_of(page(client, where))
    assert "holds" in text and "decided again and identical" in text
    told = client.get(f"{where}/found").json()
    assert (told["status"], told["of"]) == ("done", 69) and 0 <= told["reached"] <= 69
    with Store(path, write=False) as store:
        head = store.at("forks").head.hex()
    assert "Yes: it is this life" in text_of(page(client, f"{where}?head={head[:20].upper()}"))
    assert "No: the head is another" in text_of(page(client, f"{where}?head={'0' * 20}"))


# asked, experiments, validation


def test_every_answer_is_there_and_counted_with_its_event(made: Path, reader: TestClient) -> None:
    html = page(reader, "/runs/tea/main/asked")
    with Store(made, write=False) as store:
        [survey] = asked.asides(store, "tea", "main")
        branch = store.log.branch("tea", survey["branch"])
        given = [event for event in store.log.events(branch) if isinstance(event.body, types.SurveyAnswered)]
    assert [row["event"] for row in survey["rows"]] == [event.seq for event in given]
    for event in given:
        assert f"/runs/tea/{branch.name}/events/{event.seq}" in links(html)
    for question in survey["questions"]:
        answers = [
            event.body.answer
            for event in given
            if isinstance(event.body, types.SurveyAnswered)
            and event.body.question == question["id"]
            and not event.body.skipped
            and event.body.failed is None
        ]
        if question["kind"] != "text":
            counted = {each["answer"]: each["count"] for each in question["counts"] if each["count"]}
            assert counted == Counter(answers)
            asked_of = {event.seq: event.body for event in given}
            for each in question["counts"]:
                bodies = [asked_of[seq] for seq in each["events"]]
                assert len(bodies) == each["count"]
                assert {body.answer for body in bodies} <= {each["answer"]} and all(
                    body.question == question["id"] for body in bodies
                )
    assert "Do you drink <b>cold</b> tea?" in text_of(html)
    assert "Synthetic answers of model improviser, not people." in text_of(html)


def test_the_experiment_is_what_running_it_finds(path: Path, reader: TestClient) -> None:
    html = page(reader, "/experiments/tea")
    with Store(path) as store:
        findings = experiment(store, scenarios.parse(json.dumps(EXPERIMENT), "test"))
        assert findings.paid == 0
        judged = {one["of"]: one for one in asked.asides(store, "tea", kind="claims")}
    for row in findings.rows:
        assert f"/runs/{row.ref.partition('@')[0]}/events/{row.event}" in links(html)
    for row in findings.rows:
        if row.outcome == "kind":  # where it was judged, beside the life
            aside = judged[row.ref.partition("@")[0]]
            assert f"/runs/{aside['ref']}/events/{aside['events']}" in links(html)
    for outcome in ("words", "kind"):
        table = rows(html, f"Every value of {outcome};")[1:]
        arms = findings.values(outcome)
        words = {True: "yes", False: "no"}
        for number, cells in enumerate(table):
            for cell, arm in zip(cells[1:], arms, strict=True):
                value = arms[arm][number]
                assert cell.split()[0] == (words[value] if isinstance(value, bool) else f"{value:g}")
    assert text_of(html).count("unit of analysis is the replicate") == 1
    [picture] = re.findall(r"<svg[^>]*lanes.*?</svg>", html, re.DOTALL)
    assert picture.count("<circle") == 6


def test_an_experiment_of_a_script_is_shown_as_the_log_knows_it(tmp_path: Path) -> None:
    path = tmp_path / "script.db"
    design = {
        "name": "price",
        "arms": [{"name": "low"}, {"name": "very-high", "do": [{"broadcast": "It costs nine euros."}]}],
        "replicates": 2,
        "run": 1,
        "outcomes": [
            {"name": "words", "count": r"\w+"},
            {"name": "kind", "claim": "{{name}} is kind.", "of": ["Bo Lind"]},
        ],
    }
    with Store(path) as store:
        store.play(scenarios.parse(json.dumps({**EXPERIMENT, "experiment": None}), "test"))
        findings = experiment(store, "tea", design)
        [found] = arms.arms(store, "tea")
        asides = {one["of"]: one for one in asked.asides(store, "tea")}
        for client in client_of(path):
            html = page(client, "/experiments/tea")
    assert (found["name"], found["arms"], found["replicates"]) == ("price", ["low", "very-high"], 2)
    assert found["prefix"] == findings.prefix and (found["done"], len(found["lives"])) == (4, 4)
    judged = {(row.arm, row.replicate): row.value for row in findings.rows if row.outcome == "kind"}
    assert {(row["arm"], row["replicate"]): row["value"] for row in found["rows"]} == judged
    for life in found["lives"]:
        aside = asides[f"tea/{life['branch']}"]
        assert f"/runs/{aside['ref']}/events/{aside['events']}" in links(html)
    assert "It costs nine euros." in text_of(html) and "told nothing of its own" in text_of(html)
    assert "describes no experiment" not in text_of(html)


@pytest.mark.parametrize(
    "name", ["experiments", "world", "events", "branch", "export", "stream", "main.1", "compare"]
)
def test_a_branch_may_be_called_what_addresses_are_made_of(path: Path, name: str) -> None:
    with Store(path) as store:
        store.branch("tea@8", name)
    for client in client_of(path):
        for tab in ("", *(f"/{tab}" for tab in TABS)):
            assert f"tea/{name}" in page(client, f"/runs/tea/{name}{tab}").partition("</title>")[0]
        assert client.get(f"/api/branches/tea/{name}").json()["branch"] == name


def test_real_answers_are_compared_as_the_command_line_does_and_nobody_is_asked(
    client: TestClient, path: Path, tmp_path: Path
) -> None:
    mapping = "questions:\n  taste: {column: Taste, kind: ordinal, options: [1, 2, 3, 4, 5]}\n"
    answers = "Taste\n" + "1\n2\n3\n4\n5\n5\n4\n2"
    with Store(path, write=False) as store:
        [survey] = asked.asides(store, "tea", "main")
        calls = store.log.select("SELECT count(*) FROM calls")
    fields = {"survey": survey["ref"], "mapping": mapping, "answers": answers}
    answer = post(client, "/validation", "/validation", **fields)
    assert answer.status_code == 200, alert(answer)
    with Store(path) as store:
        assert store.log.select("SELECT count(*) FROM calls") == calls
        (tmp_path / "answers.csv").write_text(answers)
        table = {
            "file": "answers.csv",
            "questions": {"taste": {"column": "Taste", "kind": "ordinal", "options": [1, 2, 3, 4, 5]}},
        }
        found = validate(store, "tea", table, folder=tmp_path, survey={"title": "Cold tea", "questions": QUESTIONS})
    for comparison in found.report.comparisons:
        assert " ".join(comparison.sentence().split()) in text_of(answer.text)
    assert found.truth in answer.text  # the note of that reading, with its hash
    liked = [row["event"] for row in survey["rows"] if row["question"] == "taste" and row["status"] == "answered"]
    assert {f"/runs/{survey['ref']}/events/{event}" for event in liked} <= set(links(answer.text))
    wrong = post(client, "/validation", "/validation", **{**fields, "mapping": mapping.replace("taste", "none")})
    assert "no question 'none'" in alert(wrong)
    lost = alert(post(client, "/validation", "/validation", **{**fields, "answers": "Other\n1"}))
    assert "no column 'Taste'" in lost and "/tmp" not in lost


def test_an_experiment_that_was_not_run_is_shown_as_such_and_nobody_is_asked(tmp_path: Path) -> None:
    path = tmp_path / "none.db"
    with Store(path) as store:
        script = scenarios.parse(json.dumps(EXPERIMENT), "test")
        store.play(script)
        before = store.log.select("SELECT count(*) FROM calls")
        part = store.script("tea", "exp-plain-1", draw=1)
        part.run(1)
        calls = store.log.select("SELECT count(*) FROM calls")
        assert calls > before
        for client in client_of(path):
            text = text_of(page(client, "/experiments/tea"))
        assert (
            "1 of 6" in text and "not found out yet: run the experiment again" in text
        )  # the claim was never judged
        assert store.log.select("SELECT count(*) FROM calls") == calls
        assert store.log.branches("tea", ("ask",)) == []
