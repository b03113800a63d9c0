"""A named model arrives whole and right, or not at all, and a cut download goes on."""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from troupe_es.errors import ModelUnreachable, UsageError
from troupe_es.llm import published
from troupe_es.llm.published import Published

CONTENT = b"GGUF" + bytes(range(256)) * 40_000


class Publisher:
    """Serves CONTENT; ``cut`` ends the next answer early, ``ranges`` is whether it knows them."""

    def __init__(self, content: bytes = CONTENT, cut: int = 0, ranges: bool = True) -> None:
        self.content, self.cut, self.ranges = content, cut, ranges
        self.asked: list[str] = []
        self.url = ""

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        asked = handler.headers.get("Range", "")
        self.asked.append(asked)
        start = int(asked[6:-1]) if asked and self.ranges else 0
        rest = self.content[start:]
        handler.send_response(206 if start else 200)
        handler.send_header("Content-Length", str(len(rest)))
        handler.end_headers()
        cut, self.cut = self.cut, 0
        handler.wfile.write(rest[:cut] if cut else rest)


@contextmanager
def serving(publisher: Publisher) -> Iterator[Publisher]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            publisher.answer(self)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    publisher.url = f"http://127.0.0.1:{server.server_port}/tiny.gguf"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield publisher
    server.shutdown()
    server.server_close()


def entry(url: str) -> Published:
    digest = hashlib.sha256(CONTENT).hexdigest()
    return Published("tiny", "a test", "us", "MIT", "tiny.gguf", len(CONTENT), digest, url)


def test_the_right_file_arrives_and_is_not_fetched_twice(tmp_path: Path) -> None:
    seen: list[int] = []
    with serving(Publisher()) as publisher:
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
    with serving(Publisher(cut=3_000_000, ranges=ranges)) as publisher:
        with pytest.raises(ModelUnreachable, match="asking again goes on"):
            published.fetch(entry(publisher.url), tmp_path)
        have = (tmp_path / "tiny.gguf.partial").stat().st_size
        assert 0 < have <= 3_000_000
        assert not (tmp_path / "tiny.gguf").exists()
        assert published.fetch(entry(publisher.url), tmp_path).read_bytes() == CONTENT
        assert publisher.asked == ["", f"bytes={have}-"]


def test_without_a_network_it_says_what_can_be_done(tmp_path: Path) -> None:
    with serving(Publisher()) as publisher:
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
