"""Folders and .zip files as a mapping from name to bytes, and back; nothing is ever unpacked to the disk.

An archive may lie about anything. Only the names that a bundle has are taken, so that no path can lead elsewhere; one
that claims to be too large is refused unread, and what is read is counted while it is read, in small pieces, whatever
sizes the archive claims; links and special files are refused. No file is held once it is understood.
Writing puts the whole bundle under a temporary name beside its place, then moves it.
"""

import io
import os
import re
import secrets
import shutil
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO, NamedTuple

from troupe_es.errors import BadBundle

NAME = re.compile(r"(manifest|scenario|expected|differences)\.json|(log|messages|answers)\.jsonl|blobs/[0-9a-f]{64}")
MOST_BYTES = 512_000_000
"""Bytes of all files together."""
MOST_FILE = 256_000_000
MOST_FILES = 10_000
ENTRY, END = 300, 42
"""Bytes of a file in the index of a .zip, at most, and of what ends it: where the index is, of a large one too."""
PIECE = 65_536
"""Bytes that are read at once."""
LONG_AGO = (1980, 1, 1, 0, 0, 0)
"""The date of every file in a .zip, so that the same content gives the same bytes."""

UNREADABLE = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, RuntimeError, ValueError)
"""What ``zipfile`` raises for what is no .zip, is damaged, encrypted, or packed in unknown ways."""


class Place(NamedTuple):
    """Where a file of a bundle is read, and how many bytes it may have."""

    size: int
    open: Callable[[], IO[bytes]]


class Files(Mapping[str, bytes]):
    """The files of a bundle, each read whenever it is asked for; ``pieces`` never holds one whole."""

    def __init__(self, places: Mapping[str, Place]) -> None:
        self._places = places

    def __getitem__(self, name: str) -> bytes:
        whole = io.BytesIO()  # which grows without a second copy
        for piece in self.pieces(name):
            whole.write(piece)
        return whole.getvalue()

    def __contains__(self, name: object) -> bool:
        return name in self._places  # a mapping would read the file to know

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def pieces(self, name: str) -> Iterator[bytes]:
        """Yield a file piece by piece. Raises BadBundle for one that cannot be read or has grown meanwhile."""
        left, opened = self._places[name]
        with _readable(), opened() as file:
            while piece := file.read(PIECE):
                left -= len(piece)
                if left < 0:
                    raise BadBundle(f"{name} grows while it is read")
                yield piece

    def without(self, name: str) -> "Files":
        """Return the others."""
        return Files({known: place for known, place in self._places.items() if known != name})


def held(files: Mapping[str, bytes]) -> Files:
    """Return files that are in memory as ``opened`` returns those of an archive."""
    return Files({name: Place(len(content), partial(io.BytesIO, content)) for name, content in files.items()})


@contextmanager
def opened(path: Path) -> Iterator[Files]:
    """Give the files of the bundle at ``path`` while it is open. Raises BadBundle, naming the file that is wrong."""
    with _readable():
        if path.is_dir():
            archive, files = None, _limited(_folder(path))
        elif not path.is_file():
            raise BadBundle(f"there is no bundle at {str(path)!r}: name a folder with a manifest.json, or a .zip")
        elif path.stat().st_size > MOST_BYTES:
            raise BadBundle(f"is {path.stat().st_size / 1e6:.0f} MB; the most is {MOST_BYTES / 1e6:.0f} MB")
        else:
            with path.open("rb") as file:
                _bounded(file)
            archive = zipfile.ZipFile(path)
    try:
        if archive is not None:
            files = _limited(_zip(archive))
        yield files
    finally:
        if archive is not None:
            archive.close()


def _bounded(file: IO[bytes]) -> None:
    """Refuse a .zip whose index is longer than a bundle's can be: ``zipfile`` reads it whole before one can count."""
    file.seek(-min(file.seek(0, os.SEEK_END), END + 0xFFFF), os.SEEK_END)
    tail = file.read()
    plain = tail[-22:-18] == b"PK\5\6" and tail.endswith(b"\0\0")  # as zipfile looks for it: without a comment first
    at = len(tail) - 22 if plain else tail.rfind(b"PK\5\6")
    size = int.from_bytes(tail[at + 12 : at + 16], "little")
    if at >= 0 and (size > MOST_FILES * ENTRY or tail[max(at - 20, 0) : at].startswith(b"PK\6\7")):
        raise BadBundle(f"holds more than {MOST_FILES} files")


def read(path: Path) -> dict[str, bytes]:
    """Return the files of the bundle at ``path``, all at once. Raises BadBundle as ``opened`` does."""
    with opened(path) as files:
        return dict(files)


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except UNREADABLE as error:
        raise BadBundle(f"is no .zip that can be read: {error}") from None
    except OSError as error:
        raise BadBundle(f"cannot be read: {error.strerror or error}") from None


def write(path: Path, files: dict[str, bytes]) -> None:
    """Put ``files`` at ``path``, a .zip if it ends so, else a folder; all of them, or nothing is changed there.

    Raises BadBundle if something else than a bundle is there, or the disk refuses.
    """
    there = _there(path)
    if there == files:
        return
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}.new")
    try:
        if path.suffix == ".zip":
            draft.write_bytes(_zipped(files))
            draft.replace(path)
        else:
            _unfold(draft, files)
            _swap(draft, path)
    except OSError as error:
        raise BadBundle(f"{str(path)!r} cannot be written: {error.strerror or error}") from error
    finally:
        if draft.is_dir():
            shutil.rmtree(draft)
        draft.unlink(missing_ok=True)


def _there(path: Path) -> dict[str, bytes] | None:
    """Return the bundle that will be replaced. Raises BadBundle for anything else."""
    if not os.path.lexists(path):
        return None
    try:
        files = read(path)
    except BadBundle as error:
        raise BadBundle(f"{str(path)!r} is there and is no bundle ({error}): choose another name") from None
    if "manifest.json" not in files or path.is_dir() == (path.suffix == ".zip"):
        raise BadBundle(f"{str(path)!r} is there and is no bundle of this kind: choose another name")
    return files


def _limited(files: Iterator[tuple[str, Place]]) -> Files:
    """Return the files, unread, if there are not too many and none claims to be too large."""
    found: dict[str, Place] = {}
    left = MOST_BYTES
    for name, place in files:
        if not NAME.fullmatch(name):
            raise BadBundle(f"{name!r} is no file of a bundle")
        if name in found:
            raise BadBundle(f"{name} is there twice")
        if len(found) >= MOST_FILES:
            raise BadBundle(f"holds more than {MOST_FILES} files")
        if place.size > min(left, MOST_FILE):
            raise BadBundle(f"{name} is too large: the most is {MOST_FILE} bytes, and {MOST_BYTES} for a bundle")
        left -= place.size
        found[name] = place
    return Files(found)


def _folder(path: Path) -> Iterator[tuple[str, Place]]:
    for entry in sorted(path.iterdir()):
        if entry.name == "blobs" and entry.is_dir() and not entry.is_symlink():
            yield from ((f"blobs/{blob.name}", _plain(blob)) for blob in sorted(entry.iterdir()))
        else:
            yield entry.name, _plain(entry)


def _plain(path: Path) -> Place:
    """Return a regular file; a link, folder, pipe or device is refused, also one put there meanwhile."""
    there = path.lstat()
    if not stat.S_ISREG(there.st_mode):
        raise BadBundle(f"{path.name!r} is a link, folder or special file, which no bundle has")
    return Place(there.st_size, lambda: os.fdopen(os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0)), "rb"))


def _zip(archive: zipfile.ZipFile) -> Iterator[tuple[str, Place]]:
    """Yield the members of an archive; ``zipfile`` unpacks none of them further than the size it claims."""
    for member in archive.infolist():
        if member.filename == "blobs/":
            continue
        if stat.S_ISLNK(member.external_attr >> 16):
            raise BadBundle(f"{member.filename!r} is a link, which no bundle has")
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise BadBundle(f"{member.filename!r} is packed in a way that may unpack without bound")
        yield member.filename, Place(member.file_size, partial(archive.open, member))


def _zipped(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in sorted(files):
            member = zipfile.ZipInfo(name, LONG_AGO)
            member.compress_type = zipfile.ZIP_DEFLATED
            member.create_system = 3
            member.external_attr = 0o644 << 16
            archive.writestr(member, files[name], compresslevel=9)
    return packed.getvalue()


def _unfold(folder: Path, files: dict[str, bytes]) -> None:
    folder.mkdir()
    for name, content in files.items():
        place = folder / name
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(content)


def _swap(draft: Path, path: Path) -> None:
    """Move a folder into place; a bundle that was there is moved aside first, and back if that fails."""
    if not path.exists():
        draft.rename(path)
        return
    old = draft.with_suffix(".old")
    path.rename(old)
    try:
        draft.rename(path)
    except OSError:
        old.rename(path)
        raise
    shutil.rmtree(old)
