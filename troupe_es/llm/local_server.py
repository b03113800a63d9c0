"""The engine of a local model, run as a child process: ``python -m troupe_es.llm.local_server``.

What it needs comes as one line of JSON on standard input (the key must not stand in a list of processes), and its
address goes out as one line on standard output once the weights are loaded. It lives as long as its standard input
is open: however its parent ends, the system closes that end, and the engine ends too. While it loads, the engine
lets no other thread of Python run, so where the system can, it is asked to send a signal instead.
"""

import json
import os
import sys
import threading
from contextlib import suppress
from typing import Any

SAMPLING = {
    "temp": 0.7,
    "min_p": 0.05,
    "dry_multiplier": 0.8,
    "dry_allowed_length": 4,
}
"""What is used where a request says nothing: warm, but without repeating what stands in the prompt already."""

CACHE = 1024
"""Most MiB for the beginnings of prompts that were read before; each person has their own."""

LEAST = 1
"""Verbosity of the engine: errors only."""


def parameters(engine: Any, asked: dict[str, Any]) -> Any:
    """Return the engine's parameters for what was ``asked``.

    Reading a prompt uses every core and writing half of them: with more, the threads wait for each other longer than
    they work. Templates are applied without Jinja, because only then are answers held to a schema by the stricter of
    the engine's two grammars, the one that can forbid white space between the tokens.
    """
    chosen = engine.CommonParams()
    chosen.model.path = asked["path"]
    chosen.model_alias = {asked["name"]}
    chosen.api_keys = [asked["key"]]
    chosen.n_ctx = asked["context"]
    chosen.cpuparams.n_threads = max(1, asked["cores"] // 2)
    chosen.cpuparams_batch.n_threads = asked["cores"]
    chosen.cache_ram_mib = CACHE
    chosen.use_jinja = False
    chosen.ui = False
    chosen.verbosity = LEAST
    chosen.n_parallel = asked["slots"]
    for name, value in sampling(asked["context"]).items():
        setattr(chosen.sampling, name, value)
    return chosen


def sampling(context: int) -> dict[str, float]:
    """Return how the engine samples with so many tokens of context; its own word for "all" of them means none."""
    return {**SAMPLING, "dry_penalty_last_n": context}


def end_with_parent() -> None:
    """End this process when its standard input is closed, also while native code holds the interpreter."""
    threading.Thread(target=_wait, name="parent", daemon=True).start()
    with suppress(ImportError, AttributeError, OSError):  # elsewhere the thread above has to do
        import fcntl

        fcntl.fcntl(0, fcntl.F_SETOWN, os.getpid())
        fcntl.fcntl(0, fcntl.F_SETFL, fcntl.fcntl(0, fcntl.F_GETFL) | os.O_ASYNC)


def _wait() -> None:
    while os.read(0, 4096):
        pass
    os._exit(0)  # nothing to save, and the engine's own end would wait for answers nobody wants


def main() -> None:
    """Load the weights, say where the engine listens, and serve until the parent is gone."""
    asked = json.loads(sys.stdin.readline())
    end_with_parent()
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever the engine prints is no address
    import xllamacpp

    try:
        server = xllamacpp.Server(parameters(xllamacpp, asked))
    except Exception as error:  # whatever it is, the parent has to be told in words
        sys.exit(f"the engine could not load the weights: {error}")
    print(server.listening_address, file=out, flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
