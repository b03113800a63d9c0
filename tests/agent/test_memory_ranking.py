"""How memories are ranked, against formulas written out in the plainest way."""

import math
from array import array
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troupe_es.agent.memory import ranking
from troupe_es.agent.memory.ranking import Candidate, Weights

word = st.sampled_from(["tea", "rain", "harbour", "soup", "bo", "it"])
documents = st.lists(st.lists(word, min_size=1, max_size=8), min_size=1, max_size=8)


def told(texts: Sequence[Sequence[str]]) -> list[Candidate]:
    return [
        Candidate(seq, 0.0, 0.0, {word: text.count(word) for word in text}, len(text))
        for seq, text in enumerate(texts, 1)
    ]


@given(st.lists(word, max_size=4), documents)
def test_lexical_relevance_is_bm25_as_a_share_of_the_best(query: list[str], texts: list[list[str]]) -> None:
    def score(text: list[str]) -> float:
        total = 0.0
        for term in set(query):
            having = sum(term in other for other in texts)
            idf = math.log(1 + (len(texts) - having + 0.5) / (having + 0.5))
            mean = sum(map(len, texts)) / len(texts)
            times = text.count(term)
            total += idf * times * 2.2 / (times + 1.2 * (0.25 + 0.75 * len(text) / mean))
        return total

    expected = [score(text) for text in texts]
    best = max(expected) or 1.0
    assert ranking.bm25(query, told(texts)) == pytest.approx([each / best for each in expected])


numbers = st.floats(-10, 10, width=32).map(lambda x: 0.0 if abs(x) < 1e-3 else x)
vector = st.lists(numbers, min_size=3, max_size=3).map(lambda numbers: array("f", numbers))


@given(vector, st.lists(st.one_of(st.none(), vector, st.just(array("f", [1.0]))), max_size=6))
def test_cosines_are_the_same_with_and_without_numpy(query: array, vectors: list[array | None]) -> None:
    pytest.importorskip("numpy")
    plain = ranking.cosines(query, vectors)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ranking, "MANY", 1)
        assert ranking.cosines(query, vectors) == plain
    for each, found in zip(vectors, plain, strict=True):
        if each is None or len(each) != 3 or not any(each) or not any(query):
            assert found == 0.0
        else:
            dot = sum(a * b for a, b in zip(query, each, strict=True))
            assert found == pytest.approx(max(0.0, dot / math.hypot(*query) / math.hypot(*each)), abs=1e-5)


@given(
    st.lists(st.tuples(st.floats(0, 500), st.floats(0, 1), st.floats(0, 1)), max_size=12),
    st.tuples(*[st.sampled_from([0.0, 0.5, 1.0, 2.0])] * 3).filter(any),
    st.integers(1, 5),
)
def test_ranking_is_by_the_weighted_mean_and_ties_by_seq(
    memories: list[tuple[float, float, float]], weights: tuple[float, float, float], top: int
) -> None:
    found = ranking.ranked(
        [Candidate(seq, moment, importance, {}, 0) for seq, (moment, _, importance) in enumerate(memories, 1)],
        [relevance for _, relevance, _ in memories],
        500.0,
        Weights(recency=weights[0], relevance=weights[1], importance=weights[2]),
        top,
    )
    expected = sorted(
        (-round(sum(w * s for w, s in zip(weights, [0.995 ** (500 - m), r, i], strict=True)) / sum(weights), 6), seq)
        for seq, (m, r, i) in enumerate(memories, 1)
    )
    assert [(-each.score, each.seq) for each in found] == expected[:top]
