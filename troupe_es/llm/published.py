"""Weights that can be fetched by name from where their authors publish them, each pinned by its SHA-256.

An entry is added only with a hash that was checked, so the list is short; any other GGUF is used by its path. What
arrives is kept beside its final name until its hash is right, and a cut download goes on where it ended.
"""

import hashlib
import json
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from http.client import HTTPException
from importlib.resources import files
from pathlib import Path
from typing import IO

from troupe_es.errors import ModelUnreachable, UsageError

PARTIAL = ".partial"
BLOCK = 1 << 20
TIMEOUT = 60.0
"""Seconds without a byte until a download counts as cut."""


@dataclass(frozen=True)
class Published:
    """One file of weights as its authors publish it."""

    name: str
    about: str
    publisher: str
    licence: str
    file: str
    bytes: int
    sha256: str
    url: str


@cache
def table() -> dict[str, Published]:
    """Return what can be fetched, by name."""
    content = json.loads((files(__package__) / "published.json").read_text(encoding="utf-8"))
    return {entry["name"]: Published(**entry) for entry in content}


def entry(name: str) -> Published:
    """Return what is published under ``name``. Raises UsageError that lists the names."""
    known = table()
    if name not in known:
        raise UsageError(f"no model named {name!r} is known here; there is: {', '.join(known)}")
    return known[name]


def fetch(wanted: Published, folder: Path, progress: Callable[[int], None] = lambda done: None) -> Path:
    """Download ``wanted`` into ``folder`` and return its path; what a cut download left is gone on with.

    ``progress`` is called with the bytes there so far. Raises ModelUnreachable when the network fails (calling again
    goes on), UsageError when what arrived is not the published file (it is deleted), or it cannot be written.
    """
    target = folder / wanted.file
    partial = folder / (wanted.file + PARTIAL)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if target.exists() and _digest(target) == wanted.sha256:
            return target
        _download(wanted, partial, progress)
        if (found := _digest(partial)) != wanted.sha256:
            partial.unlink()
            raise UsageError(
                f"what arrived from {wanted.url} is not {wanted.name}: its SHA-256 is {found}, and the published one "
                f"{wanted.sha256}; it was deleted"
            )
        partial.replace(target)
    except OSError as error:
        raise UsageError(f"{target} cannot be written: {error.strerror or error}") from error
    return target


def _download(wanted: Published, partial: Path, progress: Callable[[int], None]) -> None:
    """Bring ``partial`` to its full length."""
    have = partial.stat().st_size if partial.exists() else 0
    if have == wanted.bytes:
        return
    if have > wanted.bytes:
        partial.unlink()
        have = 0
    asked = urllib.request.Request(wanted.url, headers={"Range": f"bytes={have}-"} if have else {})  # noqa: S310
    try:
        with urllib.request.urlopen(asked, timeout=TIMEOUT) as answer:  # noqa: S310 - the hash is pinned
            goes_on = answer.status == 206  # a server that knows no ranges begins again
            with partial.open("ab" if goes_on else "wb") as file:
                _copy(answer, file, have if goes_on else 0, wanted.bytes, progress)
    except (urllib.error.URLError, HTTPException, TimeoutError, ConnectionError) as error:
        raise ModelUnreachable(_cut(wanted, partial, str(getattr(error, "reason", "") or error))) from error
    if partial.stat().st_size < wanted.bytes:
        raise ModelUnreachable(_cut(wanted, partial, "the connection ended early"))


def _copy(source: IO[bytes], file: IO[bytes], done: int, most: int, progress: Callable[[int], None]) -> None:
    """Copy until the end, or a byte past what was announced: then the hash will tell."""
    while done <= most and (block := source.read(BLOCK)):
        file.write(block)
        done += len(block)
        progress(done)


def _cut(wanted: Published, partial: Path, reason: str) -> str:
    have = partial.stat().st_size if partial.exists() else 0
    return (
        f"{wanted.url} could not be fetched ({reason}); {have:,} of {wanted.bytes:,} bytes are here, and asking "
        f"again goes on from there. Without a network, bring the file {wanted.file} into {partial.parent} yourself"
    )


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
