"""A new text has room to be longer than the old one, and is asked for with what stays the same first."""

import json

import pytest

from troupe_es.enrichment import rewriting
from troupe_es.events.types import RewritingAsked


def asked(**more: object) -> RewritingAsked:
    return RewritingAsked.model_validate({"text": "Cold tea.", "edition": 1, **more})


@pytest.mark.parametrize("length", [9, 3000, 30_000])
def test_there_is_room_for_half_as_much_again_and_for_what_is_added(length: int) -> None:
    tokens = length / 3  # a text of a language that is hard on tokens
    room = rewriting.form(asked(text="x" * length)).room
    assert room is not None and 1.5 * tokens + 1000 <= room <= 1.5 * tokens + 4000


def test_what_is_wanted_stands_before_the_text_and_what_is_not_wanted_nowhere() -> None:
    one, other = (rewriting.form(asked(text=text, style="dry")).prompt for text in ("Cold tea.", "Warm tea."))
    assert one.parent is not None and other.parent is not None
    assert one.parent.content == other.parent.content and one.content != other.content
    told = [json.loads(line) for line in one.parent.content.split("\n") if line.startswith('{"style"')]
    assert told == [{"style": "dry"}]
    assert "# The context" not in one.content
    assert "# The context" in rewriting.form(asked(context=["It is hot."])).prompt.content
