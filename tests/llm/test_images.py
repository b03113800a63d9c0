"""Images as models get them: told by their bytes, refused when they are none, sent with the words they came with."""

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from llm.test_endpoint import ask, client
from pictures import EVERY, PNG, URL
from servers.loopback import Loopback

from troupe_es.errors import UsageError
from troupe_es.llm import Message, Request, images, wire
from troupe_es.llm.protocol import Role
from troupe_es.llm.rules import most_of_image, sees

HASH = hashlib.sha256(PNG).hexdigest()


@pytest.mark.parametrize(("media", "content"), EVERY.items())
def test_an_image_is_told_by_its_first_bytes_and_comes_back_from_its_data_url(
    media: images.Media, content: bytes
) -> None:
    assert images.media_of(content) == media
    assert images.read_url(images.data_url(content, media)) == content


@given(st.binary())
def test_bytes_are_one_of_four_kinds_or_refused(content: bytes) -> None:
    try:
        assert images.media_of(content) in images.MEDIA
    except UsageError as error:
        assert "no image" in str(error)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("", "must be a data URL"),
        ("https://example.org/cat.png", "must be a data URL"),
        ("file:///etc/passwd", "must be a data URL"),
        ("data:image/svg+xml;base64,PHN2Zz4=", "must be a data URL"),
        ("data:text/html;base64,PGI+", "must be a data URL"),
        ("data:image/png,raw", "must be a data URL"),
        ("data:image/png;base64,???", "no base64"),
        ("data:image/png;base64,ä", "no base64"),
        ("data:image/png;base64," + base64.b64encode(b"<html>").decode(), "no image"),
        ("data:image/png;base64,", "no image"),
        ("data:image/png;base64," + base64.b64encode(EVERY["image/gif"]).decode(), "its bytes are image/gif"),
    ],
)
def test_a_data_url_that_is_no_image_is_refused_in_a_sentence(url: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        images.read_url(url)


@given(st.text().map(lambda text: "data:image/png;base64," + text) | st.text())
def test_any_text_is_an_image_or_a_UsageError(url: str) -> None:
    try:
        assert images.media_of(images.read_url(url))
    except UsageError as error:
        assert "\n" not in str(error)


def test_what_is_too_large_is_refused_before_it_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "LARGEST", 1_000_000)
    large = PNG + bytes(1_000_000)
    with pytest.raises(UsageError, match="MB, and the most is 1 MB"):
        images.media_of(large)
    monkeypatch.setattr(images.base64, "b64decode", lambda *_, **__: pytest.fail("decoded"))
    with pytest.raises(UsageError, match="larger than 1 MB"):
        images.read_url(images.data_url(large, "image/png"))


@pytest.mark.parametrize(
    "content", ["", "{}", "[]", '{"sha256":1,"media":"image/png"}', f'{{"media":"text/html","sha256":"{HASH}"}}']
)
def test_a_message_that_names_no_image_is_told_apart(content: str) -> None:
    with pytest.raises(ValueError, match="names no image"):
        images.shown(Message("image", content))


def prompt(*parts: tuple[Role, str]) -> Message:
    message: Message | None = None
    for role, content in parts:
        message = images.message(HASH, "image/png", message) if role == "image" else Message(role, content, message)
    assert message is not None
    return message


def sent(*parts: tuple[Role, str]) -> list[tuple[str, str]]:
    """The messages on the wire: roles, and of each its parts as letters and words."""
    request = Request(prompt(*parts), "m", "1/ana/turn/0/0", blobs=lambda hash: ("image/png", PNG))
    told = []
    for message in wire.messages(request):
        content = message["content"]
        if isinstance(content, list):
            assert all(part["image_url"]["url"] == URL for part in content if part["type"] == "image_url")
            content = "+".join(part.get("text", "*") for part in content)
        told.append((message["role"], content))
    return told


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ("s u a u", "s u a u"),
        ("s u i u", "s u+* u"),
        ("s u i i u", "s u+*+* u"),
        ("s i u", "s *+u"),
        ("s i i u a u", "s *+*+u a u"),
        ("s u a i u", "s u a *+u"),
        ("s u a i a u", "s u a * a u"),
        ("s u i", "s u+*"),
        ("i", "*"),
        ("u u i", "u u+*"),
        ("s i u i u", "s *+u+* u"),
    ],
)
def test_an_image_goes_into_the_users_message_beside_it(parts: str, expected: str) -> None:
    roles: dict[str, Role] = {"s": "system", "u": "user", "a": "assistant", "i": "image"}
    found = sent(*((roles[letter], letter) for letter in parts.split()))
    assert " ".join(content for _, content in found) == expected
    assert [role for role, _ in found] == [
        roles[next((c for c in text if c in "sa"), "u")] for text in expected.split()
    ]


@given(st.lists(st.sampled_from(["user", "assistant", "image"]), max_size=12))
def test_no_message_is_lost_or_moved_and_a_longer_prompt_begins_as_the_shorter_one(roles: list[Role]) -> None:
    parts: list[tuple[Role, str]] = [("system", "0"), *((role, str(n)) for n, role in enumerate(roles, 1))]
    flat = [word for _, content in sent(*parts) for word in content.split("+")]
    assert flat == ["*" if role == "image" else text for role, text in parts]
    assert sent(*parts, ("assistant", "x"), ("user", "y"))[: len(sent(*parts))] == sent(*parts)


def test_the_hash_is_over_the_name_of_the_image_and_not_over_who_reads_it() -> None:
    words = prompt(("user", "Look."))
    seen = images.message(HASH, "image/png", words)
    one = Request(seen, "m", "1/ana/turn/0/0")
    other = Request(seen, "m", "1/ana/turn/0/0", blobs=lambda hash: ("image/png", PNG))
    assert one == other and one.hash == other.hash
    assert seen.images == 1 and words.images == 0
    assert images.message("0" * 64, "image/png", words).hash != seen.hash


def test_an_image_arrives_at_the_server_with_its_words() -> None:
    message = prompt(("system", "You are Ana Reyes."), ("user", "What hangs there?"), ("image", ""), ("user", "Act."))
    request = Request(message, "m", "1/ana/turn/0/0", blobs=lambda hash: {HASH: ("image/png", PNG)}[hash])
    with Loopback() as server:
        ask(client(server), request)
    system, look, act = server.calls[0].body["messages"]
    assert look == {
        "role": "user",
        "content": [
            {"type": "text", "text": "What hangs there?"},
            {"type": "image_url", "image_url": {"url": URL}},
        ],
    }
    assert (system["content"], act) == ("You are Ana Reyes.", {"role": "user", "content": "Act."})


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        *((name, True) for name in ("gpt-4o", "openai:gpt-4o-mini", "gpt-4.1-nano", "gpt-5.2", "azure:gpt-4o", "o3")),
        *((name, True) for name in ("o4-mini", "claude-sonnet-4-5", "gemini-2.5-flash", "qwen/qwen2.5-vl-7b")),
        *((name, True) for name in ("meta/llama-3.2-11b-vision", "google/gemma-3-4b-it", "improviser", "scripted:x")),
        *(
            (name, False)
            for name in ("gpt-3.5-turbo", "gpt-4", "o3-mini", "o1-mini", "gpt-4o-audio-preview", "m", "")
        ),
        *((name, False) for name in ("deepseek-chat", "llama-3.1-8b", "google/gemma-3-1b-it", "local:qwen2-vl@0123")),
    ],
)
def test_which_models_see_is_known_by_name(model: str, expected: bool) -> None:
    assert sees(model) is expected


def test_where_images_are_dear_is_known_by_name() -> None:
    assert most_of_image("openai:gpt-4o-mini-2024-07-18") == 50_000 > most_of_image("gpt-4o") > 1445
