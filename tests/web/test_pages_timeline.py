"""Runs, timeline, event and signing in, as a program without a browser sees them: what is there, all of it text."""

import re
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from troupe_es import Store, canonical
from troupe_es.controller import bundle
from troupe_es.controller.references import resolve
from troupe_es.events import payload_of
from troupe_es.service import create_app
from troupe_es.ui import web
from troupe_es.ui.text import shown
from troupe_es.ui.web.rendering import hue
from troupe_es.ui.web.runs import BRANCHES, FEW, PAGE, limit, tree
from troupe_es.ui.web.static import contents
from troupe_es.views.matches import kinds, matches

HOME = "http://localhost"
REPLAYS = Path(__file__).parents[2] / "replays"
HOSTILE = "<script>window.pwned=1</script> \u202egnp.exe \x1b[31m {{7*7}} & ' \""
SCENARIO = """
troupe: 1
name: tiny
model: improviser
worlds: [{name: Kitchen}]
people: [{persona: {name: Ana Reyes}}, {persona: {name: Bo Lind}}]
program: [{broadcast: Who makes the tea?}, {run: 1}]
"""
EMPTY = {"area", "base", "br", "circle", "col", "hr", "img", "input", "link", "meta", "path", "rect", "source"}


class Seen(HTMLParser):
    """What a browser makes of a page: its elements, its words, and the words by ``data-at``."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.by_name: dict[str, str] = {}
        self._open: list[str | None] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attrs}
        self.tags.append((tag, has))
        if tag not in EMPTY:
            self._open.append(has.get("data-at"))

    def handle_endtag(self, tag: str) -> None:
        if tag not in EMPTY:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        self.text += data
        for name in filter(None, self._open):
            self.by_name[name] = self.by_name.get(name, "") + data

    def links(self) -> list[str]:
        return [has["href"] for tag, has in self.tags if tag == "a" and "href" in has]

    def events(self) -> list[int]:
        """The numbers of the events in the list."""
        rows = (has["href"] for _, has in self.tags if has.get("class", "").startswith("event group"))
        return [int(href.rpartition("/")[2]) for href in rows]

    def token(self) -> str:
        return next(has["value"] for tag, has in self.tags if has.get("name") == "csrf")


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with recordings in which every type of event happens, and with branches of branches."""
    path = tmp_path_factory.mktemp("kept") / "kept.db"
    with Store(path) as store:
        for name in ("gallery", "forks"):
            bundle.import_(store.log, REPLAYS / name)
    return path


@pytest.fixture(scope="module")
def client(kept: Path) -> Iterator[TestClient]:
    """Somebody who looks at the recordings."""
    yield from _visiting(kept)


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[TestClient]:
    """Somebody who has an empty store to play with."""
    yield from _visiting(tmp_path / "fresh.db")


def _visiting(path: Path, token: str | None = None) -> Iterator[TestClient]:
    app = create_app(path, token=token)
    web.mount(app)
    with TestClient(app, base_url=HOME, raise_server_exceptions=False, follow_redirects=False) as made:
        yield made


def look(client: TestClient, path: str, status: int = 200) -> Seen:
    answer = client.get(path)
    assert answer.status_code == status, f"{path}: {answer.text[:2000]}"
    assert answer.headers["content-type"].startswith("text/html")
    return Seen(answer.text)


def harmless(page: Seen) -> None:
    """Hold that nothing in a page runs, styles or is fetched but our own files, and that each name stands once."""
    for tag, has in page.tags:
        assert "style" not in has and not any(name.startswith("on") for name in has), (tag, has)
        if tag == "script":
            assert has["type"] == "module" and has["src"].startswith("/assets/")
        assert tag not in ("style", "iframe", "object", "embed", "base")
        for name in ("src", "href", "action"):
            assert has.get(name, "/").startswith(("/", "?", "#")) and not has.get(name, "/").startswith("//")
    ids = [has["id"] for _, has in page.tags if "id" in has]
    assert len(ids) == len(set(ids))
    assert sum(tag == "h1" for tag, _ in page.tags) == 1 and sum(tag == "main" for tag, _ in page.tags) == 1


# what is there


def test_every_branch_has_a_timeline_and_a_transcript(client: TestClient, kept: Path) -> None:
    with Store(kept, write=False) as store:
        branches = [str(branch) for branch in store.log.branches(None, ("main", "fork", "ask"))]
    assert len(branches) > 20
    for branch in branches:
        page = look(client, f"/runs/{branch}")
        harmless(page)
        assert page.events()[0] == 1
        harmless(look(client, f"/runs/{branch}?view=transcript&by=time"))


def test_every_type_of_event_has_a_page(client: TestClient, kept: Path) -> None:
    with Store(kept, write=False) as store:
        firsts = {}
        for branch in store.log.branches(None, ("main", "fork", "ask")):
            for event in store.log.events(branch):
                firsts.setdefault(event.body.type, (str(branch), event.seq))
    assert len(firsts) > 50
    for type, (branch, seq) in firsts.items():
        page = look(client, f"/runs/{branch}/events/{seq}")
        harmless(page)
        assert type.replace("-", " ") in page.text


def test_an_event_shows_its_prompt_and_answer_and_what_was_before_and_after(client: TestClient, kept: Path) -> None:
    with Store(kept, write=False) as store:
        point = resolve(store.log, "gallery")
        answered = [event for event in store.log.events(point.branch) if event.body.type == "model-answered"]
        event = next(event for event in reversed(answered) if event.actor and "/turn/" in event.body.address)
        prompt = store.log.prompt(event.body.request)
    page = look(client, f"/runs/gallery/main/events/{event.seq}")
    for _, text in prompt:
        assert shown(text) in page.text
    assert sum("shared" in has.get("class", "").split() for _, has in page.tags) > 0
    assert f"/runs/gallery/main/events/{event.seq - 1}" in page.links()
    assert f"/runs/gallery/main/branch?at={event.seq}" in page.links()


def test_links_between_these_pages_lead_somewhere(client: TestClient) -> None:
    todo, known = ["/"], {"/"}
    pattern = re.compile(r"(/|/runs/[\w.-]+/(main|deeper)(/events/\d?[05])?)(\?at=\d*0)?")
    while todo:
        for link in look(client, todo.pop()).links():
            path = link.partition("#")[0]
            if path not in known and pattern.fullmatch(path):
                known.add(path)
                todo.append(path)
    assert len(known) > 15


def test_what_people_were_shown_is_a_picture_and_nothing_else(client: TestClient) -> None:
    page = look(client, "/runs/gallery/main/events/30")
    source = next(has["src"] for tag, has in page.tags if tag == "img")
    answer = client.get(source)
    assert answer.headers["content-type"] == "image/png" and answer.content.startswith(b"\x89PNG")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]
    look(client, "/runs/gallery/main/events/31/image", 404)


# without JavaScript


@pytest.mark.parametrize(
    "asked", ["", "type=action-taken", "type=turn-ended,turn-failed", "person=tove-falk", "text=crate"]
)
def test_the_pages_of_a_list_have_every_event_once(client: TestClient, kept: Path, asked: str) -> None:
    name, _, value = asked.partition("=")
    with Store(kept, write=False) as store:
        events = list(store.log.events(resolve(store.log, "gallery").branch))
    about = canonical.dumps({"person": value})[1:-1]
    wanted = {
        "": lambda event: True,
        "type": lambda event: event.body.type in value.split(","),
        "person": lambda event: event.actor == value or (event.actor is None and about in payload_of(event.body)),
        "text": lambda event: value in payload_of(event.body).casefold(),
    }[name]
    path, found = f"/runs/gallery/main?{asked}", []
    while True:
        page = look(client, path)
        found += page.events()
        later = [has["href"] for tag, has in page.tags if has.get("class") == "button" and "at=" in has["href"]]
        onward = [href for href in later if int(re.search(r"at=(\d+)", href)[1]) > found[-1]]  # type: ignore[index]
        if not onward:
            break
        path = f"/runs/gallery/main{onward[0]}"
    assert found == [event.seq for event in events if wanted(event)]


def test_many_runs_and_branches_come_in_pages_each_once(tmp_path: Path) -> None:
    path = tmp_path / "many.db"
    with Store(path) as store:
        for number in range(PAGE + 2):
            store.begin(f"run-{number}", model="improviser")
        for number in range(BRANCHES + 3):
            store.log.fork(store.log.branch("run-3"), 1, f"what-if-{number}")
    for client in _visiting(path):
        pages = [look(client, f"/?page={number}") for number in (1, 2, 3)]
        ids = [[has["id"] for _, has in page.tags if has.get("id", "").startswith("run-run-")] for page in pages]
        one = look(client, "/?simulation=run-3").links() + look(client, "/?simulation=run-3&page=2").links()
        look(client, "/?simulation=nobody", 404)
    assert ids[0] + ids[1] == [f"run-run-{number}" for number in range(PAGE + 2)][::-1] and ids[2] == ids[1]
    shown_ = [link for link in pages[0].links() + pages[1].links() if link.startswith("/runs/run-3/what-if")]
    assert len(shown_) == FEW - 1 and "/?simulation=run-3" in pages[0].links() + pages[1].links()
    branches = [f"/runs/run-3/what-if-{number}" for number in range(BRANCHES + 3)]
    assert sorted(link for link in one if "what-if" in link and "compare" not in link) == sorted(branches)


def test_where_one_stands_is_kept_within_the_run(client: TestClient) -> None:
    for at, seq in (("0", "1"), ("-5", "1"), ("150", "150"), ("99999999", "272")):
        assert look(client, f"/runs/gallery/main?at={at}").by_name["panel-seq"] == seq


def test_the_numbers_of_matches_are_those_of_the_events(kept: Path) -> None:
    with Store(kept, write=False) as store:
        for branch in store.log.branches(None, ("main", "fork")):
            events = list(store.log.events(branch))
            counted = Counter(event.body.type for event in events)
            assert kinds(store, str(branch)) == dict(sorted(counted.items()))
            for type in counted:
                seqs = [event.seq for event in events if event.body.type == type]
                assert matches(store, str(branch), [type])["seqs"] == seqs
                assert matches(store, str(branch), [type], after=seqs[0])["seqs"] == seqs[1:]


# what goes wrong


def test_an_error_is_a_page_for_people_and_a_problem_for_programs(client: TestClient, kept: Path) -> None:
    for path in ("/nothing", "/runs/nobody/main", "/runs/gallery/none", "/runs/gallery/main/events/5000"):
        page = look(client, path, 404)
        harmless(page)
        assert str(kept.parent) not in page.text
        assert client.get(f"/api{path}").headers["content-type"] == "application/problem+json"
    look(client, "/runs/gallery/main?at=soon", 422)
    look(client, "/runs/gallery/main?type=none-such", 422)
    look(client, "/runs/gallery/main?by=luck", 422)


def test_a_form_without_its_token_does_nothing(fresh: TestClient) -> None:
    for path in ("/scenarios", "/imports", "/runs/a/main/say", "/runs/a/main/pause", "/runs/a/main/resume"):
        answer = fresh.post(path, data={"text": SCENARIO})
        assert answer.status_code == 403 and "load the page again" in Seen(answer.text).text
    assert fresh.get("/api/simulations").json() == []


# what the forms do


def begun(client: TestClient, text: str = SCENARIO, **more: str) -> str:
    """Begin a run by the form; returns where one is led."""
    token = look(client, "/login").token()
    answer = client.post("/scenarios", data={"csrf": token, "text": text, "do": "run", **more})
    assert answer.status_code == 303, answer.text
    for job in client.get("/api/jobs").json():
        client.get(f"/api/jobs/{job['id']}?wait=30")
    return answer.headers["location"]


def test_a_pasted_scenario_is_run_and_a_chosen_file_too(fresh: TestClient) -> None:
    assert begun(fresh).startswith("/runs/tiny/main")
    token = look(fresh, "/login").token()
    file = {"file": ("again.yaml", SCENARIO.replace("name: tiny", "name: again"))}
    assert fresh.post("/scenarios", data={"csrf": token, "do": "run"}, files=file).status_code == 303
    page = look(fresh, "/")
    assert "/runs/tiny/main" in page.links() and "/runs/again/main" in page.links()


def test_a_wrong_scenario_says_why_and_keeps_what_was_written(fresh: TestClient) -> None:
    token = look(fresh, "/login").token()
    for text in ("people: [", "troupe: 1\nname: x\npeople: [{file: /etc/passwd}]", ""):
        answer = fresh.post("/scenarios", data={"csrf": token, "text": text + HOSTILE if text else "", "do": "run"})
        assert answer.status_code == 422
        page = Seen(answer.text)
        harmless(page)
        assert "notice bad" in [has.get("class") for _, has in page.tags]
        assert text in page.text
    assert fresh.get("/api/simulations").json() == []


def test_an_estimate_is_said_and_nothing_is_begun(fresh: TestClient) -> None:
    token = look(fresh, "/login").token()
    answer = fresh.post("/scenarios", data={"csrf": token, "text": SCENARIO, "do": "estimate"})
    assert answer.status_code == 200 and re.search(r"About \d+ calls", Seen(answer.text).text)
    assert fresh.get("/api/simulations").json() == []


def test_what_is_said_from_a_page_is_an_event_and_shown_as_text(fresh: TestClient) -> None:
    begun(fresh)
    page = look(fresh, "/runs/tiny/main")
    form = {"csrf": page.token(), "text": HOSTILE, "to": "bo-lind"}
    answer = fresh.post("/runs/tiny/main/say", data=form)
    assert answer.headers["location"] == "/runs/tiny/main?told=said"
    event = fresh.get("/api/branches/tiny/main/events?type=stimulus-given").json()["events"][-1]
    assert event["gist"]["said"] == HOSTILE
    for path in (f"?at={event['seq']}", f"?at={event['seq']}&view=transcript", f"/events/{event['seq']}"):
        seen = look(fresh, f"/runs/tiny/main{path}")
        harmless(seen)
        assert shown(HOSTILE) in seen.text and "\u202e" not in seen.text and "\x1b" not in seen.text
    nobody = fresh.post("/runs/tiny/main/say", data={**form, "to": HOSTILE})
    assert nobody.status_code in (404, 409, 422)
    harmless(Seen(nobody.text))


def test_a_run_goes_on_by_a_step_and_is_not_paused_when_it_rests(fresh: TestClient) -> None:
    begun(fresh)
    form = {"csrf": look(fresh, "/runs/tiny/main").token()}
    assert fresh.post("/runs/tiny/main/step", data=form).headers["location"] == "/runs/tiny/main?told=stepping"
    for job in fresh.get("/api/jobs").json():
        fresh.get(f"/api/jobs/{job['id']}?wait=30")
    assert fresh.get("/api/branches/tiny/main").json()["step"] == 2
    assert fresh.post("/runs/tiny/main/resume", data=form).status_code == 303
    assert fresh.post("/runs/tiny/main/pause", data=form).status_code == 409


def test_what_stopped_a_run_is_said_on_its_page(fresh: TestClient) -> None:
    assert begun(fresh, calls="1").startswith("/runs/tiny/main")
    page = look(fresh, "/runs/tiny/main")
    assert "notice bad" in [has.get("class") for _, has in page.tags] and "The last scenario was stopped" in page.text
    assert fresh.get("/api/branches/tiny/main").json()["status"] == "unfinished"


def test_a_pause_is_said_while_it_is_to_come_and_when_it_has_come(fresh: TestClient) -> None:
    begun(fresh)
    said = look(fresh, "/runs/tiny/main?told=pausing").text
    assert "The run has paused" in said and "pauses at the next" not in said


def test_a_person_is_meant_by_a_name_and_for_nobody_known_everybody_is_shown(client: TestClient) -> None:
    assert (
        look(client, "/runs/gallery/main?person=Mina+Okafor").text
        == look(client, "/runs/gallery/main?person=mina-okafor").text
    )
    assert "there is no person 'nobody at all'" in look(client, "/runs/gallery/main?person=nobody+at+all").text


def test_a_human_takes_part_by_a_form(fresh: TestClient) -> None:
    played = SCENARIO + 'settings: {models: {"person:bo-lind": human}, order: sequential}\n'
    token = look(fresh, "/login").token()
    answer = fresh.post("/scenarios", data={"csrf": token, "text": played, "do": "run"})
    assert answer.headers["location"].startswith("/runs/tiny/main")
    while not fresh.get("/api/branches/tiny/main/pending").json():
        assert fresh.get("/api/jobs/1?wait=0.1").json()["status"] == "running"
    page = look(fresh, "/runs/tiny/main")
    harmless(page)
    assert "The run waits for" in page.text and "Who makes the tea?" in page.text
    form = {"csrf": page.token(), "person": "bo-lind", "words": "I will."}
    assert fresh.post("/runs/tiny/main/answer", data=form).headers["location"].endswith("told=answered")
    assert fresh.get("/api/jobs/1?wait=30").json()["status"] == "done"
    assert "I will." in look(fresh, "/runs/tiny/main?view=transcript").text
    assert fresh.post("/runs/tiny/main/answer", data=form).status_code == 409


def test_a_bundle_is_brought_in_and_what_is_none_is_refused(fresh: TestClient, client: TestClient) -> None:
    token = look(fresh, "/login").token()
    content = client.get("/api/simulations/forks/export").content
    answer = fresh.post("/imports", data={"csrf": token}, files={"file": ("forks.zip", content)})
    assert answer.headers["location"] == "/?told=imported"
    assert "/runs/forks/deeper" in look(fresh, "/").links()
    for wrong in (content[:1000], b"", b"not a zip"):
        refused = fresh.post("/imports", data={"csrf": token}, files={"file": ("forks.zip", wrong)})
        assert refused.status_code == 422 and "notice bad" in refused.text


def test_whoever_knows_the_token_signs_in_and_nobody_else(tmp_path: Path) -> None:
    for client in _visiting(tmp_path / "shared.db", token="a long secret"):
        client.headers["accept"] = "text/html"
        assert client.get("/").headers["location"] == "/login"
        form = {"csrf": look(client, "/login").token()}
        assert client.post("/login", data={**form, "token": "a long guess"}).status_code == 403
        assert client.get("/").status_code == 303
        assert client.post("/login", data={**form, "token": "a long secret"}).headers["location"] == "/"
        assert "secret" not in " ".join(client.cookies.values())
        harmless(look(client, "/"))


# files and small laws


def test_assets_are_kept_for_ever_under_their_hash_and_nothing_else_is_served(client: TestClient) -> None:
    for name, (content, mark) in contents().items():
        answer = client.get(f"/assets/{name}?v={mark[:12]}")
        assert answer.content == content and "immutable" in answer.headers["cache-control"]
        again = client.get(f"/assets/{name}", headers={"if-none-match": answer.headers["etag"]})
        assert again.status_code == 304 and "immutable" not in again.headers["cache-control"]
        for imported in re.findall(rb'from "\./([\w.]+)"', content):
            assert imported.decode() in contents()
    for name in ("none.css", "..%2frendering.py", "%2e%2e/rendering.py", "troupe.css%00"):
        assert client.get(f"/assets/{name}").status_code == 404


@given(st.lists(st.integers(0, 50), max_size=30))
def test_a_tree_has_every_branch_once_after_its_parent(parents: list[int]) -> None:
    made = [{"branch": "main", "parent": None}]
    made += [{"branch": f"b{n}", "parent": made[parent % len(made)]["branch"]} for n, parent in enumerate(parents)]
    depths: dict[str | None, int] = {None: -1}
    for depth, branch in tree(made):
        assert depth == depths[branch["parent"]] + 1
        depths[branch["branch"]] = depth
    assert depths.keys() - {None} == {branch["branch"] for branch in made}


def test_the_limit_that_is_shown_is_the_one_that_is_nearest() -> None:
    spent = {"calls": 5, "tokens": 900, "money": 10}
    assert limit(None) is None
    assert limit({"calls": None, "tokens": None, "money": None, "spent": spent}) is None
    found = limit({"calls": 10, "tokens": 1000, "money": 100, "spent": spent})
    assert found == {"of": "tokens", "spent": 900, "most": 1000}


@given(st.text())
def test_a_person_has_the_same_colour_on_every_page(person: str) -> None:
    assert hue(person) == hue(person)
    assert re.fullmatch(r"who-[0-7] shape-[0-3]", hue(person))
