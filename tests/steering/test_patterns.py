"""Patterns are Python's as far as they are matched in time with the text; what could run away is refused."""

import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troupe_es.errors import BadCommand
from troupe_es.world.patterns import MOST_TEXT, compiled, found

PARTS = [
    "a",
    "b",
    ".",
    "[ab]",
    "[^a]",
    r"\w",
    r"\d",
    r"\.",
    "(?:ab)?",
    "(a|b)",
    "c?",
    "a*",
    "b+",
    "a{2,3}",
    "^",
    "$",
    "|",
]


@given(st.lists(st.sampled_from(PARTS), min_size=1, max_size=6).map("".join), st.text("abcd1. ", max_size=60))
def test_what_is_taken_matches_as_python_does(pattern: str, text: str) -> None:
    try:
        compiled(pattern)
    except BadCommand:
        return
    assert found(pattern, text) is bool(re.search(pattern, text, re.IGNORECASE))
    assert bool(compiled(pattern, any_case=False).search(text)) is bool(re.search(pattern, text))


@given(st.text(string.printable, max_size=30))
def test_any_text_is_a_pattern_or_is_refused(pattern: str) -> None:
    try:
        found(pattern, "some text 123")
    except BadCommand as error:
        assert repr(pattern) in str(error)


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+$",
        "(a|a)*b",
        "(.*)*",
        r"(a)\1",
        "a*b*c*",
        "(?=a)",
        "(?<!b)a",
        "(?P<x>a)",
        "a{1,900}",
        "a**",
        "(",
        "[",
        "b?" * 9,
    ],
)
def test_what_could_run_away_is_refused(pattern: str) -> None:
    with pytest.raises(BadCommand, match="cannot be used"):
        compiled(pattern)


def test_the_case_matters_where_it_is_asked_for_unless_the_pattern_says_otherwise() -> None:
    assert [bool(compiled("tea", any_case=case).search("TEA")) for case in (True, False)] == [True, False]
    assert compiled("(?i)tea|milk", any_case=False).findall("TEA with Milk") == ["TEA", "Milk"]
    assert found("(?i)tea", "TEA")
    with pytest.raises(BadCommand, match="not understood"):
        compiled("tea(?i)")


def test_a_star_reaches_over_a_hundred_characters_and_no_more() -> None:
    assert found("price.*high", "The PRICE" + " " * 100 + "HIGH")
    assert not found("price.*high", "The price" + " " * 101 + "high")


def test_only_the_beginning_of_a_long_saying_is_searched() -> None:
    assert found("tea", "x" * (MOST_TEXT - 3) + "tea")
    assert not found("tea", "x" * MOST_TEXT + "tea")
