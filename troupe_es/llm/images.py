"""Images: told by their first bytes, bounded in size, named by their hash in prompts, sent as data URLs.

What somebody calls an image is not believed: the media type is read off the bytes, and only the four kinds that
models take are taken. In a prompt an image is a message of its own that names the bytes and does not hold them, so
that what is asked has the same hash whoever keeps the bytes.
"""

import base64
import binascii
import hashlib
import json
import re
from typing import Literal, TypeAlias, get_args

from troupe_es import canonical
from troupe_es.errors import UsageError
from troupe_es.llm.protocol import Message

LARGEST = 20_000_000
"""Most bytes of one image."""

Media: TypeAlias = Literal["image/png", "image/jpeg", "image/webp", "image/gif"]
MEDIA: tuple[Media, ...] = get_args(Media)
DATA = "data:"
DATA_URL = re.compile(r"data:([a-z]+/[a-z0-9.+-]+);base64,")


def media_of(content: bytes, what: str = "the image") -> Media:
    """Return the media type of ``content`` by its first bytes. Raises UsageError, naming it as ``what``."""
    if len(content) > LARGEST:
        size = f"{len(content) / 1e6:.1f} MB"
        raise UsageError(f"{what} has {size}, and the most is {LARGEST // 1_000_000} MB: make it smaller")
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    if content.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    raise UsageError(f"{what} is no image that models take: its bytes begin like no png, jpeg, webp or gif")


def hash_of(content: bytes) -> str:
    """Return what names an image: the SHA-256 (hex) of its bytes."""
    return hashlib.sha256(content).hexdigest()


def data_url(content: bytes, media: str) -> str:
    """Return ``content`` as text that holds all of it."""
    return f"{DATA}{media};base64,{base64.b64encode(content).decode('ascii')}"


def read_url(url: str, what: str = "the image") -> bytes:
    """Return the bytes that a data URL holds. Raises UsageError for what is none, or whose bytes are another image.

    Anything else than base64 of one of the media types is refused, and never fetched.
    """
    found = DATA_URL.match(url)
    if found is None or found[1] not in MEDIA:
        begins = canonical.told(url[:40])
        raise UsageError(f"{what} must be a data URL like data:image/png;base64,…, and begins with {begins}")
    if len(url) - found.end() > LARGEST * 4 // 3 + 4:
        raise UsageError(f"{what} is larger than {LARGEST // 1_000_000} MB: make it smaller")
    try:
        content = base64.b64decode(url[found.end() :], validate=True)
    except (binascii.Error, ValueError):
        raise UsageError(f"{what}: what stands in its data URL is no base64") from None
    if (media := media_of(content, what)) != found[1]:
        raise UsageError(f"{what} says it is {found[1]}, and its bytes are {media}")
    return content


def message(sha256: str, media: str, parent: Message | None) -> Message:
    """Return the message of a prompt that shows an image."""
    return Message("image", canonical.dumps({"media": media, "sha256": sha256}), parent)


def shown(message: Message) -> tuple[str, str]:
    """Return hash and media type of the image that a message shows. Raises ValueError for a message of no image."""
    try:
        found = json.loads(message.content)
        sha256, media = found["sha256"], found["media"]
    except (ValueError, TypeError, KeyError, RecursionError):
        raise ValueError(f"message {message.hash.hex()[:12]} names no image") from None
    if not isinstance(sha256, str) or not re.fullmatch("[0-9a-f]{64}", sha256) or media not in MEDIA:
        raise ValueError(f"message {message.hash.hex()[:12]} names no image")
    return sha256, media
