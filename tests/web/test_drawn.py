"""Pictures made by hand: everybody in their place, nobody on top of another, and no text that is more than text."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from web.hostile import Elements, strings

from troupe_es import Store
from troupe_es.ui.drawn.marks import Dot, Lane, Stretch, bar, lanes, strip
from troupe_es.ui.drawn.network import DOT, Node, Tie, network
from troupe_es.ui.text import shown
from troupe_es.views import expected, onward, places

WORLDS = [("hall", "Hall"), ("yard", "Yard"), ("attic", "Attic")]
CIRCLE = re.compile(r'<circle cx="([\d.]+)" cy="([\d.]+)" r="19"')
REGION = re.compile(r'<rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)" rx="14"')
BOX = re.compile(r'viewBox="0 0 ([\d.]+) ([\d.]+)"')

crowds = st.lists(st.sampled_from([world for world, _ in WORLDS]), max_size=60)


@st.composite
def societies(draw: st.DrawFn) -> tuple[list[Node], list[Tie]]:
    people = [Node(f"p{n}", f"Person Number {n}", world) for n, world in enumerate(draw(crowds))]
    ids = st.sampled_from([each.id for each in people] or ["nobody"])
    ties = draw(st.lists(st.builds(Tie, ids, ids, st.sampled_from(["", "friend"]), st.booleans()), max_size=40))
    return people, [tie for tie in ties if tie.a != tie.b]


def drawn(people: list[Node], ties: list[Tie]) -> str:
    counted = [(id, name, sum(each.world == id for each in people)) for id, name in WORLDS]
    return network(counted, people, ties, lambda id: f"/{id}").picture


@given(societies())
def test_everybody_stands_in_their_world_apart_from_all_others(society: tuple[list[Node], list[Tie]]) -> None:
    people, ties = society
    picture = drawn(people, ties)
    dots = [(float(x), float(y)) for x, y in CIRCLE.findall(picture)]
    regions = [tuple(map(float, found)) for found in REGION.findall(picture)]
    wide, high = map(float, BOX.findall(picture)[0])
    assert len(dots) == len(people) and len(regions) == len(WORLDS)
    order = [world for world, _ in WORLDS]
    for person, (x, y) in zip(people, dots, strict=True):
        left, top, across, down = regions[order.index(person.world)]
        assert left + DOT <= x <= left + across - DOT and top + DOT <= y <= top + down - DOT
        assert DOT <= x <= wide - DOT and DOT <= y <= high - DOT
    apart = [(a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2 for n, a in enumerate(dots) for b in dots[:n]]
    assert min(apart, default=9e9) > (2 * DOT) ** 2
    for n, one in enumerate(regions):
        for other in regions[:n]:
            beside = one[0] >= other[0] + other[2] or other[0] >= one[0] + one[2]
            assert beside or one[1] >= other[1] + other[3] or other[1] >= one[1] + one[3]


LABEL = re.compile(
    r'<text x="([-\d.]+)" y="([-\d.]+)" class="(name|relation|place)"(?: text-anchor="(\w+)")?[^>]*>([^<]*)<'
)
CALLED = (
    "Ana",
    "Wilhelmina Oyelaran-Brathwaite",
    "Bo",
    "Anna Maria Magdalena Katharina von der Mühlen",
    "王小明王小明王小明",
)
RELATED = ("", "friend", "neighbours", "rivals in the allotment association, and not only there", "朋友")


@st.composite
def talkative(draw: st.DrawFn) -> tuple[list[Node], list[Tie]]:
    """People with long names and many relations, several of the same two."""
    where = draw(st.lists(st.sampled_from([world for world, _ in WORLDS]), min_size=2, max_size=60))
    people = [Node(f"p{n}", draw(st.sampled_from(CALLED)), world) for n, world in enumerate(where)]
    ids = st.sampled_from([each.id for each in people])
    ties = draw(st.lists(st.builds(Tie, ids, ids, st.sampled_from(RELATED), st.booleans()), max_size=120))
    return people, [tie for tie in ties if tie.a != tie.b]


def covered(picture: str) -> list[tuple[float, float, float, float]]:
    """What the texts of a picture cover, by the rule of thumb that a letter is half as wide as it is high."""
    sizes = {"name": 13.0, "relation": 11.5, "place": 14.0}
    found = []
    for x, y, kind, anchor, said in LABEL.findall(picture):
        size = sizes[kind]
        wide = sum(size if ord(sign) > 0x2E80 else size * 0.5 for sign in said)
        left = float(x) - {"middle": wide / 2, "end": wide}.get(anchor, 0.0)
        found.append((left, float(y) - size * 0.7, left + wide, float(y) + 2))
    return found


@given(talkative())
@settings(max_examples=40)
def test_no_name_in_a_picture_lies_on_another_or_on_a_dot(society: tuple[list[Node], list[Tie]]) -> None:
    people, ties = society
    picture = drawn(people, ties)
    boxes = covered(picture)
    boxes += [(float(x) - DOT, float(y) - DOT, float(x) + DOT, float(y) + DOT) for x, y in CIRCLE.findall(picture)]
    for n, (left, top, right, bottom) in enumerate(boxes):
        for other in boxes[:n]:
            beside = left >= other[2] or other[0] >= right or top >= other[3] or other[1] >= bottom
            assert beside, (boxes[n], other)
    wide, high = map(float, BOX.findall(picture)[0])
    assert all(left >= 0 and top >= 0 and right <= wide and bottom <= high for left, top, right, bottom in boxes)


@given(talkative())
@settings(max_examples=40)
def test_a_picture_of_the_world_names_every_line_or_says_how_many_it_does_not(
    society: tuple[list[Node], list[Tie]],
) -> None:
    people, ties = society
    counted = [(id, name, sum(each.world == id for each in people)) for id, name in WORLDS]
    found = network(counted, people, ties, lambda id: f"/{id}")
    pairs = {(min(tie.a, tie.b), max(tie.a, tie.b), tie.directed and tie.a) for tie in ties}
    named = {(min(tie.a, tie.b), max(tie.a, tie.b), tie.directed and tie.a) for tie in ties if tie.name}
    drawn_lines = found.picture.count('class="tie"')
    assert drawn_lines + found.undrawn == len(pairs) and (found.undrawn == 0 or drawn_lines == 0)
    if not found.undrawn:
        assert found.picture.count('class="relation"') + found.unnamed == len(named)


def test_two_people_with_a_relation_have_its_name_in_the_picture() -> None:
    people = [Node("a", "Ana", "hall"), Node("b", "Bo", "hall")]
    found = network(
        [("hall", "Hall", 2)], people, [Tie("a", "b", "friend"), Tie("b", "a", "neighbour")], lambda _: None
    )
    assert found.unnamed == 0 and "friend, neighbour</text>" in found.picture
    assert found.picture.count('class="tie"') == 1


@given(societies())
def test_the_same_people_are_drawn_the_same(society: tuple[list[Node], list[Tie]]) -> None:
    assert drawn(*society) == drawn(*society)


@pytest.mark.parametrize("text", strings(120))
def test_what_anybody_is_called_is_text_in_every_picture(text: str) -> None:
    people = [Node("a", text, "hall"), Node("b", text, "hall")]
    pictures = [
        network([("hall", text, 2)], people, [Tie("a", "b", text)], lambda id: "/x").picture,
        lanes(text, [Lane(text, [Dot(1.0, text, "/x")], 1.0, (0.5, 1.5))], text),
        strip(text, [Stretch(1, 5, text, "/x"), Stretch(5, 9, text, None)]),
    ]
    known = {"svg", "g", "a", "title", "text", "rect", "circle", "path", "line", "defs", "marker"}
    for picture in pictures:
        seen = Elements(picture)
        assert seen.tags <= known and seen.acting == []
        assert {value for tag, name, value in seen.attributes if name == "href"} == {"/x"}
        assert shown(text) in seen.text
        assert not re.search("[\x00-\x08\x0b-\x1f\u202a-\u202e\u2066-\u2069]", picture)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_bar_is_never_longer_than_its_ground(share: float) -> None:
    [(_, _, wide)] = [each for each in Elements(bar(share)).attributes if each[:2] == ("rect", "width")]
    assert 0 <= float(wide) <= 100


def test_a_crowd_is_drawn_by_those_something_reached_last_and_listed_in_pages(tmp_path: Path) -> None:
    with Store(tmp_path / "crowd.db") as store:
        sim = store.begin("crowd", model="improviser")
        sim.add_world("Hall")
        for number in range(130):
            sim.add_person({"name": f"Person {number}"})
        sim.say("Psst.", *(f"person-{number}" for number in range(60, 90)))
        found = [places.places(store, "crowd", page) for page in (1, 2, 3)]
    assert [len(each["people"]) for each in found] == [places.PAGE, places.PAGE, 130 - 2 * places.PAGE]
    assert [row["id"] for each in found for row in each["people"]] == [f"person-{number}" for number in range(130)]
    shown_ids = [row["id"] for row in found[0]["drawn"]]
    assert len(shown_ids) == places.DRAWN and {f"person-{number}" for number in range(60, 90)} <= set(shown_ids)
    assert [row["id"] for row in found[0]["people"] if row["active"]] == []
    assert [row["id"] for row in found[1]["people"] if row["active"]] == [
        f"person-{number}" for number in range(60, 90)
    ]


def test_what_a_question_is_said_to_take_is_what_it_takes(tmp_path: Path) -> None:
    with Store(tmp_path / "asked.db") as store:
        sim = store.begin("tea", model="improviser")
        sim.add_world("Kitchen")
        sim.add_person({"name": "Ana Reyes"})
        sim.broadcast("Tea?")
        sim.run(2)
        before = expected.question(store, "tea", "ana-reyes", "Why so?")
        reply = store.ask("tea", "ana-reyes", "Why so?")
        [row] = store.log.db.query(
            "SELECT prompt_tokens, completion_tokens FROM costs WHERE branch = ? AND purpose = 'ask'",
            [reply.ref.partition("@")[0].partition("/")[2]],
        )
        after = expected.question(store, "tea", "ana-reyes", "Why so?")
        going = onward.branching(store, "tea", [], 3, 2)
    assert before["recorded"] is None and after["recorded"] == reply.ref.partition("@")[0].partition("/")[2]
    assert before["prompt_tokens"]["low"] == row["prompt_tokens"]
    assert before["completion_tokens"]["high"] >= row["completion_tokens"]
    assert going["calls"] == {"low": 6, "mid": 6, "high": 6} and going["exact"]
