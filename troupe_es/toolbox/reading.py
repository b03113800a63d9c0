"""Reads documents from files, once: what is kept is their text, and the hash of the file it was taken from.

Plain text and Markdown are taken as they are, HTML by the standard library (``page``: all that is shown), PDF by
pypdf and DOCX by python-docx, both pure Python or nearly, well kept, and without a program to install beside them.
"""

import hashlib
import io
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from troupe_es.errors import UsageError
from troupe_es.extras import need
from troupe_es.toolbox.page import text_of, tidied
from troupe_es.tools import plain

LARGEST = 50_000_000
"""Bytes of one file."""

LONGEST = 5_000_000
"""Characters of one document's text."""

EXTRA = "documents"


def _pdf(content: bytes) -> str:
    reader = need("pypdf", EXTRA, "PDF files").PdfReader(io.BytesIO(content))
    if reader.is_encrypted and not reader.decrypt(""):
        raise UsageError("it is locked with a password")
    return "\n\n".join(page.extract_text() or "" for page in reader.pages)


def _docx(content: bytes) -> str:
    found = []
    for part in need("docx", EXTRA, "DOCX files").Document(io.BytesIO(content)).iter_inner_content():
        if hasattr(part, "rows"):
            found += [" | ".join(cell.text for cell in row.cells) for row in part.rows]
        else:
            found.append(part.text)
    return "\n\n".join(found)


def _text(content: bytes) -> str:
    return content.decode("utf-8-sig")


READERS: dict[str, Callable[[bytes], str]] = {
    ".txt": _text,
    ".md": _text,
    ".html": lambda content: "\n\n".join(filter(None, text_of(content.decode("utf-8-sig", "replace")))),
    ".htm": lambda content: "\n\n".join(filter(None, text_of(content.decode("utf-8-sig", "replace")))),
    ".pdf": _pdf,
    ".docx": _docx,
}
"""What reads a file, by the ending of its name."""


def read_documents(paths: "str | os.PathLike[str] | Iterable[str | os.PathLike[str]]") -> list[dict[str, Any]]:
    """Return the documents at ``paths``, files or folders (all readable files in them, not deeper).

    Each has ``name``, ``text`` and ``original``, the SHA-256 (hex) of the file. Raises UsageError naming the file.
    """
    if isinstance(paths, str | os.PathLike):
        paths = [paths]
    files = [file for path in paths for file in _files(Path(path))]
    if not files:
        raise UsageError(f"there is no document; those that can be read end in {', '.join(READERS)}")
    return [read_document(file) for file in files]


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    found = sorted(file for file in path.iterdir() if file.suffix.lower() in READERS and file.is_file())
    if not found:
        raise UsageError(f"{path}: there is no document in this folder; they end in {', '.join(READERS)}")
    return found


def read_document(path: Path) -> dict[str, Any]:
    """Return the document in one file. Raises UsageError."""
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise UsageError(f"{path}: cannot be read as a document; those end in {', '.join(READERS)}")
    content = _content(path)
    try:
        text = tidied(plain(reader(content))) if path.suffix.lower() in (".pdf", ".docx") else plain(reader(content))
    except UsageError as error:
        raise UsageError(f"{path}: {error}") from None
    except Exception as error:  # a damaged file can make its reader raise anything
        raise UsageError(f"{path}: cannot be read: {type(error).__name__}: {error}") from None
    if not text.strip():
        raise UsageError(f"{path}: there is no text in it (a scan, perhaps)")
    if len(text) > LONGEST:
        raise UsageError(f"{path}: has {len(text):,} characters of text; the most is {LONGEST:,}")
    name = " ".join(plain(path.name).replace("#", " ").split())
    return {"name": name[:200], "text": text, "original": hashlib.sha256(content).hexdigest()}


def _content(path: Path) -> bytes:
    try:
        if not path.is_file():
            raise UsageError(f"{path}: " + ("is no file" if path.exists() else "no such file"))
        if path.stat().st_size > LARGEST:
            raise UsageError(f"{path}: is larger than {LARGEST // 1_000_000} MB")
        return path.read_bytes()
    except (OSError, ValueError) as error:
        raise UsageError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from None
