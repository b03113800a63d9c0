"""The page opens from disk by itself: everything is in it, and every text is only text."""

import base64
import re
from html.parser import HTMLParser

from troupe_es.pictures import Section, distribution, of_validation, page
from troupe_es.validation import Question, answers, compare_all

EVIL = "<script>alert('x')</script>\" onerror=\"alert(1)\x00\ud800&amp;"


class Read(HTMLParser):
    """What a browser would see: tags with their attributes, and text."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(content)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def evil_page() -> str:
    question = Question(EVIL, "categorical", (EVIL, "b"))
    groups = {EVIL: [EVIL] * 15 + ["b"] * 15}
    sides = [answers(question, [EVIL] * 20 + ["b"] * 10, groups=groups, source=EVIL) for _ in range(2)]
    return of_validation(compare_all({EVIL: sides[0]}, {EVIL: sides[1]}, model=EVIL, by=[EVIL]), EVIL)


def test_hostile_texts_stay_text_everywhere() -> None:
    content = evil_page()
    read = Read(content)
    assert {tag for tag, _ in read.tags} <= {
        *("html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "section", "figure", "img"),
        *("figcaption", "div", "table", "thead", "tbody", "tr", "th", "td"),
    }
    names = {name for _, attributes in read.tags for name in attributes}
    assert names <= {"lang", "charset", "http-equiv", "content", "name", "class", "src", "alt"}
    assert read.text.count("alert('x')") > 5
    content.encode()
    assert "\x00" not in content


def test_nothing_is_fetched_and_pictures_are_inside() -> None:
    content = page("T", "about", [Section("S", ["p"], [distribution({"a": 1}, "t")], [{"x": 1.5, "y": None}])])
    read = Read(content)
    sources = [attributes["src"] or "" for tag, attributes in read.tags if tag == "img"]
    assert len(sources) == 1
    assert base64.b64decode(sources[0].removeprefix("data:image/svg+xml;base64,")).startswith(b"<?xml")
    assert not re.search(r"https?://", content)
    assert "default-src &#x27;none&#x27;" in content
    assert '<td class="number">1.50</td><td></td>' in content


def test_the_standing_line_is_at_the_head_and_the_same_data_give_the_same_page() -> None:
    content = evil_page()
    assert content == evil_page()
    assert "not people." in content[: content.index("<section>")]


def test_a_collapse_is_said_before_all_numbers() -> None:
    vote = Question("vote", "ordinal", (1.0, 2.0, 3.0, 4.0, 5.0))
    report = compare_all(
        {"vote": answers(vote, [3] * 45 + [2] * 5)}, {"vote": answers(vote, [1, 2, 3, 4, 5] * 10)}, model="m"
    )
    content = of_validation(report)
    assert content.index("do not read their answers as a spread of opinion") < content.index("<table>")
    assert "variance collapse" in content
