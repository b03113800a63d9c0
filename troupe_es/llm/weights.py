"""Files of weights: where they are kept, and what they are called whatever folder they lie in.

The log names a local model by the stem of its file and the beginning of its SHA-256, ``local:STEM@SHA12``, never by
a path: so a recording says what answered, and whoever has the same bytes anywhere can go on from it. A gigabyte is
hashed once; the index in the models folder keeps the hash for as long as the file's size and time stay the same.
"""

import hashlib
import json
import os
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from troupe_es.errors import UsageError

CHAINED = re.compile(r"local:(?P<stem>[A-Za-z0-9._-]+)@(?P<digest>[0-9a-f]{12})")
MAGIC = b"GGUF"
INDEX = "index.json"
FIELDS = ("bytes", "modified", "sha256")
DIGITS = 12
"""Digits of the hash in a name; enough to tell apart any files somebody has."""


@dataclass(frozen=True)
class Weights:
    """One file of weights and its SHA-256 (hex)."""

    path: Path
    sha256: str

    @property
    def name(self) -> str:
        """What the log calls the model."""
        stem = re.sub(r"[^A-Za-z0-9._-]+", "-", self.path.stem).strip("-") or "weights"
        return f"local:{stem}@{self.sha256[:DIGITS]}"


def folder(environ: Mapping[str, str]) -> Path:
    """Return the models folder: TROUPE_MODELS, or one among the user's data, as the system has it."""
    if chosen := environ.get("TROUPE_MODELS", "").strip():
        return Path(chosen).expanduser()
    home = Path.home()
    if sys.platform == "win32":
        data = Path(environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    elif sys.platform == "darwin":
        data = home / "Library" / "Application Support"
    else:
        data = Path(environ.get("XDG_DATA_HOME") or home / ".local" / "share")
    return data / "troupe-es" / "models"


def of(path: Path, environ: Mapping[str, str]) -> Weights:
    """Return the weights at ``path``, hashed at most once. Raises UsageError for what is no GGUF file."""
    path = path.expanduser().absolute()
    try:
        with path.open("rb") as file:
            if file.read(len(MAGIC)) != MAGIC:
                raise UsageError(f"{path} is no GGUF file: a local model needs its weights in that format")
            stamp = os.fstat(file.fileno())
            known = _index(environ).get(str(path))
            if known and [known["bytes"], known["modified"]] == [stamp.st_size, stamp.st_mtime_ns]:
                return Weights(path, known["sha256"])
            file.seek(0)
            found = Weights(path, hashlib.file_digest(file, "sha256").hexdigest())
    except OSError as error:
        raise UsageError(f"{path} cannot be read as weights: {error.strerror}") from error
    _keep(found, {"bytes": stamp.st_size, "modified": stamp.st_mtime_ns}, environ)
    return found


def paths(environ: Mapping[str, str]) -> list[Path]:
    """Return the files in the models folder, and those elsewhere that were used before and are still there.

    Files that are gone go from the index, too.
    """
    here = sorted(path.absolute() for path in folder(environ).glob("*.gguf") if path.is_file())
    index = _index(environ)
    left = {path: entry for path, entry in index.items() if Path(path).is_file()}
    if len(left) < len(index):
        _write(left, environ)
    return list(dict.fromkeys([*here, *map(Path, left)]))


def known(environ: Mapping[str, str]) -> Iterator[Weights]:
    """Yield the weights of all known files."""
    for path in paths(environ):
        yield of(path, environ)


def find(name: str, environ: Mapping[str, str]) -> Weights:
    """Return the weights that ``local``, ``local:PATH`` or ``local:STEM@SHA12`` means. Raises UsageError."""
    if chained := CHAINED.fullmatch(name):
        return _by_hash(name, chained["digest"], environ)
    path = name.removeprefix("local").removeprefix(":")
    return of(Path(path), environ) if path else _only_one(environ)


def chained(name: str, environ: Mapping[str, str]) -> str:
    """Return the name in the log of the weights that ``name`` means; one from the log stays as it is."""
    return name if CHAINED.fullmatch(name) else find(name, environ).name


def _by_hash(name: str, digest: str, environ: Mapping[str, str]) -> Weights:
    for weights in known(environ):
        if weights.sha256.startswith(digest):
            return weights
    raise UsageError(
        f"{name!r} needs the file of weights whose SHA-256 begins with {digest}, and none of the known ones does: "
        f"put it into {folder(environ)} (or set TROUPE_MODELS to where it is), and see 'troupe model list'"
    )


def _only_one(environ: Mapping[str, str]) -> Weights:
    """The one in the models folder or, if that is empty, the one that was used from elsewhere."""
    every = list({weights.sha256: weights for weights in known(environ)}.values())
    kept = folder(environ).absolute()
    found = [weights for weights in every if weights.path.parent == kept] or every
    if len(found) == 1:
        return found[0]
    if not found:
        raise UsageError(
            "'local' needs a file of weights, and there is none: fetch one with 'troupe model get NAME' "
            "('troupe model list' shows which), or name a GGUF file with --model local:PATH"
        )
    choice = "".join(f"\n  --model {weights.name}" for weights in found)
    raise UsageError(f"'local' could be any of these; name one:{choice}")


def _index(environ: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Read the index; it only saves time, so one that cannot be read is as good as none."""
    try:
        content = json.loads((folder(environ) / INDEX).read_text(encoding="utf-8"))
        return {str(path): {key: entry[key] for key in FIELDS} for path, entry in content.items()}
    except (OSError, ValueError, AttributeError, TypeError, KeyError):
        return {}


def _keep(weights: Weights, stamp: dict[str, int], environ: Mapping[str, str]) -> None:
    """Add to the index."""
    _write({**_index(environ), str(weights.path): {**stamp, "sha256": weights.sha256}}, environ)


def _write(content: dict[str, dict[str, Any]], environ: Mapping[str, str]) -> None:
    """Write the index; where the folder cannot be written, the next one hashes again."""
    kept = folder(environ)
    partial = kept / f"{INDEX}.{os.getpid()}"
    try:
        kept.mkdir(parents=True, exist_ok=True)
        partial.write_text(json.dumps(content, indent=2), encoding="utf-8")
        partial.replace(kept / INDEX)
    except OSError:
        return
