"""A thousand hostile texts, wherever somebody else chooses the words: shown as text on every page and in the API."""

import html
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import count, cycle
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from playwright.sync_api import Browser
from starlette.testclient import TestClient
from web.driving import Visit
from web.hostile import Elements, lived, strings
from web.serving import served

from troupe_es import Store, canonical
from troupe_es.events import payload_of
from troupe_es.service import create_app
from troupe_es.tools import plain
from troupe_es.ui import web
from troupe_es.ui.text import HARMFUL, harmless_json, shown

HOME = "http://localhost"
NUMBER = 1000
OF_A_KIND = 4
"""Pages of one kind that a walk looks at."""

ELSEWHERE = re.compile(r"/assets/|/export|/login|\.zip$")
SEEN_IN_A_BROWSER = (
    "/",
    "/runs/bad/main?at=200",
    "/runs/bad/main?at=200&view=transcript",
    "/runs/bad/main?text=%3Cscript%3E&person=%22%3E",
    "/runs/bad/main/events/95",
    "/runs/bad/main/world?at=450",
    "/runs/bad/main/asked",
    "/runs/bad/main/costs",
    "/compare?left=bad&right=bad/fork",
    "/validation",
)


@dataclass
class Lives:
    """A store, the service over it, and the words that stand in it."""

    path: Path
    client: TestClient
    words: list[str]
    branches: list[str] = field(default_factory=list)

    def page(self, path: str) -> str:
        """Return a page, which must be there."""
        answer = self.client.get(path)
        assert answer.status_code == 200, (path, answer.text[-500:])
        return answer.text

    def walk(self, *starts: str) -> dict[str, Elements]:
        """Return the pages that are reached from ``starts`` by links, some of every kind."""
        pages: dict[str, Elements] = {}
        kinds: dict[str, int] = {}
        queue = list(starts)
        while queue:
            path = queue.pop(0)
            kind = re.sub(r"\d+", "N", re.sub(r"/people/[^/?]+", "/people/ID", path).partition("&")[0])
            if path in pages or kinds.get(kind, 0) >= OF_A_KIND or ELSEWHERE.search(path):
                continue
            kinds[kind] = kinds.get(kind, 0) + 1
            pages[path] = Elements(self.page(path))
            links = (value for tag, name, value in pages[path].attributes if (tag, name) == ("a", "href"))
            queue += [_joined(path, link) for link in links if not link.startswith("#")]
        return pages


def _joined(path: str, link: str) -> str:
    return path.partition("?")[0] + link if link.startswith("?") else link


def lives(folder: Path, texts: Iterable[str]) -> Iterator[Lives]:
    used: list[str] = []

    def kept() -> Iterator[str]:
        for text in texts:
            used.append(text)
            yield text

    path = folder / "lives.db"
    branches = lived(path, kept())
    app = create_app(path)
    web.mount(app)
    with TestClient(app, base_url=HOME, raise_server_exceptions=False) as client:
        yield Lives(path, client, list(dict.fromkeys(used)), branches)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lives]:
    """Lives in which every word is hostile."""
    yield from lives(tmp_path_factory.mktemp("hostile"), cycle(strings(NUMBER)))


@pytest.fixture(scope="module")
def harmless(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lives]:
    """The same lives in harmless words."""
    yield from lives(tmp_path_factory.mktemp("harmless"), (f"word {number}" for number in count()))


def leaves(value: Any) -> Iterator[str]:
    """Yield every text in a payload, keys too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, each in value.items():
            yield key
            yield from leaves(each)
    elif isinstance(value, list):
        for each in value:
            yield from leaves(each)


def spellings(text: str) -> set[str]:
    """Return a text as it is, within JSON, and as names are made of it."""
    made = {text, json.dumps(text)[1:-1], " ".join(shown(text).split()), " ".join(plain(text).split())}
    return made - {""}


def standing(held: Lives) -> dict[str, tuple[str, str]]:
    """Return for each word an event page, and the text there that holds it."""
    found: dict[str, tuple[str, str]] = {}
    wanted = {word: spellings(canonical.clean(word)[0]) for word in held.words}
    looked_at: set[str] = set()
    with Store(held.path, write=False) as store:
        for ref in held.branches:
            branch = store.log.branch(*ref.split("/"))
            for event in store.log.events(branch, branch.fork_seq + 1):
                for leaf in set(leaves(json.loads(payload_of(event.body)))) - looked_at:
                    looked_at.add(leaf)
                    for word in [word for word, forms in wanted.items() if any(form in leaf for form in forms)]:
                        del wanted[word]
                        found[word] = (f"/runs/{ref}/events/{event.seq}", leaf)
    return found


def test_no_page_of_a_hostile_life_has_an_element_or_attribute_that_a_harmless_one_has_not(
    hostile: Lives, harmless: Lives
) -> None:
    starts = ("/", "/runs/bad/main", "/runs/bad/main/asked", "/validation", "/compare?left=bad&right=bad/fork")
    allowed = {
        (tag, name)
        for page in harmless.walk(*starts).values()
        for tag, names in page.elements
        for name in ("", *names)
    }
    pages = hostile.walk(*starts)
    assert len(pages) > 30
    assert len({re.sub("[^a-z]+[0-9]?.*", "", path.split("/")[-1]) for path in pages}) >= 8
    for path, page in pages.items():
        used = {(tag, name) for tag, names in page.elements for name in ("", *names)}
        assert used <= allowed, (path, used - allowed)
        assert page.acting == [], path
        assert not HARMFUL.search(page.html), path


def test_each_of_a_thousand_hostile_texts_is_on_its_page_as_text(hostile: Lives) -> None:
    assert len(hostile.words) == NUMBER
    places = standing(hostile)
    abouts = shown(Elements(hostile.page("/")).text)
    pages: dict[str, str] = {}
    for word in hostile.words:
        if word not in places:
            assert " ".join(shown(word).split()) in " ".join(abouts.split()), word
            continue
        path, leaf = places[word]
        page = pages.get(path) or pages.setdefault(path, hostile.page(path))
        assert harmless_json(json.dumps(leaf, ensure_ascii=False)) in html.unescape(page), (path, word)
    assert not any(HARMFUL.search(page) for page in pages.values())
    for path, page in list(pages.items())[::10]:
        seen = Elements(page)
        leaf = next(leaf for place, leaf in places.values() if place == path)
        assert seen.acting == [] and harmless_json(json.dumps(leaf, ensure_ascii=False)) in seen.text, path


def test_what_was_said_stands_on_its_page_in_the_words_it_was_said_in(hostile: Lives) -> None:
    for line in hostile.client.get("/api/branches/bad/main/events?type=action-taken&limit=40").json()["events"]:
        with Store(hostile.path, write=False) as store:
            body: Any = store.log.event(store.log.branch("bad"), line["seq"]).body
        text = Elements(hostile.page(f"/runs/bad/main/events/{line['seq']}")).text
        assert " ".join(shown(body.content).split()) in " ".join(text.split())


def test_the_api_gives_every_text_back_as_it_was(hostile: Lives) -> None:
    with Store(hostile.path, write=False) as store:
        for event in list(store.log.events(store.log.branch("bad")))[::3]:
            answer = hostile.client.get(f"/api/branches/bad/main/events/{event.seq}")
            assert answer.json()["payload"] == json.loads(payload_of(event.body))
            assert answer.headers["content-type"].startswith("application/json")
            assert answer.headers["x-content-type-options"] == "nosniff"


def test_hostile_queries_and_paths_are_answered_with_text(hostile: Lives) -> None:
    for word in strings(120):
        if len(word) > 2000:
            continue
        said = quote(word, safe="")
        for path in (
            f"/runs/bad/main?text={said}",
            f"/runs/bad/main?person={said}&type={said}&view=events",
            f"/compare?left={said}&right=bad",
            f"/runs/{said}/main",
            f"/runs/bad/main/people/{said}",
            f"/api/branches/bad/main/events?text={said}&person={said}",
            f"/api/branches/{said}/main/state",
        ):
            answer = hostile.client.get(path, follow_redirects=False)
            assert answer.status_code < 500, (path, answer.text[-300:])
            if answer.headers.get("content-type", "").startswith("text/html"):
                page = Elements(answer.text)
                assert page.acting == [] and not HARMFUL.search(answer.text), path
                assert page.tags.isdisjoint({"iframe", "base", "object", "embed", "plaintext", "math"}), path
            location = urlsplit(answer.headers.get("location", ""))
            assert location.netloc in ("", "localhost"), path


def test_a_browser_runs_nothing_of_a_hostile_life_and_says_nothing(hostile: Lives, browser: Browser) -> None:
    world = Elements(hostile.page("/runs/bad/main/world?at=450"))
    people = [value for tag, name, value in world.attributes if name == "href" and "/people/" in value][:2]
    assert len(people) == 2
    with served(hostile.path) as site, Visit(browser, site) as visit:
        visit.context.add_init_script(
            "addEventListener('securitypolicyviolation', e => console.error(e.violatedDirective))"
        )
        for path in (*SEEN_IN_A_BROWSER, *people):
            page = visit.open(path)
            assert page.evaluate("() => window.pwned") is None, path
            assert page.locator("h1").count() == 1, path
            assert visit.faults == [], path
        page = visit.open("/runs/bad/main?at=1")
        for _ in range(12):
            visit.press("PageDown")
        assert page.evaluate("() => window.pwned") is None
        assert visit.faults == []
