"""One way to write JSON and one way to hash it, for everything that is compared on replay.

Two values that mean the same must have the same bytes: keys sorted, no white space, no NaN. What is hashed is
always the stored bytes, never a model serialised again.
"""

import hashlib
import json
import re
import unicodedata
from collections.abc import Callable
from json import encoder
from typing import Any

SURROGATE = re.compile("[\ud800-\udfff]")
REPLACEMENT = "�"


def _encoder(**how: Any) -> Callable[[Any], str]:
    """Return what ``json.dumps`` does, ``how`` it is told to; where Python has its encoder in C, that is made once.

    To make it takes as long as to write what is usual here.
    """
    plain = json.JSONEncoder(**how)
    make = getattr(encoder, "c_make_encoder", None)
    if make is None:
        return plain.encode
    separators = plain.key_separator, plain.item_separator
    flags = plain.sort_keys, plain.skipkeys, plain.allow_nan
    write = make(None, plain.default, encoder.encode_basestring, None, *separators, *flags)
    return lambda value: "".join(write(value, 0))


_dense = _encoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
_readable = _encoder(ensure_ascii=False, allow_nan=False)


def dumps(value: Any) -> str:
    """Return the canonical JSON of ``value``.

    Raises ValueError for NaN and infinities, TypeError for what JSON cannot hold, RecursionError for what holds
    itself.
    """
    return _dense(value)


def told(value: Any) -> str:
    """Return ``value`` as JSON for a model to read: one line, keys in the order given, nothing escaped needlessly."""
    return _readable(value)


def digest(tag: str, *parts: bytes) -> bytes:
    """Return the SHA-256 over ``tag`` and the length-prefixed ``parts``, so that no two inputs run together."""
    hasher = hashlib.sha256(tag.encode())
    for part in parts:
        hasher.update(b"\0%d\0" % len(part))
        hasher.update(part)
    return hasher.digest()


def digest_json(tag: str, value: Any) -> str:
    """Return the hex digest of the canonical JSON of ``value``."""
    return digest(tag, dumps(value).encode()).hex()


def is_clean(text: str) -> bool:
    """Say whether ``text`` has a UTF-8 form: no lone surrogates in it."""
    return text.isascii() or not SURROGATE.search(text)


def clean(value: Any) -> tuple[Any, int]:
    """Return ``value`` with every lone surrogate replaced by U+FFFD, and how many there were.

    A lone surrogate (models do write ``"\\ud800"``) has no UTF-8 form: it could be neither stored nor sent.
    Takes strings, and lists and dicts of them; a value without surrogates is returned as it is.
    """
    if isinstance(value, str):
        if is_clean(value):
            return value, 0
        return SURROGATE.subn(REPLACEMENT, value)
    if isinstance(value, dict):
        pairs = [(clean(key), clean(item)) for key, item in value.items()]
        return {key[0]: item[0] for key, item in pairs}, sum(key[1] + item[1] for key, item in pairs)
    if isinstance(value, list | tuple):
        items = [clean(item) for item in value]
        return [item for item, _ in items], sum(count for _, count in items)
    return value, 0


def slug(text: str) -> str:
    """Return ``text`` as a name that references allow (``[a-z0-9][a-z0-9._-]*``), the same for the same text."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    return name or "x-" + hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:8]
