"""A loopback server that publishes one file of weights, as whoever made them would."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Publisher:
    """Serves ``content``; ``cut`` ends the next answer early, ``ranges`` is whether it knows them."""

    def __init__(self, content: bytes, cut: int = 0, ranges: bool = True) -> None:
        self.content, self.cut, self.ranges = content, cut, ranges
        self.asked: list[str] = []
        self.url = ""

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        """Answer a request for the file, or for the rest of it."""
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
    """Let ``publisher`` serve at its ``url``."""

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
