"""Images on their way into a simulation: from a file, bytes or a data URL into the store, once for each content.

A command carries an image as a data URL; the event it becomes names the image by hash. The bytes are stored before
the event, so that no event names what is not there.
"""

import os
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from troupe_es import commands
from troupe_es.errors import UsageError
from troupe_es.events.types import Picture
from troupe_es.llm import images
from troupe_es.log import Log

Image: TypeAlias = str | os.PathLike[str] | bytes
"""What a user hands in: the path of a file, a data URL, or the bytes themselves."""


def url_of(image: Image) -> str:
    """Return an image as a data URL. Raises UsageError for what cannot be read, is too large, or is no image."""
    if isinstance(image, str) and image.startswith(images.DATA):
        images.read_url(image)
        return image
    if isinstance(image, bytes):
        return images.data_url(image, images.media_of(image))
    what = f"image {str(image)!r}"
    content = _read(Path(image), what)
    return images.data_url(content, images.media_of(content, what))


def _read(path: Path, what: str) -> bytes:
    try:
        if not path.is_file():
            raise UsageError(f"{what}: " + ("is no file" if path.exists() else "no such file"))
        with path.open("rb") as file:
            return file.read(images.LARGEST + 1)
    except (OSError, ValueError) as error:
        raise UsageError(f"{what}: cannot be read: {getattr(error, 'strerror', None) or error}") from None


def kept(log: Log, command: commands.Command) -> commands.Command:
    """Store the image that comes with ``command``, and return the command with the image named by its hash.

    Raises UsageError for what is no image, BadReference for a hash that the store does not hold.
    """
    if not isinstance(command, commands.Stimulate) or command.image is None:
        return command
    if isinstance(command.image, Picture):
        media = images.media_of(log.read_blob(command.image.sha256))
        if media != command.image.media:
            raise UsageError(f"image {command.image.sha256[:12]} is {media}, not {command.image.media}")
        return command
    content = images.read_url(command.image)
    media = images.media_of(content)
    return replace(command, image=Picture(sha256=log.blob(content, media), media=media))
