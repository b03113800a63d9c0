"""Words are found however they are written, and nothing but them is replaced."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troupe_es.controller.redaction.words import Words
from troupe_es.errors import UsageError


@pytest.mark.parametrize(
    ("text", "without"),
    [
        ("Ana Silva, ana silva, ANA\nSILVA", "Eva Q, Eva Q, Eva Q"),
        ("AnaSilva ana.silva@x.org ana_silva Ana-Silva", "Eva Q Eva Q@x.org Eva Q Eva Q"),
        ("1/ana-silva/turn/0/0", "1/eva-q/turn/0/0"),
        ("Banana Silvas Ana Silvana", "Banana Silvas Ana Silvana"),
        ("\u00c1na S\u0131lva A\u0301na Silva An\u00ada Silva", "\u00c1na S\u0131lva Eva Q Eva Q"),
        ("\uff21na Silva \U0001d400na Silva", "Eva Q Eva Q"),
        (
            r'{"who": "\u0041na Sil\u0076a", "in": "{\"a\": \"An\\u0061 Silva\"}"}',
            r'{"who": "Eva Q", "in": "{\"a\": \"Eva Q\"}"}',
        ),
        ("?q=Ana%20Silva&r=%41na+Silva&s=%FF%FE", "?q=Eva Q&r=Eva Q&s=%FF%FE"),
        ("&#65;na&nbsp;Silva &copy; 1", "Eva Q &copy; 1"),
        ("0" * 61 + "ana", "0" * 61 + "ana"),
        ("data:image/png;base64,AA+AnaSilva/AnaSilva= AnaSilva", "data:image/png;base64,AA+AnaSilva/AnaSilva= Eva Q"),
    ],
)
def test_a_name_is_found_however_it_is_written(text: str, without: str) -> None:
    assert Words({"Ana Silva": "Eva Q"}).text(text) == without


def test_where_words_end_and_which_case_counts_can_be_said() -> None:
    assert Words({"Will": "Eva"}, match_case=True).text("Will will, WILL") == "Eva will, WILL"
    assert Words({"Will": "Eva"}, inside=True).text("Willing goodwill") == "Evaing goodEva"
    assert Words({"田中": "某"}).text("田中さんは田中です") == "某さんは某です"
    assert Words({"Ana Silva": "A", "Ana": "B", "Silva": "C"}).text("Ana Silva Ana Silva, Silva") == "A A, C"
    assert Words({"x y": "y"}).text("x x x y") == "y"
    with pytest.raises(UsageError, match="called the same"):
        Words({"Ana": "Bo"}).value({"Ana": 1, "Bo": 2})


LETTERS = st.sampled_from([*"aAnNbB ,-_.\\/%&;ué1", "\\n", "\\u0061", "%61", "\u0301", "Ana", "Bo"])


@given(st.lists(LETTERS, max_size=30).map("".join))
def test_what_is_left_has_no_word_in_it_and_a_text_without_words_is_left(text: str) -> None:
    words = Words({"Ana Bo": "Zed Qux", "ana": "Zed"})
    changed = words.text(text)
    assert not words.count(changed)
    assert words.text(changed) == changed
    if not words.count(text):
        assert changed == text


@given(st.lists(st.sampled_from(["ana", "bo", "an", "anab", "1", "\n", ";"]), max_size=12))
def test_plain_words_are_replaced_one_by_one(parts: list[str]) -> None:
    text = " , ".join(parts)
    assert Words({"ana": "Zed"}).text(text) == " , ".join("Zed" if part == "ana" else part for part in parts)
