"""``troupe serve`` as people run it: a process of its own, on a port of its own."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PROGRAM = "from troupe_es.ui.cli import main; main()"


@contextmanager
def served(store: Path, *options: str) -> Iterator[str]:
    """Serve ``store`` as long as the block lasts, and yield where: ``http://127.0.0.1:PORT``.

    What the process complains about is beside the store, in ``serve.log``.
    """
    words = [sys.executable, "-c", PROGRAM, "serve", "--store", str(store), "--port", "0", *options]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with (
        (store.parent / "serve.log").open("w") as complaints,
        subprocess.Popen(words, stdout=subprocess.PIPE, stderr=complaints, text=True, env=environment) as process,
    ):
        try:
            yield _address(process)
        finally:
            process.terminate()
            process.communicate(timeout=30)


def _address(process: "subprocess.Popen[str]") -> str:
    """Return the address that the process says it listens on."""
    assert process.stdout is not None
    found = re.search(r"https?://[^\s/]+", process.stdout.readline())
    assert found, "the service did not start; see serve.log beside the store"
    return found.group()
