"""A prediction has one form of bytes, whatever order and number type it was written in."""

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as some

from troupe_es.errors import UsageError
from troupe_es.validation import Question, answers, predicted, sealed
from troupe_es.validation.prediction import canonical_bytes

shares = some.dictionaries(some.text(max_size=5), some.floats(0, 1), max_size=5)


def test_the_bytes_and_the_hash_are_these() -> None:
    prediction = {"vote": {1: 0.25, 2: 0.75, 3: 0.0}}
    content = b'{"format":"troupe-prediction/1","questions":{"vote":{"1":0.25,"2":0.75}}}'
    assert canonical_bytes(prediction) == content
    assert sealed(prediction) == hashlib.sha256(content).hexdigest()


@given(some.dictionaries(some.text(max_size=5), shares, max_size=4))
def test_the_order_makes_no_difference_and_the_shares_do(prediction: dict[str, dict[str, float]]) -> None:
    turned = {name: dict(reversed(found.items())) for name, found in reversed(prediction.items())}
    assert canonical_bytes(turned) == canonical_bytes(prediction)
    read = json.loads(canonical_bytes(prediction))["questions"]
    for name, found in prediction.items():
        assert read[name] == {answer: round(share, 12) for answer, share in found.items() if round(share, 12)}


def test_whole_numbers_are_the_same_answer_as_floats() -> None:
    assert sealed({"q": {1: 1}}) == sealed({"q": {1.0: 1.0}}) == sealed({"q": {"1": 1.0}})
    assert sealed({"q": {1: 0.5}}) != sealed({"q": {1: 0.500001}})


def test_what_was_answered_is_what_is_predicted() -> None:
    given_answers = {
        "vote": answers(Question("vote", "ordinal", (1.0, 2.0)), [1, 1, 1, 2]),
        "owns": answers(Question("owns", "multiple"), [["car"], ["car", "bike"]]),
    }
    assert predicted(given_answers) == {"vote": {"1": 0.75, "2": 0.25}, "owns": {"bike": 0.5, "car": 1.0}}


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan"), "0.5", True, None])
def test_what_is_no_share_is_refused(share: object) -> None:
    with pytest.raises(UsageError, match="is no share"):
        sealed({"q": {"a": share}})  # type: ignore[dict-item]


def test_one_answer_written_twice_is_refused() -> None:
    with pytest.raises(UsageError, match="stands there twice"):
        sealed({"q": {1: 0.5, "1": 0.5}})
    with pytest.raises(UsageError, match="nobody answered"):
        predicted({"q": answers(Question("q", "numeric"), [])})
