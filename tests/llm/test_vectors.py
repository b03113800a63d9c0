"""Vectors survive being text, bit for bit; what is none is told apart; the improviser's lie where they should."""

import asyncio
import base64
import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troupe_es import Improviser
from troupe_es.llm import Message, Request, Response, vectors
from troupe_es.llm.improviser.embedding import DIMENSIONS, embed

FLOATS = st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=1, max_size=50)


@given(FLOATS)
def test_a_vector_comes_back_bit_for_bit(numbers: list[float]) -> None:
    text = vectors.encoded(numbers)
    assert list(vectors.decoded(text)) == numbers
    assert base64.b64decode(text) == struct.pack(f"<{len(numbers)}f", *numbers), "little-endian, on every machine"
    assert vectors.encoded(vectors.vector(Response(text))) == text


@given(FLOATS, st.data())
def test_a_number_that_is_not_finite_makes_it_no_vector(numbers: list[float], data) -> None:
    numbers.insert(
        data.draw(st.integers(0, len(numbers))), data.draw(st.sampled_from([math.nan, math.inf, -math.inf]))
    )
    with pytest.raises(ValueError, match="not finite"):
        vectors.encoded(numbers)
    with pytest.raises(ValueError, match="not finite"):
        vectors.decoded(base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode())


@pytest.mark.parametrize("numbers", [[], [1e39], ["a"], [None]])
def test_what_has_no_32_bits_is_refused(numbers: list[float]) -> None:
    with pytest.raises(ValueError, match="the vector"):
        vectors.encoded(numbers)


@given(st.text() | st.binary().map(lambda content: base64.b64encode(content).decode()))
def test_any_text_is_a_vector_or_a_ValueError(text: str) -> None:
    try:
        found = vectors.decoded(text)
    except ValueError as error:
        assert str(error).startswith("the vector")
    else:
        assert found and all(map(math.isfinite, found))


def test_chat_requests_have_the_hash_they_always_had_and_no_kind_is_taken_for_another() -> None:
    prompt = Message("user", "Hello.")
    chat = Request(prompt, "m", "", 0)
    assert chat.parameters == '{"max_tokens":0,"model":"m","schema":null,"temperature":null}'
    assert chat.hash != vectors.embedding("Hello.", "m").hash


def test_an_embedding_is_nobodys_and_has_one_place() -> None:
    request = vectors.embedding("bread", "m")
    assert (request.address, request.person, request.purpose, request.shareable) == ("", "-", "embedding", True)
    assert request.key == request.hash
    assert Request(request.prompt, "m", "1/ana/turn/0/0").key == "1/ana/turn/0/0"


def improvised(text: str, draw: int = 0) -> list[float]:
    response = asyncio.run(Improviser().complete(vectors.embedding(text, "improviser"), draw))
    assert response.completion_tokens == 0
    return list(vectors.vector(response))


def likeness(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


@given(st.text())
def test_the_improvisers_vectors_have_length_one_and_are_the_same_in_every_draw(text: str) -> None:
    vector = improvised(text)
    assert len(vector) == DIMENSIONS
    assert math.isclose(likeness(vector, vector), 1.0, rel_tol=1e-5)
    assert improvised(text, 7) == vector


def test_texts_that_share_words_lie_nearer_than_texts_that_do_not() -> None:
    bread = embed("I bake bread in the morning")
    assert likeness(bread, embed("In the morning bread is baked")) > 0.5
    assert likeness(bread, embed("Trams make noise")) < 0.3
