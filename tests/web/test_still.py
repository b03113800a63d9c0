"""A run as one HTML file: whole, true, and nothing but text whatever stands in it."""

import base64
import hashlib
import re
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

import pytest
from ui.conftest import call
from web.hostile import RUN, Elements, lived, strings

from troupe_es import Store
from troupe_es.controller import bundle
from troupe_es.ui.text import shown
from troupe_es.ui.web.still import still
from troupe_es.views import asked, costs

REPLAYS = Path(__file__).parents[2] / "replays"
HASH = re.compile(r"(style|script)-src 'sha256-([A-Za-z0-9+/=]+)'")


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Recordings in which every type of event happens."""
    with Store(tmp_path_factory.mktemp("kept") / "kept.db") as store:
        for name in ("gallery", "forks", "elevenses"):
            bundle.import_(store.log, REPLAYS / name)
        yield store


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Lives in which every word is hostile."""
    path = tmp_path_factory.mktemp("hostile") / "hostile.db"
    lived(path, cycle(strings(400)))
    with Store(path, write=False) as store:
        yield store


def html_of(store: Store, ref: str) -> str:
    return "".join(still(store, ref))


def without_ours(html: str) -> str:
    """Return the file without the style and the script that it was made with."""
    return re.sub(r"<(style|script)>.*?</\1>", "", html, flags=re.DOTALL)


def of_classes(seen: Elements, tag: str, name: str) -> list[str]:
    return [value for element, attribute, value in seen.attributes if (element, attribute) == (tag, name)]


def cells_of(table: str) -> list[list[str]]:
    """Return the words in each cell of each row."""
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", table, re.DOTALL)
    return [[Elements(cell).text.strip() for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)] for row in rows]


@pytest.mark.parametrize("ref", ["gallery", "gallery@110", "gallery/quiet", "forks/again-1", "elevenses"])
def test_nothing_is_fetched_and_only_what_stands_in_the_file_may_run(kept: Store, ref: str) -> None:
    html = html_of(kept, ref)
    seen = Elements(html)
    assert not {"link", "img", "iframe", "object", "embed", "base", "audio", "video", "source"} & seen.tags
    places = [value for _, name, value in seen.attributes if name in ("href", "src", "action", "srcset")]
    assert places and all(place.startswith("#") for place in places)
    inside = {tag: re.search(rf"<{tag}>(.*?)</{tag}>", html, re.DOTALL) for tag in ("style", "script")}
    [policy] = [value for _, name, value in seen.attributes if name == "content" and "default-src" in value]
    allowed = dict(HASH.findall(policy))
    assert policy.startswith("default-src 'none'")
    for tag, found in inside.items():
        assert found is not None and html.count(f"<{tag}") == 1
        assert allowed[tag] == base64.b64encode(hashlib.sha256(found[1].encode()).digest()).decode()
    assert "url(" not in inside["style"][1] and "@import" not in inside["style"][1]  # type: ignore[index]


def test_every_link_leads_to_something_in_the_file(kept: Store) -> None:
    seen = Elements(html_of(kept, "gallery"))
    there = {value for _, name, value in seen.attributes if name == "id"}
    wanted = {value[1:] for _, name, value in seen.attributes if name == "href"}
    assert wanted <= there
    ids = [value for _, name, value in seen.attributes if name == "id"]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("ref", ["gallery", "gallery@110", "forks/one-by-one"])
def test_every_event_every_line_and_everybody_is_in_it(kept: Store, ref: str) -> None:
    seen = Elements(html_of(kept, ref))
    state = kept.at(ref)
    point_events = list(kept.log.events(kept.log.branch(*_branch(ref)), 1, state.seq))
    for event in point_events:
        assert f"{event.hash.hex()[:12]}" in seen.text
    assert {f"e{event.seq}" for event in point_events} <= set(of_classes(seen, "tr", "id"))
    for line in kept.transcript(ref):
        assert shown(line.content) in seen.text
    assert [f"p-{id}" for id in state.people] == of_classes(seen, "details", "id")
    assert state.head.hex() in seen.text


def _branch(ref: str) -> tuple[str, str]:
    simulation, _, branch = ref.partition("@")[0].partition("/")
    return simulation, branch or "main"


def test_its_numbers_are_those_of_the_views(kept: Store) -> None:
    html = html_of(kept, "gallery")
    total = costs.costs(kept, "gallery")
    text = " ".join(Elements(html).text.split())

    def told(number: float) -> str:
        return f"{number:,}".replace(",", "\u202f")

    for name in ("calls", "paid", "recorded"):
        assert f"{told(total['total'][name])}" in text
    for by in costs.BY:
        numbers = [
            [told(row[name]) for name in ("calls", "paid", "recorded")]
            + [told(row[name]) for name in ("prompt_tokens", "completion_tokens", "cached_tokens")]
            for row in total[f"by_{by}"]
        ]
        table = re.search(
            rf'<table class="costs">\s*<caption class="hide">Calls by {by}<.*?</table>', html, re.DOTALL
        )
        assert table is not None
        cells = cells_of(table[0])
        assert [row[1:4] + row[5:8] for row in cells[1 : len(numbers) + 1]] == numbers
    for each in asked.asides(kept, "gallery", "main"):
        for answer in each.get("rows", ()):
            assert shown(answer["reason"].rstrip("…")) in Elements(html).text
    assert f"{kept.at('gallery').seq} events" in text.replace("\u202f", "")


def test_it_says_whose_answers_these_are_and_what_verifying_found(kept: Store) -> None:
    text = " ".join(Elements(html_of(kept, "elevenses")).text.split())
    assert "Synthetic answers of model scripted:elevenses, not people." in text
    assert "holds" in text and "decided again and identical" in text
    head = kept.at("elevenses").head.hex()
    assert f"troupe verify elevenses/main --head {head}" in text


def test_a_part_of_a_life_says_nothing_of_what_came_later(kept: Store) -> None:
    html = html_of(kept, "gallery@110")
    later = list(kept.log.events(kept.log.branch("gallery"), 111))
    assert not any(event.hash.hex()[:12] in html for event in later)
    assert "Costs and calls" not in html  # they are those of a whole branch


def test_every_text_of_hostile_lives_is_shown_as_text(hostile: Store) -> None:
    for ref in ("bad", "bad/fork"):
        html = html_of(hostile, ref)
        seen = Elements(without_ours(html))
        assert [each for each in seen.acting if each[1] != "http-equiv"] == []
        assert seen.tags <= Elements(without_ours(html_of_plain(hostile))).tags | {
            "bdi",
            "ol",
            "h4",
            "blockquote",
            "dl",
        }
        for line in hostile.transcript(ref):
            assert shown(line.content) in seen.text
        for person in hostile.at(ref).people.values():
            assert shown(person.name) in seen.text
        assert "\x00" not in html and "\u202e" not in html and "\x1b" not in html
        assert RUN in seen.text  # there was something to escape


def html_of_plain(hostile: Store) -> str:
    """Return the file of a life that has every part, and harmless words: what elements such a file is made of."""
    with Store(":memory:") as store:
        bundle.import_(store.log, REPLAYS / "gallery")
        return html_of(store, "gallery")


def test_the_command_writes_it_once_and_says_where(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    store = str(tmp_path / "kept.db")
    assert call("import", str(REPLAYS / "forks"), "--store", store).exit_code == 0
    done = call("export", "forks/again-1", "-o", "run.html", "--store", store)
    assert (done.exit_code, done.stderr) == (0, "")
    with Store(store, write=False) as held:
        assert Path("run.html").read_text(encoding="utf-8") == html_of(held, "forks/again-1")
    again = call("export", "forks/again-1", "-o", "run.html", "--store", store)
    assert again.exit_code == 2 and "is there already" in again.stderr
    printed = call("export", "forks", "--format", "html", "--store", store)
    assert printed.exit_code == 0 and printed.stdout.startswith("<!doctype html>")
    wrong = call("export", "forks@9999", "-o", "none.html", "--store", store)
    assert wrong.exit_code == 2 and not Path("none.html").exists()
