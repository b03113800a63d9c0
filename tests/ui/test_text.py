"""Hostile text is shown as text: on the screen, in errors, in JSON, in every view."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ui.conftest import Troupe

from troupe_es.ui.text import HARMFUL, as_json, cut, readable, shown

EVIL = "\x1b]0;owned\x07\x1b[2J[red]rich[/red] :smile: \u202egnp.exe \x9b31m\x7f\x00 end"


@given(st.text())
def test_nothing_harmful_is_left(text: str) -> None:
    assert not HARMFUL.search(shown(text))
    assert not HARMFUL.search(cut(text, 10)) and len(cut(text, 10)) <= 10


@given(st.text(), st.lists(st.text()))
def test_words_that_are_no_things_are_shown_as_they_are(text: str, several: list[str]) -> None:
    assert readable(f"- {text}") == f"- {text}"
    if several:
        assert readable(json.dumps(several)) == json.dumps(several)


def test_passages_are_shown_a_line_each_with_their_text_last() -> None:
    found = [{"document": "a.md", "part": "1 of 2", "text": "One.\nTwo."}, {"document": "b.md"}]
    assert readable(json.dumps(found)) == "document a.md, part 1 of 2: One.\nTwo.\ndocument b.md"


@given(
    st.recursive(
        st.text() | st.integers() | st.none(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_harmless_json_is_the_same_value(value: object) -> None:
    text = as_json(value)
    assert not HARMFUL.search(text)
    assert json.loads(text) == value


@pytest.fixture
def evil(life: Path, troupe: Troupe) -> list[list[str]]:
    """A life full of it, and the commands that show it."""
    Path("evil.yaml").write_text(
        json.dumps(
            {
                "troupe": 1,
                "name": "evil",
                "model": "improviser",
                "worlds": [{"name": f"W {EVIL}"}],
                "people": [{"persona": {"name": "P [red]rich[/red]", "beliefs": [EVIL]}}],
                "program": [{"broadcast": EVIL, "speaker": EVIL}, {"run": 1}],
            }
        )
    )
    begun = troupe("run", "evil.yaml")
    assert begun.exit_code == 0, begun.stderr
    assert (
        troupe("branch", "evil@step:1", "--name", "b", "--say", EVIL, "--set", f"settings.model=x{EVIL}").exit_code
        == 0
    )
    person = json.loads(troupe("show", "evil", "--json").stdout)["people"][0]["id"]
    return [
        ["log", "evil"],
        ["transcript", "evil", "--full"],
        ["replay", "evil"],
        ["show", "evil"],
        ["show", "evil", "--person", person],
        ["show", "evil", "--event", "6", "--prompt"],
        ["diff", "evil", "evil/b", "--full"],
        ["runs"],
        ["cost", "evil"],
        ["verify", "evil"],
        ["ask", "evil", person, EVIL.replace("\x00", "")],
        ["export", "evil", "--format", "jsonl"],
        ["show", EVIL],
        ["show", "evil", "--person", EVIL],
    ]


def test_every_view_shows_it_as_text(evil: list[list[str]], troupe: Troupe) -> None:
    for words in evil:
        for more in ([], ["--json"]) if words[0] != "export" else ([],):
            result = troupe(*words, *more)
            assert not HARMFUL.search(result.output), words
    seen = troupe("transcript", "evil", "--full").stdout
    assert "[red]rich[/red] :smile:" in seen and "\\x1b" in seen and "<U+202E>" in seen
