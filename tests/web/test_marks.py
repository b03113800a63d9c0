"""Marks on the timeline: each kind has a shape and a colour of its own, that everybody can see, and a word for it."""

import re
from importlib.resources import files
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from troupe_es import Store
from troupe_es.service import create_app
from troupe_es.ui import web
from troupe_es.views import density

ASSETS = files("troupe_es.ui.web") / "assets"
KINDS = {*density.MARKS.values(), "fork", "steering"}
MARK = re.compile(r"\.mark-([\w-]+) \{ --mark: var\(--([\w-]+)\); --shape: ([^;]+); \}")
SEEN = 3.0
"""The contrast that WCAG 2.2 asks of what is not text (1.4.11)."""


def style(name: str) -> str:
    return (ASSETS / name).read_text(encoding="utf-8")


def colours(dark: bool) -> dict[str, str]:
    light, _, rest = style("troupe.css").partition("@media (prefers-color-scheme: dark)")
    found = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", light))
    return found | dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", rest)) if dark else found


def luminance(colour: str) -> float:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_every_kind_of_mark_has_a_shape_and_a_colour_of_its_own() -> None:
    marks = {kind: (colour, shape) for kind, colour, shape in MARK.findall(style("timeline.css"))}
    assert marks.keys() == KINDS
    assert len({shape for _, shape in marks.values()}) == len({colour for colour, _ in marks.values()}) == len(KINDS)
    grave = re.search(r"const GRAVE = \[(.*)\]", style("scrubber.js"))
    assert grave and set(re.findall(r'"([\w-]+)"', grave[1])) == KINDS


@pytest.mark.parametrize("dark", [False, True])
def test_marks_and_where_one_stands_are_told_from_the_ground(dark: bool) -> None:
    known = colours(dark)
    for colour in (*(colour for _, colour, _ in MARK.findall(style("timeline.css"))), "focus"):
        assert contrast(known[colour], known["card"]) >= SEEN, (colour, dark)


def test_the_legend_has_every_mark_and_where_one_stands(tmp_path: Path) -> None:
    path = tmp_path / "tea.db"
    with Store(path) as store:
        store.begin("tea", model="improviser")
    app = create_app(path)
    web.mount(app)
    with TestClient(app, base_url="http://localhost") as client:
        html = client.get("/runs/tea/main").text
    assert set(re.findall(r'<span class="mark mark-([\w-]+)" aria-hidden="true"></span>\w', html)) == KINDS
    assert html.count('<span class="here" aria-hidden="true"></span>where you stand') == 2  # the page's, the help's
