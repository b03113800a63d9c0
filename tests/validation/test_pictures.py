"""Pictures are the same bytes for the same content, say n and units, and hold whatever people write."""

import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from troupe_es.errors import UsageError
from troupe_es.experimentation import statistics as st
from troupe_es.pictures import Picture, contrast, distribution, effects, profile, simulated_and_real
from troupe_es.validation import Question, answers, compare

VOTE = Question("vote", "ordinal", (1.0, 2.0, 3.0))
COMPARED = compare(answers(VOTE, [2] * 25 + [1]), answers(VOTE, [1, 2, 3] * 10))
AWKWARD = {"日本語 <b>&": 3, "$x^2$ \\frac": 5, "\ud800\x00": 1, "long " * 40: 2, "": 4}


def pictures() -> dict[str, Picture]:
    results = [
        st.welch_t([1, 2, 3, 4], [3, 4, 6, 7], names=("price", "control")),
        st.welch_t([1], [3, 4], names=("one", "control")),
        st.welch_t([], [3, 4], names=("nobody", "control")),
    ]
    return {
        "distribution": distribution({"yes": 3, "no": 1}, "Would you?", axis="answer", foot="not people"),
        "pairs": simulated_and_real(COMPARED, axis="vote (1 = no, 3 = yes)", foot="not people"),
        "effects": effects(results, "Effect", axis="mean difference (points)", foot="not people"),
        "profile": profile({"age": {"18–34": 3, "35+": 2}}, "People", targets={"age": {"18–34": 0.5, "35+": 0.5}}),
        "contrast": contrast(
            {"age": {"18–34": (3, 0), "35+": (2, 4)}, "日本": {"<b>": (0, 1), "": (1, 0)}}, "Both", ("town", "vil")
        ),
        "awkward": distribution(AWKWARD, "<script>$\ud800", axis="日本"),
        "many": profile({str(place): AWKWARD for place in range(5)}, "Many"),
    }


@pytest.fixture(autouse=True)
def _every_warning_is_an_error() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("default", ResourceWarning)  # the collector tells here of what other tests left open
        yield


@pytest.mark.parametrize("name", list(pictures()))
def test_the_same_content_gives_the_same_bytes(name: str) -> None:
    one, other = pictures()[name], pictures()[name]
    assert one.svg() == other.svg()
    assert one.png() == other.png()
    assert one.png().startswith(b"\x89PNG")
    root = ElementTree.fromstring(one.svg())
    assert root.tag.endswith("svg")
    assert b"<script" not in one.svg()
    assert b"dc:date" not in one.svg()


def test_the_users_own_settings_of_matplotlib_change_nothing() -> None:
    import matplotlib

    before = pictures()["pairs"].svg()
    with matplotlib.rc_context({"font.size": 30, "axes.facecolor": "black", "svg.hashsalt": None}):
        assert pictures()["pairs"].svg() == before
        assert matplotlib.rcParams["font.size"] == 30


def test_other_content_gives_other_bytes() -> None:
    assert distribution({"a": 1}, "t").svg() != distribution({"a": 1, "b": 1}, "t").svg()


def test_words_say_n_units_and_what_is_to_be_seen() -> None:
    made = pictures()
    assert "n = 4 people" in made["distribution"].subtitle
    assert "variance collapse" in made["pairs"].subtitle
    assert "sd 0.20" in made["pairs"].subtitle
    assert "real 33.3 %" in made["pairs"].alt
    assert "n counts replicates" in made["effects"].subtitle
    assert "nobody is empty" in made["effects"].alt
    assert "n = 5 people" in made["profile"].subtitle
    assert "Upper bars: town (n = 5 people); hatched bars: vil (n = 4 people)" in made["contrast"].subtitle
    assert "age: 18–34 3 against 0, 35+ 2 against 4" in made["contrast"].alt
    assert "n = 1 person;" in distribution({"yes": 1}, "Would you?").subtitle


def test_numbers_of_many_values_are_drawn_in_round_bins() -> None:
    from troupe_es.pictures.charts import _paired

    numbers = Question("age", "numeric")
    real = answers(numbers, [18 + place * 0.73 for place in range(90)])
    labels, first, second = _paired(compare(answers(numbers, [30.0, 31.5] * 15), real))
    assert labels[0] == "10 to 20"
    assert sum(first) == pytest.approx(1) and sum(second) == pytest.approx(1)
    assert first[labels.index("30 to 40")] == pytest.approx(1)


def test_pictures_are_saved_as_their_ending_says(tmp_path: Path) -> None:
    picture = pictures()["distribution"]
    for suffix in (".svg", ".png"):
        picture.save(tmp_path / f"picture{suffix}")
    assert (tmp_path / "picture.svg").read_bytes() == picture.svg()
    with pytest.raises(UsageError, match=r"is a \.svg or a \.png file"):
        picture.save(tmp_path / "picture.gif")
    with pytest.raises(UsageError, match="cannot be written"):
        picture.save(tmp_path / "nowhere" / "picture.svg")


def test_what_cannot_be_drawn_says_why() -> None:
    with pytest.raises(UsageError, match="nobody answered"):
        distribution({"yes": 0}, "t")
    with pytest.raises(UsageError, match="no result has an estimate"):
        effects([st.welch_t([], [])], "t")
    with pytest.raises(UsageError, match="different measures on one axis"):
        effects([st.welch_t([1, 2], [3, 5]), st.cohen_d([1, 2], [3, 5])], "t")
    with pytest.raises(UsageError, match="no attribute is given"):
        profile({}, "t")
    with pytest.raises(UsageError, match="no attribute is given"):
        contrast({}, "t", ("a", "b"))
    with pytest.raises(UsageError, match="nobody has it on one side"):
        contrast({"age": {"old": (3, 0)}}, "t", ("a", "b"))
    with pytest.raises(UsageError, match="nobody answered on one side"):
        simulated_and_real(compare(answers(VOTE, []), answers(VOTE, [1])))


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    picture = pictures()["distribution"]
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(UsageError, match=r"pictures need matplotlib, .* 'troupe-es\[plots\]'"):
        picture.svg()
