"""A named model arrives whole and right, or not at all, and a cut download goes on."""

import hashlib
from pathlib import Path

import pytest
from servers.publisher import Publisher, serving

from troupe_es.errors import ModelUnreachable, UsageError
from troupe_es.llm import published
from troupe_es.llm.published import Published

CONTENT = b"GGUF" + bytes(range(256)) * 40_000


def entry(url: str) -> Published:
    digest = hashlib.sha256(CONTENT).hexdigest()
    return Published("tiny", "a test", "us", "MIT", "tiny.gguf", len(CONTENT), digest, url)


def test_the_right_file_arrives_and_is_not_fetched_twice(tmp_path: Path) -> None:
    seen: list[int] = []
    with serving(Publisher(CONTENT)) as publisher:
        path = published.fetch(entry(publisher.url), tmp_path / "models", seen.append)
        assert path.read_bytes() == CONTENT
        assert seen == sorted(seen)
        assert seen[-1] == len(CONTENT)
        assert published.fetch(entry(publisher.url), tmp_path / "models") == path
        assert len(publisher.asked) == 1
    assert [file.name for file in path.parent.iterdir()] == ["tiny.gguf"]


@pytest.mark.parametrize("content", [CONTENT[:-1] + b"x", CONTENT + b"more"])
def test_another_file_is_deleted(tmp_path: Path, content: bytes) -> None:
    with serving(Publisher(content)) as publisher, pytest.raises(UsageError, match="is not tiny"):
        published.fetch(entry(publisher.url), tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("ranges", [True, False])
def test_a_cut_download_goes_on_where_it_ended(tmp_path: Path, ranges: bool) -> None:
    with serving(Publisher(CONTENT, cut=3_000_000, ranges=ranges)) as publisher:
        with pytest.raises(ModelUnreachable, match="asking again goes on"):
            published.fetch(entry(publisher.url), tmp_path)
        have = (tmp_path / "tiny.gguf.partial").stat().st_size
        assert 0 < have <= 3_000_000
        assert not (tmp_path / "tiny.gguf").exists()
        assert published.fetch(entry(publisher.url), tmp_path).read_bytes() == CONTENT
        assert publisher.asked == ["", f"bytes={have}-"]


def test_without_a_network_it_says_what_can_be_done(tmp_path: Path) -> None:
    with serving(Publisher(CONTENT)) as publisher:
        url = publisher.url
    with pytest.raises(ModelUnreachable, match=r"(?s)could not be fetched.*bring the file tiny\.gguf"):
        published.fetch(entry(url), tmp_path)


def test_what_is_published_is_pinned() -> None:
    for name, found in published.table().items():
        assert name == found.name
        assert len(bytes.fromhex(found.sha256)) == 32
        assert found.url.startswith("https://")
        assert found.url.endswith(found.file)
        assert found.licence
    with pytest.raises(UsageError, match="there is: qwen"):
        published.entry("gpt-x")
