"""A persona in a few sentences of the first person, whatever the persona is made of."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troupe_es import examples
from troupe_es.agent.small import sentences

JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text()),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=8), inner, max_size=4)),
    max_leaves=8,
)
KEYS = ("beliefs", "other_facts", "long_term_goals", "preferences", "personality", "style", "occupation", "age")
TRAITS = st.dictionaries(st.sampled_from(KEYS), JSON)


@pytest.mark.parametrize(
    ("yours", "mine"),
    [
        ("You are kind, and you know it.", "I am kind, and I know it."),
        ("You're late; your bus was not.", "I'm late; my bus was not."),
        ("If you love somebody you check.", "If I love somebody I check."),
        ("Nobody ever asks you.", "Nobody ever asks me."),
        ("A thing that tells you when it has arrived", "A thing that tells me when it has arrived"),
        ("Somebody is renting you something.", "Somebody is renting me something."),
        ("You've never said it to yourself.", "I've never said it to myself."),
        ("You were alone, and the house was yours.", "I was alone, and the house was mine."),
        ("Young people like your garden.", "Young people like my garden."),
    ],
)
def test_you_becomes_i(yours: str, mine: str) -> None:
    assert sentences.first_person(yours) == mine


@given(TRAITS)
def test_any_persona_has_an_introduction_and_a_reason(traits: dict) -> None:
    introduction = sentences.introduction("Ana Reyes", traits)
    reasons = sentences.reasons(traits)
    assert introduction[0].startswith("I am Ana Reyes")
    assert 1 <= len(reasons) <= sentences.REASONS
    assert len(set(reasons)) == len(reasons)
    assert not any("\n" in text or "\r" in text for text in (*introduction, *reasons))
    assert all(reason[-1] in ".!?" for reason in reasons)


def test_the_shipped_people_speak_of_themselves() -> None:
    for name in examples.names():
        for path in (examples.path(name) / "people").glob("*.json"):
            traits = json.loads(path.read_text())["persona"]
            told = [*sentences.introduction(traits["name"], traits), *sentences.reasons(traits)]
            assert len(told) >= 8, path
            assert " you" not in " ".join(told).lower().replace(" young", "")
