"""Embeddings as requests and answers: a text goes in, 32-bit floats come back, as text that can be recorded.

An answer is the vector's floats in little-endian order, in base64: four bytes for each and the very same bits
wherever it is read, which digits would not promise. An embedding has no address, because it depends on nothing but
model and text: one answer serves every person, branch and draw.
"""

import base64
import binascii
import math
import sys
from array import array
from collections.abc import Iterable, Sequence
from typing import TypeAlias

from troupe_es.llm.protocol import Message, Request, Response

Vector: TypeAlias = Sequence[float]
"""Numbers of 32 bits."""

FLOAT = 4
"""Bytes of one number."""


def embedding(text: str, model: str) -> Request:
    """Return the request for the vector that ``model`` gives ``text``; yield it like any other."""
    return Request(Message("user", text), model, address="", max_tokens=0, kind="embedding")


def encoded(numbers: Iterable[float]) -> str:
    """Return the answer's text for a vector; each number is rounded to 32 bits.

    Raises ValueError for a vector that is empty, or has a number that is not finite or too large for 32 bits.
    """
    try:
        floats = array("f", numbers)
    except (TypeError, OverflowError) as error:
        raise ValueError(f"the vector has something in it that is no number of 32 bits: {error}") from None
    if not floats:
        raise ValueError("the vector is empty")
    if not all(map(math.isfinite, floats)):
        raise ValueError("the vector has a number in it that is not finite")
    if sys.byteorder == "big":
        floats.byteswap()
    return base64.b64encode(floats.tobytes()).decode("ascii")


def decoded(text: str) -> Vector:
    """Return the vector that ``encoded`` wrote. Raises ValueError for a text that is none."""
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("the vector is no base64") from None
    if not content or len(content) % FLOAT:
        raise ValueError(f"the vector has {len(content)} bytes, and each number takes {FLOAT}")
    floats = array("f")
    floats.frombytes(content)
    if sys.byteorder == "big":
        floats.byteswap()
    if not all(map(math.isfinite, floats)):
        raise ValueError("the vector has a number in it that is not finite")
    return floats


def vector(response: Response) -> Vector:
    """Return the vector that came back. Raises ValueError if what came back is none."""
    return decoded(response.text)
